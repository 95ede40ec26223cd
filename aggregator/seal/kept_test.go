package seal_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"oboro/aggregator/seal"
	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
)

// BenchmarkKept says what of the cells of a day is shown, in percent, where each table is
// folded for itself (apart) and where all are folded together, and how much of what these
// hide is named by the coarser value, by views; how long it takes is beside the point.
func BenchmarkKept(b *testing.B) {
	for _, visitors := range []int{500, 5_000, 50_000} {
		b.Run(strconv.Itoa(visitors), func(b *testing.B) {
			c, err := wideCatalogue()
			if err != nil {
				b.Fatal(err)
			}
			var cells, apart, together int
			var hidden, named int64
			for b.Loop() {
				cells, apart, together, hidden, named = 0, 0, 0, 0, 0
				for seed := range uint64(10) {
					day := newCrowd(seed, visitors).cells()
					folded := seal.FoldAll(c, kin, 10, day)
					for _, st := range c.All() {
						cells += len(day[st.ID])
						apart += shownOf(seal.Fold(st, 10, day[st.ID]))
						together += shownOf(folded[st.ID])
						if len(st.Dimensions) == 1 && len(st.Measures) > 1 {
							if _, ok := statistic.Coarser(st.Dimensions[0]); ok {
								all, of := namedOf(folded[st.ID])
								hidden, named = hidden+all, named+of
							}
						}
					}
				}
			}
			b.ReportMetric(100*float64(apart)/float64(cells), "%apart")
			b.ReportMetric(100*float64(together)/float64(cells), "%together")
			b.ReportMetric(100*float64(named)/float64(hidden), "%named")
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

// namedOf returns the views of what a table hides, and those that a coarser value names.
func namedOf(folded []store.Folded) (all, named int64) {
	for _, f := range folded {
		if f.Merged == 0 {
			continue
		}
		all += f.Counts[statistic.Views]
		if _, ok := statistic.InOther(f.Keys[0]); ok {
			named += f.Counts[statistic.Views]
		}
	}
	return all, named
}

// BenchmarkCrossed says what of the cells of crossed statistics is shown, in percent, and how
// many visitor-days these are of all in such cells: 2,000 pages that are asked for as by Zipf's law (0.9),
// 2.6 a visitor-day, on four devices; and 24 languages on these.
func BenchmarkCrossed(b *testing.B) {
	c, err := statistic.Built(nil, []byte(more), []byte(crossed))
	if err != nil {
		b.Fatal(err)
	}
	for _, visitors := range []int{500, 5_000, 50_000} {
		b.Run(strconv.Itoa(visitors), func(b *testing.B) {
			day := crossedDay(visitors)
			var folded map[string][]store.Folded
			for b.Loop() {
				folded = seal.FoldAll(c, kin, 10, day)
			}
			for _, id := range []string{"page-devices", "language-devices"} {
				var all, shown int64
				for _, cell := range day[id] {
					all += cell.Counts[statistic.Visitors]
				}
				for _, f := range folded[id] {
					if f.Merged == 0 {
						shown += f.Counts[statistic.Visitors]
					}
				}
				b.ReportMetric(float64(len(day[id])), "cells-"+id)
				b.ReportMetric(float64(shownOf(folded[id])), "shown-"+id)
				b.ReportMetric(100*float64(shown)/float64(all), "%visitors-"+id)
			}
		})
	}
}

func crossedDay(visitors int) map[string][]store.Cell {
	random := rand.New(rand.NewPCG(11, 11))
	weights, sum := make([]float64, 2000), 0.0
	for i := range weights {
		sum += math.Pow(float64(i+1), -0.9)
		weights[i] = sum
	}
	pick := func(shares ...int) int {
		n := random.IntN(1000)
		for i, share := range shares {
			if n -= share; n < 0 {
				return i
			}
		}
		return 0
	}
	t := counters{}
	for range visitors {
		device := []string{"phone", "desktop", "tablet", "tv"}[pick(600, 350, 45, 5)]
		language := shapes[0].rows[min(pick(900)+int(random.ExpFloat64()*float64(pick(900, 100))*6), 23)]
		seen := map[string]bool{}
		for range 1 + int(random.ExpFloat64()*1.6) {
			at, _ := slices.BinarySearch(weights, random.Float64()*sum)
			page := "/" + strconv.Itoa(at)
			if seen[page] {
				continue
			}
			seen[page] = true
			one := cellOf("", 1, 1).Counts
			t.add("pages", page, one)
			t.add("page-devices", page+">"+device, one)
		}
		one := cellOf("", 1, 0).Counts
		t.add("days", "", one)
		t.add("devices", device, one)
		t.add("languages", language, one)
		t.add("language-devices", language+">"+device, one)
	}
	day := t.cells()
	for _, id := range []string{"page-devices", "language-devices"} {
		for i := range day[id] {
			day[id][i].Keys = strings.Split(day[id][i].Keys[0], ">")
		}
	}
	return day
}
