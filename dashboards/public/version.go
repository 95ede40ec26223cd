package public

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"oboro/aggregator/release"
)

// Versioned returns r under the version that it is published as: the newest in the
// archive if that holds the same figures, the next if days were measured since
// (by an import), the first if there is none. Figures of days that were published
// must be as they were: noise is drawn once, so anything else is ErrChanged.
func Versioned(archive string, r release.Release) (release.Release, error) {
	newest := 0
	var old release.Envelope
	for n := 1; ; n++ {
		file, err := os.ReadFile(filepath.Join(archive, filepath.FromSlash(r.Revised(n).Name()), release.TableJSON))
		if errors.Is(err, fs.ErrNotExist) {
			break
		}
		if err != nil {
			return r, fmt.Errorf("archive: %w", err)
		}
		newest, old = n, release.Envelope{}
		if err := json.Unmarshal(file, &old); err != nil {
			return r, fmt.Errorf("archive: %s holds no table", r.Revised(n).Name())
		}
	}
	if newest == 0 {
		return r.Revised(1), nil
	}
	now, err := r.Revised(newest).Envelope(release.Edition{})
	switch {
	case err != nil:
		return r, err
	case sameFigures(old, now):
		return r.Revised(newest), nil
	case !grown(old, now):
		return r, fmt.Errorf("%s: %w", r.Revised(newest).Name(), ErrChanged)
	}
	return r.Revised(newest + 1), nil
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
