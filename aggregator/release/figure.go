package release

import (
	"math"
	"math/big"
	"slices"

	"oboro/aggregator/statistic"
	"oboro/collector/hit"
)

// A Status says whether a figure is published.
type Status string

// The statuses, as files spell them. Pages use words.
const (
	Published Status = "F"
	Small     Status = "B" // below the threshold
	Missing   Status = "N" // not measured
	Withdrawn Status = "W"
)

// A Figure is one published number. Value, Low, High and Measured are zero unless
// it is [Published].
type Figure struct {
	Start, End statistic.Day
	Keys       []string
	Measure    statistic.Measure
	Status     Status
	Value      int64 // Measured, clamped at 0 and rounded to Unit
	Low, High  int64 // 95 % range of the count, in whole numbers, clamped at 0
	Measured   int64 // the noisy count, drawn once; may be negative
	Unit       int64 // the power of ten that the noise leaves meaningful
}

// Outer returns the range as it is printed beside the rounded value: widened to
// multiples of the unit, so that it never claims more than Low and High do.
func (f Figure) Outer() (low, high int64) {
	return f.Low / f.Unit * f.Unit, (f.High + f.Unit - 1) / f.Unit * f.Unit
}

// normal95 is the half-width of a 95 % range in standard deviations.
const normal95 = 1.96

// normal1e8 is the upper 1e-8 quantile of the normal distribution: how sure the
// threshold is that k visitor-days stand behind a printed figure.
const normal1e8 = 5.6120

// Unit returns what figures with noise of that variance are rounded to: the
// largest power of ten that is not above the half-width of the 95 % range. It is
// the one rounding rule of pages and files.
func Unit(sigma2 *big.Rat) int64 {
	half := halfWidth(sigma2)
	unit := int64(1)
	for float64(unit*10) <= half {
		unit *= 10
	}
	return unit
}

// Threshold returns the smallest measured value that a table with keys prints:
// what k-1 visitor-days reach with a probability of 1e-8.
func Threshold(k int64, sigma2 *big.Rat) int64 { return threshold(k, 1, sigma2) }

// threshold is the same where a visitor-day adds at most so much to one cell.
func threshold(k, most int64, sigma2 *big.Rat) int64 {
	reach := float64(StandardDeviation(sigma2) * normal1e8)
	return most*(k-1) + int64(math.Ceil(1+reach))
}

// mostInCell returns how much one visitor-day adds to one cell of a day at most, so that k
// of them stand behind what is printed: of visits two begin under one hour, and else four
// count; of the views of a page three do. Capped visits and views are published under the
// names of those without a cap, which never are.
func mostInCell(m statistic.Measure, dimensions []string) int64 {
	switch m {
	case statistic.Capped, statistic.Visits:
		if slices.Contains(dimensions, hit.ByHour.String()) {
			return 2
		}
		return 4
	case statistic.CappedViews, statistic.Views:
		return 3
	}
	return 1
}

// StandardDeviation returns the square root of a variance.
func StandardDeviation(sigma2 *big.Rat) float64 {
	s, _ := sigma2.Float64()
	return math.Sqrt(s)
}

// halfWidth rounds its product before anything is added to it, so that machines
// with fused multiplication print the same bytes.
func halfWidth(sigma2 *big.Rat) float64 { return float64(normal95 * StandardDeviation(sigma2)) }

// print fills f with what is published of a measured value.
func (f Figure) print(measured int64, sigma2 *big.Rat) Figure {
	half := halfWidth(sigma2)
	f.Status, f.Measured, f.Unit = Published, measured, Unit(sigma2)
	f.Low = max(0, int64(math.Floor(float64(measured)-half)))
	f.High = max(0, int64(math.Ceil(float64(measured)+half)))
	f.Value = (max(0, measured) + f.Unit/2) / f.Unit * f.Unit
	return f
}
