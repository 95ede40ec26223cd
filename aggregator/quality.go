package aggregator

import (
	"context"
	"fmt"
	"math/big"
	"slices"

	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
)

// A DayState says what became of a day of a site.
type DayState string

// The states of a day.
const (
	DaySealed     DayState = "sealed"
	DayBelow      DayState = "below"      // sealed, on fewer than k visitor-days
	DayForgotten  DayState = "forgotten"  // sealed, and its retention is over
	DayOpen       DayState = "open"       // its hits are being counted
	DayWaiting    DayState = "waiting"    // over, and not sealed yet
	DayUnmeasured DayState = "unmeasured" // nothing counted on it, nothing imported
	DayLost       DayState = "lost"       // its open cells are lost, for good
	DayAhead      DayState = "ahead"      // not begun
)

// A DayQuality says how a day of a site was counted. It holds no count of a cell
// and no meter: a figure here would be one that disclosure control has not passed.
type DayQuality struct {
	Day      statistic.Day
	State    DayState
	Imported bool     // from a log
	Epochs   int      // lives of the visitor state; 0 where there was none
	Marked   bool     // the admission cap or shedding acted
	Reason   string   // why a lost day is lost, as the ledger has it
	Rho      *big.Rat // reserved of the budget of each visitor-day of it
}

// A LostWeek is a week of a site whose open cells are lost, for good, or that was given up. Its
// days have a state of their own.
type LostWeek struct {
	First  statistic.Day
	Reason string // as the ledger has it
}

// LostWeeks returns those of the weeks of the site that have a day in [from, to].
func (a *Aggregator) LostWeeks(site string, from, to statistic.Day) (weeks []LostWeek) {
	for first := statistic.Weekly.Period(from); first <= to; first += 7 {
		if gap, lost := a.lost(store.Table{Site: site, Grain: statistic.Weekly, Period: first}); lost {
			weeks = append(weeks, LostWeek{first, gap.Reason})
		}
	}
	return weeks
}

// Quality returns how each day in [from, to] of the site was counted.
func (a *Aggregator) Quality(ctx context.Context, site string, from, to statistic.Day) ([]DayQuality, error) {
	if !slices.Contains(a.config.Sites, site) {
		return nil, fmt.Errorf("there is no site %q; declared are %q", site, a.config.Sites)
	}
	// Epochs and the ledger first: a day that is sealed in between is then shown as sealed.
	epochs, err := a.config.Store.Epochs(ctx, from, to)
	if err != nil {
		return nil, fmt.Errorf("read epochs: %w", err)
	}
	var days []DayQuality
	for day := from; day <= to; day++ {
		d := DayQuality{Day: day, Epochs: epochs[day], Rho: a.config.Ledger.Spent(site, day.String())}
		d.State, d.Reason = a.unsealed(site, day, epochs[day])
		days = append(days, d)
	}
	seals, err := a.config.Store.Seals(ctx, site, a.whole(), from, to)
	if err != nil {
		return nil, fmt.Errorf("read seals: %w", err)
	}
	for _, s := range seals {
		if s.Grain == statistic.Daily && s.Period >= from && s.Period <= to {
			a.sealedAs(&days[s.Period-from], s)
		}
	}
	return days, nil
}

// whole returns the id of a statistic whose one cell is the whole day, or nothing:
// a day whose seal has no cell of it stands on fewer than k visitor-days.
func (a *Aggregator) whole() string {
	for _, st := range a.config.Catalogue.All() {
		if len(st.Dimensions) == 0 && st.Grain == statistic.Daily {
			return st.ID
		}
	}
	return ""
}

// sealedAs fills in what a seal says of its day.
func (a *Aggregator) sealedAs(d *DayQuality, s store.Seal) {
	d.State, d.Reason, d.Imported, d.Epochs = DaySealed, "", s.Imported, s.Epochs
	for _, t := range s.Tables {
		switch {
		case t.Forgotten:
			d.State = DayForgotten
		case len(t.Cells) == 0:
			d.State = DayBelow
		}
	}
	if r, ok := a.config.Ledger.Reservation(s.Reservation); ok {
		d.Marked = r.Marked
	}
}

// unsealed returns the state of a day without a seal, and why it is lost where it is.
func (a *Aggregator) unsealed(site string, day statistic.Day, epochs int) (DayState, string) {
	if counting, ok := a.counting(); ok && counting == day {
		return DayOpen, "" // also where the clock says another day
	}
	if reason, lost := a.gapOf(store.Table{Site: site, Grain: statistic.Daily, Period: day}); lost {
		return DayLost, reason
	}
	switch today := a.Day(); {
	case day > today:
		return DayAhead, ""
	case day == today:
		return DayOpen, ""
	case epochs > 0:
		return DayWaiting, ""
	}
	return DayUnmeasured, ""
}

// Counting returns the day whose hits are being counted. It is not the day of the
// clock where that was set, or where the day change fails.
func (a *Aggregator) Counting() (statistic.Day, bool) { return a.counting() }
