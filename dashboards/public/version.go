package public

import (
	"fmt"
	"slices"

	"oboro/aggregator/release"
)

// Versioned returns r under the version that it is published as: the newest on the
// shelf if that holds the same figures, the next if days were measured since
// (by an import), the first if there is none. Figures of days that were published
// must be as they were: noise is drawn once, so anything else is ErrChanged. What was
// withdrawn is published no more: ErrWithdrawn.
func (s *Shelf) Versioned(r release.Release) (release.Release, error) {
	newest, ok := s.Newest(r.Site(), r.Statistic().ID, r.Period().String())
	if !ok {
		return r.Revised(1), nil
	}
	version := newest.Table.Version
	if newest.Withdrawn {
		return r, fmt.Errorf("%s: %w", newest.Table.Name, ErrWithdrawn)
	}
	old, err := s.Table(newest)
	if err != nil {
		return r, err
	}
	now, err := r.Revised(version).Envelope(release.Edition{})
	switch {
	case err != nil:
		return r, err
	case sameFigures(old, now):
		return r.Revised(version), nil
	case !grown(old, now):
		return r, fmt.Errorf("%s: %w", newest.Table.Name, ErrChanged)
	}
	return r.Revised(version + 1), nil
}

// Versioned is [Shelf.Versioned] of the archive at that path, whose manifests were signed
// by the key.
func Versioned(archive, key string, r release.Release) (release.Release, error) {
	s, err := OpenShelf(archive, key)
	if err != nil {
		return r, err
	}
	return s.Versioned(r)
}

// grown reports whether now has all that old had, and days besides.
func grown(old, now release.Envelope) bool {
	if len(old.Days) != len(now.Days) || same(old.Days, now.Days) {
		return false
	}
	for i, day := range old.Days {
		if day.Status == release.Published && !same(day, now.Days[i]) {
			return false
		}
	}
	if len(old.Query.Dimensions) > 0 {
		return true // sums: each grows with the days
	}
	for _, row := range old.Data {
		kept := slices.ContainsFunc(now.Data, func(r release.EnvelopeRow) bool { return same(r, row) })
		if row.Status == release.Published && !kept {
			return false
		}
	}
	return true
}
