package collector

import (
	"time"

	"oboro/collector/hit"
	"oboro/collector/internal/visitors"
)

// window is how far back in time a line of a log may stand behind another.
const window = 10 * time.Minute

// back is the window in seconds, and ring a power of two that is greater.
const (
	back = int64(window / time.Second)
	ring = 1024
)

// A queue puts sightings in order of time, and those of one second in the order they
// came in. It has a list for each second of the window. What it hands on it hands on
// several at once, so that whoever takes them can have memory on its way for all of them.
type queue struct {
	first, last [ring]uint32     // of the list of a second, in entries; 0 is none
	entries     []entry          // from 1 on
	free        uint32           // a list of entries that are not in use
	due         [together]uint32 // entries whose turn it is
	n           int              // of due
	latest      int64            // the latest second that was seen
	waiting     int
}

// together is how many sightings are handed on at once.
const together = 16

// A handler takes sightings in their turn. They are valid until it returns.
type handler func([]*entry)

// An entry is a sighting that waits for its turn.
type entry struct {
	sighting visitors.Sighting
	table    *visitors.Table // of its day
	next     uint32
}

// blank returns a sighting to fill and push. It is the same until it is pushed.
func (q *queue) blank() *visitors.Sighting {
	if q.free == 0 {
		if len(q.entries) == 0 {
			q.entries = make([]entry, 1, 256)
		}
		q.free = uint32(len(q.entries))
		q.entries = append(q.entries, entry{})
	}
	return &q.entries[q.free].sighting
}

// push takes the blank sighting and hands on all that no later one can come before. What
// it hands on is valid until hand returns.
func (q *queue) push(table *visitors.Table, hand handler) {
	i := q.free
	e := &q.entries[i]
	at := e.sighting.At
	q.free, e.next, e.table = e.next, 0, table
	if at > q.latest {
		oldest, end := q.latest-back, min(at-back, q.latest+1)
		for second := oldest; q.waiting > 0 && second < end; second++ {
			q.pass(second, hand)
		}
		q.latest = at
	}
	q.waiting++
	if at < q.latest-back {
		q.hand(i, hand)
		return
	}
	q.append(i, at)
}

// append adds an entry to the list of a second.
func (q *queue) append(i uint32, at int64) {
	slot := at & (ring - 1)
	if q.last[slot] == 0 {
		q.first[slot] = i
	} else {
		q.entries[q.last[slot]].next = i
	}
	q.last[slot] = i
}

// pass has what waits of a second handed on.
func (q *queue) pass(at int64, hand handler) {
	slot := at & (ring - 1)
	i := q.first[slot]
	q.first[slot], q.last[slot] = 0, 0
	for i != 0 {
		i = q.hand(i, hand)
	}
}

// hand has an entry handed on, and returns the next of its list.
func (q *queue) hand(i uint32, hand handler) (next uint32) {
	next = q.entries[i].next
	q.due[q.n] = i
	if q.n++; q.n == len(q.due) {
		q.flush(hand)
	}
	return next
}

// flush hands on what is due, and frees it.
func (q *queue) flush(hand handler) {
	var list [together]*entry
	for at, i := range q.due[:q.n] {
		list[at] = &q.entries[i]
	}
	hand(list[:q.n])
	for _, i := range q.due[:q.n] {
		q.entries[i] = entry{next: q.free}
		q.free = i
	}
	q.waiting -= q.n
	q.n = 0
}

// settle hands on all that waits of a day, and lets the rest wait on.
func (q *queue) settle(day hit.Day, handOn handler) {
	for at := q.latest - back; q.waiting > 0 && at <= q.latest; at++ {
		slot := at & (ring - 1)
		i := q.first[slot]
		q.first[slot], q.last[slot] = 0, 0
		for i != 0 {
			if q.entries[i].table.Day() == day {
				i = q.hand(i, handOn)
				continue
			}
			next := q.entries[i].next
			q.entries[i].next = 0
			q.append(i, at)
			i = next
		}
	}
	q.flush(handOn)
}
