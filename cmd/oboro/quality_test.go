package main

import (
	"math/big"
	"slices"
	"testing"

	"oboro/aggregator"
	"oboro/dashboards/team"
)

// What was spent is never told as less. Seen to fail when the rest was dropped.
func TestMillionthsAreRoundedUp(t *testing.T) {
	tests := []struct {
		name string
		rho  *big.Rat
		want team.Rho
	}{
		{"nothing", new(big.Rat), 0},
		{"a whole number of them", big.NewRat(3, 100), 30_000},
		{"a rest", big.NewRat(1, 3), 333_334},
		{"less than one", big.NewRat(1, 1_000_000_000), 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := millionths(tt.rho); got != tt.want {
				t.Errorf("millionths(%v) = %d, want %d", tt.rho, int64(got), int64(tt.want))
			}
		})
	}
}

// The page and the aggregator have the same words for what became of a day.
func TestDayStatesAreThePages(t *testing.T) {
	for from, to := range map[aggregator.DayState]team.DayState{
		aggregator.DaySealed: team.Sealed, aggregator.DayBelow: team.Below, aggregator.DayForgotten: team.Forgotten,
		aggregator.DayOpen: team.Open, aggregator.DayWaiting: team.Waiting, aggregator.DayUnmeasured: team.Unmeasured,
		aggregator.DayLost: team.Lost, aggregator.DayAhead: team.Ahead,
	} {
		if got := qualityDay(aggregator.DayQuality{State: from, Rho: new(big.Rat)}).State; got != to {
			t.Errorf("the aggregator's %q is the page's %q, want %q", from, got, to)
		}
	}
}

// What is off is named by its title, once, also where nobody switched it off: of campaigns that no
// site declares, and of networks that nothing tells. Seen to fail when ids stood for titles, and when
// the option alone was looked at.
func TestSwitchedOffAreNamed(t *testing.T) {
	c := defaults()
	c.Statistics.Off = []string{"networks-of-tomorrow", "countries", "networks"}
	c.Sites = []siteConfig{{Campaigns: campaignsConfig{Names: []string{"spring"}}}}
	want := []string{"Campaign media", "Campaign sources", "Countries and regions", "Kinds of networks", "Networks", "networks-of-tomorrow"}
	var got []string
	for _, off := range c.switchedOff() {
		got = append(got, off.Title.EN)
	}
	if !slices.Equal(got, want) {
		t.Errorf("off are named %q, want %q", got, want)
	}
}
