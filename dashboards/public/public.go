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
	Day      statistic.Day // of publication
	Timezone string
	Licences []release.Licence // none: all of Licences

	// Releases are those to publish. What stands on the shelf is published with them and need
	// not be among them; Statistics are those whose standing data sets have pages.
	Releases   []release.Release
	Statistics []*statistic.Statistic

	// Archive is the folder that keeps every data set as it was first published, Shelf what
	// is known of it, or nil.
	Archive string
	Shelf   *Shelf
	Log     *release.Log
	Signer  note.Signer
	Key     string             // the verifier key of Signer
	Second  release.Minisigner // signs beside Signer

	// Record is told of releases before they are exposed; it may be told again after a
	// crash. Ledger then returns the lines of the ledger, without newlines. Budget is what
	// was read of them before, or nil.
	Record func(records []Recorded) error
	Ledger func() ([][]byte, error)
	Budget *release.Budget

	// At is told of each step that stands, by its name; nil in the program. Tests end the
	// process there.
	At func(step string)

	head   release.LedgerHead          // of the ledger as it was before this publication
	fresh  map[string]release.Envelope // by name, those that were archived just now
	stored release.Files               // of the data sets in the folder
	// standing are the pages of periods, by their path in Japanese, that need not be made.
	standing map[string]bool
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

// ErrWithdrawn says that a data set was taken back: its period is published no more.
var ErrWithdrawn = errors.New("the data set was withdrawn, for good")

// Write publishes: it archives and records new releases, and brings the folder dir
// up to date. Every file is replaced whole; pointers, and the list of hashes, come
// last. What changes has been verified before the first file of it is exposed.
func Write(dir string, p Publication) error {
	if err := write(dir, p); err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	return nil
}

func write(dir string, p Publication) error {
	before, err := listed(dir)
	if err != nil {
		return err
	}
	f, err := p.draft(before)
	if err != nil {
		return err
	}
	if err := f.expose(dir); err != nil {
		return err
	}
	if err := p.Shelf.writeIndex(); err != nil {
		return err
	}
	p.at("indexed")
	return nil
}

// at tells that a step of the publication stands.
func (p *Publication) at(step string) {
	if p.At != nil {
		p.At(step)
	}
}

// Build archives and records new releases and returns the files of the folder by
// path.
func Build(p Publication) (map[string][]byte, error) {
	f, err := p.draft(exposed{})
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for name := range f.files {
		if files[name], err = f.content(name); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// draft archives and records new releases and makes the folder. Pages that stand in it as
// they were made before are not made again.
func (p *Publication) draft(before exposed) (*draft, error) {
	if len(p.Licences) == 0 {
		p.Licences, _ = Licences("")
	}
	if err := p.prepare(); err != nil {
		return nil, err
	}
	if err := p.archive(); err != nil {
		return nil, err
	}
	lines, err := p.ledger()
	if err != nil {
		return nil, err
	}
	f := newDraft(p, before)
	if err := f.shelve(); err != nil {
		return nil, err
	}
	if err := f.registers(lines); err != nil {
		return nil, err
	}
	editions, err := f.editions()
	if err != nil {
		return nil, err
	}
	if err := f.show(editions); err != nil {
		return nil, err
	}
	f.put(release.Catalogue, release.DCAT(f.tables(), f.files, p.Agency))
	return f, f.seal()
}

// prepare opens the archive, refuses what would not hold together, and notes the head of
// the ledger, which new data sets carry.
func (p *Publication) prepare() (err error) {
	if p.Log == nil || p.Signer == nil || p.Ledger == nil || p.Record == nil || p.Archive == "" {
		return errors.New("archive, log, ledger and signer are needed")
	}
	if p.Shelf == nil {
		if p.Shelf, err = OpenShelf(p.Archive, p.Key); err != nil {
			return err
		}
	}
	if err := p.check(); err != nil {
		return err
	}
	if _, err := p.ledger(); err != nil {
		return err
	}
	p.head, err = p.Budget.Head(p.Budget.Lines())
	return err
}

// ledger reads the lines of the ledger, and into the budget those that are new.
func (p *Publication) ledger() ([][]byte, error) {
	lines, err := p.Ledger()
	if err == nil && p.Budget == nil {
		p.Budget, err = new(release.Budget), nil
		*p.Budget, err = release.ReadBudget(nil)
	}
	if err == nil && int64(len(lines)) < p.Budget.Lines() {
		err = errors.New("lines are missing that were there before")
	}
	if err == nil {
		err = p.Budget.Read(lines[p.Budget.Lines():])
	}
	if err != nil {
		return nil, fmt.Errorf("ledger: %w", err)
	}
	return lines, nil
}

// check refuses a publication that would not hold together.
func (p *Publication) check() error {
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
		for _, kind := range p.Shelf.PublishedBy(r.Site(), r.Summed()) {
			if kind != r.Period().Cadence() { // once archived, no folder with it would verify any more
				return fmt.Errorf("%s: the site was published by the %s before", r.Name(), kind)
			}
		}
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
