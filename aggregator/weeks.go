package aggregator

import (
	"context"
	"errors"
	"fmt"

	"oboro/aggregator/seal"
	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
)

// sealWeeks seals the live weeks whose last day is through or before it, and which take no hits
// any more. A day of theirs that could not be sealed does not keep them open: it is counted
// apart.
func (a *Aggregator) sealWeeks(ctx context.Context, epochs map[statistic.Day]int, marks map[string]statistic.Day, through statistic.Day) (done []SealedDay, err error) {
	from, err := a.settled(ctx)
	if err != nil {
		return nil, err
	}
	var errs []error
	for first := statistic.Weekly.Period(through - lookback); statistic.Weekly.End(first) <= through; first += 7 {
		lives := livesIn(epochs, statistic.Weekly, first)
		if lives == 0 {
			continue
		}
		missing, err := a.missingOn(statistic.Weekly.End(first), marks)
		if err != nil {
			return done, errors.Join(append(errs, err)...)
		}
		for _, site := range a.config.Sites {
			now, err := a.sealWeek(ctx, from, seal.Day{Site: site, Day: first, Epochs: lives + len(missing)})
			if now {
				done = append(done, SealedDay{site, first, true})
			}
			errs = append(errs, err)
			if err != nil && !isAlone(err) {
				return done, errors.Join(errs...)
			}
		}
	}
	return done, errors.Join(errs...)
}

// livesIn returns the most lives that the visitor state had on a day of the period.
func livesIn(epochs map[statistic.Day]int, grain statistic.Grain, first statistic.Day) (most int) {
	for day := first; day <= grain.End(first); day++ {
		most = max(most, epochs[day])
	}
	return most
}

// sealWeek seals a week of a site, unless it is sealed, lost, or none of its hits were counted
// by the week.
func (a *Aggregator) sealWeek(ctx context.Context, from store.Open, of seal.Day) (bool, error) {
	sealed, err := a.isSealed(ctx, of.Site, statistic.Weekly, of.Day)
	if err != nil || sealed {
		return false, err
	}
	table := store.Table{Site: of.Site, Grain: statistic.Weekly, Period: of.Day}
	if _, lost := a.lost(table); lost {
		return false, a.dropLost(ctx, table)
	}
	if a.committed(table) {
		if err := a.dropPutBack(ctx, from, table); err != nil {
			return false, fmt.Errorf("seal the week of %s of site %s: %w", of.Day, of.Site, err)
		}
		return false, nil
	}
	if of.Cells, err = a.openCells(ctx, from, table); err != nil {
		return false, err
	}
	if counted, err := a.countedByWeek(ctx, from, of); err != nil || !counted {
		return false, err
	}
	now, err := a.sealer.SealWeek(ctx, of)
	if err != nil {
		return false, fmt.Errorf("seal the week of %s of site %s: %w", of.Day, of.Site, err)
	}
	return now, nil
}

// countedByWeek reports whether a week that is not sealed is to be: something of it is open,
// though it be of a statistic that was switched off since; or it was counted here, and there was
// nothing. Weeks from before their statistics were declared, or had that grain, are none.
func (a *Aggregator) countedByWeek(ctx context.Context, from store.Open, of seal.Day) (bool, error) {
	for _, list := range of.Cells {
		if len(list) > 0 {
			return true, nil
		}
	}
	for _, id := range a.config.Catalogue.Off() {
		left, err := collect(ctx, from, store.Table{Statistic: id, Site: of.Site, Grain: statistic.Weekly, Period: of.Day})
		if err != nil || len(left) > 0 {
			return true, err
		}
	}
	return len(of.Cells) > 0 && a.countedHere(statistic.Weekly.End(of.Day)), nil
}

// countedHere reports whether this process, or those whose log it took over, counted hits by
// the declaration in force on that day or before it.
func (a *Aggregator) countedHere(day statistic.Day) bool {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return a.since != 0 && a.since <= day
}
