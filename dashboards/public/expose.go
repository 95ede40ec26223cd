package public

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"oboro/aggregator/release"
)

// An exposed folder is what a publication before left: the hash of each file by its own
// list; and of one that did not end what it listed, and its folders.
type exposed struct {
	dir    string
	hashes map[string]string
	others []string
	killed []string
}

// listed returns what the folder holds by its own list, and makes the folder where there
// is none. A folder with other things in it is refused: what is not listed would not
// verify, and nobody else's files are taken away.
func listed(dir string) (exposed, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return exposed{}, err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return exposed{}, err
	}
	e := exposed{dir: dir}
	ours := len(entries) == 0
	for _, entry := range entries {
		name := entry.Name()
		killed := strings.HasPrefix(name, ".new-") // left behind by a publication that did not end
		if killed {
			e.killed = append(e.killed, filepath.Join(dir, name))
			for _, list := range []string{release.SumsFile, listBefore} {
				e.others = slices.AppendSeq(e.others, maps.Keys(named(filepath.Join(dir, name, list))))
			}
		}
		ours = ours || killed || name == release.SumsFile
	}
	if !ours {
		return exposed{}, fmt.Errorf("%s holds other files: name an empty folder, or a published one", dir)
	}
	e.hashes = named(filepath.Join(dir, release.SumsFile))
	return e, nil
}

// listBefore is the list that was there before, while the folder is brought up to date: what
// it names and the new list does not goes, also after a kill.
const listBefore = ".before"

// named returns what a list of hashes names; nothing where there is no list.
func named(at string) map[string]string {
	list, err := os.ReadFile(at)
	if err != nil {
		return nil
	}
	hashes := map[string]string{}
	for line := range strings.Lines(string(list)) {
		if hash, name, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "  "); ok && filepath.IsLocal(name) {
			hashes[name] = hash
		}
	}
	return hashes
}

// stands reports whether the folder has that file at that path: by its own list, and
// by the size of what is there.
func (e exposed) stands(name string, file release.File) bool {
	if e.hashes[name] != file.SHA256 {
		return false
	}
	info, err := os.Lstat(filepath.Join(e.dir, filepath.FromSlash(name)))
	return err == nil && info.Mode().IsRegular() && info.Size() == int64(file.Bytes)
}

// expose brings dir up to date. What is new is written beside its place first and verified
// there, together with what stands; then each file is renamed into its place.
func (f *draft) expose(dir string) error {
	old, err := os.ReadFile(filepath.Join(dir, release.LogEntries))
	if err == nil && !bytes.HasPrefix(f.made[release.LogEntries], old) {
		return fmt.Errorf("%s holds releases that this log does not have", dir)
	}
	temp, err := os.MkdirTemp(dir, ".new-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	if err := os.Chmod(temp, 0o755); err != nil {
		return err
	}
	if list, err := os.ReadFile(filepath.Join(dir, release.SumsFile)); err == nil {
		if err := os.WriteFile(filepath.Join(temp, listBefore), list, 0o600); err != nil {
			return err
		}
	}
	fresh, err := f.write(temp)
	if err != nil {
		return err
	}
	f.at("written beside the folder")
	if err := f.verify(dir, temp); err != nil {
		return err
	}
	f.at("verified")
	if err := f.move(dir, temp, fresh); err != nil {
		return err
	}
	f.at("moved")
	return f.remove(dir)
}

// write writes to temp what does not stand in dir, and returns its names.
func (f *draft) write(temp string) ([]string, error) {
	in := map[string][]string{} // names by folder
	for name := range f.files {
		in[path.Dir(name)] = append(in[path.Dir(name)], name)
	}
	folders := slices.Sorted(maps.Keys(in))
	fresh := make([][]string, len(folders))
	err := each(len(folders), func(i int) (err error) {
		fresh[i], err = f.writeFolder(temp, in[folders[i]])
		return err
	})
	if err != nil {
		return nil, err
	}
	return slices.Concat(fresh...), settle(temp)
}

// writeFolder writes those of the files of one folder that do not stand, and returns their names.
func (f *draft) writeFolder(temp string, names []string) (fresh []string, err error) {
	for _, name := range names {
		if f.before.stands(name, f.files[name]) {
			continue
		}
		content, err := f.content(name)
		if err != nil {
			return nil, err
		}
		at := filepath.Join(temp, filepath.FromSlash(name))
		if len(fresh) == 0 {
			if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
				return nil, err
			}
		}
		if err := os.WriteFile(at, content, 0o644); err != nil {
			return nil, err
		}
		fresh = append(fresh, name)
	}
	return fresh, nil
}

// verify checks the folder as it will be. What was verified by the publication that it is
// of is not read again.
func (f *draft) verify(dir, temp string) error {
	standing := map[string]release.Standing{}
	for name := range f.Shelf.verified {
		standing[dataPath+name] = f.Shelf.sets[name]
	}
	report, err := release.VerifyWith(overlay{os.DirFS(temp), os.DirFS(dir)}, f.Key, release.Options{
		Standing: standing, Budget: f.Budget,
		Stands: func(name, sha256 string) bool {
			_, made := f.made[name]
			return !made && f.files[name].SHA256 == sha256
		},
	})
	if err != nil {
		return err
	}
	if !report.OK() {
		first := report.Findings[0]
		return fmt.Errorf("the folder would not verify: %s %s (%d findings)", first.Path, first.Problem, len(report.Findings))
	}
	for name := range f.Shelf.sets {
		f.Shelf.verified[name] = true
	}
	for name, of := range f.drawn {
		f.Shelf.pages[name] = pageMade{of, f.files[name]}
	}
	maps.DeleteFunc(f.Shelf.pages, func(name string, _ pageMade) bool { _, ok := f.files[name]; return !ok })
	return nil
}

// An overlay is a folder with another over it.
type overlay struct{ over, under fs.FS }

func (o overlay) Open(name string) (fs.File, error) {
	file, err := o.over.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return o.under.Open(name)
	}
	return file, err
}

// ReadDir lists nothing: what stands in the folder beside its list is not of this
// publication, and verify tells of it.
func (overlay) ReadDir(string) ([]fs.DirEntry, error) { return nil, fs.ErrInvalid }

// move renames files from temp into their places: first data, then pages, then what
// points to them, then the list, then what signs it. Each kind is on the disk before the next is
// touched.
func (f *draft) move(dir, temp string, fresh []string) error {
	slices.SortFunc(fresh, func(a, b string) int { return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a, b)) })
	for i, name := range fresh {
		if i > 0 && rank(name) != rank(fresh[i-1]) {
			if err := settle(dir); err != nil {
				return err
			}
			f.at("moved all of a kind")
		}
		f.at("move " + name)
		at := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			return err
		}
		if err := os.Rename(filepath.Join(temp, filepath.FromSlash(name)), at); err != nil {
			return err
		}
	}
	return settle(dir)
}

func rank(name string) int {
	switch {
	case name == release.SumsNote || name == release.SumsSig:
		return 4
	case name == release.SumsFile:
		return 3
	case strings.Contains(name, "/latest.") || strings.HasSuffix(name, "/catalog.json") || name == release.Catalogue:
		return 2
	case strings.HasPrefix(name, "data/"):
		return 0
	}
	return 1
}

// remove takes away what the folder listed before and does not list now, and
// folders that are empty then.
func (f *draft) remove(dir string) error {
	for _, name := range slices.AppendSeq(f.before.others, maps.Keys(f.before.hashes)) {
		if _, ok := f.files[name]; ok {
			continue
		}
		at := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.Remove(at); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		f.at("removed " + name)
		for up := filepath.Dir(at); up != filepath.Clean(dir) && os.Remove(up) == nil; {
			up = filepath.Dir(up)
		}
	}
	for _, temp := range f.before.killed {
		if err := os.RemoveAll(temp); err != nil {
			return err
		}
	}
	return nil
}
