// Package tally turns hits into increments of the cells of the enabled
// statistics.
//
// Counters are right at every moment: nothing waits for a visit to time out. A
// label that is not admitted yet counts under (unlisted) at once; when it is
// admitted, what it has moves over. Until then its text stays in RAM.
package tally

import (
	"sync"

	"oboro/aggregator/statistic"
	"oboro/collector/hit"
	"oboro/internal/prefetch"
)

// A Tally counts the hits of one day.
type Tally struct {
	day    hit.Day
	sites  []string
	all    []*statistic.Statistic
	each   []*table            // of all
	tables [hit.Kinds][]*table // by the kind of hit that they look at; some look at two
	groups [hit.Kinds][]*group // those that are counted together
	first  [hit.Kinds]uint32   // of hit.Hit.Seen: the visitor-day arrives with this hit

	mu      sync.Mutex
	values  values
	cells   cells
	changed []uint32 // cells, in the order of their first change since the last cut
	meters  []meter  // the first one is of the hits that were taken
}

// table is a statistic made ready for counting.
type table struct {
	index   uint16
	set     int
	by      hit.Dimension // hit.ByNext where it is by page and next
	keyed   bool          // by is set
	label   bool          // by is a label
	tag     bool          // by is of a link's tags: of a visit without one there is no cell
	network bool          // by is the network or its class
	met     bool          // it is open for more than a day: statistic.Met is counted, at each cut
	keep    measures
	coded   [][]uint32 // cells by site and code; 0 where there is none
	named   []uint32   // cells by label
	crossed bool       // by is crossed with second, and its cells stand in crossing alone
	crossing
}

// kept is the reason of the meter of hits.
const kept = "kept"

// A meter counts one reason by site, the unknown site first.
type meter struct {
	reason string
	counts []int64
}

// New returns the empty tally of a day for the sites, in the order of hit.Site.
func New(c *statistic.Catalogue, sites []string, day hit.Day) *Tally {
	t := &Tally{day: day, sites: sites, all: c.All(), values: newValues(len(sites)), cells: newCells(), meters: []meter{newMeter(kept, len(sites))}}
	for kind := range t.first {
		t.first[kind] = c.Arrivals(hit.Kind(kind))
	}
	for i, st := range t.all {
		own := &table{index: uint16(i), set: st.Set(), keep: counted(st), met: st.Grain == statistic.Weekly, coded: make([][]uint32, len(sites))}
		if n := len(st.Dimensions); n > 0 {
			own.by, own.keyed = st.Dimensions[n-1], true
			if own.crossed = st.Crossed(); own.crossed {
				own.by, own.crossing = st.Dimensions[0], newCrossing(st.Dimensions[1])
			}
			own.label, own.tag = hit.Labels.Has(own.by), hit.OfTags.Has(own.by)
			own.network = hit.Of(st.Dimensions...)&(1<<hit.ByNetwork|1<<hit.ByNetworkClass) != 0
		}
		t.each = append(t.each, own)
		switch {
		case st.Has(statistic.Seconds):
			t.tables[st.Of] = append(t.tables[st.Of], own)
			t.tables[hit.Engaged] = append(t.tables[hit.Engaged], own)
		case hit.Of(st.Dimensions...)&^(hit.Frozen&^hit.Labels) == 0:
			t.group(st.Of, own)
		default:
			t.tables[st.Of] = append(t.tables[st.Of], own)
		}
	}
	return t
}

// measures are those that a statistic needs.
type measures struct {
	list   []statistic.Measure
	leaves bool // among them is what a view takes back from the one before it
}

// add adds those that a hit changes to sum.
func (m *measures) add(sum, c *statistic.Counts) {
	for _, m := range m.list {
		sum[m] += c[m]
	}
}

// counted returns the measures that a statistic needs: what it shows, what it
// publishes, and what its fold is decided by. Others are not counted.
func counted(st *statistic.Statistic) measures {
	var keep [statistic.Measures]bool
	for _, m := range st.Measures {
		keep[m] = true
	}
	for _, p := range st.Published {
		keep[p.Measure] = true
	}
	keep[statistic.Visitors] = true
	keep[statistic.Reach] = st.Overlaps()
	return measuresOf(keep)
}

func measuresOf(keep [statistic.Measures]bool) (m measures) {
	for measure, yes := range keep {
		if yes {
			m.list = append(m.list, statistic.Measure(measure))
		}
	}
	m.leaves = keep[statistic.Exits] || keep[statistic.Singles]
	return m
}

// Renew begins another day after Forget, in the same memory.
func (t *Tally) Renew(day hit.Day) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.day = day
}

// Forget forgets all that was counted, texts included. What Cut, Changes and Cells have
// returned stays.
func (t *Tally) Forget() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.values.forget()
	t.cells.forget()
	t.changed, t.meters = t.changed[:0], t.meters[:1]
	clear(t.meters[0].counts)
	for _, own := range t.each {
		own.named = own.named[:0]
		own.crossing.forget()
		for site := range own.coded {
			own.coded[site] = own.coded[site][:0]
		}
	}
	for _, groups := range t.groups {
		for _, g := range groups {
			g.forget()
		}
	}
}

// Day returns the day that is counted.
func (t *Tally) Day() hit.Day { return t.day }

// Take counts a hit, and adds one to the meter "kept" of its site. A hit of another day is
// not counted.
func (t *Tally) Take(h hit.Hit) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.take(&h)
}

// TakeAll counts hits as Take does each. What they need is asked for before the first of
// them is counted.
func (t *Tally) TakeAll(hits []hit.Hit) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := range hits {
		t.near(&hits[i])
	}
	for i := range hits {
		t.take(&hits[i])
	}
}

func (t *Tally) take(h *hit.Hit) {
	if h.Day != t.day || int(h.Site) >= len(t.sites) {
		return
	}
	var arrival, departure statistic.Counts
	arrive(&arrival, h)
	if h.Seen&t.first[h.Kind] != 0 {
		arrival[statistic.Arrivals] = 1
	}
	if h.Moves&hit.Follows != 0 {
		depart(&departure, h)
	}
	if h.Part != hit.NetworkAlone { // of a hit that was taken before
		t.meters[0].counts[h.Site+1]++
	}
	for _, g := range t.groups[h.Kind] {
		if !h.Part.Counts(g.network) {
			continue
		}
		first(&arrival, h, g.set)
		sum := t.sumOf(g, h)
		g.keep.add(sum, &arrival)
		if g.keep.leaves && h.Moves&hit.Follows != 0 {
			g.keep.add(sum, &departure)
		}
	}
	here := view{h.Hour, h.Page, h.Numbers.Page}
	for _, own := range t.tables[h.Kind] {
		if own.by == hit.ByNext && h.Moves&hit.Onward == 0 || own.tag && h.Tags.Of(own.by) == (hit.Tag{}) || !h.Part.Counts(own.network) {
			continue
		}
		first(&arrival, h, own.set)
		t.count(own, h, here, &arrival)
		if own.keep.leaves && h.Moves&hit.Follows != 0 {
			t.count(own, h, view{h.Left.Hour, h.Left.Page, h.Numbers.Left}, &departure)
		}
	}
}

// near asks for the cells of the labels of a hit.
func (t *Tally) near(h *hit.Hit) {
	if h.Day != t.day || h.Numbers.Series != t.values.series {
		return
	}
	for _, own := range t.tables[h.Kind] {
		switch own.by {
		case hit.ByPage:
			t.nearNamed(own, h.Numbers.Page)
		case hit.BySource:
			t.nearNamed(own, h.Numbers.Source)
		}
	}
}

func (t *Tally) nearNamed(own *table, number uint32) {
	if number >= uint32(len(t.values.numbers)) {
		return
	}
	if label := t.values.numbers[number]; label < uint32(len(own.named)) {
		prefetch.Whole(t.cells.at(own.named[label])) // of a label that is not known, the cell that stands for none
	}
}

// first sets what a hit adds where it is the first in one of the sets.
func first(arrival *statistic.Counts, h *hit.Hit, set int) {
	arrival[statistic.Visitors] = int64(h.Seen >> set & 1)
	arrival[statistic.Reach] = int64(h.Reach >> set & 1)
}

// arrive sets what a hit adds to its own cells, but for what depends on the statistic.
func arrive(c *statistic.Counts, h *hit.Hit) {
	if h.Kind == hit.Engaged { // of a page whose view is a hit of its own
		c[statistic.Seconds] = int64(h.Seconds)
		return
	}
	c[statistic.Hits] = 1
	if h.Kind != hit.View {
		return
	}
	c[statistic.Views] = 1
	c[statistic.Exits] = 1
	if h.Moves&hit.ViewCapped != 0 {
		c[statistic.CappedViews] = 1
	}
	if h.Moves&hit.Begins != 0 {
		c[statistic.Visits], c[statistic.Entries], c[statistic.Singles] = 1, 1, 1
		if h.Moves&hit.Capped != 0 {
			c[statistic.Capped] = 1
		}
	}
}

// depart sets what a following view takes back from the cell of the view before it.
func depart(c *statistic.Counts, h *hit.Hit) {
	c[statistic.Exits] = -1
	if h.Moves&hit.Second != 0 {
		c[statistic.Singles] = -1
	}
}

// A view is when and where a hit counts: the hour, the page and its number.
type view struct {
	hour   hit.Hour
	page   hit.Page
	number uint32
}

// count adds to the cell of a hit, at the view given, which may be that
// which the visit has left; and to (unlisted) where its label is not admitted.
func (t *Tally) count(own *table, h *hit.Hit, at view, c *statistic.Counts) {
	switch {
	case own.by == hit.ByChannel:
		t.add(t.place(own, h.Site, uint32(h.Channel), h.Env), own, c)
		return
	case own.tag:
		t.add(t.place(own, h.Site, t.values.tagOf(h.Tags.Of(own.by)), h.Env), own, c)
		return
	case own.by == hit.ByHour && own.keyed:
		t.add(t.coded(own, h.Site, uint32(at.hour)), own, c)
		return
	case !own.label:
		env := h.Env.Unpack()
		t.add(t.place(own, h.Site, t.values.code(own, &env, at.hour), h.Env), own, c)
		return
	}
	label, code := t.values.label(own.by, h, at)
	if label == 0 {
		t.add(t.place(own, h.Site, code, h.Env), own, c)
		return
	}
	if h.Listed.Has(own.by) && at.page == h.Page {
		t.admit(label)
	}
	t.add(t.placeNamed(own, label, h.Env), own, c)
	if t.values.labels[label].held {
		t.add(t.place(own, h.Site, unlisted, h.Env), own, c)
	}
}

// add adds what the table keeps of c to a cell.
func (t *Tally) add(index uint32, own *table, c *statistic.Counts) {
	at := t.cells.at(index)
	own.keep.add(&at.counts, c)
	t.change(index, at)
}

// change notes that a cell has changed. One of a label that is held does not stand
// in a cut: it gathers all that the label has.
func (t *Tally) change(index uint32, at *cell) {
	if !at.changed && !(at.named && t.values.labels[at.value].held) {
		at.changed = true
		t.changed = append(t.changed, index)
	}
}

// coded returns the cell of a value without free text.
func (t *Tally) coded(own *table, site hit.Site, code uint32) uint32 {
	for uint32(len(own.coded[site])) <= code {
		own.coded[site] = append(own.coded[site], 0)
	}
	at := &own.coded[site][code]
	if *at == 0 {
		*at = t.cells.add(cell{table: own.index, site: site, value: code})
	}
	return *at
}

// named returns the cell of a label.
func (t *Tally) named(own *table, label uint32) uint32 {
	for uint32(len(own.named)) <= label {
		own.named = append(own.named, 0)
	}
	at := &own.named[label]
	if *at == 0 {
		*at = t.cells.add(cell{table: own.index, site: t.values.labels[label].site, value: label, named: true})
	}
	return *at
}

// admit moves what a label has counted from (unlisted) to its own cells.
func (t *Tally) admit(label uint32) {
	if !t.values.labels[label].held {
		return
	}
	t.values.labels[label].held = false
	for _, own := range t.each {
		if own.crossed {
			t.admitCrossed(own, label)
		}
		if label >= uint32(len(own.named)) || own.named[label] == 0 {
			continue
		}
		at := t.cells.at(own.named[label])
		t.change(own.named[label], at)
		from := t.coded(own, at.site, unlisted)
		t.cells.at(from).counts.Less(at.counts)
		t.change(from, t.cells.at(from))
	}
}

// Meter adds one to a meter. Site is -1 where it is not known.
func (t *Tally) Meter(site int, reason string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := range t.meters {
		if t.meters[i].reason == reason {
			t.meters[i].counts[site+1]++
			return
		}
	}
	m := newMeter(reason, len(t.sites))
	m.counts[site+1]++
	t.meters = append(t.meters, m)
}

func newMeter(reason string, sites int) meter { return meter{reason, make([]int64, sites+1)} }
