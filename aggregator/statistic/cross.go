package statistic

import (
	"errors"
	"fmt"
	"slices"

	"oboro/collector/hit"
)

// Crossed reports whether the statistic is by two dimensions that have a table each. A
// page and the one after it are one label.
func (s *Statistic) Crossed() bool {
	return len(s.Dimensions) == 2 && s.Dimensions[1] != hit.ByNext
}

// Blurs reports whether a sealed row of these keys stands for cells that share
// visitor-days, so that nobody knows how many it stands on. Where a dimension that is
// fixed for the day is crossed with one that is not, what is merged within one value of
// the latter adds up.
func (s *Statistic) Blurs(keys []string) bool {
	return slices.ContainsFunc(keys, IsOther) && s.Overlaps() && !(s.Crossed() && keys[0] != Other)
}

// checkCrossed refuses what a crossed statistic cannot be folded as. One dimension at
// least is fixed for the day, so that either both tables beside it add up to it, or the
// values of that one do within each value of the other.
func (s *Statistic) checkCrossed() error {
	varying := s.Varying()
	switch {
	case len(s.Dimensions) > 2:
		return errors.New("at most two dimensions: more cannot be folded safely")
	case s.Dimensions[0] == s.Dimensions[1]:
		return errors.New("a dimension is crossed with itself")
	case varying.Has(s.Dimensions[1]) || hit.Labels.Has(s.Dimensions[1]):
		return fmt.Errorf("%s stands first, beside a dimension that is fixed for the day and has a list of words", s.Dimensions[1])
	case varying != 0 && len(s.Measures) > 1:
		return errors.New("crossed with a dimension that changes within the day, visitors alone are counted: other measures would tell what is folded")
	case varying != 0 && ofNetwork(s.Dimensions[1]):
		return errors.New("a network is crossed only with what is fixed for the day: it may be known later than the rest")
	case len(s.Published) > 0 || s.Audience != Team:
		return errors.New("crossed statistics are for the team alone")
	}
	return nil
}

func ofNetwork(d Dimension) bool { return d == hit.ByNetwork || d == hit.ByNetworkClass }

// kin are dimensions of which one tells of another.
var kin = [][]Dimension{
	{hit.ByCountry, hit.ByRegion, hit.ByNetworkClass, hit.ByNetwork},
	{hit.ByBrowser, hit.ByVersion, hit.BySystem, hit.ByDevice},
	{hit.ByMotion, hit.ByContrast, hit.ByColours, hit.ByTheme, hit.ByInput},
	{hit.BySource, hit.ByChannel, hit.ByCampaign, hit.ByCampaignSource, hit.ByCampaignMedium},
}

// checkCrossings refuses crossed statistics whose tables by one dimension are not there,
// since their fold is shared; and those that tell of each other in a ring, as device by
// language, language by country and country by device do. Of all others, what each tells
// of the dimension that it shares with another is all that the two tell of one another.
func (c *Catalogue) checkCrossings() error {
	var joined [dimensionsAtMost]Dimension // the first of those that are joined
	for d := range joined {
		joined[d] = Dimension(d)
	}
	join := func(a, b Dimension) {
		from, to := joined[b], joined[a]
		for d := range joined {
			if joined[d] == from {
				joined[d] = to
			}
		}
	}
	for _, group := range kin {
		for _, d := range group[1:] {
			join(group[0], d)
		}
	}
	for _, st := range c.statistics {
		if !st.Crossed() {
			continue
		}
		a, b := st.Dimensions[0], st.Dimensions[1]
		for _, d := range st.Dimensions {
			if !slices.ContainsFunc(c.statistics, func(other *Statistic) bool {
				return other.Of == st.Of && slices.Equal(other.Dimensions, []Dimension{d})
			}) {
				return fmt.Errorf("statistic %q: there is none by %s alone, whose fold it shares", st.ID, d)
			}
		}
		if joined[a] == joined[b] {
			return fmt.Errorf("statistic %q: %s and %s tell of each other already; switch it or another crossed statistic off", st.ID, a, b)
		}
		join(a, b)
	}
	return nil
}

// dimensionsAtMost is more than there are dimensions: as many as a set of them can hold.
const dimensionsAtMost = 32
