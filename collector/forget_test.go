package collector_test

import (
	"testing"

	"oboro/collector/hit"
)

// What texts came to is forgotten when the day changes, and when a collector closes.
// Seen to fail when the day's state is destroyed without it.
func TestDayChangeForgets(t *testing.T) {
	w := newWorld(t, everything)
	view := func() {
		t.Helper()
		if list, err := w.feed([]byte(visitor.view("/guide/x"))); err != nil || list[0].code != 202 {
			t.Fatalf("answers = %+v, %v, want 202", list, err)
		}
	}
	view()
	if n := w.collector.Remembered(); n != 6 {
		t.Fatalf("%d texts remembered of the first view, want sender, User-Agent, its mark, language, page and source", n)
	}
	w.set(midnight)
	if err := w.collector.Turn(); err != nil {
		t.Fatalf("turn: %v", err)
	}
	if n := w.collector.Remembered(); n != 0 {
		t.Errorf("%d texts remembered of the day before", n)
	}
	view()
	w.collector.Close()
	if n := w.collector.Remembered(); n != 0 {
		t.Errorf("%d texts remembered once the collector is closed", n)
	}
}

// With a day of a log goes who sent something, and with the log all the rest. Seen to
// fail when Done forgets nothing, and when Close does not.
func TestLogForgets(t *testing.T) {
	_, l := newLog(t)
	add(t, l, logged{noon, "198.51.100.7", "GET / HTTP/1.1", 200, firefox})
	if n, marked := l.Remembered(); n < 4 || marked != 2 {
		t.Fatalf("%d things are remembered, %d of them with a mark, want more, and the sender and its User-Agent", n, marked)
	}
	l.Done(hit.DayOf(noon))
	if _, marked := l.Remembered(); marked != 0 {
		t.Errorf("%d marks remembered of a day that is done", marked)
	}
	add(t, l, logged{midnight, "198.51.100.7", "GET / HTTP/1.1", 200, firefox})
	l.Close()
	if n, _ := l.Remembered(); n != 0 {
		t.Errorf("%d texts remembered once the log is closed", n)
	}
}
