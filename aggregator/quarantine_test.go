package aggregator_test

import (
	"slices"
	"testing"

	"oboro/aggregator/store"
)

// TestRefusedBatchIsHeld: what the store refuses for good is kept, also through a kill and the
// change of the day, and is never sent again. Seen to fail when a refused batch was dropped,
// when it was left in the queue, when replay lost it, and when the new day's log did.
func TestRefusedBatchIsHeld(t *testing.T) {
	j := newJournalled(t, 3)
	flush(t, j.world)
	for range 20 {
		j.take()
	}
	sent := len(j.store.sent)
	left := 1
	j.store.add = func() fault {
		if left--; left >= 0 {
			return refused
		}
		return none
	}
	flush(t, j.world)
	held := j.store.sent[sent]
	for _, s := range j.store.sent[sent+1:] {
		if s.id == held.id {
			t.Error("the batch that was refused is sent again by the same flush")
		}
	}
	hold := func(when string) {
		t.Helper()
		if batches, cells := j.Held(); batches != 1 || cells != len(held.batch.Cells) {
			t.Errorf("%s %d batches with %d cells are held, want 1 with %d", when, batches, cells, len(held.batch.Cells))
		}
	}
	hold("after a refusal")
	for _, then := range []struct {
		when string
		do   func()
	}{
		{"after a kill", j.life}, {"on the next day", func() { j.turn(j.day + 1) }}, {"after a kill on the next day", j.life},
	} {
		then.do()
		sent := len(j.store.sent)
		flush(t, j.world)
		hold(then.when)
		for _, s := range j.store.sent[sent:] {
			if s.id == held.id {
				t.Errorf("%s the batch that is held is sent again", then.when)
			}
		}
	}
}

// TestUnansweredBatchSaysSo: a batch that may have been sent before says so, and no other: after
// a failure the one that failed, and after a kill the first that waits. Seen to fail when replay
// forgot it, when a failure was not noted, and when all that wait said so.
func TestUnansweredBatchSaysSo(t *testing.T) {
	for _, kill := range []bool{false, true} {
		j := newJournalled(t, 1)
		flush(t, j.world)
		for range 20 {
			j.take()
		}
		j.store.add = always(after)
		if err := j.Flush(t.Context()); err == nil {
			t.Fatal("a flush that failed said nothing")
		}
		first := j.store.sent[len(j.store.sent)-1].id
		if again := j.store.again(); len(again) != 0 {
			t.Errorf("%d batches say that they may have been sent before any was sent twice", len(again))
		}
		j.store.add = nil
		if kill {
			j.life()
		}
		flush(t, j.world)
		if again := j.store.again(); !slices.Equal(again, []store.BatchID{first}) {
			t.Errorf("killed %v: %d batches say that they may have been sent, want the one that failed", kill, len(again))
		}
	}
}
