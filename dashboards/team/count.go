package team

import (
	"slices"

	"oboro/aggregator/release"
	"oboro/aggregator/statistic"
	"oboro/dashboards/i18n"
)

// leading returns the measure that a statistic's chart shows. Where one
// visitor-day may be in several cells, visitors cannot be shared out among them.
func leading(t release.Table) statistic.Measure {
	st := t.Statistic()
	hourly := slices.Contains(st.Dimensions, statistic.ByHour)
	switch {
	case t.Rounded() && hourly && len(st.Dimensions) == 1:
		return statistic.Views
	case t.Rounded() || !st.Overlaps():
		return statistic.Visitors
	case slices.ContainsFunc(st.Dimensions, ofVisit) && st.Has(statistic.Visits):
		return statistic.Visits
	}
	for _, m := range []statistic.Measure{statistic.Views, statistic.Hits, statistic.Visits} {
		if st.Has(m) {
			return m
		}
	}
	return statistic.Visitors
}

// ofVisit reports whether a visit has one value of the dimension.
func ofVisit(d statistic.Dimension) bool {
	switch d {
	case statistic.BySource, statistic.ByChannel, statistic.ByCampaign, statistic.ByCampaignSource, statistic.ByCampaignMedium:
		return true
	}
	return false
}

// adds reports whether the counts of m in different cells of a day add up to
// something: a visitor-day in two cells would be counted twice.
func adds(st *statistic.Statistic, m statistic.Measure) bool {
	return m != statistic.Visitors || !st.Overlaps()
}

// total adds the counts of m that may be shown.
func total(rows []release.Row, m statistic.Measure) int64 {
	var sum int64
	for _, r := range rows {
		if n, shown := r.Count(m); shown {
			sum += n
		}
	}
	return sum
}

// weekly reports whether the periods of a table are weeks.
func weekly(t release.Table) bool { return t.Statistic().Grain == statistic.Weekly }

// A tally counts the periods of a table by what is known of them.
type tally struct {
	shown, below, unsealed, forgotten int
	cut                               int // weeks that are left out
	weekly                            bool
}

func tallyOf(t release.Table) tally {
	n := tally{weekly: weekly(t), cut: len(t.LeftOut())}
	for _, period := range t.Periods() {
		switch t.State(period) {
		case release.Cut:
		case release.Shown:
			n.shown++
		case release.Below:
			n.below++
		case release.Forgotten:
			n.forgotten++
		default:
			n.unsealed++
		}
	}
	return n
}

// whole reports whether every period is shown, so that its sum is the whole.
func (n tally) whole() bool {
	return n.shown > 0 && n.below+n.unsealed+n.forgotten+n.cut == 0
}

// measured reports whether anything is.
func (n tally) measured() bool { return n.shown+n.below > 0 }

// say returns the tally in words.
func (n tally) say(t *i18n.Texts, k int64) string {
	if n.weekly {
		return t.Say(i18n.TallyOfWeeks, n.shown, k, n.below, n.unsealed, n.forgotten)
	}
	text := t.Say(i18n.TallyOfPeriods, n.shown, k, n.below, n.unsealed)
	if n.forgotten > 0 {
		text += t.Say(i18n.TallyForgotten, n.forgotten)
	}
	return text
}

// percent returns part of whole in words.
func percent(t *i18n.Texts, part, whole int64) string {
	if whole <= 0 || part <= 0 {
		return "0%"
	}
	rounded := (part*200 + whole) / (2 * whole)
	if rounded == 0 {
		return t.Say(i18n.UnderOnePercent)
	}
	return t.Number(rounded) + "%"
}

// change says in words how now compares with before.
func change(t *i18n.Texts, now, before int64) string {
	switch {
	case before <= 0 && now <= 0:
		return t.Say(i18n.ChangeNone)
	case before <= 0:
		return t.Say(i18n.ChangeFromNothing)
	}
	difference := now - before
	size := max(difference, -difference)
	rounded := (size*200 + before) / (2 * before)
	switch {
	case rounded == 0:
		return t.Say(i18n.ChangeNone)
	case difference > 0:
		return t.Say(i18n.ChangeUp, rounded)
	}
	return t.Say(i18n.ChangeDown, rounded)
}

// rank orders rows for a chart: by m, then what no label names, then what is
// merged, which is never ranked.
func rank(rows []release.Row, m statistic.Measure) []release.Row {
	rows = slices.Clone(rows)
	slices.SortStableFunc(rows, func(a, b release.Row) int {
		if d := place(a) - place(b); d != 0 {
			return d
		}
		x, _ := a.Count(m)
		y, _ := b.Count(m)
		switch {
		case x > y:
			return -1
		case x < y:
			return 1
		}
		return 0
	})
	return rows
}

func place(r release.Row) int {
	switch {
	case folded(r) && !slices.ContainsFunc(r.Keys, func(key string) bool { return key != statistic.Other }):
		return 3
	case folded(r):
		return 2
	case slices.Contains(r.Keys, statistic.Unlisted):
		return 1
	}
	return 0
}

// folded reports whether the row stands for merged cells.
func folded(r release.Row) bool {
	return r.Merged > 0 || r.Hour == statistic.Other || slices.ContainsFunc(r.Keys, statistic.IsOther)
}

// A listing says which rows are listed: at most most values, as many of what is merged of
// one value, and always what stands for all the rest.
type listing struct{ most, values, merged int }

func (l *listing) takes(r release.Row) bool {
	n := &l.values
	switch {
	case place(r) == 1 || place(r) == 3:
		return true
	case place(r) == 2:
		n = &l.merged
	}
	*n++
	return *n <= l.most
}
