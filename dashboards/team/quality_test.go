package team_test

import (
	"context"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"oboro/aggregator/statistic"
	"oboro/dashboards/i18n"
	"oboro/dashboards/team"
)

// Seen to fail when the rest of a meter was kept, of the site and without one, when
// an imported day was told as a live one, when gaps were told day by day, when a
// period without meters had their table, and when losses were left out.
func TestQuality(t *testing.T) {
	tests := []struct {
		name, state, target string
		status              int
		holds, lacks        []string
	}{
		{"meters are rounded down", "busy", "/quality?lang=en", 200,
			[]string{"about 18,420", "about 2,340", "about 610", "about 50", "about 30", "about 120", "fewer than 10"},
			[]string{"18,427", "2,345", "614", ">58<", "127"}},
		{"the finding counts the rounded figures", "busy", "/quality?lang=en", 200,
			[]string{"Of about 21,450 that came for this site, about 18,420 (86%) were counted. Most of what was not: “Automatic access (bots)”, about 2,340 (11%)."}, nil},
		{"each reason has what it means", "busy", "/quality?lang=en", 200,
			[]string{"Nothing to do.", "Check state_limit and free space.", "Reasons that each have fewer than 10 (30)", "<dt>Of a day that is closed</dt>"}, nil},
		{"gaps are told in words", "busy", "/quality?lang=en", 200,
			[]string{"Days not measured: 2 (9 November 2026 to 10 November 2026)", "they are not 0"}, nil},
		{"lost states and bounds are told", "busy", "/quality?lang=en", 200,
			[]string{"Days on which the visitor state was lost: 3 (13 November 2026, 16 November 2026 to 17 November 2026)",
				"the admission cap, shedding or the rate of a network acted: 1 (17 November 2026)", "About 30 hits could not be taken in and are lost"}, nil},
		{"days are told by sign and words", "busy", "/quality?lang=en", 200,
			[]string{`<span class="day day-imported" title="23 Oct: sealed, imported from a log">▼</span>`, `<span class="day day-unmeasured" title="9 Nov: not measured">×</span>`,
				"sealed: 23", "sealed, imported from a log: 4", "sealed, fewer than 10 visitor-days: 1", "Days with figures to show: 27 of 30."}, nil},
		{"the budget is told against its limit", "busy", "/quality?lang=en", 200,
			[]string{"At most ρ 0.008085 of a visitor-day was reserved", "27% of the limit of ρ 0.03", "Days with a reservation: 28; without: 2", "k = 10"}, nil},
		{"a good period says so", "busy", "/quality?lang=en&from=2026-11-18&to=2026-11-21", 200,
			[]string{"About 30 hits could not be taken in"}, []string{"Days not measured", "state was lost: "}},
		{"nothing measured shows no chart", "empty", "/quality?lang=en", 200,
			[]string{"nothing reached 10", "Days not measured: 30", "Nothing was reserved for publication in this period. The limit is ρ 0.03"}, []string{"<svg", "<table class=\"meanings\""}},
		{"today is under way", "first", "/quality?lang=ja&from=2026-11-22&to=2026-11-23", 200,
			[]string{"数えている途中: 1", "これからの日: 1", "まだ終わっていない日を含みます"}, []string{"測定していない日が"}},
		{"a store that is gone is an error without details", "broken", "/quality?lang=en", 500, []string{"could not be read"}, []string{"disk is gone"}},
		{"a day that is none is refused, with the way out", "busy", "/quality?from=x&lang=en", 400, []string{`href="/quality?lang=en&amp;site=demo"`}, nil},
		{"a site that is none is not found", "busy", "/quality?site=nowhere&lang=en", 404, []string{"There is no such site"}, nil},
		{"the API of a site that is none", "busy", "/api/v1/sites/x/quality", 404, []string{`{"error":"unknown site"}`}, nil},
		{"the API of a day that is none", "busy", "/api/v1/sites/demo/quality?from=x", 400, []string{`"error":"from and to are days`}, nil},
		{"the API of a store that is gone", "broken", "/api/v1/sites/demo/quality", 500, []string{`{"error":"the table could not be read"}`}, nil},
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

// withMachine returns the page of a process that fares so.
func withMachine(m team.Machine, flush time.Duration) string {
	cfg := config(states["busy"])
	cfg.Flush = flush
	quality := cfg.Quality
	cfg.Quality = func(ctx context.Context, site string, from, to statistic.Day) (team.Quality, error) {
		q, err := quality(ctx, site, from, to)
		q.Machine, q.Meters, q.Nowhere = m, map[string]int64{"kept": 999, "bot": 9}, nil
		return q, err
	}
	return get(team.New(cfg), "/quality?lang=en&from=2026-11-18&to=2026-11-21").Body.String()
}

// Seen to fail when a failed flush, a full log, a state on disk, and a clock that
// was set, and a table that was refused were each left out of what speaks against the figures.
func TestQualityOfTheMachine(t *testing.T) {
	city := team.Database{Type: "GeoLite2-City", Date: time.Unix(0, 0)}
	well := team.Machine{Waiting: 2, LogUsed: 3, LogLimit: 256, Counting: today, Clock: today, Version: "v1.2.3"}
	with := func(change func(*team.Machine)) team.Machine {
		m := well
		change(&m)
		return m
	}
	tests := []struct {
		name    string
		machine team.Machine
		holds   []string
	}{
		{"nothing speaks against the figures", well, []string{"Nothing was found that speaks against the figures", "Each reason for not counting has fewer than 10.",
			"Works. Batches waiting: 2.", "3 of 256 MB in use (1%)", "In RAM alone", "Not in use: no statistic", "<dd>None.</dd>", "v1.2.3", "Asia/Tokyo", "2 s. A power cut loses at most"}},
		{"the store fails", with(func(m *team.Machine) { m.FlushFailed = true }), []string{"Writing to the store fails.", "Fails. Batches waiting: 2."}},
		{"a collector is missing", with(func(m *team.Machine) { m.Missing = []string{"two", "three"} }), []string{"without what these collectors had not written: two, three."}},
		{"nothing is copied", with(func(m *team.Machine) { m.Copies = team.NotCopied }), []string{"The checkpoints cannot be copied to the second place", "Failing: the second place cannot be used."}},
		{"the copies are of another ledger", with(func(m *team.Machine) { m.Copies = team.Forked }), []string{"Nothing is published, and the next start will be refused.", "The newest copy is not of this ledger, or log."}},
		{"the log is full", with(func(m *team.Machine) { m.LogUsed, m.LogFull = 225, true }), []string{"The RAM log is full, so hits are refused (503)", "225 of 256 MB: full"}},
		{"the state may reach a disk", with(func(m *team.Machine) { m.OnDisk = true }), []string{"The visitor state is where it could reach a disk (--state-on-disk)."}},
		{"the clock was set", with(func(m *team.Machine) { m.Clock-- }), []string{"The clock says 21 November 2026, but hits are counted for 22 November 2026."}},
		{"statistics are off", with(func(m *team.Machine) {
			m.Off = []team.SwitchedOff{{Title: statistic.Text{EN: "Countries"}}, {Title: statistic.Text{EN: "<b>"}}}
		}), []string{"Countries, &lt;b&gt;"}},
		{"the operator's own table", with(func(m *team.Machine) { m.Databases.Own, m.Databases.Countries = true, city }), []string{"The one named in the configuration, GeoLite2-City, as of 1 January 1970."}},
		{"the built-in table", with(func(m *team.Machine) { m.Databases.Countries = city }), []string{"Built in, of IPtoASN, as of 1 January 1970", "Unrouted address space is “unknown”.", "None. Where that is set, host names in logs", "The network of an address (/24, /48).", "Off. Nobody is asked."}},
		{"reverse DNS is on", with(func(m *team.Machine) { m.Databases.Reverse = true }), []string{"On. Addresses that no table knows are shown to the resolver"}},
		{"tables of networks", with(func(m *team.Machine) {
			m.Databases.Networks, m.Databases.Exact = []team.Database{{Type: "<ASN>", Date: city.Date}, city}, true
		}), []string{"&lt;ASN&gt;, as of 1 January 1970, GeoLite2-City, as of 1 January 1970", "Whole addresses (exact_addresses)."}},
		{"a country table is refused", with(func(m *team.Machine) { m.Databases.CountriesRefused = true }), []string{"The country table in the configuration could not be read"}},
		{"a table of networks is refused", with(func(m *team.Machine) { m.Databases.NetworksRefused = true }), []string{"A table of networks in the configuration could not be read"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			page := withMachine(tt.machine, 2*time.Second)
			for _, words := range tt.holds {
				if !strings.Contains(page, words) {
					t.Errorf("the page does not hold %q", words)
				}
			}
			if healthy := strings.Contains(page, "Nothing was found that speaks"); tt.name != tests[0].name && healthy {
				if tt.machine.FlushFailed || tt.machine.Missing != nil || tt.machine.Copies == team.NotCopied || tt.machine.Copies == team.Forked || tt.machine.LogFull || tt.machine.OnDisk || tt.machine.Databases.CountriesRefused || tt.machine.Databases.NetworksRefused || tt.machine.Clock != tt.machine.Counting {
					t.Error("the page says that nothing speaks against its figures")
				}
			}
		})
	}
}

// The API tells what the page tells, and a meter that is 0 like one below k. Seen
// to fail when reasons that nothing was counted for were left out.
func TestQualityAPI(t *testing.T) {
	w := get(team.New(config(states["busy"])), "/api/v1/sites/demo/quality?from=2026-11-09&to=2026-11-22")
	var got struct {
		Site, From, To, Unit string
		K                    int64
		Meters               map[string]int64
		Nowhere              map[string]int64 `json:"meters_without_site"`
		Limit                float64          `json:"rho_limit"`
		Days                 []struct {
			Day, State string
			Imported   bool
			Epochs     int
			Marked     bool
			Rho        float64
		}
		Now map[string]any
	}
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Header().Get("Content-Type") != "application/json; charset=utf-8" {
		t.Fatalf("the quality is no JSON (%v), of type %s", err, w.Header().Get("Content-Type"))
	}
	for reason, n := range map[string]int64{"kept": 18_420, "bot": 2_340, "prefetch": 50, "late": 0, "over-cap": 0, "status": 0} {
		if have, ok := got.Meters[reason]; !ok || have != n {
			t.Errorf("%s is %d (%v), want %d", reason, have, ok, n)
		}
	}
	if got.Nowhere["unknown-site"] != 120 || got.Nowhere["body"] != 0 || len(got.Nowhere) != len(got.Meters) {
		t.Errorf("without a site there are %v", got.Nowhere)
	}
	if got.K != 10 || got.Unit != "hit" || got.Limit != 0.03 || got.From != "2026-11-09" || len(got.Days) != 14 {
		t.Errorf("the answer is of k %d, unit %s, limit %v, from %s, %d days", got.K, got.Unit, got.Limit, got.From, len(got.Days))
	}
	if d := got.Days[0]; d.Day != "2026-11-09" || d.State != "unmeasured" {
		t.Errorf("the first day is %+v", d)
	}
	if d := got.Days[8]; d.State != "sealed" || d.Epochs != 2 || !d.Marked || d.Rho != 0.008085 {
		t.Errorf("17 November is %+v", d)
	}
	if got.Now["flush_seconds"] != 300.0 || got.Now["country_table"] != "2026-11-01" || got.Now["log_limit_mib"] != 256.0 {
		t.Errorf("now is %v", got.Now)
	}
}

// Every outcome of the collector has a name and a meaning, and is told whether it
// was counted or not. Seen to fail when asset was left out, and without its text, and so with bot-ads
// and data-centre.
func TestEveryOutcomeIsNamed(t *testing.T) {
	words := wordsIn(t, "intake/outcome.go", "words", "objection")
	for _, code := range wordsIn(t, "../hit/robot.go", "robotNames", "search") {
		words = append(words, "bot-"+code)
	}
	words = append(words, "data-centre") // a part of what was kept
	meters := map[string]int64{}
	if err := json.Unmarshal(get(team.New(config(canned{})), "/api/v1/sites/demo/quality").Body.Bytes(), &struct{ Meters *map[string]int64 }{&meters}); err != nil {
		t.Fatal(err)
	}
	for _, word := range words {
		if _, ok := meters[word]; !ok {
			t.Errorf("the quality report does not tell %q where there is none", word)
		}
		for _, lang := range i18n.Languages {
			if texts := i18n.For(lang); texts.Reason(word) == word || texts.Meaning(word) == "" {
				t.Errorf("%s: the outcome %q has no name or no meaning", lang, word)
			}
		}
	}
	if len(meters) != len(words) {
		t.Errorf("the report tells %d reasons, the collector has %d outcomes", len(meters), len(words))
	}
}

// wordsIn reads a list of the collector's words, of which it knows one, from the source:
// no package of the dashboards may import it.
func wordsIn(t *testing.T, name, list, one string) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../../collector/internal/"+name, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var words []string
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || spec.Names[0].Name != list {
			return true
		}
		for _, element := range spec.Values[0].(*ast.CompositeLit).Elts {
			word, err := strconv.Unquote(element.(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			words = append(words, word)
		}
		return false
	})
	if !slices.Contains(words, one) {
		t.Fatalf("the collector's words are not where this test reads them: %v", words)
	}
	return words
}

func TestEveryDayStateIsNamed(t *testing.T) {
	for _, state := range []team.DayState{team.Sealed, team.Imported, team.Below, team.Forgotten, team.Open, team.Waiting, team.Unmeasured, team.Lost, team.Ahead} {
		for _, lang := range i18n.Languages {
			if i18n.For(lang).DayState(string(state), 10) == string(state) && (lang == "ja" || state != team.Sealed) {
				t.Errorf("%s: the state %q has no name", lang, state)
			}
		}
	}
}

func TestRhoIsWritten(t *testing.T) {
	for rho, want := range map[team.Rho]string{0: "0.00", 30_000: "0.03", 8_085: "0.008085", 1_500_000: "1.50", 1: "0.000001"} {
		if got := rho.String(); got != want {
			t.Errorf("%d millionths are written %s, want %s", int64(rho), got, want)
		}
	}
}

func TestWithoutQualityThereIsNoSuchPage(t *testing.T) {
	cfg := config(states["busy"])
	cfg.Quality = nil
	h := team.New(cfg)
	if w := get(h, "/quality"); w.Code != 404 {
		t.Errorf("without a quality its page answers %d, want 404", w.Code)
	}
	if strings.Contains(get(h, "/").Body.String(), `"/quality`) {
		t.Error("the navigation leads to a page that is not there")
	}
}
