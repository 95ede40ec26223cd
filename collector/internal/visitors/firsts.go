package visitors

import (
	"math/bits"

	"oboro/collector/hit"
)

// A rule is a set of the plan, made ready. A set without values is one bit of the
// visitor, a set by hour 24 of them, one by channel as many as there may be channels. Of
// another set the members of all visitors stand together, and the visitor's bits count how many it has added to reach.
type rule struct {
	set    uint8
	bit    uint32 // of the set, in a hit
	hourly bool   // by hour, alone or with a label
	page   bool
	source bool
	cap    uint8
	field  field

	channel bool // and by nothing else
	tagged  bool // by the tag at place, and nothing else
	place   int
}

// rules are those of a plan: by the kind of hit that they look at, but for the sets of
// pairs of pages, which look at views that go onward. Of these, page is the pair.
type rules struct {
	of     [hit.Kinds][]rule
	onward []rule
	domain field // of the label of the visitor's network, where some statistic asks for it
	begun  field // of the latest visit that counts for publication, where the plan has PerHour: see Table.inHour
	views  rule  // of the views that count for publication; without a cap where nobody asks for them
}

// A field is a place in the words of firsts: width bits from shift on.
type field struct{ word, shift, width uint8 }

const hours = 24

// channels is how many bits the channels take, with some that are for channels to come.
const channels = 16

// rulesOf returns the rules of a plan, and how many words beyond the first their
// fields take.
func rulesOf(plan hit.Plan) (all rules, extra int) {
	var taken words64
	for i, set := range plan.Sets[:min(len(plan.Sets), mostSets)] {
		r := rule{
			set: uint8(i), bit: 1 << i, cap: set.Cap,
			hourly: set.By.Has(hit.ByHour), page: set.By.Has(hit.ByPage), source: set.By.Has(hit.BySource),
		}
		for by, place := range tagPlaces {
			if set.By.Has(by) {
				r.tagged, r.place = true, place
			}
		}
		r.channel = set.By.Has(hit.ByChannel)
		switch {
		case r.channel:
			r.field.width = channels
		case r.page || r.source || r.tagged:
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
	if plan.PerHour > 0 {
		all.begun = taken.take(hourBits + uint8(bits.Len8(plan.PerHour)))
	}
	if plan.Views > 0 {
		all.views = rule{hourly: true, page: true, cap: plan.Pages, field: taken.take(uint8(bits.Len8(plan.Pages)))}
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

// write returns the word with these bits in the field.
func (f field) write(word, bits uint64) uint64 {
	return word&^((1<<(f.width&63)-1)<<(f.shift&63)) | bits<<(f.shift&63)
}

// A place is the hour, page, source, channel and tags under which a hit counts in the sets.
type place struct {
	hour         hit.Hour
	channel      hit.Channel
	page, source label
	tags         tagWord
	alone        bool // it is that of the first view of a visitor-day
}

// firsts sets the bits of what this visitor-day is seen in for the first time. A
// further view of a visit that is where the one before it was is no first.
func (t *Table) firsts(v *state, p *step, tags tagWord, h *hit.Hit) {
	at := place{hour: p.hour, channel: v.channel, page: p.page, source: v.source, tags: tags, alone: !p.known && p.kind == hit.View}
	before := at
	before.hour, before.page = v.hour, v.page
	further := p.kind == hit.View && v.views > 0
	rules := t.rules.of[p.kind]
	for i := range rules {
		r := &rules[i]
		if further && r.same(&at, &before) {
			continue
		}
		t.mark(p.visitor, r, &at, h)
	}
	if p.pair == unseen {
		return
	}
	at.page = p.pair
	for i := range t.rules.onward {
		t.mark(p.visitor, &t.rules.onward[i], &at, h)
	}
}

// mark sets the bits of a hit by one rule.
func (t *Table) mark(visitor uint32, r *rule, at *place, h *hit.Hit) {
	if seen, reach := t.first(visitor, r, at); seen {
		h.Seen |= r.bit
		if reach {
			h.Reach |= r.bit
		}
	}
}

// first reports whether a visitor is there for the first time by the rule, and
// whether that is within the cap. Without a tag it is not looked at by tags.
func (t *Table) first(visitor uint32, r *rule, at *place) (seen, reach bool) {
	if r.tagged && at.tags.at(r.place) == 0 {
		return false, false
	}
	word := t.crowd.firsts(visitor, r.field.word)
	now := r.field.read(*word)
	switch {
	case r.page || r.source || r.tagged:
		if !at.alone && !t.members.add(r.member(visitor, at)) {
			return false, false
		}
		if now >= uint64(r.cap) {
			return true, false
		}
		*word += r.field.one()
		return true, true
	case r.hourly, r.channel:
		bit := uint64(1) << (at.hour & 63)
		if r.channel {
			bit = 1 << (at.channel & (channels - 1))
		}
		if now&bit != 0 {
			return false, false
		}
		*word |= bit << (r.field.shift & 63)
		return true, bits.OnesCount64(now) < int(r.cap)
	}
	*word |= r.field.one()
	return now == 0, now == 0 && r.cap > 0
}

// enrol puts into the sets what a visitor was seen with in its first view, now that it
// does something else. A set of which nobody asks twice need not be looked up, nor kept.
func (t *Table) enrol(visitor uint32, v *state) {
	v.views = 1
	at := place{hour: v.hour, channel: v.channel, page: v.page, source: v.source, tags: t.tagsOf(visitor)}
	rules := t.rules.of[hit.View]
	for i := range rules {
		r := &rules[i]
		if r.page || r.source || r.tagged && at.tags.at(r.place) != 0 {
			t.members.add(r.member(visitor, &at))
		}
	}
	if r := &t.rules.views; r.cap > 0 {
		at.hour = hours
		t.members.add(r.member(visitor, &at))
	}
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
	mostViews  = 1<<hourBits - hours // of a page: see Table.inViews
)

// member returns the member that a place is in the rule's set: never 0.
func (r *rule) member(visitor uint32, at *place) uint64 {
	m := uint64(visitor) + 1
	m = m<<setBits | uint64(r.set)
	m <<= hourBits
	if r.hourly {
		m |= uint64(at.hour)
	}
	m <<= labelBits
	switch { // a statistic has one label at most
	case r.page:
		m |= uint64(at.page)
	case r.tagged:
		m |= uint64(at.tags.at(r.place))
	default:
		m |= uint64(at.source)
	}
	return m
}

// same reports whether two places of one visit are one member of the rule's set.
func (r *rule) same(a, b *place) bool {
	return (!r.hourly || a.hour == b.hour) && (!r.page || a.page == b.page) && (!r.source || a.source == b.source)
}
