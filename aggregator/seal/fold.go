package seal

import (
	"cmp"
	"slices"

	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
)

// Fold returns the cells of one table of one site and period that may be kept:
// those that at least k visitor-days stand behind, and one (other) that holds the
// rest. (unlisted) is never kept as such.
//
// (other) must stand on k visitor-days too, or what it hides would follow from
// the total. Where a visitor-day is in one cell only, that is the sum of its
// visitors. Where it may be in several, visitors of different cells may be the
// same: then each visitor-day adds at most st.Reach to the reach of all cells
// together, so a summed reach of k times st.Reach proves k visitor-days. The
// smallest cells join (other) until that holds; if it never does, nothing is kept.
func Fold(st *statistic.Statistic, k int64, cells []store.Cell) []store.Folded {
	if k < statistic.LeastK {
		return nil
	}
	shown, hidden := split(k, cells)
	slices.SortFunc(shown, func(a, b store.Cell) int {
		return cmp.Or(
			cmp.Compare(a.Counts[statistic.Visitors], b.Counts[statistic.Visitors]),
			slices.Compare(a.Keys, b.Keys),
		)
	})
	measure, need := statistic.Visitors, k
	if st.Overlaps() {
		measure, need = statistic.Reach, k*int64(st.Reach)
	}
	for len(hidden) > 0 && total(hidden)[measure] < need {
		if len(shown) == 0 {
			return nil
		}
		hidden = append(hidden, shown[0])
		shown = shown[1:]
	}
	return folded(st, shown, hidden)
}

func split(k int64, cells []store.Cell) (shown, hidden []store.Cell) {
	for _, c := range cells {
		switch {
		case c.Counts.IsZero():
		case c.Counts[statistic.Visitors] < k, slices.Contains(c.Keys, statistic.Unlisted):
			hidden = append(hidden, c)
		default:
			shown = append(shown, c)
		}
	}
	return shown, hidden
}

func total(cells []store.Cell) statistic.Counts {
	var sum statistic.Counts
	for _, c := range cells {
		sum.Add(c.Counts)
	}
	return sum
}

// folded returns the kept cells. Measures that only the fold and the noise need
// are not kept, nor are visitors of an (other) whose cells overlap.
func folded(st *statistic.Statistic, shown, hidden []store.Cell) []store.Folded {
	var list []store.Folded
	for _, c := range shown {
		list = append(list, store.Folded{Keys: c.Keys, Counts: declared(st, c.Counts)})
	}
	if len(hidden) > 0 {
		rest := store.Folded{Counts: declared(st, total(hidden)), Merged: len(hidden)}
		for range st.Dimensions {
			rest.Keys = append(rest.Keys, statistic.Other)
		}
		if st.Overlaps() {
			rest.Counts[statistic.Visitors] = 0
		}
		list = append(list, rest)
	}
	return list
}

func declared(st *statistic.Statistic, c statistic.Counts) statistic.Counts {
	for m := range c {
		if !st.Has(statistic.Measure(m)) {
			c[m] = 0
		}
	}
	return c
}
