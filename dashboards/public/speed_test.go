//go:build long

package public_test

import (
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"oboro/aggregator/release"
	"oboro/aggregator/statistic"
	"oboro/dashboards/public"
)

// How much less TestTwoHundredSites publishes, where the environment says so.
var (
	townSites  = environment("OBORO_TEST_SITES", 200)
	townMonths = environment("OBORO_TEST_MONTHS", 12)
)

// pagesOfSite is how many pages are declared of a site of a town.
const pagesOfSite = 50

func environment(name string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return otherwise
}

// TestTwoHundredSites publishes the months of a year of 200 sites, with all that the built-in
// catalogue publishes, the sums of 50 pages of each site among it, one after the other (long form), and finds each
// table in the folder; in the end it publishes again where nothing is new. It tells what each took, in time, in time of
// the processors and in memory, and promises nothing of it.
func TestTwoHundredSites(t *testing.T) {
	c, err := statistic.Built(nil)
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t)
	town := &town{w: w}
	town.lines.add(map[string]any{"ledger": map[string]any{"format": 2, "id": "00"}})
	for _, st := range c.All() {
		for _, p := range st.Published {
			town.total.Add(&town.total, p.Rho())
		}
		switch {
		case release.IsSummed(st):
			town.pages = st
		case len(st.Published) > 0:
			town.tables = append(town.tables, st)
		}
	}
	dir := filepath.Join(t.TempDir(), "out")
	for month := range townMonths {
		name := fmt.Sprintf("2026-%02d", month+1)
		period, err := release.ParsePeriod(name)
		if err != nil {
			t.Fatal(err)
		}
		releases := town.month(period)
		town.publish(dir, period, releases)
		if month == townMonths-1 {
			town.publish(dir, period, nil)
		}
		tables, err := filepath.Glob(filepath.Join(dir, "data/v1/*/*", name, "1/table.csv"))
		if want := townSites * (len(town.tables) + 1); err != nil || len(tables) != want {
			t.Errorf("%s: %d tables are in the folder (%v), want %d", name, len(tables), err, want)
		}
	}
}

// A town is sites with one ledger.
type town struct {
	w      *world
	tables []*statistic.Statistic // measured by the day
	pages  *statistic.Statistic   // summed
	total  big.Rat                // spent on a visitor-day
	lines  lines
}

// publish publishes, and tells what it took.
func (o *town) publish(dir string, period release.Period, releases []release.Release) {
	began, before := time.Now(), used()
	if err := public.Write(dir, o.publication(period, releases)); err != nil {
		o.w.t.Fatal(err)
	}
	after := used()
	o.w.t.Logf("%s: %d data sets, ledger of %d lines: %s, processors %s (kernel %s), at most %d MiB so far", period, len(releases), len(o.lines.text),
		time.Since(began).Round(time.Millisecond), seconds(after)-seconds(before), time.Duration(after.Stime.Nano()-before.Stime.Nano()).Round(time.Millisecond), after.Maxrss>>10)
}

// month measures a month of all sites, and makes its releases.
func (o *town) month(period release.Period) []release.Release {
	var releases []release.Release
	rule := release.Rule{K: 10, Today: period.Last() + 10, Total: &o.total}
	for s := range townSites {
		site := fmt.Sprintf("site-%d", s)
		measured := map[*statistic.Statistic][]release.Measured{}
		sum := release.Summed{Values: o.summed(site, period)}
		o.lines.add(map[string]any{"period": map[string]any{
			"cells": len(sum.Values), "days": period.Days(), "domain": release.HashOfKeys(o.keys()), "first": period.First().String(),
			"measure": "reach", "site": site, "statistic": o.pages.ID,
		}})
		for day := period.First(); day <= period.Last(); day++ {
			seq := o.reserve(site, day, period)
			for _, st := range o.tables {
				measured[st] = append(measured[st], o.measured(st, site, day, seq))
			}
			sum.Shares = append(sum.Shares, release.Share{Day: day, Epochs: 1, Reservation: uint64(seq), Sigma2: o.share(period)})
		}
		o.lines.add(map[string]any{"close": map[string]any{"first": period.First().String(), "site": site, "statistic": o.pages.ID}})
		for _, st := range o.tables {
			r, err := release.New(st, site, period, measured[st], rule)
			if err != nil {
				o.w.t.Fatal(err)
			}
			releases = append(releases, r)
		}
		r, err := release.NewSummed(o.pages, site, period, sum, rule)
		if err != nil {
			o.w.t.Fatal(err)
		}
		releases = append(releases, r)
	}
	return releases
}

// keys are those of the pages of a site, and of calibration.
func (o *town) keys() [][]string {
	var list []string
	for n := range pagesOfSite {
		list = append(list, fmt.Sprintf("/section-%d/page-%d.html", n%7, n))
	}
	keys := append(o.pages.Domain(list), o.pages.Published[0].CalibrationKeys()...)
	slices.SortFunc(keys, slices.Compare)
	return keys
}

// share is the variance of a day's share in the sums of a period.
func (o *town) share(period release.Period) *big.Rat {
	return new(big.Rat).Mul(o.pages.Published[0].Sigma2, big.NewRat(1, int64(period.Days())))
}

// summed returns the sums of a period of a site: of two of three pages they are published.
func (o *town) summed(site string, period release.Period) (list []release.Measurement) {
	p := o.pages.Published[0]
	for i, keys := range o.keys() {
		value := wave(site, period.First()+statistic.Day(i), 0) // noise alone
		if strings.HasPrefix(keys[0], "/section") && i%3 > 0 {
			value += 50 * int64(i)
		}
		list = append(list, release.Measurement{Keys: keys, Measure: p.Measure, Value: value, Sigma2: p.Sigma2})
	}
	return list
}

// reserve writes the reservation of a day of the period and its commit, and returns its number.
func (o *town) reserve(site string, day statistic.Day, period release.Period) int {
	p := o.pages.Published[0]
	draws := []any{map[string]any{
		"cells": len(o.keys()), "delta2": ratio(p.Delta2), "drawn": ratio(o.share(period)), "measure": p.Measure.String(),
		"rho": ratio(p.Rho()), "share": period.Days(), "sigma2": ratio(p.Sigma2), "statistic": o.pages.ID,
	}}
	for _, st := range o.tables {
		for _, p := range st.Published {
			draws = append(draws, map[string]any{
				"cells": len(st.Domain(nil)), "delta2": ratio(p.Delta2), "drawn": ratio(p.Sigma2),
				"measure": p.Measure.String(), "rho": ratio(p.Rho()), "sigma2": ratio(p.Sigma2), "statistic": st.ID,
			})
		}
	}
	seq := len(o.lines.text)
	o.lines.add(map[string]any{"reserve": map[string]any{
		"code": "test", "config": "test", "draws": draws, "epochs": 1, "grain": "day", "imported": false,
		"marked": false, "period": day.String(), "site": site,
	}})
	o.lines.add(map[string]any{"commit": map[string]any{"reserve": seq, "sha256": "00"}})
	return seq
}

func (o *town) measured(st *statistic.Statistic, site string, day statistic.Day, seq int) release.Measured {
	m := release.Measured{Day: day, Epochs: 1, Reservation: uint64(seq)}
	for _, p := range st.Published {
		for _, keys := range st.Domain(nil) {
			value := wave(fmt.Sprint(site, p.Measure, keys), day, o.w.base(keys, p.Measure))
			m.Values = append(m.Values, release.Measurement{Keys: keys, Measure: p.Measure, Value: value, Sigma2: p.Sigma2})
		}
	}
	return m
}

func (o *town) publication(period release.Period, releases []release.Release) public.Publication {
	o.w.period = period
	p := o.w.publication(releases...)
	p.Statistics, p.Sites = append(slices.Clone(o.tables), o.pages), nil
	for s := range townSites {
		p.Sites = append(p.Sites, public.Site{ID: fmt.Sprintf("site-%d", s)})
	}
	p.Ledger = func() ([][]byte, error) { return o.lines.text, nil }
	return p
}

// used returns what this process has taken of the processors and of memory.
func used() (u syscall.Rusage) {
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // of oneself it cannot fail
	return u
}

// seconds returns how long the processors have worked.
func seconds(u syscall.Rusage) time.Duration {
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()).Round(time.Millisecond)
}
