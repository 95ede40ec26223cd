package notice

import (
	"math"
	"math/big"
	"strconv"
	"strings"

	"oboro/aggregator/release"
	"oboro/aggregator/statistic"
)

// spent returns what all published figures of a site spend on one visitor-day, as the
// statistics in force declare it.
func spent(list []*statistic.Statistic) *big.Rat {
	rho := new(big.Rat)
	for _, st := range list {
		for _, p := range st.Published {
			rho.Add(rho, p.Rho())
		}
	}
	return rho
}

func times(rho *big.Rat, n int64) *big.Rat { return new(big.Rat).Mul(rho, big.NewRat(n, 1)) }

// What is promised is rounded up: it may say less than what is kept, never more.

// percent returns how often the best guess is right, in whole percents.
func percent(rho *big.Rat) string {
	return strconv.Itoa(int(math.Ceil(release.Accuracy(rho) * 100)))
}

// two writes x with two decimals.
func two(x float64) string { return strconv.FormatFloat(math.Ceil(x*100)/100, 'f', 2, 64) }

// within returns what 95 % of noise of that variance is within.
func within(sigma2 *big.Rat) int64 {
	variance, _ := sigma2.Float64()
	return int64(math.Ceil(1.96 * math.Sqrt(variance)))
}

// decimal writes a budget with four decimals at most.
func decimal(r *big.Rat) string {
	scaled := times(r, 10000)
	whole, rest := new(big.Int).QuoRem(scaled.Num(), scaled.Denom(), new(big.Int))
	if rest.Sign() > 0 {
		whole.Add(whole, big.NewInt(1))
	}
	text := new(big.Rat).SetFrac(whole, big.NewInt(10000)).FloatString(4)
	return strings.TrimRight(strings.TrimRight(text, "0"), ".")
}
