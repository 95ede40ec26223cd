package public_test

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"oboro/dashboards/public"
)

// TestChangeIsToldWhereItsRangeExcludesZero was seen to fail when any other value
// than before is a change, when only one of the variances counts, when standard
// deviations are added instead of variances, and when a range that ends at 0 excludes
// it.
func TestChangeIsToldWhereItsRangeExcludesZero(t *testing.T) {
	tests := []struct {
		name           string
		before, now    int64
		sigma2, other2 *big.Rat
		want           public.Difference
	}{
		{"the same", 1000, 1000, big.NewRat(100, 1), big.NewRat(100, 1), public.Difference{Direction: "untold"}},
		// 1.96 sqrt(200) is 27.7: 27 may be noise, 28 is not.
		{"within the noise of both", 1000, 1027, big.NewRat(100, 1), big.NewRat(100, 1), public.Difference{Direction: "untold"}},
		{"just beyond it", 1000, 1028, big.NewRat(100, 1), big.NewRat(100, 1), public.Difference{"rose", 28, 1, 55}},
		{"just below it", 1028, 1000, big.NewRat(100, 1), big.NewRat(100, 1), public.Difference{"fell", 28, 1, 55}},
		{"beyond the noise of one only", 1000, 1025, big.NewRat(1, 1), big.NewRat(400, 1), public.Difference{Direction: "untold"}},
		// 1.96 * 25 is 49: at the end of the range itself nothing can be told.
		{"the range ends at 0", 0, 49, big.NewRat(225, 1), big.NewRat(400, 1), public.Difference{Direction: "untold"}},
		{"the range ends beyond 0", 0, 50, big.NewRat(225, 1), big.NewRat(400, 1), public.Difference{"rose", 50, 1, 99}},
		{"rounded to the unit of the noise", 10000, 14321, big.NewRat(15345, 1), big.NewRat(15345, 1), public.Difference{"rose", 4300, 3900, 4700}},
		{"below zero before", -30, 400, big.NewRat(495, 1), big.NewRat(495, 1), public.Difference{"rose", 430, 360, 500}},
		{"a fraction", 0, 3, big.NewRat(1, 3), big.NewRat(1, 3), public.Difference{"rose", 3, 2, 4}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := public.Between(tt.before, tt.sigma2, tt.now, tt.other2); got != tt.want {
				t.Errorf("from %d to %d with the variances %s and %s: %+v, want %+v", tt.before, tt.now, tt.sigma2, tt.other2, got, tt.want)
			}
		})
	}
}

// TestToldRangesExcludeZero holds for any two counts that a told range lies around the
// difference and above 0, and that turning time round turns the word round. Seen to
// fail when the range is rounded to a unit as large as its lower end.
func TestToldRangesExcludeZero(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	told := 0
	for range 20000 {
		a, b := random.Int64N(1<<random.Int64N(30)), random.Int64N(1<<random.Int64N(30))
		s, o := big.NewRat(1+random.Int64N(100000), 1+random.Int64N(9)), big.NewRat(1+random.Int64N(100000), 1)
		d, back := public.Between(a, s, b, o), public.Between(b, o, a, s)
		if d.Direction == "untold" {
			if back.Direction != "untold" {
				t.Fatalf("from %d to %d nothing can be told, but %v back", a, b, back)
			}
			continue
		}
		told++
		size := int64(math.Abs(float64(b - a)))
		if d.Low < 1 || d.Low > size || d.High < size || d.Low > d.Value || d.Value > d.High || (d.Direction == "rose") != (b > a) || back.Direction == d.Direction || back.Value != d.Value {
			t.Fatalf("from %d to %d with the variances %s and %s: %+v, and back %+v", a, b, s, o, d, back)
		}
	}
	if told < 5000 {
		t.Errorf("only %d changes were told", told)
	}
}

// TestOneOfTwentyIsTold draws what did not change, many times: a change is told of about
// one in twenty, as a range of 95 % promises. Seen to fail with 1.645 in place of 1.96,
// and when the variances are halved.
func TestOneOfTwentyIsTold(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	const draws = 40000
	told := 0
	for range draws {
		a := 10000 + int64(math.Round(random.NormFloat64()*math.Sqrt(15345)))
		b := 10000 + int64(math.Round(random.NormFloat64()*math.Sqrt(14850)))
		if public.Between(a, big.NewRat(15345, 1), b, big.NewRat(14850, 1)).Direction != "untold" {
			told++
		}
	}
	if told < draws*45/1000 || told > draws*55/1000 {
		t.Errorf("a change was told of %d of %d that did not change, want about %d", told, draws, draws/20)
	}
}
