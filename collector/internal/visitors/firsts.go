package visitors

import (
	"math/bits"

	"oboro/collector/hit"
)

// A rule is a set of the plan, made ready. A set without values is one bit of the
// visitor, a set by hour 24 of them. Of another set the members of all visitors
// stand together, and the visitor's bits count how many it has added to reach.
type rule struct {
	set    uint8
	bit    uint32 // of the set, in a hit
	hourly bool   // by hour, alone or with a label
	page   bool
	source bool
	cap    uint8
	field  field
}

// rules are those of a plan: by the kind of hit that they look at, but for the sets of
// pairs of pages, which look at views that go onward. Of these, page is the pair.
type rules struct {
	of     [hit.Kinds][]rule
	onward []rule
	domain field // of the label of the visitor's network, where some statistic asks for it
}

// A field is a place in the words of firsts: width bits from shift on.
type field struct{ word, shift, width uint8 }

const hours = 24

// rulesOf returns the rules of a plan, and how many words beyond the first their
// fields take.
func rulesOf(plan hit.Plan) (all rules, extra int) {
	var taken words64
	for i, set := range plan.Sets[:min(len(plan.Sets), mostSets)] {
		r := rule{
			set: uint8(i), bit: 1 << i, cap: set.Cap,
			hourly: set.By.Has(hit.ByHour), page: set.By.Has(hit.ByPage), source: set.By.Has(hit.BySource),
		}
		switch {
		case r.page || r.source:
			r.field.width = uint8(bits.Len8(set.Cap))
		case r.hourly:
			r.field.width = hours
		default:
			r.field.width = 1
		}
		r.field = taken.take(r.field.width)
		if set.By.Has(hit.ByNext) {
			all.onward = append(all.onward, r)
		} else {
			all.of[set.Of] = append(all.of[set.Of], r)
		}
	}
	if plan.Computes.Has(hit.ByNetwork) {
		all.domain = taken.take(domainBits)
	}
	return all, max(len(taken), 1) - 1
}

// words64 says how many bits of each word are taken.
type words64 []int

// take takes the first place with room for a field of that width.
func (w *words64) take(width uint8) field {
	word := 0
	for word < len(*w) && (*w)[word]+int(width) > 64 {
		word++
	}
	if word == len(*w) {
		*w = append(*w, 0)
	}
	f := field{uint8(word), uint8((*w)[word]), width}
	(*w)[word] += int(width)
	return f
}

// read returns the field's bits. (What is no more than 63 is told to the compiler.)
func (f field) read(word uint64) uint64 { return word >> (f.shift & 63) & (1<<(f.width&63) - 1) }

// one returns the least bit of the field.
func (f field) one() uint64 { return 1 << (f.shift & 63) }

// A place is the hour, page and source under which a hit counts in the sets.
type place struct {
	hour         hit.Hour
	page, source label
}

// first reports whether a visitor is there for the first time by the rule, and
// whether that is within the cap.
func (t *Table) first(visitor uint32, r *rule, at place) (seen, reach bool) {
	word := t.crowd.firsts(visitor, r.field.word)
	now := r.field.read(*word)
	switch {
	case r.page || r.source:
		if !t.members.add(r.member(visitor, at)) {
			return false, false
		}
		if now >= uint64(r.cap) {
			return true, false
		}
		*word += r.field.one()
		return true, true
	case r.hourly:
		bit := uint64(1) << (at.hour & 63)
		if now&bit != 0 {
			return false, false
		}
		*word |= bit << (r.field.shift & 63)
		return true, bits.OnesCount64(now) < int(r.cap)
	}
	*word |= r.field.one()
	return now == 0, now == 0 && r.cap > 0
}

// A member of a set is a number of 64 bits: visitor, set, hour and label side by
// side, so that no two are the same. What does not fit is refused before: further
// visitors by the admission cap, further labels as unlisted.
const (
	setBits    = 5
	hourBits   = 5
	labelBits  = 64 - visitorBits - setBits - hourBits
	mostSets   = 1 << setBits // a hit has bits for no more
	mostLabels = 1<<labelBits - 1
)

// member returns the member that a place is in the rule's set: never 0.
func (r *rule) member(visitor uint32, at place) uint64 {
	m := uint64(visitor) + 1
	m = m<<setBits | uint64(r.set)
	m <<= hourBits
	if r.hourly {
		m |= uint64(at.hour)
	}
	m <<= labelBits
	if r.page { // a statistic has one label at most
		m |= uint64(at.page)
	} else {
		m |= uint64(at.source)
	}
	return m
}

// same reports whether two places are one member of the rule's set.
func (r *rule) same(a, b place) bool {
	return (!r.hourly || a.hour == b.hour) && (!r.page || a.page == b.page) && (!r.source || a.source == b.source)
}
