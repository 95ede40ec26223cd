package main

import (
	"context"
	"errors"
	"testing"

	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
)

// A laggard is a store that knows of no seal before it has settled, and that is then read elsewhere once.
type laggard struct {
	cellStore
	settled int
}

func (l *laggard) Seals(ctx context.Context, site, id string, from, to statistic.Day) ([]store.Seal, error) {
	if l.settled < 2 {
		return nil, nil
	}
	return l.cellStore.Seals(ctx, site, id, from, to)
}

func (l *laggard) Settled(context.Context) (store.Open, error) { return l.cellStore, nil }

func (l *laggard) SettledEpochs(ctx context.Context, from, to statistic.Day) (map[statistic.Day]int, error) {
	return l.Epochs(ctx, from, to)
}

func (l *laggard) SettledSeals(context.Context) (stay func() error, err error) {
	l.settled++
	return func() error {
		if l.settled < 2 {
			return errors.New("another replica was asked")
		}
		return nil
	}, nil
}

// TestPublishedIsWhatHasSettled: what a replica that lags knows nothing of is published all the same, and
// what was read of two replicas is read again. Seen to fail when what had settled was not waited for, and when
// what was read of two was published.
func TestPublishedIsWhatHasSettled(t *testing.T) {
	r := newRig(t, may(31, 12, 0), map[string]string{"oboro.yaml": "limits: {rate: 100000}\n"})
	r.serve()
	r.answered(202, 60)
	r.set(may(32, 9, 0))
	r.close()
	l := &laggard{cellStore: r.app.store}
	r.app.store = l
	if err := r.app.newAggregator(t.Context()); err != nil {
		t.Fatal(err)
	}
	near(t, r.daysPublished("2026-05"), "2026-05-31", 60)
	if l.settled != 2 {
		t.Errorf("the store was to settle %d times, want twice", l.settled)
	}
}
