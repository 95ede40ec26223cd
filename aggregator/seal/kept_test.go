package seal_test

import (
	"strconv"
	"testing"

	"oboro/aggregator/seal"
	"oboro/aggregator/store"
)

// BenchmarkKept says what of the cells of a day is shown, in percent, where each table is
// folded for itself (apart) and where all are folded together; how long the latter takes
// is beside the point.
func BenchmarkKept(b *testing.B) {
	for _, visitors := range []int{500, 5_000, 50_000} {
		b.Run(strconv.Itoa(visitors), func(b *testing.B) {
			c, err := wideCatalogue()
			if err != nil {
				b.Fatal(err)
			}
			var cells, apart, together int
			for b.Loop() {
				cells, apart, together = 0, 0, 0
				for seed := range uint64(10) {
					day := newCrowd(seed, visitors).cells()
					folded := seal.FoldAll(c, kin, 10, day)
					for _, st := range c.All() {
						cells += len(day[st.ID])
						apart += shownOf(seal.Fold(st, 10, day[st.ID]))
						together += shownOf(folded[st.ID])
					}
				}
			}
			b.ReportMetric(100*float64(apart)/float64(cells), "%apart")
			b.ReportMetric(100*float64(together)/float64(cells), "%together")
		})
	}
}

func shownOf(folded []store.Folded) (n int) {
	for _, f := range folded {
		if f.Merged == 0 {
			n++
		}
	}
	return n
}
