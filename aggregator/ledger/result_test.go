package ledger_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"oboro/aggregator/ledger"
)

// TestSealInSteps kills a seal after each of its steps, by opening the ledger
// again, and finishes it as a seal does: the result file is sent if it stands,
// and written under the same reservation if it does not. Never two values, never
// twice the budget.
//
// Seen to fail when Pending tells of nothing, and when Commit is written twice.
func TestSealInSteps(t *testing.T) {
	const reserved, drawing, drawn, committed = 0, 1, 2, 3
	for _, tt := range []struct {
		name  string
		steps int
	}{
		{"killed after reserving", reserved},
		{"killed while writing the result", drawing},
		{"killed after the result stood", drawn},
		{"killed after the commit", committed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			l := open(t, dir)
			r := reserve(t, l, daily("demo", "2026-11-18"))
			first := []byte(`{"draw":1}`)
			if tt.steps == drawing {
				if err := os.WriteFile(filepath.Join(dir, "results", "1.json.tmp"), first[:4], 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if tt.steps >= drawn {
				if err := l.WriteResult(r.Seq, first); err != nil {
					t.Fatal(err)
				}
			}
			if tt.steps >= committed {
				if err := l.Commit(r.Seq); err != nil {
					t.Fatal(err)
				}
			}
			closed(t, l)

			l = open(t, dir)
			pending := l.Pending()
			if want := tt.steps < committed; (len(pending) == 1) != want {
				t.Fatalf("Pending() = %v, want something to finish: %v", pending, want)
			}
			data, ok, err := l.Result(r.Seq)
			if err != nil || ok != (tt.steps >= drawn) || ok && string(data) != string(first) {
				t.Fatalf("Result = %q, %v, %v", data, ok, err)
			}
			if !ok {
				first = []byte(`{"draw":2}`)
				if err := l.WriteResult(r.Seq, first); err != nil {
					t.Fatalf("WriteResult under the same reservation = %v", err)
				}
			}
			for range 2 {
				if err := l.Commit(r.Seq); err != nil {
					t.Fatalf("Commit = %v", err)
				}
			}
			data, _, _ = l.Result(r.Seq)
			got, _ := l.Reservation(r.Seq)
			size, _ := l.Tree()
			if string(data) != string(first) || got.Committed != 2 || size != 3 || l.Spent("demo", "2026-11-18").Cmp(r.Rho()) != 0 {
				t.Errorf("finished with %q, commit %d, %d records, %s spent", data, got.Committed, size, l.Spent("demo", "2026-11-18"))
			}
		})
	}
}

// TestSecondResult: another draw under the same reservation goes nowhere.
//
// Seen to fail when writeResult writes without reading what stands.
func TestSecondResult(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir)
	r := reserve(t, l, daily("demo", "2026-11-18"))
	write := func(data string) error { return l.WriteResult(r.Seq, []byte(data)) }
	if err := errors.Join(write("one"), write("one")); err != nil {
		t.Fatalf("the same result twice: %v", err)
	}
	if err := write("two"); !errors.Is(err, ledger.ErrResult) {
		t.Errorf("a second result = %v, want ErrResult", err)
	}
	if err := l.Commit(r.Seq); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "results", "1.json")); err != nil {
		t.Fatal(err)
	}
	if _, _, err := l.Result(r.Seq); !errors.Is(err, ledger.ErrForgotten) {
		t.Errorf("Result of a committed file that is gone = %v, want ErrForgotten", err)
	}
	if err := write("two"); !errors.Is(err, ledger.ErrResult) {
		t.Errorf("a second result after the first was removed = %v, want ErrResult", err)
	}
	if err := write("one"); err != nil {
		t.Errorf("the committed result again = %v", err)
	}
	if data, ok, err := l.Result(r.Seq); string(data) != "one" || !ok || err != nil {
		t.Errorf("Result = %q, %v, %v, want one", data, ok, err)
	}
}

// TestCommit: a commit speaks of the file that stands there.
//
// Seen to fail when result does not compare the file with the committed hash.
func TestCommit(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir)
	r := reserve(t, l, daily("demo", "2026-11-18"))
	if err := l.Commit(r.Seq); !errors.Is(err, ledger.ErrResult) {
		t.Errorf("Commit without a result = %v, want ErrResult", err)
	}
	if err := l.Commit(99); err == nil {
		t.Error("Commit of a reservation that is none was accepted")
	}
	if err := l.WriteResult(99, nil); err == nil {
		t.Error("WriteResult for a reservation that is none was accepted")
	}
	if _, _, err := l.Result(99); err == nil {
		t.Error("Result of a reservation that is none was accepted")
	}
	if err := errors.Join(l.WriteResult(r.Seq, []byte("one")), l.Commit(r.Seq), l.Commit(r.Seq)); err != nil {
		t.Fatal(err)
	}
	if size, _ := l.Tree(); size != 3 {
		t.Errorf("two commits left %d records, want 3", size)
	}
	if err := os.WriteFile(filepath.Join(dir, "results", "1.json"), []byte("two"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := l.Commit(r.Seq); !errors.Is(err, ledger.ErrResult) {
		t.Errorf("Commit of a changed file = %v, want ErrResult", err)
	}
	if _, _, err := l.Result(r.Seq); !errors.Is(err, ledger.ErrResult) {
		t.Errorf("Result of a changed file = %v, want ErrResult", err)
	}
}

func TestResultsFolderTakenAway(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir)
	r := reserve(t, l, daily("demo", "2026-11-18"))
	if err := os.RemoveAll(filepath.Join(dir, "results")); err != nil {
		t.Fatal(err)
	}
	if err := l.WriteResult(r.Seq, []byte("one")); err == nil {
		t.Error("WriteResult without its folder was accepted")
	}
	if err := l.Commit(r.Seq); !errors.Is(err, ledger.ErrResult) {
		t.Errorf("Commit without the result's folder = %v, want ErrResult", err)
	}
}
