package release

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"oboro/internal/tree"
)

// A Record is one line of the log of releases.
type Record struct {
	Dataset  string `json:"dataset"` // site and statistic, as in demo/devices
	Period   string `json:"period"`
	Version  int    `json:"version"`
	Manifest string `json:"manifest"` // SHA-256 of the file manifest.note
}

// Record returns the record of the release whose manifest.note is given.
func (r Release) Record(manifest []byte) Record {
	return Record{
		Dataset: r.site + "/" + r.statistic.ID, Period: r.period.name, Version: r.version, Manifest: Hash(manifest),
	}
}

// Log is the append-only list of all releases: a Merkle tree (RFC 6962) whose
// signed head, the checkpoint, shows when a release was changed or taken out.
type Log struct {
	path  string
	lines [][]byte
	tree  tree.Tree
	seen  map[Record]string // manifest by the rest of the record
}

// OpenLog reads the log whose lines are in the file at path; there need not be one
// yet. A last line without its end was never acknowledged, and is dropped.
func OpenLog(path string) (*Log, error) {
	file, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("release log: %w", err)
	}
	whole := file[:bytes.LastIndexByte(file, '\n')+1]
	if len(whole) != len(file) {
		if err := os.Truncate(path, int64(len(whole))); err != nil {
			return nil, fmt.Errorf("release log: %w", err)
		}
	}
	l, err := parseLog(whole)
	if err != nil {
		return nil, fmt.Errorf("release log: %w", err)
	}
	l.path = path
	return l, nil
}

func parseLog(file []byte) (*Log, error) {
	l := &Log{seen: map[Record]string{}}
	for i, line := range bytes.SplitAfter(file, []byte("\n")) {
		if len(line) == 0 {
			continue // behind the last end of line
		}
		var r Record
		if err := json.Unmarshal(line, &r); err != nil || !bytes.Equal(r.line(), line) {
			return nil, fmt.Errorf("line %d is not a record in its canonical form", i+1)
		}
		if err := l.grow(r); err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
	}
	return l, nil
}

// line returns the record's one spelling.
func (r Record) line() []byte {
	line, _ := json.Marshal(r) // strings and a number cannot fail
	return append(line, '\n')
}

// same reports whether the log has r already. Another manifest under the same
// version is an error: versions never change.
func (l *Log) same(r Record) (bool, error) {
	have, ok := l.seen[r.unsigned()]
	if ok && have != r.Manifest {
		return false, fmt.Errorf("%s %s version %d is in the log with another manifest", r.Dataset, r.Period, r.Version)
	}
	return ok, nil
}

func (r Record) unsigned() Record {
	r.Manifest = ""
	return r
}

// grow adds r to the tree in memory.
func (l *Log) grow(r Record) error {
	if same, err := l.same(r); err != nil || same {
		return errors.Join(err, repeated(same))
	}
	line := r.line()
	if err := l.tree.Grow(line[:len(line)-1]); err != nil {
		return err
	}
	l.lines = append(l.lines, line)
	l.seen[r.unsigned()] = r.Manifest
	return nil
}

func repeated(same bool) error {
	if same {
		return errors.New("the record is in the log twice")
	}
	return nil
}

// Has reports whether the log holds r.
func (l *Log) Has(r Record) bool {
	same, err := l.same(r)
	return same && err == nil
}

// Append adds records. They are on the disk when Append returns. A record that the log has
// is not added again.
func (l *Log) Append(records ...Record) error {
	var fresh []Record
	var text []byte
	for _, r := range records {
		same, err := l.same(r)
		if err != nil {
			return err
		}
		if !same && !slices.Contains(fresh, r) {
			fresh, text = append(fresh, r), append(text, r.line()...)
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	file, err := os.OpenFile(l.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("release log: %w", err)
	}
	_, err = file.Write(text)
	err = errors.Join(err, file.Sync(), file.Close(), SyncFolder(filepath.Dir(l.path)))
	if err != nil {
		// Whatever part of the lines stands is not part of the log.
		return fmt.Errorf("release log: %w", errors.Join(err, os.Truncate(l.path, int64(len(l.Entries())))))
	}
	for _, r := range fresh {
		if err := l.grow(r); err != nil {
			return err
		}
	}
	return nil
}

// Entries returns the lines of the log.
func (l *Log) Entries() []byte { return bytes.Join(l.lines, nil) }

// Checkpoint returns the signed head of the log (C2SP tlog-checkpoint). Its origin
// is the signer's name.
func (l *Log) Checkpoint(signer note.Signer) ([]byte, error) {
	text, err := l.head(signer.Name())
	if err != nil {
		return nil, err
	}
	return Sign(text, signer)
}

func (l *Log) head(origin string) (string, error) {
	return l.prefix(origin, int64(len(l.lines)))
}

// Tree returns the number of records and the root of their tree.
func (l *Log) Tree() (size int64, root tlog.Hash) { return l.tree.Tree() }

// RootOf returns the root that the tree had when the log had so many records.
func (l *Log) RootOf(size int64) (tlog.Hash, error) { return l.tree.RootOf(size) }
