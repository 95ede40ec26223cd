package ledger_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"oboro/aggregator/ledger"
)

// settle makes a reservation of a day with a committed result.
func settle(t *testing.T, l *ledger.Ledger, day string) ledger.Reservation {
	t.Helper()
	r := reserve(t, l, daily("demo", day))
	if err := errors.Join(l.WriteResult(r.Seq, []byte("cells of "+day)), l.Commit(r.Seq)); err != nil {
		t.Fatal(err)
	}
	return r
}

func settled(t *testing.T, l *ledger.Ledger) []uint64 {
	t.Helper()
	list, err := l.Settled()
	if err != nil {
		t.Fatalf("Settled() = %v", err)
	}
	var seqs []uint64
	for _, r := range list {
		seqs = append(seqs, r.Seq)
	}
	return seqs
}

// TestForget holds that a committed result goes and nothing else: the record, its
// hash and the budget stay, another draw is refused as before, and the ledger opens
// without the file.
//
// Seen to fail when forget does nothing, when it takes what is not committed, when
// Result answers for a missing file as if there had been none, and when Settled
// tells of what is not committed.
func TestForget(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir)
	gone, kept := settle(t, l, "2026-11-17"), settle(t, l, "2026-11-18")
	waiting := reserve(t, l, daily("demo", "2026-11-19"))
	if err := l.WriteResult(waiting.Seq, []byte("waits")); err != nil {
		t.Fatal(err)
	}
	if got := settled(t, l); !slices.Equal(got, []uint64{gone.Seq, kept.Seq}) {
		t.Errorf("Settled() = %v, want the two committed ones", got)
	}
	before, root := l.Tree()
	for range 2 {
		if err := l.Forget(gone.Seq); err != nil {
			t.Errorf("Forget = %v, want nil", err)
		}
	}
	for seq, want := range map[uint64]error{waiting.Seq: ledger.ErrResult, 99: nil} {
		if err := l.Forget(seq); err == nil || want != nil && !errors.Is(err, want) {
			t.Errorf("Forget(%d), which is not committed, = %v, want an error", seq, err)
		}
	}
	for range 2 {
		if _, err := os.Stat(filepath.Join(dir, "results", "1.json")); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the forgotten file still stands: %v", err)
		}
		if _, ok, err := l.Result(gone.Seq); ok || !errors.Is(err, ledger.ErrForgotten) {
			t.Errorf("Result of what was forgotten = %v, %v, want ErrForgotten", ok, err)
		}
		for seq, want := range map[uint64]string{kept.Seq: "cells of 2026-11-18", waiting.Seq: "waits"} {
			if data, ok, err := l.Result(seq); string(data) != want || !ok || err != nil {
				t.Errorf("Result(%d) = %q, %v, %v, want %q", seq, data, ok, err, want)
			}
		}
		if r, _ := l.Reservation(gone.Seq); r.Committed == 0 || len(r.Result) != 64 || l.Spent("demo", "2026-11-17").Cmp(r.Rho()) != 0 {
			t.Errorf("the reservation is %+v, want it committed, with its hash and its budget spent", r)
		}
		if err := l.WriteResult(gone.Seq, []byte("another draw")); !errors.Is(err, ledger.ErrResult) {
			t.Errorf("another result after the first was forgotten = %v, want ErrResult", err)
		}
		if got := settled(t, l); !slices.Equal(got, []uint64{kept.Seq}) {
			t.Errorf("Settled() = %v, want only what stands", got)
		}
		closed(t, l)
		l = open(t, dir)
	}
	if after, now := l.Tree(); after != before || now != root {
		t.Errorf("forgetting changed the records: %d, want %d", after, before)
	}
}

// TestForgetKeepsWhatIsNotTheResult: a file that somebody changed is evidence.
//
// Seen to fail when forget removes without reading.
func TestForgetKeepsWhatIsNotTheResult(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir)
	r := settle(t, l, "2026-11-17")
	path := filepath.Join(dir, "results", "1.json")
	if err := os.WriteFile(path, []byte("changed"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := l.Forget(r.Seq); !errors.Is(err, ledger.ErrResult) {
		t.Errorf("Forget of a changed file = %v, want ErrResult", err)
	}
	if data, err := os.ReadFile(path); string(data) != "changed" {
		t.Errorf("the changed file holds %q, %v, want it left as it was", data, err)
	}
}

// TestForgottenBytesAreOverwritten keeps a second name for the file, under which the
// disk's bytes can be read after it is gone. A kill in between leaves a file that
// the next start removes the same way.
//
// Seen to fail when erase, or sweep, only removes.
func TestForgottenBytesAreOverwritten(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir)
	folder := filepath.Join(dir, "results")
	for i, forget := range []func(seq uint64) error{
		l.Forget,
		func(seq uint64) error { // as far as a killed Forget gets
			return errors.Join(os.Rename(filepath.Join(folder, "3.json"), filepath.Join(folder, "3.json.tmp")), l.Close())
		},
	} {
		r := settle(t, l, fmt.Sprintf("2026-11-%d", 17+i))
		second := filepath.Join(t.TempDir(), "second name")
		if err := os.Link(filepath.Join(folder, fmt.Sprintf("%d.json", r.Seq)), second); err != nil {
			t.Fatal(err)
		}
		if err := forget(r.Seq); err != nil {
			t.Fatalf("Forget = %v, want nil", err)
		}
		if i == 1 {
			l = open(t, dir)
		}
		if data, err := os.ReadFile(second); err != nil || bytes.Contains(data, []byte("cells")) {
			t.Errorf("try %d: the bytes of the file are %q, %v, want them overwritten", i, data, err)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(folder, "*")); len(left) != 0 {
		t.Errorf("it left %v", left)
	}
}
