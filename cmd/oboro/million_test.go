package main

import (
	"encoding/csv"
	"fmt"
	"math/big"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"oboro/aggregator/statistic"
)

// tongues is published by what a browser may change with every hit.
const tongues = `- id: tongues
  title: {ja: 言語, en: Tongues}
  purpose: {ja: 言語を知る。, en: See languages.}
  dimensions: [language]
  measures: [visitors]
  grain: day
  retention: 25
  audience: public
  published:
    - {measure: visitors, delta2: 1, sigma2: 495}
    - {measure: capped_visits, delta2: 16, sigma2: 8000} # what the budget leaves beside all others
`

// listed is how many pages the site declares, and the crowd goes to.
const listed = 30

// listedPages are their paths, as a list of YAML.
func listedPages() string {
	var paths []string
	for n := range listed {
		paths = append(paths, fmt.Sprintf("/page-%d/", n))
	}
	return "[" + strings.Join(paths, ", ") + "]"
}

// million is how many hits the one visitor sends.
const million = 1_000_000

// TestMillionHitsMoveNoFigureByMore runs a day twice, with the same noise: once with
// one visitor-day more, which sends a million hits on thousands of pages from thousands
// of sources, in some forty visits over all hours, and changes everything that it may
// without being another visitor. The day is sealed, the month published, and every
// figure that was measured is read from the published files: the squares of what those of
// one statistic and measure move by add up to no more than declared. The visitor meets
// that bound in each, so it is tight.
//
// Of pages, it begins with all thirty that are declared, and comes to them many times: the
// month's figures of ten move by one each.
//
// Who changes address or User-Agent is more visitor-days: not part of this.
//
// Seen to fail when the cap on pages is 11; when the cap on visits is lifted, when a visitor-day arrives in each of its channels, when the environment is that of each
// hit, when a visitor-day is forgotten in each visit, and when the noise differs.
func TestMillionHitsMoveNoFigureByMore(t *testing.T) {
	without, declared := publishedDay(t, false)
	with, _ := publishedDay(t, true)
	moved := map[string][]int64{} // by statistic and measure
	for figure, before := range without {
		after, ok := with[figure]
		if !ok {
			t.Errorf("%s is published without the visitor, and not with it", figure)
		} else if after != before {
			name := figure.statistic + " " + figure.measure
			moved[name] = append(moved[name], after-before)
		}
	}
	for figure := range with {
		if _, ok := without[figure]; !ok {
			t.Errorf("%s is published with the visitor, and not without it", figure)
		}
	}
	for name, delta2 := range declared {
		var sum int64
		for _, by := range moved[name] {
			sum += by * by
			if by < 0 {
				t.Errorf("%s: a million hits of one visitor move a figure by %d", name, by)
			}
		}
		if sum != delta2 {
			t.Errorf("%s: a million hits of one visitor move the figures by %v, want squares of the sum %d", name, moved[name], delta2)
		}
	}
	if len(moved) != len(declared) || len(declared) < 10 {
		t.Errorf("figures of %d measures have moved of %d", len(moved), len(declared))
	}
}

// A figure is one that was published.
type figure struct{ statistic, period, key, measure string }

// publishedDay lives through a day, and returns the noisy integers of the published
// files, and the squares of their declared sensitivities by statistic and measure.
func publishedDay(t *testing.T, more bool) (figures map[figure]int64, declared map[string]int64) {
	t.Helper()
	midnight := time.Date(2026, 5, 1, 0, 0, 0, 0, time.FixedZone("", 9*3600))
	r := newRig(t, midnight, map[string]string{
		"oboro.yaml": "state_limit: 512MB\nstatistics: {off: [languages], files: [tongues.yaml]}\n" +
			"sites: [{id: demo, hosts: [localhost], pages: " + listedPages() + "}]\n",
		"tongues.yaml": tongues,
	})
	if err := r.app.aggregator.BeginPeriods(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.serve()
	const visits = 40
	kept := 0
	for visit := range visits {
		// More than 30 minutes pass between two visits of each.
		r.set(midnight.Add(time.Duration(visit) * 35 * time.Minute))
		requests, n := crowd(visit)
		if statuses := r.send(requests, n); statuses[202] != n {
			t.Fatalf("visit %d of the crowd is answered %v", visit, statuses)
		}
		for part := range 25 {
			if !more {
				break
			}
			r.set(r.now().Add(time.Second))
			const hits = million / visits / 25
			statuses := r.send(flood(visit*25+part, hits), hits)
			kept += statuses[202]
		}
		r.flush()
	}
	if more && kept != million {
		t.Fatalf("%d of a million hits are counted", kept)
	}
	r.set(midnight.AddDate(0, 1, 1)) // no other day of the month is counted
	r.close()
	r.printed(publishCommand{Out: "public"})
	declared = map[string]int64{}
	alone := map[string]string{} // the measure of a statistic that publishes one
	for _, st := range r.app.catalogue.All() {
		for _, p := range st.Published {
			if p.Delta2.Cmp(new(big.Rat).SetInt(p.Delta2.Num())) != 0 {
				t.Fatalf("%s: the sensitivity's square %s is no integer", st.ID, p.Delta2)
			}
			declared[st.ID+" "+p.Measure.String()] = p.Delta2.Num().Int64()
			alone[st.ID] = p.Measure.String()
		}
	}
	return readFigures(t, filepath.Join(r.app.config.dir, "public"), alone), declared
}

// crowd returns the requests of one of the day's visits of 600 visitors, of which half
// come to each.
func crowd(visit int) (requests []byte, n int) {
	random := rand.New(rand.NewPCG(uint64(visit), 1))
	for visitor := range 600 {
		if random.IntN(2) == 0 {
			continue
		}
		address := fmt.Sprintf("133.200.%d.%d", visitor/200, visitor%200)
		if visitor%2 == 0 {
			address = fmt.Sprintf("10.0.%d.%d", visitor/200, visitor%200) // of no country
		}
		for range 1 + random.IntN(2) {
			h := report{address, browsers[visitor%2], languages[visitor/2%len(languages)], map[string]any{
				"u": fmt.Sprintf("http://localhost/page-%d/", random.IntN(listed)),
			}}
			if visitor/8%2 == 0 { // so that the figures of two channels are printed
				h.body["r"] = "https://partner.example/"
			}
			requests = h.write(requests)
			n++
		}
	}
	return requests, n
}

// languages are those of the crowd, so that each is published, and of the one visitor.
var languages = []string{"ja", "en-US,en;q=0.9", "de", "zh"}

// flood returns n hits of the one visitor, which has the address of the connection: on
// loopback no bound on requests acts, so that all of them are taken.
func flood(part, n int) (requests []byte) {
	random := rand.New(rand.NewPCG(uint64(part), 2))
	for i := range n {
		page, listedFirst := words(random.IntN(5000)), part == 0 && i < listed
		if listedFirst {
			page = fmt.Sprintf("page-%d/", i)
		} else if random.IntN(20) == 0 {
			page = fmt.Sprintf("page-%d/", random.IntN(listed))
		}
		h := report{"", browsers[1], languages[random.IntN(len(languages))], map[string]any{
			"u": fmt.Sprintf("http://localhost/%s?query=%d", page, random.Uint64()),
			"w": random.IntN(4000), "s": random.IntN(1800), "d": random.IntN(100),
		}}
		if random.IntN(3) > 0 {
			h.body["r"] = fmt.Sprintf("https://source-%d.example/", random.IntN(2000))
		}
		if random.IntN(10) == 0 && !listedFirst {
			h.body["st"] = 404
		}
		requests = h.write(requests)
	}
	return requests
}

// readFigures reads all tables of a published folder: the column measured. Where rows say
// of no measure, it is the one that stands in alone.
func readFigures(t *testing.T, folder string, alone map[string]string) map[figure]int64 {
	t.Helper()
	tables, err := filepath.Glob(filepath.Join(folder, "data/v1/demo/*/*/*/table.csv"))
	if err != nil || len(tables) < 8 {
		t.Fatalf("%d tables are published: %v", len(tables), err)
	}
	figures := map[figure]int64{}
	for _, path := range tables {
		id := filepath.Base(filepath.Dir(filepath.Dir(filepath.Dir(path))))
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(strings.NewReader(string(text))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		measured := slices.Index(rows[0], "measured")
		value := slices.Index(rows[0], "value")
		for _, row := range rows[1:] {
			if row[measured] == "" {
				continue
			}
			f := figure{statistic: id, period: row[0], measure: alone[id]}
			for i := 2; i < value; i++ { // the dimensions, and the measure where there are several
				switch {
				case rows[0][i] != "measure":
					f.key += row[i]
				case row[i] == "visits": // files call capped visits so
					f.measure = statistic.Capped.String()
				default:
					f.measure = row[i]
				}
			}
			if figures[f], err = strconv.ParseInt(row[measured], 10, 64); err != nil {
				t.Fatalf("%s: %v", path, err)
			}
		}
	}
	return figures
}
