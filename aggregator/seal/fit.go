package seal

import (
	"slices"

	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
)

// A fitting is two tables in each of which a visitor-day has one cell, and what is known
// of where the cells of x lie in y.
type fitting struct {
	pair
	x, y     *table
	k        int64
	meets    meeting
	unlisted bool // x has a cell of labels without a name, which may lie anywhere

	// What follows holds as long as y shows what it shows: seen is how many cells it hides.
	known  bool
	seen   int
	base   []int64 // visitor-days of what y hides, and of each cell that it shows
	groups []*group
	of     []int // the group of each cell of x, or -1
}

// A group is the cells of x that may lie in the same cells of y.
type group struct {
	places
	kind  reach
	all   int     // its cells, shown or not
	shown []*cell // smallest first
	sum   int64   // visitor-days of those shown
}

func fit(p pair, x, y *table, kin Kin) *fitting {
	unlisted := slices.ContainsFunc(x.all, func(c store.Cell) bool { return c.Keys[0] == statistic.Unlisted && !c.Counts.IsZero() })
	return &fitting{pair: p, x: x, y: y, k: max(x.apart, y.apart), meets: p.meets(kin), unlisted: unlisted}
}

// places says in which cells of y something may lie: the first stands for all that are
// hidden, which are known by their sum alone, and the others for those that are shown.
type places []bool

func (p places) count() (n int) {
	for _, in := range p {
		if in {
			n++
		}
	}
	return n
}

func (p places) within(other places) bool {
	for i, in := range p {
		if in && !other[i] {
			return false
		}
	}
	return true
}

// A reach says in how many cells of y something may lie.
type reach int

const (
	whole   reach = iota // in one
	torn                 // in some
	free                 // in all: nothing is known of it
	nowhere              // in none
)

// mostTorn is how many kinds of torn cells are looked at. The built-in pairs have at most
// three.
const mostTorn = 6

// fold hides cells of x until none is to be hidden any more. The cells of x that can only lie in
// a set of cells of y are taken off that set; what is left is nobody, or at least k. Sets
// are each cell of y by itself, and all that cells of x lie across together: a part that
// is known of any other set is a sum of these. It reports whether it has hidden any.
func (f *fitting) fold() (changed bool) {
	if f.x.closed || f.y.closed || len(f.y.all) == 0 {
		return false
	}
	f.gather()
	for f.step() {
		changed = true
	}
	return changed
}

func (f *fitting) step() bool {
	if f.finer {
		return f.foldFiner()
	}
	for _, g := range f.groups {
		if g.kind == nowhere && len(g.shown) > 0 { // it may lie anywhere, and nobody can tell
			return f.hide(g)
		}
	}
	hidden := f.hiddenPart()
	return f.foldEach(hidden) || f.foldTorn(hidden)
}

// hide hides the smallest cell of a group.
func (f *fitting) hide(g *group) bool {
	c := g.shown[0]
	g.shown, g.sum = g.shown[1:], g.sum-c.visitors()
	f.x.hide(c)
	return true
}

// gather puts the cells of x into groups, and says which of them are shown.
func (f *fitting) gather() {
	if !f.known || f.seen != f.y.merged {
		f.group()
	}
	for _, g := range f.groups {
		g.shown, g.sum = g.shown[:0:0], 0
	}
	for _, c := range f.x.cells {
		if !c.hidden {
			g := f.groups[f.of[c.at]]
			g.shown, g.sum = append(g.shown, c), g.sum+c.visitors()
		}
	}
}

// group finds out where each cell of x may lie.
func (f *fitting) group() {
	f.known, f.seen = true, f.y.merged
	f.groups, f.of = nil, make([]int, len(f.x.all))
	f.base = []int64{f.y.hidden[statistic.Visitors]}
	var shownY, hiddenY []string
	for _, c := range f.y.shown() {
		f.base, shownY = append(f.base, c.visitors()), append(shownY, c.Keys[0])
	}
	for i := range f.y.all {
		if c := &f.y.all[i]; !c.Counts.IsZero() && !f.y.shows(c.Keys[0]) {
			hiddenY = append(hiddenY, c.Keys[0])
		}
	}
	known, name := map[string]int{}, make([]byte, len(f.base))
	for i := range f.x.all {
		c := &f.x.all[i]
		if f.of[i] = -1; c.Counts.IsZero() || c.Keys[0] == statistic.Unlisted {
			continue
		}
		at := f.placesOf(c.Keys[0], shownY, hiddenY)
		for i, in := range at {
			if name[i] = 0; in {
				name[i] = 1
			}
		}
		n, ok := known[string(name)]
		if !ok {
			n = len(f.groups)
			known[string(name)] = n
			f.groups = append(f.groups, &group{places: at, kind: f.reach(at.count())})
		}
		f.of[i] = n
		f.groups[n].all++
	}
}

func (f *fitting) reach(n int) reach {
	switch {
	case n == 0:
		return nowhere
	case n == 1:
		return whole
	case n == f.most() && !f.guessed:
		return free
	}
	return torn
}

// most returns in how many places something can lie.
func (f *fitting) most() int {
	if f.y.merged == 0 {
		return len(f.base) - 1
	}
	return len(f.base)
}

func (f *fitting) placesOf(key string, shownY, hiddenY []string) places {
	p := make(places, 1, len(f.base))
	p[0] = slices.ContainsFunc(hiddenY, func(y string) bool { return f.meets(key, y) })
	for _, y := range shownY {
		p = append(p, f.meets(key, y))
	}
	return p
}

// A part is all that x hides; and where it may lie. Without places, nothing is known of
// that.
type part struct {
	places
	n    int64 // its visitor-days
	kind reach
}

// hiddenPart returns all that x hides, if something is known of where that may lie: who
// sees what is shown knows what is not.
func (f *fitting) hiddenPart() part {
	p := part{places: make(places, len(f.base)), n: f.x.hidden[statistic.Visitors], kind: torn}
	for _, g := range f.groups {
		if g.all == len(g.shown) {
			continue
		}
		for i, in := range g.places {
			p.places[i] = p.places[i] || in
		}
		if g.kind == nowhere {
			return part{}
		}
	}
	switch n := p.count(); {
	case f.x.merged == 0 || f.unlisted || n == f.most():
		return part{}
	case n == 1:
		p.kind = whole
	}
	return p
}

// foldEach looks at each cell of y by itself. What lies across several tells most, and
// goes first.
func (f *fitting) foldEach(hidden part) bool {
	for i, rest := range f.base {
		if hidden.places != nil && hidden.kind == whole && hidden.places[i] {
			rest -= hidden.n
		}
		var first [free + 1]*group
		for _, g := range f.groups {
			if !g.places[i] || len(g.shown) == 0 {
				continue
			}
			if g.kind == whole {
				rest -= g.sum
			} else if g.kind == torn && f.guessed {
				rest -= g.upTo(f.base[i])
			}
			if first[g.kind] == nil || g.shown[0].rank < first[g.kind].shown[0].rank {
				first[g.kind] = g
			}
		}
		if !isUnsafe(rest, f.k) {
			continue
		}
		for _, kind := range []reach{torn, whole, free} {
			if first[kind] != nil {
				return f.hide(first[kind])
			}
		}
	}
	return false
}

// upTo returns the visitor-days of those cells shown that are no larger than most.
func (g *group) upTo(most int64) int64 {
	sum := g.sum
	for i := len(g.shown) - 1; i >= 0 && g.shown[i].visitors() > most; i-- {
		sum -= g.shown[i].visitors()
	}
	return sum
}

// foldFiner looks at each cell of y that is shown, and hides those.
func (f *fitting) foldFiner() (changed bool) {
	for i, c := range f.y.shown() {
		rest, any := f.base[i+1], false
		for _, g := range f.groups {
			if g.kind == whole && g.places[i+1] && len(g.shown) > 0 {
				rest -= g.sum
				any = true
			}
		}
		if any && isUnsafe(rest, f.k) {
			f.y.hide(c)
			changed = true
		}
	}
	if changed {
		f.gather()
	}
	return changed
}

// foldTorn looks at the sets of cells of y that cells of x lie across.
func (f *fitting) foldTorn(hidden part) bool {
	var across []*group
	for _, g := range f.groups {
		if g.kind == torn && len(g.shown) > 0 {
			across = append(across, g)
		}
	}
	slices.SortFunc(across, func(a, b *group) int { return a.shown[0].rank - b.shown[0].rank })
	if len(across) > mostTorn {
		return f.hide(across[mostTorn])
	}
	var kinds []places
	for _, g := range across {
		kinds = append(kinds, g.places)
	}
	if hidden.places != nil && hidden.kind == torn {
		kinds = append(kinds, hidden.places)
	}
	for set := 1; set < 1<<len(kinds); set++ {
		union, rest := make(places, len(f.base)), int64(0)
		for i := range f.base {
			for n, kind := range kinds {
				union[i] = union[i] || set>>n&1 != 0 && kind[i]
			}
			if union[i] {
				rest += f.base[i]
			}
		}
		if hidden.places != nil && hidden.within(union) {
			rest -= hidden.n
		}
		for _, g := range f.groups {
			if g.kind != free && g.within(union) {
				rest -= g.sum
			}
		}
		i := slices.IndexFunc(across, func(g *group) bool { return g.within(union) })
		if isUnsafe(rest, f.k) && i >= 0 {
			return f.hide(across[i])
		}
	}
	return false
}

// isUnsafe reports whether a difference tells of a few visitor-days, or cannot be.
func isUnsafe(rest, k int64) bool { return rest < 0 || isFew(rest, k) }
