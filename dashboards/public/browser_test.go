package public_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"oboro/dashboards"
	"oboro/dashboards/public"
	"oboro/internal/testkit"
)

// A reader is somebody with a browser before the published folder.
type reader struct {
	t    *testing.T
	ctx  context.Context
	site string
}

func newReader(t *testing.T) *reader {
	t.Helper()
	browser := testkit.Browser(t)
	_, p := twoMonths(t)
	out := filepath.Join(t.TempDir(), "out")
	if err := public.Write(out, p); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/stats/", dashboards.New(dashboards.Config{Published: out})) // and no team, whose icon the browser asks for
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return &reader{t: t, ctx: browser, site: server.URL + "/stats/"}
}

func (r *reader) do(steps ...chromedp.Action[chromedp.Void]) {
	r.t.Helper()
	if err := chromedp.Do(r.ctx, steps...); err != nil {
		r.t.Fatal(err)
	}
}

func (r *reader) ask(js string) string {
	r.t.Helper()
	got, err := chromedp.Run(r.ctx, chromedp.Evaluate[string](js, chromedp.EvalAwaitPromise))
	if err != nil {
		r.t.Fatalf("run %.200s: %v", js, err)
	}
	return got
}

// in has the browser prefer a scheme of colours, or force its own.
func in(scheme string, forced bool) chromedp.Action[chromedp.Void] {
	features := []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}, {Name: "forced-colors", Value: "none"}}
	if forced {
		features[1].Value = "active"
	}
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: features})
		return err
	})
}

// seen are kinds of pages, in all languages.
var seen = []string{
	"index.html", "en/index.html", "sites/demo/2026-10/index.html", "en/sites/demo/2026-10/index.html", "easy/index.html",
	"methodology/index.html", "en/methodology/index.html", "changes/index.html", "en/accessibility/index.html",
	"embed/demo/days-visitors.ja.html", "embed/demo/devices.en.html",
}

// TestBrowserReadsPages opens pages of each kind at 320 and 1280 pixels, in light, dark and
// forced colours: nothing but tables needs scrolling sideways, targets are 24 pixels high or
// within a sentence, text can be told from its ground, that of charts too, and no page asks
// another host. OBORO_TEST_AXE names the file axe.min.js, which then looks for what keeps
// people out, and OBORO_TEST_SCREENSHOTS a folder for pictures. Seen to fail when tables do
// not scroll by themselves, when the text of charts has a colour of its own in forced
// colours, and when the links of the terms have no padding.
func TestBrowserReadsPages(t *testing.T) {
	r := newReader(t)
	for _, colours := range []struct {
		name, scheme string
		forced       bool
	}{{"light", "light", false}, {"dark", "dark", false}, {"forced light", "light", true}, {"forced dark", "dark", true}} {
		for _, width := range []int64{320, 1280} {
			r.do(in(colours.scheme, colours.forced), chromedp.EmulateViewport(width, 800))
			for _, page := range seen {
				r.do(chromedp.Navigate(r.site + page))
				r.look(fmt.Sprintf("%s at %d pixels in %s colours", page, width, colours.name))
				if width == 1280 && !colours.forced { // axe knows no forced colours
					r.axe(page)
				}
				r.picture(fmt.Sprintf("%s-%d-%s.png", strings.NewReplacer("/", "_", ".html", "").Replace(page), width, strings.ReplaceAll(colours.name, " ", "-")))
			}
		}
	}
}

// look holds what every page must keep.
func (r *reader) look(where string) {
	r.t.Helper()
	for what, js := range map[string]string{
		"scrolls sideways": `document.documentElement.scrollWidth > innerWidth ? "to " + document.documentElement.scrollWidth : ""`,
		"has no style":     `document.styleSheets[0].cssRules.length > 20 ? "" : "sheet"`,
		"asks others":      `performance.getEntriesByType("resource").map(e => e.name).filter(n => !n.startsWith(location.origin)).join()`,
		"has small targets": `[...document.querySelectorAll("a, summary")].filter(e => !e.closest("p, dd, .skip") || e.closest(".files, .owner"))
			.filter(e => e.getClientRects().length && e.getBoundingClientRect().height < 24).map(e => e.outerHTML).join()`,
		"has text of the colour of its ground": `(() => {
			const seen = c => c.match(/[\d.]+/g).slice(0, 3).map(Number), l = c => { const [r, g, b] = seen(c).map(v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b }
			const ground = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor; if (!/, 0\)|transparent/.test(c)) return c } return getComputedStyle(document.body).backgroundColor }
			return [...document.querySelectorAll("svg text, p, li, td, th, h1, h2, h3, h4, dt, dd, summary, a, code")].filter(e => {
				const a = l(getComputedStyle(e)[e.namespaceURI.endsWith("svg") ? "fill" : "color"]), b = l(ground(e.closest("svg") || e))
				return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) < 4.5 }).slice(0, 3).map(e => e.outerHTML).join()})()`,
	} {
		if got := r.ask(js); got != "" {
			r.t.Errorf("%s %s: %.400s", where, what, got)
		}
	}
}

// axe has axe look for what keeps people out, where it is to be had.
func (r *reader) axe(page string) {
	r.t.Helper()
	file := os.Getenv("OBORO_TEST_AXE")
	if file == "" {
		return
	}
	source, err := os.ReadFile(file)
	if err != nil {
		r.t.Fatal(err)
	}
	r.ask(`document.querySelectorAll("details").forEach(d => d.open = true); ` + string(source) + `; ""`)
	if got := r.ask(`axe.run().then(r => r.violations.map(v => v.id + ": " + v.nodes.map(n => n.html).slice(0, 3).join(" ")).join("\n"))`); got != "" {
		r.t.Errorf("axe finds in %s: %s", page, got)
	}
}

func (r *reader) picture(name string) {
	r.t.Helper()
	folder := os.Getenv("OBORO_TEST_SCREENSHOTS")
	if folder == "" {
		return
	}
	picture, err := chromedp.Run(r.ctx, chromedp.FullScreenshot(100))
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, name), picture, 0o600)
	}
	if err != nil {
		r.t.Fatal(err)
	}
}

// TestBrowserReachesAllByKeyboard presses Tab through a page: every link, opening and region
// that scrolls comes, in the order of the page, with a focus that can be seen, and then the
// page ends. Seen to fail when regions have no tabindex, and without an outline.
func TestBrowserReachesAllByKeyboard(t *testing.T) {
	r := newReader(t)
	r.do(chromedp.EmulateViewport(1280, 800), chromedp.Navigate(r.site+"en/sites/demo/2026-10/index.html"))
	r.ask(`document.querySelectorAll("details").forEach(d => d.open = true), window.wanted = [...document.querySelectorAll("a, summary, .scroll, pre")], window.at = 0, ""`)
	wanted := r.ask(`String(wanted.length)`)
	for range 200 {
		r.do(chromedp.KeyEvent("\t"))
		got := r.ask(`(() => { const e = document.activeElement
			if (at >= wanted.length) return "end"
			if (e !== wanted[at++]) return "comes to " + e.outerHTML.slice(0, 200) + ", not to " + wanted[at - 1].outerHTML.slice(0, 200)
			const s = getComputedStyle(e)
			return s.outlineStyle === "none" || parseFloat(s.outlineWidth) < 2 ? "shows no focus on " + e.outerHTML.slice(0, 200) : "" })()`)
		if got == "end" {
			return
		}
		if got != "" {
			t.Fatalf("Tab %s", got)
		}
	}
	t.Errorf("200 times Tab did not pass all of %s targets", wanted)
}

// TestBrowserFramesEmbedsAlone has a page of another origin show a chart as a picture and in a
// frame, and try to frame a page of the folder. Seen to fail when all of the folder may be
// framed, and when nothing may.
func TestBrowserFramesEmbedsAlone(t *testing.T) {
	r := newReader(t)
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, `<!DOCTYPE html><html lang="en"><title>t</title><img id="picture" src="%[1]sembed/demo/days-visitors.ja.svg" alt="">
<iframe title="a" src="%[1]sembed/demo/devices.en.html"></iframe><iframe title="b" src="%[1]sen/"></iframe>`, r.site)
	}))
	defer other.Close()
	r.do(chromedp.Navigate(other.URL))
	if got := r.ask(`String(picture.naturalWidth)`); got != "640" {
		t.Errorf("the picture is %s pixels wide, want 640", got)
	}
	want := map[string]bool{"/stats/embed/demo/devices.en.html": true, "/stats/en/": false}
	for range 100 { // a frame is there before it is known whether it may be
		if got := r.framed(); maps.Equal(got, want) {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Errorf("a page of another origin shows in frames: %v, want %v", r.framed(), want)
}

// framed returns the addresses of the frames, and whether each is shown.
func (r *reader) framed() map[string]bool {
	r.t.Helper()
	tree, err := chromedp.Run(r.ctx, func(ctx context.Context, t *chromedp.Target) (page.GetFrameTreeResult, error) {
		return cdp.Call(ctx, t, page.GetFrameTree, cdp.Empty{})
	})
	if err != nil {
		r.t.Fatal(err)
	}
	shown := map[string]bool{}
	for _, f := range tree.FrameTree.ChildFrames {
		at := f.Frame.URL
		if f.Frame.UnreachableURL != "" {
			at = f.Frame.UnreachableURL
		}
		if u, err := url.Parse(at); err == nil {
			shown[u.Path] = f.Frame.UnreachableURL == ""
		}
	}
	return shown
}
