package seal_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"testing"

	"oboro/aggregator/ledger"
	"oboro/aggregator/seal"
	"oboro/aggregator/store"
)

// A trap is a source of random bytes that springs at its nth read.
type trap struct {
	random *counting
	reads  int
	spring func()
}

func (t *trap) Read(p []byte) (int, error) {
	if t.reads--; t.reads == 0 {
		t.spring()
	}
	return t.random.Read(p)
}

// crash ends the process's life: it can do nothing more.
func crash() { panic(errCrash) }

// crashes are the steps of a seal, and how to be stopped there: killed, or by a
// failure of the ledger or the store. stands says whether the outcome stands by
// then, so that nothing may be drawn again, and through whether all is committed.
var crashes = []struct {
	name            string
	arm             func(b *bench)
	stands, through bool
}{
	{"ledger fails at the reservation", func(b *bench) { b.ledger.Close() }, false, false},
	{"killed after the reservation", func(b *bench) { b.Random = &trap{b.random, 1, crash} }, false, false},
	{"killed between draws", func(b *bench) { b.Random = &trap{b.random, b.reads, crash} }, false, false},
	{"ledger closed between draws", func(b *bench) { b.Random = &trap{b.random, b.reads, func() { b.ledger.Close() }} }, false, false},
	{"no room for the result file", func(b *bench) {
		results := filepath.Join(b.dir, "results")
		b.Random = &trap{b.random, b.reads, func() { os.Rename(results, results+".away") }}
	}, false, false},
	{"killed before the store has it", func(b *bench) { b.shelf.before = func() error { panic(errCrash) } }, true, false},
	{"store fails", func(b *bench) { b.shelf.before = func() error { return errBroken } }, true, false},
	{"killed after the store has it", func(b *bench) { b.shelf.after = func() error { panic(errCrash) } }, true, false},
	{"store says it failed after it has it", func(b *bench) { b.shelf.after = func() error { return errBroken } }, true, false},
	{"ledger fails at the commit", func(b *bench) { b.shelf.after = func() error { return b.ledger.Close() } }, true, false},
	{"killed after the commit", func(b *bench) { b.shelf.after = func() error { return b.keep("") } }, true, true},
	{"killed while it forgets", func(b *bench) { b.shelf.after = func() error { return b.keep(".tmp") } }, true, true},
	{"not stopped", func(*bench) {}, true, true},
}

// keep puts copies of what stands in the ledger's folder away, under those names and an end.
// Put back by stopped, they are as a kill between commit and forgetting leaves them.
func (b *bench) keep(end string) error {
	away := filepath.Join(b.dir, "results.kept")
	err := os.Mkdir(away, 0o700)
	for _, path := range b.left() {
		text, failed := os.ReadFile(path)
		err = errors.Join(err, failed, os.WriteFile(filepath.Join(away, filepath.Base(path)+end), text, 0o600))
	}
	return err
}

// stopped leaves the ledger's folder as the stopped process would have.
func (b *bench) stopped(t *testing.T) {
	t.Helper()
	results := filepath.Join(b.dir, "results")
	os.Rename(results+".away", results)
	kept, err := filepath.Glob(filepath.Join(results+".kept", "*"))
	for _, path := range kept {
		err = errors.Join(err, os.Rename(path, filepath.Join(results, filepath.Base(path))))
	}
	if err != nil {
		t.Fatal(err)
	}
}

// left returns the files that stand in the ledger's folder of results.
func (b *bench) left() []string {
	left, _ := filepath.Glob(filepath.Join(b.dir, "results", "*")) // the pattern is a good one
	return left
}

// outcome returns what the ledger has of a reservation: the file, or, where it is forgotten,
// the text whose hash was committed, and nothing where nothing was drawn. With the text alone
// none may be left on the disk.
func (b *bench) outcome(t *testing.T, r ledger.Reservation, text []byte) []byte {
	t.Helper()
	file, _, err := b.ledger.Result(r.Seq)
	if !errors.Is(err, ledger.ErrForgotten) {
		if err != nil {
			t.Fatal(err)
		}
		return file
	}
	if sum := sha256.Sum256(text); hex.EncodeToString(sum[:]) != r.Result {
		t.Fatal("what the store has is not what was committed")
	}
	if left := b.left(); len(left) > 0 {
		t.Errorf("%v stand, though they are forgotten", left)
	}
	return text
}

// forgotten fails where an outcome still stands in the ledger's folder.
func (b *bench) forgotten(t *testing.T) {
	t.Helper()
	if left := b.left(); len(left) > 0 {
		t.Errorf("all is committed, and %v still stand", left)
	}
}

// attempt seals and returns whether it went through.
func attempt(ctx context.Context, b *bench, d seal.Day) (through bool) {
	return completes(func() error {
		_, err := b.Seal(ctx, d)
		return err
	})
}

// completes works and returns whether it came to its end without an error.
func completes(work func() error) (through bool) {
	defer func() {
		if r := recover(); r != nil && r != errCrash {
			panic(r)
		}
	}()
	return work() == nil
}

// TestCrashMatrix stops a seal after each step, opens ledger and store again with
// other random bytes, and seals again, with and without Recover first. A day that is
// sealed has one outcome, with one share for its period: the first that stood in the ledger. Seen to fail when Seal
// draws again where a result stands, and sends that, when the store is written before the ledger, and when
// Recover draws. And once it is committed, nothing of the outcome stands in the ledger but its hash: seen to fail without
// Forget in finish, in Recover and in through, each alone.
func TestCrashMatrix(t *testing.T) {
	for _, tt := range crashes {
		for _, recovers := range []bool{false, true} {
			name := tt.name + ", sealed again"
			if recovers {
				name = tt.name + ", recovered and sealed again"
			}
			t.Run(name, func(t *testing.T) {
				b := newSums(t)
				tt.arm(b)
				if through := attempt(t.Context(), b, pagesDay(day)); through != tt.through {
					t.Fatalf("the seal went through: %v", through)
				} else if through {
					b.forgotten(t)
				}
				b.stopped(t)
				before := b.written(t)
				b.open(t, 2)
				first := b.result(t)
				if (first != nil) != tt.stands || before != nil && !bytes.Equal(before, first) {
					t.Fatalf("after the stop the outcome stands in the ledger: %v, want %v, and the store has the same", first != nil, tt.stands)
				}
				again(t, b, recovers, first)
				averaging(t, b)
			})
		}
	}
}

// again seals in a new life of the process. first is what stood in the ledger.
func again(t *testing.T, b *bench, recovers bool, first []byte) {
	t.Helper()
	if recovers {
		if err := b.Recover(t.Context()); err != nil {
			t.Fatalf("recover: %v", err)
		}
		if got := b.written(t); !bytes.Equal(got, first) || b.random.read > 0 {
			t.Fatalf("Recover wrote %d bytes of an outcome of %d, and drew %d", len(got), len(first), b.random.read)
		}
		b.forgotten(t)
	}
	if _, err := b.Seal(t.Context(), pagesDay(day)); err != nil {
		t.Fatalf("seal again: %v", err)
	}
	if (b.random.read > 0) != (first == nil) {
		t.Errorf("the second seal drew %d bytes, though an outcome stood: %v", b.random.read, first != nil)
	}
	if got := b.written(t); got == nil || first != nil && !bytes.Equal(got, first) {
		t.Error("the store does not have the outcome that stood first")
	}
	b.forgotten(t)
}

// averaging seals fifty times more, over restarts, with other bytes and with other
// cells: who averaged what comes out would learn nothing.
func averaging(t *testing.T, b *bench) {
	t.Helper()
	want := b.written(t)
	if got := b.result(t); !bytes.Equal(got, want) {
		t.Fatal("ledger and store have different outcomes")
	}
	size, root := b.ledger.Tree()
	spent := b.ledger.Spent("s", day.String())
	for n := range 50 {
		if n%10 == 0 {
			b.open(t, byte(10+n))
			if err := b.Recover(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if sealed, err := b.Seal(t.Context(), openDay(int64(n), 12)); err != nil || sealed {
			t.Fatalf("seal %d of a sealed day: %v, %v, want nothing done", n, sealed, err)
		}
		if b.random.read > 0 || !bytes.Equal(b.written(t), want) || !bytes.Equal(b.result(t), want) {
			t.Fatalf("seal %d of a sealed day drew or changed something", n)
		}
	}
	if now, hash := b.ledger.Tree(); now != size || hash != root || b.ledger.Spent("s", day.String()).Cmp(spent) != 0 {
		t.Error("sealing again wrote to the ledger")
	}
	if budget := big.NewRat(3, 100); spent.Sign() <= 0 || spent.Cmp(budget) > 0 {
		t.Errorf("the day has spent %s", spent)
	}
	if r, ok := b.ledger.Find("s", ledger.Day, day.String()); !ok || r.Committed == 0 || size != 4 {
		t.Errorf("the ledger has %d records, want origin, period, reservation and commit", size)
	}
	var outcome store.Seal
	if err := json.Unmarshal(want, &outcome); err != nil {
		t.Fatal(err)
	}
	if sum := b.shelf.period; sum.Done != 1 || fmt.Sprint(sum.Values) != fmt.Sprint(outcome.Shares[0].Values) {
		t.Errorf("the sum of the period is %+v of %d shares, want that of the outcome, once", sum.Values, sum.Done)
	}
}
