package public

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/sys/unix"

	"oboro/aggregator/release"
	"oboro/aggregator/statistic"
)

// An edition is a release as it was first published.
type edition struct {
	release.Release
	day   statistic.Day // of its publication
	table release.Envelope
}

// A Recorded is a release that is about to be published, with the SHA-256 of its files.
type Recorded struct {
	release.Record
	Files map[string]string
}

// archive takes every release to the shelf, if it is not there, and all that is there
// into the ledger and the log: also what a killed publication left without.
func (p *Publication) archive() error {
	var fresh []release.Release
	for _, r := range p.Releases {
		v, there := p.Shelf.sets[r.Name()]
		if !there {
			fresh = append(fresh, r)
			continue
		}
		if err := p.compare(r, v); err != nil {
			return fmt.Errorf("%s: %w", r.Name(), err)
		}
	}
	if err := p.record(); err != nil { // before others, so that versions follow each other
		return err
	}
	if len(fresh) == 0 {
		return nil
	}
	// They get their names in the order of the log, so that the log is the same wherever a
	// publication was killed.
	slices.SortFunc(fresh, func(a, b release.Release) int {
		return cmp.Or(cmp.Compare(path.Dir(a.Name()), path.Dir(b.Name())), cmp.Compare(a.Version(), b.Version()))
	})
	if err := p.store(fresh); err != nil {
		return err
	}
	return p.record()
}

// compare holds that the figures of r are those that were published under its version.
func (p *Publication) compare(r release.Release, v release.Standing) error {
	old, err := p.Shelf.Table(v)
	if err != nil {
		return err
	}
	day, err := statistic.ParseDay(old.TakenAt)
	if err != nil {
		return errors.New("the archived table has no day of publication")
	}
	now, err := r.Envelope(p.edition(day))
	if err != nil {
		return err
	}
	if !sameFigures(old, now) {
		return ErrChanged
	}
	return nil
}

// sameFigures reports whether two tables hold the same rows, sums and days.
// Titles, notes and the budget of other tables may have changed since: what was
// published is reused as it stands.
func sameFigures(a, b release.Envelope) bool {
	return same(a.Data, b.Data) && same(a.Totals, b.Totals) && same(a.Days, b.Days) && same(a.Calibration, b.Calibration)
}

func same(a, b any) bool {
	one, err1 := json.Marshal(a)
	two, err2 := json.Marshal(b)
	return err1 == nil && err2 == nil && reflect.DeepEqual(one, two)
}

func (p *Publication) edition(day statistic.Day) release.Edition {
	return release.Edition{Day: day, Timezone: p.Timezone, Agency: p.Agency, Licences: p.Licences, Ledger: p.head}
}

// store writes data sets to the archive, each whole or not at all. All are on the disk
// before the first has its name, and all have their names on the disk when it returns.
func (p *Publication) store(fresh []release.Release) error {
	p.fresh = map[string]release.Envelope{}
	if err := os.MkdirAll(p.Shelf.dir, 0o755); err != nil {
		return err
	}
	temp, err := os.MkdirTemp(p.Shelf.dir, ".new-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	verifier, err := note.NewVerifier(strings.TrimSpace(p.Key))
	if err != nil {
		return err
	}
	standing, tables := make([]release.Standing, len(fresh)), make([]release.Envelope, len(fresh))
	err = each(len(fresh), func(i int) (err error) {
		standing[i], tables[i], err = p.write(filepath.Join(temp, fmt.Sprint(i)), fresh[i], verifier)
		if err != nil {
			return fmt.Errorf("%s: %w", fresh[i].Name(), err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for i, r := range fresh {
		p.fresh[r.Name()] = tables[i]
		p.at("written for the archive")
	}
	if err := settle(temp); err != nil {
		return err
	}
	for i, r := range fresh {
		folder := p.Shelf.path(r.Name())
		if err := os.MkdirAll(filepath.Dir(folder), 0o755); err != nil {
			return err
		}
		if err := os.Rename(filepath.Join(temp, fmt.Sprint(i)), folder); err != nil {
			return err
		}
		p.Shelf.sets[r.Name()] = standing[i]
		p.at("archived")
	}
	return settle(p.Shelf.dir)
}

// write writes the files of one data set to a folder of their own, and returns its table too.
func (p *Publication) write(folder string, r release.Release, verifier note.Verifier) (s release.Standing, table release.Envelope, err error) {
	if table, err = r.Envelope(p.edition(p.Day)); err != nil {
		return s, table, err
	}
	files, err := r.Files(p.edition(p.Day))
	if err != nil {
		return s, table, err
	}
	if files[release.ManifestOf], err = release.Sign(r.Manifest(files), p.Signer); err != nil {
		return s, table, err
	}
	if err := os.Mkdir(folder, 0o755); err != nil {
		return s, table, err
	}
	for name, file := range files {
		if err := os.WriteFile(filepath.Join(folder, name), file, 0o644); err != nil {
			return s, table, err
		}
	}
	s, err = release.StandingOf(r.Name(), files, verifier)
	return s, table, err
}

// settle puts all that was written to the file system of dir on the disk, at once: one
// such call for a thousand data sets, where each file by itself would wait for the disk.
func settle(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	if err := errors.Join(unix.Syncfs(int(d.Fd())), d.Close()); err != nil {
		return fmt.Errorf("write %s to the disk: %w", dir, err)
	}
	return nil
}

// record tells the ledger and then the log of what is on the shelf and not in the log, the
// versions of a data set one after the other.
func (p *Publication) record() error {
	var records []Recorded
	var lines []release.Record
	for _, v := range p.Shelf.sorted() {
		if r := v.Record(); !p.Log.Has(r) {
			records, lines = append(records, Recorded{r, v.Hashes()}), append(lines, r)
		}
	}
	if len(records) == 0 {
		return nil
	}
	if err := p.Record(records); err != nil {
		return fmt.Errorf("record: %w", err)
	}
	p.at("recorded")
	if err := p.Log.Append(lines...); err != nil {
		return err
	}
	p.at("logged")
	return nil
}
