package storetest

import (
	"maps"
	"sync"

	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
)

// living holds the cases of epochs. Seen to fail when a second epoch did not count, and when a
// replica that lags was believed.
var living = []outcome{
	{"epochs count up for each day", epochs},
	{"epochs begun at once are all counted", epochsAtOnce},
	{"what settled leaves no epoch out that one replica has", epochsOnReplicas},
}

func (b *bench) begin(day statistic.Day, want int) {
	b.Helper()
	got, err := b.BeginEpoch(b.Context(), day)
	if err != nil || got != want {
		b.Errorf("BeginEpoch(%s) = %d, %v, want %d", day, got, err, want)
	}
}

func (b *bench) wantEpochs(from, to statistic.Day, want map[statistic.Day]int) {
	b.Helper()
	got, err := b.Epochs(b.Context(), from, to)
	if err != nil || !maps.Equal(got, want) {
		b.Errorf("Epochs(%s, %s) = %v, %v, want %v", from, to, got, err, want)
	}
}

func epochs(b *bench) {
	b.wantEpochs(monday, next, nil)
	b.begin(monday, 1)
	b.begin(monday, 2)
	b.begin(monday+2, 1)
	b.reopen()
	b.begin(monday, 3)
	b.wantEpochs(monday, next, map[statistic.Day]int{monday: 3, monday + 2: 1})
	b.wantEpochs(monday+1, monday+2, map[statistic.Day]int{monday + 2: 1})
	b.wantEpochs(monday+1, monday+1, nil)
}

func epochsAtOnce(b *bench) {
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			if _, err := b.BeginEpoch(b.Context(), monday); err != nil {
				b.Errorf("BeginEpoch beside others = %v, want nil", err)
			}
		})
	}
	group.Wait()
	b.wantEpochs(monday, monday, map[statistic.Day]int{monday: 8})
}

// epochsOnReplicas begins epochs on replicas that do not know of each other's.
func epochsOnReplicas(b *bench) {
	b.begin(monday, 1)
	catchUp := b.lag()
	defer catchUp()
	if _, err := b.BeginEpoch(b.Context(), monday); err != nil {
		b.Errorf("BeginEpoch = %v, want nil", err)
	}
	b.lag()
	settled, err := b.Epochs(b.Context(), monday, monday)
	if from, is := b.Store.(store.Settler); is {
		settled, err = from.SettledEpochs(b.Context(), monday, monday)
	}
	if err != nil || settled[monday] != 2 {
		b.Errorf("the day has the epochs %v, %v, want 2", settled, err)
	}
}
