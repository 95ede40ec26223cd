package public

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	"oboro/aggregator/release"
	"oboro/aggregator/statistic"
)

// An edition is a release as it was first published.
type edition struct {
	release.Release
	day   statistic.Day // of its publication
	table release.Envelope
}

// archive takes every release to the archive, if it is not there, and into the
// log. It returns the releases with the day each was first published.
func (p Publication) archive() ([]edition, error) {
	var editions []edition
	for _, r := range p.Releases {
		e, err := p.keep(r)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", r.Name(), err)
		}
		editions = append(editions, e)
	}
	return editions, nil
}

// keep makes sure that the archive and the log hold r.
func (p Publication) keep(r release.Release) (edition, error) {
	folder := filepath.Join(p.Archive, filepath.FromSlash(r.Name()))
	day, err := p.find(r, folder)
	if errors.Is(err, fs.ErrNotExist) {
		day, err = p.Day, p.store(r, folder)
	}
	if err != nil {
		return edition{}, err
	}
	files, err := readFolder(folder)
	if err != nil {
		return edition{}, err
	}
	e := edition{Release: r, day: day}
	if err := json.Unmarshal(files[release.TableJSON], &e.table); err != nil {
		return edition{}, errors.New("the archive holds no table")
	}
	hashes := map[string]string{}
	for name, file := range files {
		hashes[name] = release.Hash(file)
	}
	record := r.Record(files[release.ManifestOf])
	if p.Log.Has(record) {
		return e, nil
	}
	if err := p.Record(record, hashes); err != nil {
		return edition{}, fmt.Errorf("record: %w", err)
	}
	return e, p.Log.Append(record)
}

// find returns the day on which r was published, from the archive. The archived
// figures must be those of r.
func (p Publication) find(r release.Release, folder string) (statistic.Day, error) {
	file, err := os.ReadFile(filepath.Join(folder, release.TableJSON))
	if err != nil {
		return 0, err
	}
	var old release.Envelope
	if err := json.Unmarshal(file, &old); err != nil {
		return 0, errors.New("the archive holds no table")
	}
	day, err := statistic.ParseDay(old.TakenAt)
	if err != nil {
		return 0, errors.New("the archived table has no day of publication")
	}
	now, err := r.Envelope(p.edition(day))
	if err != nil {
		return 0, err
	}
	if !sameFigures(old, now) {
		return 0, ErrChanged
	}
	return day, nil
}

// sameFigures reports whether two tables hold the same rows, sums and days.
// Titles, notes and the budget of other tables may have changed since: what was
// published is reused as it stands.
func sameFigures(a, b release.Envelope) bool {
	return same(a.Data, b.Data) && same(a.Totals, b.Totals) && same(a.Days, b.Days)
}

func same(a, b any) bool {
	one, err1 := json.Marshal(a)
	two, err2 := json.Marshal(b)
	return err1 == nil && err2 == nil && reflect.DeepEqual(one, two)
}

func (p Publication) edition(day statistic.Day) release.Edition {
	return release.Edition{Day: day, Timezone: p.Timezone, Agency: p.Agency, Licences: p.Licences, Ledger: p.head}
}

// store writes the data set to the archive: whole, or not at all.
func (p Publication) store(r release.Release, folder string) error {
	files, err := r.Files(p.edition(p.Day))
	if err != nil {
		return err
	}
	if files[release.ManifestOf], err = release.Sign(r.Manifest(files), p.Signer); err != nil {
		return err
	}
	parent := filepath.Dir(folder)
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return err
	}
	temp, err := os.MkdirTemp(parent, ".new-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp) // does nothing after the rename
	for name, file := range files {
		if err := release.WriteFile(filepath.Join(temp, name), file, 0o644); err != nil {
			return err
		}
	}
	if err := errors.Join(os.Chmod(temp, 0o755), os.Rename(temp, folder)); err != nil {
		return err
	}
	return release.SyncFolder(parent)
}

func readFolder(folder string) (map[string][]byte, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for _, entry := range entries {
		if files[entry.Name()], err = os.ReadFile(filepath.Join(folder, entry.Name())); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// stored returns all archived data sets, old versions included, by their path in
// the published folder.
func (p Publication) stored() (map[string][]byte, error) {
	files := map[string][]byte{}
	if err := os.MkdirAll(p.Archive, 0o755); err != nil {
		return nil, err
	}
	root := os.DirFS(p.Archive)
	err := fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && strings.HasPrefix(entry.Name(), ".new-") {
			return fs.SkipDir // left behind by a killed publication
		}
		if entry.IsDir() || strings.Count(name, "/") != 4 { // site/statistic/period/n/file
			return nil
		}
		files["data/v1/"+name], err = fs.ReadFile(root, name)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("archive: %w", err)
	}
	return files, nil
}
