package clickhouse_test

import (
	"slices"
	"testing"

	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
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

// TestLatestProcessOfACollector: each that enters is later than those before it, over restarts, and
// stays what it was when it enters again; those of another collector are another matter. Of two with
// the same number everybody takes the same one. Seen to fail when the number stayed 1, when the
// collector was not asked for, when one that entered again was a new one, and when the number alone
// ordered them.
func TestLatestProcessOfACollector(t *testing.T) {
	needServer(t)
	dir := t.TempDir()
	s := open(t, single(dir))
	if latest, err := s.Latest(t.Context(), "one"); err != nil || latest != (store.Instance{}) {
		t.Errorf("Latest of a new store = %v, %v, want none", latest, err)
	}
	enter := func(s store.Instances, collector string, id byte) store.Instance {
		t.Helper()
		own, err := s.Enter(t.Context(), collector, [16]byte{id})
		if err != nil {
			t.Fatal(err)
		}
		return own
	}
	first := enter(s, "one", 9)
	second := enter(open(t, single(dir)), "one", 3)
	if again := enter(s, "one", 3); again != second || first.Compare(second) >= 0 {
		t.Errorf("%v entered before %v, which entered again is %v", first, second, again)
	}
	enter(s, "two", 7)
	ask(t, server, "insert into "+database(dir)+".instances (collector, number, nonce) values ('one', 2, toFixedString('\\x05', 16))")
	latest, err := s.Latest(t.Context(), "one")
	if want := (store.Instance{Number: 2, ID: [16]byte{5}}); err != nil || latest != want || latest.Compare(second) <= 0 {
		t.Errorf("Latest = %v, %v, want %v, which is later than %v", latest, err, want, second)
	}
}

// TestAbsentCollectors: those of the newest day are read, over restarts, all that were ever named of
// it, and nobody once it is one with all; a day is closed once somebody is named of it, and no other.
// Seen to fail when all days were read, when a day with all left no row, and when that row closed it.
func TestAbsentCollectors(t *testing.T) {
	needServer(t)
	dir := t.TempDir()
	s := open(t, single(dir))
	for _, step := range []struct {
		day            statistic.Day
		without, names []string
	}{
		{monday, nil, nil},
		{monday + 1, []string{"two", "three"}, []string{"three", "two"}},
		{monday + 1, []string{"one", "two"}, []string{"one", "three", "two"}},
		{monday + 1, nil, []string{"one", "three", "two"}},
		{monday + 3, []string{"two"}, []string{"two"}},
		{monday + 2, []string{"one"}, []string{"two"}},
		{monday + 4, nil, nil},
	} {
		if err := s.SealWithout(t.Context(), step.day, step.without); err != nil {
			t.Fatal(err)
		}
		if names, err := open(t, single(dir)).Absent(t.Context()); err != nil || !slices.Equal(names, step.names) {
			t.Errorf("after %s without %q absent are %q, %v, want %q", step.day, step.without, names, err, step.names)
		}
	}
	for day, want := range map[statistic.Day]bool{monday: false, monday + 1: true, monday + 2: true, monday + 4: false, monday + 5: false} {
		if closed, err := s.Closed(t.Context(), day); err != nil || closed != want {
			t.Errorf("Closed(%s) = %v, %v, want %v", day, closed, err, want)
		}
	}
}
