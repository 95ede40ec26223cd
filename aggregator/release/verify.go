package release

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/big"
	"path"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"oboro/aggregator/statistic"
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
	// Withdrawn are the data sets whose figures were taken back, with the reasons.
	Withdrawn []Taken
	Listed    bool   // whether the folder could be listed, so that files too many are seen
	Figures   int    // on pages, compared with their tables
	Since     string // what grew from the earlier checkpoint
	Findings  []Finding
}

// A Taken is a data set that was taken back, and why.
type Taken struct {
	Name   string
	Reason statistic.Text
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
func Verify(fsys fs.FS, key string) (Report, error) { return VerifyWith(fsys, key, Options{}) }

// Options are what a check may know besides.
type Options struct {
	// Standing are the data sets that were verified before, by folder. Of them only what
	// lists and the log say is checked. Files that stand as they were verified need not be
	// read either: Stands tells, by path and SHA-256.
	Standing map[string]Standing
	Stands   func(path, sha256 string) bool
	// Earlier is a checkpoint of the log or of the ledger that a reader kept, or nil.
	Earlier []byte
	// Budget spares reading the lines of the ledger that it was read from.
	Budget *Budget
}

// VerifyWith is [Verify] with options.
func VerifyWith(fsys fs.FS, key string, o Options) (Report, error) {
	verifier, err := note.NewVerifier(strings.TrimSpace(key))
	if err != nil {
		return Report{}, fmt.Errorf("verifier key: %w", err)
	}
	v := &verification{
		fsys: fsys, key: verifier, options: o, sizes: Files{}, listed: map[string]string{}, files: map[string][]byte{},
		tables: map[string]Envelope{}, manifests: map[string]string{}, shown: map[string]map[shownFigure]string{}, sumsOf: map[string]*Sum{},
		report: Report{Signer: verifier.Name()},
	}
	v.sums()
	v.strays()
	v.ledger()
	v.secondKey()
	v.releases()
	v.cadences()
	v.sameSums()
	v.takenBack()
	v.log()
	v.pointers()
	v.catalogue()
	v.rest()
	return v.report, nil
}

// A verification goes through the folder once. It holds the files of one data set at a
// time, and of the others what it needs.
type verification struct {
	fsys      fs.FS
	key       note.Verifier
	options   Options
	report    Report
	list      []byte              // SHA256SUMS
	listed    map[string]string   // what it lists: hash by path
	sizes     Files               // of what was read or stands
	files     map[string][]byte   // those that are being looked at, by path
	tables    map[string]Envelope // by folder, without rows and days
	manifests map[string]string   // SHA-256 by folder
	sumsOf    map[string]*Sum     // of tables of sums, by folder
	budget    Budget
	public    []byte                            // minisign.pub
	shown     map[string]map[shownFigure]string // figures by table
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

// sums checks SHA256SUMS and the note that signs it.
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
		if m == nil || !fs.ValidPath(m[2]) || slices.Contains(unlisted, m[2]) || v.listed[m[2]] != "" {
			v.found(SumsFile, "holds a line that names no file of the folder, or one that another names")
			continue
		}
		v.listed[m[2]] = m[1]
	}
}

// take reads a listed file and compares it with the list. It returns nil where there is
// none.
func (v *verification) take(name string) []byte {
	if v.listed[name] == "" {
		return nil
	}
	file := v.read(name)
	if file == nil {
		return nil
	}
	v.sizes[name] = FileOf(file)
	if v.sizes[name].SHA256 != v.listed[name] {
		v.found(name, "is not the file that %s lists", SumsFile)
	}
	return file
}

// load takes files to look at them, and drops those that were looked at before.
func (v *verification) load(names []string) {
	clear(v.files)
	for _, name := range names {
		if file := v.take(name); file != nil {
			v.files[name] = file
		}
	}
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
		case v.listed[name] == "":
			v.found(name, "is not listed in %s", SumsFile)
		}
		return nil
	})
	if err != nil {
		v.found(".", "cannot be listed: %v", cause(err))
	}
}

// folders returns the files of each data set by its folder.
func (v *verification) folders() map[string][]string {
	folders := map[string][]string{}
	for name := range v.listed {
		if strings.HasPrefix(name, dataFolder) && strings.Count(name, "/") == 6 { // data/v1/site/statistic/period/n/file
			folders[path.Dir(name)] = append(folders[path.Dir(name)], name)
		}
	}
	return folders
}

// releases checks each data set: its manifest, its tables, and what was reserved.
func (v *verification) releases() {
	folders := v.folders()
	for _, folder := range slices.Sorted(maps.Keys(folders)) {
		v.report.Releases++
		names := slices.Sorted(slices.Values(folders[folder]))
		if v.stands(folder, names) {
			continue
		}
		v.load(names)
		v.manifest(folder)
		v.table(folder)
		v.countersigned(folder)
		v.manifests[folder] = Hash(v.files[folder+"/"+ManifestOf])
	}
	clear(v.files)
}

// stands reports whether the data set is one that was verified before, file by file. What
// the ledger got since is compared all the same.
func (v *verification) stands(folder string, names []string) bool {
	s, ok := v.options.Standing[folder]
	if !ok || len(names) != len(s.Files) || v.options.Stands == nil {
		return false
	}
	for _, name := range names {
		file, ok := s.Files[path.Base(name)]
		if !ok || file.SHA256 != v.listed[name] || !v.options.Stands(name, file.SHA256) {
			return false
		}
	}
	for _, name := range names {
		v.sizes[name] = s.Files[path.Base(name)]
	}
	v.tables[folder], v.manifests[folder] = s.Table, s.Files[ManifestOf].SHA256
	if s.Sum != nil {
		v.sumsOf[folder] = s.Sum
	}
	v.covered(folder+"/"+TableJSON, s.Table)
	return true
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
	files := map[string][]byte{}
	for p, file := range v.files {
		if p != name && p != folder+"/"+ManifestSig {
			files[strings.TrimPrefix(p, folder+"/")] = file
		}
	}
	want := manifestOf(strings.TrimPrefix(folder, dataFolder), files)
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
	for _, folder := range slices.Sorted(maps.Keys(v.tables)) {
		e := v.tables[folder]
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
	entries, err := parseLog(v.take(LogEntries))
	if err != nil {
		v.found(LogEntries, "%v", err)
		return
	}
	v.report.Records = len(entries.lines)
	text, err := open(v.take(Checkpoint), v.key)
	if err != nil {
		v.found(Checkpoint, "%v", err)
	} else if head, err := entries.head(v.key.Name()); err != nil || text != head {
		v.found(Checkpoint, "is not the head of the log in %s", LogEntries)
	}
	v.tiles(entries)
	v.since(entries)
	listed := map[string]bool{}
	for _, folder := range slices.Sorted(maps.Keys(v.manifests)) {
		r, err := recordOf(folder, v.manifests[folder])
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

// recordOf returns the record of the data set in a folder, of whose manifest the hash is
// given.
func recordOf(folder, manifest string) (Record, error) {
	parts := strings.Split(strings.TrimPrefix(folder, dataFolder), "/")
	r := Record{Dataset: parts[0] + "/" + parts[1], Period: parts[2], Manifest: manifest}
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
			name := dataFolder + at + "/" + pointer
			if have := v.listed[name]; have == "" || have != v.listed[dataFolder+e.Name+"/"+table] {
				v.found(name, "is not the table of the newest release, %s", e.Name)
			}
		}
	}
}

// rest looks at the files that nothing else looked at: pages, pointers and the like.
func (v *verification) rest() {
	for _, name := range slices.Sorted(maps.Keys(v.listed)) {
		if _, seen := v.sizes[name]; seen {
			continue
		}
		if v.options.Stands != nil && v.options.Stands(name, v.listed[name]) {
			v.sizes[name] = File{SHA256: v.listed[name]}
			continue
		}
		if file := v.take(name); strings.HasSuffix(name, ".html") {
			v.page(name, file)
			v.marks(name, file)
		}
	}
	v.report.Files = len(v.sizes)
}
