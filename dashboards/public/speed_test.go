package public_test

import (
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"oboro/aggregator/release"
	"oboro/aggregator/statistic"
	"oboro/dashboards/public"
)

// publicTables returns the tables that the built-in catalogue publishes.
func publicTables(t testing.TB) []*statistic.Statistic {
	t.Helper()
	c, err := statistic.Built(nil)
	if err != nil {
		t.Fatal(err)
	}
	var list []*statistic.Statistic
	for _, st := range c.All() {
		if len(st.Published) > 0 {
			list = append(list, st)
		}
	}
	return list
}

func TestTwoHundredSites(t *testing.T) {
	if os.Getenv("OBORO_LONG") == "" {
		t.Skip("long form")
	}
	w := newWorld(t)
	tables := publicTables(t)
	dir := filepath.Join(t.TempDir(), "out")
	months := []string{"2026-01", "2026-02", "2026-03", "2026-04", "2026-05", "2026-06"}
	l := lines{}
	l.add(map[string]any{"ledger": map[string]any{"format": 1, "id": "00"}})
	for _, name := range months {
		var releases []release.Release
		period, _ := release.ParsePeriod(name)
		w.period = period
		for s := range 200 {
			measured := map[*statistic.Statistic][]release.Measured{}
			for day := period.First(); day <= period.Last(); day++ {
				var draws []any
				seq := len(l.text)
				for _, st := range tables {
					m := release.Measured{Day: day, Epochs: 1, Reservation: uint64(seq)}
					for _, p := range st.Published {
						for _, keys := range st.Domain() {
							m.Values = append(m.Values, release.Measurement{Keys: keys, Measure: p.Measure, Value: wave(fmt.Sprint(s, p.Measure, keys), day, w.base(keys, p.Measure)), Sigma2: p.Sigma2})
						}
						draws = append(draws, map[string]any{
							"cells": len(st.Domain()), "delta2": ratio(p.Delta2), "drawn": ratio(p.Sigma2),
							"measure": p.Measure.String(), "rho": ratio(p.Rho()), "sigma2": ratio(p.Sigma2), "statistic": st.ID,
						})
					}
					measured[st] = append(measured[st], m)
				}
				l.add(map[string]any{"reserve": map[string]any{
					"code": "test", "config": "test", "draws": draws, "epochs": 1, "grain": "day", "imported": false,
					"marked": false, "period": day.String(), "site": fmt.Sprintf("site-%d", s),
				}})
				l.add(map[string]any{"commit": map[string]any{"reserve": seq, "sha256": "00"}})
			}
			for _, st := range tables {
				r, err := release.New(st, fmt.Sprintf("site-%d", s), period, measured[st], release.Rule{K: 10, Today: period.Last() + 10, Total: big.NewRat(3, 100)})
				if err != nil {
					t.Fatal(err)
				}
				releases = append(releases, r)
			}
		}
		p := w.publication(releases...)
		p.Statistics = tables
		p.Sites = nil
		for s := range 200 {
			p.Sites = append(p.Sites, public.Site{ID: fmt.Sprintf("site-%d", s)})
		}
		p.Ledger = func() ([][]byte, error) { return l.text, nil }
		started, cpu := time.Now(), spentCPU()
		if err := public.Write(dir, p); err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %d releases, ledger of %d lines: %s, CPU %s", name, len(releases), len(l.text), time.Since(started).Round(time.Millisecond), spentCPU()-cpu)
		cpu = spentCPU()
		started, p.Releases = time.Now(), nil
		if err := public.Write(dir, p); err != nil {
			t.Fatal(err)
		}
		t.Logf("%s again: %s, CPU %s", name, time.Since(started).Round(time.Millisecond), spentCPU()-cpu)
	}
}

func spentCPU() time.Duration {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()).Round(time.Millisecond)
}
