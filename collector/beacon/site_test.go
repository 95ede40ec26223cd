package beacon_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"oboro/collector/beacon"
)

// settle is how long a second report of the same showing would have to arrive.
const settle = 250 * time.Millisecond

// A report is what one POST /hit brought.
type report struct {
	body   map[string]any
	header http.Header
}

// A collector records what the beacon sends.
type collector struct {
	*httptest.Server
	mu      sync.Mutex
	reports []report
}

// newCollector starts a collector; its answers carry a cookie, which no beacon may
// bring back.
func newCollector(t *testing.T) *collector {
	t.Helper()
	c := &collector{}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /oboro.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
		w.Write(beacon.Script())
	})
	mux.HandleFunc("POST /hit", func(w http.ResponseWriter, r *http.Request) {
		var got report
		body, _ := io.ReadAll(r.Body)
		if err := json.Unmarshal(body, &got.body); err != nil {
			t.Errorf("the beacon sent %q, which is not JSON", body)
		}
		got.header = r.Header
		c.mu.Lock()
		c.reports = append(c.reports, got)
		c.mu.Unlock()
		w.Header().Set("Set-Cookie", "collector=1")
		w.WriteHeader(http.StatusAccepted)
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		t.Errorf("the beacon asked for %s %s", r.Method, r.URL.Path)
	})
	c.Server = httptest.NewServer(mux)
	t.Cleanup(c.Close)
	return c
}

// take returns the reports that came since the last take. It waits for n of them,
// and then for one too many.
func (c *collector) take(t *testing.T, n int) []report {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); c.len() < n && time.Now().Before(deadline); {
		time.Sleep(10 * time.Millisecond)
	}
	time.Sleep(settle)
	c.mu.Lock()
	defer c.mu.Unlock()
	got := c.reports
	c.reports = nil
	if len(got) != n {
		var bodies []any
		for _, r := range got {
			bodies = append(bodies, r.body)
		}
		t.Fatalf("%d reports arrived: %v, want %d", len(got), bodies, n)
	}
	return got
}

func (c *collector) len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.reports)
}

// one takes the one report that came, and compares what it tells of the page.
func (c *collector) one(t *testing.T, want map[string]any) report {
	t.Helper()
	got := c.take(t, 1)[0]
	if width, ok := got.body["w"].(float64); ok && width <= 0 {
		t.Errorf("the beacon tells a width of %v", width)
	}
	seen := maps.Clone(got.body)
	display(t, seen)
	if !maps.Equal(seen, want) {
		t.Errorf("the beacon tells %v, want %v", seen, want)
	}
	return got
}

// display takes out of a report what it tells of the window and the browser's media
// queries, which are the browser's affair. A view tells of both, nothing else does.
func display(t *testing.T, body map[string]any) {
	t.Helper()
	media, told := body["m"].(string)
	view := body["e"] == nil
	if told != view || (body["w"] != nil) != view {
		t.Errorf("the beacon tells the width %v and the media %v in %v", body["w"], body["m"], body)
	}
	if view && !regexp.MustCompile(`^[mtn]f?r?c?d?$`).MatchString(media) {
		t.Errorf("the beacon tells the media %q", media)
	}
	delete(body, "w")
	delete(body, "m")
}

// A page of the test site: a script that runs before the beacon, and more.
type page struct {
	status int
	before string // a script ahead of the beacon
	more   string // HTML
	embeds int    // how often the beacon is embedded, if not once; -1 is never
}

var pages = map[string]page{
	"/":          {more: `<a id="next" href="/second">second</a>`},
	"/second":    {more: `<a id="next" href="/">first</a>`},
	"/unload":    {before: `addEventListener("unload", () => {})`, more: `<a id="next" href="/second">second</a>`},
	"/twice":     {embeds: 2},
	"/declared":  {more: `<meta name="oboro-status" content="404">`},
	"/elsewhere": {embeds: -1, more: `<a id="next" href="SITE/second">from another site</a>`},
	"/missing":   {status: http.StatusNotFound},
	"/hidden":    {before: `unseen = true;`},
	"/timed":     {before: `setInterval = Window.prototype.timer; function begin() { setInterval(() => passed++, 1000); } let passed = 0;`},
	"/prerendered": {before: `let ahead = true;
		Object.defineProperty(document, "prerendering", {get: () => ahead});
		function activate() { ahead = false; document.dispatchEvent(new Event("prerenderingchange")); }`},
	"/rules": {more: `<script type="speculationrules">{"prerender": [{"urls": ["/second"], "eagerness": "immediate"}]}</script>
		<a id="next" href="/second">second</a>`},
	"/objection": {before: `Object.defineProperty(Navigator.prototype, "globalPrivacyControl", {get: () => true});`},
	"/media":     {before: `matchMedia = query => ({matches: query === "(" + location.search.slice(1) + ")"});`},
	"/narrow":    {more: `<meta name="viewport" content="width=device-width">`},
	"/flag":      {before: `document.cookie = "other=x; path=/"; document.cookie = "oboro_objection=1; path=/flag";`},
	"/sandboxed": {before: `Object.defineProperty(document, "cookie", {get: () => { throw new DOMException("", "SecurityError"); }});`},
	"/old":       {before: `delete Request.prototype.keepalive;`},
}

// stage stands in each page before its own scripts: time passes and the page is seen
// and has the focus as a test says.
const stage = `
	Window.prototype.timer = setInterval;
	let unseen = false, focused = true, second = () => {};
	setInterval = (each) => { second = each; };
	Object.defineProperty(document, "hidden", {get: () => unseen});
	document.hasFocus = () => focused;
	function pass(seconds) { while (seconds-- > 0) second(); }
	function hide() { unseen = true; document.dispatchEvent(new Event("visibilitychange")); }
	function show() { unseen = false; document.dispatchEvent(new Event("visibilitychange")); }
`

// A site is a web site that embeds the beacon and has a cookie of its own.
type site struct {
	*httptest.Server
	mu    sync.Mutex
	ahead []string // pages asked for by a prerendering browser
}

func newSite(t *testing.T, collector string) *site {
	t.Helper()
	s := &site{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, ok := pages[r.URL.Path]
		if !ok {
			http.NotFound(w, r) // without the beacon: the browser asks for an icon
			return
		}
		if strings.Contains(r.Header.Get("Sec-Purpose"), "prerender") {
			s.mu.Lock()
			s.ahead = append(s.ahead, r.URL.Path)
			s.mu.Unlock()
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Set-Cookie", "site=1; Path=/")
		w.Header().Set("Referrer-Policy", "unsafe-url") // the site is careless; the beacon is not
		if p.status != 0 {
			w.WriteHeader(p.status)
		}
		embed := strings.Repeat(fmt.Sprintf(`<script defer src="%s/oboro.js"></script>`, collector), max(0, cmp.Or(p.embeds, 1)))
		fmt.Fprintf(w, `<!DOCTYPE html><title>%s</title><script>%s</script><script>%s</script>%s<body>%s`,
			r.URL.Path, stage, p.before, embed, strings.ReplaceAll(p.more, "SITE", s.URL))
	}))
	t.Cleanup(s.Close)
	return s
}

// prerendered reports whether a browser fetched the page before it was visited.
func (s *site) prerendered(path string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Contains(s.ahead, path)
}
