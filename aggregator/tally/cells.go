package tally

import (
	"oboro/aggregator/statistic"
	"oboro/collector/hit"
)

// A cell is one combination of statistic, site and value. It holds no pointer.
type cell struct {
	counts  statistic.Counts // since the last cut; of a label that is held, of the whole day
	value   uint32           // a label if named, else a code
	settled uint32           // visitor-days of the day until the last cut
	second  uint32           // of a crossed statistic, the code of its second dimension
	table   uint16
	site    hit.Site
	named   bool
	changed bool // since the last cut
}

// meeting is how many visitor-days must have stood in a cell for the day to count in
// statistic.Met. Where several collectors count a day, each looks at its own.
const meeting = 3

// met returns what the changes of a cell add to statistic.Met: the day, where there are
// enough visitor-days with them and were not before; or less, where a label has taken its own.
func (c *cell) met() int64 {
	before, now := c.settled >= meeting, int64(c.settled)+c.counts[statistic.Visitors] >= meeting
	switch {
	case now && !before:
		return 1
	case before && !now:
		return -1
	}
	return 0
}

// cells holds the cells of the day, which stay where they are when it grows.
type cells struct {
	chunks []*[perChunk]cell
	n      uint32
}

const perChunk = 1 << 8

// newCells returns cells of which the first, number 0, stands for none.
func newCells() cells { return cells{chunks: []*[perChunk]cell{new([perChunk]cell)}, n: 1} }

func (c *cells) at(index uint32) *cell { return &c.chunks[index/perChunk][index%perChunk] }

func (c *cells) add(first cell) (index uint32) {
	index = c.n
	if index/perChunk == uint32(len(c.chunks)) {
		c.chunks = append(c.chunks, new([perChunk]cell))
	}
	*c.at(index) = first
	c.n++
	return index
}

// forget forgets all cells, whose memory it keeps.
func (c *cells) forget() {
	for _, chunk := range c.chunks {
		*chunk = [perChunk]cell{}
	}
	c.n = 1
}
