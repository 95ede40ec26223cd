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
// that a visitor moves together it must add them up; and of worlds that are alike it must say
// nothing, however many figures there are to choose from. Seen to fail when the half that chooses is also the
// one that is counted, and when the sum of figures is left out.
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
			r := make([]int32, width)
			for j := range r {
				r[j] = geometric()
				r[j] -= geometric()
				if j < 3 {
					r[j] += moved
				}
			}
			runs = append(runs, r)
		}
		return runs
	}
	for _, tt := range []struct {
		name      string
		n, width  int
		moved     int32
		low, high float64
	}{
		{"one figure", 20_000, 1, 1, 0.8, 1},
		{"one figure, the other way", 20_000, 1, -1, 0.8, 1},
		{"three figures of eight", 20_000, 8, 1, 1.5, 3},
		{"worlds that are alike", 4000, 200, 0, 0, 0},
	} {
		f := Audit(draw(tt.n, tt.width, tt.moved), draw(tt.n, tt.width, 0), nil, 0)
		if f.Epsilon < tt.low || f.Epsilon > tt.high {
			t.Errorf("%s: epsilon is at least %.3f by %s, want between %g and %g", tt.name, f.Epsilon, f.Event, tt.low, tt.high)
		}
	}
}

// TestAuditorLooksBothWays holds that an event of either world is found: that what is seen in
// one of 50 cases here is seen in half of those there tells much, and that it is not seen tells
// little. Seen to fail when one direction is left out.
func TestAuditorLooksBothWays(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 2))
	draw := func(often float64) (runs [][]int32) {
		for range 10_000 {
			seen := int32(0)
			if random.Float64() < often {
				seen = 1
			}
			runs = append(runs, []int32{seen})
		}
		return runs
	}
	seldom, often := draw(0.02), draw(0.5)
	for i, worlds := range [][2][][]int32{{seldom, often}, {often, seldom}} {
		if f := Audit(worlds[0], worlds[1], nil, 0); f.Epsilon < 2.8 || f.Epsilon > math.Log(25) {
			t.Errorf("order %d: epsilon is at least %.3f, want a little less than %.3f", i, f.Epsilon, math.Log(25))
		}
	}
}
