package aggregator

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"oboro/aggregator/ledger"
	"oboro/aggregator/release"
	"oboro/aggregator/seal"
	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
	"oboro/collector/hit"
)

// BeginPeriods begins, for each site and figure that is summed, the period of today, as long
// as nothing of it was counted, and on its last day the next one. From then on its keys are
// what they are: pages declared later wait for the period after. A period of which something
// was counted before is not summed any more.
func (a *Aggregator) BeginPeriods(ctx context.Context) error {
	today := a.Day()
	errs := []error{a.declare(today)}
	for _, st := range a.summed() {
		for _, site := range a.config.Sites {
			errs = append(errs, a.beginPeriod(ctx, a.span(site, today), st))
			if next := a.span(site, today+1); next.First > today {
				errs = append(errs, a.beginPeriod(ctx, next, st))
			}
		}
	}
	return errors.Join(errs...)
}

// beginFor begins the periods that an imported day is in. What is declared was read before the
// log was.
func (a *Aggregator) beginFor(ctx context.Context, site string, day statistic.Day) error {
	for _, st := range a.summed() {
		if err := a.beginPeriod(ctx, a.span(site, day), st); err != nil {
			return err
		}
	}
	return nil
}

// summed returns the statistics of which a figure is summed over periods.
func (a *Aggregator) summed() []*statistic.Statistic {
	var list []*statistic.Statistic
	for _, st := range a.config.Catalogue.All() {
		for _, p := range st.Published {
			if p.Summed && a.config.Pages != nil {
				list = append(list, st)
			}
		}
	}
	return list
}

// span returns the period that the day is in.
func (a *Aggregator) span(site string, day statistic.Day) seal.Span {
	if a.config.SumWeeks {
		return seal.Span{Site: site, First: statistic.Weekly.Period(day), Days: 7}
	}
	date := day.Date()
	first := time.Date(date.Year(), date.Month(), 1, 0, 0, 0, 0, time.UTC)
	return seal.Span{Site: site, First: hit.DayOf(first), Days: first.AddDate(0, 1, -1).Day()}
}

func last(of seal.Span) statistic.Day { return of.First + statistic.Day(of.Days) - 1 }

// beginPeriod begins a period of which nothing is counted or reserved, and one that has begun
// again: a store that was put back from an older copy does not know of it.
func (a *Aggregator) beginPeriod(ctx context.Context, of seal.Span, st *statistic.Statistic) error {
	if p, closed, ok := a.config.Ledger.Summing(of.Site, st.ID, of.First.String()); ok {
		if closed || p.First != of.First.String() || p.Days != of.Days {
			return nil
		}
		return a.sealer.Begin(ctx, of, st, a.config.Pages(of.Site))
	}
	if counted, err := a.countedIn(ctx, of); err != nil || counted {
		return err
	}
	return a.sealer.Begin(ctx, of, st, a.config.Pages(of.Site))
}

// countedIn reports whether live hits were counted on a day of the period, or anything of it
// was reserved: then it is too late for it to begin.
func (a *Aggregator) countedIn(ctx context.Context, of seal.Span) (bool, error) {
	epochs, err := a.epochs(ctx, of.First, last(of))
	if err != nil {
		return false, err
	}
	counted := len(epochs) > 0
	for day := of.First; day <= last(of); day++ {
		counted = counted || a.config.Ledger.Reserved(of.Site, day.String())
	}
	a.mu.RLock()
	defer a.mu.RUnlock()
	for _, b := range a.begun { // the store does not know of them yet
		counted = counted || b.day >= of.First && b.day <= last(of)
	}
	return counted, nil
}

// ClosePeriods closes the periods that are over, whatever is still to come of their days: it
// is called before they are published, and a day that is imported later enters none of their
// figures. Days that gave no share are filled in with its noise. A period with a live day that
// waits for its seal, or one that an import in this process is reading, is left.
func (a *Aggregator) ClosePeriods(ctx context.Context) error {
	a.flushing.Lock()
	defer a.flushing.Unlock()
	var errs []error
	for _, st := range a.summed() {
		for _, site := range a.config.Sites {
			for _, of := range a.ending(site, st.ID) {
				errs = append(errs, a.closePeriod(ctx, of, st))
			}
		}
	}
	return errors.Join(errs...)
}

// ending returns the periods of a statistic that are over and not closed, with the latest that
// was closed: where the program was killed meanwhile, the store does not know of it yet.
func (a *Aggregator) ending(site, id string) (list []seal.Span) {
	latest := seal.Span{}
	for _, p := range a.config.Ledger.Periods(site, id) {
		first, err := statistic.ParseDay(p.First)
		of := seal.Span{Site: site, First: first, Days: p.Days}
		switch {
		case err != nil || last(of) >= a.Day():
		case !p.Closed:
			list = append(list, of)
		case of.First >= latest.First:
			latest = of
		}
	}
	if latest.Days > 0 {
		list = append(list, latest)
	}
	return list
}

func (a *Aggregator) closePeriod(ctx context.Context, of seal.Span, st *statistic.Statistic) error {
	if _, closed, _ := a.config.Ledger.Summing(of.Site, st.ID, of.First.String()); closed {
		return a.endPeriod(ctx, of, st)
	}
	epochs, err := a.epochs(ctx, of.First, last(of))
	if err != nil {
		return err
	}
	for day := of.First; day <= last(of); day++ {
		if waits, err := a.waits(ctx, store.Table{Site: of.Site, Grain: statistic.Daily, Period: day}, epochs[day]); err != nil || waits || a.isRead(of.Site, day) {
			return err
		}
	}
	if err := a.sealer.Begin(ctx, of, st, a.config.Pages(of.Site)); errors.Is(err, ledger.ErrDomain) {
		return nil // a store that was put back has not its keys, and nobody knows them any more
	} else if err != nil {
		return err
	}
	for day := of.First; day <= last(of); day++ {
		r, given := a.config.Ledger.Share(of.Site, st.ID, day.String())
		if given && r.Committed != 0 {
			continue
		}
		if given && !r.Fill { // of an import that was killed, and not run again
			if err := a.config.Ledger.Gap(of.Site, ledger.Day, day.String(), lostImport); err != nil {
				return err
			}
		}
		if err := a.sealer.Fill(ctx, of, st, day); err != nil {
			return err
		}
	}
	return a.endPeriod(ctx, of, st)
}

// endPeriod closes a period. Where the store was put back from an older copy it has not all
// shares, and never will: the period stays open there, is not published, and keeps no other.
func (a *Aggregator) endPeriod(ctx context.Context, of seal.Span, st *statistic.Statistic) error {
	err := a.sealer.Close(ctx, of, st)
	if errors.Is(err, store.ErrShort) {
		return nil
	}
	return err
}

// Why days are written down as gaps.
const (
	lostImport = "its import was not finished before its period was published"
	lostCells  = "its open cells are lost"
)

// waits reports whether a day or week of so many lives is neither sealed nor lost.
func (a *Aggregator) waits(ctx context.Context, of store.Table, lives int) (bool, error) {
	if _, lost := a.lost(of); lost || lives == 0 || a.committed(of) {
		return false, nil
	}
	sealed, err := a.isSealed(ctx, of.Site, of.Grain, of.Period)
	return !sealed, err
}

// markLost writes down the live days and weeks up to through as gaps that were reserved but can
// never be sealed: the store knows nothing of them any more, as after a copy from before was put
// back.
func (a *Aggregator) markLost(epochs map[statistic.Day]int, through statistic.Day) error {
	var errs []error
	for _, r := range a.config.Ledger.Pending() {
		period, err := statistic.ParseDay(r.Period)
		grain := statistic.Grain(r.Grain)
		if err != nil || r.Imported || r.Fill || grain.End(period) > through || livesIn(epochs, grain, period) > 0 {
			continue
		}
		errs = append(errs, a.config.Ledger.Gap(r.Site, r.Grain, r.Period, lostCells))
	}
	return errors.Join(errs...)
}

// Late reports whether a sealed day of the site is in no sum of its period, because that was
// closed before.
func (a *Aggregator) Late(site string, day statistic.Day) bool {
	for _, st := range a.summed() {
		_, closed, _ := a.config.Ledger.Summing(site, st.ID, day.String())
		if r, ok := a.config.Ledger.Share(site, st.ID, day.String()); closed && ok && r.Fill {
			return true
		}
	}
	return false
}

// Summed returns what a statistic of the site was summed to over the period from first, which
// is closed, with what each of its days gave.
func (a *Aggregator) Summed(ctx context.Context, site, id string, first statistic.Day) (out release.Summed, err error) {
	period, closed, ok := a.config.Ledger.Summing(site, id, first.String())
	if !ok || !closed || period.First != first.String() {
		return out, fmt.Errorf("statistic %s of site %s: no closed period from %s", id, site, first)
	}
	for day := first; day < first+statistic.Day(period.Days); day++ {
		r, ok := a.config.Ledger.Share(site, id, day.String())
		i := slices.IndexFunc(r.Draws, func(d ledger.Draw) bool { return d.Statistic == id && d.Share > 0 })
		if !ok || i < 0 {
			return out, fmt.Errorf("statistic %s of site %s: %s has given no share", id, site, day)
		}
		share := release.Share{Day: day, Filled: r.Fill, Reservation: r.Seq, Sigma2: r.Draws[i].Drawn.Rat()}
		if !r.Fill {
			share.Epochs, share.Imported = r.Epochs, r.Imported
		}
		out.Shares = append(out.Shares, share)
	}
	sums, err := a.Sums(ctx, site, id, first, first)
	if err != nil {
		return out, err
	}
	if len(sums) != 1 || sums[0].Done != period.Days || len(sums[0].Values) != period.Cells {
		return out, fmt.Errorf("statistic %s of site %s: the store has not all shares of the period from %s: %w", id, site, first, ErrPutBack)
	}
	for _, m := range sums[0].Values {
		out.Values = append(out.Values, release.Measurement(m))
	}
	return out, nil
}

// Sums returns the periods of a statistic of the site that begin in [from, to]. Only those that
// are closed may be published: the others have not all their noise.
func (a *Aggregator) Sums(ctx context.Context, site, id string, from, to statistic.Day) ([]store.Summed, error) {
	sums, err := a.config.Store.Sums(ctx, site, id, from, to)
	if err != nil {
		return nil, fmt.Errorf("read sums: %w", err)
	}
	return sums, nil
}
