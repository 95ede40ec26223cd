package ledger

import (
	"errors"
	"fmt"
	"math/big"
)

// largest is the largest whole number of a record. Readers whose numbers are
// doubles (RFC 8785 demands no more) still read it exactly.
const largest = 1<<53 - 1

// errRatio says that a ratio does not fit a record.
var errRatio = errors.New("a ratio needs whole numbers from 0 to 2^53-1 over numbers from 1")

// A Ratio is an exact number that is not negative. Records hold it reduced.
type Ratio struct {
	Den uint64 `json:"den"`
	Num uint64 `json:"num"`
}

// Budget returns what all published figures together may spend on one visitor-day
// of a site: rho 3/100 in zero-concentrated differential privacy.
func Budget() Ratio { return Ratio{Num: 3, Den: 100} }

// RatioOf returns x as a Ratio.
func RatioOf(x *big.Rat) (Ratio, error) {
	if x.Sign() < 0 || !x.Num().IsUint64() || !x.Denom().IsUint64() {
		return Ratio{}, errRatio
	}
	r := Ratio{Num: x.Num().Uint64(), Den: x.Denom().Uint64()}
	if r.Num > largest || r.Den > largest {
		return Ratio{}, errRatio
	}
	return r, nil
}

// Rat returns the ratio as a number to reckon with. The zero Ratio is 0.
func (r Ratio) Rat() *big.Rat {
	if r.Den == 0 {
		return new(big.Rat)
	}
	return new(big.Rat).SetFrac(new(big.Int).SetUint64(r.Num), new(big.Int).SetUint64(r.Den))
}

// String returns the ratio as "1000/3".
func (r Ratio) String() string { return fmt.Sprintf("%d/%d", r.Num, r.Den) }
