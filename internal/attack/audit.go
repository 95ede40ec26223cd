package attack

import (
	"cmp"
	"math"
	"slices"
)

// confidence is how often each side of an interval may be wrong: both together one time in
// a hundred.
const confidence = 0.005

// fewest is how often an event must have been seen before it may be chosen.
const fewest = 200

// A Finding is what an auditor is sure of.
type Finding struct {
	Epsilon float64 // of any (epsilon, delta) that is promised, this is the least that can be true
	Event   string  // what was looked at
	P, Q    int     // how often it was seen in the half that was not chosen by
	Runs    int     // of each world in that half
}

// Audit compares the releases of two neighbouring worlds, as many of each, whose figures
// stand in the same order. One half of them chooses an event and a direction; of the other
// half follows what epsilon is at least, with 99 % confidence. An event is a figure, its
// distance from zero, or a sum of figures, at a threshold or beyond. Figures are weighed by
// what the first half says of them, and, where the auditor knows how the worlds differ, by
// that: weights has one for each of the first figures, or is nil. It finds nothing that is
// rare: an epsilon of 0 says little.
func Audit(p, q [][]int32, weights []float64, delta float64) Finding {
	half := len(p) / 2
	all := append(scores(p[:half], q[:half]), weighed("all figures, by what is known", weights))
	c, ok := choose(all, p[:half], q[:half])
	f := Finding{Event: c.name, Runs: len(p) - half}
	if !ok {
		return f
	}
	for i := half; i < len(p); i++ {
		f.P += c.seen(p[i])
		f.Q += c.seen(q[i])
	}
	more, less := f.P, f.Q
	if c.swapped {
		more, less = less, more
	}
	if low := atLeast(more, f.Runs) - delta; low > 0 {
		f.Epsilon = max(0, math.Log(low/atMost(less, f.Runs)))
	}
	return f
}

// A score makes one number of a release.
type score struct {
	name string
	of   func([]int32) float64
}

// scores returns what is looked at. The weights of the sum are those of the best attacker
// on worlds that differ in their means alone; means that may be alike have none.
func scores(p, q [][]int32) (list []score) {
	if len(p) == 0 {
		return nil
	}
	weights := make([]float64, len(p[0]))
	for j := range p[0] {
		figure := func(r []int32) float64 { return float64(r[j]) }
		list = append(list,
			score{name: "a figure", of: figure},
			score{name: "whether a figure is zero", of: func(r []int32) float64 { return math.Abs(float64(r[j])) }})
		mp, vp := moments(p, figure)
		mq, vq := moments(q, figure)
		if spread := (vp + vq) / 2; spread > 0 && math.Abs(mp-mq) > 3*math.Sqrt(2*spread/float64(len(p))) {
			weights[j] = (mp - mq) / spread
		}
	}
	return append(list, weighed("all figures", weights))
}

func weighed(name string, weights []float64) score {
	return score{name: name, of: func(r []int32) (sum float64) {
		for j, w := range weights {
			sum += w * float64(r[j])
		}
		return sum
	}}
}

func moments(runs [][]int32, of func([]int32) float64) (mean, variance float64) {
	for _, r := range runs {
		mean += of(r)
	}
	mean /= float64(len(runs))
	for _, r := range runs {
		variance += (of(r) - mean) * (of(r) - mean)
	}
	return mean, variance / float64(len(runs))
}

// A choice is an event and a direction.
type choice struct {
	score
	at      float64
	below   bool // the event is that the score is at most at, else at least
	swapped bool // it is likelier in the second world
	gain    float64
}

func (c choice) seen(r []int32) int {
	if s := c.of(r); c.below && s <= c.at || !c.below && s >= c.at {
		return 1
	}
	return 0
}

// choose returns the event that promises the largest ratio, if any was seen often enough.
func choose(all []score, p, q [][]int32) (best choice, ok bool) {
	best.gain = math.Inf(-1)
	for _, s := range all {
		for _, c := range s.thresholds(p, q) {
			if c.gain > best.gain {
				best = c
			}
		}
	}
	return best, !math.IsInf(best.gain, -1)
}

// thresholds returns the best threshold of a score for each direction.
func (s score) thresholds(p, q [][]int32) (list []choice) {
	for _, swapped := range []bool{false, true} {
		more, less := p, q
		if swapped {
			more, less = q, p
		}
		a, b := s.sorted(more), s.sorted(less)
		best := choice{score: s, swapped: swapped, gain: math.Inf(-1)}
		for i := 0; i < len(a); {
			end := i
			for end < len(a) && a[end] == a[i] {
				end++
			}
			from, _ := slices.BinarySearch(b, a[i])
			to, _ := slices.BinarySearchFunc(b, a[i], func(x, at float64) int {
				return cmp.Or(cmp.Compare(x, at), -1) // behind all that are alike
			})
			best.take(a[i], false, len(a)-i, len(b)-from)
			best.take(a[i], true, end, to)
			i = end
		}
		list = append(list, best)
	}
	return list
}

// take takes an event if it is the best so far. Of rare ones the ratio is not known well: what
// counts is about the least that it may be. What is never seen counts as seen once.
func (c *choice) take(at float64, below bool, more, less int) {
	a, b := float64(more), float64(less+1)
	gain := math.Log(a/b) - 2.576*(1/math.Sqrt(a)+1/math.Sqrt(b))
	if more >= fewest && gain > c.gain {
		c.at, c.below, c.gain = at, below, gain
	}
}

func (s score) sorted(runs [][]int32) []float64 {
	values := make([]float64, len(runs))
	for i, r := range runs {
		values[i] = s.of(r)
	}
	slices.Sort(values)
	return values
}

// atLeast returns a probability that the one of an event that was seen so often is at
// least, and atMost one that it is at most (Clopper and Pearson).
func atLeast(seen, of int) float64 {
	if seen == 0 {
		return 0
	}
	return solve(func(p float64) float64 { return beta(p, float64(seen), float64(of-seen+1)) }, confidence)
}

func atMost(seen, of int) float64 {
	if seen == of {
		return 1
	}
	return solve(func(p float64) float64 { return beta(p, float64(seen+1), float64(of-seen)) }, 1-confidence)
}

// solve returns where a growing function of a probability reaches a value.
func solve(f func(float64) float64, value float64) float64 {
	low, high := 0.0, 1.0
	for range 200 {
		if middle := (low + high) / 2; f(middle) < value {
			low = middle
		} else {
			high = middle
		}
	}
	return (low + high) / 2
}

// beta returns the regularized incomplete beta function, by its continued fraction
// (Lentz).
func beta(x, a, b float64) float64 {
	if x <= 0 || x >= 1 {
		return math.Round(x)
	}
	if x > (a+1)/(a+b+2) {
		return 1 - beta(1-x, b, a)
	}
	ab, _ := math.Lgamma(a + b)
	la, _ := math.Lgamma(a)
	lb, _ := math.Lgamma(b)
	front := math.Exp(ab-la-lb+a*math.Log(x)+b*math.Log1p(-x)) / a
	const tiny = 1e-300
	c, d, f := 1.0, 0.0, 1.0
	for i := 0; i < 10_000; i++ {
		m := float64(i / 2)
		step := 1.0
		switch {
		case i > 0 && i%2 == 0:
			step = m * (b - m) * x / ((a + 2*m - 1) * (a + 2*m))
		case i%2 == 1:
			step = -(a + m) * (a + b + m) * x / ((a + 2*m) * (a + 2*m + 1))
		}
		d = 1 / nonzero(1+step*d, tiny)
		c = nonzero(1+step/c, tiny)
		f *= c * d
		if math.Abs(c*d-1) < 1e-14 {
			break
		}
	}
	return front * (f - 1)
}

func nonzero(x, tiny float64) float64 {
	if math.Abs(x) < tiny {
		return tiny
	}
	return x
}
