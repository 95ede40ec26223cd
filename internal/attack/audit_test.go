package attack

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestIntervals holds the bounds against known ones (Clopper and Pearson at 0.005 a side:
// of none in n, 1 - 0.005^(1/n); of the others, the sums of the binomial distribution).
// Seen to fail when the two sides are swapped, and when the fraction has one step less.
func TestIntervals(t *testing.T) {
	for _, n := range []int{50, 1000, 100_000} {
		if got, want := atMost(0, n), 1-math.Pow(confidence, 1/float64(n)); math.Abs(got-want) > 1e-9 {
			t.Errorf("none of %d: at most %g, want %g", n, got, want)
		}
	}
	for _, tt := range []struct{ seen, of int }{{1, 50}, {7, 50}, {25, 50}, {49, 50}, {300, 1000}} {
		low, high := atLeast(tt.seen, tt.of), atMost(tt.seen, tt.of)
		if tail := atLeastSo(low, tt.seen, tt.of); math.Abs(tail-confidence) > 1e-8 {
			t.Errorf("%d of %d: with the lower bound %g it is seen so often with %g, want %g", tt.seen, tt.of, low, tail, confidence)
		}
		if tail := 1 - atLeastSo(high, tt.seen+1, tt.of); math.Abs(tail-confidence) > 1e-8 {
			t.Errorf("%d of %d: with the upper bound %g it is seen so seldom with %g, want %g", tt.seen, tt.of, high, tail, confidence)
		}
	}
}

// atLeastSo returns how likely it is to see an event so often or more.
func atLeastSo(p float64, seen, of int) (sum float64) {
	logs := func(n int) float64 { l, _ := math.Lgamma(float64(n + 1)); return l }
	for i := seen; i <= of; i++ {
		sum += math.Exp(logs(of) - logs(i) - logs(of-i) + float64(i)*math.Log(p) + float64(of-i)*math.Log1p(-p))
	}
	return sum
}

// TestAuditorKnowsLaplace holds the auditor against noise whose epsilon is known: two-sided
// geometric noise of epsilon 1 on one figure gives nearly 1 and never more; on three figures
// that a visitor moves together it must add them up. Seen to fail when the half that chooses
// is also the one that is counted (of worlds that are alike something is then found), when one direction is left out, and when the sum
// of figures is.
func TestAuditorKnowsLaplace(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(7, 1))
	geometric := func() (x int32) {
		for random.Float64() < math.Exp(-1) {
			x++
		}
		return x
	}
	draw := func(n, width int, moved int32) (runs [][]int32) {
		for range n {
			r := make([]int32, width+5)
			for j := range r {
				r[j] = geometric() - geometric()
				if j < width {
					r[j] += moved
				}
			}
			runs = append(runs, r)
		}
		return runs
	}
	const n = 20_000
	for _, tt := range []struct {
		name      string
		width     int
		moved     int32
		low, high float64
	}{
		{"one figure", 1, 1, 0.8, 1},
		{"one figure, the other way", 1, -1, 0.8, 1},
		{"three figures", 3, 1, 1.5, 3},
		{"worlds that are alike", 1, 0, 0, 0.1},
	} {
		f := Audit(draw(n, tt.width, tt.moved), draw(n, tt.width, 0), nil, 0)
		if f.Epsilon < tt.low || f.Epsilon > tt.high {
			t.Errorf("%s: epsilon is at least %.3f by %s, want between %g and %g", tt.name, f.Epsilon, f.Event, tt.low, tt.high)
		}
	}
}
