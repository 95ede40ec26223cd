package aggregator_test

import (
	"fmt"
	"testing"
	"time"

	"oboro/aggregator/statistic"
	"oboro/collector/hit"
)

// TestStoreDownForAnHour takes 1,000 hits a second for an hour while the store takes
// nothing, by the test's clock: twelve flushes of five minutes fail. What is held stays
// that of the first flush, whatever comes, and is said; once the store is back every hit
// is in it, once. Seen to fail when a failed flush freezes what came since (what waits
// grows with each), when a failed flush drops its batches, and when the queue is counted
// without those that were delivered.
func TestStoreDownForAnHour(t *testing.T) {
	const seconds, rate, pages = 3600, 1000, 400
	w := newWorld(t)
	frozen := 0
	w.record = func(record []byte) error {
		if record[0] == 'G' {
			frozen++
		}
		return nil
	}
	w.end()
	w.begin(t)
	turn(t, w, first)
	flush(t, w)
	hits := make([]hit.Hit, pages)
	for i := range hits {
		hits[i] = visit(first, 0, hit.Device(i%3))
		page, ok := hit.ParsePage(fmt.Sprintf("/page-%d", i))
		if !ok {
			t.Fatal("a page is refused")
		}
		hits[i].Page = page
	}
	take(w, 100, hits[0])
	w.store.add = always(before)
	held := int64(0)
	for second := range seconds {
		for i := range rate {
			w.Take(hits[(second+i)%pages])
		}
		w.set(first, 10*time.Hour+time.Duration(second+1)*time.Second)
		if (second+1)%300 != 0 {
			continue
		}
		if err := w.Flush(t.Context()); err == nil {
			t.Fatal("a flush that failed said nothing")
		}
		cells, failed := w.Waiting()
		if held == 0 {
			held = cells
		}
		if cells != held || cells < pages || !failed || frozen != 1 {
			t.Fatalf("after %d s %d cells wait, failed %v, in %d frozen records; want the %d of the first flush, true, 1",
				second+1, cells, failed, frozen, held)
		}
	}
	w.store.add = nil
	flush(t, w)
	if cells, failed := w.Waiting(); cells != 0 || failed {
		t.Errorf("with the store back %d cells wait, failed %v, want none, false", cells, failed)
	}
	const want = seconds*rate + 100
	if got := w.open(t, "days", "alpha", first)[""][statistic.Views]; got != want {
		t.Errorf("%d views are in the store, want %d", got, want)
	}
	sum := int64(0)
	for _, counts := range w.open(t, "pages", "alpha", first) {
		sum += counts[statistic.Views]
	}
	if sum != want {
		t.Errorf("%d views of pages are in the store, want %d", sum, want)
	}
	sameAgain(t, w.store.sent)
}

// TestStoreDownForDays holds that a day that ends while the store takes nothing adds what
// it came to, to what waits, also over a kill, and that all of it arrives. Seen to fail
// when Turned and Replay leave what waits uncounted.
func TestStoreDownForDays(t *testing.T) {
	w := newWorld(t)
	var log [][]byte
	w.record = func(record []byte) error {
		log = append(log, append([]byte{}, record...))
		return nil
	}
	w.end()
	w.begin(t)
	begin := func(day hit.Day) {
		if err := w.Turned(day, func(records [][]byte) error {
			log = append([][]byte{}, records...)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	begin(first)
	flush(t, w)
	w.store.add, w.store.epoch = always(before), always(before)
	for i := range hit.Day(4) {
		take(w, 20, visit(first+i, 0, hit.Phone))
		w.Flush(t.Context()) // which fails
		old, _ := w.Waiting()
		begin(first + i + 1)
		if after, _ := w.Waiting(); after <= old && i > 0 { // the first day was frozen by its flush
			t.Errorf("the end of day %d leaves %d cells waiting, as %d before", i, after, old)
		}
	}
	want, _ := w.Waiting()
	w.end()
	w.begin(t)
	for _, record := range log {
		if err := w.Replay(record); err != nil {
			t.Fatal(err)
		}
	}
	if got, failed := w.Waiting(); got != want || failed {
		t.Errorf("after a kill %d cells wait, failed %v, want %d, and no flush yet", got, failed, want)
	}
	flush(t, w)
	for i := range hit.Day(4) {
		if got := w.open(t, "days", "alpha", first+i)[""][statistic.Views]; got != 20 {
			t.Errorf("day %d has %d views, want 20", i, got)
		}
	}
	if got, _ := w.Waiting(); got != 0 {
		t.Errorf("%d cells wait, want none", got)
	}
}
