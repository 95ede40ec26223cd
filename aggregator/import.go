package aggregator

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"oboro/aggregator/seal"
	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
	"oboro/aggregator/tally"
	"oboro/collector/hit"
)

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
	if sealed, err := a.isSealed(ctx, site, statistic.Daily, day); err != nil || sealed {
		return Already, err
	}
	if a.committed(store.Table{Site: site, Grain: statistic.Daily, Period: day}) {
		return Already, nil // also where an older store does not know it any more
	}
	epochs, err := a.epochs(ctx, day, day)
	if err != nil {
		return "", err
	}
	if epochs[day] > 0 {
		return Live, nil
	}
	return Free, nil
}

// An Import counts the days and the weeks of a log in RAM. They reach the store only by their
// seals, so an import that is killed runs again safely. It is used by one
// goroutine.
type Import struct {
	aggregator *Aggregator
	site       string
	days       map[statistic.Day]*tally.Tally
	weeks      map[statistic.Day]week // by their first days
	latest     *tally.Tally           // of the latest hit or meter, unless it is dropped or sealed
	spare      *tally.Tally           // of a day that is dropped or sealed: the memory of the next
}

// NewImport returns the counters of an import for a site.
func (a *Aggregator) NewImport(site string) *Import {
	return &Import{aggregator: a, site: site, days: map[statistic.Day]*tally.Tally{}, weeks: map[statistic.Day]week{}}
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
		i.aggregator.read(siteDay{i.site, day}, 1)
	}
	i.latest = t
	return t
}

// A siteDay is a day of a site.
type siteDay struct {
	site string
	day  statistic.Day
}

// read notes that an import begins to count a day, or has done with it.
func (a *Aggregator) read(of siteDay, n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.reading[of] += n; a.reading[of] == 0 {
		delete(a.reading, of)
	}
}

// isRead reports whether an import counts the day, and has not sealed it.
func (a *Aggregator) isRead(site string, day statistic.Day) bool {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return a.reading[siteDay{site, day}] > 0
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
		i.aggregator.read(siteDay{i.site, day}, -1)
	}
	delete(i.days, day)
	i.latest = nil
}

// Seal seals a day of the import, which must be free: the tables of the grain day. If it is sealed already,
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
	cells := i.aggregator.of(statistic.Daily, t.Cells(i.site))
	i.Drop(day)
	sealed, err := i.aggregator.sealer.Seal(ctx, seal.Day{
		Site: i.site, Day: day, Cells: cells, Epochs: 1, Imported: true,
	})
	if err != nil {
		return false, fmt.Errorf("seal %s of site %s: %w", day, i.site, err)
	}
	return sealed, nil
}

// WeekStanding returns what an import may do with a day of a site within its week, and nothing
// where no statistic has that grain. A day whose tables were sealed while their grain was the
// day is in no week.
func (a *Aggregator) WeekStanding(ctx context.Context, site string, day statistic.Day) (Standing, error) {
	weekly := a.Weekly()
	if len(weekly) == 0 {
		return "", nil
	}
	standing, err := a.weekStanding(ctx, site, statistic.Weekly.Period(day))
	if err != nil || standing != Free {
		return standing, err
	}
	for _, id := range weekly {
		seals, err := a.config.Store.Seals(ctx, site, id, day, day)
		if err != nil {
			return "", fmt.Errorf("read seals: %w", err)
		}
		if slices.ContainsFunc(seals, func(s store.Seal) bool { return s.Grain == statistic.Daily && len(s.Tables) > 0 }) {
			return Already, nil
		}
	}
	return Free, nil
}

// weekStanding returns what an import may do with the week that begins with the day.
func (a *Aggregator) weekStanding(ctx context.Context, site string, first statistic.Day) (Standing, error) {
	last := statistic.Weekly.End(first)
	if last >= a.Day() {
		return NotOver, nil
	}
	if sealed, err := a.isSealed(ctx, site, statistic.Weekly, first); err != nil || sealed {
		return Already, err
	}
	if a.committed(store.Table{Site: site, Grain: statistic.Weekly, Period: first}) {
		return Already, nil
	}
	epochs, err := a.epochs(ctx, first, last)
	if err != nil {
		return "", err
	}
	if len(epochs) > 0 {
		return Live, nil
	}
	return Free, nil
}

// Weekly returns the ids of the statistics that stay open for a week.
func (a *Aggregator) Weekly() (ids []string) {
	for _, st := range a.config.Catalogue.All() {
		if st.Grain == statistic.Weekly {
			ids = append(ids, st.ID)
		}
	}
	return ids
}

// of returns those of the cells that are of statistics of that grain, and the meters with those
// of days.
func (a *Aggregator) of(grain statistic.Grain, cells map[string][]store.Cell) map[string][]store.Cell {
	own := map[string][]store.Cell{}
	for _, st := range a.config.Catalogue.All() {
		if st.Grain == grain {
			own[st.ID] = cells[st.ID]
		}
	}
	if grain == statistic.Daily {
		own[store.Meters] = cells[store.Meters]
	}
	return own
}

// A week gathers the cells of the days of a week, by statistic and keys.
type week map[string]map[string]store.Cell

func (w week) add(cells map[string][]store.Cell) {
	for id, list := range cells {
		table := w[id]
		if table == nil {
			table = map[string]store.Cell{}
			w[id] = table
		}
		for _, c := range list {
			key := strings.Join(c.Keys, "\x00")
			sum, known := table[key]
			if !known {
				sum = store.Cell{Site: c.Site, Keys: slices.Clone(c.Keys)} // the day's own share their memory
			}
			sum.Counts.Add(c.Counts)
			table[key] = sum
		}
	}
}

func (w week) cells() map[string][]store.Cell {
	cells := map[string][]store.Cell{}
	for id, table := range w {
		cells[id] = slices.Collect(maps.Values(table))
	}
	return cells
}

// Keep adds what a day has of the statistics by week to its week, in RAM, where it stays when
// the day is dropped or sealed. It is called once for each day, after its last hit, where
// [Aggregator.WeekStanding] is free.
func (i *Import) Keep(day statistic.Day) {
	t := i.days[day]
	if t == nil {
		return
	}
	first := statistic.Weekly.Period(day)
	if i.weeks[first] == nil {
		i.weeks[first] = week{}
	}
	i.weeks[first].add(i.aggregator.of(statistic.Weekly, t.Cells(i.site)))
}

// DropWeek forgets what was kept of the week that begins with the day.
func (i *Import) DropWeek(first statistic.Day) { delete(i.weeks, first) }

// SealWeek seals the week that begins with the day as what was kept of it. It must be free. If it
// is sealed already, nothing changes and the result is false.
func (i *Import) SealWeek(ctx context.Context, first statistic.Day) (bool, error) {
	w := i.weeks[first]
	if w == nil {
		return false, errors.New("the import holds nothing of that week")
	}
	i.aggregator.flushing.Lock()
	defer i.aggregator.flushing.Unlock()
	switch standing, err := i.aggregator.weekStanding(ctx, i.site, first); {
	case err != nil:
		return false, err
	case standing == Live, standing == NotOver:
		return false, fmt.Errorf("seal the week of %s of site %s: it is %s", first, i.site, standing)
	}
	i.DropWeek(first)
	sealed, err := i.aggregator.sealer.SealWeek(ctx, seal.Day{
		Site: i.site, Day: first, Cells: w.cells(), Epochs: 1, Imported: true,
	})
	if err != nil {
		return false, fmt.Errorf("seal the week of %s of site %s: %w", first, i.site, err)
	}
	return sealed, nil
}
