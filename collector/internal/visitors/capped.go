package visitors

import "oboro/collector/hit"

// What is published rests on how much one visitor-day can add. Here is what keeps it to
// that beside the caps of the sets: exactly, and by what the visitor-day itself has sent.

// inHour reports whether the visit that a step begins is within those that count under one
// label of an hour, and notes it. Two visits begin more than 30 minutes apart, so that an
// hour has two at the most, unless a clock is set back, by the calendar or by somebody.
//
// Noted are the label of the latest visit that counted, and how many did under it. So a
// label to which the clock goes back from a later one has no further ones: visits are left
// out rather than counted too often.
func (t *Table) inHour(v *state, p *step) bool {
	f := t.rules.begun
	if f.width == 0 {
		return true
	}
	word := &v.firsts
	if f.word > 0 {
		word = t.crowd.firsts(p.visitor, f.word)
	}
	noted := f.read(*word)
	label, n := hit.Hour(noted&(1<<hourBits-1)), uint8(noted>>hourBits)
	switch {
	case n > 0 && p.hour < label, p.hour == label && n >= t.plan.PerHour:
		return false
	case p.hour > label:
		n = 0
	}
	*word = f.write(*word, uint64(n+1)<<hourBits|uint64(p.hour))
	return true
}

// inViews reports whether a view is within those that count: the first ones of each of the
// first pages. The first of all stands in no set before the visitor is enrolled.
//
// Members have beside the page how many views of it came before, where sets by hour have
// the hour, which is less.
func (t *Table) inViews(p *step) bool {
	r := &t.rules.views
	word := t.crowd.firsts(p.visitor, r.field.word)
	if !p.known {
		*word += r.field.one()
		return true
	}
	at := place{hour: hours, page: p.page}
	if r.field.read(*word) >= uint64(r.cap) {
		if !t.members.has(r.member(p.visitor, &at)) {
			return false
		}
	} else if t.members.add(r.member(p.visitor, &at)) {
		*word += r.field.one()
		return true
	}
	for range t.plan.Views - 1 {
		at.hour++
		if t.members.add(r.member(p.visitor, &at)) {
			return true
		}
	}
	return false
}
