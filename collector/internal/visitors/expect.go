package visitors

import (
	"oboro/collector/hit"
	"oboro/internal/prefetch"
)

// Expect has what sightings need on its way from memory, some while before each is added:
// where the visitor is found, what is known of it, and the places in the sets that it comes
// to. It asks for each of these of all sightings before it looks at the first.
func (t *Table) Expect(list []*Sighting) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, s := range list {
		t.crowd.marks.near(t.crowd.marks.mix(s.Visitor.Word()))
	}
	for _, s := range list {
		t.crowd.near(s.Visitor.Word())
	}
	for _, s := range list {
		if visitor, known := t.crowd.find(s.Visitor.Word()); known {
			t.nearSets(visitor, s)
		}
	}
}

// near asks for the state of the visitor that probably has that mark.
func (c *crowd) near(mark uint64) {
	word := c.marks.mix(mark)
	shard := c.marks.shard(word)
	if shard.used == 0 {
		return
	}
	head := word >> visitorBits
	found := shard.slots[shard.search(head<<visitorBits|1)]
	if found == 0 || found>>visitorBits != head {
		return
	}
	visitor := uint32(found&mostVisitors) - 1
	prefetch.Start(c.at(visitor))
	if c.extra > 0 {
		prefetch.Start(c.firsts(visitor, 1))
	}
}

// nearSets asks for the places in the sets that firsts, and enrol before it, come to.
func (t *Table) nearSets(visitor uint32, s *Sighting) {
	v := t.crowd.at(visitor)
	now := place{hour: min(s.Hour, hours-1), page: label(t.labels.recent.Find(s.Page, s.Site, s.Kind)), source: v.source}
	before := place{hour: v.hour, page: v.page, source: v.source}
	rules := t.rules.of[s.Kind]
	for i := range rules {
		r := &rules[i]
		if !r.page && !r.source {
			continue
		}
		if now.page != unseen {
			t.members.near(t.members.mix(r.member(visitor, &now)))
		}
		if v.views == alone && s.Kind == hit.View {
			t.members.near(t.members.mix(r.member(visitor, &before)))
		}
	}
}

// near asks for the place of a word, so that it is on its way from memory while the
// caller does something else.
func (w *words) near(word uint64) {
	if s := w.shard(word); s.slots != nil {
		prefetch.Start(&s.slots[s.place(word)])
	}
}
