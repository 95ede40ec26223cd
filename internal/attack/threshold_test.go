package attack

import (
	"testing"

	"oboro/aggregator/ledger"
	"oboro/aggregator/release"
	"oboro/aggregator/seal"
	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
)

// TestFewerThanKAreNotPrinted releases each published table with keys until ten thousand
// figures are made, each of k-1 visitor-days that add as much as they may, and one of them,
// that of devices, ten thousand times. None is printed: so with 95 % confidence fewer than 3 of
// 10,000 ever are. What the threshold is by its formula is held by release.TestThreshold.
//
// Tables of pages, once they are published, have no figure a day: their sums are to be taken
// here in the same way. Seen to fail when the threshold takes four standard deviations in place of 5.6, and
// when it is k.
func TestFewerThanKAreNotPrinted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, builtIn(t), k, 5)
	tables := 0
	for _, st := range w.Catalogue.All() {
		for _, p := range st.Published {
			keys := st.Domain(nil)
			if len(st.Dimensions) == 0 || p.Summed {
				continue
			}
			tables++
			releases := 10_000/len(keys) + 1
			if st.ID == "devices" {
				releases = 10_000
			}
			for range releases {
				if n := printedOf(t, w, st, p); n > 0 {
					t.Errorf("%s: %d figures of %d visitor-days are printed", st.ID, n, k-1)
				}
			}
		}
	}
	if tables < 7 {
		t.Errorf("only %d tables with keys are published", tables)
	}
}

// printedOf returns how many figures a release prints of keys of k-1 visitor-days each. One day
// of the week has all of them, and another none.
func printedOf(t *testing.T, w *world, st *statistic.Statistic, p statistic.Published) (n int) {
	t.Helper()
	each := int64(k - 1)
	if p.Measure == statistic.Capped {
		each *= 2 // two visits of a visitor-day begin in one hour at most
	}
	var cells []store.Cell
	for _, key := range st.Domain(nil) {
		cells = append(cells, cellOf(each, key...))
	}
	sigma2, err := ledger.RatioOf(p.Sigma2)
	if err != nil {
		t.Fatal(err)
	}
	week := release.WeekOf(4)
	var days []release.Measured
	for i, cells := range [][]store.Cell{cells, nil} {
		values, err := seal.Measure(st, p.Measure, sigma2, cells, w.random)
		if err != nil {
			t.Fatal(err)
		}
		day := release.Measured{Day: week.First() + statistic.Day(i), Epochs: 1, Reservation: 1}
		for _, m := range values {
			day.Values = append(day.Values, release.Measurement(m))
		}
		days = append(days, day)
	}
	rule := release.Rule{K: k, Today: week.Last() + 1, Total: release.Limit()}
	made, err := release.New(st, "s", week, days, rule)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range made.Figures() {
		if f.Status == release.Published {
			n++
		}
	}
	return n
}
