package aggregator_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"maps"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"oboro/aggregator"
	"oboro/aggregator/ledger"
	"oboro/aggregator/release"
	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
	"oboro/collector/hit"
)

// TestLiveDayIsSealedWhenItIsOver lives through a day and seals it. What was not
// flushed when the day turned is in the seal. Seen to fail when Turned does not
// freeze, when SealThrough does not flush, when the second site is left out, when
// open cells are read of another day, and when the clock is read in UTC.
func TestLiveDayIsSealedWhenItIsOver(t *testing.T) {
	w := newWorld(t)
	turn(t, w, first)
	take(w, 40, visit(first, 0, hit.Phone))
	flush(t, w)
	take(w, 12, visit(first, 0, hit.Desktop))
	take(w, 4, visit(first, 0, hit.TV))
	take(w, 25, visit(first, 1, hit.Tablet))
	w.set(first+1, time.Second)
	turn(t, w, first+1)
	take(w, 11, visit(first+1, 0, hit.Phone))
	want := []aggregator.SealedDay{{Site: "alpha", Day: first}, {Site: "beta", Day: first}}
	if got := sealThrough(t, w, first); !slices.Equal(got, want) {
		t.Errorf("sealed are %v, want %v", got, want)
	}
	if got := w.visitors(t, "devices", "alpha", first); !maps.Equal(got, map[string]int64{"phone": 40, "(other)": 16}) {
		t.Errorf("devices of alpha are sealed as %v, want 40 phones and 16 others", got)
	}
	if got := w.visitors(t, "days", "beta", first); !maps.Equal(got, map[string]int64{"": 25}) {
		t.Errorf("the day of beta is sealed as %v, want 25", got)
	}
	for _, id := range []string{"days", "devices", "pages", "traffic"} {
		if left := w.open(t, id, "alpha", first); len(left) != 0 {
			t.Errorf("%s of the sealed day has %d open cells left", id, len(left))
		}
	}
	if got := w.open(t, "days", "alpha", first+1)[""][statistic.Visitors]; got != 11 {
		t.Errorf("the day under way has %d visitor-days after the seal of the day before, want 11", got)
	}
	size, _ := w.ledger.Tree()
	if again := sealThrough(t, w, first); len(again) != 0 {
		t.Errorf("sealing again seals %v, want nothing", again)
	}
	if now, _ := w.ledger.Tree(); now != size {
		t.Error("sealing again wrote to the ledger")
	}
}

// TestNoDayIsSealedBeforeItIsOver tries at each hour, and asks for days to come.
// Seen to fail when through is not bounded by the clock, and when it is bounded by
// today.
func TestNoDayIsSealedBeforeItIsOver(t *testing.T) {
	w := newWorld(t)
	turn(t, w, first)
	take(w, 40, visit(first, 0, hit.Phone))
	for _, at := range []time.Duration{10 * time.Hour, 15 * time.Hour, 24*time.Hour - time.Second} {
		w.set(first, at)
		for _, through := range []hit.Day{first, first + 1, first + 1000} {
			if done := sealThrough(t, w, through); len(done) != 0 {
				t.Errorf("%v into the day, sealing through %s seals %v", at, through, done)
			}
		}
	}
	if got := w.open(t, "days", "alpha", first)[""][statistic.Visitors]; got != 40 {
		t.Errorf("the day under way has %d visitor-days after the attempts, want 40", got)
	}
	if size, _ := w.ledger.Tree(); size != 1 {
		t.Errorf("the ledger has %d records, want its origin alone", size)
	}
}

// TestDayIsNotSealedBeforeTheCollectorTurns holds that a day over by the clock waits
// for the hits that are still under way. Seen to fail when SealThrough asks the clock
// alone: it seals 40, and loses 2.
func TestDayIsNotSealedBeforeTheCollectorTurns(t *testing.T) {
	w := newWorld(t)
	turn(t, w, first-1)
	take(w, 15, visit(first-1, 0, hit.Phone))
	turn(t, w, first)
	take(w, 40, visit(first, 0, hit.Phone))
	w.set(first+1, time.Millisecond)
	done, err := w.SealThrough(t.Context(), first)
	if err == nil || !strings.Contains(err.Error(), "try again") || len(done) != 2 || done[0].Day != first-1 {
		t.Errorf("before the collector turned: sealed %v, %v; want the day before alone, and an error", done, err)
	}
	take(w, 2, visit(first, 0, hit.Phone)) // received one second before midnight
	turn(t, w, first+1)
	sealThrough(t, w, first)
	if got := w.visitors(t, "days", "alpha", first); got[""] != 42 {
		t.Errorf("the day is sealed with %d visitor-days, want 42", got[""])
	}
}

// Seen to fail when a day is sealed though the flush before it failed.
func TestDayIsNotSealedWhileBatchesWait(t *testing.T) {
	w := newWorld(t)
	turn(t, w, first)
	take(w, 40, visit(first, 0, hit.Phone))
	w.set(first+1, time.Minute)
	turn(t, w, first+1)
	w.store.add = always(before)
	if done, err := w.SealThrough(t.Context(), first); err == nil || len(done) != 0 {
		t.Errorf("with a store that takes no batches, sealed are %v, %v, want none and an error", done, err)
	}
	w.store.add = nil
	sealThrough(t, w, first)
	if got := w.visitors(t, "days", "alpha", first); got[""] != 40 {
		t.Errorf("the day is sealed with %d visitor-days, want 40", got[""])
	}
}

// TestSealIsFinishedAtTheNextStart stops a seal when its outcome stands in the
// ledger: the next life writes that outcome, and never draws another. Seen to fail
// when New does not recover.
func TestSealIsFinishedAtTheNextStart(t *testing.T) {
	for name, f := range map[string]fault{"before the store had it": before, "after the store had it": after} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			turn(t, w, first)
			take(w, 40, visit(first, 0, hit.Phone))
			w.set(first+1, time.Minute)
			turn(t, w, first+1)
			w.store.seal = always(f)
			if _, err := w.SealThrough(t.Context(), first); err == nil {
				t.Fatal("the seal went through a store that fails")
			}
			r, _ := w.ledger.Find("alpha", ledger.Day, first.String())
			outcome, _, err := w.ledger.Result(r.Seq)
			if err != nil || outcome == nil {
				t.Fatalf("no outcome stands in the ledger: %v", err)
			}
			w.end()
			w.begin(t)
			if got := w.visitors(t, "days", "alpha", first); got[""] != 40 {
				t.Errorf("after the next start the day is sealed as %v, want 40", got)
			}
			sealThrough(t, w, first)
			if _, _, err := w.ledger.Result(r.Seq); !errors.Is(err, ledger.ErrForgotten) {
				t.Errorf("the outcome in the ledger: %v, want it forgotten", err)
			}
			if sum := sha256.Sum256(outcome); w.committed(t, first) != hex.EncodeToString(sum[:]) {
				t.Error("another outcome is committed, or none")
			}
			if got := w.visitors(t, "days", "beta", first); len(got) != 0 {
				t.Errorf("the day of beta, which nobody visited, is sealed as %v", got)
			}
		})
	}
}

// committed returns the hash of the outcome that is committed of a day of alpha.
func (w *world) committed(t *testing.T, day hit.Day) string {
	t.Helper()
	r, _ := w.ledger.Find("alpha", ledger.Day, day.String())
	return r.Result
}

// TestEpochsReachTheNoise lives through a day in two lives: its variance is four
// times the declared one, its hits all count. Seen to fail when Turned begins no
// epoch, and when sealDay says one.
func TestEpochsReachTheNoise(t *testing.T) {
	w := newWorld(t)
	turn(t, w, first)
	take(w, 30, visit(first, 0, hit.Phone))
	flush(t, w)
	take(w, 9, visit(first, 0, hit.Phone)) // lost with the memory of the first life
	w.end()
	w.begin(t)
	turn(t, w, first)
	take(w, 20, visit(first, 0, hit.Phone))
	w.set(first+1, time.Minute)
	turn(t, w, first+1)
	sealThrough(t, w, first)
	if got := w.visitors(t, "days", "alpha", first); got[""] != 50 {
		t.Errorf("two lives count %d visitor-days, want 30 and 20", got[""])
	}
	for id, sigma2 := range map[string]int64{"devices": 4 * 495, "days": 4 * 495} {
		measured, err := w.Measured(t.Context(), "alpha", id, first, first)
		if err != nil || len(measured) != 1 || measured[0].Epochs != 2 || measured[0].Imported {
			t.Fatalf("%s is measured as %+v, %v, want one live day of two epochs", id, measured, err)
		}
		for _, m := range measured[0].Values {
			if m.Measure == statistic.Visitors && m.Sigma2.Cmp(big.NewRat(sigma2, 1)) != 0 {
				t.Errorf("%s of two epochs has the variance %s, want %d", id, m.Sigma2, sigma2)
			}
		}
	}
}

// Seen to fail, each at its line, when Standing leaves that case out.
func TestStanding(t *testing.T) {
	w := newWorld(t)
	turn(t, w, first)
	take(w, 40, visit(first, 0, hit.Phone))
	w.set(first+1, time.Minute)
	turn(t, w, first+1)
	sealThrough(t, w, first)
	w.set(first+2, time.Minute)
	turn(t, w, first+2)
	flush(t, w)
	for _, tt := range []struct {
		name string
		day  hit.Day
		want aggregator.Standing
	}{
		{"a day that nobody counted", first - 1, aggregator.Free},
		{"a sealed day", first, aggregator.Already},
		{"a live day that waits for its seal", first + 1, aggregator.Live},
		{"today", first + 2, aggregator.NotOver},
		{"a day to come", first + 3, aggregator.NotOver},
	} {
		if got, err := w.Standing(t.Context(), "alpha", tt.day); err != nil || got != tt.want {
			t.Errorf("%s is %q, %v, want %q", tt.name, got, err, tt.want)
		}
	}
}

// imported imports two days and seals them. n is the size of the first.
func imported(t *testing.T, w *world, n int) (sealed []bool) {
	t.Helper()
	i := w.NewImport("alpha")
	take(i, n, visit(first-3, 0, hit.Phone))
	take(i, 4, visit(first-3, 0, hit.TV))
	take(i, 20, visit(first-2, 0, hit.Desktop))
	i.Meter(first-3, 0, "bot")
	for _, day := range []hit.Day{first - 3, first - 2} {
		if left := w.open(t, "days", "alpha", day); len(left) != 0 {
			t.Errorf("an import leaves %d open cells in the store", len(left))
		}
		done, err := i.Seal(t.Context(), day)
		if err != nil {
			t.Fatalf("seal %s of the import: %v", day, err)
		}
		sealed = append(sealed, done)
	}
	return sealed
}

// TestImportSealsItsDaysOnce imports two days, then the same days again with more.
// Seen to fail when a sealed day is sealed again, when Imported is not said, and when
// an import writes open cells.
func TestImportSealsItsDaysOnce(t *testing.T) {
	w := newWorld(t)
	if got := imported(t, w, 30); !slices.Equal(got, []bool{true, true}) {
		t.Fatalf("the days of the first import are sealed: %v, want both", got)
	}
	want := map[string]int64{"phone": 30}
	look := func() (map[string]int64, []release.Measured) {
		measured, err := w.Measured(t.Context(), "alpha", "devices", first-3, first-2)
		if err != nil {
			t.Fatal(err)
		}
		return w.visitors(t, "devices", "alpha", first-3), measured
	}
	table, measured := look()
	if table["phone"]+table["(other)"] != 34 {
		t.Errorf("the first day is sealed as %v, want %v and 4 others folded", table, want)
	}
	if len(measured) != 2 || !measured[0].Imported || measured[0].Epochs != 1 {
		t.Errorf("the days are measured as %+v, want two imported ones of one epoch", measured)
	}
	size, _ := w.ledger.Tree()
	if got := imported(t, w, 500); !slices.Equal(got, []bool{false, false}) {
		t.Errorf("the days of the second import are sealed: %v, want none", got)
	}
	again, measuredAgain := look()
	if now, _ := w.ledger.Tree(); now != size || !maps.Equal(again, table) || measuredAgain[0].Values[0].Value != measured[0].Values[0].Value {
		t.Error("the second import changed something")
	}
	if sealed := sealThrough(t, w, first-1); len(sealed) != 0 {
		t.Errorf("imported days are sealed again as live ones: %v", sealed)
	}
}

// TestImportKeepsItsDaysApart takes one day after another, each in the memory of the one
// before, which was sealed or dropped. Seen to fail when Drop does not forget, when the
// day is not begun anew, and when a day under way gives its memory.
func TestImportKeepsItsDaysApart(t *testing.T) {
	w := newWorld(t)
	i := w.NewImport("alpha")
	device := []hit.Device{hit.Phone, hit.Desktop, hit.Tablet, hit.TV}
	names := []string{"phone", "desktop", "tablet", "tv"}
	for n := range 4 {
		day := first - 6 + hit.Day(n)
		take(i, 20+n, visit(day, 0, device[n]))
		take(i, 7, visit(day+1, 0, device[(n+1)%4])) // of the next day, which goes on
		if n == 2 {
			i.Drop(day)
			continue
		}
		if sealed, err := i.Seal(t.Context(), day); err != nil || !sealed {
			t.Fatalf("seal %s: %v, %v", day, sealed, err)
		}
	}
	for n, want := range []int64{20, 28, 0, 30} {
		got := w.visitors(t, "devices", "alpha", first-6+hit.Day(n))
		if want == 0 && len(got) > 0 || want > 0 && !maps.Equal(got, map[string]int64{names[n]: want}) {
			t.Errorf("day %d is sealed as %v, want %d of %s", n, got, want, names[n])
		}
	}
}

// TestImportRefuses holds that an import seals neither a day that is not over nor one
// that the collector counted: both would be lost to it. Seen to fail when Seal does
// not ask for the standing.
func TestImportRefuses(t *testing.T) {
	w := newWorld(t)
	turn(t, w, first-1)
	take(w, 40, visit(first-1, 0, hit.Phone))
	turn(t, w, first)
	flush(t, w)
	i := w.NewImport("alpha")
	for _, day := range []hit.Day{first - 1, first, first + 1} {
		take(i, 30, visit(day, 0, hit.Desktop))
		if sealed, err := i.Seal(t.Context(), day); err == nil || sealed {
			t.Errorf("the import sealed %s: %v, %v, want it refused", day, sealed, err)
		}
	}
	take(i, 30, visit(first-5, 0, hit.Desktop))
	i.Drop(first - 5)
	for _, day := range []hit.Day{first - 5, first - 6} {
		if sealed, err := i.Seal(t.Context(), day); err == nil || sealed {
			t.Errorf("the import sealed %s, of which it holds nothing: %v, %v", day, sealed, err)
		}
	}
	sealThrough(t, w, first-1)
	if got := w.visitors(t, "devices", "alpha", first-1); !maps.Equal(got, map[string]int64{"phone": 40}) {
		t.Errorf("the live day is sealed as %v, want 40 phones", got)
	}
}

// TestMetersAreSealedAndRounded holds that meters outlive the day, by site and those
// of no site, and that only multiples of k are shown. Seen to fail when Meters does
// not round, when a meter of another day counts, and when sealNowhere is left out.
func TestMetersAreSealedAndRounded(t *testing.T) {
	w := newWorld(t)
	turn(t, w, first)
	for site, n := range map[int]int{-1: 23, 0: 39, 1: 9} {
		for range n {
			w.Meter(first, site, "bot")
		}
	}
	w.Meter(first+1, 0, "bot") // of another day
	w.set(first+1, time.Minute)
	turn(t, w, first+1)
	sealThrough(t, w, first)
	for site, want := range map[string]int64{"alpha": 30, "beta": 0} {
		if got, err := w.Meters(t.Context(), site, first, first); err != nil || got["bot"] != want {
			t.Errorf("the bots of %s are %d, %v, want %d", site, got["bot"], err, want)
		}
	}
	nowhere, err := w.store.Seals(t.Context(), "", store.Meters, first, first)
	if err != nil || len(nowhere) != 1 || nowhere[0].Tables[0].Cells[0].Counts[statistic.Hits] != 23 {
		t.Errorf("the bots of no site are sealed as %+v, %v, want 23", nowhere, err)
	}
	for _, site := range []string{"", "alpha", "beta"} {
		if left := w.open(t, store.Meters, site, first); len(left) != 0 {
			t.Errorf("%d meters of %q are open after the seal", len(left), site)
		}
	}
}
