package aggregator

import (
	"context"
	"errors"
	"fmt"
	"time"

	"oboro/aggregator/ledger"
	"oboro/aggregator/statistic"
	"oboro/collector/hit"
)

// longestRetention is how many months the meters are kept, and at most the tables
// of statistics that were switched off or taken out since, whose own retention is
// not known any more. No declared statistic may be kept longer.
const longestRetention = statistic.LongestRetention

// resultDays is how many days the ledger's result files are kept. They repeat what
// the store has, for a store that is lost soon after.
const resultDays = 7

// Expire lets go of all whose retention is over: the sealed cells of each statistic
// after its months, and the ledger's result files once the store shows their seals.
// Measurements, and so what was published, stay. What fails is tried again by the
// next call.
//
// The months are counted back from the newest sealed day: where nothing is counted
// any more, as in a folder that only an old log was imported into, nothing goes.
func (a *Aggregator) Expire(ctx context.Context) error {
	newest, err := a.newest(ctx)
	if err != nil {
		return err
	}
	return errors.Join(a.expireCells(ctx, newest+1), a.expireResults(ctx, a.Day()))
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

// expireResults removes the result files of periods that ended before the last
// days, where the store shows that it has what they hold.
func (a *Aggregator) expireResults(ctx context.Context, today statistic.Day) error {
	settled, err := a.config.Ledger.Settled()
	if err != nil {
		return fmt.Errorf("retention: %w", err)
	}
	var errs []error
	for _, r := range settled {
		period, err := statistic.ParseDay(r.Period)
		if err != nil || statistic.Grain(r.Grain).End(period) >= today-resultDays {
			continue
		}
		has, err := a.storeHas(ctx, r, period)
		if err == nil && has {
			err = a.config.Ledger.Forget(r.Seq)
		}
		errs = append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("retention: %w", err)
	}
	return nil
}

// storeHas reports whether the store shows the seal that was made under r. It does
// not after a backup from before was put back.
func (a *Aggregator) storeHas(ctx context.Context, r ledger.Reservation, period statistic.Day) (bool, error) {
	if r.Fill {
		return a.hasShares(ctx, r)
	}
	seals, err := a.config.Store.Seals(ctx, r.Site, "", period, period)
	if err != nil {
		return false, fmt.Errorf("read seals: %w", err)
	}
	for _, s := range seals {
		if string(s.Grain) == r.Grain && s.Reservation == r.Seq {
			return true, nil
		}
	}
	return false, nil
}

// hasShares reports whether the store shows the share that fills in for a day: with the whole
// period of it.
func (a *Aggregator) hasShares(ctx context.Context, r ledger.Reservation) (bool, error) {
	for _, draw := range r.Draws {
		p, closed, _ := a.config.Ledger.Summing(r.Site, draw.Statistic, r.Period)
		first, err := statistic.ParseDay(p.First)
		if err != nil || !closed {
			return false, err
		}
		sums, err := a.Sums(ctx, r.Site, draw.Statistic, first, first)
		if err != nil || len(sums) == 0 || !sums[0].Closed {
			return false, err
		}
	}
	return true, nil
}
