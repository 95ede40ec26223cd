package attack

import (
	"fmt"
	"math/big"
	"slices"
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
// Tables of pages have no figure a day: see TestFewerThanKReadersOfAPageAreNotPrinted. Seen to fail when the
// threshold takes four standard deviations in place of 5.6, and when it is k.
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

// TestFewerThanKReadersOfAPageAreNotPrinted does the same with ten thousand sums of pages over a
// week, each of which k-1 visitor-days looked at; one page of many is printed each time. Seen to
// fail when the threshold takes four standard deviations in place of 5.6 (so with 6 of the 15
// seeds that were tried, and with this one), when it takes three, and when there is none.
func TestFewerThanKReadersOfAPageAreNotPrinted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, summing(t, 1), k, 8)
	const few, weeks = 200, 50
	pages := []string{"/many"}
	cells := []store.Cell{cellOf(1000, "/many")}
	for i := range few {
		pages = append(pages, fmt.Sprintf("/few/%d", i))
		cells = append(cells, cellOf(k-1, pages[i+1]))
	}
	st, _ := w.Catalogue.Find("pages")
	for range weeks {
		sums := w.week(t, pages, map[string][]store.Cell{store.Meters: {}, "pages": cells})
		printed := printedSums(t, st, sums)
		if !slices.Equal(printed, pages[:1]) {
			t.Fatalf("%d pages are printed, want the one of a thousand visitor-days alone", len(printed))
		}
	}
}

// printedSums returns the keys that a release of sums of a week prints.
func printedSums(t *testing.T, st *statistic.Statistic, sums []store.Measurement) (printed []string) {
	t.Helper()
	week := release.WeekOf(4)
	var of release.Summed
	for day := week.First(); day <= week.Last(); day++ {
		of.Shares = append(of.Shares, release.Share{
			Day: day, Filled: day > week.First(), Epochs: 1, Reservation: 1, Sigma2: new(big.Rat).Quo(st.Published[0].Sigma2, big.NewRat(7, 1)),
		})
	}
	for _, m := range sums {
		of.Values = append(of.Values, release.Measurement(m))
	}
	made, err := release.NewSummed(st, "s", week, of, release.Rule{K: k, Today: week.Last() + 1, Total: release.Limit()})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range made.Figures() {
		if f.Status == release.Published {
			printed = append(printed, f.Keys[0])
		}
	}
	return printed
}
