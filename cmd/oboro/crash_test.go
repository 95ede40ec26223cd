package main

import (
	"bytes"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/rogpeppe/go-internal/testscript"
)

// killer returns what kills the process, as a power cut would, at the step of that number.
// Of the many files that are moved into the folder it counts every ninth.
func killer(last int) func(step string) {
	steps, moves := 0, 0
	return func(step string) {
		if strings.HasPrefix(step, "move ") {
			if moves++; moves%9 != 1 {
				return
			}
		}
		if steps++; steps == last {
			syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {} // until the signal is there
		}
	}
}

// crashes runs a command and then another, both oboro's, which is the truth. Then it kills the first
// at each of its steps in turn (each sixth, where the store is a server's), from the same beginning, runs the second, and fails where
// a byte of the data or of the published folders is other than in truth: crashes FIRST SECOND.
// Seen to fail when what is archived gets its names in another order than the log's, when
// the list before is not kept until what it names is gone, when what is left of a killed
// archive ends the walk through it, and when the shelf does not record what is not in the log.
func crashes(ts *testscript.TestScript, _ bool, args []string) {
	roots := []string{ts.MkAbs("data"), ts.MkAbs("public")}
	before := tree(ts, roots)
	first, second := strings.Fields(args[0]), strings.Fields(args[1])
	ts.Check(ts.Exec("oboro", first...))
	ts.Check(ts.Exec("oboro", second...))
	want := tree(ts, roots)
	stride := 1
	if ts.Getenv("OBORO_TEST_STORE") != "" {
		stride = 6 // on a server each life takes a second
	}
	for n := 1; ; n += stride {
		restore(ts, roots, before)
		ts.Setenv("OBORO_TEST_KILL", strconv.Itoa(n))
		killed := ts.Exec("oboro", first...) != nil
		ts.Setenv("OBORO_TEST_KILL", "")
		if !killed {
			if n < 12 {
				ts.Fatalf("%v has %d steps only", first, n-1)
			}
			ts.Logf("killed at step 1 to %d of %v, each %d", n-1, first, stride)
			return
		}
		ts.Check(ts.Exec("oboro", second...))
		got := tree(ts, roots)
		for name := range maps.Keys(want) {
			if !bytes.Equal(got[name], want[name]) {
				ts.Fatalf("killed at step %d, %s is other than without", n, name)
			}
		}
		for name := range maps.Keys(got) {
			if _, ok := want[name]; !ok {
				ts.Fatalf("killed at step %d, %s is left over", n, name)
			}
		}
		ts.Check(ts.Exec("oboro", "verify", "public"))
	}
}

// tree reads all files below folders but the store, whose bytes tell how it was written, and the
// audit trail, whose entries tell when each command was given.
func tree(ts *testscript.TestScript, roots []string) map[string][]byte {
	files := map[string][]byte{}
	for _, root := range roots {
		ts.Check(filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err == nil && path == filepath.Join(ts.MkAbs("data"), "audit") {
				return fs.SkipDir
			}
			if err != nil || d.IsDir() || strings.HasPrefix(d.Name(), "oboro.db") {
				return err
			}
			files[path], err = os.ReadFile(path)
			return err
		}))
	}
	return files
}

func restore(ts *testscript.TestScript, roots []string, files map[string][]byte) {
	for _, root := range roots {
		now := tree(ts, []string{root})
		for _, path := range slices.Collect(maps.Keys(now)) {
			if _, ok := files[path]; !ok {
				ts.Check(os.Remove(path))
			}
		}
	}
	ts.Check(filepath.WalkDir(roots[0], func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			os.Remove(path) // where it is empty
		}
		return nil
	}))
	for path, file := range files {
		ts.Check(os.MkdirAll(filepath.Dir(path), 0o755))
		ts.Check(os.WriteFile(path, file, 0o600))
	}
}
