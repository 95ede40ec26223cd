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
	Grain    statistic.Grain // of the period; a day where none is said
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
	Merged int    // how many cells the row stands for, where it is (other)
	span   string // of a bucket that is not of the statistic's grain; else empty
	shown  [statistic.Measures]bool
}

// Count returns the count of m and whether it may be shown.
func (r Row) Count(m statistic.Measure) (int64, bool) { return r.Counts[m], r.shown[m] }

// Bucket returns the row's time bucket: "2026-11-21", or "2026-11-21T09" in a
// statistic by hour; of a week its Monday. What was sealed before the grain of the
// statistic was changed has its length with it: "2026-11-16/P1D" beside weeks, and
// "2026-11-16/P7D" beside days.
func (r Row) Bucket() string {
	if r.Hour == "" || r.Hour == statistic.Other {
		return r.Day.String() + r.span
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
	Cut       State = "cut"       // a week that lies in the range asked for in part alone, and is left out
)

// A Table is a set of counts that may be seen by a team.
type Table struct {
	statistic *statistic.Statistic
	site      string
	from, to  statistic.Day
	policy    Policy
	rows      []Row
	states    map[statistic.Day]State
	cut       []statistic.Day // weeks that the range cuts
	rounded   bool
	imported  bool
}

// OfSealed returns the table of the sealed periods in [from, to]. A week that does not lie in
// the range as a whole is left out.
func (p Policy) OfSealed(st *statistic.Statistic, site string, from, to statistic.Day, sealed []Sealed) Table {
	t := Table{statistic: st, site: site, from: from, to: to, policy: p, states: map[statistic.Day]State{}}
	for _, period := range t.Periods() {
		if period < from || st.Grain.End(period) > to {
			t.states[period] = Cut
			t.cut = append(t.cut, period)
		}
	}
	for _, s := range sealed {
		if s.Grain == "" {
			s.Grain = statistic.Daily
		}
		if s.Period < from || s.Grain.End(s.Period) > to {
			continue
		}
		t.imported = t.imported || s.Imported
		if s.Forgotten { // whether it was shown or below k is gone too
			t.note(s, Forgotten)
			continue
		}
		state := Below
		for _, c := range s.Cells {
			if row, ok := p.row(st, s, c); ok {
				state = Shown
				t.rows = append(t.rows, row)
			}
		}
		t.note(s, state)
	}
	slices.SortStableFunc(t.rows, byBucket)
	return t
}

// note notes what is known of a sealed period, in all periods of the table that it lies in or
// that lie in it. Where a grain was changed there may be several: what is shown goes first.
func (t *Table) note(s Sealed, state State) {
	for period := t.statistic.Grain.Period(s.Period); period <= s.Grain.End(s.Period); period = t.statistic.Grain.End(period) + 1 {
		if t.states[period] != Shown {
			t.states[period] = state
		}
	}
}

// Periods returns the first days of the periods of which some day is in the range.
func (t Table) Periods() (list []statistic.Day) {
	grain := t.statistic.Grain
	for day := grain.Period(t.from); day <= t.to; day = grain.End(day) + 1 {
		list = append(list, day)
	}
	return list
}

// LeftOut returns the first days of the weeks that the range cuts.
func (t Table) LeftOut() []statistic.Day { return slices.Clone(t.cut) }

// OfToday returns the table of a day that is not over, from its open cells; of a statistic by
// the week it is empty, since nothing of a week is shown before its seal:
// visitor-days alone, rounded down to a multiple of k, rows below k left out.
// Statistics without label and environment (hits and views by hour) show their
// views as they are, and their visitor-days rounded down.
func (p Policy) OfToday(st *statistic.Statistic, site string, day statistic.Day, open iter.Seq2[[]string, statistic.Counts]) Table {
	t := Table{
		statistic: st, site: site, from: day, to: day, policy: p, rounded: true,
		states: map[statistic.Day]State{day: Unsealed},
	}
	if p.K < 3 || st.Grain != statistic.Daily {
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
func (p Policy) row(st *statistic.Statistic, of Sealed, c Folded) (Row, bool) {
	hidden := st.Blurs(c.Keys) || c.Merged > 0 && st.Overlaps() && !st.Crossed()
	if p.K < 3 || !hidden && c.Counts[statistic.Visitors] < p.K {
		return Row{}, false
	}
	row := Row{Day: of.Period, Merged: c.Merged}
	if of.Grain != st.Grain {
		row.span = map[statistic.Grain]string{statistic.Daily: "/P1D", statistic.Weekly: "/P7D"}[of.Grain]
	}
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
		cmp.Compare(a.span, b.span),
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
