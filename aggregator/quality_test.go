package aggregator_test

import (
	"reflect"
	"testing"
	"time"

	"oboro/aggregator"
	"oboro/aggregator/ledger"
	"oboro/aggregator/statistic"
	"oboro/collector/hit"
)

// quality returns how the days of alpha were counted, without their budget.
func quality(t *testing.T, w *world, from, to statistic.Day) map[statistic.Day]aggregator.DayQuality {
	t.Helper()
	list, err := w.Quality(t.Context(), "alpha", from, to)
	if err != nil {
		t.Fatal(err)
	}
	days := map[statistic.Day]aggregator.DayQuality{}
	for i, d := range list {
		if d.Day != from+statistic.Day(i) {
			t.Errorf("place %d is %s, want every day in order", i, d.Day)
		}
		d.Rho = nil
		days[d.Day] = d
	}
	return days
}

// TestQualityTellsEachDay lives through days of every kind: one imported, one not
// measured, one whose visitor state was lost and on which hits were shed, one on
// fewer than k visitor-days, the one under way, one to come. Seen to fail when the
// epochs are those of the clock's day, when a seal without cells counts as sealed,
// when Marked is left out, and when an imported day is taken for a live one.
func TestQualityTellsEachDay(t *testing.T) {
	w := newWorld(t)
	i := w.NewImport("alpha")
	take(i, 20, visit(first-2, 0, hit.Phone))
	if _, err := i.Seal(t.Context(), first-2); err != nil {
		t.Fatal(err)
	}
	turn(t, w, first)
	take(w, 30, visit(first, 0, hit.Phone))
	w.Meter(first, 0, "shed")
	flush(t, w)
	w.end()
	w.begin(t) // without a RAM log, what it knew of visitors is lost
	turn(t, w, first)
	w.set(first+1, time.Second)
	turn(t, w, first+1)
	take(w, 9, visit(first+1, 0, hit.Phone))
	w.set(first+2, time.Second)
	turn(t, w, first+2)
	flush(t, w)
	if got := quality(t, w, first, first)[first]; got.State != aggregator.DayWaiting || got.Epochs != 2 {
		t.Errorf("before its seal %s is %+v, want it to wait, of 2 epochs", first, got)
	}
	sealThrough(t, w, first+1)
	want := map[statistic.Day]aggregator.DayQuality{
		first - 2: {State: aggregator.DaySealed, Imported: true, Epochs: 1},
		first - 1: {State: aggregator.DayUnmeasured},
		first:     {State: aggregator.DaySealed, Epochs: 2, Marked: true},
		first + 1: {State: aggregator.DayBelow, Epochs: 1},
		first + 2: {State: aggregator.DayOpen, Epochs: 1},
		first + 3: {State: aggregator.DayAhead},
	}
	got := quality(t, w, first-2, first+3)
	for day, d := range want {
		if d.Day = day; got[day] != d {
			t.Errorf("%s is told as %+v, want %+v", day, got[day], d)
		}
	}
}

// TestQualityTellsWhatWasReserved compares the budget with the ledger's records.
// Seen to fail when the limit stood for what was reserved.
func TestQualityTellsWhatWasReserved(t *testing.T) {
	w := newWorld(t)
	i := w.NewImport("alpha")
	take(i, 20, visit(first-2, 0, hit.Phone))
	if _, err := i.Seal(t.Context(), first-2); err != nil {
		t.Fatal(err)
	}
	days, err := w.Quality(t.Context(), "alpha", first-3, first-2)
	if err != nil {
		t.Fatal(err)
	}
	r, ok := w.ledger.Find("alpha", ledger.Day, (first - 2).String())
	if !ok || days[1].Rho.Cmp(r.Rho()) != 0 || days[1].Rho.Sign() == 0 {
		t.Errorf("reserved is told as %v, and was %v", days[1].Rho, r.Rho())
	}
	if days[0].Rho.Sign() != 0 {
		t.Errorf("of a day without a seal %v was reserved, want nothing", days[0].Rho)
	}
}

func TestQualityOfLostDay(t *testing.T) {
	w := newWorld(t)
	if err := w.ledger.Gap("alpha", ledger.Day, (first - 1).String(), "disk"); err != nil {
		t.Fatal(err)
	}
	if got := quality(t, w, first-1, first-1)[first-1].State; got != aggregator.DayLost {
		t.Errorf("a day that the ledger has as lost is %q", got)
	}
	if _, err := w.Quality(t.Context(), "gamma", first, first); err == nil {
		t.Error("a site that is not declared has a quality")
	}
}

// A clock that is set back does not reopen a day: the day being counted is ahead.
func TestQualityWhenTheClockWasSet(t *testing.T) {
	w := newWorld(t)
	turn(t, w, first+1)
	if got := quality(t, w, first, first+1); got[first+1].State != aggregator.DayOpen {
		t.Errorf("the day whose hits are counted is %q, want open", got[first+1].State)
	}
	if day, ok := w.Counting(); !ok || day != first+1 || w.Day() != first {
		t.Errorf("counted is %s (%v) while the clock says %s, want the day ahead of it", day, ok, w.Day())
	}
}

// TestQualityHoldsNoCount holds the fields of a DayQuality to those that tell
// nothing of how many; a reason is the words of the ledger, which is published. Seen to fail when a count of visitors was added.
func TestQualityHoldsNoCount(t *testing.T) {
	allowed := map[string]bool{"Day": true, "State": true, "Imported": true, "Epochs": true, "Marked": true, "Rho": true, "Reason": true}
	for f := range reflect.TypeFor[aggregator.DayQuality]().Fields() {
		if !allowed[f.Name] {
			t.Errorf("DayQuality has the field %s: it has not passed disclosure control", f.Name)
		}
	}
}
