package aggregator

import (
	"context"
	"errors"
	"fmt"

	"oboro/aggregator/ledger"
	"oboro/aggregator/seal"
	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
	"oboro/aggregator/tally"
	"oboro/collector/hit"
)

// lookback is how many days back live days are looked for that wait for their seal.
const lookback = 400

// A SealedDay says that a day of a site was sealed just now.
type SealedDay struct {
	Site string
	Day  statistic.Day
}

// SealThrough seals every live day up to through that is over and not sealed,
// oldest first. A day that is not over is never sealed. One that is over by the
// clock, but that the collector has not turned from yet, is left with an error:
// its last hits may still be under way.
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
	epochs, err := a.config.Store.Epochs(ctx, through-lookback, through)
	if err != nil {
		return nil, fmt.Errorf("read epochs: %w", err)
	}
	var done []SealedDay
	errs := []error{a.markLost(epochs, through)}
	for day := through - lookback; day <= through; day++ {
		if epochs[day] == 0 {
			continue
		}
		sealed, err := a.sealDay(ctx, day, epochs[day])
		done = append(done, sealed...)
		errs = append(errs, err)
		if err != nil && !errors.Is(err, seal.ErrIncomplete) {
			break
		}
	}
	return done, errors.Join(errs...)
}

// sealDay seals a day of all sites. One that is not complete does not keep the others from
// their seals.
func (a *Aggregator) sealDay(ctx context.Context, day statistic.Day, epochs int) (done []SealedDay, err error) {
	var errs []error
	for _, site := range a.config.Sites {
		now, err := a.sealOne(ctx, site, day, epochs)
		if now {
			done = append(done, SealedDay{site, day})
		}
		errs = append(errs, err)
		if err != nil && !errors.Is(err, seal.ErrIncomplete) {
			return done, errors.Join(errs...)
		}
	}
	return done, errors.Join(append(errs, a.sealNowhere(ctx, day))...)
}

// sealOne seals a day of a site, unless it is sealed, or lost.
func (a *Aggregator) sealOne(ctx context.Context, site string, day statistic.Day, epochs int) (bool, error) {
	sealed, err := a.isSealed(ctx, site, day)
	if err != nil || sealed {
		return false, err
	}
	if _, lost := a.config.Ledger.Lost(site, ledger.Day, day.String()); lost {
		return false, a.dropLost(ctx, site, day)
	}
	cells, err := a.openCells(ctx, site, day)
	if err != nil {
		return false, err
	}
	now, err := a.sealer.Seal(ctx, seal.Day{Site: site, Day: day, Cells: cells, Epochs: epochs})
	if err != nil {
		return false, fmt.Errorf("seal %s of site %s: %w", day, site, err)
	}
	return now, nil
}

// sealNowhere seals the meters of hits whose site is not known.
func (a *Aggregator) sealNowhere(ctx context.Context, day statistic.Day) error {
	cells, err := a.collect(ctx, store.Table{Statistic: store.Meters, Period: day})
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

func (a *Aggregator) openCells(ctx context.Context, site string, day statistic.Day) (map[string][]store.Cell, error) {
	cells := map[string][]store.Cell{}
	for _, id := range a.statisticIDs() {
		list, err := a.collect(ctx, store.Table{Statistic: id, Site: site, Period: day})
		if err != nil {
			return nil, err
		}
		cells[id] = list
	}
	return cells, nil
}

func (a *Aggregator) statisticIDs() []string {
	var ids []string
	for _, st := range a.config.Catalogue.All() {
		ids = append(ids, st.ID)
	}
	return append(ids, store.Meters)
}

func (a *Aggregator) collect(ctx context.Context, t store.Table) ([]store.Cell, error) {
	var cells []store.Cell
	for c, err := range a.config.Store.Open(ctx, t) {
		if err != nil {
			return nil, fmt.Errorf("read open cells: %w", err)
		}
		cells = append(cells, c)
	}
	return cells, nil
}

func (a *Aggregator) isSealed(ctx context.Context, site string, day statistic.Day) (bool, error) {
	seals, err := a.config.Store.Seals(ctx, site, "", day, day)
	if err != nil {
		return false, fmt.Errorf("read seals: %w", err)
	}
	return len(seals) > 0, nil
}

// Standing says what an import may do with a day.
type Standing string

// The standings of a day.
const (
	Free    Standing = "free"
	Already Standing = "already-sealed"
	Live    Standing = "live"     // the collector was up on that day
	NotOver Standing = "not-over" // today, or a day to come
)

// Standing returns what an import may do with a day of a site.
func (a *Aggregator) Standing(ctx context.Context, site string, day statistic.Day) (Standing, error) {
	if day >= a.Day() {
		return NotOver, nil
	}
	if sealed, err := a.isSealed(ctx, site, day); err != nil || sealed {
		return Already, err
	}
	epochs, err := a.config.Store.Epochs(ctx, day, day)
	if err != nil {
		return "", fmt.Errorf("read epochs: %w", err)
	}
	if epochs[day] > 0 {
		return Live, nil
	}
	return Free, nil
}

// An Import counts the days of a log in RAM. They reach the store only by their
// seals, so an import that is killed runs again safely. It is used by one
// goroutine.
type Import struct {
	aggregator *Aggregator
	site       string
	days       map[statistic.Day]*tally.Tally
	latest     *tally.Tally // of the latest hit or meter, unless it is dropped or sealed
	spare      *tally.Tally // of a day that is dropped or sealed: the memory of the next
}

// NewImport returns the counters of an import for a site.
func (a *Aggregator) NewImport(site string) *Import {
	return &Import{aggregator: a, site: site, days: map[statistic.Day]*tally.Tally{}}
}

func (i *Import) day(day statistic.Day) *tally.Tally {
	if i.latest != nil && i.latest.Day() == day {
		return i.latest
	}
	t := i.days[day]
	if t == nil {
		if t = i.spare; t != nil {
			t.Renew(day)
		} else {
			t = tally.New(i.aggregator.config.Catalogue, i.aggregator.config.Sites, day)
		}
		i.days[day], i.spare = t, nil
	}
	i.latest = t
	return t
}

// Take counts a hit.
func (i *Import) Take(h hit.Hit) { i.day(h.Day).Take(h) }

// TakeAll counts hits, as Take does each.
func (i *Import) TakeAll(hits []hit.Hit) {
	for len(hits) > 0 {
		day := hits[0].Day
		n := 1
		for n < len(hits) && hits[n].Day == day {
			n++
		}
		i.day(day).TakeAll(hits[:n])
		hits = hits[n:]
	}
}

// Meter adds one to a meter.
func (i *Import) Meter(day statistic.Day, site int, reason string) { i.day(day).Meter(site, reason) }

// Drop forgets what was counted of a day.
func (i *Import) Drop(day statistic.Day) {
	if t := i.days[day]; t != nil {
		t.Forget()
		i.spare = t
	}
	delete(i.days, day)
	i.latest = nil
}

// Seal seals a day of the import, which must be free. If it is sealed already,
// nothing changes and the result is false.
func (i *Import) Seal(ctx context.Context, day statistic.Day) (bool, error) {
	t := i.days[day]
	if t == nil {
		return false, errors.New("the import holds nothing of that day")
	}
	i.aggregator.flushing.Lock()
	defer i.aggregator.flushing.Unlock()
	switch standing, err := i.aggregator.Standing(ctx, i.site, day); {
	case err != nil:
		return false, err
	case standing == Live, standing == NotOver:
		return false, fmt.Errorf("seal %s of site %s: the day is %s", day, i.site, standing)
	}
	if err := i.aggregator.beginFor(ctx, i.site, day); err != nil {
		return false, err
	}
	cells := t.Cells(i.site)
	i.Drop(day)
	sealed, err := i.aggregator.sealer.Seal(ctx, seal.Day{
		Site: i.site, Day: day, Cells: cells, Epochs: 1, Imported: true,
	})
	if err != nil {
		return false, fmt.Errorf("seal %s of site %s: %w", day, i.site, err)
	}
	return sealed, nil
}
