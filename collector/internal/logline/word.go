package logline

import (
	"encoding/binary"
	"math/bits"
)

// Eight bytes of a line are looked at together: as a number, whose lowest byte is
// the first of them.
const (
	every = 0x0101010101010101 // times a byte: that byte eight times
	tops  = 0x80 * every
)

// wordAt returns the eight bytes of line from i on.
func wordAt(line []byte, i int) uint64 { return binary.LittleEndian.Uint64(line[i:]) }

// marks marks the bytes of word that are sign: by their top bits. The lowest mark is
// right. One above it may also be of the byte sign^1.
func marks(word uint64, sign byte) uint64 {
	x := word ^ uint64(sign)*every
	return (x - every) &^ x & tops
}

// lowest returns which byte has the lowest of marks, of which there is one.
func lowest(marks uint64) int { return bits.TrailingZeros64(marks) / 8 }

// below masks what is lower than the lowest of marks.
func below(marks uint64) uint64 { return marks ^ (marks - 1) }
