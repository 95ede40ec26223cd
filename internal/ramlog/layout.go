package ramlog

import "fmt"

// Layout is how a log divides its limit. The zero Layout chooses by the limit.
type Layout struct {
	// Segment is the size of one segment, from 8 KiB to 8 MiB; by default a
	// sixteenth of the limit, within 64 KiB and 4 MiB.
	Segment int64
	// Reserve is how much of the limit Append leaves to the records that Reset
	// keeps; by default an eighth, and never less than one segment. That one
	// segment is allocated ahead. The rest is left to others until then.
	Reserve int64
}

const (
	leastSegment = 8 << 10
	mostSegment  = 8 << 20 // so that a length never fills 24 bits: see frame.go
)

// fit returns y with its defaults filled in.
func (y Layout) fit(limit int64) (Layout, error) {
	if y.Segment == 0 {
		y.Segment = min(max(limit/16, 64<<10), 4<<20) &^ 4095
	}
	if y.Reserve == 0 {
		y.Reserve = limit / 8
	}
	y.Reserve = max(y.Reserve, y.Segment)
	if y.Segment < leastSegment || y.Segment > mostSegment || y.Segment%frameAlign != 0 {
		return y, fmt.Errorf("a segment of the RAM log cannot have %d bytes", y.Segment)
	}
	if least := y.Reserve + 2*y.Segment; limit < least {
		return y, fmt.Errorf("%d bytes are too few for the RAM log; it needs %d", limit, least)
	}
	return y, nil
}
