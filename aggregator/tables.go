package aggregator

import (
	"context"
	"fmt"
	"iter"

	"oboro/aggregator/release"
	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
)

// Table returns what the team may see of a statistic on the sealed days in
// [from, to].
func (a *Aggregator) Table(ctx context.Context, site, id string, from, to statistic.Day) (release.Table, error) {
	st, err := a.find(site, id)
	if err != nil {
		return release.Table{}, err
	}
	seals, err := a.config.Store.Seals(ctx, site, id, from, to)
	if err != nil {
		return release.Table{}, fmt.Errorf("read seals: %w", err)
	}
	var sealed []release.Sealed
	for _, s := range seals {
		for _, t := range s.Tables {
			own := release.Sealed{Period: s.Period, Grain: s.Grain, Imported: s.Imported, Epochs: s.Epochs, Forgotten: t.Forgotten}
			for _, c := range t.Cells {
				own.Cells = append(own.Cells, release.Folded(c))
			}
			sealed = append(sealed, own)
		}
	}
	return a.policy(st).OfSealed(st, site, from, to, sealed), nil
}

// Today returns what the team may see of a statistic of the day under way: as far as it has
// been flushed. Of one by the week it is nothing.
func (a *Aggregator) Today(ctx context.Context, site, id string) (release.Table, error) {
	st, err := a.find(site, id)
	if err != nil {
		return release.Table{}, err
	}
	day := a.Day()
	cells, err := collect(ctx, a.config.Store, store.Table{Statistic: id, Site: site, Period: day})
	if err != nil {
		return release.Table{}, err
	}
	return a.policy(st).OfToday(st, site, day, each(cells)), nil
}

func each(cells []store.Cell) iter.Seq2[[]string, statistic.Counts] {
	return func(yield func([]string, statistic.Counts) bool) {
		for _, c := range cells {
			if !yield(c.Keys, c.Counts) {
				return
			}
		}
	}
}

func (a *Aggregator) policy(st *statistic.Statistic) release.Policy {
	return release.Policy{K: max(a.config.K, st.K)}
}

// find returns the statistic, if site and statistic are declared. Both are the
// words of an operator, so the error names them.
func (a *Aggregator) find(site, id string) (*statistic.Statistic, error) {
	known := false
	for _, s := range a.config.Sites {
		known = known || s == site
	}
	if !known {
		return nil, fmt.Errorf("there is no site %q; declared are %q", site, a.config.Sites)
	}
	st, ok := a.config.Catalogue.Find(id)
	if !ok {
		return nil, fmt.Errorf("there is no statistic %q; enabled are %q", id, a.statisticIDs())
	}
	return st, nil
}

// Meters returns the meters of the sealed days in [from, to] by reason, rounded
// down to multiples of k.
func (a *Aggregator) Meters(ctx context.Context, site string, from, to statistic.Day) (map[string]int64, error) {
	seals, err := a.config.Store.Seals(ctx, site, store.Meters, from, to)
	if err != nil {
		return nil, fmt.Errorf("read seals: %w", err)
	}
	sums := map[string]int64{}
	for _, s := range seals {
		for _, t := range s.Tables {
			for _, c := range t.Cells {
				sums[c.Keys[0]] += c.Counts[statistic.Hits]
			}
		}
	}
	for reason, n := range sums {
		sums[reason] = n - n%a.config.K
	}
	return sums, nil
}

// Measured returns the measurements of a published statistic on the sealed days
// in [from, to].
func (a *Aggregator) Measured(ctx context.Context, site, id string, from, to statistic.Day) ([]release.Measured, error) {
	seals, err := a.config.Store.Seals(ctx, site, id, from, to)
	if err != nil {
		return nil, fmt.Errorf("read seals: %w", err)
	}
	var days []release.Measured
	for _, s := range seals {
		for _, t := range s.Tables {
			day := release.Measured{
				Day: s.Period, Epochs: s.Epochs, Imported: s.Imported, Reservation: s.Reservation,
			}
			for _, m := range t.Measurements {
				day.Values = append(day.Values, release.Measurement(m))
			}
			days = append(days, day)
		}
	}
	return days, nil
}
