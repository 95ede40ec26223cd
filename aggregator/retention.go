package aggregator

import (
	"context"
	"errors"
	"fmt"
	"time"

	"oboro/aggregator/statistic"
	"oboro/collector/hit"
)

// longestRetention is how many months the meters are kept, and at most the tables
// of statistics that were switched off or taken out since, whose own retention is
// not known any more. No declared statistic may be kept longer.
const longestRetention = statistic.LongestRetention

// Expire lets go of all whose retention is over: the sealed cells of each statistic
// after its months, and the ledger's result files, should the seal that was to forget them
// have failed there. Measurements, and so what was published, stay. What fails is tried again
// by the next call.
//
// The months are counted back from the newest sealed day: where nothing is counted
// any more, as in a folder that only an old log was imported into, nothing goes.
func (a *Aggregator) Expire(ctx context.Context) error {
	newest, err := a.newest(ctx)
	if err != nil {
		return err
	}
	err = a.expireCells(ctx, newest+1)
	if failed := a.sealer.Forget(); failed != nil {
		err = errors.Join(err, fmt.Errorf("retention: %w", failed))
	}
	return err
}

// newest returns the newest sealed day of all sites.
func (a *Aggregator) newest(ctx context.Context) (statistic.Day, error) {
	var newest statistic.Day
	for _, site := range a.config.Sites {
		seals, err := a.config.Store.Seals(ctx, site, "", 0, a.Day())
		if err != nil {
			return 0, fmt.Errorf("retention: read seals: %w", err)
		}
		for _, s := range seals {
			newest = max(newest, s.Grain.End(s.Period))
		}
	}
	return newest, nil
}

func (a *Aggregator) expireCells(ctx context.Context, today statistic.Day) error {
	longest := longestRetention
	for _, st := range a.config.Catalogue.All() {
		longest = max(longest, st.Months)
		if err := a.config.Store.Forget(ctx, st.ID, keptFrom(today, st.Grain, st.Months)); err != nil {
			return fmt.Errorf("retention: %w", err)
		}
	}
	if err := a.config.Store.Forget(ctx, "", keptFrom(today, statistic.Daily, longest)); err != nil {
		return fmt.Errorf("retention: %w", err)
	}
	return nil
}

// keptFrom returns the first period that is kept: the one that holds the day so
// many months ago. Where that month has no such day, its last one counts, so that
// nothing goes before its months are over.
func keptFrom(today statistic.Day, grain statistic.Grain, months int) statistic.Day {
	date := today.Date()
	first := time.Date(date.Year(), date.Month()-time.Month(months), 1, 0, 0, 0, 0, time.UTC)
	last := first.AddDate(0, 1, -1)
	return grain.Period(hit.DayOf(first.AddDate(0, 0, min(date.Day(), last.Day())-1)))
}
