package visitors

import (
	"encoding/binary"
	"math/bits"
)

// A sip is the state of SipHash-2-4 with an output of 128 bits, by Aumasson and
// Bernstein: four words, which stay in registers and on the stack.
type sip struct{ a, b, c, d uint64 }

// newSip begins under a key of 16 bytes.
func newSip(key []byte) sip {
	low, high := binary.LittleEndian.Uint64(key), binary.LittleEndian.Uint64(key[8:])
	return sip{
		low ^ 0x736f6d6570736575,
		high ^ 0x646f72616e646f6d ^ 0xee, // of the long output
		low ^ 0x6c7967656e657261,
		high ^ 0x7465646279746573,
	}
}

// word takes in eight bytes, by two rounds.
func (s sip) word(m uint64) sip {
	a, b, c, d := s.a, s.b, s.c, s.d^m
	a, b, c, d = halfRound(a, b, c, d, 13, 16)
	c, b, a, d = halfRound(c, b, a, d, 17, 21)
	a, b, c, d = halfRound(a, b, c, d, 13, 16)
	c, b, a, d = halfRound(c, b, a, d, 17, 21)
	return sip{a ^ m, b, c, d}
}

// halfRound is half a round. It is small enough to be inlined, which a round is not.
func halfRound(a, b, c, d uint64, first, second int) (uint64, uint64, uint64, uint64) {
	a, c = a+b, c+d
	b, d = bits.RotateLeft64(b, first)^a, bits.RotateLeft64(d, second)^c
	return bits.RotateLeft64(a, 32), b, c, d
}

// end takes in the text that ends a message, behind whole words of before bytes.
func (s sip) end(before int, text string) sip {
	length := uint64(before + len(text))
	for ; len(text) >= 8; text = text[8:] {
		t := text[:8]
		s = s.word(uint64(t[0]) | uint64(t[1])<<8 | uint64(t[2])<<16 | uint64(t[3])<<24 |
			uint64(t[4])<<32 | uint64(t[5])<<40 | uint64(t[6])<<48 | uint64(t[7])<<56)
	}
	last := length << 56
	for i := range len(text) {
		last |= uint64(text[i]) << (8 * i)
	}
	s = s.word(last)
	s.c ^= 0xee
	return s.word(0).word(0)
}

// half returns the first half of the hash of a message that has ended. The second, which
// nobody needs, would take two words more.
func (s sip) half() uint64 { return s.a ^ s.b ^ s.c ^ s.d }
