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
	unlisted bool     // x has a cell of labels without a name, which may lie anywhere
	hiddenY  []string // keys of y that are not shown now
}

func fit(p pair, x, y *table, kin Kin) *fitting {
	unlisted := slices.ContainsFunc(x.all, func(c store.Cell) bool { return c.Keys[0] == statistic.Unlisted && !c.Counts.IsZero() })
	return &fitting{pair: p, x: x, y: y, k: max(x.k, y.k), meets: p.meets(kin), unlisted: unlisted}
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

// A part is a cell of x that is shown, or all that are hidden, without a cell; and where
// it may lie.
type part struct {
	*cell
	places
	n    int64 // its visitor-days
	kind reach
}

// A reach says in how many cells of y a part may lie.
type reach int

const (
	whole reach = iota // in one
	torn               // in some
	free               // in all: nothing is known of it
)

// mostTorn is how many kinds of torn cells are looked at. The built-in pairs have at most
// three.
const mostTorn = 6

// fold hides a cell of x, if one is to be hidden. The cells of x that can only lie in
// a set of cells of y are taken off that set; what is left is nobody, or at least k. Sets
// are each cell of y by itself, and all that cells of x lie across together: a part that
// is known of any other set is a sum of these.
func (f *fitting) fold() bool {
	if f.x.closed || f.y.closed || len(f.y.all) == 0 {
		return false
	}
	base := []int64{f.y.hidden[statistic.Visitors]}
	for _, c := range f.y.shown() {
		base = append(base, c.visitors())
	}
	f.hiddenY = f.hiddenY[:0]
	for i := range f.y.all {
		if c := &f.y.all[i]; !c.Counts.IsZero() && !f.y.shows(c.Keys[0]) {
			f.hiddenY = append(f.hiddenY, c.Keys[0])
		}
	}
	var parts []part
	for _, c := range f.x.shown() {
		p := part{cell: c, places: f.placesOf(c.Keys[0]), n: c.visitors()}
		switch n := p.count(); {
		case n == 0:
			if f.finer { // of something that y does not show
				continue
			}
			f.x.hide(c) // it may lie anywhere, and nobody can tell
			return true
		case n == 1:
			p.kind = whole
		case n == f.most(base) && !f.guessed:
			p.kind = free
		default:
			p.kind = torn
		}
		parts = append(parts, p)
	}
	if p, ok := f.hiddenOf(base); ok && !f.finer {
		parts = append(parts, p)
	}
	if f.finer {
		return f.foldFiner(base, parts)
	}
	return f.foldEach(base, parts) || f.foldTorn(base, parts)
}

// most returns in how many places something can lie.
func (f *fitting) most(base []int64) int {
	if f.y.merged == 0 {
		return len(base) - 1
	}
	return len(base)
}

// hiddenOf returns all that x hides, if something is known of where that may lie: who
// sees what is shown knows what is not.
func (f *fitting) hiddenOf(base []int64) (part, bool) {
	if f.x.merged == 0 || f.unlisted {
		return part{}, false
	}
	p := part{places: make(places, len(base)), n: f.x.hidden[statistic.Visitors], kind: torn}
	for i := range f.x.all {
		c := &f.x.all[i]
		if c.Counts.IsZero() || f.x.shows(c.Keys[0]) {
			continue
		}
		of := f.placesOf(c.Keys[0])
		for i, in := range of {
			p.places[i] = p.places[i] || in
		}
		if of.count() == 0 || p.count() == f.most(base) {
			return part{}, false
		}
	}
	if p.count() == 1 {
		p.kind = whole
	}
	return p, true
}

func (f *fitting) placesOf(key string) places {
	p := places{slices.ContainsFunc(f.hiddenY, func(y string) bool { return f.meets(key, y) })}
	for _, y := range f.y.shown() {
		p = append(p, f.meets(key, y.Keys[0]))
	}
	return p
}

// foldEach looks at each cell of y by itself. What lies across several tells most, and
// goes first.
func (f *fitting) foldEach(base []int64, parts []part) bool {
	for i, rest := range base {
		var in [free + 1][]*cell
		for _, p := range parts {
			if !p.places[i] {
				continue
			}
			if p.kind == whole || p.kind == torn && p.cell != nil && f.guessed && p.n <= base[i] {
				rest -= p.n
			}
			if p.cell != nil {
				in[p.kind] = append(in[p.kind], p.cell)
			}
		}
		if list := slices.Concat(in[torn], in[whole], in[free]); isUnsafe(rest, f.k) && len(list) > 0 {
			f.x.hide(list[0])
			return true
		}
	}
	return false
}

// foldFiner looks at each cell of y that is shown, and hides that one.
func (f *fitting) foldFiner(base []int64, parts []part) bool {
	for i, c := range f.y.shown() {
		rest, any := base[i+1], false
		for _, p := range parts {
			if p.kind == whole && p.places[i+1] {
				rest -= p.n
				any = true
			}
		}
		if any && isUnsafe(rest, f.k) {
			f.y.hide(c)
			return true
		}
	}
	return false
}

// foldTorn looks at the sets of cells of y that cells of x lie across.
func (f *fitting) foldTorn(base []int64, parts []part) bool {
	var kinds []places
	for _, p := range parts {
		if p.kind != torn || slices.ContainsFunc(kinds, func(q places) bool { return slices.Equal(p.places, q) }) {
			continue
		}
		if kinds = append(kinds, p.places); len(kinds) > mostTorn && p.cell != nil {
			f.x.hide(p.cell)
			return true
		}
	}
	for set := 1; set < 1<<len(kinds); set++ {
		union, rest := make(places, len(base)), int64(0)
		for i := range base {
			for n, kind := range kinds {
				union[i] = union[i] || set>>n&1 != 0 && kind[i]
			}
			if union[i] {
				rest += base[i]
			}
		}
		var smallest *cell
		for _, p := range parts {
			if p.kind == free || !p.within(union) {
				continue
			}
			rest -= p.n
			if smallest == nil && p.kind == torn && p.cell != nil {
				smallest = p.cell
			}
		}
		if isUnsafe(rest, f.k) && smallest != nil {
			f.x.hide(smallest)
			return true
		}
	}
	return false
}

// isUnsafe reports whether a difference tells of a few visitor-days, or cannot be.
func isUnsafe(rest, k int64) bool { return rest < 0 || isFew(rest, k) }
