package release_test

import (
	"math/big"
	"testing"

	"oboro/aggregator/release"
	"oboro/aggregator/statistic"
)

func TestThreshold(t *testing.T) {
	for _, c := range []struct {
		name   string
		sigma2 *big.Rat
		want   int64
	}{
		{"the page table", big.NewRat(1000, 3), 113},
		{"visitors", big.NewRat(495, 1), 135},
		{"visits", big.NewRat(1978, 1), 260},
		{"entry hour", big.NewRat(1399, 1), 220},
	} {
		// Seen to fail when the "+1" of the formula is left out.
		if got := release.Threshold(10, c.sigma2); got != c.want {
			t.Errorf("%s: Threshold(10, %s) = %d, want %d", c.name, c.sigma2, got, c.want)
		}
	}
}

// Where one visitor-day can add more than one to a cell, k of them stand behind a figure all
// the same. Seen to fail when the threshold of visits by hour is that of visitors.
func TestThresholdOfVisits(t *testing.T) {
	for _, c := range []struct {
		most int64
		of   statistic.Measure
		by   []string
	}{
		{1, statistic.Visitors, []string{"device"}},
		{1, statistic.Arrivals, []string{"channel"}},
		{2, statistic.Capped, []string{"hour"}},
		{4, statistic.Capped, []string{"country"}},
		{3, statistic.CappedViews, []string{"page"}},
	} {
		sigma2 := big.NewRat(1399, 1)
		if got, want := release.ThresholdIn(10, c.of, c.by, sigma2), release.Threshold(10, sigma2)+9*(c.most-1); got != want {
			t.Errorf("%s by %v: the threshold is %d, want %d", c.of, c.by, got, want)
		}
	}
}

func TestUnit(t *testing.T) {
	for _, c := range []struct {
		name   string
		sigma2 *big.Rat
		want   int64
	}{
		{"no noise", new(big.Rat), 1},
		{"half-width 36, the page table", big.NewRat(1000, 3), 10},
		{"half-width 44", big.NewRat(495, 1), 10},
		{"half-width 239, thirty days", big.NewRat(30*495, 1), 100},
	} {
		if got := release.Unit(c.sigma2); got != c.want {
			t.Errorf("%s: Unit(%s) = %d, want %d", c.name, c.sigma2, got, c.want)
		}
	}
}

// The figures of the table "exposure" in the reference on disclosure control.
func TestPromise(t *testing.T) {
	for _, c := range []struct {
		name          string
		rho           *big.Rat
		epsilon, best float64
	}{
		{"all public figures of one day", big.NewRat(30, 1000), 1.42, 0.549},
		{"substitution", big.NewRat(60, 1000), 2.03, 0.569},
		{"thirty days", big.NewRat(900, 1000), 8.52, 0.749},
		{"a year", big.NewRat(10950, 1000), 37.5, 0.990},
	} {
		if got := release.Epsilon(c.rho); got < c.epsilon-0.05 || got > c.epsilon+0.05 {
			t.Errorf("%s: Epsilon(%s) = %.3f, want %.2f", c.name, c.rho, got, c.epsilon)
		}
		if got := release.Accuracy(c.rho); got < c.best-0.001 || got > c.best+0.001 {
			t.Errorf("%s: Accuracy(%s) = %.4f, want %.3f", c.name, c.rho, got, c.best)
		}
	}
}
