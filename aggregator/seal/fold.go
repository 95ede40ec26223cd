package seal

import (
	"cmp"
	"slices"

	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
)

// Fold returns the cells of one table of one site and period that may be kept, were
// there no other table: those that at least k visitor-days stand behind, and one
// (other) that holds the rest. (unlisted) is never kept as such.
//
// (other) must stand on k visitor-days too, or what it hides would follow from
// the total. Where a visitor-day is in one cell only, that is the sum of its
// visitors. Where it may be in several, visitors of different cells may be the
// same: then each visitor-day adds at most st.Reach to the reach of all cells
// together, so a summed reach of k times st.Reach proves k visitor-days. The
// smallest cells join (other) until that holds; if it never does, nothing is kept.
func Fold(st *statistic.Statistic, k int64, cells []store.Cell) []store.Folded {
	t := newTable(st, k, statistic.Daily, cells)
	for t.settle() {
	}
	return t.folded(nil)
}

// A table is one being folded.
type table struct {
	st     *statistic.Statistic
	k      int64
	apart  int64 // fewest visitor-days of which a difference to another table may tell
	week   bool  // it is of a week: a cell needs a day on which some visitor-days met in it, too
	all    []store.Cell
	own    []cell  // those not hidden from the start, by keys
	cells  []*cell // the same, by visitors, then keys
	least  int     // cells before it are hidden
	hidden statistic.Counts
	merged int              // cells hidden
	closed bool             // nothing of it is kept
	byKey  map[string]*cell // of one key, once it is asked for
}

// A cell is shown as long as no rule has hidden it.
type cell struct {
	*store.Cell
	at     int // its place among all cells of the table
	rank   int // and among those that may be shown, the smallest first
	hidden bool
}

func (c *cell) visitors() int64 { return c.Counts[statistic.Visitors] }

// pigeons is how many visitor-days of a week are enough for 3 of them to be of one day,
// whatever the days: of 14, each of the seven might have two.
const pigeons = 7*2 + 1

func tableOf(st *statistic.Statistic, k int64, grain statistic.Grain, cells []store.Cell) *table {
	t := &table{st: st, k: k, apart: k, all: cells, closed: k < statistic.LeastK}
	if grain == statistic.Weekly {
		t.week, t.apart = true, max(k, pigeons)
	}
	return t
}

func newTable(st *statistic.Statistic, k int64, grain statistic.Grain, cells []store.Cell) *table {
	t := tableOf(st, k, grain, cells)
	for i := range cells {
		c := &cells[i]
		switch {
		case c.Counts.IsZero():
		case !t.proves(c.Counts, c.Counts[statistic.Visitors], 1), slices.Contains(c.Keys, statistic.Unlisted):
			t.hidden.Add(c.Counts)
			t.merged++
		default:
			t.own = append(t.own, cell{Cell: c, at: i})
		}
	}
	t.order()
	return t
}

// order sorts the cells by keys, and then by numbers alone: comparing texts is dear.
func (t *table) order() {
	slices.SortFunc(t.own, func(a, b cell) int { return slices.Compare(a.Keys, b.Keys) })
	type place struct{ visitors, at int64 }
	places := make([]place, len(t.own))
	for i := range t.own {
		places[i] = place{t.own[i].visitors(), int64(i)}
	}
	slices.SortFunc(places, func(a, b place) int {
		return cmp.Or(cmp.Compare(a.visitors, b.visitors), cmp.Compare(a.at, b.at))
	})
	t.cells = make([]*cell, len(t.own))
	for rank, p := range places {
		t.cells[rank] = &t.own[p.at]
		t.cells[rank].rank = rank
	}
}

// shown returns the cells that are shown, smallest first.
func (t *table) shown() (list []*cell) {
	if t.closed {
		return nil
	}
	list = make([]*cell, 0, len(t.cells)-t.least)
	for _, c := range t.cells[t.least:] {
		if !c.hidden {
			list = append(list, c)
		}
	}
	return list
}

// shows reports whether the cell of that one key is shown.
func (t *table) shows(key string) bool {
	if t.byKey == nil {
		t.byKey = make(map[string]*cell, len(t.cells))
		for _, c := range t.cells {
			t.byKey[c.Keys[0]] = c
		}
	}
	c := t.byKey[key]
	return !t.closed && c != nil && !c.hidden
}

// smallest returns the smallest cell that is shown, or nil.
func (t *table) smallest() *cell {
	for ; t.least < len(t.cells); t.least++ {
		if c := t.cells[t.least]; !c.hidden {
			return c
		}
	}
	return nil
}

// hide puts a cell that is shown into (other).
func (t *table) hide(c *cell) {
	c.hidden = true
	t.hidden.Add(c.Counts)
	t.merged++
}

// settle hides the smallest cell, if those that are hidden stand on too few
// visitor-days, and closes the table if that does not help. It reports whether
// anything has changed.
func (t *table) settle() bool {
	if t.closed || t.isSettled() {
		return false
	}
	if c := t.smallest(); c != nil {
		t.hide(c)
	} else {
		t.closed = true
	}
	return true
}

func (t *table) isSettled() bool { return t.merged == 0 || t.isEnough(t.hidden) }

// isEnough reports whether a row of merged cells may be shown.
func (t *table) isEnough(c statistic.Counts) bool {
	if t.st.Overlaps() {
		return t.proves(c, c[statistic.Reach], int64(t.st.Reach))
	}
	return t.proves(c, c[statistic.Visitors], 1)
}

// proves reports whether k visitor-days stand behind a sum of cells, to whose size each may
// add so much; and in a week also 3 of one day, either in one of the cells or since they are
// too many for seven days otherwise.
func (t *table) proves(c statistic.Counts, size, most int64) bool {
	return size >= t.k*most && (!t.week || c[statistic.Met] > 0 || size >= pigeons*most)
}

// folded returns the kept cells, those that are shown by keys. Measures that only the fold and the noise need
// are not kept, nor are visitors of an (other) whose cells overlap.
func (t *table) folded(rungs []rung) (list []store.Folded) {
	if t.closed {
		return nil
	}
	list = make([]store.Folded, 0, len(t.own)+1)
	for i := range t.own {
		if c := &t.own[i]; !c.hidden {
			list = append(list, store.Folded{Keys: c.Keys, Counts: declared(t.st, c.Counts)})
		}
	}
	if t.merged > 0 {
		list = append(list, t.withRungs(rungs)...)
	}
	if len(list) == 0 {
		return nil
	}
	return list
}

// merge returns the row of merged cells. Each dimension has the key.
func (t *table) merge(key string, counts statistic.Counts, merged int) store.Folded {
	row := store.Folded{Counts: declared(t.st, counts), Merged: merged}
	for range t.st.Dimensions {
		row.Keys = append(row.Keys, key)
	}
	if t.st.Overlaps() {
		row.Counts[statistic.Visitors] = 0
	}
	return row
}

func declared(st *statistic.Statistic, c statistic.Counts) statistic.Counts {
	for m := range c {
		if !st.Has(statistic.Measure(m)) {
			c[m] = 0
		}
	}
	return c
}
