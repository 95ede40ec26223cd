package public

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"

	"oboro/aggregator/release"
	"oboro/aggregator/statistic"
)

// listing is data/v1/catalog.json.
type listing struct {
	Datasets []dataset `json:"datasets"`
}

type dataset struct {
	Name          string                 `json:"name"`
	Site          string                 `json:"site"`
	Statistic     string                 `json:"statistic"`
	Title         statistic.Text         `json:"title"`
	Description   statistic.Text         `json:"description"`
	Period        release.EnvelopePeriod `json:"period"`
	Version       int                    `json:"version"`
	Issued        string                 `json:"issued"`
	Publisher     string                 `json:"publisher"`
	Licences      []release.Licence      `json:"licence"`
	Distributions []release.Distribution `json:"distribution"`
}

// dataPath is where the data sets stand in the folder.
const dataPath = "data/v1/"

// A draft is a published folder that is being made. Of its files, those of data sets stay
// in the archive until they are asked for, and pages that stand are not made.
type draft struct {
	*Publication
	before exposed
	files  release.Files           // all but the list and its signatures, by path
	made   map[string][]byte       // contents that were made now
	kept   map[string]archivedFile // files of the archive
	sealed map[string][]byte       // the list and its signatures
	drawn  map[string]string       // pages that were made now: what of
}

// An archivedFile is a file of a data set on the shelf.
type archivedFile struct {
	set  release.Standing
	name string
}

func newDraft(p *Publication, before exposed) *draft {
	return &draft{
		Publication: p, before: before, files: release.Files{}, made: map[string][]byte{},
		kept: map[string]archivedFile{}, sealed: map[string][]byte{}, drawn: map[string]string{},
	}
}

// put adds a file that was made now.
func (f *draft) put(name string, content []byte) {
	f.made[name], f.files[name] = content, release.FileOf(content)
}

// keep adds a file of the archive.
func (f *draft) keep(at string, set release.Standing, name string) {
	f.kept[at], f.files[at] = archivedFile{set, name}, set.Files[name]
}

// content returns a file of the folder.
func (f *draft) content(name string) ([]byte, error) {
	if file, ok := f.made[name]; ok {
		return file, nil
	}
	if file, ok := f.sealed[name]; ok {
		return file, nil
	}
	k, ok := f.kept[name]
	if !ok {
		return nil, fmt.Errorf("%s: nobody has this file", name)
	}
	if k.name == release.ManifestSig {
		manifest, err := f.Shelf.file(k.set, release.ManifestOf)
		if err != nil {
			return nil, err
		}
		return f.Second.Countersign(manifest), nil
	}
	return f.Shelf.file(k.set, k.name)
}

// shelve adds the data sets of the shelf, old versions included, and the pointers to the
// newest of each table. The signatures of the second key are no part of the archive: they
// say who vouches, not for what.
func (f *draft) shelve() error {
	second := release.Hash(f.Second.Public())
	newest := map[string]release.Standing{}
	for name, v := range f.Shelf.sets {
		if _, signed := v.Files[release.ManifestSig]; !signed || f.Shelf.second != second {
			manifest, err := f.Shelf.file(v, release.ManifestOf)
			if err != nil {
				return fmt.Errorf("archive: %s: %w", name, err)
			}
			v.Files[release.ManifestSig] = release.FileOf(f.Second.Countersign(manifest))
		}
		for file := range v.Files {
			f.keep(dataPath+name+"/"+file, v, file)
		}
		at := v.Table.Site + "/" + v.Table.Statistic
		if old, ok := newest[at]; !ok || newer(v.Table, old.Table) {
			newest[at] = v
		}
	}
	f.Shelf.second = second
	for at, v := range newest {
		f.keep(dataPath+at+"/latest.csv", v, release.TableCSV)
		f.keep(dataPath+at+"/latest.json", v, release.TableJSON)
	}
	return nil
}

func newer(a, b release.Envelope) bool {
	return cmp.Or(cmp.Compare(a.Period.Start, b.Period.Start), cmp.Compare(a.Version, b.Version)) > 0
}

// tables returns all tables in the order of their folders.
func (f *draft) tables() []release.Envelope {
	var tables []release.Envelope
	for _, name := range slices.Sorted(maps.Keys(f.Shelf.sets)) {
		tables = append(tables, f.Shelf.sets[name].Table)
	}
	return tables
}

// registers adds the log, the ledger and the list of data sets.
func (f *draft) registers(ledger [][]byte) error {
	f.put(release.LedgerLines, append(bytes.Join(ledger, []byte("\n")), '\n'))
	f.put(release.LogEntries, f.Log.Entries())
	head, err := f.Log.Checkpoint(f.Signer)
	if err != nil {
		return err
	}
	f.put(release.Checkpoint, head)
	tiles, err := f.Log.Tiles()
	if err != nil {
		return err
	}
	for name, tile := range tiles {
		f.put(name, tile)
	}
	if head, err = f.Budget.Checkpoint(f.Signer); err != nil {
		return err
	}
	f.put(release.LedgerCheckpoint, head)
	f.put(dataPath+"catalog.json", release.IndentedList(listing{Datasets: []dataset{}}, func(yield func(any) bool) {
		for _, e := range f.tables() {
			if !yield(describe(e, f.files)) {
				return
			}
		}
	}))
	return nil
}

func describe(e release.Envelope, files release.Files) dataset {
	return dataset{
		Name: e.Name, Site: e.Site, Statistic: e.Statistic, Title: e.Meta.Title, Description: e.Meta.Purpose,
		Period: e.Period, Version: e.Version, Issued: e.TakenAt, Publisher: e.Agency, Licences: e.Meta.Licences,
		Distributions: e.Distributions(files),
	}
}

// seal adds the list of all files, and what signs it.
func (f *draft) seal() (err error) {
	f.put(release.MinisignKey, f.Second.Public())
	f.sealed, err = release.SealList(f.files, f.Signer, f.Second)
	for name, file := range f.sealed {
		f.put(name, file)
	}
	return err
}
