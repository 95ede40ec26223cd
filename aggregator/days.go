package aggregator

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"oboro/aggregator/seal"
	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
)

// lookback is how many days back live days are looked for that wait for their seal.
const lookback = 400

// A SealedDay says that a day of a site was sealed just now, or the week that begins with it.
type SealedDay struct {
	Site string
	Day  statistic.Day
	Week bool
}

// SealThrough seals every live day up to through that is over and not sealed,
// oldest first, and then the weeks that ended by then. What is not over is never
// sealed. A day that is over by the clock, but that the collector has not turned from
// yet, is left with an error: its last hits may still be under way.
func (a *Aggregator) SealThrough(ctx context.Context, through statistic.Day) ([]SealedDay, error) {
	through = min(through, a.Day()-1)
	if open, ok := a.counting(); ok && open <= through {
		done, err := a.sealOver(ctx, open-1)
		return done, errors.Join(err, fmt.Errorf("%s is not sealed: its last hits are still being counted; try again", open))
	}
	return a.sealOver(ctx, through)
}

// counting returns the day whose hits are being counted.
func (a *Aggregator) counting() (statistic.Day, bool) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	if a.today == nil {
		return 0, false
	}
	return a.today.Day(), true
}

// sealOver seals the live days up to through, which take no hits any more.
func (a *Aggregator) sealOver(ctx context.Context, through statistic.Day) ([]SealedDay, error) {
	if err := a.Flush(ctx); err != nil {
		return nil, err
	}
	a.flushing.Lock()
	defer a.flushing.Unlock()
	marks, err := a.marks(ctx) // before the epochs: a collector marks a day after its last one
	if err != nil {
		return nil, err
	}
	epochs, err := a.epochs(ctx, through-lookback, through)
	if err != nil {
		return nil, err
	}
	var done []SealedDay
	errs := []error{a.markLost(epochs, through)}
	for day := through - lookback; day <= through; day++ {
		if epochs[day] == 0 {
			continue
		}
		missing, err := a.missingOn(day, marks)
		if err != nil {
			return done, errors.Join(append(errs, err)...)
		}
		sealed, err := a.sealDay(ctx, dayOver{day, epochs[day], missing})
		done = append(done, sealed...)
		errs = append(errs, err, a.note(ctx, missing, sealed))
		if err != nil && !isAlone(err) {
			return done, errors.Join(errs...)
		}
	}
	weeks, err := a.sealWeeks(ctx, epochs, marks, through)
	return append(done, weeks...), errors.Join(append(errs, err)...)
}

// A dayOver is a day that takes no hits any more.
type dayOver struct {
	day     statistic.Day
	epochs  int      // that the store knows of
	missing []string // collectors that have not written all of it
}

// sealDay seals a day of all sites. One that is not complete does not keep the others from
// their seals.
func (a *Aggregator) sealDay(ctx context.Context, over dayOver) (done []SealedDay, err error) {
	if err := a.sealWithout(ctx, over); err != nil { // before anything of it is read
		return nil, err
	}
	from, err := a.settled(ctx)
	if err != nil {
		return nil, err
	}
	var errs []error
	for _, site := range a.config.Sites {
		now, err := a.sealOne(ctx, from, site, over)
		if now {
			done = append(done, SealedDay{Site: site, Day: over.day})
		}
		errs = append(errs, err)
		if err != nil && !isAlone(err) {
			return done, errors.Join(errs...)
		}
	}
	return done, errors.Join(append(errs, a.sealNowhere(ctx, from, over.day))...)
}

// settled returns a reader of open cells that leaves no acknowledged batch out.
func (a *Aggregator) settled(ctx context.Context) (store.Open, error) {
	s, lags := a.config.Store.(store.Settler)
	if !lags {
		return a.config.Store, nil
	}
	from, err := s.Settled(ctx)
	if err != nil {
		return nil, fmt.Errorf("read open cells: %w", err)
	}
	return from, nil
}

// SettledSeals returns once what is read of seals and sums leaves out nothing that was acknowledged by
// then. After it was read stay says whether that held all the while.
func (a *Aggregator) SettledSeals(ctx context.Context) (stay func() error, err error) {
	if s, lags := a.config.Store.(store.Settler); lags {
		return s.SettledSeals(ctx)
	}
	return func() error { return nil }, nil
}

// epochs returns the epochs of each day, and leaves out none that was begun.
func (a *Aggregator) epochs(ctx context.Context, from, to statistic.Day) (map[statistic.Day]int, error) {
	read := a.config.Store.Epochs
	if s, lags := a.config.Store.(store.Settler); lags {
		read = s.SettledEpochs
	}
	epochs, err := read(ctx, from, to)
	if err != nil {
		return nil, fmt.Errorf("read epochs: %w", err)
	}
	return epochs, nil
}

// sealOne seals a day of a site, unless it is sealed, or lost.
func (a *Aggregator) sealOne(ctx context.Context, from store.Open, site string, over dayOver) (bool, error) {
	sealed, err := a.isSealed(ctx, site, statistic.Daily, over.day)
	if err != nil || sealed {
		return false, err
	}
	table := store.Table{Site: site, Grain: statistic.Daily, Period: over.day}
	if _, lost := a.lost(table); lost {
		return false, a.dropLost(ctx, table)
	}
	if a.committed(table) {
		if err := a.dropPutBack(ctx, from, table); err != nil {
			return false, fmt.Errorf("seal %s of site %s: %w", over.day, site, err)
		}
		return false, nil
	}
	cells, err := a.openCells(ctx, from, table)
	if err != nil {
		return false, err
	}
	of := seal.Day{Site: site, Day: over.day, Cells: cells, Epochs: over.epochs + len(over.missing)}
	now, err := a.sealer.Seal(ctx, of)
	if err != nil {
		return false, fmt.Errorf("seal %s of site %s: %w", over.day, site, err)
	}
	return now, nil
}

// sealNowhere seals the meters of hits whose site is not known.
func (a *Aggregator) sealNowhere(ctx context.Context, from store.Open, day statistic.Day) error {
	cells, err := collect(ctx, from, store.Table{Statistic: store.Meters, Period: day})
	if err != nil || len(cells) == 0 {
		return err
	}
	table := store.Sealed{Statistic: store.Meters}
	for _, c := range cells {
		table.Cells = append(table.Cells, store.Folded{Keys: c.Keys, Counts: c.Counts})
	}
	return a.config.Store.WriteSeal(ctx, store.Seal{
		Grain: statistic.Daily, Period: day, Tables: []store.Sealed{table},
	})
}

// openCells returns the open cells of the day or week of a table: those of all statistics of
// that grain, empty ones too, and of others what was counted before their grain was changed.
func (a *Aggregator) openCells(ctx context.Context, from store.Open, of store.Table) (map[string][]store.Cell, error) {
	cells := map[string][]store.Cell{}
	for _, st := range a.config.Catalogue.All() {
		of.Statistic = st.ID
		list, err := collect(ctx, from, of)
		if err != nil {
			return nil, err
		}
		if st.Grain == of.Grain || len(list) > 0 {
			cells[st.ID] = list
		}
	}
	if of.Grain == statistic.Weekly {
		return cells, nil
	}
	of.Statistic = store.Meters
	meters, err := collect(ctx, from, of)
	cells[store.Meters] = meters
	return cells, err
}

func (a *Aggregator) statisticIDs() []string {
	var ids []string
	for _, st := range a.config.Catalogue.All() {
		ids = append(ids, st.ID)
	}
	return append(ids, store.Meters)
}

// collected is how many cells collect has together at first.
const collected = 1 << 14

// collect returns the open cells of a table. A slice of a million that grew would leave four
// times its memory behind, so that they are put together once they are all there.
func collect(ctx context.Context, from store.Open, t store.Table) ([]store.Cell, error) {
	var full [][]store.Cell
	var last []store.Cell
	for c, err := range from.Open(ctx, t) {
		if err != nil {
			return nil, fmt.Errorf("read open cells: %w", err)
		}
		if len(last) == collected {
			full, last = append(full, last), make([]store.Cell, 0, collected)
		}
		last = append(last, c)
	}
	if full == nil {
		return last, nil
	}
	return slices.Concat(append(full, last)...), nil
}

// isSealed reports whether a day is sealed, or the week that begins with it.
func (a *Aggregator) isSealed(ctx context.Context, site string, grain statistic.Grain, period statistic.Day) (bool, error) {
	seals, err := a.config.Store.Seals(ctx, site, "", period, period)
	if err != nil {
		return false, fmt.Errorf("read seals: %w", err)
	}
	return slices.ContainsFunc(seals, func(s store.Seal) bool { return s.Grain == grain }), nil
}
