package release_test

import (
	"testing"

	"oboro/aggregator/release"
	"oboro/aggregator/statistic"
)

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
