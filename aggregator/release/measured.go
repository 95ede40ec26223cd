package release

import (
	"errors"
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strings"

	"oboro/aggregator/statistic"
)

// Measured is what was measured of one statistic on one sealed day. A day without
// values was not measured.
type Measured struct {
	Day         statistic.Day
	Epochs      int
	Imported    bool
	Reservation uint64 // the ledger's number
	Values      []Measurement
}

// A Measurement is one noisy count. It was drawn once, from unsealed counters.
type Measurement struct {
	Keys    []string
	Measure statistic.Measure
	Value   int64
	Sigma2  *big.Rat // the variance actually drawn
}

// A Rule says how a release is made.
type Rule struct {
	K     int64         // smallest number of visitor-days behind a figure with a key
	Today statistic.Day // only periods that ended before it are published
	Total *big.Rat      // most that all published tables of the site spend on one visitor-day
}

// A Release is the published data set of one site, statistic and period. It is
// made from measurements alone.
type Release struct {
	statistic *statistic.Statistic
	site      string
	period    Period
	version   int
	rule      Rule
	days      []daily
	figures   []Figure
	totals    []Figure
	sigma2    map[statistic.Measure]*big.Rat // of a sum over the period
	erratum   *statistic.Text                // why the figures were taken back; nil where they were not

	calibration []int64 // of sums over a period: those of keys without hits
}

// daily is what is known of one day of the period.
type daily struct {
	Measured
	sigma2 map[statistic.Measure]*big.Rat // empty: not measured
	values map[statistic.Measure]map[string]int64
	filled bool // gave noise alone to a sum over the period, and was not measured
}

func (d daily) measured() bool { return len(d.sigma2) > 0 && !d.filled }

var siteID = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]*$`)

// New makes version 1 of a release. Days of the period that are not in days, or
// have no values, are not measured.
func New(st *statistic.Statistic, site string, period Period, days []Measured, rule Rule) (Release, error) {
	r := Release{statistic: st, site: site, period: period, version: 1, rule: rule}
	err := r.check()
	if err == nil && st.Label() >= 0 {
		err = errors.New("only statistics without labels are measured by the day")
	}
	if err == nil {
		err = r.read(days)
	}
	if err != nil {
		return Release{}, fmt.Errorf("release %s/%s/%s: %w", site, st.ID, period, err)
	}
	r.sum()
	return r, nil
}

func (r Release) check() error {
	switch st := r.statistic; {
	case !siteID.MatchString(r.site):
		return errors.New("the site's id cannot stand in a path")
	case st.Audience != statistic.Public || len(st.Published) == 0:
		return errors.New("the statistic is not declared public")
	case st.Grain != statistic.Daily:
		return errors.New("only statistics of a day are published")
	case r.rule.K < 3:
		return errors.New("k is below 3")
	case r.rule.Total == nil || r.rule.Total.Sign() <= 0 || r.rule.Total.Cmp(Limit()) > 0:
		return errors.New("the budget of all tables is not above 0 and at most 0.03")
	case !r.period.Ended(r.rule.Today):
		return errors.New("the period is not over")
	}
	return nil
}

// read fills the days of the period from what was measured.
func (r *Release) read(days []Measured) error {
	for day := r.period.first; day <= r.period.last; day++ {
		r.days = append(r.days, daily{Measured: Measured{Day: day}})
	}
	for _, m := range days {
		if m.Day < r.period.first || m.Day > r.period.last {
			return fmt.Errorf("%s is not in the period", m.Day)
		}
		d := &r.days[m.Day-r.period.first]
		if len(m.Values) == 0 {
			continue
		}
		if len(d.Values) != 0 {
			return fmt.Errorf("%s comes twice", m.Day)
		}
		d.Measured = m
		if err := d.index(r.statistic); err != nil {
			return fmt.Errorf("%s: %w", m.Day, err)
		}
	}
	return nil
}

// index sorts the values of a day by measure and key, and refuses what was not
// declared or carries less noise than declared.
func (d *daily) index(st *statistic.Statistic) error {
	d.sigma2 = map[statistic.Measure]*big.Rat{}
	d.values = map[statistic.Measure]map[string]int64{}
	domain := map[string]bool{}
	for _, keys := range st.Domain(nil) {
		domain[joined(keys)] = true
	}
	if d.Epochs < 1 {
		return errors.New("a measured day has at least one epoch")
	}
	for _, v := range d.Values {
		declared, ok := published(st, v.Measure)
		key := joined(v.Keys)
		if !ok || !domain[key] {
			return errors.New("a measurement outside the declared table")
		}
		least := new(big.Rat).Mul(declared.Sigma2, big.NewRat(int64(d.Epochs)*int64(d.Epochs), 1))
		if v.Sigma2 == nil || v.Sigma2.Cmp(least) < 0 {
			return errors.New("a measurement with less noise than declared")
		}
		if s := d.sigma2[v.Measure]; s != nil && s.Cmp(v.Sigma2) != 0 {
			return errors.New("measurements of one table with different noise")
		}
		if d.values[v.Measure] == nil {
			d.values[v.Measure] = map[string]int64{}
		}
		if _, twice := d.values[v.Measure][key]; twice {
			return errors.New("a key was measured twice")
		}
		d.sigma2[v.Measure], d.values[v.Measure][key] = v.Sigma2, v.Value
	}
	return nil
}

func joined(keys []string) string { return strings.Join(keys, "\x00") }

func published(st *statistic.Statistic, m statistic.Measure) (statistic.Published, bool) {
	for _, p := range st.Published {
		if p.Measure == m {
			return p, true
		}
	}
	return statistic.Published{}, false
}

// sum makes the figures. Sums of measurements are free: they draw nothing. What was measured of
// each day is let go: all releases of a month are held together.
func (r *Release) sum() {
	defer func() {
		for i := range r.days {
			r.days[i].Values, r.days[i].values = nil, nil
		}
	}()
	r.sigma2 = map[statistic.Measure]*big.Rat{}
	for _, p := range r.statistic.Published {
		sum := new(big.Rat)
		for _, d := range r.days {
			if s := d.sigma2[p.Measure]; s != nil {
				sum.Add(sum, s)
			}
		}
		r.sigma2[p.Measure] = sum
	}
	if len(r.statistic.Dimensions) == 0 {
		r.sumDays()
		return
	}
	for _, keys := range r.statistic.Domain(nil) {
		for _, p := range r.statistic.Published {
			f := r.overPeriod(keys, p.Measure)
			if f.Status == Published && f.Measured < r.threshold(p.Measure) {
				f = f.without(Small)
			}
			r.figures = append(r.figures, f)
		}
	}
}

func (r *Release) sumDays() {
	for _, d := range r.days {
		for _, p := range r.statistic.Published {
			f := Figure{Start: d.Day, End: d.Day, Measure: p.Measure, Status: Missing}
			if s := d.sigma2[p.Measure]; s != nil {
				f = f.print(d.values[p.Measure][""], s)
			}
			r.figures = append(r.figures, f)
		}
	}
	for _, p := range r.statistic.Published {
		r.totals = append(r.totals, r.overPeriod(nil, p.Measure))
	}
}

// overPeriod returns the sum of one key over the measured days. A key that some
// measured day lacks, because it was declared later, is not measured.
func (r *Release) overPeriod(keys []string, m statistic.Measure) Figure {
	f := Figure{Start: r.period.first, End: r.period.last, Keys: slices.Clone(keys), Measure: m, Status: Missing}
	var sum int64
	days := 0
	for _, d := range r.days {
		if d.sigma2[m] == nil {
			continue
		}
		value, ok := d.values[m][joined(keys)]
		if !ok {
			return f
		}
		sum, days = sum+value, days+1
	}
	if days == 0 {
		return f
	}
	return f.print(sum, r.sigma2[m])
}

// without returns f with a status that shows no number.
func (f Figure) without(s Status) Figure {
	return Figure{Start: f.Start, End: f.End, Keys: f.Keys, Measure: f.Measure, Status: s}
}

// Revised returns the same release under another version number: a correction of
// texts, or of a period of which more days are measured now.
func (r Release) Revised(version int) Release {
	r.version = version
	return r
}

// Withdraw returns the release as a version that takes all figures back, and says why.
func (r Release) Withdraw(version int, reason statistic.Text) Release {
	r = r.Revised(version)
	r.erratum = &reason
	r.figures, r.totals = slices.Clone(r.figures), slices.Clone(r.totals)
	for _, figures := range [][]Figure{r.figures, r.totals} {
		for i, f := range figures {
			figures[i] = f.without(Withdrawn)
		}
	}
	return r
}

// Statistic returns the declaration of the release's statistic.
func (r Release) Statistic() *statistic.Statistic { return r.statistic }

// Site returns the id of the site.
func (r Release) Site() string { return r.site }

// Period returns the period of the release.
func (r Release) Period() Period { return r.period }

// Version returns the version, from 1.
func (r Release) Version() int { return r.version }

// K returns the smallest number of visitor-days behind a figure with a key.
func (r Release) K() int64 { return r.rule.K }

// Figures returns the rows: one for each day and measure, or, in a statistic with
// dimensions, one for each declared key and measure, over the period.
func (r Release) Figures() []Figure { return slices.Clone(r.figures) }

// Totals returns the sums over the period of a statistic without dimensions, one
// for each measure.
func (r Release) Totals() []Figure { return slices.Clone(r.totals) }

// Calibration returns the sums of keys without hits, which are noise alone.
func (r Release) Calibration() []int64 { return slices.Clone(r.calibration) }

// Threshold returns the smallest measured value that the release prints with a
// key, and whether it has keys and was measured at all.
func (r Release) Threshold(m statistic.Measure) (int64, bool) {
	s := r.sigma2[m]
	if len(r.statistic.Dimensions) == 0 || s == nil || s.Sign() == 0 {
		return 0, false
	}
	return r.threshold(m), true
}

func (r Release) threshold(m statistic.Measure) int64 {
	var dimensions []string
	for _, d := range r.statistic.Dimensions {
		dimensions = append(dimensions, d.String())
	}
	return threshold(r.rule.K, mostInCell(m, dimensions), r.sigma2[m])
}

// Sigma returns the standard deviation of the noise in a sum over the period.
func (r Release) Sigma(m statistic.Measure) float64 { return StandardDeviation(r.sigma2[m]) }

// MeasuredDays returns the days of the period that were measured.
func (r Release) MeasuredDays() []statistic.Day {
	return r.daysWhere(daily.measured)
}

// ImportedDays returns the measured days that came from a log.
func (r Release) ImportedDays() []statistic.Day {
	return r.daysWhere(func(d daily) bool { return d.measured() && d.Imported })
}

// NoisierDays returns the measured days that carry more noise than declared: some
// address could have met several epochs, or hits were shed.
func (r Release) NoisierDays() []statistic.Day {
	return r.daysWhere(func(d daily) bool {
		for _, p := range r.statistic.Published {
			declared := p.Sigma2
			if p.Summed {
				declared = new(big.Rat).Quo(declared, big.NewRat(int64(r.period.Days()), 1))
			}
			if s := d.sigma2[p.Measure]; s != nil && s.Cmp(declared) > 0 {
				return true
			}
		}
		return false
	})
}

func (r Release) daysWhere(ok func(daily) bool) []statistic.Day {
	var days []statistic.Day
	for _, d := range r.days {
		if ok(d) {
			days = append(days, d.Day)
		}
	}
	return days
}

// Name returns the folder of the data set below data/v1: site, statistic, period
// and version.
func (r Release) Name() string {
	return fmt.Sprintf("%s/%s/%s/%d", r.site, r.statistic.ID, r.period, r.version)
}
