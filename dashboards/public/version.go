package public

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"oboro/aggregator/release"
	"oboro/aggregator/statistic"
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

// restored returns the newest version of a data set as it was published.
func (s *Shelf) restored(site string, st *statistic.Statistic, period string) (release.Standing, release.Release, error) {
	newest, ok := s.Newest(site, st.ID, period)
	if !ok {
		return newest, release.Release{}, fmt.Errorf("%s/%s/%s is not in the archive", site, st.ID, period)
	}
	e, err := s.Table(newest)
	if err != nil {
		return newest, release.Release{}, err
	}
	r, ok := release.Restore(st, e)
	if !ok {
		return newest, r, fmt.Errorf("%s: the statistic is declared otherwise now", newest.Table.Name)
	}
	return newest, r, nil
}

// TakeBack returns the version of a data set that takes its figures back.
func (s *Shelf) TakeBack(site string, st *statistic.Statistic, period release.Period, reason statistic.Text) (release.Release, error) {
	newest, r, err := s.restored(site, st, period.String())
	if err != nil || newest.Withdrawn {
		return r, err
	}
	return r.Withdraw(newest.Table.Version+1, reason), nil
}

// ErrSame says that a corrected version would say what the newest says.
var ErrSame = errors.New("the texts are those of the newest version")

// Corrected returns the next version of a data set with the same figures: its texts, terms
// and names are those of today. No noise is drawn.
func (p *Publication) Corrected(site string, st *statistic.Statistic, period string) (release.Release, error) {
	newest, r, err := p.Shelf.restored(site, st, period)
	switch {
	case err != nil:
		return r, err
	case newest.Withdrawn:
		return r, fmt.Errorf("%s: %w", newest.Table.Name, ErrWithdrawn)
	}
	if len(p.Licences) == 0 {
		p.Licences, _ = Licences("")
	}
	day, err := statistic.ParseDay(newest.Table.TakenAt)
	if err != nil {
		return r, err
	}
	now, err := r.Envelope(p.edition(day))
	if err != nil {
		return r, err
	}
	if old, err := p.Shelf.Table(newest); err != nil || same(old.Meta, now.Meta) && old.Agency == now.Agency {
		return r, cmp.Or(err, ErrSame)
	}
	return r.Revised(newest.Table.Version + 1), nil
}

// grown reports whether now has all that old had, and days besides. Sums over a period never
// grow: what is added to one would be a day with a share of the noise.
func grown(old, now release.Envelope) bool {
	if old.Format == release.FormatSummed || now.Format == release.FormatSummed || len(old.Days) != len(now.Days) || same(old.Days, now.Days) {
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
