// Package release holds what may be seen: [Table], all that the dashboards
// accept, and [Release], a published data set.
//
// Both are made here alone. A Table is made from cells that are already folded,
// or, for today, is rounded down to multiples of k while it is made. A Release is
// made from measurements, which carry their noise. Neither can be made from exact
// open counts by any function of this package.
package release

import (
	"cmp"
	"iter"
	"slices"
	"strconv"

	"oboro/aggregator/statistic"
	"oboro/collector/hit"
)

// A Policy is a disclosure rule for team tables. The zero Policy shows nothing.
type Policy struct {
	K int64 // smallest number of visitor-days behind a shown row, at least 3
}

// A Folded is one sealed cell of a day. Merged is not 0 where it stands for
// several cells.
type Folded struct {
	Keys   []string
	Counts statistic.Counts
	Merged int
}

// A Sealed is what was sealed of one statistic in one period. Nothing in Cells
// means that the period stands on fewer than k visitor-days.
type Sealed struct {
	Period   statistic.Day
	Cells    []Folded
	Imported bool
	Epochs   int
	// Forgotten says that the retention of the period is over: its cells are gone.
	Forgotten bool
}

// A Row is one line of a table.
type Row struct {
	Day    statistic.Day // first day of the bucket
	Hour   string        // "00" to "23" in a statistic by hour, else empty
	Keys   []string      // dimension values, the hour left out
	Counts statistic.Counts
	Merged int // how many cells the row stands for, where it is (other)
	shown  [statistic.Measures]bool
}

// Count returns the count of m and whether it may be shown.
func (r Row) Count(m statistic.Measure) (int64, bool) { return r.Counts[m], r.shown[m] }

// Bucket returns the row's time bucket: "2026-11-21", or "2026-11-21T09" in a
// statistic by hour.
func (r Row) Bucket() string {
	if r.Hour == "" || r.Hour == statistic.Other {
		return r.Day.String()
	}
	return r.Day.String() + "T" + r.Hour
}

// A State says what is known of a period.
type State string

// The states of a period.
const (
	Shown     State = "shown"
	Below     State = "below"     // fewer than k visitor-days: nothing is stored
	Unsealed  State = "unsealed"  // not measured, or not sealed yet
	Forgotten State = "forgotten" // no longer kept: the retention is over
)

// A Table is a set of counts that may be seen by a team.
type Table struct {
	statistic *statistic.Statistic
	site      string
	from, to  statistic.Day
	policy    Policy
	rows      []Row
	states    map[statistic.Day]State
	rounded   bool
	imported  bool
}

// OfSealed returns the table of the sealed periods in [from, to].
func (p Policy) OfSealed(st *statistic.Statistic, site string, from, to statistic.Day, sealed []Sealed) Table {
	t := Table{statistic: st, site: site, from: from, to: to, policy: p, states: map[statistic.Day]State{}}
	for _, s := range sealed {
		t.imported = t.imported || s.Imported
		if s.Forgotten {
			t.states[s.Period] = Forgotten // whether it was shown or below k is gone too
			continue
		}
		t.states[s.Period] = Below
		for _, c := range s.Cells {
			row, ok := p.row(st, s.Period, c)
			if !ok {
				continue
			}
			t.states[s.Period] = Shown
			t.rows = append(t.rows, row)
		}
	}
	slices.SortStableFunc(t.rows, byBucket)
	return t
}

// OfToday returns the table of a day that is not over, from its open cells:
// visitor-days alone, rounded down to a multiple of k, rows below k left out.
// Statistics without label and environment (hits and views by hour) show their
// views as they are, and their visitor-days rounded down.
func (p Policy) OfToday(st *statistic.Statistic, site string, day statistic.Day, open iter.Seq2[[]string, statistic.Counts]) Table {
	t := Table{
		statistic: st, site: site, from: day, to: day, policy: p, rounded: true,
		states: map[statistic.Day]State{day: Unsealed},
	}
	if p.K < 3 {
		return t
	}
	plain := hit.Of(st.Dimensions...)&^hit.Of(hit.ByHour) == 0
	for keys, counts := range open {
		visitors := counts[statistic.Visitors] - counts[statistic.Visitors]%p.K
		if !plain && (visitors <= 0 || slices.Contains(keys, statistic.Unlisted)) {
			continue
		}
		row := Row{Day: day, shown: [statistic.Measures]bool{statistic.Visitors: visitors > 0 || plain}}
		row.Hour, row.Keys = splitHour(st, keys)
		if visitors > 0 {
			row.Counts[statistic.Visitors] = visitors
		}
		if plain {
			for _, m := range []statistic.Measure{statistic.Views, statistic.Hits} {
				if st.Has(m) {
					row.show(m, counts)
				}
			}
		}
		t.rows = append(t.rows, row)
	}
	slices.SortStableFunc(t.rows, byBucket)
	return t
}

func (r *Row) show(m statistic.Measure, counts statistic.Counts) {
	r.Counts[m], r.shown[m] = counts[m], true
}

// row returns the row of a sealed cell, and whether the policy lets it be seen.
// The fold has already seen to that; this is the second look.
func (p Policy) row(st *statistic.Statistic, day statistic.Day, c Folded) (Row, bool) {
	hidden := st.Blurs(c.Keys) || c.Merged > 0 && st.Overlaps() && !st.Crossed()
	if p.K < 3 || !hidden && c.Counts[statistic.Visitors] < p.K {
		return Row{}, false
	}
	row := Row{Day: day, Merged: c.Merged}
	row.Hour, row.Keys = splitHour(st, c.Keys)
	for _, m := range st.Measures {
		if m == statistic.Visitors && hidden {
			continue
		}
		row.show(m, c.Counts)
	}
	return row, true
}

func splitHour(st *statistic.Statistic, keys []string) (hour string, rest []string) {
	for i, key := range keys {
		if st.Dimensions[i] == hit.ByHour {
			hour = key
			continue
		}
		rest = append(rest, key)
	}
	return hour, rest
}

func byBucket(a, b Row) int {
	return cmp.Or(
		cmp.Compare(a.Day, b.Day),
		cmp.Compare(a.Hour, b.Hour),
		cmp.Compare(last(a), last(b)),
		-cmp.Compare(a.Counts[statistic.Visitors], b.Counts[statistic.Visitors]),
		slices.Compare(a.Keys, b.Keys),
	)
}

// last sorts merged rows behind all others, and what is merged of all values behind what is
// merged of one.
func last(r Row) int {
	switch {
	case r.Merged == 0:
		return 0
	case slices.ContainsFunc(r.Keys, func(key string) bool { return key != statistic.Other }):
		return 1
	}
	return 2
}

// Statistic returns the declaration of the table's statistic.
func (t Table) Statistic() *statistic.Statistic { return t.statistic }

// Site returns the id of the site.
func (t Table) Site() string { return t.site }

// From and To return the first and last day asked for.
func (t Table) From() statistic.Day { return t.from }

// To returns the last day asked for.
func (t Table) To() statistic.Day { return t.to }

// K returns the smallest number of visitor-days behind a shown row.
func (t Table) K() int64 { return t.policy.K }

// Rounded reports whether the table is of a day that is not over: its visitors
// are rounded down to multiples of k.
func (t Table) Rounded() bool { return t.rounded }

// Imported reports whether some day of the table came from a log.
func (t Table) Imported() bool { return t.imported }

// Rows returns the rows, by bucket, then by visitors; merged rows come last in
// their bucket.
func (t Table) Rows() []Row { return slices.Clone(t.rows) }

// State returns what is known of the period that begins on day.
func (t Table) State(day statistic.Day) State {
	if s, ok := t.states[day]; ok {
		return s
	}
	return Unsealed
}

// Sum returns the table with its periods added up: one row for each combination
// of keys (and hour), by visitors, or by views where a row shows none; merged rows
// last. Sums over more than one day count visitor-days.
func (t Table) Sum() []Row {
	index := map[string]int{}
	var sum []Row
	for _, r := range t.rows {
		id := r.Hour
		for _, key := range r.Keys {
			id += "\x00" + strconv.Quote(key)
		}
		i, ok := index[id]
		if !ok {
			index[id] = len(sum)
			r.Day = t.from
			sum = append(sum, r)
			continue
		}
		sum[i].Counts.Add(r.Counts)
		sum[i].Merged = max(sum[i].Merged, r.Merged)
		for m := range r.shown {
			sum[i].shown[m] = sum[i].shown[m] && r.shown[m]
		}
	}
	slices.SortStableFunc(sum, func(a, b Row) int {
		return cmp.Or(
			cmp.Compare(last(a), last(b)),
			-cmp.Compare(a.Counts[statistic.Visitors], b.Counts[statistic.Visitors]),
			-cmp.Compare(a.Counts[statistic.Views], b.Counts[statistic.Views]),
			cmp.Compare(a.Hour, b.Hour),
			slices.Compare(a.Keys, b.Keys),
		)
	})
	return sum
}
