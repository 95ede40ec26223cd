package team_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"oboro/aggregator/release"
	"oboro/aggregator/statistic"
	"oboro/dashboards/team"
)

var update = flag.Bool("update", false, "write the golden files")

func get(h http.Handler, target string, headers ...string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	r := httptest.NewRequest("GET", target, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	h.ServeHTTP(w, r)
	return w
}

func busySite() http.Handler { return team.New(config(canned{sealed: busy, open: morning})) }

// below is a site whose every day stands on fewer than k visitor-days.
func below(_ *statistic.Statistic, day statistic.Day) (release.Sealed, bool) {
	return release.Sealed{Period: day}, day < today
}

// forgotten is a site none of whose tables is kept any more.
func forgotten(_ *statistic.Statistic, day statistic.Day) (release.Sealed, bool) {
	return release.Sealed{Period: day, Forgotten: true}, day < today
}

// allFolded is a site all of whose cells were merged.
func allFolded(st *statistic.Statistic, day statistic.Day) (release.Sealed, bool) {
	var keys []string
	merged := 0
	if len(st.Dimensions) > 0 {
		keys, merged = []string{statistic.Other}, 4
	}
	return release.Sealed{Period: day, Cells: []release.Folded{{Keys: keys, Counts: counts(40, 0), Merged: merged}}}, day < today
}

const hostile = `"><script src=//evil.example/x.js></script><img src=x onerror=alert(1)>' style='x`

// attacked is a site whose labels are as bad as they can be.
func attacked(st *statistic.Statistic, day statistic.Day) (release.Sealed, bool) {
	s := release.Sealed{Period: day}
	if len(st.Dimensions) == 0 {
		s.Cells = []release.Folded{{Counts: counts(400, 0)}}
		return s, day < today
	}
	for i, label := range []string{hostile, "=cmd|' /C calc'!A0", "javascript:alert(1)", "</title></svg></details>", "{{.}}\x00\u202e"} {
		s.Cells = append(s.Cells, release.Folded{Keys: []string{label}, Counts: counts(400, int64(i))})
	}
	return s, day < today
}

func attackedToday(st *statistic.Statistic) map[string]statistic.Counts {
	if len(st.Dimensions) == 0 || st.ID == "traffic" {
		return morning(st)
	}
	return map[string]statistic.Counts{hostile: counts(50, 0)}
}

// states are sites in every state that a page can be in.
var states = map[string]canned{
	"busy":     {sealed: busy, open: morning},
	"empty":    {},
	"first":    {open: morning},
	"below":    {sealed: below},
	"gone":     {sealed: forgotten},
	"folded":   {sealed: allFolded},
	"attacked": {sealed: attacked, open: attackedToday},
	"broken":   {broken: true},
}

// targets are the addresses of every page, in both languages.
func targets() []string {
	catalogue, err := statistic.Built(nil)
	if err != nil {
		panic(err)
	}
	var list []string
	for _, lang := range []string{"ja", "en"} {
		list = append(list, "/?lang="+lang, "/?site=second&lang="+lang, "/?site=nowhere&lang="+lang,
			"/quality?lang="+lang, "/quality?lang="+lang+"&from=2026-11-22&to=2026-11-24", "/quality?lang="+lang+"&from=2025-04-01&to=2026-03-31",
			"/quality?from=x&lang="+lang, "/quality?site=nowhere&lang="+lang,
			"/nowhere?lang="+lang, "/statistics/nothing?lang="+lang, "/statistics/pages?from=x&lang="+lang)
		for _, st := range catalogue.All() {
			base := "/statistics/" + st.ID + "?lang=" + lang
			list = append(list, base, base+"&from=2026-11-22&to=2026-11-22", base+"&from=2026-11-01&to=2026-11-05",
				base+"&from=2025-04-01&to=2026-03-31")
		}
	}
	return list
}

// Seen to fail when a template had a style attribute, when the pages were made by
// text/template, and when two figures of one statistic had the same id.
func TestPagesAreInert(t *testing.T) {
	for name, c := range states {
		cfg := config(c)
		cfg.Snippet = `<script async src="http://collect.example/oboro.js"></script>`
		h := team.New(cfg)
		for _, target := range targets() {
			w := get(h, target)
			if w.Code >= 500 && name != "broken" {
				t.Errorf("%s, %s answers %d", name, target, w.Code)
			}
			inert(t, name+", "+target, w.Body.String())
		}
	}
}

// inert checks what elements and attributes a page has.
func inert(t *testing.T, page, text string) {
	t.Helper()
	dec := xml.NewDecoder(strings.NewReader(text))
	dec.Strict, dec.AutoClose, dec.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	ids := map[string]bool{}
	elements := 0
	for {
		token, err := dec.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Errorf("%s cannot be read: %v", page, err)
			return
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		elements++
		switch element := start.Name.Local; element {
		case "script", "style", "img", "iframe", "base", "object", "embed":
			t.Errorf("%s holds <%s>", page, element)
		}
		for _, attr := range start.Attr {
			attribute(t, page, start.Name.Local, attr, ids)
		}
	}
	if elements < 20 {
		t.Errorf("%s has %d elements: it is not a page", page, elements)
	}
}

func attribute(t *testing.T, page, element string, attr xml.Attr, ids map[string]bool) {
	t.Helper()
	name, value := strings.ToLower(attr.Name.Local), attr.Value
	switch {
	case name == "style" || strings.HasPrefix(name, "on"):
		t.Errorf("%s: <%s> has the attribute %s: the policy would block it", page, element, name)
	case name == "href" || name == "src" || name == "action":
		if value != "data:," && value != "#main" && (!strings.HasPrefix(value, "/") || strings.HasPrefix(value, "//")) {
			t.Errorf("%s: <%s %s=%q> leaves the program", page, element, name, value)
		}
	case name == "id" && ids[value]:
		t.Errorf("%s: the id %q stands twice", page, value)
	case name == "id":
		ids[value] = true
	}
}

// Seen to fail when the pages were made by text/template, and when chart wrote
// words unescaped.
func TestHostileLabelsAreText(t *testing.T) {
	h := team.New(config(states["attacked"]))
	for _, target := range []string{"/", "/statistics/pages", "/statistics/sources"} {
		body := get(h, target).Body.String()
		for _, raw := range []string{"<script src=//evil", "<img src=x", "\u202e</text>", "{{.}}\x00"} {
			if strings.Contains(body, raw) {
				t.Errorf("%s holds %q as it came", target, raw)
			}
		}
		if !strings.Contains(body, "&lt;script src=//evil.example") {
			t.Errorf("%s does not show the label at all", target)
		}
	}
}

// Seen to fail when New returned the mux without guarded().
func TestHeaders(t *testing.T) {
	want := map[string]string{
		"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
		"X-Content-Type-Options":  "nosniff",
		"Referrer-Policy":         "no-referrer",
		"Cache-Control":           "no-store",
	}
	h := busySite()
	for _, target := range append(targets(), "/api/v1/sites/demo/statistics/pages", "/api/v1/sites/demo/statistics/pages.csv", "/api/v1/sites/x/statistics/pages", "/api/v1/sites/demo/quality", "/api/v1/sites/x/quality") {
		header := get(h, target).Header()
		for name, value := range want {
			if got := header.Get(name); got != value {
				t.Errorf("%s: %s is %q, want %q", target, name, got, value)
			}
		}
	}
}

func TestOnlyReading(t *testing.T) {
	h := busySite()
	for _, method := range []string{"POST", "PUT", "DELETE", "PATCH"} {
		for _, target := range []string{"/", "/statistics/pages", "/api/v1/sites/demo/statistics/pages", "/quality", "/api/v1/sites/demo/quality", "/nowhere"} {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest(method, target, strings.NewReader("x")))
			if w.Code != http.StatusMethodNotAllowed {
				t.Errorf("%s %s answers %d, want 405", method, target, w.Code)
			}
		}
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("HEAD", "/", nil))
	if w.Code != 200 {
		t.Errorf("HEAD / answers %d", w.Code)
	}
}

func TestGolden(t *testing.T) {
	pages := map[string]string{
		"overview-ja.html": "/?lang=ja", "overview-en.html": "/?lang=en",
		"quality-ja.html": "/quality?lang=ja", "quality-en.html": "/quality?lang=en",
		"statistic-ja.html":  "/statistics/sources?lang=ja&from=2026-11-15&to=2026-11-21",
		"campaigns-ja.html":  "/statistics/campaigns?lang=ja&from=2026-11-15&to=2026-11-21",
		"next-pages-ja.html": "/statistics/next-pages?lang=ja&from=2026-11-15&to=2026-11-21",
		"next-pages-en.html": "/statistics/next-pages?lang=en&from=2026-11-15&to=2026-11-21",
		"pages-en.html":      "/statistics/pages?lang=en&from=2026-11-15&to=2026-11-21",
	}
	for name, target := range pages {
		got := get(busySite(), target).Body.Bytes()
		path := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(path, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatalf("%v (write golden files with -update)", err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s differs from the golden file; look at both, then -update", name)
		}
	}
}

func TestStates(t *testing.T) {
	tests := []struct {
		name, state, target string
		status              int
		holds, lacks        []string
	}{
		{"no data yet shows what to embed", "empty", "/?lang=en", 200,
			[]string{"Nothing has arrived yet", "&lt;script async src=&#34;http://127.0.0.1:8080/oboro.js&#34;&gt;", "How to check"}, []string{"<svg", "Last 30 days"}},
		{"first day shows today alone", "first", "/?lang=en", 200,
			[]string{"Views by hour", "No day is sealed yet", "at least 180"}, []string{"Nothing has arrived yet"}},
		{"every day below k says so", "below", "/?lang=en", 200,
			[]string{"There is no day to show. Days shown: 0. Days with fewer than 10 visitor-days: 30.", "every value stands on fewer than 10"}, []string{"<svg", ": 0 in total"}},
		// Seen to fail when a forgotten day counts as one that was not measured.
		{"days that are no longer kept say so", "gone", "/statistics/days?lang=en", 200,
			[]string{"Days not measured or not sealed yet: 0. Days no longer kept: 30.", "no longer kept"}, []string{"<svg"}},
		{"all folded says so", "folded", "/?lang=en", 200,
			[]string{"so only merged figures are shown", "Other (up to 4 a day merged)", "url(#pages-folded)"}, nil},
		{"folded rows of one day are counted", "folded", "/statistics/pages?lang=ja&from=2026-11-20&to=2026-11-20", 200,
			[]string{"その他（4件をまとめて表示）", "示しません"}, nil},
		{"a period without days says so", "empty", "/statistics/pages?lang=ja", 200,
			[]string{"この期間に、測定して確定した日はありません"}, []string{"<svg"}},
		{"gaps are said in words", "busy", "/statistics/days?lang=en", 200,
			[]string{`<td class="words" colspan="3">fewer than 10 visitor-days</td>`, `<td class="words" colspan="3">not measured, or not sealed yet</td>`}, nil},
		{"an unknown site is not found, and the others are named", "busy", "/?site=nowhere&lang=en", 404,
			[]string{"There is no such site", `href="/?lang=en&amp;site=demo"`, "second"}, []string{"nowhere"}},
		{"an unknown statistic is not found", "busy", "/statistics/nothing-such?lang=en", 404,
			[]string{"There is no such statistic", "Go to the overview"}, []string{"nothing-such?from"}},
		{"an unknown page is not found", "busy", "/nowhere?lang=en", 404, []string{"There is no such page"}, nil},
		{"a day that is none is refused, with the way out", "busy", "/statistics/pages?from=2026-02-30&lang=en", 400,
			[]string{"The period cannot be read", `href="/statistics/pages?lang=en&amp;site=demo"`}, nil},
		{"days in the wrong order are refused", "busy", "/statistics/pages?from=2026-03-02&to=2026-03-01&lang=en", 400, []string{"cannot be read"}, nil},
		{"too many days are refused", "busy", "/statistics/pages?from=1970-01-01&to=2026-03-01&lang=en", 400, []string{"cannot be read"}, nil},
		{"a store that is gone is an error without details", "broken", "/?lang=en", 500, []string{"could not be read"}, []string{"disk"}},
		{"today is rounded, and says so", "busy", "/statistics/pages?lang=en&from=2026-11-22&to=2026-11-22", 200,
			[]string{"rounded down to a multiple of 10", ">180<"}, []string{">187<"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := get(team.New(config(states[tt.state])), tt.target)
			if w.Code != tt.status {
				t.Errorf("%s answers %d, want %d", tt.target, w.Code, tt.status)
			}
			for _, words := range tt.holds {
				if !strings.Contains(w.Body.String(), words) {
					t.Errorf("%s does not hold %q", tt.target, words)
				}
			}
			for _, words := range tt.lacks {
				if strings.Contains(w.Body.String(), words) {
					t.Errorf("%s holds %q", tt.target, words)
				}
			}
		})
	}
}

// Seen to fail when adds() was always true: visitors of pages were added up.
func TestVisitorsOfOverlappingCellsAreNotAddedUp(t *testing.T) {
	h := busySite()
	row := `<th scope="row">Visitor-days</th>`
	if body := get(h, "/statistics/pages?lang=en").Body.String(); strings.Contains(body, row) {
		t.Error("the totals of pages hold visitor-days: one visitor-day may be on many pages")
	}
	if body := get(h, "/statistics/browsers?lang=en").Body.String(); !strings.Contains(body, row) {
		t.Error("the totals of browsers hold no visitor-days, though each is in one browser alone")
	}
}

// Seen to fail when tally.whole() was always true.
func TestOnlyWholePeriodsAreCompared(t *testing.T) {
	h := busySite()
	tests := []struct {
		name, from, to string
		compared       bool
	}{
		{"both whole", "2026-11-17", "2026-11-19", true},
		{"a gap in the period", "2026-11-08", "2026-11-11", false},
		{"a gap in the period before", "2026-11-11", "2026-11-13", false},
		{"a day below k in the period", "2026-11-01", "2026-11-03", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			body := get(h, fmt.Sprintf("/statistics/days?lang=en&from=%s&to=%s", tt.from, tt.to)).Body.String()
			if got := strings.Contains(body, ">Change<"); got != tt.compared {
				t.Errorf("%s to %s: compared is %v, want %v", tt.from, tt.to, got, tt.compared)
			}
			if got := strings.Contains(body, "Not compared:"); got == tt.compared {
				t.Errorf("%s to %s: says that it is not compared: %v, want %v", tt.from, tt.to, got, !tt.compared)
			}
		})
	}
}

func TestPresets(t *testing.T) {
	tests := []struct {
		name, today string
		want        []string
	}{
		{"in November", "2026-11-22", []string{
			"from=2026-11-22&amp;lang=en&amp;site=demo&amp;to=2026-11-22", "from=2026-11-15&amp;lang=en&amp;site=demo&amp;to=2026-11-21",
			"from=2026-10-23&amp;lang=en&amp;site=demo&amp;to=2026-11-21", "from=2026-11-01&amp;lang=en&amp;site=demo&amp;to=2026-11-21",
			"from=2026-10-01&amp;lang=en&amp;site=demo&amp;to=2026-10-31", "from=2026-04-01&amp;lang=en&amp;site=demo&amp;to=2026-11-21",
			"from=2025-04-01&amp;lang=en&amp;site=demo&amp;to=2026-03-31"}},
		{"in January the fiscal year began last April", "2027-01-01", []string{
			"from=2027-01-01&amp;lang=en&amp;site=demo&amp;to=2027-01-01", "from=2026-12-01&amp;lang=en&amp;site=demo&amp;to=2026-12-31",
			"from=2026-04-01&amp;lang=en&amp;site=demo&amp;to=2026-12-31", ">Fiscal 2026<"}},
		{"on 1 April a fiscal year begins", "2027-04-01", []string{
			"from=2027-04-01&amp;lang=en&amp;site=demo&amp;to=2027-04-01", ">Fiscal 2027<", "from=2026-04-01&amp;lang=en&amp;site=demo&amp;to=2027-03-31"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := config(canned{})
			now, err := statistic.ParseDay(tt.today)
			if err != nil {
				t.Fatal(err)
			}
			cfg.Today = func() statistic.Day { return now }
			body := get(team.New(cfg), "/statistics/days?lang=en").Body.String()
			for _, want := range tt.want {
				if !strings.Contains(body, want) {
					t.Errorf("on %s there is no preset with %s", tt.today, want)
				}
			}
		})
	}
}

func TestLanguage(t *testing.T) {
	h := busySite()
	tests := []struct{ name, target, accept, want string }{
		{"Japanese is asked for", "/", "ja", `<html lang="ja">`},
		{"Chinese is not Japanese", "/", "zh-CN", `<html lang="en">`},
		{"the address goes before the browser", "/?lang=en", "ja", `<html lang="en">`},
		{"an unknown language is the browser's", "/?lang=xx", "ja", `<html lang="ja">`},
		{"the other language is one link away", "/statistics/pages?from=2026-11-01&to=2026-11-05&lang=ja", "", `href="/statistics/pages?from=2026-11-01&amp;lang=en&amp;to=2026-11-05" lang="en" hreflang="en"`},
		{"links keep the language of the address", "/?lang=ja", "", `href="/statistics/pages?lang=ja&amp;site=demo"`},
		{"links do not fix the browser's language", "/", "ja", `href="/statistics/pages?site=demo"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if body := get(h, tt.target, "Accept-Language", tt.accept).Body.String(); !strings.Contains(body, tt.want) {
				t.Errorf("%s (%s) does not hold %s", tt.target, tt.accept, tt.want)
			}
		})
	}
}

// Seen to fail when the API read the open day as if it were sealed.
func TestAPI(t *testing.T) {
	cfg := config(states["busy"])
	cfg.Meters = meters
	h := team.New(cfg)
	tests := []struct {
		name, target string
		status       int
		kind         string
		holds        []string
	}{
		{"json", "/api/v1/sites/demo/statistics/pages?from=2026-11-20&to=2026-11-21", 200, "application/json; charset=utf-8",
			[]string{`"site": "demo"`, `"unit": "visitor-day"`, `"k": 10`, `"bucket": "2026-11-20"`, `"folded": 27`, `"bot": 120`}},
		{"csv", "/api/v1/sites/demo/statistics/pages.csv?from=2026-11-20&to=2026-11-21", 200, "text/csv; charset=utf-8; header=present",
			[]string{"bucket,page,visitors,views,entries,exits,single_views,engaged_seconds,folded\n2026-11-20,/,"}},
		{"today is protected", "/api/v1/sites/demo/statistics/days?from=2026-11-22&to=2026-11-22", 200, "application/json; charset=utf-8",
			[]string{`"visitors": 180`}},
		{"site that is none", "/api/v1/sites/x/statistics/pages", 404, "application/json; charset=utf-8", []string{`{"error":"unknown site"}`}},
		{"statistic that is none", "/api/v1/sites/demo/statistics/x.csv", 404, "application/json; charset=utf-8", []string{`{"error":"unknown statistic"}`}},
		{"day that is none", "/api/v1/sites/demo/statistics/pages?from=yesterday", 400, "application/json; charset=utf-8", []string{`"error":"from and to are days`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := get(h, tt.target)
			if w.Code != tt.status || w.Header().Get("Content-Type") != tt.kind {
				t.Errorf("%s answers %d, %s; want %d, %s", tt.target, w.Code, w.Header().Get("Content-Type"), tt.status, tt.kind)
			}
			for _, words := range tt.holds {
				if !strings.Contains(w.Body.String(), words) {
					t.Errorf("%s does not hold %q:\n%.600s", tt.target, words, w.Body)
				}
			}
			if tt.kind[:5] != "text/" && !json.Valid(w.Body.Bytes()) {
				t.Errorf("%s is not JSON: %.200s", tt.target, w.Body)
			}
		})
	}
}

// The page and the API read one table, so that a figure is the same in both.
func TestPageAndAPISayTheSame(t *testing.T) {
	h := busySite()
	var api struct {
		Data []struct{ Visitors, Visits int64 }
	}
	if err := json.Unmarshal(get(h, "/api/v1/sites/demo/statistics/days?from=2026-11-17&to=2026-11-19").Body.Bytes(), &api); err != nil {
		t.Fatal(err)
	}
	var sum int64
	body := get(h, "/statistics/days?lang=en&from=2026-11-17&to=2026-11-19").Body.String()
	for _, d := range api.Data {
		sum += d.Visitors
		if cell := fmt.Sprintf(`<td class="number">%d</td>`, d.Visitors); !strings.Contains(body, cell) {
			t.Errorf("the page does not show the %d visitor-days of the API", d.Visitors)
		}
	}
	if len(api.Data) != 3 || !strings.Contains(body, fmt.Sprintf("%d,%03d", sum/1000, sum%1000)) {
		t.Errorf("the page does not show the sum %d of the %d days of the API", sum, len(api.Data))
	}
}

// Seen to fail when meters were shown as they are.
func TestMetersAreRounded(t *testing.T) {
	cfg := config(states["busy"])
	cfg.Meters = meters
	body := get(team.New(cfg), "/statistics/days?lang=en").Body.String()
	for _, want := range []string{"about 120", "fewer than 10", "Automatic access"} {
		if !strings.Contains(body, want) {
			t.Errorf("the meters do not hold %q", want)
		}
	}
	if strings.Contains(body, "127</td>") {
		t.Error("a meter is shown as it is")
	}
}

func TestAFailureIsToldOnce(t *testing.T) {
	var log bytes.Buffer
	cfg := config(states["broken"])
	cfg.Log = slog.New(slog.NewJSONHandler(&log, nil))
	get(team.New(cfg), "/")
	if got := strings.Count(log.String(), "\n"); got != 1 {
		t.Errorf("a failure is logged %d times, want once", got)
	}
}

func TestStatisticsSwitchedOffAreLeftOut(t *testing.T) {
	catalogue, err := statistic.Built([]string{"days", "traffic", "pages", "countries"})
	if err != nil {
		t.Fatal(err)
	}
	cfg := config(states["busy"])
	cfg.Catalogue = catalogue.All()
	w := get(team.New(cfg), "/?lang=en")
	if w.Code != 200 || strings.Contains(w.Body.String(), "/statistics/pages") || !strings.Contains(w.Body.String(), "that show today are switched off") {
		t.Errorf("with statistics off, / answers %d, or shows them", w.Code)
	}
	if w := get(team.New(cfg), "/statistics/pages"); w.Code != 404 {
		t.Errorf("a statistic that is off answers %d, want 404", w.Code)
	}
}

func TestChangeAndPercent(t *testing.T) {
	tests := []struct{ name, got, want string }{
		{"more", team.Change("en", 112, 100), "12% more now"},
		{"fewer", team.Change("ja", 88, 100), "12%減りました"},
		{"half a percent up is rounded up", team.Change("en", 1005, 1000), "1% more now"},
		{"under half a percent is no change", team.Change("ja", 1004, 1000), "ほぼ変わっていません"},
		{"nothing and nothing", team.Change("en", 0, 0), "about the same now"},
		{"from nothing", team.Change("en", 5, 0), "there were none before"},
		{"ten times", team.Change("en", 20000, 1000), "1,900% more now"},
		{"a part", team.Percent("en", 1, 3), "33%"},
		{"a small part", team.Percent("ja", 1, 1000), "1%未満"},
		{"none", team.Percent("en", 0, 10), "0%"},
		{"of nothing", team.Percent("en", 0, 0), "0%"},
		{"all", team.Percent("en", 10, 10), "100%"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.got != tt.want {
				t.Errorf("got %q, want %q", tt.got, tt.want)
			}
		})
	}
}

// The merged rest is last and hatched; it is never ranked. Seen to fail when
// place() took it for a value.
func TestOtherIsLast(t *testing.T) {
	body := get(busySite(), "/statistics/pages?lang=en&from=2026-11-20&to=2026-11-20").Body.String()
	labels := []string{"/menkyo/koushin/", "/menkyo/", "(not named)", "Other (27 merged)"}
	var places []int
	for _, label := range labels {
		places = append(places, strings.Index(body, "<bdi>"+label))
	}
	if !slices.IsSorted(places) || places[0] < 0 {
		t.Errorf("%v stand at %v, want them in this order", labels, places)
	}
	if got := strings.Count(body, `class="chart-folded"`); got != 2 {
		t.Errorf("%d hatched bars, want those of (unlisted) and (other)", got)
	}
}

// Where nothing was told of how long pages were read, as in imported logs, no 0 says that
// nobody read them. Seen to fail when the column is shown all the same.
func TestUntoldReadingIsNotShown(t *testing.T) {
	untold := func(st *statistic.Statistic, day statistic.Day) (release.Sealed, bool) {
		s, ok := busy(st, day)
		for i := range s.Cells {
			s.Cells[i].Counts[statistic.Seconds] = 0
		}
		return s, ok
	}
	for _, tt := range []struct {
		name   string
		sealed func(*statistic.Statistic, statistic.Day) (release.Sealed, bool)
		shown  bool
	}{{"told", busy, true}, {"not told", untold, false}} {
		for _, target := range []string{"/statistics/pages?lang=en", "/?lang=en"} {
			w := get(team.New(config(canned{sealed: tt.sealed})), target)
			if got := strings.Contains(w.Body.String(), "Seconds engaged"); w.Code != 200 || got != tt.shown {
				t.Errorf("%s, %s: status %d, seconds engaged are shown: %v, want %v", tt.name, target, w.Code, got, tt.shown)
			}
		}
	}
}
