package tally_test

import (
	"slices"
	"testing"

	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
	"oboro/aggregator/tally"
	"oboro/collector/hit"
)

// TestDaysMet spells out when a day counts as one on which 3 visitor-days stood in a cell:
// over all cuts of the day together; and where a label is admitted, by what it has and by
// what is left under (unlisted). Seen to fail when each cut begins anew, when (unlisted)
// keeps the day that a label has taken with it, and when a label is admitted without it.
func TestDaysMet(t *testing.T) {
	c := weekly(t)
	pages, _ := c.Find("pages")
	counted := tally.New(c, sites, day)
	sums := count{}
	step := func(path string, listed bool, wantPage, wantRest int64) {
		t.Helper()
		h := hit.Hit{Day: day, Page: page(t, path), Seen: 1 << pages.Set()}
		if listed {
			h.Listed = hit.Of(hit.ByPage)
		}
		counted.Take(h)
		batches := slices.DeleteFunc(counted.Cut(), func(b store.Batch) bool { return b.Statistic != "pages" })
		sums.add(batches)
		got := [2]int64{sums[place{"pages", "alpha", "[" + path + "]"}][statistic.Met], sums[place{"pages", "alpha", "[(unlisted)]"}][statistic.Met]}
		if got != [2]int64{wantPage, wantRest} {
			t.Errorf("%s met on %d days, and (unlisted) on %d, want %d and %d", path, got[0], got[1], wantPage, wantRest)
		}
	}
	step("/a", true, 0, 0)
	step("/a", true, 0, 0)
	step("/a", true, 1, 0)
	step("/a", true, 1, 0)
	step("/b", false, 0, 0)
	step("/b", false, 0, 0)
	step("/b", false, 0, 1) // which nobody may know of yet
	step("/c", false, 0, 1)
	step("/b", true, 1, 0) // one visitor-day of /c is left
	step("/c", false, 0, 0)
	step("/d", false, 0, 1)
}
