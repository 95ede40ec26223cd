package attack

import (
	"math/big"
	"os"
	"slices"
	"sync"
	"testing"

	"oboro/aggregator/ledger"
	"oboro/aggregator/release"
	"oboro/aggregator/seal"
	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
)

// k is that of the attacks.
const k = 10

// long reports whether the long forms are asked for, as make attack does.
func long() bool { return os.Getenv("OBORO_LONG") != "" }

// A sealer makes noisy counts of the open cells of a day.
type sealer func(t *testing.T, w *world, cells map[string][]store.Cell) []store.Sealed

// real is the sealer of the program.
func real(t *testing.T, w *world, cells map[string][]store.Cell) []store.Sealed {
	return w.sealed(t, cells).Tables
}

// A trial seals neighbouring days.
type trial struct {
	*world
	sealer sealer
	days   [2]map[string][]store.Cell
	print  bool // what a release of the week would print is seen too
}

// runs seals the days, so many of each, and returns what an attacker sees of each: all that
// was measured, and what is printed of it.
func (tr trial) runs(t *testing.T, n int) (seen [2][][]int32) {
	t.Helper()
	for range n {
		for i, cells := range tr.days {
			tables := tr.sealer(t, tr.world, cells)
			var r []int32
			for _, table := range tables {
				for _, m := range table.Measurements {
					r = append(r, int32(m.Value))
				}
			}
			if tr.print {
				r = append(r, printed(t, tr.Catalogue, tables, cells)...)
			}
			seen[i] = append(seen[i], r)
		}
	}
	return seen
}

// printed returns, of each key that has a cell in a table of not too many keys, whether it is
// printed in a release of the week, and what.
func printed(t *testing.T, c *statistic.Catalogue, tables []store.Sealed, cells map[string][]store.Cell) (r []int32) {
	t.Helper()
	week := release.WeekOf(4)
	rule := release.Rule{K: k, Today: week.Last() + 1, Total: release.Limit()}
	for _, table := range tables {
		if n := len(table.Measurements); n == 0 || n > 50 {
			continue
		}
		st, _ := c.Find(table.Statistic)
		day := release.Measured{Day: week.First(), Epochs: 1, Reservation: 1}
		for _, m := range table.Measurements {
			day.Values = append(day.Values, release.Measurement(m))
		}
		made, err := release.New(st, "s", week, []release.Measured{day}, rule)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range made.Figures() {
			has := func(c store.Cell) bool { return slices.Equal(c.Keys, f.Keys) }
			switch {
			case !slices.ContainsFunc(cells[st.ID], has) || f.Start != week.First():
			case f.Status == release.Published:
				r = append(r, 1, int32(f.Measured))
			default:
				r = append(r, 0, 0)
			}
		}
	}
	return r
}

// A neighbourhood is the releases of two neighbouring days, without the victim and with it,
// and what the ledger says that a visitor-day of them spends.
type neighbourhood struct {
	seen  [2][][]int32
	spent *big.Rat
	moved []float64  // what the victim adds to each measured figure, divided by its variance
	truth [2][]int64 // each measured figure, without its noise
}

// neighbours are those of the built-in catalogue. Two attacks look at them, one after the other.
var neighbours struct {
	sync.Once
	neighbourhood
}

func theNeighbours(t *testing.T) neighbourhood {
	t.Helper()
	neighbours.Do(func() {
		n := 10_000
		if long() {
			n = 100_000
		}
		w := newWorld(t, builtIn(t), k, 1)
		days := [2]map[string][]store.Cell{dayOf(w.Catalogue, k-1, k+3, false), dayOf(w.Catalogue, k-1, k+3, true)}
		neighbours.seen = trial{w, real, days, true}.runs(t, n)
		neighbours.spent = w.spent
		neighbours.moved, neighbours.truth = movedBy(t, w.Catalogue, days)
	})
	return neighbours.neighbourhood
}

// movedBy returns what the victim adds to each measured figure over its variance, which are the
// weights of the best attacker, and the figures: it knows everything else.
func movedBy(t *testing.T, c *statistic.Catalogue, days [2]map[string][]store.Cell) (moved []float64, truth [2][]int64) {
	t.Helper()
	for _, st := range c.All() {
		for _, p := range st.Published {
			sigma2, _ := p.Sigma2.Float64()
			for _, key := range st.Domain(nil) {
				var counts [2]int64
				for i := range days {
					for _, c := range days[i][st.ID] {
						if slices.Equal(c.Keys, key) {
							counts[i] = c.Counts[p.Measure]
						}
					}
					truth[i] = append(truth[i], counts[i])
				}
				moved = append(moved, float64(counts[1]-counts[0])/sigma2)
			}
		}
	}
	return moved, truth
}

// TestAuditorFindsNoMore is the black-box audit: the real sealer seals two neighbouring
// days over and over, and an auditor who sees each release finds no epsilon above the
// declared one, that of what the ledger says is spent. The victim adds to each table as
// much as a visitor-day may, in cells that it brings from k-1 to k.
//
// TestAuditorFindsMutants shows what it would find. Seen to fail when the noise has a tenth of the variance, and when the seal measures
// what is folded.
func TestAuditorFindsNoMore(t *testing.T) {
	n := theNeighbours(t)
	f := Audit(n.seen[1], n.seen[0], n.moved, release.Delta)
	declared := release.EpsilonExact(n.spent)
	t.Logf("epsilon is at least %.3f (%s, %d against %d of %d), declared %.3f", f.Epsilon, f.Event, f.P, f.Q, f.Runs, declared)
	if spent, _ := n.spent.Float64(); spent > 0.015 || spent < 0.0149 {
		t.Errorf("a visitor-day spends %g on the tables of its day: what is declared here is another thing", spent)
	}
	if f.Epsilon > declared {
		t.Errorf("epsilon is at least %.3f by %s, declared %.3f", f.Epsilon, f.Event, declared)
	}
	if f.Epsilon < 0.05 {
		t.Errorf("the auditor finds an epsilon of %.3f only: it looks at something else than what is published", f.Epsilon)
	}
}

// folding measures what is folded.
func folding(k int64) sealer {
	return func(t *testing.T, w *world, cells map[string][]store.Cell) []store.Sealed {
		folded := map[string][]store.Cell{}
		for id, table := range seal.FoldAll(w.Catalogue, kin, k, cells) {
			for _, c := range table {
				if c.Merged == 0 {
					folded[id] = append(folded[id], store.Cell{Keys: c.Keys, Counts: c.Counts})
				}
			}
		}
		return measuring(t, w, folded, nil)
	}
}

// thresholding measures what stands on k visitor-days.
func thresholding(t *testing.T, w *world, cells map[string][]store.Cell) []store.Sealed {
	shown := map[string][]store.Cell{}
	for id, table := range cells {
		for _, c := range table {
			if c.Counts[statistic.Visitors] >= k {
				shown[id] = append(shown[id], c)
			}
		}
	}
	return measuring(t, w, shown, nil)
}

// sparing draws noise for keys that have a cell alone.
func sparing(t *testing.T, w *world, cells map[string][]store.Cell) []store.Sealed {
	return measuring(t, w, cells, func(st *statistic.Statistic, m store.Measurement) int64 {
		if slices.ContainsFunc(cells[st.ID], func(c store.Cell) bool { return slices.Equal(c.Keys, m.Keys) && !c.Counts.IsZero() }) {
			return m.Value
		}
		return 0
	})
}

// measuring draws as the sealer does, of other cells.
func measuring(t *testing.T, w *world, cells map[string][]store.Cell, change func(*statistic.Statistic, store.Measurement) int64) (tables []store.Sealed) {
	t.Helper()
	for _, st := range w.Catalogue.All() {
		table := store.Sealed{Statistic: st.ID}
		for _, p := range st.Published {
			if p.Summed {
				continue // it is no part of a day's seal
			}
			sigma2, err := ledger.RatioOf(p.Sigma2)
			if err != nil {
				t.Fatal(err)
			}
			values, err := seal.Measure(st, p.Measure, sigma2, cells[st.ID], w.random)
			if err != nil {
				t.Fatal(err)
			}
			for i := range values {
				if change != nil {
					values[i].Value = change(st, values[i])
				}
			}
			table.Measurements = append(table.Measurements, values...)
		}
		tables = append(tables, table)
	}
	return tables
}

// TestAuditorFindsMutants hands in sealers that break the rules, each of which must be
// reported far above what is declared: the fold before the noise (also with a larger k,
// where the leap is larger), no noise on keys without a cell, and a threshold before the
// noise.
func TestAuditorFindsMutants(t *testing.T) {
	n := 3000
	if long() {
		n = 50_000
	}
	for _, tt := range []struct {
		name      string
		sealer    sealer
		few, some int64
		least     float64
	}{
		{"the fold comes before the noise", folding(k), k - 1, k + 3, 2},
		{"the fold comes before the noise, k is 100", folding(100), 99, 130, 5},
		{"keys without a cell have no noise", sparing, 0, k + 3, 5},
		{"a threshold comes before the noise", thresholding, k - 1, k + 3, 1.2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, builtIn(t), k, 2)
			days := [2]map[string][]store.Cell{
				dayOf(w.Catalogue, tt.few, tt.some, false), dayOf(w.Catalogue, tt.few, tt.some, true),
			}
			seen := trial{world: w, sealer: tt.sealer, days: days}.runs(t, n)
			f := Audit(seen[1], seen[0], nil, release.Delta)
			t.Logf("epsilon is at least %.2f (%s, %d against %d of %d)", f.Epsilon, f.Event, f.P, f.Q, f.Runs)
			if f.Epsilon < tt.least {
				t.Errorf("epsilon is at least %.2f, want %.2f or more", f.Epsilon, tt.least)
			}
		})
	}
}
