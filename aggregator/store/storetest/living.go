package storetest

import (
	"maps"
	"sync"

	"oboro/aggregator/statistic"
)

// living holds the cases of epochs. Seen to fail when a second epoch did not count.
var living = []outcome{
	{"epochs count up for each day", epochs},
	{"epochs begun at once are all counted", epochsAtOnce},
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
