package collector_test

import (
	"fmt"
	"maps"
	"os"
	"strings"
	"testing"

	"oboro/collector/beacon"
	"oboro/collector/hit"
)

const day = "2026-04-01"

// Each outcome has its status, its word, and adds one to its meter and to nothing
// else. Seen to fail when the objections' case is taken out of truncate (GPC and
// DNT are counted as views), when DNT objects on every site, and when refuse
// answers a large body without metering it, when a bot has no meter of its
// kind, and when its kind is counted beside it.
func TestOutcomes(t *testing.T) {
	viewsAlone := everything
	viewsAlone.Kinds = [hit.Kinds]bool{hit.View: true}
	const u = `"u":"https://a.example/"`
	big := `{` + u + `,"n":"` + strings.Repeat("x", 8<<10-len(`{,"n":""}`)-len(u)) + `"}`
	chunked := func(body string) string {
		return fmt.Sprintf("POST /hit HTTP/1.1\r\n%sTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", visitor.head(), len(body), body)
	}
	with := func(header string) sender { return sender{visitor.address, visitor.agent, header + "\r\n"} }
	for _, tt := range []struct {
		name, request string
		code          int
		word, meter   string
	}{
		{"a view counts", visitor.post(`{` + u + `}`), 202, "", "0 kept"},
		{"a view named as such counts", visitor.post(`{` + u + `,"e":"view"}`), 202, "", "0 kept"},
		{"the www host is of the same site", visitor.post(`{"u":"http://WWW.A.example:8080/"}`), 202, "", "0 kept"},
		{"a body of 8 KiB counts", visitor.post(big), 202, "", "0 kept"},
		{"a body in chunks counts", chunked(`{` + u + `}`), 202, "", "0 kept"},
		{"GPC objects", with("Sec-GPC: 1").post(`{` + u + `}`), 204, "", "0 objection"},
		{"GPC in small letters objects", with("sec-gpc: 1").post(`{` + u + `}`), 204, "", "0 objection"},
		{"GPC of 0 is no objection", with("Sec-GPC: 0").post(`{` + u + `}`), 202, "", "0 kept"},
		{"the beacon tells an objection", visitor.post(`{` + u + `,"e":"objection"}`), 204, "", "0 objection"},
		{"DNT is not declared", with("DNT: 1").post(`{` + u + `}`), 202, "", "0 kept"},
		{"DNT is declared", with("DNT: 1").post(`{"u":"https://dnt.example/"}`), 204, "", "1 objection"},
		{"a bot", sender{visitor.address, "Mozilla/5.0 (compatible; Googlebot/2.1)", ""}.post(`{` + u + `}`), 204, "", "0 bot bot-search"},
		{"no User-Agent is a bot", sender{visitor.address, "", ""}.post(`{` + u + `}`), 204, "", "0 bot bot-other"},
		{"a page loaded ahead", with("Sec-Purpose: prefetch;prerender").post(`{` + u + `}`), 204, "", "0 prefetch"},
		{"a page loaded ahead, as once told", with("X-Moz: prefetch").post(`{` + u + `}`), 204, "", "0 prefetch"},
		{"a page that only scanners ask for", visitor.post(`{"u":"https://a.example/.env"}`), 204, "", "0 scanner"},
		{"a page that others have as well", visitor.post(`{"u":"https://a.example/wp-login.php"}`), 202, "", "0 kept"},
		{"a declared page is nobody's but the site's", visitor.post(`{"u":"https://a.example/guide/.env"}`), 202, "", "0 kept"},
		{"a referrer of spam", visitor.post(`{` + u + `,"r":"https://www.1-99seo.com/x"}`), 204, "", "0 referrer-spam"},
		{"a kind that nobody counts", visitor.post(`{` + u + `,"st":404}`), 204, "", "0 undeclared"},
		{"a site that nobody declared", visitor.post(`{"u":"https://other.example/"}`), 400, "unknown-site", "-1 unknown-site"},
		{"an event that is not known", visitor.post(`{` + u + `,"e":"click"}`), 400, "event", "0 event"},
		{"engagement that nobody measures", visitor.post(`{` + u + `,"e":"engaged","s":5}`), 204, "", "0 undeclared"},
		{"engagement of no seconds", visitor.post(`{` + u + `,"e":"engaged"}`), 400, "event", "0 event"},
		{"no JSON", visitor.post(`u=https://a.example/`), 400, "body", "-1 body"},
		{"an empty body", visitor.post(``), 400, "body", "-1 body"},
		{"no URL", visitor.post(`{}`), 400, "url", "-1 url"},
		{"a URL without scheme", visitor.post(`{"u":"//a.example/"}`), 400, "url", "-1 url"},
		{"a path that is no page", visitor.post(`{"u":"https://a.example/%zz"}`), 400, "page", "0 page"},
		{"no usable address", sender{"unknown", firefox, ""}.post(`{` + u + `}`), 400, "address", "0 address"},
		{"a body of 8 KiB and one byte", visitor.post(big + " "), 413, "too-large", "-1 too-large"},
		{"the same in chunks", chunked(big + " "), 413, "too-large", "-1 too-large"},
		{"a large body elsewhere", strings.Replace(visitor.post(big+" "), "/hit", "/x", 1), 413, "too-large", "-1 too-large"},
		{"GET /hit", visitor.get("/hit"), 405, "method", ""},
		{"POST /hit.gif", strings.Replace(visitor.post(`{}`), "/hit", "/hit.gif", 1), 405, "method", ""},
		{"another path", visitor.get("/"), 404, "path", ""},
		{"headers too large", with("X: " + strings.Repeat("x", 17<<10)).get("/hit.gif"), 431, "headers", ""},
		{"a malformed request line", "\x00\x01 nonsense\r\n\r\n", 400, "request", ""},
		{"a header without a colon", "GET / HTTP/1.1\r\nnonsense\r\n\r\n", 400, "request", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := serving(t, viewsAlone)
			a := w.ask(t, tt.request)
			if want := strings.TrimPrefix(tt.word+"\n", "\n"); a.code != tt.code || a.body != want {
				t.Errorf("answer = %d %q, want %d %q", a.code, a.body, tt.code, want)
			}
			if a.header["Cache-Control"] != "no-store" {
				t.Errorf("Cache-Control = %q, want no-store", a.header["Cache-Control"])
			}
			hits, meters := w.drain()
			if counted := tt.code == 202; counted != (len(hits) == 1) || len(hits) > 1 {
				t.Errorf("%d hits of a request answered %d", len(hits), tt.code)
			}
			if !maps.Equal(meters, onceOf(tt.meter)) {
				t.Errorf("meters = %v, want one of %q", meters, tt.meter)
			}
			counts := 0
			w.collector.Counts(func(_ string, n uint64) { counts += int(n) })
			if words := strings.Fields(tt.meter); len(words) > 0 && (w.count(words[1]) != 1 || counts != 1) {
				t.Errorf("the count of %q is %d, of all %d, want 1", words[1], w.count(words[1]), counts)
			}
		})
	}
}

// onceOf returns what the sink has once of each of some meters of a site: "0 kept", say.
func onceOf(text string) map[string]int {
	meters := map[string]int{}
	if words := strings.Fields(text); len(words) > 0 {
		for _, word := range words[1:] {
			meters[day+" "+words[0]+" "+word] = 1
		}
	}
	return meters
}

// TestEngagement: a report of engagement adds its seconds to a page that was viewed.
// What it lacks, who objects and who has viewed nothing is told apart, each in its own
// meter. Seen to fail when 0 seconds are let in, when more than 1800 are, when the query
// of the pixel is not read, when a page not found is read, and when somebody of whom
// nothing was seen is counted or goes to the meter of the cap.
func TestEngagement(t *testing.T) {
	const u = `"u":"https://a.example/guide/x?q=1"`
	const pixel = "/hit.gif?u=https%3A%2F%2Fa.example%2Fguide%2Fx&e=engaged"
	other := sender{"198.51.100.99", firefox, ""}
	for _, tt := range []struct {
		name, request string
		code          int
		meter         string
		seconds       uint16
	}{
		{"seconds of a page", visitor.post(`{` + u + `,"e":"engaged","s":25}`), 202, "kept", 25},
		{"more than half an hour", visitor.post(`{` + u + `,"e":"engaged","s":1801}`), 202, "kept", 1800},
		{"seconds of the pixel", visitor.get(pixel + "&s=7"), 200, "kept", 7},
		{"many seconds of the pixel", visitor.get(pixel + "&s=99999999999999999999"), 200, "kept", 1800},
		{"no seconds", visitor.post(`{` + u + `,"e":"engaged"}`), 400, "event", 0},
		{"zero seconds", visitor.post(`{` + u + `,"e":"engaged","s":0}`), 400, "event", 0},
		{"a part of a second", visitor.post(`{` + u + `,"e":"engaged","s":1.5}`), 400, "event", 0},
		{"seconds in words", visitor.post(`{` + u + `,"e":"engaged","s":"five"}`), 400, "event", 0},
		{"no seconds of the pixel", visitor.get(pixel + "&s="), 400, "event", 0},
		{"seconds of a page that was not there", visitor.post(`{` + u + `,"e":"engaged","s":5,"st":404}`), 204, "undeclared", 0},
		{"an objection", sender{visitor.address, firefox, "Sec-GPC: 1\r\n"}.post(`{` + u + `,"e":"engaged","s":5}`), 204, "objection", 0},
		{"a bot", sender{visitor.address, "curl/8", ""}.post(`{` + u + `,"e":"engaged","s":5}`), 204, "bot bot-tool", 0},
		{"somebody of whom nothing was seen", other.post(`{` + u + `,"e":"engaged","s":5}`), 204, "no-view", 0},
		{"seconds of a view", visitor.post(`{` + u + `,"s":"none"}`), 202, "kept", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := serving(t, everything)
			w.ask(t, visitor.view("/guide/x"))
			w.drain()
			a := w.ask(t, tt.request)
			hits, meters := w.drain()
			if a.code != tt.code || !maps.Equal(meters, onceOf("0 "+tt.meter)) {
				t.Errorf("answer = %d, meters %v, want %d and one %s", a.code, meters, tt.code, tt.meter)
			}
			if kept := tt.meter == "kept"; kept != (len(hits) == 1) || kept && hits[0].Seconds != tt.seconds {
				t.Errorf("hits = %+v, want %d seconds", hits, tt.seconds)
			}
			if tt.seconds > 0 && (hits[0].Kind != hit.Engaged || hits[0].Page.Path() != "/guide/x" || hits[0].Moves != 0 || hits[0].Seen != 0) {
				t.Errorf("hit = %+v, want one of engagement with /guide/x, and nothing else", hits[0])
			}
			if w.collector.Visitors() != 1 {
				t.Errorf("%d visitor-days are known, want 1", w.collector.Visitors())
			}
		})
	}
}

// count returns what the operators' metrics say of a word.
func (w *world) count(word string) (n uint64) {
	w.collector.Counts(func(name string, count uint64) {
		if name == word {
			n += count
		}
	})
	return n
}

// Every word that an answer may hold is documented with its status, in the
// package comment.
func TestWordsAreDocumented(t *testing.T) {
	source, err := os.ReadFile("collector.go")
	if err != nil {
		t.Fatal(err)
	}
	_, list, _ := strings.Cut(string(source), "# Answers")
	list, _, ok := strings.Cut(list, "package collector")
	if !ok {
		t.Fatal("the package comment has no list of answers")
	}
	for _, word := range words {
		if !strings.Contains(list, word) {
			t.Errorf("the word %q is not in the list of answers", word)
		}
	}
}

func TestPixel(t *testing.T) {
	const target = "/hit.gif?u=https%3A%2F%2Fa.example%2Fguide%2Fx%3Fq%3D1&r=https%3A%2F%2Fsearch.example%2F"
	referring := sender{visitor.address, firefox, "Referer: https://a.example/guide/y?q=1\r\n"}
	for _, tt := range []struct {
		name, request string
		page          string // of the hit; none where empty
		source        string
		kind          hit.Kind
	}{
		{"the URL of the query counts", visitor.get(target), "/guide/x", "search.example", hit.View},
		{"a status of the query", visitor.get(target + "&st=410"), "/guide/x", "search.example", hit.NotFound},
		{"a status that is none", visitor.get(target + "&st=x"), "/guide/x", "search.example", hit.View},
		{"without a URL the Referer is the page, and the visit has no source", referring.get("/hit.gif?r=https%3A%2F%2Fsearch.example%2F"), "/guide/y", "", hit.View},
		{"the query goes before the Referer", referring.get(target), "/guide/x", "search.example", hit.View},
		{"an objection is a picture too", sender{visitor.address, firefox, "Sec-GPC: 1\r\n"}.get(target), "", "", 0},
		{"HEAD counts nothing", strings.Replace(visitor.get(target), "GET", "HEAD", 1), "", "", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := serving(t, everything)
			a := w.ask(t, tt.request)
			body := string(beacon.GIF())
			if strings.HasPrefix(tt.request, "HEAD") {
				body = ""
			}
			if a.code != 200 || a.body != body || a.header["Content-Type"] != "image/gif" || a.header["Cache-Control"] != "no-store" {
				t.Errorf("answer = %+v, want 200, the picture, image/gif and no-store", a)
			}
			hits, _ := w.drain()
			if tt.page == "" {
				if len(hits) != 0 {
					t.Errorf("hits = %+v, want none", hits)
				}
				return
			}
			if len(hits) != 1 || hits[0].Page.Path() != tt.page || hits[0].Source.Name() != tt.source || hits[0].Kind != tt.kind {
				t.Errorf("hits = %+v, want one of %s from %q", hits, tt.page, tt.source)
			}
		})
	}
}

func TestPixelRefuses(t *testing.T) {
	w := serving(t, everything)
	for target, word := range map[string]string{
		"/hit.gif": "url", "/hit.gif?u=https://other.example/": "unknown-site", "/hit.gif?u=https://a.example/&e=click": "event",
	} {
		if a := w.ask(t, visitor.get(target)); a.code != 400 || a.body != word+"\n" {
			t.Errorf("GET %s = %d %q, want 400 %s", target, a.code, a.body, word)
		}
	}
}

func TestScript(t *testing.T) {
	w := serving(t, everything)
	with := func(header string) sender { return sender{visitor.address, firefox, header} }
	plain, packed := string(beacon.Script()), string(beacon.Gzipped())
	for _, tt := range []struct {
		name, request string
		code          int
		body, coding  string
	}{
		{"plain", visitor.get("/oboro.js"), 200, plain, ""},
		{"gzipped for a browser", with("Accept-Encoding: gzip, deflate, br\r\n").get("/oboro.js"), 200, packed, "gzip"},
		{"plain where gzip is refused", with("Accept-Encoding: gzip;q=0\r\n").get("/oboro.js"), 200, plain, ""},
		{"known already", with("If-None-Match: " + beacon.ETag() + "\r\n").get("/oboro.js"), 304, "", ""},
		{"another version is known", with("If-None-Match: W/\"0\"\r\n").get("/oboro.js"), 200, plain, ""},
		{"HEAD", strings.Replace(visitor.get("/oboro.js"), "GET", "HEAD", 1), 200, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := w.ask(t, tt.request)
			if a.code != tt.code || a.body != tt.body || a.header["Content-Encoding"] != tt.coding {
				t.Errorf("answer = %d with %d bytes in %q, want %d with %d in %q", a.code, len(a.body),
					a.header["Content-Encoding"], tt.code, len(tt.body), tt.coding)
			}
			if a.header["Etag"] != beacon.ETag() || a.header["Vary"] != "Accept-Encoding" || a.header["Cross-Origin-Resource-Policy"] != "cross-origin" {
				t.Errorf("headers = %v, want the entity tag, Vary and the resource policy", a.header)
			}
		})
	}
	if hits, meters := w.drain(); len(hits)+len(meters) != 0 {
		t.Errorf("the script made hits %v and meters %v", hits, meters)
	}
}
