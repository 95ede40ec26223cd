package public

import (
	"slices"

	"oboro/aggregator/release"
)

// A publishing is what has one kind of period: the tables of a site whose figures are of days,
// or those whose figures are sums over the period.
type publishing struct {
	site   string
	summed bool
}

// PublishedBy returns by what calendar periods tables of the site stand on the shelf, of those
// of days or of sums: none, one, or, where it went wrong, both.
func (s *Shelf) PublishedBy(site string, summed bool) []release.Cadence {
	if s.kinds == nil {
		s.kinds = s.cadences()
	}
	return slices.Clone(s.kinds[publishing{site, summed}])
}

// CadencesOf returns the kinds of the named periods, each once. What names no
// period is passed over.
func CadencesOf(periods []string) []release.Cadence {
	var kinds []release.Cadence
	for _, name := range periods {
		p, err := release.ParsePeriod(name)
		if err == nil && !slices.Contains(kinds, p.Cadence()) {
			kinds = append(kinds, p.Cadence())
		}
	}
	slices.Sort(kinds)
	return kinds
}
