// Package public writes the published folder: the data sets with their pages, in
// Japanese and English, for any web server.
//
// It is static: no script, no style attribute, nothing from another host. It takes
// only [release.Release], whose numbers carry their noise, and prints none without
// its range. The same publication gives the same bytes: there is no clock here,
// and a data set that was published once is taken from the archive as it stands.
package public

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"oboro/aggregator/release"
	"oboro/aggregator/statistic"
)

// A Site is a web site that figures are published of.
type Site struct {
	ID    string
	Title statistic.Text
}

// A Publication is all that goes into a published folder.
type Publication struct {
	Agency   statistic.Text // who publishes
	Sites    []Site
	Releases []release.Release // all periods that have pages, old ones included
	Day      statistic.Day     // of publication
	Timezone string
	Licences []release.Licence // none: all of Licences

	// Archive is the folder that keeps every data set as it was first published.
	Archive string
	Log     *release.Log
	Signer  note.Signer
	Key     string             // the verifier key of Signer
	Second  release.Minisigner // signs beside Signer

	// Record is told of each release before it is exposed, with the SHA-256 of its
	// files; it may be told again after a crash. Ledger then returns the lines of the
	// ledger, without newlines.
	Record func(r release.Record, files map[string]string) error
	Ledger func() ([][]byte, error)

	head release.LedgerHead // of the ledger as it was before this publication
}

// terms are what data may be published under, with the words that configurations
// name them by. PDL has no name of the Open Definition, which a data package wants.
var terms = []struct {
	word    string
	licence release.Licence
}{
	{"CC-BY-4.0", release.Licence{Name: "CC-BY-4.0", Path: "https://creativecommons.org/licenses/by/4.0/", Title: "Creative Commons Attribution 4.0 (CC BY 4.0)"}},
	{"PDL-1.0", release.Licence{Path: "https://www.digital.go.jp/resources/open_data/public_data_license_v1.0", Title: "公共データ利用規約（第1.0版）(PDL1.0)"}},
}

// Licences returns the terms of that word, or all, of which readers may choose, for
// an empty one. ok is false where there are none of that word.
func Licences(word string) (licences []release.Licence, ok bool) {
	for _, t := range terms {
		if word == "" || word == t.word {
			licences = append(licences, t.licence)
		}
	}
	return licences, len(licences) > 0
}

// LicenceWords returns the words that Licences knows.
func LicenceWords() []string {
	var words []string
	for _, t := range terms {
		words = append(words, t.word)
	}
	return words
}

// ErrChanged says that a version that was published before would now hold other
// figures. What more was measured since is published as the next version.
var ErrChanged = errors.New("the version was published with other figures")

// Write publishes: it archives and records new releases, and brings the folder dir
// up to date. Every file is replaced whole; pointers, and the list of hashes, come
// last. The folder has been verified before the first file of it is exposed.
func Write(dir string, p Publication) error {
	files, err := Build(p)
	if err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	if err := expose(dir, files, p.Key); err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	return nil
}

// Build archives and records new releases and returns the files of the folder by
// path.
func Build(p Publication) (map[string][]byte, error) {
	if len(p.Licences) == 0 {
		p.Licences, _ = Licences("")
	}
	if err := p.check(); err != nil {
		return nil, err
	}
	if err := p.look(); err != nil {
		return nil, err
	}
	editions, err := p.archive()
	if err != nil {
		return nil, err
	}
	files, err := p.stored()
	if err != nil {
		return nil, err
	}
	p.Second.CountersignManifests(files)
	lines, err := p.Ledger()
	if err != nil {
		return nil, fmt.Errorf("ledger: %w", err)
	}
	budget, err := release.ReadBudget(lines)
	if err != nil {
		return nil, fmt.Errorf("ledger: %w", err)
	}
	tables, err := p.registers(files, lines)
	if err != nil {
		return nil, err
	}
	if err := p.pages(files, editions, tables, budget); err != nil {
		return nil, err
	}
	files[release.Catalogue] = release.DCAT(tables, files, p.Agency)
	return files, release.Seal(files, p.Signer, p.Second)
}

// look notes the head of the ledger, which new data sets carry.
func (p *Publication) look() error {
	lines, err := p.Ledger()
	if err != nil {
		return fmt.Errorf("ledger: %w", err)
	}
	budget, err := release.ReadBudget(lines)
	if err == nil {
		p.head, err = budget.Head(int64(len(lines)))
	}
	if err != nil {
		return fmt.Errorf("ledger: %w", err)
	}
	return nil
}

// registers adds the log, the ledger, the list of data sets and the pointers. It
// returns all tables.
func (p Publication) registers(files map[string][]byte, ledger [][]byte) (tables []release.Envelope, err error) {
	for _, line := range ledger {
		files[release.LedgerLines] = append(append(files[release.LedgerLines], line...), '\n')
	}
	files[release.LogEntries] = p.Log.Entries()
	if files[release.Checkpoint], err = p.Log.Checkpoint(p.Signer); err != nil {
		return nil, err
	}
	return catalogue(files)
}

// check refuses a publication that would not hold together.
func (p Publication) check() error {
	cadence, seen := map[string]release.Cadence{}, map[string]bool{}
	for _, r := range p.Releases {
		known := slices.ContainsFunc(p.Sites, func(s Site) bool { return s.ID == r.Site() })
		table := r.Site() + "/" + r.Statistic().ID
		switch {
		case !known:
			return fmt.Errorf("%s: the site is not declared", r.Name())
		case seen[r.Name()]:
			return fmt.Errorf("%s: comes twice", r.Name())
		case cadence[table] != "" && cadence[table] != r.Period().Cadence():
			return fmt.Errorf("%s: the table is published by the week or by the month, not by both", table)
		case p.Day <= r.Period().Last():
			return fmt.Errorf("%s: the period is not over", r.Name())
		}
		cadence[table], seen[r.Name()] = r.Period().Cadence(), true
		if err := keepsCadence(p.Archive, r); err != nil {
			return err
		}
	}
	if p.Log == nil || p.Signer == nil || p.Ledger == nil || p.Record == nil || p.Archive == "" {
		return errors.New("archive, log, ledger and signer are needed")
	}
	return nil
}

// title returns the title of the site of that id in lang.
func (p Publication) title(id, lang string) string {
	for _, s := range p.Sites {
		if s.ID == id && strings.TrimSpace(s.Title.In(lang)) != "" {
			return s.Title.In(lang)
		}
	}
	return id
}
