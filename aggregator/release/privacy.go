package release

import (
	"math"
	"math/big"
)

// Delta is the delta of every (epsilon, delta) that is stated.
const Delta = 1e-7

// Epsilon returns the epsilon that a budget of rho (zCDP) provably keeps at
// [Delta]: rho + 2 sqrt(rho ln(1/delta)).
func Epsilon(rho *big.Rat) float64 {
	r, _ := rho.Float64()
	root := float64(2 * math.Sqrt(float64(r*math.Log(1/Delta))))
	return r + root
}

// EpsilonExact returns the smallest epsilon that the Gaussian curve keeps at [Delta] for a
// budget of rho. It holds for the continuous Gaussian; for the variances that are drawn, the
// discrete one is numerically the same.
func EpsilonExact(rho *big.Rat) float64 {
	r, _ := rho.Float64()
	mu := math.Sqrt(2 * r)
	low, high := 0.0, Epsilon(rho) // there the curve is at most Delta
	for middle := high / 2; low < middle && middle < high; middle = (low + high) / 2 {
		if curve(mu, middle) > Delta {
			low = middle
		} else {
			high = middle
		}
	}
	return high
}

// curve returns the delta of a Gaussian with mean mu and variance 1 at epsilon:
// Phi(mu/2 - epsilon/mu) - e^epsilon Phi(-mu/2 - epsilon/mu).
func curve(mu, epsilon float64) float64 {
	phi := func(x float64) float64 { return math.Erfc(-x/math.Sqrt2) / 2 }
	return phi(mu/2-epsilon/mu) - float64(math.Exp(epsilon)*phi(-mu/2-epsilon/mu))
}

// Accuracy returns how often the best guess between two equally likely worlds is
// right where rho was spent on telling them apart: Phi(mu/2), mu = sqrt(2 rho).
// A coin is right half the time.
func Accuracy(rho *big.Rat) float64 {
	r, _ := rho.Float64()
	return (1 + math.Erf(math.Sqrt(2*r)/2/math.Sqrt2)) / 2
}

// Limit is the most that all published figures of a site may spend on one
// visitor-day.
func Limit() *big.Rat { return big.NewRat(3, 100) }

// upTo returns x rounded up to that many decimals: what is promised is never
// less than what is kept.
func upTo(decimals int, x float64) float64 {
	scale := math.Pow10(decimals)
	return math.Ceil(float64(x*scale)) / scale
}
