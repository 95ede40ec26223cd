package noise

import (
	"encoding/binary"
	"errors"
	"io"
	"math/bits"
)

// ErrStuck says that the reader gives words that no random source gives. A
// draw takes some 17 words; a source of zeros alone would keep it for ever.
var ErrStuck = errors.New("the source of randomness repeats itself")

// mostWords is far above what one draw takes: with true randomness more are
// needed with a probability below e^-1000.
const mostWords = 1 << 16

// A source serves one draw with random words. Its first error stays, and ends
// every loop of the draw; what is returned beside it means nothing.
type source struct {
	random io.Reader
	words  int
	err    error
	word   [8]byte
}

// next returns the next word.
func (s *source) next() uint64 {
	if s.err != nil {
		return 0
	}
	if s.words++; s.words > mostWords {
		s.err = ErrStuck
		return 0
	}
	if _, err := io.ReadFull(s.random, s.word[:]); err != nil {
		s.err = err
		return 0
	}
	return binary.LittleEndian.Uint64(s.word[:])
}

// below returns a value uniform in [0,n), n >= 1, without bias (Lemire).
func (s *source) below(n uint64) uint64 {
	for {
		hi, lo := bits.Mul64(s.next(), n)
		if s.err != nil || lo >= n || lo >= -n%n { // -n%n is 2^64 mod n
			return hi
		}
	}
}

// coin returns true with probability exp(-a/b), 0 <= a <= b.
func (s *source) coin(a, b uint64) bool {
	for k := uint64(1); ; k++ {
		if s.err != nil {
			return false
		}
		if s.below(b) >= a || k > 1 && s.below(k) != 0 {
			return k%2 == 1
		}
	}
}

// laplace returns y with a probability proportional to exp(-|y|/t).
func (s *source) laplace(t uint64) int64 {
	for s.err == nil {
		u := s.below(t)
		if !s.coin(u, t) {
			continue
		}
		var v uint64
		for s.coin(1, 1) {
			v++
		}
		y := int64(u + t*v) // t < 2^32 and v < mostWords
		negative := s.below(2) == 1
		if negative && y == 0 {
			continue // or zero would count twice
		}
		if negative {
			return -y
		}
		return y
	}
	return 0
}
