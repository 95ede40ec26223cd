package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"oboro/internal/testkit"
)

// TestBrowserObjects has a real Chromium object by a click, on the collector's page behind
// the site's own host and on a page of the site with the collector's script, and take it
// back: between the two its views are objections, and nothing is stored but the flag. Seen
// to fail when the script of the sites does not look for the flag, when the form's cookie
// has another path, and when opt-out.js sets the flag before the click.
func TestBrowserObjects(t *testing.T) {
	browser := testkit.Browser(t)
	c := newCanaryRun(t)
	c.start(time.Now().Format(time.RFC3339))
	site := httptest.NewServer(objectable(c.addresses["collect"]))
	defer site.Close()
	ctx, cancel := context.WithTimeout(browser, 90*time.Second)
	defer cancel()
	v := &visiting{t: t, ctx: ctx, site: site.URL, run: c}
	v.visit("/", 1, 0)
	for i, page := range []string{"/opt-out?lang=ja", "/privacy"} {
		v.open(page)
		v.stored("")
		v.press("集計を拒否する", "今は", "集計していません")
		v.stored("oboro_objection=1")
		v.visit("/", 1+i, 1+i)
		v.open(page)
		v.press("拒否を取り消す", "今は", "集計しています")
		v.stored("")
		v.visit("/", 2+i, 1+i)
	}
	c.stop(syscall.SIGTERM)
}

// TestBrowserReadsNotices opens the collector's pages in both languages, narrow and wide: they
// have a style sheet, ask no other host for anything, and need no scrolling sideways. Seen to
// fail when tables have a fixed width, and when the policy forbids the style sheet.
// OBORO_TEST_SCREENSHOTS names a folder for pictures of what it saw, and OBORO_TEST_AXE the
// file axe.min.js, which then looks for what keeps people out.
func TestBrowserReadsNotices(t *testing.T) {
	browser := testkit.Browser(t)
	c := newCanaryRun(t)
	c.start(time.Now().Format(time.RFC3339))
	site := httptest.NewServer(objectable(c.addresses["collect"]))
	defer site.Close()
	v := &visiting{t: t, ctx: browser, site: site.URL, run: c}
	for _, width := range []int64{320, 1280} {
		for _, path := range []string{"/transparency?lang=ja", "/transparency?lang=en", "/opt-out?lang=ja", "/opt-out?lang=en"} {
			v.do(chromedp.EmulateViewport(width, 800))
			v.open(path)
			if got := v.ask(`String(document.documentElement.scrollWidth <= innerWidth && document.styleSheets[0].cssRules.length > 20)`); got != "true" {
				t.Errorf("%s at %d pixels is %s pixels wide, or has no style", path, width, v.ask(`String(document.documentElement.scrollWidth)`))
			}
			if got := v.ask(`performance.getEntriesByType("resource").map(r => r.name).filter(n => !n.startsWith(location.origin)).join()`); got != "" {
				t.Errorf("%s asks for %s", path, got)
			}
			if small := v.ask(`[...document.querySelectorAll("a, button")].filter(e => e.getBoundingClientRect().height < 24).map(e => e.outerHTML).join()`); small != "" {
				t.Errorf("%s at %d pixels has targets of less than 24 pixels: %s", path, width, small)
			}
			v.axe(path)
			v.picture(fmt.Sprint(strings.NewReplacer("/", "", "?lang=", "-").Replace(path), "-", width, ".png"))
		}
	}
	c.stop(syscall.SIGTERM)
}

// objectable is a site behind whose host a proxy passes the collector's routes on, and one
// page of which uses the collector's own host instead.
func objectable(collect string) http.Handler {
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(&url.URL{Scheme: "http", Host: collect})
		r.SetXForwarded()
		r.Out.Header.Set("User-Agent", strings.ReplaceAll(r.In.UserAgent(), "Headless", ""))
	}}
	mux := http.NewServeMux()
	for _, path := range []string{"/oboro.js", "/hit", "/transparency", "/opt-out", "/oboro.css"} {
		mux.Handle(path, proxy)
	}
	page := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.Header().Set("Content-Security-Policy", "default-src 'none'; connect-src 'self'; script-src 'self' http://"+collect)
			fmt.Fprint(w, `<!DOCTYPE html><html lang="ja"><title>t</title>`+text)
		}
	}
	mux.HandleFunc("/{$}", page(`<script defer src="/oboro.js"></script>`))
	mux.HandleFunc("/privacy", page(`<div id="oboro-opt-out"></div><script defer src="http://`+collect+`/opt-out.js"></script>`))
	return mux
}

// visiting is somebody with a browser.
type visiting struct {
	t    *testing.T
	ctx  context.Context
	site string
	run  *canaryRun
}

func (v *visiting) do(steps ...chromedp.Action[chromedp.Void]) {
	v.t.Helper()
	if err := chromedp.Do(v.ctx, steps...); err != nil {
		v.t.Fatal(err)
	}
}

func (v *visiting) open(path string) {
	v.t.Helper()
	v.do(chromedp.Navigate(v.site + path))
}

func (v *visiting) ask(js string) string {
	v.t.Helper()
	got, err := chromedp.Run(v.ctx, chromedp.Evaluate[string](js))
	if err != nil {
		v.t.Fatalf("run %s: %v", js, err)
	}
	return got
}

// stored holds what the site's host has stored: this cookie, or none, and nothing else.
func (v *visiting) stored(want string) {
	v.t.Helper()
	if got := v.ask(`document.cookie + (localStorage.length + sessionStorage.length || "")`); got != want {
		v.t.Errorf("the browser has stored %q, want %q", got, want)
	}
}

// press presses the one button, which has that name, and waits until the state has the words.
func (v *visiting) press(button string, words ...string) {
	v.t.Helper()
	if got := v.ask(`document.querySelector("button").textContent`); got != button {
		v.t.Fatalf("the button says %q, want %q", got, button)
	}
	v.ask(`document.querySelector("button").click(), ""`)
	var state string
	for range 100 {
		got, err := chromedp.Run(v.ctx, chromedp.Evaluate[string](`(document.querySelector("[role=status]") || {}).textContent || ""`))
		if state = got; err == nil && strings.HasPrefix(state, words[0]) && strings.Contains(state, words[1]) {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	v.t.Fatalf("after %q the page says %q", button, state)
}

// visit opens a page and waits until so many hits are kept, and so many objections told.
func (v *visiting) visit(path string, kept, objections int) {
	v.t.Helper()
	v.open(path)
	for _, want := range []struct {
		outcome string
		n       int
	}{{"objection", objections}, {"kept", kept}} {
		v.run.await(want.outcome, want.n)
	}
}

func (v *visiting) axe(path string) {
	v.t.Helper()
	file := os.Getenv("OBORO_TEST_AXE")
	if file == "" {
		return
	}
	source, err := os.ReadFile(file)
	if err != nil {
		v.t.Fatal(err)
	}
	v.ask(string(source) + `; ""`)
	got, err := chromedp.Run(v.ctx, chromedp.Evaluate[string](
		`axe.run().then(r => r.violations.map(v => v.id + ": " + v.nodes.map(n => n.html).join(" ")).join("\n"))`, chromedp.EvalAwaitPromise))
	if err != nil || got != "" {
		v.t.Errorf("axe finds in %s: %s, %v", path, got, err)
	}
}

func (v *visiting) picture(name string) {
	v.t.Helper()
	folder := os.Getenv("OBORO_TEST_SCREENSHOTS")
	if folder == "" {
		return
	}
	picture, err := chromedp.Run(v.ctx, chromedp.FullScreenshot(100))
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, name), picture, 0o600)
	}
	if err != nil {
		v.t.Fatal(err)
	}
}
