// Package crosscheck holds what this project makes to the word of programs of others. It is a
// module of its own: what it needs is no part of the program's module, nor of the binary.
package crosscheck

import (
	"bufio"
	"crypto/rand"
	"fmt"
	"maps"
	"math"
	"math/big"
	"os"
	"regexp"
	"slices"
	"testing"

	google "github.com/google/differential-privacy/go/v3/noise"

	"oboro/aggregator/noise"
)

// beyond is the standard score from which on two samples are not of one distribution: of
// two that are, one in three million pairs scores so.
const beyond = 5

// draws is how many values each sampler draws. Theirs takes some 20 µs for each.
func draws() int {
	if os.Getenv("OBORO_LONG") != "" {
		return 1_000_000
	}
	return 50_000
}

// variances returns the variances that the catalogue declares.
func variances(t *testing.T) []*big.Rat {
	t.Helper()
	text, err := os.ReadFile("../../aggregator/statistic/catalogue.yaml")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]*big.Rat{}
	for _, m := range regexp.MustCompile(`(?m)^[^#\n]*sigma2: *"?([0-9]+(?:/[0-9]+)?)`).FindAllStringSubmatch(string(text), -1) {
		if v, ok := new(big.Rat).SetString(m[1]); ok {
			found[v.RatString()] = v
		}
	}
	if len(found) < 3 {
		t.Fatalf("the catalogue declares the variances %v: that cannot be all", slices.Collect(maps.Keys(found)))
	}
	return slices.SortedFunc(maps.Values(found), (*big.Rat).Cmp)
}

// ours draws from the sampler that publishes, of that variance.
func ours(t *testing.T, sigma2 *big.Rat) []int64 {
	t.Helper()
	g, err := noise.New(sigma2.Num().Uint64(), sigma2.Denom().Uint64())
	if err != nil {
		t.Fatal(err)
	}
	in, sample := bufio.NewReader(rand.Reader), make([]int64, draws())
	for i := range sample {
		if sample[i], err = g.Draw(in); err != nil {
			t.Fatal(err)
		}
	}
	return sample
}

// theirs draws from Google's. It is asked for a guarantee and works out the variance itself,
// so the guarantee is sought that gives ours; the variance that it then takes is returned.
func theirs(t *testing.T, sigma2 *big.Rat) (sample []int64, taken float64) {
	t.Helper()
	const delta = 1e-7
	of, _ := sigma2.Float64()
	low, high := 1e-4, 20.0
	for range 60 {
		if middle := (low + high) / 2; google.SigmaForGaussian(1, 1, middle, delta) > math.Sqrt(of) {
			low = middle
		} else {
			high = middle
		}
	}
	taken = math.Pow(google.SigmaForGaussian(1, 1, high, delta), 2)
	if math.Abs(taken/of-1) > 0.003 {
		t.Fatalf("theirs takes the variance %g for ours of %g", taken, of)
	}
	sample = make([]int64, draws())
	for i := range sample {
		x, err := google.Gaussian().AddNoiseInt64(0, 1, 1, high, delta)
		if err != nil {
			t.Fatal(err)
		}
		sample[i] = x
	}
	return sample, taken
}

// scores are standard scores: of normal distribution, where both samples are of one.
type scores struct{ chi2, variance, mean float64 }

func (s scores) fail() bool {
	return max(math.Abs(s.chi2), math.Abs(s.variance), math.Abs(s.mean)) > beyond
}

func (s scores) String() string {
	return fmt.Sprintf("chi-square %.1f, variance %.1f, mean %.1f", s.chi2, s.variance, s.mean)
}

// compare scores two samples of one size, of which each was declared to have its variance.
func compare(a, b []int64, declaredA, declaredB float64) scores {
	meanA, varianceA := moments(a)
	meanB, varianceB := moments(b)
	n := float64(len(a))
	return scores{
		chi2:     chiSquare(a, b),
		variance: math.Log(varianceA/declaredA*declaredB/varianceB) / math.Sqrt(4/n),
		mean:     (meanA - meanB) / math.Sqrt((declaredA+declaredB)/n),
	}
}

func moments(sample []int64) (mean, variance float64) {
	var sum, squares float64
	for _, x := range sample {
		sum += float64(x)
		squares += float64(x) * float64(x)
	}
	n := float64(len(sample))
	return sum / n, squares / n
}

// chiSquare compares two samples of one size: a bin for each value that both together have
// twenty times, and one for all others. The statistic is made normal as Wilson and Hilferty do.
func chiSquare(a, b []int64) float64 {
	type pair struct{ a, b float64 }
	counts := map[int64]pair{}
	for i := range a {
		of := counts[a[i]]
		of.a++
		counts[a[i]] = of
		of = counts[b[i]]
		of.b++
		counts[b[i]] = of
	}
	var rest pair
	chi2, degrees := 0.0, 0.0
	for _, of := range counts {
		if of.a+of.b < 20 {
			rest.a, rest.b = rest.a+of.a, rest.b+of.b
			continue
		}
		chi2 += (of.a - of.b) * (of.a - of.b) / (of.a + of.b)
		degrees++
	}
	if rest.a+rest.b > 0 {
		chi2 += (rest.a - rest.b) * (rest.a - rest.b) / (rest.a + rest.b)
		degrees++
	}
	degrees--
	return (math.Cbrt(chi2/degrees) - (1 - 2/(9*degrees))) / math.Sqrt(2/(9*degrees))
}

// Our noise is that of a library that many others use. Seen to fail on a standard deviation
// 5 % low (which the second half of it shows each time), and where our sampler accepts each candidate, which
// makes it a Laplace.
func TestNoiseIsGooglesToo(t *testing.T) {
	for _, sigma2 := range variances(t) {
		t.Run(sigma2.RatString(), func(t *testing.T) {
			t.Parallel()
			declared, _ := sigma2.Float64()
			other, taken := theirs(t, sigma2)
			got := compare(ours(t, sigma2), other, declared, taken)
			t.Log(got)
			if got.fail() {
				t.Errorf("ours and theirs of variance %v score %v, want none beyond %d", sigma2, got, beyond)
			}
			low := new(big.Rat).Mul(sigma2, big.NewRat(95*95, 100*100))
			if got := compare(ours(t, low), other, declared, taken); !got.fail() {
				t.Errorf("a standard deviation 5 %% low scores %v, and passes", got)
			}
		})
	}
}
