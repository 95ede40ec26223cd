package sqlite_test

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"oboro/aggregator/store/sqlite"
)

// TestOpenRefuses holds that what cannot be a store is refused, left as it is, and
// that the error says what to do.
func TestOpenRefuses(t *testing.T) {
	for _, tt := range []struct {
		name    string
		prepare func(t *testing.T, path string)
		want    string
	}{
		{"a folder", func(t *testing.T, path string) { must(t, os.Mkdir(path, 0o700)) }, "is a folder: name a file in it"},
		{"a file in no folder", func(t *testing.T, path string) { must(t, os.Remove(filepath.Dir(path))) },
			"does not exist: make it first"},
		{"a text", func(t *testing.T, path string) { write(t, path, []byte("cells,1,2,3 and more than a header\n")) },
			"is not a store of oboro"},
		{"a short text", func(t *testing.T, path string) { write(t, path, []byte("x")) }, "is not a store of oboro"},
		{"a database of another program", func(t *testing.T, path string) {
			execute(t, path, `create table visits (address text)`)
		}, "another program"},
		{"a database of another application id", func(t *testing.T, path string) {
			execute(t, path, `pragma application_id = 7`)
		}, "another program"},
		{"a store of a newer version", func(t *testing.T, path string) {
			made(t, path)
			execute(t, path, `pragma user_version = 99`)
		}, "newer oboro (schema 99"},
		{"a store cut off within its first page", func(t *testing.T, path string) {
			content := made(t, path)
			write(t, path, content[:1000])
		}, "damaged"},
		{"a store with a damaged first page", func(t *testing.T, path string) {
			content := made(t, path)
			copy(content[100:], bytes.Repeat([]byte{0xa5}, 3000))
			write(t, path, content)
		}, "damaged"},
		{"a store that another process writes", func(t *testing.T, path string) {
			made(t, path)
			connection := raw(t, path)
			connection.SetMaxOpenConns(1)
			_, err := connection.Exec(`begin immediate; update epochs set epochs = 2`)
			must(t, err)
		}, "another process"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "data")
			must(t, os.Mkdir(dir, 0o700))
			path := filepath.Join(dir, "oboro.db")
			tt.prepare(t, path)
			before, _ := os.ReadFile(path)
			s, err := sqlite.OpenWithPatience(t.Context(), path, 20*time.Millisecond)
			if err == nil {
				s.Close()
				t.Fatal("Open = nil, want an error")
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Open = %q, want it to say %q", err, tt.want)
			}
			if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
				t.Error("Open changed the file that it refused")
			}
		})
	}
}

// TestOpenRefusesWhatItMayNotWrite runs as a user without rights, also where the
// tests run as root.
func TestOpenRefusesWhatItMayNotWrite(t *testing.T) {
	const want = "write access"
	t.Run("a new file in a folder that cannot be written", func(t *testing.T) {
		dir := t.TempDir()
		must(t, os.Chmod(dir, 0o555))
		withoutRights(t)
		refuses(t, filepath.Join(dir, "oboro.db"), want)
	})
	t.Run("a store in a folder that cannot be written", func(t *testing.T) {
		dir := t.TempDir()
		path := filepath.Join(dir, "oboro.db")
		made(t, path)
		giveAway(t, path)
		must(t, os.Chmod(dir, 0o555))
		withoutRights(t)
		refuses(t, path, want)
	})
	t.Run("a store that cannot be written", func(t *testing.T) {
		dir := t.TempDir()
		path := filepath.Join(dir, "oboro.db")
		made(t, path)
		must(t, os.Chmod(path, 0o444))
		withoutRights(t)
		refuses(t, path, want)
	})
}

const nobody = 65534

// withoutRights takes root's rights over files from the thread of this test, to its
// end. The folders above the test's own must let nobody pass.
func withoutRights(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		return
	}
	for dir := filepath.Dir(t.TempDir()); dir != "/" && dir != os.TempDir(); dir = filepath.Dir(dir) {
		must(t, os.Chmod(dir, 0o755))
	}
	runtime.LockOSThread() // never unlocked: the thread ends with the test
	if err := unix.Setfsuid(nobody); err != nil {
		t.Skipf("SKIPPED: cannot give up root's rights: %v", err)
	}
	t.Cleanup(func() { _ = unix.Setfsuid(0) })
}

// giveAway makes the file one of the user without rights.
func giveAway(t *testing.T, path string) {
	t.Helper()
	if os.Geteuid() == 0 {
		must(t, os.Chown(path, nobody, nobody))
	}
}

func refuses(t *testing.T, path, want string) {
	t.Helper()
	s, err := sqlite.OpenWithPatience(t.Context(), path, 20*time.Millisecond)
	if err == nil {
		s.Close()
		t.Fatal("Open = nil, want an error")
	}
	if !strings.Contains(err.Error(), want) {
		t.Errorf("Open = %q, want it to say %q", err, want)
	}
}

// made makes a store, closes it and returns its file.
func made(t *testing.T, path string) []byte {
	t.Helper()
	s := open(t, path)
	if _, err := s.BeginEpoch(t.Context(), monday); err != nil {
		t.Fatal(err)
	}
	must(t, s.Close())
	content, err := os.ReadFile(path)
	must(t, err)
	return content
}

// execute runs a statement past the store.
func execute(t *testing.T, path, statement string) {
	t.Helper()
	db := raw(t, path)
	_, err := db.Exec(statement)
	must(t, err)
	must(t, db.Close())
}

func write(t *testing.T, path string, content []byte) {
	t.Helper()
	must(t, os.WriteFile(path, content, 0o600))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
