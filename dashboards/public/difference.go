package public

import (
	"math/big"

	"oboro/aggregator/release"
)

// An estimate is a noisy count, as files have it: what was measured, and the
// variance of the noise in it.
type estimate struct {
	measured int64
	sigma2   *big.Rat
}

// A direction is what may be said of a change. The zero direction says nothing.
type direction int

const (
	untold direction = iota // no change can be told
	rose
	fell
)

// A difference is how far two estimates lie apart. The numbers are 0 where no
// change can be told.
type difference struct {
	direction        direction
	value, low, high int64 // how many more, or fewer
}

// The square of 1.96, of which a 95 % range has so many standard deviations.
var squared196 = big.NewRat(2401, 625)

// between returns the difference from before to now: rose or fell only where the
// 95 % range of the difference, whose variance is the sum of both, excludes 0. The
// decision is made in whole numbers. The range is printed in the unit that its
// noise leaves meaningful, or in a smaller one where that would not exclude 0.
func between(before, now estimate) difference {
	d := new(big.Int).Sub(big.NewInt(now.measured), big.NewInt(before.measured))
	sigma2 := new(big.Rat).Add(before.sigma2, now.sigma2)
	half2 := new(big.Rat).Mul(squared196, sigma2)
	if new(big.Rat).SetInt(new(big.Int).Mul(d, d)).Cmp(half2) <= 0 {
		return difference{}
	}
	found := difference{direction: rose, value: new(big.Int).Abs(d).Int64()}
	if d.Sign() < 0 {
		found.direction = fell
	}
	half := new(big.Int).Sqrt(new(big.Int).Quo(half2.Num(), half2.Denom())).Int64()
	found.low, found.high = found.value-half, found.value+half // low is at least 1
	unit := release.Unit(sigma2)
	for unit > found.low {
		unit /= 10
	}
	found.value = (found.value + unit/2) / unit * unit
	found.low, found.high = found.low/unit*unit, (found.high+unit-1)/unit*unit
	return found
}
