package aggregator_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"oboro/aggregator"
	"oboro/aggregator/ledger"
	"oboro/aggregator/statistic"
	"oboro/collector/hit"
)

// copied ends the life of the process and begins another, with a copy of the store in between.
func (w *world) copied(t *testing.T) []byte {
	t.Helper()
	w.end()
	content, err := os.ReadFile(filepath.Join(w.dir, "cells.db")) // closing has emptied the log beside it
	if err != nil {
		t.Fatal(err)
	}
	w.begin(t)
	return content
}

// putBack begins another life on a copy of the store.
func (w *world) putBack(t *testing.T, content []byte) {
	t.Helper()
	w.end()
	for _, suffix := range []string{"-wal", "-shm"} {
		if err := os.Remove(filepath.Join(w.dir, "cells.db"+suffix)); err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(w.dir, "cells.db"), content, 0o600); err != nil {
		t.Fatal(err)
	}
	w.begin(t)
}

// TestStorePutBack puts a copy of the store back from before a day was sealed, whose outcome the
// ledger has forgotten by then. The day is lost, and said to be: nothing is drawn again, no
// import counts it, its old open cells go, later days are sealed, and the period that would lack
// its share is not published.
//
// Seen to fail when such a day is taken for one that is sealed (its cells stayed, and nobody was
// told), when it is told of with each seal, when only the store is asked what an import may do,
// when the quality report asks for gaps alone, when a period waits for it, when endPeriod returns
// the store's error, and when beginPeriod does not begin again what the ledger knows.
func TestStorePutBack(t *testing.T) {
	for _, name := range []string{"from before its period began", "with the day open"} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			monday := statistic.Weekly.Period(december) + 7
			w.set(monday-1, 10*time.Hour)
			w.sumPages(t, true, "/a")
			old := w.copied(t)
			w.beginPeriods(t)
			w.set(monday, 10*time.Hour)
			turn(t, w, monday)
			take(w, 30, visit(monday, 0, hit.Phone))
			flush(t, w)
			isOpen := name == "with the day open"
			if isOpen {
				old = w.copied(t)
				turn(t, w, monday)
			}
			w.set(monday+1, time.Minute)
			turn(t, w, monday+1)
			sealThrough(t, w, monday)

			w.putBack(t, old)
			size, root := w.ledger.Tree()
			for n := range 2 {
				done, err := w.SealThrough(t.Context(), monday)
				if told := isOpen && n == 0; len(done) > 0 || errors.Is(err, aggregator.ErrPutBack) != told || err != nil && !told {
					t.Errorf("seal %d = %v, %v, want no seal, and to be told %v", n, done, err, told)
				}
			}
			if left := w.open(t, "devices", "alpha", monday); len(left) > 0 {
				t.Errorf("of a day that cannot be sealed %v is open", left)
			}
			if after, now := w.ledger.Tree(); after != size || now != root {
				t.Error("something was written in the ledger")
			}
			if standing, err := w.Standing(t.Context(), "alpha", monday); standing != aggregator.Already || err != nil {
				t.Errorf("an import may take it as %s, %v, want %s", standing, err, aggregator.Already)
			}
			days, err := w.Quality(t.Context(), "alpha", monday, monday)
			if err != nil || days[0].State != aggregator.DayLost || !strings.Contains(days[0].Reason, "older") {
				t.Errorf("the day is told as %+v, %v, want it lost, with a reason", days, err)
			}
			w.pass(t, monday+2, 20)
			if got := w.visitors(t, "devices", "alpha", monday+2); got["phone"] != 20 {
				t.Errorf("a later day is sealed as %v", got)
			}
			w.set(monday+8, time.Hour)
			turn(t, w, monday+8)
			sealThrough(t, w, monday+7)
			if err := w.ClosePeriods(t.Context()); err != nil {
				t.Errorf("ClosePeriods = %v, want nil", err)
			}
			if _, closed, _ := w.ledger.Summing("alpha", "pages", monday.String()); !closed {
				t.Error("the period is still open in the ledger")
			}
			if got := w.period(t, monday); got.Closed || got.Done != 6 {
				t.Errorf("the store has %d shares, closed %v, want 6 of 7 days", got.Done, got.Closed)
			}
			if _, err := w.Summed(t.Context(), "alpha", "pages", monday); !errors.Is(err, aggregator.ErrPutBack) {
				t.Errorf("Summed of a period that lacks a share = %v, want ErrPutBack", err)
			}
		})
	}
}

// TestWeekPutBack: the same of a week.
//
// Seen to fail when such a week is taken for one that is sealed, and when only the store is asked
// what an import may do.
func TestWeekPutBack(t *testing.T) {
	w := newWorld(t)
	monday := first + toMonday
	w.live(t, monday, map[string][]int{"/lost": {40}}, 0)
	old := w.copied(t)
	turn(t, w, monday)
	w.set(monday+7, time.Minute)
	turn(t, w, monday+7)
	sealThrough(t, w, monday+6)
	if r, ok := w.ledger.Find("alpha", ledger.Week, monday.String()); !ok || r.Committed == 0 {
		t.Fatalf("the week is not sealed: %+v", r)
	}
	w.putBack(t, old)
	for n := range 2 {
		if _, err := w.SealThrough(t.Context(), monday+6); errors.Is(err, aggregator.ErrPutBack) != (n == 0) {
			t.Errorf("seal %d = %v, want to be told once", n, err)
		}
	}
	if n := w.openWeek(t, "alpha", monday); n > 0 {
		t.Errorf("of a week that cannot be sealed %d cells are open", n)
	}
	if standing, err := w.WeekStanding(t.Context(), "alpha", monday); standing != aggregator.Already || err != nil {
		t.Errorf("an import may take it as %s, %v, want %s", standing, err, aggregator.Already)
	}
}
