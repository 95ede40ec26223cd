package visitors

import (
	"math"

	"oboro/collector/hit"
)

// state is the slot of one visitor-day: 40 bytes, without pointers, so that the
// garbage collector never looks into them.
type state struct {
	mark   uint64
	env    hit.Packed // that of the first hit
	firsts uint64     // what the sets know of the visitor: see field
	last   second     // of its latest hit
	page   label      // of its latest view
	source label      // of the visit under way
	hour   hit.Hour
	views  uint8 // of the visit under way: none, one, or two for more; or alone
	visits uint8 // begun today, saturating

	channel hit.Channel // of the visit under way
}

// alone stands for one view that is all of a visitor-day so far, as that of most is to its
// end. What it is seen with stands in no set yet: see Table.enrol.
const alone = 3

// A second is a time of the day, counted from its beginning in UTC. A time of
// another century counts as the end of this one's range.
type second int32

func (t *Table) second(at int64) second {
	return second(min(max(at-int64(t.day)*86400, math.MinInt32), math.MaxInt32))
}

// crowd holds the visitor-days in the order in which they came. They stay where
// they are when it grows.
type crowd struct {
	marks  words // of each visitor: 40 bits of the mixed mark, 24 of its number and one
	chunks []*[perChunk]state
	more   [][]uint64 // beside the chunks: what the sets know that is too much for firsts
	extra  int        // words of more that a visitor has
	n      uint32
}

const (
	perChunk     = 1 << 10
	visitorBits  = 24
	mostVisitors = 1<<visitorBits - 1
)

func (c *crowd) at(visitor uint32) *state {
	return &c.chunks[visitor/perChunk][visitor%perChunk]
}

// firsts returns a word of what the sets know of a visitor.
func (c *crowd) firsts(visitor uint32, word uint8) *uint64 {
	if word == 0 {
		return &c.at(visitor).firsts
	}
	return &c.more[visitor/perChunk][int(visitor%perChunk)*c.extra+int(word)-1]
}

// find returns the number of the visitor with that mark, if there is one.
func (c *crowd) find(mark uint64) (visitor uint32, known bool) {
	word := c.marks.mix(mark)
	shard := c.marks.shard(word)
	if shard.used == 0 {
		return 0, false
	}
	head := word >> visitorBits
	for i := shard.search(head<<visitorBits | 1); shard.slots[i]>>visitorBits == head && shard.slots[i] != 0; i++ {
		visitor = uint32(shard.slots[i]&mostVisitors) - 1
		if c.at(visitor).mark == mark {
			return visitor, true
		}
	}
	return 0, false
}

// add takes in a visitor whose mark is not there. There must be room.
func (c *crowd) add(first state) (visitor uint32) {
	visitor = c.n
	if int(visitor/perChunk) == len(c.chunks) {
		c.chunks = append(c.chunks, new([perChunk]state))
		c.more = append(c.more, make([]uint64, perChunk*c.extra))
	}
	*c.at(visitor) = first
	word := c.marks.mix(first.mark)&^mostVisitors | uint64(visitor+1)
	shard := c.marks.shard(word)
	shard.insert(shard.search(word), word)
	c.n++
	return visitor
}

// clear overwrites and forgets all visitors.
func (c *crowd) clear() {
	for i := range c.chunks {
		clear(c.chunks[i][:])
		clear(c.more[i])
	}
	c.marks.clear()
	c.n = 0
}
