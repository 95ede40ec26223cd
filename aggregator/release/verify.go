package release

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"path"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// A Finding is one thing that is wrong with a published folder.
type Finding struct {
	Path    string
	Problem string
}

// A Report is what [Verify] found.
type Report struct {
	Signer   string
	Files    int
	Releases int
	Records  int      // in the log
	Spent    *big.Rat // most that the ledger reserved for one visitor-day of a site
	Listed   bool     // whether the folder could be listed, so that files too many are seen
	Findings []Finding
}

// OK reports whether nothing is wrong.
func (r Report) OK() bool { return len(r.Findings) == 0 }

// The fixed places in a published folder.
const (
	dataFolder  = "data/v1/"
	LogEntries  = "log/entries.jsonl"
	Checkpoint  = "log/checkpoint"
	LedgerLines = "ledger/entries.jsonl"
)

// Verify checks a published folder against the verifier key that its reader got
// elsewhere: the signatures, that every file is listed with its hash and no other
// is there, the log of releases, that the tables agree with each other and with
// what they say of themselves, and that the ledger keeps the budget. It collects
// all findings. The error says only that the key is none.
func Verify(fsys fs.FS, key string) (Report, error) {
	verifier, err := note.NewVerifier(strings.TrimSpace(key))
	if err != nil {
		return Report{}, fmt.Errorf("verifier key: %w", err)
	}
	v := &verification{
		fsys: fsys, key: verifier, files: map[string][]byte{}, tables: map[string]Envelope{},
		report: Report{Signer: verifier.Name()},
	}
	v.sums()
	v.strays()
	v.releases()
	v.minisign()
	v.log()
	v.pointers()
	v.catalogue()
	v.dataBlocks()
	v.ledger()
	return v.report, nil
}

type verification struct {
	fsys   fs.FS
	key    note.Verifier
	report Report
	list   []byte              // SHA256SUMS
	files  map[string][]byte   // what it lists, by path
	tables map[string]Envelope // by folder
}

func (v *verification) found(path, format string, args ...any) {
	v.report.Findings = append(v.report.Findings, Finding{path, fmt.Sprintf(format, args...)})
}

// read returns a file, or nil and a finding.
func (v *verification) read(name string) []byte {
	file, err := fs.ReadFile(v.fsys, name)
	if err != nil {
		v.found(name, "cannot be read: %v", cause(err))
		return nil
	}
	return file
}

// cause drops the path that a finding names already.
func cause(err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}

var sumLine = regexp.MustCompile(`^([0-9a-f]{64})  (\S.*)$`)

// sums checks SHA256SUMS, the note that signs it, and every file that it lists.
func (v *verification) sums() {
	v.list = v.read(SumsFile)
	if signed := v.read(SumsNote); signed != nil {
		text, err := open(signed, v.key)
		if err != nil {
			v.found(SumsNote, "%v", err)
		} else if text != sumsHeader+"\n"+Sums(map[string][]byte{SumsFile: v.list}) {
			v.found(SumsFile, "is not the list that %s signs", SumsNote)
		}
	}
	for _, line := range lines(v.list) {
		m := sumLine.FindStringSubmatch(line)
		if m == nil || !fs.ValidPath(m[2]) || slices.Contains(unlisted, m[2]) {
			v.found(SumsFile, "holds a line that names no file of the folder")
			continue
		}
		file := v.read(m[2])
		if file == nil {
			continue
		}
		if Hash(file) != m[1] {
			v.found(m[2], "is not the file that %s lists", SumsFile)
		}
		v.files[m[2]] = file
	}
	v.report.Files = len(v.files)
}

func lines(file []byte) []string {
	if len(file) == 0 {
		return nil
	}
	return strings.Split(strings.TrimSuffix(string(file), "\n"), "\n")
}

// strays finds files that SHA256SUMS does not list. A folder behind HTTP cannot be
// listed; there, nobody is led to what no list names.
func (v *verification) strays() {
	if _, err := fs.ReadDir(v.fsys, "."); err != nil {
		return
	}
	v.report.Listed = true
	err := fs.WalkDir(v.fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			v.found(name, "cannot be listed: %v", cause(err))
		case entry.IsDir() || slices.Contains(unlisted, name):
		case v.files[name] == nil:
			v.found(name, "is not listed in %s", SumsFile)
		}
		return nil
	})
	if err != nil {
		v.found(".", "cannot be listed: %v", cause(err))
	}
}

// below returns the sorted listed paths that begin with prefix.
func (v *verification) below(prefix string) []string {
	var paths []string
	for p := range v.files {
		if strings.HasPrefix(p, prefix) {
			paths = append(paths, p)
		}
	}
	slices.Sort(paths)
	return paths
}

// folders returns the folders of all data sets.
func (v *verification) folders() []string {
	var folders []string
	for _, p := range v.below(dataFolder) {
		if strings.Count(p, "/") == 6 { // data/v1/site/statistic/period/n/file
			folders = append(folders, path.Dir(p))
		}
	}
	return slices.Compact(folders)
}

// releases checks each data set: its manifest, and its tables.
func (v *verification) releases() {
	for _, folder := range v.folders() {
		v.report.Releases++
		v.manifest(folder)
		v.table(folder)
	}
	v.cadences()
}

func (v *verification) manifest(folder string) {
	name := folder + "/" + ManifestOf
	signed, ok := v.files[name]
	if !ok {
		v.found(name, "is missing")
		return
	}
	text, err := open(signed, v.key)
	if err != nil {
		v.found(name, "%v", err)
		return
	}
	parts := strings.Split(strings.TrimPrefix(folder, dataFolder), "/")
	files := map[string][]byte{}
	for _, p := range v.below(folder + "/") {
		if p != name && p != folder+"/"+ManifestSig {
			files[strings.TrimPrefix(p, folder+"/")] = v.files[p]
		}
	}
	want := "oboro release " + strings.Join(parts, " ") + "\n" + Sums(files)
	if text == want {
		return
	}
	v.found(name, "does not sign this release with these files")
	for _, line := range lines([]byte(want))[1:] {
		if !slices.Contains(lines([]byte(text)), line) {
			v.found(folder+"/"+line[66:], "is not the file that %s signs", ManifestOf)
		}
	}
}

// cadences finds tables that are published by two kinds of period: by subtracting
// one from the other, figures for days that no threshold was applied to come out.
func (v *verification) cadences() {
	first := map[string]Cadence{}
	for _, folder := range v.folders() {
		e, ok := v.tables[folder]
		if !ok {
			continue
		}
		table := e.Site + "/" + e.Statistic
		if first[table] == "" {
			first[table] = e.Query.Cadence
		}
		if first[table] != e.Query.Cadence {
			v.found(folder, "the table is published by the %s and by the %s", first[table], e.Query.Cadence)
		}
	}
}

// log checks the log of releases, its signed head, and that it and the folder hold
// the same releases.
func (v *verification) log() {
	entries, err := parseLog(v.files[LogEntries])
	if err != nil {
		v.found(LogEntries, "%v", err)
		return
	}
	v.report.Records = len(entries.lines)
	text, err := open(v.files[Checkpoint], v.key)
	if err != nil {
		v.found(Checkpoint, "%v", err)
	} else if head, err := entries.head(v.key.Name()); err != nil || text != head {
		v.found(Checkpoint, "is not the head of the log in %s", LogEntries)
	}
	listed := map[string]bool{}
	for _, folder := range v.folders() {
		r, err := recordOf(folder, v.files[folder+"/"+ManifestOf])
		if err != nil {
			v.found(folder, "%v", err)
			continue
		}
		listed[r.folder()] = true
		if !entries.Has(r) {
			v.found(folder, "the release is not in the log")
		}
	}
	for r := range entries.seen {
		if !listed[r.folder()] {
			v.found(LogEntries, "%s is in the log but not in the folder", r.folder())
		}
	}
}

// folder returns the folder of the release that r records.
func (r Record) folder() string {
	return fmt.Sprintf("%s%s/%s/%d", dataFolder, r.Dataset, r.Period, r.Version)
}

// recordOf returns the record of the data set in a folder.
func recordOf(folder string, manifest []byte) (Record, error) {
	parts := strings.Split(strings.TrimPrefix(folder, dataFolder), "/")
	r := Record{Dataset: parts[0] + "/" + parts[1], Period: parts[2], Manifest: Hash(manifest)}
	if _, err := fmt.Sscanf(parts[3], "%d", &r.Version); err != nil || r.folder() != folder {
		return Record{}, errors.New("the version is not a number")
	}
	return r, nil
}

// pointers checks that latest.csv and latest.json are the newest tables.
func (v *verification) pointers() {
	newest := map[string]Envelope{}
	for _, e := range v.tables {
		at := e.Site + "/" + e.Statistic
		old, ok := newest[at]
		if !ok || old.Period.Start < e.Period.Start || old.Period.Start == e.Period.Start && old.Version < e.Version {
			newest[at] = e
		}
	}
	for at, e := range newest {
		for pointer, table := range map[string]string{"latest.csv": TableCSV, "latest.json": TableJSON} {
			have, ok := v.files[dataFolder+at+"/"+pointer]
			if !ok || !bytes.Equal(have, v.files[dataFolder+e.Name+"/"+table]) {
				v.found(dataFolder+at+"/"+pointer, "is not the table of the newest release, %s", e.Name)
			}
		}
	}
}
