package aggregator_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"oboro/aggregator"
	"oboro/aggregator/seal"
	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
	"oboro/collector/hit"
)

// declares makes the catalogue one with a statistic of the operator's own by that dimension, and
// begins another life.
func (w *world) declares(t *testing.T, dimension string) {
	t.Helper()
	own := strings.ReplaceAll(brief, "[language]", "["+dimension+"]")
	var err error
	w.end()
	if w.catalogue, err = statistic.Built([]string{"languages", "viewports", "themes"}, []byte(own)); err != nil {
		t.Fatal(err)
	}
	w.begin(t)
}

// noon counts the hits of a part of a day.
func (w *world) noon(t *testing.T, day hit.Day) {
	t.Helper()
	w.set(day, 10*time.Hour)
	turn(t, w, day)
	take(w, 30, visit(day, 0, hit.Phone))
	flush(t, w)
}

// TestSwappedDimension counts a statistic by language, and by another dimension from noon of a
// day on: whatever is declared afterwards that day is not sealed, and can be given up; the day
// before is sealed only as what it was counted by, and the day after as what it was. Nothing of it
// depends on which process is asked, or on a look with another declaration.
//
// Seen to fail when Turned does not note what is declared, when the day of a change is of the new
// dimension alone, when what is declared later is not compared, when a look is noted, and when
// notes are kept in memory alone.
func TestSwappedDimension(t *testing.T) {
	w := newWorld(t)
	w.declares(t, "language")
	w.noon(t, first)
	w.declares(t, "theme") // a look, in which nothing is counted
	w.declares(t, "language")
	w.noon(t, first+1)
	w.declares(t, "theme")
	w.noon(t, first+1)
	w.noon(t, first+2)
	w.set(first+3, time.Minute)
	turn(t, w, first+3)

	seals := func(dimension string, day hit.Day, want string) {
		t.Helper()
		w.declares(t, dimension)
		_, err := w.SealThrough(t.Context(), day)
		if (err == nil) != (want == "") || err != nil && (!errors.Is(err, seal.ErrIncomplete) || !strings.Contains(err.Error(), "seal "+day.String()+" of site alpha: statistic brief: "+want)) {
			t.Errorf("with %s, the seal of %s is %v, want %q", dimension, day, err, want)
		}
	}
	seals("theme", first, "within it, it was counted by other dimensions (view: language)")
	seals("language", first, "")
	seals("language", first+1, "within it, it was counted by other dimensions (view: theme)")
	seals("theme", first+1, "within it, it was counted by other dimensions (view: language)")
	if err := w.GiveUp(t.Context(), store.Table{Site: "alpha", Grain: statistic.Daily, Period: first + 1}, "it was swapped"); err != nil {
		t.Errorf("GiveUp = %v, want nil", err)
	}
	if err := w.GiveUp(t.Context(), store.Table{Site: "alpha", Grain: statistic.Daily, Period: first + 2}, "test"); !errors.Is(err, aggregator.ErrComplete) {
		t.Errorf("GiveUp of the day after = %v, want ErrComplete", err)
	}
	seals("theme", first+2, "")
	if days, err := w.Quality(t.Context(), "alpha", first, first+2); err != nil ||
		days[0].State != aggregator.DaySealed || days[1].State != aggregator.DayLost || days[2].State != aggregator.DaySealed {
		t.Errorf("the days are told as %+v, %v, want sealed, lost, sealed", days, err)
	}
}

// TestNotesThatCannotBeRead: what a statistic was counted by is not guessed. Seen to fail when an
// unreadable file is taken for none.
func TestNotesThatCannotBeRead(t *testing.T) {
	w := newWorld(t)
	w.noon(t, first)
	path := filepath.Join(w.dir, "declared.json")
	if text, err := os.ReadFile(path); err != nil || !strings.Contains(string(text), "view: browser") {
		t.Fatalf("the notes are %s, %v", text, err)
	}
	if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := aggregator.New(t.Context(), w.config(nil)); err == nil || !strings.Contains(err.Error(), "counted by") {
		t.Errorf("New beside notes that cannot be read = %v, want an error", err)
	}
}

// TestNotesOfOtherCollectors: an aggregator whose hits are counted by others notes what it is
// declared with, too. Seen to fail when only days that begin here are noted.
func TestNotesOfOtherCollectors(t *testing.T) {
	w := newWorld(t)
	a, err := aggregator.New(t.Context(), w.config(func(c *aggregator.Config) {
		c.Store, c.Collectors = newJoint(w.store), []string{"one", "two"}
	}))
	if err != nil {
		t.Fatal(err)
	}
	if err := a.BeginPeriods(t.Context()); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(filepath.Join(w.dir, "declared.json")); err != nil || !strings.Contains(string(text), first.String()) {
		t.Errorf("the notes are %s, %v, want what is declared since %s", text, err, first)
	}
}
