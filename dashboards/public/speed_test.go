//go:build long

package public_test

import (
	"fmt"
	"math/big"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"oboro/aggregator/release"
	"oboro/aggregator/statistic"
	"oboro/dashboards/public"
)

// TestTwoHundredSites publishes the months of a year of 200 sites, with all that the built-in
// catalogue publishes, one after the other (long form), and finds each table in the folder; in
// the end it publishes again where nothing is new. It tells what each took, in time, in time of the processors and
// in memory, and promises nothing of it.
func TestTwoHundredSites(t *testing.T) {
	c, err := statistic.Built(nil)
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t)
	town := &town{w: w}
	town.lines.add(map[string]any{"ledger": map[string]any{"format": 1, "id": "00"}})
	for _, st := range c.All() {
		if len(st.Published) > 0 && !release.IsSummed(st) { // figures of pages are left out
			town.tables = append(town.tables, st)
		}
	}
	dir := filepath.Join(t.TempDir(), "out")
	for month := range 12 {
		name := fmt.Sprintf("2026-%02d", month+1)
		period, err := release.ParsePeriod(name)
		if err != nil {
			t.Fatal(err)
		}
		releases := town.month(period)
		town.publish(dir, period, releases)
		if month == 11 {
			town.publish(dir, period, nil)
		}
		tables, err := filepath.Glob(filepath.Join(dir, "data/v1/*/*", name, "1/table.csv"))
		if want := 200 * len(town.tables); err != nil || len(tables) != want {
			t.Errorf("%s: %d tables are in the folder (%v), want %d", name, len(tables), err, want)
		}
	}
}

// A town is 200 sites with one ledger.
type town struct {
	w      *world
	tables []*statistic.Statistic
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
	for s := range 200 {
		site := fmt.Sprintf("site-%d", s)
		measured := map[*statistic.Statistic][]release.Measured{}
		for day := period.First(); day <= period.Last(); day++ {
			seq := o.reserve(site, day)
			for _, st := range o.tables {
				measured[st] = append(measured[st], o.measured(st, site, day, seq))
			}
		}
		for _, st := range o.tables {
			r, err := release.New(st, site, period, measured[st], release.Rule{K: 10, Today: period.Last() + 10, Total: big.NewRat(3, 100)})
			if err != nil {
				o.w.t.Fatal(err)
			}
			releases = append(releases, r)
		}
	}
	return releases
}

// reserve writes the reservation of a day and its commit, and returns its number.
func (o *town) reserve(site string, day statistic.Day) int {
	var draws []any
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
	p.Statistics, p.Sites = o.tables, nil
	for s := range 200 {
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
