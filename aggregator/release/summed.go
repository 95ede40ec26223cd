package release

import (
	"errors"
	"fmt"
	"math/big"
	"slices"

	"oboro/aggregator/statistic"
)

// A Summed is a figure that was summed over a period, a share a day: what each day gave, and
// the sums. Each day has given its share of the noise, also where nothing was counted of it.
type Summed struct {
	Shares []Share
	Values []Measurement // of each key of the period, those without hits among them
}

// A Share is what a day gave to the sums of its period.
type Share struct {
	Day         statistic.Day
	Filled      bool // noise alone: the day was not measured, or came too late
	Epochs      int
	Imported    bool
	Reservation uint64   // the ledger's number
	Sigma2      *big.Rat // the variance that was drawn
}

// NewSummed makes version 1 of a release of sums over a period. There is one figure a key and
// none a day, and no total.
func NewSummed(st *statistic.Statistic, site string, period Period, sum Summed, rule Rule) (Release, error) {
	r := Release{statistic: st, site: site, period: period, version: 1, rule: rule}
	err := r.check()
	if err == nil && !IsSummed(st) {
		err = errors.New("the statistic is measured by the day")
	}
	if err == nil {
		err = r.takeShares(sum.Shares)
	}
	if err == nil {
		err = r.takeSums(sum.Values)
	}
	if err != nil {
		return Release{}, fmt.Errorf("release %s/%s/%s: %w", site, st.ID, period, err)
	}
	return r, nil
}

// IsSummed reports whether the figures of a statistic are sums over a period.
func IsSummed(st *statistic.Statistic) bool {
	return len(st.Published) == 1 && st.Published[0].Summed
}

// takeShares fills the days of the period, and adds up the noise that was drawn.
func (r *Release) takeShares(shares []Share) error {
	if len(shares) != r.period.Days() {
		return errors.New("not each day of the period has given its share")
	}
	p, sum, most := r.statistic.Published[0], new(big.Rat), new(big.Rat)
	for i, s := range shares {
		if s.Day != r.period.first+statistic.Day(i) || s.Sigma2 == nil || s.Sigma2.Sign() <= 0 || !s.Filled && s.Epochs < 1 {
			return errors.New("the shares are not those of the days of the period")
		}
		sum.Add(sum, s.Sigma2)
		d := daily{Measured: Measured{Day: s.Day, Reservation: s.Reservation}, filled: s.Filled}
		d.sigma2 = map[statistic.Measure]*big.Rat{p.Measure: s.Sigma2}
		if !s.Filled {
			d.Epochs, d.Imported = s.Epochs, s.Imported
			if factor := big.NewRat(int64(s.Epochs)*int64(s.Epochs), 1); factor.Cmp(most) > 0 {
				most = factor
			}
		}
		r.days = append(r.days, d)
	}
	r.sigma2 = map[statistic.Measure]*big.Rat{p.Measure: sum}
	if most.Sign() == 0 {
		return errors.New("no day of the period was measured")
	}
	if sum.Cmp(most.Mul(most, p.Sigma2)) < 0 {
		return errors.New("sums with less noise than the visitor-days of a day need")
	}
	return nil
}

// takeSums makes the figures, and sets those of keys without hits apart.
func (r *Release) takeSums(values []Measurement) error {
	p := r.statistic.Published[0]
	left := map[string]bool{}
	for _, keys := range p.CalibrationKeys() {
		left[joined(keys)] = true
	}
	seen := map[string]bool{}
	for _, v := range values {
		key := joined(v.Keys)
		if v.Measure != p.Measure || len(v.Keys) != len(r.statistic.Dimensions) || v.Sigma2 == nil || v.Sigma2.Cmp(r.sigma2[p.Measure]) != 0 {
			return errors.New("a sum of another measure, or with other noise than its shares")
		}
		if seen[key] {
			return errors.New("a key was summed twice")
		}
		seen[key] = true
		if left[key] {
			delete(left, key)
			r.calibration = append(r.calibration, v.Value)
			continue
		}
		f := Figure{Start: r.period.first, End: r.period.last, Keys: slices.Clone(v.Keys), Measure: p.Measure, Status: Small}
		if v.Value >= r.threshold(p.Measure) {
			f = f.print(v.Value, v.Sigma2)
		}
		r.figures = append(r.figures, f)
	}
	if len(left) > 0 {
		return errors.New("a key without hits was not summed")
	}
	return nil
}

// Summed reports whether the figures of the release are sums over a period, of which the days
// have none.
func (r Release) Summed() bool { return IsSummed(r.statistic) }
