package clickhouse_test

import (
	"testing"

	"oboro/aggregator/statistic"
)

// TestMarksOfCollectors: the latest mark of each collector counts, over restarts. Seen to fail
// when the latest row, not the latest day, was read.
func TestMarksOfCollectors(t *testing.T) {
	needServer(t)
	dir := t.TempDir()
	s := open(t, single(dir))
	if marks, err := s.Marks(t.Context()); err != nil || len(marks) != 0 {
		t.Errorf("Marks of a new store = %v, %v, want none", marks, err)
	}
	for _, m := range []struct {
		collector string
		day       statistic.Day
	}{{"one", monday}, {"two", monday - 1}, {"one", monday + 1}, {"one", monday - 3}, {"two", monday - 1}} {
		if err := s.Mark(t.Context(), m.collector, m.day); err != nil {
			t.Fatal(err)
		}
	}
	marks, err := open(t, single(dir)).Marks(t.Context())
	if err != nil || len(marks) != 2 || marks["one"] != monday+1 || marks["two"] != monday-1 {
		t.Errorf("Marks = %v, %v, want one at %s and two at %s", marks, err, monday+1, monday-1)
	}
}

// TestCollectorsThatGoOnAreOneEpoch: those whose state lived until the day began are one, and each
// start is one more. Seen to fail when each that went on was one.
func TestCollectorsThatGoOnAreOneEpoch(t *testing.T) {
	needServer(t)
	s := open(t, single(t.TempDir()))
	for range 3 {
		if err := s.GoOn(t.Context(), monday); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := s.BeginEpoch(t.Context(), monday); err != nil || n != 2 {
		t.Errorf("a start beside 3 collectors that go on makes %d epochs, %v, want 2", n, err)
	}
}
