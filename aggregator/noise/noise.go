// Package noise draws integers from the exact discrete Gaussian distribution.
//
// It follows section 5 of the project's reference on disclosure control: the
// sampler of Canonne, Kamath and Steinke (arXiv 2004.00010), in integers alone.
// There is no floating point, no clock and no source of randomness of its own
// here, because each of them has leaked the true count elsewhere: the caller
// hands over the reader, the variance is a ratio, and every comparison is exact.
// A test reads the syntax tree of the package and refuses anything else.
//
// Nothing here knows what is counted, and nothing is remembered. That a count is
// drawn once is the business of package ledger.
package noise

import (
	"errors"
	"fmt"
	"io"
	"math/bits"
)

// ErrVariance says that a variance cannot be drawn: it is zero or no number at
// all, or so large that the arithmetic would not fit 64 bits.
var ErrVariance = errors.New("variance outside the sampler's range")

// A Gaussian is the distribution with P(x) proportional to
// exp(-x^2 den / (2 num)) over the integers. The zero Gaussian draws nothing.
type Gaussian struct {
	num, den uint64 // the variance, reduced
	t        uint64 // scale of the candidates: floor(sqrt(num/den)) + 1
	q        uint64 // 2 num den t^2, what the exponent of acceptance is divided by
}

// New returns the distribution of variance num/den. It refuses a variance of
// zero, which would be no noise, and one whose arithmetic would overflow (for
// den = 1 that begins near 3e9).
func New(num, den uint64) (Gaussian, error) {
	if num == 0 || den == 0 {
		return Gaussian{}, fmt.Errorf("discrete Gaussian of variance %d/%d: %w", num, den, ErrVariance)
	}
	d := divisor(num, den)
	g := Gaussian{num: num / d, den: den / d}
	g.t = root(g.num/g.den) + 1
	q, ok := product(2, g.num, g.den, g.t, g.t)
	if !ok {
		return Gaussian{}, fmt.Errorf("discrete Gaussian of variance %d/%d: %w", num, den, ErrVariance)
	}
	g.q = q
	return g, nil
}

// Draw returns one value, or an error and no value where the reader fails: there
// is no other source to fall back on. Each random word is the next 8 bytes of
// random, little-endian, and none is read ahead; a caller who draws many values
// may hand over a bufio.Reader, which changes nothing but the speed.
func (g Gaussian) Draw(random io.Reader) (int64, error) {
	if g.q == 0 {
		return 0, fmt.Errorf("draw from a Gaussian that New did not make: %w", ErrVariance)
	}
	s := source{random: random}
	for {
		y := s.laplace(g.t)
		if s.err != nil {
			return 0, fmt.Errorf("draw noise: %w", s.err)
		}
		accepted := g.accepts(&s, y)
		if s.err != nil {
			return 0, fmt.Errorf("draw noise: %w", s.err)
		}
		if accepted {
			return y, nil
		}
	}
}

// accepts decides on the candidate y with probability exp(-d^2/q), where
// d = ||y| t den - num|. A candidate so far out that d^2/q does not fit 64 bits
// is rejected; its probability is below e^-100.
func (g Gaussian) accepts(s *source, y int64) bool {
	far, ok := product(magnitude(y), g.t, g.den)
	if !ok {
		return false
	}
	d := far - g.num
	if far < g.num {
		d = g.num - far
	}
	hi, lo := bits.Mul64(d, d)
	if hi >= g.q {
		return false
	}
	whole, rest := bits.Div64(hi, lo, g.q)
	for ; whole > 0; whole-- {
		if !s.coin(1, 1) {
			return false
		}
	}
	return s.coin(rest, g.q)
}

// product returns the product of the factors and whether it fits 64 bits.
func product(factors ...uint64) (uint64, bool) {
	p := uint64(1)
	for _, f := range factors {
		hi, lo := bits.Mul64(p, f)
		if hi != 0 {
			return 0, false
		}
		p = lo
	}
	return p, true
}

// divisor returns the greatest common divisor of a and b.
func divisor(a, b uint64) uint64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// root returns the largest r with r*r <= n, bit by bit from the top.
func root(n uint64) uint64 {
	var r uint64
	for bit := uint64(1) << 31; bit > 0; bit >>= 1 {
		if next := r + bit; next*next <= n {
			r = next
		}
	}
	return r
}

// magnitude returns |y|.
func magnitude(y int64) uint64 {
	if y < 0 {
		return -uint64(y)
	}
	return uint64(y)
}
