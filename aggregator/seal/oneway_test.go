package seal_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"oboro/aggregator/seal"
	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
)

// TestOneWayFoldHidesNobody holds the fold of a table where each visitor-day is in
// one cell, beside its total, which another statistic shows: whatever is taken off
// the total, what is left is nobody or at least k visitor-days. Seen to fail when
// one small cell alone makes (other), when (other) needs one less than k, when a
// cell of k-1 is shown, and when a table below k shows its (other).
func TestOneWayFoldHidesNobody(t *testing.T) {
	devices, days := find(t, "devices"), find(t, "days")
	random := rand.New(rand.NewPCG(3, 4))
	var kept, empty, merged int
	for round := range 3000 {
		k := int64(3 + random.IntN(10))
		cells, total := machines(random, k)
		table := seal.Fold(devices, k, cells)
		whole := seal.Fold(days, k, []store.Cell{{Site: "s", Counts: total}})
		if (table == nil) != (whole == nil) || (whole == nil) != (total[statistic.Visitors] < k) {
			t.Fatalf("round %d: of %d visitor-days and k %d, the table has %d rows and the total %d",
				round, total[statistic.Visitors], k, len(table), len(whole))
		}
		if table == nil {
			empty++
			continue
		}
		kept++
		if slices.ContainsFunc(table, func(f store.Folded) bool { return f.Merged > 0 }) {
			merged++
		}
		nobody(t, round, k, table, whole[0].Counts)
	}
	if kept < 500 || empty < 50 || merged < 500 {
		t.Errorf("%d tables were kept, %d with (other), and %d were empty: too few of a kind to say anything", kept, merged, empty)
	}
}

// machines returns a table by device of up to five cells, most of them near k, and
// its total.
func machines(random *rand.Rand, k int64) ([]store.Cell, statistic.Counts) {
	var cells []store.Cell
	var total statistic.Counts
	for _, key := range deviceCodes[:1+random.IntN(5)] {
		visitors := random.Int64N(2 * k)
		if random.IntN(4) == 0 {
			visitors *= 20
		}
		c := cellOf(key, visitors, 0)
		c.Counts[statistic.Visits] = visitors + random.Int64N(3)*min(visitors, 1)
		cells = append(cells, c)
		total.Add(c.Counts)
	}
	return cells, total
}

var deviceCodes = []string{"phone", "desktop", "tablet", "tv", "other"}

// nobody takes every set of shown rows off the total: who is left is nobody, or at
// least k. All other measures of who is nobody are zero.
func nobody(t *testing.T, round int, k int64, table []store.Folded, total statistic.Counts) {
	t.Helper()
	for set := range 1 << len(table) {
		rest := total
		for i, row := range table {
			if set>>i&1 != 0 {
				rest.Less(row.Counts)
			}
		}
		n := rest[statistic.Visitors]
		if n != 0 && n < k {
			t.Fatalf("round %d, k %d: total less rows %b leaves %d visitor-days", round, k, set, n)
		}
		if n == 0 && !rest.IsZero() {
			t.Fatalf("round %d: total less rows %b leaves nobody, but the counts %v", round, set, rest)
		}
	}
}

// Seen to fail when Fold does not look at the least k.
func TestFoldNeedsK(t *testing.T) {
	for _, k := range []int64{2, 1, 0, -1} {
		if rows := seal.Fold(find(t, "devices"), k, []store.Cell{cellOf("phone", 500, 0)}); rows != nil {
			t.Errorf("with k %d, %d rows are kept, want none", k, len(rows))
		}
	}
}

// TestFoldKeepsDeclaredMeasuresOnly holds that what only the fold and the noise need
// does not outlive the seal. Seen to fail when declared returns all.
func TestFoldKeepsDeclaredMeasuresOnly(t *testing.T) {
	for _, id := range []string{"devices", "pages", "traffic", "days"} {
		st := find(t, id)
		var all statistic.Counts
		for m := range all {
			all[m] = 500
		}
		small := all
		small[statistic.Visitors] = 9
		cells := []store.Cell{{Counts: all}}
		if len(st.Dimensions) > 0 {
			cells = []store.Cell{{Keys: []string{"a"}, Counts: all}, {Keys: []string{"b"}, Counts: small}, {Keys: []string{"c"}, Counts: small}}
		}
		rows := seal.Fold(st, 10, cells)
		if len(rows) != min(len(cells), 2) {
			t.Fatalf("%s keeps %d rows of %d cells", id, len(rows), len(cells))
		}
		for _, row := range rows {
			for m, n := range row.Counts {
				measure := statistic.Measure(m)
				hidden := measure == statistic.Visitors && row.Merged > 0 && st.Overlaps()
				if want := st.Has(measure) && !hidden; (n != 0) != want {
					t.Errorf("%s %v has %d %s after the fold", id, row.Keys, n, measure)
				}
			}
		}
	}
}
