package aggregator_test

import (
	"errors"
	"math/big"
	"testing"
	"time"

	"oboro/collector/hit"
)

// TestSummedOfAPeriod reads a closed month as it is to be published: a share for each day, those
// that were filled in for among them; and tells which days come late. A
// period that was closed in the ledger alone, as when the program is killed meanwhile, is closed
// in the store by the next. Seen to fail when Late asks for the seal alone, when the days that
// were filled in for are told as measured, and when closed periods are not looked at again.
func TestSummedOfAPeriod(t *testing.T) {
	w := newWorld(t)
	w.set(december+40, 10*time.Hour)
	w.sumPages(t, false, "/a", "/b")
	i := w.NewImport("alpha")
	for _, day := range []hit.Day{december, december + 4} {
		take(i, 20, visit(day, 0, hit.Phone))
		if sealed, err := i.Seal(t.Context(), day); !sealed || err != nil {
			t.Fatalf("seal %s: %v, %v", day, sealed, err)
		}
	}
	if _, err := w.Summed(t.Context(), "alpha", "pages", december); err == nil {
		t.Error("a period that is not closed is given out")
	}
	if w.Late("alpha", december) {
		t.Error("a day is late before its period is closed")
	}
	if err := w.ClosePeriods(t.Context()); err != nil {
		t.Fatal(err)
	}
	take(i, 20, visit(december+9, 0, hit.Phone))
	if sealed, err := i.Seal(t.Context(), december+9); !sealed || err != nil {
		t.Fatalf("seal the late day: %v, %v", sealed, err)
	}
	sum, err := w.Summed(t.Context(), "alpha", "pages", december)
	if err != nil || len(sum.Shares) != 31 || len(sum.Values) != 4 {
		t.Fatalf("Summed = %+v, %v, want 31 shares of 4 keys", sum, err)
	}
	for n, s := range sum.Shares {
		measured := n == 0 || n == 4
		if s.Day != december+hit.Day(n) || s.Filled == measured || s.Imported != measured || s.Reservation == 0 || s.Sigma2.Cmp(big.NewRat(1000, 93)) != 0 {
			t.Errorf("the share of %s is %+v", december+hit.Day(n), s)
		}
	}
	if w.Late("alpha", december) || w.Late("alpha", december+4) || !w.Late("alpha", december+9) {
		t.Error("the day that came after the end, and no other, is late")
	}
	for _, at := range []hit.Day{december + 1, december + 31} {
		if _, err := w.Summed(t.Context(), "alpha", "pages", at); err == nil {
			t.Errorf("a period from %s is given out", at)
		}
	}
	if got := w.ledger.Periods("alpha", "pages"); len(got) != 1 || !got[0].Closed || got[0].First != december.String() || len(w.ledger.Periods("beta", "pages")) != 0 {
		t.Errorf("the ledger has the periods %+v", got)
	}
	// Closed by the ledger's word alone.
	w.set(december+70, 10*time.Hour)
	january := december + 31
	take(i, 20, visit(january, 0, hit.Phone))
	if sealed, err := i.Seal(t.Context(), january); !sealed || err != nil {
		t.Fatalf("seal %s: %v, %v", january, sealed, err)
	}
	w.store.closing = always(before)
	if err := w.ClosePeriods(t.Context()); !errors.Is(err, errStore) {
		t.Fatalf("ClosePeriods with a store that fails = %v", err)
	}
	w.store.closing = nil
	if got := w.period(t, january); got.Closed {
		t.Fatal("the store has closed the period in spite of its fault")
	}
	if err := w.ClosePeriods(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := w.period(t, january); !got.Closed || got.Done != 31 {
		t.Errorf("January has %d shares, closed %v", got.Done, got.Closed)
	}
}

// TestPeriodWaitsForWhatIsRead: a month of which an import still reads a day, as one that follows
// a log does on the first of the next, is not closed; once that day is sealed, or was dropped, it
// is. Seen to fail when days that are read are not asked for, and when a dropped one stays.
func TestPeriodWaitsForWhatIsRead(t *testing.T) {
	w := newWorld(t)
	w.set(december+31, 6*time.Hour)
	w.sumPages(t, false, "/a", "/b")
	i := w.NewImport("alpha")
	closed := func() bool {
		t.Helper()
		if err := w.ClosePeriods(t.Context()); err != nil {
			t.Fatal(err)
		}
		return w.period(t, december).Closed
	}
	take(i, 20, visit(december+29, 0, hit.Phone))
	take(i, 20, visit(december+30, 0, hit.Phone))
	if sealed, err := i.Seal(t.Context(), december+29); !sealed || err != nil {
		t.Fatalf("Seal = %v, %v", sealed, err)
	}
	if closed() {
		t.Error("the month is closed while its last day is read")
	}
	i.Drop(december + 30)
	take(i, 20, visit(december+30, 0, hit.Phone))
	if closed() {
		t.Error("the month is closed while its last day is read anew")
	}
	if sealed, err := i.Seal(t.Context(), december+30); !sealed || err != nil {
		t.Fatalf("Seal = %v, %v", sealed, err)
	}
	if !closed() || w.period(t, december).Done != 31 {
		t.Error("the month is not closed once its last day is sealed")
	}
}
