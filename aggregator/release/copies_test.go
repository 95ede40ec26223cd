package release_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"oboro/aggregator/release"
)

// lines are a ledger, or a log, for the copies: records with the hashes of their tree.
type lines struct{ hashes []tlog.Hash }

func (l *lines) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	var hashes []tlog.Hash
	for _, i := range indexes {
		hashes = append(hashes, l.hashes[i])
	}
	return hashes, nil
}

func grown(t *testing.T, records ...string) *lines {
	t.Helper()
	l := &lines{}
	for i, r := range records {
		more, err := tlog.StoredHashes(int64(i), []byte(r), l)
		if err != nil {
			t.Fatal(err)
		}
		l.hashes = append(l.hashes, more...)
	}
	return l
}

func (l *lines) size() int64 {
	n := int64(0)
	for tlog.StoredHashCount(n+1) <= int64(len(l.hashes)) {
		n++
	}
	return n
}

func (l *lines) Tree() (int64, tlog.Hash) {
	root, _ := l.RootOf(l.size())
	return l.size(), root
}

func (l *lines) RootOf(size int64) (tlog.Hash, error) { return tlog.TreeHash(size, l) }

// copiesIn returns copies in that folder under the key of the file.
func copiesIn(t *testing.T, dir, keyFile string) release.Copies {
	t.Helper()
	signer, key, err := release.LoadOrCreateSigner(keyFile, "oboro")
	if err != nil {
		t.Fatal(err)
	}
	c, err := release.NewCopies(dir, signer, key)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// What does not go with its newest copy is refused, whatever was done to either. Seen to fail
// when roots are not compared, when the origin is not looked at, when the size of the text
// is not held to the name, and when Keep writes before it checks.
func TestCopies(t *testing.T) {
	tests := []struct {
		name   string
		of     release.CopyOf
		now    []string
		change func(t *testing.T, dir string)
		forked string
	}{
		{name: "the same", of: release.CopyOfLedger, now: []string{"a", "b", "c"}},
		{name: "grown", of: release.CopyOfLedger, now: []string{"a", "b", "c", "d", "e"}},
		{name: "shorter", of: release.CopyOfLedger, now: []string{"a", "b"}, forked: "names 3 lines, and it has 2"},
		{name: "another of that length", of: release.CopyOfLedger, now: []string{"a", "b", "x"}, forked: "its first 3 lines"},
		{name: "another that is longer", of: release.CopyOfLedger, now: []string{"a", "x", "c", "d"}, forked: "its first 3 lines"},
		{name: "the other kind has none yet", of: release.CopyOfLog, now: []string{"x"}},
		{
			name: "a copy of the other kind under this name", of: release.CopyOfLog, now: []string{"a", "b", "c"}, forked: "is not signed by",
			change: func(t *testing.T, dir string) { rename(t, dir, "ledger-000000000003", "log-000000000003") },
		},
		{
			name: "a copy of the ledger under the trail's name", of: release.CopyOfAudit, now: []string{"a", "b", "c"}, forked: "is not signed by",
			change: func(t *testing.T, dir string) { rename(t, dir, "ledger-000000000003", "audit-000000000003") },
		},
		{
			name: "a copy of another size under this name", of: release.CopyOfLedger, now: []string{"a", "b", "c", "d"}, forked: "is not signed by",
			change: func(t *testing.T, dir string) { rename(t, dir, "ledger-000000000003", "ledger-000000000004") },
		},
		{
			name: "a copy by another key", of: release.CopyOfLedger, now: []string{"a", "b", "c"}, forked: "is not signed by",
			change: func(t *testing.T, dir string) {
				rename(t, dir, "ledger-000000000003", "old")
				other := copiesIn(t, dir, filepath.Join(t.TempDir(), "key"))
				if err := other.Keep(release.CopyOfLedger, grown(t, "a", "b", "c")); err != nil {
					t.Fatal(err)
				}
			},
		},
		{
			name: "files of others beside it", of: release.CopyOfLedger, now: []string{"a", "b", "c", "d"},
			change: func(t *testing.T, dir string) {
				write(t, filepath.Join(dir, "ledger-000000000009.checkpoint.txt"), "x")
				write(t, filepath.Join(dir, ".new-1"), "x")
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir, key := t.TempDir(), filepath.Join(t.TempDir(), "key")
			c := copiesIn(t, dir, key)
			if err := c.Keep(release.CopyOfLedger, grown(t, "a", "b", "c")); err != nil {
				t.Fatal(err)
			}
			if tt.change != nil {
				tt.change(t, dir)
			}
			before := folder(t, dir)
			checked, kept := c.Check(tt.of, grown(t, tt.now...)), c.Keep(tt.of, grown(t, tt.now...))
			for _, err := range []error{checked, kept} {
				if forked := errors.Is(err, release.ErrForked); forked != (tt.forked != "") || err != nil && !strings.Contains(err.Error(), tt.forked) {
					t.Errorf("got %v, want %q", err, tt.forked)
				}
			}
			after := folder(t, dir)
			if tt.forked != "" && len(after) != len(before) {
				t.Errorf("a refused copy was written: %d files, then %d", len(before), len(after))
			}
			for name, text := range before {
				if after[name] != text {
					t.Errorf("%s was changed or taken away", name)
				}
			}
		})
	}
}

// Each byte of a copy counts. Seen to fail when a copy whose signature does not verify is
// passed over.
func TestEachByteOfACopy(t *testing.T) {
	dir := t.TempDir()
	c := copiesIn(t, dir, filepath.Join(t.TempDir(), "key"))
	ledger := grown(t, "a", "b", "c")
	if err := c.Keep(release.CopyOfLedger, ledger); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "ledger-000000000003.checkpoint")
	whole, err := os.ReadFile(path)
	if err != nil || len(whole) < 100 {
		t.Fatalf("the copy: %d bytes, %v", len(whole), err)
	}
	for i := range whole {
		changed := append([]byte(nil), whole...)
		changed[i] ^= 1
		write(t, path, string(changed))
		if err := c.Check(release.CopyOfLedger, ledger); !errors.Is(err, release.ErrForked) {
			t.Errorf("byte %d changed: %v", i, err)
		}
	}
}

// What the system says of a folder is told without its path. Seen to fail when the error
// is handed on as it is.
func TestCopiesTellNoPath(t *testing.T) {
	c := copiesIn(t, filepath.Join(t.TempDir(), "user:word@host"), filepath.Join(t.TempDir(), "key"))
	err := c.Keep(release.CopyOfLedger, grown(t, "a"))
	if err == nil || errors.Is(err, release.ErrForked) || strings.Contains(err.Error(), "word") {
		t.Errorf("a folder that is not there: %v", err)
	}
}

func rename(t *testing.T, dir, from, to string) {
	t.Helper()
	if err := os.Rename(filepath.Join(dir, from+".checkpoint"), filepath.Join(dir, to+".checkpoint")); err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func folder(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[e.Name()] = string(text)
	}
	return files
}
