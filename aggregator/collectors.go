package aggregator

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
)

// ErrWaits says that a day is not sealed yet, since a collector has not written all that it
// counted on it.
var ErrWaits = errors.New("a day waits for a collector")

// errAlone says that a store takes the hits of one collector alone.
var errAlone = errors.New("several collectors are declared, and the store is of one")

// settling is how long before midnight a collector must have begun, for no balancer to send its
// addresses elsewhere on the next day, since it did not answer before.
const settling = 10 * time.Minute

// goesOn reports whether the state of one of several collectors goes on in a day that begins: it
// had the same addresses before. The caller holds mu.
func (a *Aggregator) goesOn(day statistic.Day) bool {
	return a.config.Collector != "" && !a.lives.IsZero() && !a.lives.Add(settling).After(day.Start(a.config.Zone))
}

// Rejoin says that the state which was taken back from the RAM log is that of one of several
// collectors. While it was down others took the hits of its addresses: each of them may have
// met one state more. On the days after it goes on as before.
func (a *Aggregator) Rejoin() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.lives = a.config.Now()
	if a.today == nil {
		return nil
	}
	b := begun{day: a.today.Day()}
	if err := a.record(encodeBegun(b.day)); err != nil {
		return err
	}
	a.begun = append(a.begun, b)
	return nil
}

// beginEpoch tells the store of the epoch of a day.
func (a *Aggregator) beginEpoch(ctx context.Context, b begun) error {
	if !b.on {
		_, err := a.config.Store.BeginEpoch(ctx, b.day)
		return err
	}
	joint, ok := a.config.Store.(store.Joint)
	if !ok {
		return errAlone
	}
	return joint.GoOn(ctx, b.day)
}

// lookAround tells the store of this process, as the latest that takes hits under its collector's
// name, and looks whether a later one does. Two at once would each know the visitors of the other,
// and a day would be sealed when one of them has marked it: so this one takes no more hits then. What it
// has taken is written, and the days are the other's to mark.
func (a *Aggregator) lookAround(ctx context.Context) error {
	if a.config.Collector == "" || a.replaced.Load() {
		return nil
	}
	list, ok := a.config.Store.(store.Instances)
	if !ok {
		return errAlone
	}
	if a.own == (store.Instance{}) {
		own, err := list.Enter(ctx, a.config.Collector, a.id)
		if err != nil {
			return fmt.Errorf("flush: %w", err)
		}
		a.own = own
	}
	latest, err := list.Latest(ctx, a.config.Collector)
	if err != nil {
		return fmt.Errorf("flush: %w", err)
	}
	if latest.ID != a.id && latest.Compare(a.own) > 0 { // it may have entered twice, where an answer was lost
		a.replaced.Store(true)
		a.config.Log.Error("another process takes hits as this collector, and this one takes none any more",
			"collector", a.config.Collector)
	}
	return nil
}

// Replaced reports whether a later process takes hits as the collector that this one counts for.
// No more may be taken here. It takes no lock: it is asked for each hit.
func (a *Aggregator) Replaced() bool { return a.replaced.Load() }

// mark tells the store, once it has all batches, that those of the days before today are among
// them. It is called with nothing in the queue; what is frozen later is of today.
func (a *Aggregator) mark(ctx context.Context) error {
	over, ok := a.overBy()
	if a.config.Collector == "" || !ok || over <= a.marked || a.replaced.Load() {
		return nil
	}
	marks, ok := a.config.Store.(store.Marks)
	if !ok {
		return errAlone
	}
	if err := marks.Mark(ctx, a.config.Collector, over); err != nil {
		return fmt.Errorf("flush: %w", err)
	}
	a.marked = over
	return nil
}

// overBy returns the latest day of which nothing is counted any more, and nothing waits.
func (a *Aggregator) overBy() (statistic.Day, bool) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	if a.today == nil || len(a.queue) > 0 || len(a.begun) > 0 {
		return 0, false
	}
	return a.today.Day() - 1, true
}

// Waits returns ErrWaits where a day that is over waits for a collector.
func (a *Aggregator) Waits(ctx context.Context, day statistic.Day) error {
	marks, err := a.marks(ctx)
	if err != nil {
		return err
	}
	_, err = a.missingOn(day, marks)
	return err
}

// marks returns how far each collector has written. What the store yields after it has all that.
func (a *Aggregator) marks(ctx context.Context) (map[string]statistic.Day, error) {
	if len(a.config.Collectors) == 0 {
		return nil, nil
	}
	from, ok := a.config.Store.(store.Marks)
	if !ok {
		return nil, errAlone
	}
	marks, err := from.Marks(ctx)
	if err != nil {
		return nil, fmt.Errorf("read marks: %w", err)
	}
	return marks, nil
}

// missingOn returns the collectors that have not marked a day whose time to do so is over, or
// ErrWaits where it is not.
func (a *Aggregator) missingOn(day statistic.Day, marks map[string]statistic.Day) (missing []string, err error) {
	for _, name := range a.config.Collectors {
		if latest, any := marks[name]; !any || latest < day {
			missing = append(missing, name)
		}
	}
	deadline := (day + 1).Start(a.config.Zone).Add(a.config.Wait)
	if len(missing) > 0 && a.config.Now().Before(deadline) {
		return nil, fmt.Errorf("%w: %s, %s", ErrWaits, day, strings.Join(missing, ", "))
	}
	return missing, nil
}

// sealWithout has the store remember whom a day is sealed without, before it is: from then on
// what these write of it is late. It says so once, though a seal that fails is tried again each second.
func (a *Aggregator) sealWithout(ctx context.Context, over dayOver) error {
	if said, any := a.said[over.day]; any && slices.Equal(said, over.missing) || len(a.config.Collectors) == 0 {
		return nil
	}
	at, ok := a.config.Store.(store.Absences)
	if !ok {
		return errAlone
	}
	if open, err := a.isOpen(ctx, over.day); err != nil || !open {
		return err
	}
	if err := at.SealWithout(ctx, over.day, over.missing); err != nil {
		return fmt.Errorf("note who is missing: %w", err)
	}
	a.said[over.day] = over.missing
	return nil
}

// isOpen reports whether a day of a site has yet to be sealed.
func (a *Aggregator) isOpen(ctx context.Context, day statistic.Day) (bool, error) {
	for _, site := range a.config.Sites {
		if _, lost := a.gapOf(store.Table{Site: site, Grain: statistic.Daily, Period: day}); lost {
			continue
		}
		if sealed, err := a.isSealed(ctx, site, statistic.Daily, day); err != nil || !sealed {
			return true, err
		}
	}
	return false, nil
}

// add has the store take a batch. What one of several collectors writes of a day that is over may
// come after the day was closed to it, and before the seal that will leave it out is there: such a batch
// is held, and where nobody can tell whether the seal has read it, in doubt.
func (a *Aggregator) add(ctx context.Context, next frozen) error {
	if over, ok := a.turnedFrom(next.batch); ok {
		return a.addLate(ctx, over, next)
	}
	return a.config.Store.Add(ctx, next.id, next.batch)
}

func (a *Aggregator) addLate(ctx context.Context, day statistic.Day, next frozen) error {
	at, ok := a.config.Store.(store.Absences)
	if !ok {
		return errAlone
	}
	switch closed, err := at.Closed(ctx, day); {
	case err != nil:
		return err
	case closed:
		return store.ErrSealed
	}
	if err := a.config.Store.Add(ctx, next.id, next.batch); err != nil {
		return err
	}
	switch closed, err := at.Closed(ctx, day); {
	case err != nil:
		return err
	case closed:
		return store.ErrDoubt
	}
	return nil
}

// turnedFrom returns the last day of the batch's period, where this is one of several collectors
// and that day is over.
func (a *Aggregator) turnedFrom(batch store.Batch) (statistic.Day, bool) {
	last := batch.Period
	if batch.Grain != "" {
		last = batch.Grain.End(batch.Period)
	}
	today, ok := a.counting()
	return last, ok && a.config.Collector != "" && last < today
}

// recall asks the store whom the newest day was sealed without.
func (a *Aggregator) recall(ctx context.Context) error {
	if len(a.config.Collectors) == 0 {
		return nil
	}
	at, ok := a.config.Store.(store.Absences)
	if !ok {
		return errAlone
	}
	missing, err := at.Absent(ctx)
	if err != nil {
		return fmt.Errorf("read who was missing: %w", err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.missing = missing
	return nil
}

// note names the collectors without which a day was sealed just now.
func (a *Aggregator) note(ctx context.Context, missing []string, sealed []SealedDay) error {
	if len(sealed) == 0 {
		return nil
	}
	for _, name := range missing {
		a.config.Log.Error("a collector is missing, and a day is sealed without what it has not written",
			"collector", name, "day", sealed[0].Day.String())
	}
	return a.recall(ctx)
}

// Missing returns the declared collectors without which the newest day was sealed.
func (a *Aggregator) Missing() []string {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return slices.Clone(a.missing)
}
