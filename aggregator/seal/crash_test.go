package seal_test

import (
	"bytes"
	"context"
	"encoding/json"
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
// then, so that nothing may be drawn again.
var crashes = []struct {
	name   string
	arm    func(b *bench)
	stands bool
}{
	{"ledger fails at the reservation", func(b *bench) { b.ledger.Close() }, false},
	{"killed after the reservation", func(b *bench) { b.Random = &trap{b.random, 1, crash} }, false},
	{"killed between draws", func(b *bench) { b.Random = &trap{b.random, b.reads, crash} }, false},
	{"ledger closed between draws", func(b *bench) { b.Random = &trap{b.random, b.reads, func() { b.ledger.Close() }} }, false},
	{"no room for the result file", func(b *bench) {
		results := filepath.Join(b.dir, "results")
		b.Random = &trap{b.random, b.reads, func() { os.Rename(results, results+".away") }}
	}, false},
	{"killed before the store has it", func(b *bench) { b.shelf.before = func() error { panic(errCrash) } }, true},
	{"store fails", func(b *bench) { b.shelf.before = func() error { return errBroken } }, true},
	{"killed after the store has it", func(b *bench) { b.shelf.after = func() error { panic(errCrash) } }, true},
	{"store says it failed after it has it", func(b *bench) { b.shelf.after = func() error { return errBroken } }, true},
	{"ledger fails at the commit", func(b *bench) { b.shelf.after = func() error { return b.ledger.Close() } }, true},
	{"not stopped", func(*bench) {}, true},
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
// Recover draws.
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
				if through := attempt(t.Context(), b, pagesDay(day)); through != (tt.name == "not stopped") {
					t.Fatalf("the seal went through: %v", through)
				}
				os.Rename(filepath.Join(b.dir, "results.away"), filepath.Join(b.dir, "results"))
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
