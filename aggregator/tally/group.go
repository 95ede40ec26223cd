package tally

import (
	"math/rand/v2"

	"oboro/aggregator/statistic"
	"oboro/collector/hit"
)

// A group is the statistics by nothing but the environment (the network is none of it), of one kind of hit and one
// first-seen set; those by the class of the network apart. What a hit adds is the same for each of them, and so is the cell
// of two hits of one environment: such hits are summed first, and the sums are spread
// over the cells of the statistics before these are looked at. So no cut holds a sum, and
// nothing is written that tells of two details together.
type group struct {
	set     int
	network bool // they are by the class of the network, which may be known later than the rest
	tables  []*table
	keep    measures // of all tables
	sums    []sum
	slots   []uint16 // places in sums, counted from 1, by their hash; 1<<bits of them, half of them free
	bits    int
	factor  uint64 // of the hash, odd and drawn at random: nobody can choose environments that share a slot
}

// A sum is what the hits of one site and environment came to since it was spread.
type sum struct {
	counts statistic.Counts
	env    hit.Packed
	site   hit.Site
}

const (
	fewestBits = 6
	mostSums   = 1 << 13 // of a group: beyond, they are spread and forgotten
)

// group puts a table beside those that it is counted with.
func (t *Tally) group(of hit.Kind, own *table) {
	for _, g := range t.groups[of] {
		if g.set == own.set && g.network == own.network {
			g.tables = append(g.tables, own)
			g.keep = union(g.keep, own.keep)
			return
		}
	}
	t.groups[of] = append(t.groups[of], &group{
		set: own.set, network: own.network, tables: []*table{own}, keep: own.keep,
		slots: make([]uint16, 1<<fewestBits), bits: fewestBits, factor: rand.Uint64() | 1,
	})
}

func union(a, b measures) measures {
	var keep [statistic.Measures]bool
	for _, list := range [][]statistic.Measure{a.list, b.list} {
		for _, m := range list {
			keep[m] = true
		}
	}
	return measuresOf(keep)
}

// sumOf returns the counts of the site and environment of a hit.
func (t *Tally) sumOf(g *group, h *hit.Hit) *statistic.Counts {
	at := g.slot(h.Env, h.Site)
	for ; g.slots[at] != 0; at = g.after(at) {
		if s := &g.sums[g.slots[at]-1]; s.env == h.Env && s.site == h.Site {
			return &s.counts
		}
	}
	if len(g.sums) == mostSums {
		t.spread(g)
		g.forget()
		at = g.slot(h.Env, h.Site)
	}
	g.sums = append(g.sums, sum{env: h.Env, site: h.Site})
	g.slots[at] = uint16(len(g.sums))
	if 2*len(g.sums) > len(g.slots) {
		g.grow()
	}
	return &g.sums[len(g.sums)-1].counts
}

// slot returns the first slot to look at.
func (g *group) slot(env hit.Packed, site hit.Site) int {
	return int((env.Word() ^ uint64(site)<<48) * g.factor >> (64 - g.bits))
}

func (g *group) after(slot int) int { return (slot + 1) & (len(g.slots) - 1) }

func (g *group) grow() {
	g.bits++
	g.slots = make([]uint16, 1<<g.bits)
	for i := range g.sums {
		at := g.slot(g.sums[i].env, g.sums[i].site)
		for g.slots[at] != 0 {
			at = g.after(at)
		}
		g.slots[at] = uint16(i + 1)
	}
}

// forget forgets all sums, which are spread.
func (g *group) forget() {
	clear(g.sums)
	g.sums = g.sums[:0]
	clear(g.slots)
}

// spread adds the sums of a group to the cells that they belong to.
func (t *Tally) spread(g *group) {
	for i := range g.sums {
		s := &g.sums[i]
		if s.counts.IsZero() {
			continue
		}
		env := s.env.Unpack()
		for _, own := range g.tables {
			t.add(t.place(own, s.site, t.values.code(own, &env, 0), s.env), own, &s.counts)
		}
		s.counts = statistic.Counts{}
	}
}

func (t *Tally) spreadAll() {
	for _, groups := range t.groups {
		for _, g := range groups {
			t.spread(g)
		}
	}
}
