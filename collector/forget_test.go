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
	if n := w.collector.Remembered(); n != 5 {
		t.Fatalf("%d texts remembered of the first view, want sender, User-Agent, language, page and source", n)
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

// Seen to fail when Done forgets nothing, and when Close does not.
func TestLogForgets(t *testing.T) {
	_, l := newLog(t)
	add(t, l, logged{noon, "198.51.100.7", "GET / HTTP/1.1", 200, firefox})
	if l.Remembered() == 0 {
		t.Fatal("nothing is remembered")
	}
	l.Done(hit.DayOf(noon))
	if n := l.Remembered(); n != 0 {
		t.Errorf("%d texts remembered of a day that is done", n)
	}
	add(t, l, logged{midnight, "198.51.100.7", "GET / HTTP/1.1", 200, firefox})
	l.Close()
	if n := l.Remembered(); n != 0 {
		t.Errorf("%d texts remembered once the log is closed", n)
	}
}
