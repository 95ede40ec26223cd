package public

import "math/big"

// Bands returns the best and the worst rank of each range.
func Bands(ranges [][2]int64) [][2]int {
	var spans []span
	for _, r := range ranges {
		spans = append(spans, span{r[0], r[1]})
	}
	var list [][2]int
	for _, b := range bands(spans) {
		list = append(list, [2]int{b.best, b.worst})
	}
	return list
}

// A Difference is what Between tells.
type Difference struct {
	Direction        string
	Value, Low, High int64
}

// Between compares two noisy counts by the variances of their noise.
func Between(before int64, beforeSigma2 *big.Rat, now int64, nowSigma2 *big.Rat) Difference {
	d := between(estimate{before, beforeSigma2}, estimate{now, nowSigma2})
	return Difference{[]string{"untold", "rose", "fell"}[d.direction], d.value, d.low, d.high}
}
