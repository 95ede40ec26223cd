package statistic

import (
	"errors"
	"fmt"
	"math/big"
	"slices"

	"oboro/collector/hit"
)

// check refuses what would break a promise rather than guess what was meant.
func (s *Statistic) check() error {
	switch {
	case !idGrammar.MatchString(s.ID):
		return errors.New("an id is lower-case letters, digits and hyphens, beginning with a letter")
	case s.Title.JA == "" || s.Title.EN == "" || s.Purpose.JA == "" || s.Purpose.EN == "":
		return errors.New("title and purpose are needed in ja and en: they stand in the privacy notice")
	case len(s.Measures) == 0 || s.Measures[0] != Visitors:
		return errors.New("measures begin with visitors: every threshold is one of visitor-days")
	case s.Grain != Daily && s.Grain != Weekly:
		return fmt.Errorf("grain: %q is neither day nor week", s.Grain)
	case s.Grain == Weekly && (s.Audience != Team || len(s.Published) > 0):
		return errors.New("grain: week is for the team alone; what is published is measured day by day")
	case s.Grain == Weekly && slices.Contains(s.Dimensions, hit.ByHour):
		return errors.New("grain: an hour is one of a day; by hour it is day")
	case s.Months < 1 || s.Months > LongestRetention:
		return fmt.Errorf("retention is 1 to %d months", LongestRetention)
	case s.K != 0 && s.K < LeastK:
		return fmt.Errorf("k is at least %d", LeastK)
	case s.Has(Seconds) && s.Of != hit.View:
		return fmt.Errorf("%s is measured of views alone", Seconds)
	case slices.Contains(s.Dimensions, hit.ByNext):
		return s.checkNext()
	case len(s.Dimensions) > 1:
		return errors.Join(s.checkCrossed(), s.checkPublished())
	}
	return s.checkPublished()
}

// checkNext refuses all forms of a statistic by next page but one. Its pairs of pages
// are folded as one label, which is safe for visitor-days: one may be in several
// pairs, so they cannot be taken off those of the page. Views could, and exits with
// them, and would then tell what is folded.
func (s *Statistic) checkNext() error {
	switch {
	case s.Of != hit.View || !slices.Equal(s.Dimensions, []hit.Dimension{hit.ByPage, hit.ByNext}):
		return errors.New("next is a dimension of views, as dimensions: [page, next]")
	case len(s.Measures) > 1:
		return errors.New("by next page visitors alone are counted: other measures would tell what is folded")
	}
	return s.checkPublished()
}

// checkPublished refuses what is published where it could tell more of one visitor-day than
// its declaration says.
func (s *Statistic) checkPublished() error {
	if len(s.Published) == 0 {
		if s.Audience != Team {
			return errors.New("audience is team where nothing is published")
		}
		return nil
	}
	if s.Audience != Public {
		return errors.New("audience is public where something is published")
	}
	if s.Label() >= 0 {
		return s.checkPages()
	}
	if len(s.Domain(nil)) == 0 {
		return fmt.Errorf("there is no list of all values by %s, so it cannot be published", hit.Of(s.Dimensions...))
	}
	for _, p := range s.Published {
		if p.Summed || p.Calibration > 0 {
			return fmt.Errorf("%s: pages alone are summed over a period, and calibrated", p.Measure)
		}
	}
	return s.checkMeasures()
}

// checkPages refuses all labels but pages, of which those that a site declares may be
// published: these are the keys. A day tells too little of each of them, so that there is
// one figure a period; and views of a day would be subtracted from those of the period.
// The ledger sums one measure of a statistic.
func (s *Statistic) checkPages() error {
	if s.Of != hit.View || !slices.Equal(s.Dimensions, []hit.Dimension{hit.ByPage}) {
		return errors.New("sources, networks, next pages and pages not found are texts from outside, which are not published")
	}
	for _, p := range s.Published {
		if !p.Summed {
			return fmt.Errorf("%s: by page a figure is published as the sum of a period (summed: true)", p.Measure)
		}
		if p.Calibration != Calibration {
			return fmt.Errorf("%s: by page calibration is %d keys", p.Measure, Calibration)
		}
		if p.Sigma2.Cmp(leastSum) < 0 {
			return fmt.Errorf("%s: sigma2 of a sum is at least %s", p.Measure, leastSum.RatString())
		}
	}
	if len(s.Published) > 1 {
		return fmt.Errorf("%s: by page one measure is published", s.Published[1].Measure)
	}
	return s.checkMeasures()
}

// Calibration is how many keys without hits are measured beside those of a sum, so that
// outsiders can test the noise.
const Calibration = 32

// leastSum is the least variance of a sum: each of 31 shares then has a standard deviation of
// 3, with which their sum cannot be told from one draw.
var leastSum = big.NewRat(31*9, 1)

// checkMeasures refuses measures without a bound, and sensitivities below it.
func (s *Statistic) checkMeasures() error {
	for i, p := range s.Published {
		if slices.ContainsFunc(s.Published[:i], func(q Published) bool { return q.Measure == p.Measure }) {
			return fmt.Errorf("%s is published twice", p.Measure)
		}
		least := s.least(p.Measure)
		switch {
		case least == 0 && s.Overlaps():
			return fmt.Errorf("%s cannot be published by %s: one visitor-day would count in several cells", p.Measure, s.Varying())
		case least == 0:
			return fmt.Errorf("%s has no bound on what one visitor-day adds, so it cannot be published", p.Measure)
		case p.Delta2.Cmp(big.NewRat(least, 1)) < 0:
			return fmt.Errorf("%s: delta2 is at least %d", p.Measure, least)
		}
	}
	return nil
}

// least returns the square of the L2 norm of all that one visitor-day can add to the cells
// of a measure, which is the least delta2; or 0 where there is no bound on it.
func (s *Statistic) least(m Measure) int64 {
	varying := s.Varying()
	switch m {
	case Arrivals: // in one cell, whatever the dimensions; where nothing varies they are the visitors
		if varying != 0 {
			return 1
		}
	case Visitors:
		if varying == 0 {
			return 1
		}
	case Capped:
		switch varying {
		case 0, hit.Of(hit.ByChannel): // all of them may be in one cell
			return visitCap * visitCap
		case hit.Of(hit.ByHour):
			return visitCap / hourCap * hourCap * hourCap
		}
	case CappedViews:
		if varying == hit.Of(hit.ByPage) {
			return pageCap * viewCap * viewCap
		}
		return pageCap * viewCap * pageCap * viewCap // all of them may be in one cell
	case Reach: // each in another cell
		if varying == hit.Of(hit.ByPage) {
			return int64(s.Reach)
		}
	}
	return 0
}

// Caps returns the bounds on what one visitor-day adds that the published measures rest on, by
// their letters in files: V visits, V_hour of these those that begin under one label of an hour,
// C pages, M views of each of them.
func (s *Statistic) Caps() map[string]int {
	caps := map[string]int{}
	for _, p := range s.Published {
		switch {
		case p.Measure == CappedViews:
			caps["C"], caps["M"] = pageCap, viewCap
		case p.Measure == Reach:
			caps["C"] = int(s.Reach)
		case p.Measure == Capped && s.Varying().Has(hit.ByHour):
			caps["V"], caps["V_hour"] = visitCap, hourCap
		case p.Measure == Capped:
			caps["V"] = visitCap
		}
	}
	return caps
}
