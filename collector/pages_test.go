package collector_test

import (
	"encoding/json"
	"fmt"
	"html"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"oboro/collector/hit"
)

// shown is the transparency page as JSON.
type shown struct {
	Outcome  string
	Received []struct {
		Field, Value, Fate string
		Kept               []struct {
			Detail, Value string
			Statistics    []string
		}
	}
	Declaration map[string]any
}

// show asks for what is told of a request with the given headers.
func (w *world) show(t *testing.T, head string) (s shown) {
	t.Helper()
	list, err := w.feed([]byte("GET /transparency?format=json HTTP/1.1\r\n" + head + "\r\n"))
	if err != nil || len(list) != 1 || list[0].code != 200 {
		t.Fatalf("answers = %+v, %v, want one of 200", list, err)
	}
	if list[0].header["Content-Type"] != "application/json; charset=utf-8" || list[0].header["Cache-Control"] != "no-store" {
		t.Errorf("headers = %v, want JSON that is not stored", list[0].header)
	}
	if err := json.Unmarshal([]byte(list[0].body), &s); err != nil {
		t.Fatalf("%s: %v", list[0].body, err)
	}
	return s
}

// page asks for a page.
func (w *world) page(t *testing.T, target, head string) string {
	t.Helper()
	list, err := w.feed([]byte("GET " + target + " HTTP/1.1\r\n" + head + "\r\n"))
	if err != nil || len(list) != 1 || list[0].code != 200 {
		t.Fatalf("GET %s: answers = %+v, %v, want one of 200", target, list, err)
	}
	if list[0].header["Content-Type"] != "text/html; charset=utf-8" || list[0].header["Cache-Control"] != "no-store" {
		t.Errorf("headers = %v, want a page that is not stored", list[0].header)
	}
	return list[0].body
}

// keptOf returns all details that would be kept, by name.
func (s shown) keptOf() map[string]string {
	all := map[string]string{}
	for _, f := range s.Received {
		for _, d := range f.Kept {
			all[d.Detail] = d.Value
		}
	}
	return all
}

// Every field of a request is shown as it came, with what becomes of it, and nothing else
// is. Seen to fail when headers without a meaning are left out, when the peer's address
// stands for the visitor's, when a second hint of a name is said to be read, and when the flag of a cookie is not looked for.
func TestTransparencyShowsWhatArrived(t *testing.T) {
	w := newWorld(t, everything)
	got := w.show(t, visitor.head()+"DNT: 1\r\nCookie: a=b; c=d\r\nX-Other: x y\r\nX-Other: z\r\nSec-CH-UA: \"Chromium\";v=\"140\"\r\n"+
		"Sec-CH-UA: \"Brave\"\r\nSec-CH-UA-Mobile: ?0\r\nSec-CH-UA-Platform: \"Linux\"\r\nSec-CH-UA-Model: \"x\"\r\nReferer: https://www.search.example/?q=s\r\n")
	var fields []string
	for _, f := range got.Received {
		fields = append(fields, f.Field+"="+f.Value+" "+f.Fate)
	}
	want := []string{
		"time=2026-04-01 12:00:00 day-kept",
		"address=198.51.100.7 keyed-hash-of-the-day",
		"target=/transparency?format=json thrown-away",
		"Host=stats.example thrown-away",
		"X-Forwarded-For=198.51.100.7 looked-at",
		"Accept-Language=ja,en;q=0.5 thrown-away",
		"User-Agent=" + firefox + " keyed-hash-of-the-day",
		"Dnt=1 objection-at-some-sites",
		"Cookie=a=b; c=d looked-at-for-the-flag",
		"X-Other=x y thrown-away",
		"X-Other=z thrown-away",
		`Sec-Ch-Ua="Chromium";v="140" read-with-user-agent`,
		`Sec-Ch-Ua="Brave" thrown-away`,
		"Sec-Ch-Ua-Mobile=?0 read-with-user-agent",
		`Sec-Ch-Ua-Platform="Linux" read-with-user-agent`,
		`Sec-Ch-Ua-Model="x" thrown-away`,
		"Referer=https://www.search.example/?q=s thrown-away",
	}
	if !slices.Equal(fields, want) || got.Outcome != "kept" {
		t.Errorf("%s: fields\n%s\nwant\n%s", got.Outcome, strings.Join(fields, "\n"), strings.Join(want, "\n"))
	}
	kept := map[string]string{"hour": "12", "language": "ja", "browser": "firefox", "version": "140", "system": "linux", "device": "desktop", "source": "search.example"}
	if got := got.keptOf(); !maps.Equal(got, kept) {
		t.Errorf("kept = %v, want %v", got, kept)
	}
	if id := got.Declaration["statistics"].([]any)[0].(map[string]any)["purpose"].(map[string]any)["ja"]; id != "公表する。" {
		t.Errorf("the first statistic has the purpose %v", id)
	}
}

// TestTransparencyNamesValues holds that a page says what a code means, where that was
// declared, and that JSON has the codes. Seen to fail when the code stands alone, and when a
// name is not escaped.
func TestTransparencyNamesValues(t *testing.T) {
	w := newWorld(t, everything)
	for lang, want := range map[string][]string{
		"ja": {"パソコン <code>desktop</code>", "OS <code>linux</code>"},
		"en": {"Desktop &lt;computer&gt; <code>desktop</code>"},
	} {
		page := w.page(t, "/transparency?lang="+lang, visitor.head())
		for _, said := range want {
			if !strings.Contains(page, said) {
				t.Errorf("the page in %s does not say %q", lang, said)
			}
		}
	}
	if got := w.show(t, visitor.head()).keptOf(); got["device"] != "desktop" {
		t.Errorf("JSON says the device is %q", got["device"])
	}
}

// ofAgent are the dimensions that a User-Agent and client hints tell of.
var ofAgent = hit.Of(hit.ByBrowser, hit.ByVersion, hit.BySystem, hit.ByDevice)

// What is said to be kept is what a hit of the same request keeps, dimension by dimension:
// no more, and no less. Seen to fail when the version is left out, when a detail is shown
// that the plan does not ask for, when a detail of an objection or a bot is, when spam is shown
// as counted, or as not counted where no statistic asks for referrers, when a visit from
// nowhere has no channel, when one of the three hints is not read, and when one is said to be
// that nothing counts by.
func TestTransparencyTellsWhatHitsKeep(t *testing.T) {
	of := map[hit.Dimension]func(h hit.Hit) string{
		hit.ByHour:     func(h hit.Hit) string { return fmt.Sprintf("%02d", h.Hour) },
		hit.ByBrowser:  func(h hit.Hit) string { return h.Env.Unpack().Browser.Code() },
		hit.BySystem:   func(h hit.Hit) string { return h.Env.Unpack().System.Code() },
		hit.ByDevice:   func(h hit.Hit) string { return h.Env.Unpack().Device.Code() },
		hit.ByLanguage: func(h hit.Hit) string { return h.Env.Unpack().Language.Code() },
		hit.ByCountry:  func(h hit.Hit) string { return h.Env.Unpack().Country.Code() },
		hit.BySource:   func(h hit.Hit) string { return h.Source.Name() },
		hit.ByChannel:  func(h hit.Hit) string { return h.Channel.Code() },
		hit.ByVersion: func(h hit.Hit) string {
			if h.Env.Unpack().Version == 0 {
				return hit.Unknown
			}
			return fmt.Sprint(h.Env.Unpack().Version)
		},
		hit.ByRegion: func(h hit.Hit) string { return h.Env.Unpack().Region.Code() },
		hit.ByNetwork: func(h hit.Hit) string {
			if h.Network == (hit.Host{}) {
				return hit.Unknown
			}
			return h.Network.Name()
		},
		hit.ByNetworkClass: func(h hit.Hit) string { return h.Env.Unpack().Class.Code() },
	}
	files := tablesOf(t)
	told := hit.Of(hit.ByPage, hit.ByNext, hit.ByViewport) | hit.OfMedia | hit.OfTags // by the script alone
	var plans []hit.Plan
	for _, d := range (^hit.Dimensions(0)).All() {
		if of[d] == nil && !told.Has(d) {
			t.Errorf("nobody tells visitors of the dimension %s: say it in Transparency, and here", d)
		}
		plans = append(plans, hit.Plan{Kinds: everything.Kinds, Computes: hit.Of(d)})
	}
	plans = append(plans, hit.Plan{Kinds: everything.Kinds, Computes: ^hit.Dimensions(0)}, hit.Plan{Kinds: everything.Kinds})
	for _, plan := range plans {
		w := newWorld(t, everything)
		config := w.config(plan)
		config.Tables = files
		w.with(t, config)
		for _, s := range senders() {
			referrer := s.referrer()
			list, err := w.feed([]byte(s.post(`{"u":"https://a.example/","r":"` + referrer + `"}`)))
			if err != nil {
				t.Fatal(err)
			}
			hits, meters := w.drain()
			head := s.head()
			if referrer != "" {
				head += "Referer: " + referrer + "\r\n"
			}
			got := w.show(t, head)
			want := map[string]string{}
			if len(hits) == 1 {
				for d, value := range of {
					if text := value(hits[0]); plan.Computes.Has(d) && text != "" {
						want[d.String()] = text
					}
				}
			}
			if kept := got.keptOf(); !maps.Equal(kept, want) {
				t.Errorf("plan %s, %s: shown as kept %v, want %v (answer %d)", plan.Computes, s.agent, kept, want, list[0].code)
			}
			for _, f := range got.Received {
				if f.Fate == "read-with-user-agent" && plan.Computes&ofAgent == 0 {
					t.Errorf("plan %s: %s is said to be read", plan.Computes, f.Field)
				}
			}
			if meters[day+" 0 "+got.Outcome] != 1 {
				t.Errorf("plan %s, %s: shown as %q, want what became of the hit: %v", plan.Computes, s.agent, got.Outcome, meters)
			}
		}
	}
}

// senders are browsers, and others, of many kinds.
func senders() []sender {
	const phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1"
	return []sender{
		visitor,
		{"203.178.137.58", phone, "Sec-CH-UA-Mobile: ?1\r\n"},
		{"203.178.137.59", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
			"Sec-CH-UA: \"Chromium\";v=\"140\", \"Brave\";v=\"141\"\r\nSec-CH-UA-Mobile: ?1\r\nSec-CH-UA-Platform: \"Android\"\r\n"},
		{"2001:db8::1", "Mozilla/5.0 something", "Accept-Language: de\r\n"},
		{"198.51.100.8", firefox, "Sec-GPC: 1\r\n"},
		{"198.51.100.8", firefox, "Cookie: oboro_objection=1\r\n"},
		{"198.51.100.8", firefox, "Cookie: oboro_objection=2; b=c\r\n"},
		{"198.51.100.8", firefox, "DNT: 1\r\n"},
		{"198.51.100.8", firefox, "Sec-Purpose: prefetch\r\n"},
		{"198.51.100.9", "Googlebot/2.1", ""},
		{"198.51.100.9", "", ""},
		{"unknown", firefox, ""},
		{"198.51.100.10", firefox, "X-From: https://1-99seo.com/x\r\n"},
		{"198.51.100.11", firefox, "X-From: https://www.google.com/\r\n"},
		{"198.51.100.12", firefox, "X-From: https://a.example/x\r\n"},
		{"198.51.100.13", firefox, "X-From: \r\n"},
	}
}

// referrer returns what X-From names, or else that of most.
func (s sender) referrer() string {
	if from, ok := strings.CutPrefix(s.more, "X-From: "); ok {
		return strings.TrimSuffix(from, "\r\n")
	}
	return "https://news.search.example/x"
}

// Purposes stand beside what they are for, in both languages, and declared texts are shown
// as text. Seen to fail when the purpose is left out, when it is not escaped, and when the hints of who
// objects are said to be read.
func TestTransparencyNamesPurposes(t *testing.T) {
	w := newWorld(t, everything)
	for lang, want := range map[string][]string{
		"en": {`<html lang="en">`, "Browser <code>firefox</code></p><ul><li><b>Browsers</b> Which to &lt;support&gt;.</li></ul>", "See what comes next.", "13 months", "With a view, this browser would be counted."},
		"ja": {`<html lang="ja">`, "ブラウザ <code>firefox</code></p><ul><li><b>閲覧ソフト</b> 対応を決める。</li></ul>", "次を知る。", "13 か月", "閲覧なら、集計します。"},
	} {
		page := w.page(t, "/transparency?lang="+lang, visitor.head())
		for _, text := range want {
			if !strings.Contains(page, text) {
				t.Errorf("the page in %s does not say %q:\n%s", lang, text, page)
			}
		}
	}
	hinted := visitor.head() + "Sec-CH-UA-Platform: \"Linux\"\r\n"
	if page := w.page(t, "/transparency?lang=en", hinted); !strings.Contains(page, "<p>Read together with the User-Agent") {
		t.Error("a page does not say that a hint is read")
	}
	for _, refused := range []string{"Sec-GPC: 1\r\n", "Sec-Purpose: prefetch\r\n"} {
		if page := w.page(t, "/transparency?lang=en", hinted+refused); strings.Contains(page, "Read together") {
			t.Errorf("of a request with %q hints are read", refused)
		}
	}
	for word, head := range map[string]string{"objects": "Sec-GPC: 1\r\n", "program": "User-Agent: curl/8\r\n", "ahead": "Sec-Purpose: prefetch\r\n"} {
		agent := "User-Agent: " + firefox + "\r\n"
		if word == "program" {
			agent = ""
		}
		page := w.page(t, "/transparency?lang=en", "Host: x\r\n"+agent+head)
		if _, state, _ := strings.Cut(page, `<p class="state">`); !strings.Contains(state[:200], word) || strings.Contains(page, "<code>firefox</code>") {
			t.Errorf("the page for %q says %.200q", head, state)
		}
	}
}

// The language is that of the address, else the one of the browser; the form that of the
// address, else of Accept. Seen to fail when the address does not win, and when a tag is
// looked for anywhere in the header.
func TestPagesNegotiate(t *testing.T) {
	w := newWorld(t, everything)
	for _, tt := range []struct{ target, head, want string }{
		{"/transparency", "", `lang="en"`},
		{"/transparency", "Accept-Language: ja\r\n", `lang="ja"`},
		{"/transparency", "Accept-Language: ja-JP, en;q=0.5\r\n", `lang="ja"`},
		{"/transparency", "Accept-Language: de,EN-gb,ja\r\n", `lang="en"`},
		{"/transparency", "Accept-Language: fr-ja, jam\r\n", `lang="en"`},
		{"/transparency?lang=ja", "Accept-Language: en\r\n", `lang="ja"`},
		{"/transparency?lang=en", "Accept-Language: ja\r\n", `lang="en"`},
		{"/transparency?lang=<b>", "Accept-Language: ja\r\n", `lang="ja"`},
		{"/opt-out?lang=ja", "", `lang="ja"`},
		{"/opt-out", "Accept-Language: ja\r\n", `lang="ja"`},
		{"/transparency", "Accept: application/json\r\n", `{"outcome"`},
		{"/transparency", "Accept: text/html,application/json\r\n", `lang="en"`},
		{"/transparency?format=html", "Accept: application/json\r\n", `lang="en"`},
		{"/transparency?format=json", "Accept: text/html\r\n", `{"outcome"`},
	} {
		list, err := w.feed([]byte("GET " + tt.target + " HTTP/1.1\r\nHost: x\r\n" + tt.head + "\r\n"))
		if err != nil || len(list) != 1 || !strings.Contains(list[0].body[:60], tt.want) {
			t.Errorf("GET %s with %q = %+v, %v, want %s", tt.target, tt.head, list, err, tt.want)
		}
	}
}

// attacks are texts that would be more than text in some page, header or script.
var attacks = []string{
	`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `'"><svg/onload=alert(1)>`, `</td></table></code><h1>`,
	`&lt;script&gt;`, `&#60;b&#62;`, `<!--`, `]]>`, `javascript:alert(1)`, `{{.}}`, `\u003cscript\u003e`, `\`, `\"`, `"}],"outcome":"x`,
	"\xff\xfe<b>", "\xc0\xbcscript\xc0\xbe", "\xe2\x80", "\xf0\x9f\x98<b>", "\u2028\u2029", "\u202e\u2066gnp.exe", "\u0085\u009b31m",
	"a\tb", strings.Repeat("<", 2000), strings.Repeat("\xff", 2000), strings.Repeat("x", 12<<10),
	"x%0d%0aSet-Cookie:%20evil=1", "+ADw-script+AD4-", "＜script＞",
}

// Whatever a request holds, in whatever place, is text in the answer, whole, and nowhere in
// its headers; an answer that is something else is refused by read. Seen to fail when HTML
// leaves < as it is, when JSON leaves a quote, when bytes that are no UTF-8 are let
// through, when a header's name is not escaped, and when the answer names the language
// that was asked for.
func TestTransparencyIsText(t *testing.T) {
	w := newWorld(t, everything)
	for form, want := range map[string]string{"html": `<th scope="row">&amp;amp&#39;</th>`, "json": `"field":"\u0026amp'"`} {
		list, err := w.feed([]byte("GET /transparency?format=" + form + " HTTP/1.1\r\nHost: x\r\n&amp': y\r\n\r\n"))
		if err != nil || len(list) != 1 || !strings.Contains(list[0].body, want) {
			t.Errorf("the name of a header is not shown as %s: %v", want, err)
		}
	}
	for _, attack := range attacks {
		for _, place := range []string{
			"User-Agent: %s", "Accept-Language: %s", "Referer: %s", "Cookie: %s", "Cookie: a=%s", "Sec-CH-UA: %s", "Sec-GPC: %s", "DNT: %s",
			"X-Forwarded-For: %s", "Forwarded: for=%s", "Forwarded: %s", "Accept: %s", "Origin: %s", "X-Other: %s", "Sec-Purpose: %s", "If-None-Match: %s",
		} {
			for _, form := range []string{"?lang=en", "?format=json"} {
				request := "GET /transparency" + form + " HTTP/1.1\r\nHost: x\r\n" + fmt.Sprintf(place, attack) + "\r\n\r\n"
				list, err := w.feed([]byte(request))
				if err != nil || len(list) != 1 || list[0].code != 200 {
					t.Errorf("%.60q: %d answers, %v", request, len(list), err)
					continue
				}
				if !shows(list[0].body, form, attack) {
					t.Errorf("%.90q: the answer does not show what was sent", request)
				}
			}
		}
		for _, request := range []string{
			"GET /transparency?lang=" + attack + "&format=" + attack + " HTTP/1.1\r\nHost: " + "x\r\n\r\n",
			"GET /transparency HTTP/1.1\r\nHost: x\r\n" + attack + ": y\r\n\r\n",
			"GET /transparency HTTP/1.1\r\nHost: " + attack + "\r\n\r\n",
			"GET /opt-out?lang=" + attack + " HTTP/1.1\r\nHost: x\r\nCookie: " + attack + "\r\n\r\n",
			"POST /opt-out?lang=" + attack + " HTTP/1.1\r\nHost: a.example\r\nOrigin: https://a.example\r\nContent-Length: 11\r\n\r\nobjection=1",
		} {
			if _, err := w.feed([]byte(request)); err != nil { // it may be refused
				t.Errorf("%.90q: %v", request, err)
			}
		}
	}
}

// shows reports whether an answer holds the text once it is read as what it is. What is no
// character of a text is shown as U+FFFD, of which there is one at least.
func shows(body, form, text string) bool {
	if form == "?format=json" {
		var s shown
		json.Unmarshal([]byte(body), &s)
		body = ""
		for _, f := range s.Received {
			body += f.Value + "\n"
		}
	} else {
		body = html.UnescapeString(body)
	}
	unshown := regexp.MustCompile(`[\x00-\x1f\x7f-\x9f\x{200e}\x{200f}\x{2028}-\x{202e}\x{2066}-\x{2069}]`)
	want := unshown.ReplaceAllString(string([]rune(text)), "\uFFFD")
	return strings.Contains(body, strings.TrimSpace(want))
}

// Of who looks at the pages nothing is remembered, counted or metered, in whatever way it
// is shown. Seen to fail when the details are looked up in the memory of the day, and when
// a look is taken as a hit is.
func TestPagesKeepNothing(t *testing.T) {
	plan := everything
	plan.Computes |= hit.Of(hit.ByCountry)
	w := newWorld(t, plan)
	for _, s := range senders() {
		for _, target := range []string{"/transparency", "/transparency?format=json", "/opt-out", "/opt-out.js", "/oboro.css", "/.well-known/oboro.json"} {
			if list, err := w.feed([]byte("GET " + target + " HTTP/1.1\r\n" + s.head() + "Referer: https://search.example/\r\n\r\n")); err != nil || list[0].code != 200 {
				t.Errorf("GET %s: %+v, %v", target, list, err)
			}
		}
		if list, err := w.feed([]byte("POST /opt-out HTTP/1.1\r\n" + strings.Replace(s.head(), "stats.example", "a.example", 1) + "Content-Length: 11\r\n\r\nobjection=1")); err != nil || list[0].code != 303 {
			t.Errorf("POST /opt-out: %+v, %v", list, err)
		}
	}
	hits, meters := w.drain()
	if len(hits)+len(meters) > 0 {
		t.Errorf("%d hits and the meters %v of pages that were looked at", len(hits), meters)
	}
	if n, v := w.collector.Remembered(), w.collector.Visitors(); n != 0 || v != 0 {
		t.Errorf("%d texts and %d visitor-days are remembered", n, v)
	}
	w.collector.Counts(func(word string, n uint64) {
		if n > 0 {
			t.Errorf("%d requests are counted as %s", n, word)
		}
	})
}

// Once the collector is closed, its country table is too. Seen to fail when transparency
// does not look.
func TestTransparencyOfAClosedCollector(t *testing.T) {
	w := newWorld(t, hit.Plan{Kinds: everything.Kinds, Computes: hit.Of(hit.ByCountry)})
	w.collector.Close()
	if list, err := w.feed([]byte(visitor.get("/transparency"))); err != nil || list[0].code != 503 {
		t.Errorf("answers = %+v, %v, want 503", list, err)
	}
}

// The declaration in force is told without the hosts and pages of the sites. Seen to fail
// when the declaration gets a field with the hosts.
func TestDeclarationIsTold(t *testing.T) {
	w := newWorld(t, everything)
	list, err := w.feed([]byte(visitor.get("/.well-known/oboro.json")))
	if err != nil || list[0].code != 200 || list[0].header["Content-Type"] != "application/json; charset=utf-8" {
		t.Fatalf("answers = %+v, %v", list, err)
	}
	var d map[string]any
	if err := json.Unmarshal([]byte(list[0].body), &d); err != nil {
		t.Fatal(err)
	}
	if got, want := slices.Sorted(maps.Keys(d)), []string{"exceptions", "flush", "k", "rate", "sites", "statistics", "timezone"}; !slices.Equal(got, want) {
		t.Errorf("the declaration tells %q, want %q", got, want)
	}
	if got, want := slices.Sorted(maps.Keys(d["sites"].([]any)[0].(map[string]any))), []string{"dnt", "id", "title"}; !slices.Equal(got, want) {
		t.Errorf("of a site it tells %q, want %q", got, want)
	}
	for _, host := range []string{"a.example", "/guide/"} {
		if strings.Contains(list[0].body, host) {
			t.Errorf("the declaration tells %s", host)
		}
	}
}

// However much a request repeats, the answer is no more than some times as much. Seen to
// fail when each field gets the list of all purposes.
func TestTransparencyIsBounded(t *testing.T) {
	w := newWorld(t, everything)
	for _, header := range []string{"X:1\r\n", "X: \xff\r\n", "User-Agent: " + firefox + "\r\n", "Accept-Language: ja\r\n", "DNT: 1\r\n", "X: <\r\n"} {
		for _, form := range []string{"html", "json"} {
			request := "GET /transparency?format=" + form + " HTTP/1.1\r\nHost: x\r\n" + strings.Repeat(header, (15<<10)/len(header)) + "\r\n"
			list, err := w.feed([]byte(request))
			if err != nil || len(list) != 1 || list[0].code != 200 {
				t.Fatalf("%q: %d answers, %v", header, len(list), err)
			}
			if got, most := len(list[0].body), 20*len(request)+10<<10; got > most {
				t.Errorf("%d bytes of %q are answered by %d bytes, want at most %d", len(request), header, got, most)
			}
		}
	}
}
