package public

import (
	"slices"

	"oboro/aggregator/release"
)

// PublishedBy returns by what calendar periods tables of the site stand on the shelf:
// none, one, or, where it went wrong, both.
func (s *Shelf) PublishedBy(site string) []release.Cadence {
	if s.kinds == nil {
		s.kinds = s.cadences()
	}
	return slices.Clone(s.kinds[site])
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
