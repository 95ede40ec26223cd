package public

import (
	"bufio"
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"oboro/aggregator/release"
)

// A Shelf is the archive with what is known of it: every data set as it was published. A
// data set never changes, so it is read and verified once; then the index beside the
// archive says all that lists need. Without an index, or with one that is damaged, the
// archive is read whole again.
type Shelf struct {
	dir      string
	sets     map[string]release.Standing // by name
	verified map[string]bool             // the data sets that a verification has seen
	pages    map[string]pageMade
	second   string                           // hash of the key that the countersignatures in sets are of
	kinds    map[publishing][]release.Cadence // worked out once
}

// A pageMade is a page that was verified: what it was made of, and its file.
type pageMade struct {
	Of   string       `json:"of"`
	File release.File `json:"file"`
}

// OpenShelf reads the archive at dir. What a killed publication left unfinished in it is
// taken away; what it did finish is on the shelf, whether it is in the log or not. key is
// the verifier key of the manifests.
func OpenShelf(dir, key string) (*Shelf, error) {
	verifier, err := note.NewVerifier(strings.TrimSpace(key))
	if err != nil {
		return nil, fmt.Errorf("archive: verifier key: %w", err)
	}
	s := &Shelf{dir: dir}
	s.empty()
	if err := s.readIndex(); err != nil {
		s.empty() // it says nothing that the archive does not
	}
	names, err := archived(dir)
	if err != nil {
		return nil, fmt.Errorf("archive: %w", err)
	}
	there := map[string]bool{}
	for _, name := range names {
		there[name] = true
		if _, known := s.sets[name]; known {
			continue
		}
		if s.sets[name], err = s.load(name, verifier); err != nil {
			return nil, fmt.Errorf("archive: %s: %w", name, err)
		}
	}
	maps.DeleteFunc(s.sets, func(name string, _ release.Standing) bool { return !there[name] })
	return s, nil
}

func (s *Shelf) empty() {
	s.sets, s.verified, s.pages, s.second = map[string]release.Standing{}, map[string]bool{}, map[string]pageMade{}, ""
}

// load reads a data set of the archive.
func (s *Shelf) load(name string, verifier note.Verifier) (release.Standing, error) {
	files, err := readFolder(s.path(name))
	if err != nil {
		return release.Standing{}, err
	}
	return release.StandingOf(name, files, verifier)
}

func (s *Shelf) path(name string) string { return filepath.Join(s.dir, filepath.FromSlash(name)) }

// archived returns the names of the data sets below dir, sorted, and takes away what a
// killed publication left.
func archived(dir string) ([]string, error) {
	var names []string
	err := filepath.WalkDir(dir, func(at string, entry fs.DirEntry, err error) error {
		if err != nil {
			if errors.Is(err, fs.ErrNotExist) && at == dir {
				return fs.SkipAll
			}
			return err
		}
		if !entry.IsDir() || at == dir {
			return nil
		}
		if strings.HasPrefix(entry.Name(), ".new-") {
			if err := os.RemoveAll(at); err != nil {
				return err
			}
			return fs.SkipDir
		}
		name, err := filepath.Rel(dir, at)
		if err != nil || strings.Count(name, string(filepath.Separator)) < 3 {
			return err
		}
		if _, err := strconv.Atoi(entry.Name()); err == nil { // site/statistic/period/n
			names = append(names, filepath.ToSlash(name))
		}
		return fs.SkipDir
	})
	slices.Sort(names)
	return names, err
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

// Newest returns the newest version of a data set of one period.
func (s *Shelf) Newest(site, statistic, period string) (newest release.Standing, ok bool) {
	for n := 1; ; n++ {
		v, there := s.sets[fmt.Sprintf("%s/%s/%s/%d", site, statistic, period, n)]
		if !there {
			return newest, ok
		}
		newest, ok = v, true
	}
}

// Len returns how many data sets there are, old versions included.
func (s *Shelf) Len() int { return len(s.sets) }

// Table reads the table of a data set of the shelf.
func (s *Shelf) Table(v release.Standing) (e release.Envelope, err error) {
	file, err := s.file(v, release.TableJSON)
	if err == nil {
		err = json.Unmarshal(file, &e)
	}
	if err != nil {
		return e, fmt.Errorf("archive: %s: %w", v.Table.Name, err)
	}
	return e, nil
}

// file reads a file of the archive, which must be as it was.
func (s *Shelf) file(v release.Standing, name string) ([]byte, error) {
	file, err := os.ReadFile(filepath.Join(s.path(v.Table.Name), name))
	if err != nil {
		return nil, err
	}
	if release.Hash(file) != v.Files[name].SHA256 {
		return nil, fmt.Errorf("%s in the archive is not what was published: restore it from a backup, or from a published folder", name)
	}
	return file, nil
}

// sorted returns the data sets by name of their table, then period and version.
func (s *Shelf) sorted() []release.Standing {
	return slices.SortedFunc(maps.Values(s.sets), func(a, b release.Standing) int {
		return cmp.Or(cmp.Compare(path.Dir(a.Table.Name), path.Dir(b.Table.Name)), cmp.Compare(a.Table.Version, b.Table.Version))
	})
}

// cadences returns by what calendar periods tables of each site stand on the shelf.
func (s *Shelf) cadences() map[publishing][]release.Cadence {
	periods := map[publishing][]string{}
	for _, v := range s.sets {
		of := publishing{v.Table.Site, v.Sum != nil}
		periods[of] = append(periods[of], v.Table.Period.Name)
	}
	kinds := map[publishing][]release.Cadence{}
	for of, names := range periods {
		kinds[of] = CadencesOf(names)
	}
	return kinds
}

// The lines of the index: one that says of what program and keys it is, one for each data
// set and page, and the SHA-256 of all those before.
type (
	indexHead struct {
		Checks int    `json:"checks"`
		Second string `json:"second"`
	}
	indexLine struct {
		Set  *release.Standing `json:"set,omitempty"`
		Page *pageMade         `json:"page,omitempty"`
		Path string            `json:"path,omitempty"`
	}
)

func (s *Shelf) indexPath() string { return filepath.Join(filepath.Dir(s.dir), "index.jsonl") }

func (s *Shelf) readIndex() error {
	file, err := os.ReadFile(s.indexPath())
	if err != nil {
		return err
	}
	body := file[:bytes.LastIndexByte(bytes.TrimSuffix(file, []byte("\n")), '\n')+1]
	if release.Hash(body)+"\n" != string(file[len(body):]) {
		return errors.New("the index is damaged")
	}
	lines := json.NewDecoder(bytes.NewReader(body))
	var head indexHead
	if err := lines.Decode(&head); err != nil || head.Checks != release.Checks {
		return errors.New("the index is of another program")
	}
	s.second = head.Second
	for lines.More() {
		var line indexLine
		if err := lines.Decode(&line); err != nil {
			return err
		}
		switch {
		case line.Set != nil:
			s.sets[line.Set.Table.Name], s.verified[line.Set.Table.Name] = *line.Set, true
		case line.Page != nil:
			s.pages[line.Path] = *line.Page
		}
	}
	return nil
}

// writeIndex keeps what is known for the next publication. Everything on the shelf was
// verified when it is called.
func (s *Shelf) writeIndex() error {
	var b bytes.Buffer
	sum := sha256.New()
	w := bufio.NewWriter(&b)
	enc := json.NewEncoder(w)
	err := enc.Encode(indexHead{release.Checks, s.second})
	for _, v := range s.sorted() {
		err = errors.Join(err, enc.Encode(indexLine{Set: &v}))
	}
	for _, at := range slices.Sorted(maps.Keys(s.pages)) {
		made := s.pages[at]
		err = errors.Join(err, enc.Encode(indexLine{Path: at, Page: &made}))
	}
	if err := errors.Join(err, w.Flush()); err != nil {
		return fmt.Errorf("index of the archive: %w", err)
	}
	sum.Write(b.Bytes())
	b.WriteString(hex.EncodeToString(sum.Sum(nil)) + "\n")
	if err := release.WriteFile(s.indexPath(), b.Bytes(), 0o600); err != nil {
		return fmt.Errorf("index of the archive: %w", err)
	}
	return nil
}
