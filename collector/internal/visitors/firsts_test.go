package visitors_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"oboro/collector/hit"
	"oboro/collector/internal/visitors"
)

// wide is a plan of as many sets as there may be, with caps of every width: what
// the sets know of a visitor takes three words.
func wide() hit.Plan {
	plan := capped
	plan.Sets = nil
	for _, by := range []hit.Dimensions{
		0, hit.Of(hit.ByHour), hit.Of(hit.ByPage), hit.Of(hit.BySource), hit.Of(hit.ByHour, hit.ByPage), hit.Of(hit.ByCampaignSource), hit.Of(hit.ByPage, hit.ByNext), hit.Of(hit.ByChannel),
	} {
		for i, reach := range []uint8{0, 1, 7, 255} {
			set := hit.Set{Of: []hit.Kind{hit.View, hit.NotFound}[i%2], By: by, Cap: reach}
			if by.Has(hit.ByNext) {
				set.Of = hit.View
			}
			plan.Sets = append(plan.Sets, set)
		}
	}
	return plan
}

// TestWidePlanAgreesWithReference is TestAddAgreesWithReference for a plan whose sets
// do not fit a slot. Seen to fail when all words of a visitor are the first, when the
// words of one visitor are the next one's too, when fields overlap by a bit, when a
// cap of 0 lets one through, and when two of the sets share their members.
func TestWidePlanAgreesWithReference(t *testing.T) {
	plan := wide()
	if len(plan.Sets) != visitors.MostSets {
		t.Fatalf("the plan has %d sets, want %d", len(plan.Sets), visitors.MostSets)
	}
	for seed := range uint64(12) {
		a := newAdversary(t, seed, 12, 2, 5)
		table, slow := newTable(t, plan), &reference{plan: plan}
		for n := range 300 {
			s := a.next(a.random.IntN(9), 4)
			agree(t, fmt.Sprintf("seed %d, sighting %d", seed, n), table, slow, s)
		}
	}
}

// TestMembersAreApart takes a member to pieces again, at the ends of every part and
// between: what can be taken to pieces is of no two. Seen to fail when any of the
// parts has a bit less room, and when visitor 0 is not set apart from none.
func TestMembersAreApart(t *testing.T) {
	random := rand.New(rand.NewPCG(2, 2))
	ends := func(most uint64) uint64 {
		return []uint64{0, 1, most - 1, most, random.Uint64N(most + 1)}[random.IntN(5)]
	}
	for range 200_000 {
		visitor, set := ends(visitors.MostVisitors-1), ends(visitors.MostSets-1)
		hour, page := ends(23), ends(visitors.MostOfLabels)
		m := visitors.Member(uint32(visitor), uint8(set), hit.Hour(hour), uint32(page))
		if m == 0 || m>>40 != visitor+1 || m>>35&31 != set || m>>30&31 != hour || m&(1<<30-1) != page {
			t.Fatalf("visitor %d, set %d, hour %d, label %d are the member %#x", visitor, set, hour, page, m)
		}
	}
}

// TestChannelsFitTheirSet: each channel has a bit of its own. Seen to fail with room for 8.
func TestChannelsFitTheirSet(t *testing.T) {
	if n := len(hit.ChannelCodes()); n > visitors.MostChannels {
		t.Errorf("there are %d channels, and bits for %d", n, visitors.MostChannels)
	}
}

// TestTimesOfOtherCenturies: a clock that is far off makes visits, and no fault.
// Seen to fail when times are cut to 32 bits instead of held at the end.
func TestTimesOfOtherCenturies(t *testing.T) {
	table := newTable(t, whole)
	const begins = hit.Begins | hit.Capped
	for i, tt := range []struct {
		at   int64
		want hit.Moves
	}{
		{-1 << 62, begins}, {-1 << 61, hit.Follows | hit.Second}, {int64(day) * 86400, begins}, {1 << 61, begins}, {1 << 62, hit.Follows | hit.Second}, {0, hit.Follows},
	} {
		if h, _ := add(table, &visitors.Sighting{At: tt.at, Page: page(t, "/a")}); h.Moves != tt.want {
			t.Errorf("sighting %d moves %04b, want %04b", i, h.Moves, tt.want)
		}
	}
}
