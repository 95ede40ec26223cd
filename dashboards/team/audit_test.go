package team_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"oboro/dashboards/i18n"
	"oboro/dashboards/team"
	"oboro/internal/audit"
)

// at is when everybody looks.
var at = time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)

// A witness is a client who sees what stood in the trail when the first byte of its answer came.
type witness struct {
	*httptest.ResponseRecorder
	trail func() []audit.Leaf
	first []audit.Leaf
	began bool
}

func (w *witness) look() {
	if !w.began {
		w.began, w.first = true, w.trail()
	}
}

func (w *witness) WriteHeader(status int) { w.look(); w.ResponseRecorder.WriteHeader(status) }

func (w *witness) Write(b []byte) (int, error) { w.look(); return w.ResponseRecorder.Write(b) }

// trailed returns the pages of a busy site, and what stands on the disk of their trail.
func trailed(t *testing.T) (http.Handler, func() []audit.Leaf) {
	t.Helper()
	dir := t.TempDir()
	log, err := audit.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { log.Close() })
	cfg := config(canned{sealed: busy, open: morning})
	cfg.Meters = meters
	cfg.Audit = func(l audit.Leaf) error { return log.Append(l, at) }
	return team.New(cfg), func() (leaves []audit.Leaf) {
		t.Helper()
		if _, err := audit.Read(dir, func(l audit.Leaf) error { leaves = append(leaves, l); return nil }); err != nil {
			t.Fatal(err)
		}
		return leaves
	}
}

// A request is one of a route, and what the trail is to say of it.
type request struct {
	target string
	status int
	want   audit.Leaf
}

// page returns the entry of a look at a page.
func page(report, site, statistic, from, to string, result audit.Result) audit.Leaf {
	return audit.Leaf{
		Action: audit.Look, Actor: audit.Dashboards, Role: audit.Team, Result: result,
		Object: audit.Object{Report: report, Site: site, Statistic: statistic},
		Params: audit.Params{From: from, To: to, Format: audit.Page},
	}
}

// file returns the entry of an export.
func file(report, site, statistic, format string, result audit.Result) audit.Leaf {
	l := page(report, site, statistic, "2026-11-01", "2026-11-07", result)
	l.Action, l.Params.Format = audit.Export, format
	return l
}

const (
	week   = "from=2026-11-01&to=2026-11-07"
	first  = "2026-10-23" // of the last 30 days
	last   = "2026-11-21"
	nobody = "zqxnobody" // is no site, statistic or format of ours
)

// routes are requests of each route that shows counts.
var routes = map[string][]request{
	"GET /{$}": {
		{"/", 200, page(audit.Overview, "demo", "", first, "2026-11-22", audit.Answered)},
		{"/?site=second&lang=en&" + nobody + "=" + nobody, 200, page(audit.Overview, "second", "", first, "2026-11-22", audit.Answered)},
		{"/?site=" + nobody, 404, page(audit.Overview, "", "", first, "2026-11-22", audit.Refused)},
	},
	"GET /statistics/{id}": {
		{"/statistics/pages", 200, page("", "demo", "pages", first, last, audit.Answered)},
		{"/statistics/pages?" + week, 200, page("", "demo", "pages", "2026-11-01", "2026-11-07", audit.Answered)},
		{"/statistics/days?from=2026-11-22&to=2026-11-22", 200, page("", "demo", "days", "2026-11-22", "2026-11-22", audit.Answered)},
		{"/statistics/pages?from=" + nobody, 400, page("", "demo", "pages", "", "", audit.Refused)},
		{"/statistics/" + nobody + "?" + week, 404, page("", "demo", "", "2026-11-01", "2026-11-07", audit.Refused)},
	},
	"GET /quality": {
		{"/quality?" + week, 200, page(audit.Quality, "demo", "", "2026-11-01", "2026-11-07", audit.Answered)},
	},
	"GET /api/v1/sites/{site}/statistics/{file}": {
		{"/api/v1/sites/demo/statistics/pages?" + week, 200, file("", "demo", "pages", audit.JSON, audit.Answered)},
		{"/api/v1/sites/demo/statistics/pages.json?" + week, 200, file("", "demo", "pages", audit.JSON, audit.Answered)},
		{"/api/v1/sites/second/statistics/days.csv?" + week, 200, file("", "second", "days", audit.CSV, audit.Answered)},
		{"/api/v1/sites/" + nobody + "/statistics/days.csv?" + week, 404, file("", "", "days", audit.CSV, audit.Refused)},
		{"/api/v1/sites/demo/statistics/days." + nobody + "?" + week, 404, file("", "demo", "", audit.JSON, audit.Refused)},
	},
	"GET /api/v1/sites/{site}/quality": {
		{"/api/v1/sites/demo/quality?" + week, 200, file(audit.Quality, "demo", "", audit.JSON, audit.Answered)},
	},
}

// silent are the routes that show no count.
var silent = []string{"GET /", "GET /assets/"}

// TestEveryLookIsWritten has a client ask for each route that there is, also by HEAD and with
// conditions: exactly one entry stands on the disk when the first byte of the answer comes, and
// when it has ended, and says what was asked for in declared names, days and words alone. A
// route that no request is made of here fails, and so does a route beside the table of routes.
//
// Seen to fail when an answer is sent before its entry, when a route is not audited, when two
// tables make two entries, when the site is taken as it was asked for, when results are all
// "answered", when a route is added, and when New adds one to the mux by itself.
func TestEveryLookIsWritten(t *testing.T) {
	patterns := slices.DeleteFunc(team.Patterns(config(canned{})), func(p string) bool { return slices.Contains(silent, p) })
	if known := slices.Sorted(maps.Keys(routes)); !slices.Equal(patterns, known) {
		t.Errorf("routes are %q; requests are made of %q: a route needs one, and an entry in the trail", patterns, known)
	}
	handler, trail := trailed(t)
	seen := 0
	for pattern, requests := range routes {
		for _, of := range requests {
			for _, method := range []string{http.MethodGet, http.MethodHead} {
				r := httptest.NewRequest(method, of.target, nil)
				r.Header.Set("If-Modified-Since", at.Add(time.Hour).Format(http.TimeFormat))
				r.Header.Set("If-None-Match", "*")
				r.Header.Set("Accept-Language", nobody)
				w := &witness{ResponseRecorder: httptest.NewRecorder(), trail: trail}
				handler.ServeHTTP(w, r)
				after := trail()
				if w.Code != of.status || !w.began || len(w.first) != seen+1 || len(after) != seen+1 {
					t.Fatalf("%s %s (%s) answers %d; %d entries stood at its first byte and %d at its end, after %d; want %d and one entry more",
						method, of.target, pattern, w.Code, len(w.first), len(after), seen, of.status)
				}
				got, want := after[seen], of.want
				want.Seq, want.Root, want.Time = int64(seen), got.Root, "2026-11-22T03:00:00Z"
				if got != want {
					t.Errorf("%s %s is written down as %+v, want %+v", method, of.target, got, want)
				}
				seen++
			}
		}
	}
	for _, target := range []string{"/" + nobody, "/assets/" + nobody, "/favicon.ico"} {
		if get(handler, target); len(trail()) != seen {
			t.Errorf("%s makes an entry", target)
		}
	}
	// In this folder the table of routes; above it the team's pages, and the published folder.
	for folder, want := range map[string]int{".": 1, "..": 2} {
		if n := handled(t, folder); n != want {
			t.Errorf("%d places of the folder %s hand a route to a mux, want %d", n, folder, want)
		}
	}
}

// handled counts the places in the Go files of a folder, without its tests, that give a mux a
// handler.
func handled(t *testing.T, folder string) (n int) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil || len(names) == 0 {
		t.Fatalf("%s holds %d files, %v", folder, len(names), err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(node ast.Node) bool {
			if s, ok := node.(*ast.SelectorExpr); ok && (s.Sel.Name == "Handle" || s.Sel.Name == "HandleFunc") {
				n++
			}
			return true
		})
	}
	return n
}

// TestFailedLookIsWritten holds that what could not be read is told from what was shown. Seen to
// fail when it is told as refused.
func TestFailedLookIsWritten(t *testing.T) {
	var results []audit.Result
	cfg := config(states["broken"])
	cfg.Audit = func(l audit.Leaf) error { results = append(results, l.Result); return nil }
	handler := team.New(cfg)
	for _, target := range []string{"/", "/statistics/days", "/quality", "/api/v1/sites/demo/statistics/days"} {
		get(handler, target)
	}
	if want := slices.Repeat([]audit.Result{audit.Failed}, 4); !slices.Equal(results, want) {
		t.Errorf("what could not be read is written down as %q, want %q", results, want)
	}
}

// TestUnwrittenLookIsRefused has the trail take no entry, or has none: every route that shows
// counts answers 503 and says so in the language of the reader, with nothing of what it would
// have shown. Seen to fail when the error is passed over, when no trail is taken for one, when
// the headers of the answer are sent all the same, and when its body follows the refusal.
func TestUnwrittenLookIsRefused(t *testing.T) {
	for name, full := range map[string]func(audit.Leaf) error{
		"the disk is full": func(audit.Leaf) error { return errors.New("audit trail: no space left on device") },
		"there is none":    nil,
	} {
		cfg := config(canned{sealed: busy, open: morning})
		cfg.Audit = full
		shown, refusing := busySite(), team.New(cfg)
		for _, requests := range routes {
			for _, of := range requests {
				for _, lang := range i18n.Languages {
					w, would := get(refusing, of.target, "Accept-Language", lang), get(shown, of.target)
					body := w.Body.String()
					if w.Code != http.StatusServiceUnavailable || w.Header().Get("Content-Disposition") != "" {
						t.Errorf("%s: %s answers %d with %v, want 503 without a file", name, of.target, w.Code, w.Header())
					}
					if strings.HasPrefix(of.target, "/api/") {
						var answer map[string]string
						if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || len(answer) != 1 || !strings.Contains(answer["error"], "audit trail") {
							t.Errorf("%s: %s answers %q", name, of.target, body)
						}
						continue
					}
					if lang := i18n.For(lang); !strings.Contains(body, lang.Say(i18n.NotWrittenWords)) && !strings.Contains(of.target, "lang=") {
						t.Errorf("%s: %s does not say why in %s", name, of.target, lang.Lang())
					}
					if len(body) > 8<<10 || bytes.Contains(w.Body.Bytes(), []byte("<svg")) || bytes.Contains(w.Body.Bytes(), []byte("<td")) {
						t.Errorf("%s: %s shows more than why not (%d bytes, of which a look has %d)", name, of.target, len(body), would.Body.Len())
					}
				}
			}
		}
	}
	if w := get(busySite(), "/"); !bytes.Contains(w.Body.Bytes(), []byte("<svg")) || !bytes.Contains(w.Body.Bytes(), []byte("<td")) {
		t.Error("a look shows neither a drawing nor a table: the test sees nothing")
	}
}
