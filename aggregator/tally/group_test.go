package tally_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"oboro/aggregator/statistic"
	"oboro/aggregator/tally"
	"oboro/collector/hit"
)

// TestManyEnvironmentsAreAllCounted counts hits of more environments than are summed at
// once, each on many sites: each version stands as often as it was sent. Seen to fail when
// sums are forgotten without being spread, when the slots are not cleared with them, and
// when a sum looks at its site alone or at its environment alone.
func TestManyEnvironmentsAreAllCounted(t *testing.T) {
	var many []string
	for i := range 500 {
		many = append(many, fmt.Sprint("site-", i))
	}
	counted := tally.New(catalogue(t), many, day)
	want := count{}
	for n := range 60_000 {
		h := hit.Hit{Day: day, Site: hit.Site(n % len(many)), Moves: hit.Begins | hit.Capped, Seen: uint32(n % 3)}
		h.Env = hit.Pack(hit.Environment{Browser: hit.Chrome, Version: uint16(1 + n/len(many)%60)})
		counted.Take(h)
		for at, measures := range map[place][]statistic.Measure{
			{"versions", many[h.Site], fmt.Sprintf("[chrome %d]", h.Env.Unpack().Version)}: {statistic.Views, statistic.Exits},
			{"days", many[h.Site], "[]"}: {statistic.Views, statistic.Visits, statistic.Capped},
		} {
			sum := want[at]
			sum[statistic.Visitors] += int64(h.Seen & 1)
			for _, m := range measures {
				sum[m]++
			}
			want[at] = sum
		}
	}
	got := count{}
	got.add(counted.Cut())
	maps.DeleteFunc(got, func(at place, _ statistic.Counts) bool { return at.statistic != "versions" && at.statistic != "days" })
	compare(t, "after many environments", got, want)
}

// TestOtherFirstTimesAreCountedApart: a statistic by the environment whose first times
// are another set of the plan is in no group with the others. Seen to fail when groups
// do not look at the set.
func TestOtherFirstTimesAreCountedApart(t *testing.T) {
	apart := strings.Replace(added, "dimensions: [version]", "dimensions: [version]\n  reach: 2", 1)
	all, err := statistic.Built([]string{"traffic", "not-found"}, []byte(apart))
	if err != nil {
		t.Fatal(err)
	}
	c := newCrowd(t, 3)
	counted := tally.New(all, sites, day)
	var stream []told
	for range 200 {
		h := c.next(c.random.IntN(12))
		stream = append(stream, h)
		counted.Take(h.Hit)
	}
	got := count{}
	got.add(counted.Cut())
	compare(t, "with first times of their own", got, reference(all, stream))
}

// A replay settles without asking for the changes. Seen to fail when what is summed, but
// not spread yet, outlives that.
func TestSettleTakesWhatNobodyAskedFor(t *testing.T) {
	counted := tally.New(catalogue(t), sites, day)
	c := newCrowd(t, 2)
	for range 50 {
		counted.Take(c.next(c.random.IntN(9)).Hit)
	}
	counted.Settle()
	if left := counted.Changes(); len(left) != 0 {
		t.Errorf("after Settle there are changes of %d statistics, want none", len(left))
	}
}
