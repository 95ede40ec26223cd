package sqlite_test

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"go.uber.org/goleak"

	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
	"oboro/aggregator/store/sqlite"
)

// child names, in the environment, the store to which this test binary adds batches
// until it is killed; childFrom is the first of them.
const (
	child     = "OBORO_TEST_ADD_TO"
	childFrom = "OBORO_TEST_ADD_FROM"
)

func TestMain(m *testing.M) {
	if path := os.Getenv(child); path != "" {
		fmt.Fprintln(os.Stderr, addUntilKilled(path, os.Getenv(childFrom)))
		os.Exit(1)
	}
	goleak.VerifyTestMain(m) // seen to fail when Close leaves the readers open
}

// addUntilKilled adds batches and writes the number of each to standard output once
// it is acknowledged.
func addUntilKilled(path, from string) error {
	s, err := sqlite.Open(context.Background(), path)
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(from)
	if err != nil {
		return err
	}
	for ; ; n++ {
		if err := s.Add(context.Background(), killedID(n), killedBatch()); err != nil {
			return err
		}
		fmt.Println(n)
	}
}

// killedBatch raises 50 cells by one.
func killedBatch() store.Batch { return batch(monday, numbered("/page", 50)...) }

func killedID(n int) store.BatchID {
	var id store.BatchID
	binary.LittleEndian.PutUint64(id[3:], uint64(n)*0x9e3779b97f4a7c15)
	return id
}

// TestKilled holds the promise that killing a process loses and repeats nothing:
// what was acknowledged is there, whole batches alone are there, and a batch sent
// again counts once. Seen to fail when the batch's id was written in a transaction
// of its own before the cells (a batch was lost), when it was not looked at (one
// counted twice), in most runs when it was written after the cells, and when a
// batch took two transactions.
func TestKilled(t *testing.T) {
	path := filepath.Join(t.TempDir(), "oboro.db")
	sent := 0
	for round := range 10 {
		acknowledged := killOne(t, path, sent)
		s := open(t, path)
		got := countWhole(t, s)
		if got != acknowledged && got != acknowledged+1 {
			t.Fatalf("round %d: %d batches are there, want the %d acknowledged ones and at most one more",
				round, got, acknowledged)
		}
		for n := max(0, acknowledged-3); n <= acknowledged; n++ {
			must(t, s.Add(t.Context(), killedID(n), killedBatch()))
		}
		sent = acknowledged + 1
		if got := countWhole(t, s); got != sent {
			t.Fatalf("round %d: %d batches count after the last ones were sent again, want %d", round, got, sent)
		}
		must(t, s.Close())
	}
}

// killOne runs a child that adds batches from a number on, kills it at a random
// moment, and returns how many batches were acknowledged in all.
func killOne(t *testing.T, path string, from int) int {
	t.Helper()
	command := exec.Command(os.Args[0])
	command.Env = append(os.Environ(), child+"="+path, childFrom+"="+strconv.Itoa(from))
	command.Stderr = os.Stderr
	output, err := command.StdoutPipe()
	must(t, err)
	must(t, command.Start())
	lines := bufio.NewScanner(output)
	acknowledged := from
	for lines.Scan() {
		if acknowledged == from { // it is under way
			time.AfterFunc(rand.N(60*time.Millisecond), func() { _ = command.Process.Kill() })
		}
		n, err := strconv.Atoi(lines.Text())
		if err != nil {
			t.Errorf("the child wrote %q, want a number", lines.Text())
		}
		acknowledged = n + 1
	}
	_ = command.Wait() // it was killed
	if acknowledged == from {
		t.Fatal("the child added nothing")
	}
	return acknowledged
}

// countWhole returns how many batches the store holds, and fails where part of one
// is there.
func countWhole(t *testing.T, s *sqlite.Store) int {
	t.Helper()
	views := int64(-1)
	cells := 0
	for c, err := range s.Open(t.Context(), store.Table{Statistic: "pages", Site: "a", Period: monday}) {
		must(t, err)
		if views >= 0 && c.Counts[statistic.Views] != views {
			t.Fatalf("cells count %d and %d views: part of a batch is there", views, c.Counts[statistic.Views])
		}
		views = c.Counts[statistic.Views]
		cells++
	}
	if cells != 50 {
		t.Fatalf("%d cells are there, want 50", cells)
	}
	return int(views / 2)
}

func BenchmarkAdd(b *testing.B) {
	s, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "oboro.db"))
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	batch := batch(monday, numbered("/some/page/of/the/site", 2000)...)
	n := 0
	b.ReportAllocs()
	for b.Loop() {
		n++
		if err := s.Add(b.Context(), killedID(n), batch); err != nil {
			b.Fatal(err)
		}
	}
}
