// Package tally turns hits into increments of the cells of the enabled
// statistics.
//
// Counters are right at every moment: nothing waits for a visit to time out. A
// label that is not admitted yet counts under (unlisted) at once; when it is
// admitted, what it has moves over. Until then its text stays in RAM.
package tally

import (
	"cmp"
	"maps"
	"slices"
	"sync"

	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
	"oboro/collector/hit"
)

// A Tally counts the hits of one day.
type Tally struct {
	day    hit.Day
	sites  []string
	all    []*statistic.Statistic
	tables [hit.Kinds][]table // of all, by the kind of hit they count

	mu      sync.Mutex
	values  values
	changes map[cell]*statistic.Counts // since the last cut
	pending map[value]map[cell]*statistic.Counts
	meters  map[meter]int64
}

// table is a statistic made ready for counting.
type table struct {
	index uint16
	st    *statistic.Statistic
	by    hit.Dimension
	keyed bool // by is set
	label bool // by is a label
	keep  [statistic.Measures]bool
}

// cell names a cell: statistic, site and the value of its dimension, if it has one.
type cell struct {
	table uint16
	site  hit.Site
	value value
}

type meter struct {
	site   int
	reason string
}

// New returns the empty tally of a day for the sites, in the order of hit.Site.
func New(c *statistic.Catalogue, sites []string, day hit.Day) *Tally {
	t := &Tally{
		day: day, sites: sites, all: c.All(), values: newValues(),
		changes: map[cell]*statistic.Counts{},
		pending: map[value]map[cell]*statistic.Counts{},
		meters:  map[meter]int64{},
	}
	for i, st := range t.all {
		own := table{index: uint16(i), st: st, keep: counted(st)}
		if len(st.Dimensions) == 1 {
			own.by, own.keyed = st.Dimensions[0], true
			own.label = hit.Labels.Has(own.by)
		}
		t.tables[st.Of] = append(t.tables[st.Of], own)
	}
	return t
}

// counted returns the measures that a statistic needs: what it shows, what it
// publishes, and what its fold is decided by. Others are not counted.
func counted(st *statistic.Statistic) [statistic.Measures]bool {
	var keep [statistic.Measures]bool
	for _, m := range st.Measures {
		keep[m] = true
	}
	for _, p := range st.Published {
		keep[p.Measure] = true
	}
	keep[statistic.Visitors] = true
	keep[statistic.Reach] = st.Overlaps()
	return keep
}

// Day returns the day that is counted.
func (t *Tally) Day() hit.Day { return t.day }

// Take counts a hit. A hit of another day is not counted.
func (t *Tally) Take(h hit.Hit) {
	if h.Day != t.day || int(h.Site) >= len(t.sites) {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, own := range t.tables[h.Kind] {
		t.count(own, h)
	}
}

func (t *Tally) count(own table, h hit.Hit) {
	at := cell{table: own.index, site: h.Site}
	if own.keyed {
		at.value = t.values.of(own, h, h.Hour, h.Page)
		if own.label && h.Listed.Has(own.by) {
			t.admit(at.value)
		}
	}
	t.add(at, own.only(arrival(h, own.st.Set())))
	if h.Moves&hit.Follows != 0 {
		from := at
		if own.keyed {
			from.value = t.values.of(own, h, h.Left.Hour, h.Left.Page)
		}
		t.add(from, own.only(departure(h)))
	}
}

// arrival returns what a hit adds to its own cell.
func arrival(h hit.Hit, set int) statistic.Counts {
	var c statistic.Counts
	c[statistic.Hits] = 1
	c[statistic.Visitors] = int64(h.Seen >> set & 1)
	c[statistic.Reach] = int64(h.Reach >> set & 1)
	if h.Kind != hit.View {
		return c
	}
	c[statistic.Views] = 1
	c[statistic.Exits] = 1
	if h.Moves&hit.Begins != 0 {
		c[statistic.Visits], c[statistic.Entries], c[statistic.Singles] = 1, 1, 1
		if h.Moves&hit.Capped != 0 {
			c[statistic.Capped] = 1
		}
	}
	return c
}

// departure returns what a following view takes back from the cell of the view
// before it.
func departure(h hit.Hit) statistic.Counts {
	var c statistic.Counts
	c[statistic.Exits] = -1
	if h.Moves&hit.Second != 0 {
		c[statistic.Singles] = -1
	}
	return c
}

func (t table) only(c statistic.Counts) statistic.Counts {
	for m, keep := range t.keep {
		if !keep {
			c[m] = 0
		}
	}
	return c
}

// add adds to a cell, and to (unlisted) where its label is not admitted.
func (t *Tally) add(at cell, c statistic.Counts) {
	if c.IsZero() {
		return
	}
	if t.values.pending(at.value) {
		held := t.pending[at.value]
		if held == nil {
			held = map[cell]*statistic.Counts{}
			t.pending[at.value] = held
		}
		addTo(held, at, c)
		at.value = unlisted
	}
	addTo(t.changes, at, c)
}

func addTo(cells map[cell]*statistic.Counts, at cell, c statistic.Counts) {
	sum := cells[at]
	if sum == nil {
		sum = &statistic.Counts{}
		cells[at] = sum
	}
	sum.Add(c)
}

// admit moves what a label has counted from (unlisted) to its own cells.
func (t *Tally) admit(v value) {
	if !t.values.admit(v) {
		return
	}
	for at, c := range t.pending[v] {
		addTo(t.changes, at, *c)
		at.value = unlisted
		var back statistic.Counts
		back.Less(*c)
		addTo(t.changes, at, back)
	}
	delete(t.pending, v)
}

// Meter adds one to a meter. Site is -1 where it is not known.
func (t *Tally) Meter(site int, reason string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.meters[meter{site, reason}]++
}

// Cut returns what has changed since the last cut, one batch a statistic that
// changed, in order of the catalogue, meters last.
func (t *Tally) Cut() []store.Batch {
	t.mu.Lock()
	defer t.mu.Unlock()
	batches := t.changed()
	t.settle()
	return batches
}

// Settle takes the changes as written: the next ones begin from here. Nothing may
// be counted between Changes and Settle.
func (t *Tally) Settle() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.settle()
}

func (t *Tally) settle() {
	clear(t.changes)
	clear(t.meters)
}

// Changes returns what Cut would, and leaves it as it is.
func (t *Tally) Changes() []store.Batch {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.changed()
}

func (t *Tally) changed() []store.Batch {
	batches := map[uint16]*store.Batch{}
	for at, c := range t.changes {
		if c.IsZero() {
			continue
		}
		b := batches[at.table]
		if b == nil {
			st := t.all[at.table]
			b = &store.Batch{Statistic: st.ID, Period: st.Grain.Period(t.day)}
			batches[at.table] = b
		}
		b.Cells = append(b.Cells, store.Cell{Site: t.sites[at.site], Keys: t.keys(at), Counts: *c})
	}
	list := make([]store.Batch, 0, len(batches)+1)
	for _, index := range slices.Sorted(maps.Keys(batches)) {
		list = append(list, ordered(*batches[index]))
	}
	if len(t.meters) > 0 {
		list = append(list, ordered(t.metered()))
	}
	return list
}

// ordered sorts the cells of a batch, so that a batch tells nothing of the order
// in which its cells came to be.
func ordered(b store.Batch) store.Batch {
	slices.SortFunc(b.Cells, func(x, y store.Cell) int {
		return cmp.Or(cmp.Compare(x.Site, y.Site), slices.Compare(x.Keys, y.Keys))
	})
	return b
}

func (t *Tally) keys(at cell) []string {
	if len(t.all[at.table].Dimensions) == 0 {
		return nil
	}
	return []string{t.values.text(at.value)}
}

func (t *Tally) metered() store.Batch {
	b := store.Batch{Statistic: store.Meters, Period: t.day}
	for m, n := range t.meters {
		site := ""
		if m.site >= 0 {
			site = t.sites[m.site]
		}
		c := store.Cell{Site: site, Keys: []string{m.reason}}
		c.Counts[statistic.Hits] = n
		b.Cells = append(b.Cells, c)
	}
	return b
}
