package release_test

import (
	"slices"
	"testing"

	"oboro/aggregator/release"
	"oboro/aggregator/statistic"
)

// TestWeeks holds what a table of weeks shows: those that lie in the range, and what it leaves
// out; a day from before its grain was changed says so in its bucket; and of an open week there
// is nothing. Seen to fail when a week that the range cuts is shown, when one is not told of, when
// a day reads as the week that begins with it, and when open cells of a week are shown.
func TestWeeks(t *testing.T) {
	catalogue, err := statistic.Built(nil)
	if err != nil {
		t.Fatal(err)
	}
	st, _ := catalogue.Find("not-found")
	const monday statistic.Day = 20773
	cell := release.Folded{Keys: []string{"/"}}
	cell.Counts[statistic.Visitors], cell.Counts[statistic.Met] = 10, 3
	of := func(day statistic.Day, grain statistic.Grain) release.Sealed {
		return release.Sealed{Period: day, Grain: grain, Cells: []release.Folded{cell}}
	}
	sealed := []release.Sealed{
		of(monday-7, statistic.Weekly), of(monday, statistic.Daily), of(monday, statistic.Weekly), of(monday+7, statistic.Weekly),
		{Period: monday + 14, Grain: statistic.Weekly}, of(monday+21, statistic.Weekly),
	}
	table := release.Policy{K: 10}.OfSealed(st, "demo", monday-1, monday+26, sealed)
	var buckets []string
	for _, r := range table.Rows() {
		buckets = append(buckets, r.Bucket())
		if _, shown := r.Count(statistic.Met); shown {
			t.Error("the days met are shown")
		}
	}
	if want := []string{"2026-11-16", "2026-11-16/P1D", "2026-11-23"}; !slices.Equal(buckets, want) {
		t.Errorf("the buckets are %q, want %q", buckets, want)
	}
	if left := table.LeftOut(); !slices.Equal(left, []statistic.Day{monday - 7, monday + 21}) {
		t.Errorf("left out are %v, want the first and the last week", left)
	}
	for i, want := range []release.State{release.Cut, release.Shown, release.Shown, release.Below, release.Cut} {
		if got := table.State(monday + statistic.Day(7*i-7)); got != want {
			t.Errorf("State of week %d = %s, want %s", i, got, want)
		}
	}
	open := func(yield func([]string, statistic.Counts) bool) { yield(cell.Keys, cell.Counts) }
	if rows := (release.Policy{K: 10}).OfToday(st, "demo", monday, open).Rows(); len(rows) > 0 {
		t.Errorf("of an open week %v is shown", rows)
	}
}

// TestStates holds what a table says of its periods. Seen to fail when a forgotten
// period is below k, and when its cells are shown all the same.
func TestStates(t *testing.T) {
	catalogue, err := statistic.Built(nil)
	if err != nil {
		t.Fatal(err)
	}
	st, _ := catalogue.Find("pages")
	cell := release.Folded{Keys: []string{"/"}}
	cell.Counts[statistic.Visitors] = 10
	const day statistic.Day = 20773
	table := release.Policy{K: 10}.OfSealed(st, "demo", day, day+3, []release.Sealed{
		{Period: day, Cells: []release.Folded{cell}},
		{Period: day + 1},
		{Period: day + 2, Forgotten: true, Cells: []release.Folded{cell}},
	})
	for i, want := range []release.State{release.Shown, release.Below, release.Forgotten, release.Unsealed} {
		if got := table.State(day + statistic.Day(i)); got != want {
			t.Errorf("State of day %d = %s, want %s", i, got, want)
		}
	}
	if rows := table.Rows(); len(rows) != 1 || rows[0].Day != day {
		t.Errorf("Rows() = %v, want that of the first day alone", rows)
	}
}
