package public

// A span is the range of a published figure: the true count is in it with a
// probability of 95 %. Both ends are in it.
type span struct{ low, high int64 }

// above reports whether all of a lies above all of b. Ranges that touch do not.
func (a span) above(b span) bool { return a.low > b.high }

// A band is the ranks that a figure may have, from the best to the worst.
type band struct{ best, worst int }

// alone reports whether the figure has one rank for itself.
func (b band) alone() bool { return b.best == b.worst }

// bands returns the ranks that figures may have among each other. A figure stands
// behind those whose ranges lie above its own, and before those whose ranges lie
// below; which of two overlapping ones is larger, nobody can tell, so they share
// ranks. The published value, somewhere within its range, decides nothing.
func bands(spans []span) []band {
	list := make([]band, len(spans))
	for i, own := range spans {
		list[i] = band{1, len(spans)}
		for _, other := range spans {
			if other.above(own) {
				list[i].best++
			}
			if own.above(other) {
				list[i].worst--
			}
		}
	}
	return list
}
