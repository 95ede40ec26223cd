package public

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"

	"oboro/aggregator/release"
)

// ArchivedBy returns by what calendar periods tables of the site stand in the
// archive: none, one, or, where it went wrong, both.
func ArchivedBy(archive, site string) ([]release.Cadence, error) {
	tables, err := fs.Glob(os.DirFS(archive), site+"/*/*/[1-9]*/"+release.TableJSON)
	if err != nil {
		return nil, fmt.Errorf("archive: %w", err)
	}
	var periods []string
	for _, table := range tables {
		periods = append(periods, path.Base(path.Dir(path.Dir(table))))
	}
	return CadencesOf(periods), nil
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

// keepsCadence refuses a release whose site was published by another kind of period:
// once it were archived, no folder with it would verify any more.
func keepsCadence(archive string, r release.Release) error {
	kinds, err := ArchivedBy(archive, r.Site())
	if err != nil {
		return err
	}
	for _, kind := range kinds {
		if kind != r.Period().Cadence() {
			return fmt.Errorf("%s: the site was published by the %s before", r.Name(), kind)
		}
	}
	return nil
}
