package public

import (
	"bytes"
	"cmp"
	"encoding/json"
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

// catalogue adds the list of all data sets and the pointers to the newest of each
// table. It returns the tables by name.
func catalogue(files map[string][]byte) ([]release.Envelope, error) {
	var tables []release.Envelope
	list := listing{Datasets: []dataset{}}
	newest := map[string]release.Envelope{}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if path.Base(name) != release.TableJSON {
			continue
		}
		var e release.Envelope
		if err := json.Unmarshal(files[name], &e); err != nil {
			return nil, fmt.Errorf("%s is not a table", name)
		}
		tables = append(tables, e)
		list.Datasets = append(list.Datasets, describe(e, files))
		at := e.Site + "/" + e.Statistic
		if old, ok := newest[at]; !ok || newer(e, old) {
			newest[at] = e
		}
	}
	for at, e := range newest {
		files["data/v1/"+at+"/latest.csv"] = files["data/v1/"+e.Name+"/"+release.TableCSV]
		files["data/v1/"+at+"/latest.json"] = files["data/v1/"+e.Name+"/"+release.TableJSON]
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetIndent("", " ")
	if err := enc.Encode(list); err != nil {
		return nil, err
	}
	files["data/v1/catalog.json"] = b.Bytes()
	return tables, nil
}

func newer(a, b release.Envelope) bool {
	return cmp.Or(cmp.Compare(a.Period.Start, b.Period.Start), cmp.Compare(a.Version, b.Version)) > 0
}

func describe(e release.Envelope, files map[string][]byte) dataset {
	return dataset{
		Name: e.Name, Site: e.Site, Statistic: e.Statistic, Title: e.Meta.Title, Description: e.Meta.Purpose,
		Period: e.Period, Version: e.Version, Issued: e.TakenAt, Publisher: e.Agency, Licences: e.Meta.Licences,
		Distributions: e.Distributions(files),
	}
}

// expose brings dir up to date with files. They are written beside their places
// first and verified there; then each is renamed into its place.
func expose(dir string, files map[string][]byte, key string) error {
	old, err := listed(dir)
	if err != nil {
		return err
	}
	if before, err := os.ReadFile(filepath.Join(dir, release.LogEntries)); err == nil && !bytes.HasPrefix(files[release.LogEntries], before) {
		return fmt.Errorf("%s holds releases that this log does not have", dir)
	}
	temp, err := os.MkdirTemp(dir, ".new-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	if err := errors.Join(os.Chmod(temp, 0o755), write(temp, files)); err != nil {
		return err
	}
	report, err := release.Verify(os.DirFS(temp), key)
	if err != nil {
		return err
	}
	if !report.OK() {
		f := report.Findings[0]
		return fmt.Errorf("the folder would not verify: %s %s (%d findings)", f.Path, f.Problem, len(report.Findings))
	}
	for _, name := range inOrder(files) {
		if err := place(dir, temp, name, files[name]); err != nil {
			return err
		}
	}
	return remove(dir, old, files)
}

// listed returns the files that the folder holds by its own list, and makes the
// folder where there is none. A folder with other things in it is refused: what is
// not listed would not verify, and nobody else's files are taken away.
func listed(dir string) ([]string, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	ours := len(entries) == 0
	var paths []string
	for _, entry := range entries {
		name := entry.Name()
		killed := strings.HasPrefix(name, ".new-") // left behind by a publication that did not end
		if killed {
			paths = append(paths, named(filepath.Join(dir, name))...)
			if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
				return nil, err
			}
		}
		ours = ours || killed || name == release.SumsFile
	}
	if !ours {
		return nil, fmt.Errorf("%s holds other files: name an empty folder, or a published one", dir)
	}
	return append(paths, named(dir)...), nil
}

// named returns what the list of hashes in a folder names; nothing where there is
// no list.
func named(dir string) []string {
	list, err := os.ReadFile(filepath.Join(dir, release.SumsFile))
	if err != nil {
		return nil
	}
	var paths []string
	for _, line := range strings.Split(string(list), "\n") {
		if _, name, ok := strings.Cut(line, "  "); ok && filepath.IsLocal(name) {
			paths = append(paths, name)
		}
	}
	return paths
}

func write(dir string, files map[string][]byte) error {
	for name, file := range files {
		at := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(at, file, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// inOrder sorts paths so that nothing is pointed to before it is there.
func inOrder(files map[string][]byte) []string {
	return slices.SortedFunc(maps.Keys(files), func(a, b string) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a, b))
	})
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

// place renames a file into its place, unless the same file is there.
func place(dir, temp, name string, file []byte) error {
	at := filepath.Join(dir, filepath.FromSlash(name))
	if have, err := os.ReadFile(at); err == nil && bytes.Equal(have, file) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
		return err
	}
	from, err := os.OpenFile(filepath.Join(temp, filepath.FromSlash(name)), os.O_RDWR, 0)
	if err != nil {
		return err
	}
	if err := errors.Join(from.Sync(), from.Close(), os.Rename(from.Name(), at)); err != nil {
		return err
	}
	return release.SyncFolder(filepath.Dir(at))
}

// remove takes away what the folder listed before and does not list now, and
// folders that are empty then.
func remove(dir string, old []string, files map[string][]byte) error {
	for _, name := range old {
		if _, ok := files[name]; ok {
			continue
		}
		at := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.Remove(at); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		for up := filepath.Dir(at); up != filepath.Clean(dir) && os.Remove(up) == nil; {
			up = filepath.Dir(up)
		}
	}
	return nil
}
