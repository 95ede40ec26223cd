package tally_test

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
	"oboro/aggregator/tally"
	"oboro/collector/hit"
)

// TestCutsAgreeWithReference cuts at random moments of random streams: each time
// the sum of all cuts so far must be the slow count of the hits so far, with the
// labels listed so far. So a label that is not listed stands in no cut, one that is
// has its whole history, (unlisted) has the rest, and no counter is negative. Seen
// to fail when a pending label is written out, when admission moves nothing, or
// leaves (unlisted) as it was, or moves twice; when the exit or the single view is
// not taken back, or is taken back from the page or the hour of the hit itself; when pages not
// found share the labels of pages shown; when sites share labels; when the cap on
// visits is not looked at; and when measures that nothing declares are counted. Of
// engagement when it counts as a hit, when it has labels of its own, and when admission
// moves a table twice that measures it; of next pages when a pair is its second page,
// when views that do not go onward count, and when a pair without a name gets one. Of the
// meter of hits when it counts for the site before. Of
// days met when each cut begins anew, when 4 visitor-days are asked for, and when those of daily
// statistics are counted; of arrivals when they are the
// first times of the statistic's own set; of capped views when each view is one. Of
// campaigns when visits without a tag count, when one tag is counted as another's place, and when
// two tags have one code; of channels when their exit is that of another channel.
func TestCutsAgreeWithReference(t *testing.T) {
	for seed := range uint64(15) {
		all := catalogue(t)
		if seed%3 == 1 {
			all = weekly(t)
		}
		c := newCrowd(t, seed)
		counted := tally.New(all, sites, day)
		got := count{}
		var stream []told
		for n := range 400 {
			h := c.next(c.random.IntN(12))
			stream = append(stream, h)
			counted.Take(h.Hit)
			if c.random.IntN(60) > 0 && n < 399 {
				continue
			}
			got.add(counted.Cut())
			compare(t, fmt.Sprintf("seed %d after %d hits", seed, n+1), got, reference(all, stream))
		}
		if len(got) == 0 {
			t.Fatalf("seed %d: nothing was counted", seed)
		}
	}
}

func compare(t *testing.T, when string, got, want count) {
	t.Helper()
	places := maps.Clone(want)
	maps.Copy(places, got)
	for at := range places {
		if got[at] != want[at] {
			t.Errorf("%s: %s of %s by %s is %v, want %v", when, at.statistic, at.site, at.key, got[at], want[at])
		}
		for m, n := range got[at] {
			if n < 0 {
				t.Errorf("%s: %s of %s by %s has %d %s", when, at.statistic, at.site, at.key, n, statistic.Measure(m))
			}
		}
	}
	if t.Failed() {
		t.FailNow()
	}
}

// TestOnlyDeclaredMeasuresAreCounted says it of one hit. Seen to fail when counted
// keeps all measures.
func TestOnlyDeclaredMeasuresAreCounted(t *testing.T) {
	c := catalogue(t)
	counted := tally.New(c, sites, day)
	tag, _ := hit.ParseTag("kouhou")
	counted.Take(hit.Hit{Day: day, Moves: hit.Begins | hit.Capped, Page: page(t, "/a"), Tags: hit.Tags{Source: tag, Medium: tag, Campaign: tag}, Listed: hit.Of(hit.ByPage, hit.BySource, hit.ByNetwork), Seen: ^uint32(0), Reach: ^uint32(0)})
	counted.Take(hit.Hit{Day: day, Kind: hit.Engaged, Seconds: 9, Page: page(t, "/a"), Listed: hit.Of(hit.ByPage, hit.BySource, hit.ByNetwork)})
	batches := counted.Cut()
	if len(batches) != len(c.All())-2 { // all but lost-pages, lost-ways and next-pages, and the meters
		t.Fatalf("a view makes %d batches, want %d", len(batches), len(c.All())-2)
	}
	for _, b := range batches[:len(batches)-1] {
		st, _ := c.Find(b.Statistic)
		for m, n := range b.Cells[0].Counts {
			if n != 0 && !measured(st, statistic.Measure(m)) {
				t.Errorf("%s counts %s, which it does not declare", b.Statistic, statistic.Measure(m))
			}
			if n == 0 && st.Has(statistic.Measure(m)) {
				t.Errorf("%s does not count %s, which it declares", b.Statistic, statistic.Measure(m))
			}
		}
	}
}

// Seen to fail when Take does not look at the day, and panics when it does not look
// at the site.
func TestHitsOfOtherDaysAndSitesAreNotCounted(t *testing.T) {
	counted := tally.New(catalogue(t), sites, day)
	counted.Take(hit.Hit{Day: day + 1, Seen: 1, Moves: hit.Begins})
	counted.Take(hit.Hit{Day: day - 1, Seen: 1, Moves: hit.Begins})
	counted.Take(hit.Hit{Day: day, Site: 2, Seen: 1, Moves: hit.Begins})
	if cut := counted.Cut(); len(cut) != 0 {
		t.Errorf("hits of other days and sites make %d batches, want none", len(cut))
	}
}

// TestCutTellsNothingOfOrder holds that the same hits in another order make the
// same batches. Seen to fail when cells are not sorted.
func TestCutTellsNothingOfOrder(t *testing.T) {
	c := newCrowd(t, 5)
	var stream []told
	for range 300 {
		stream = append(stream, c.next(c.random.IntN(9)))
	}
	cut := func() []store.Batch {
		counted := tally.New(catalogue(t), sites, day)
		for i, h := range stream {
			counted.Take(h.Hit)
			counted.Meter(i%3-1, fmt.Sprint("reason-", i%5))
		}
		return counted.Cut()
	}
	first := cut()
	slices.Reverse(stream)
	if second := cut(); !reflect.DeepEqual(first, second) {
		t.Error("the same hits in another order make other batches")
	}
	var order []string
	for _, b := range first {
		order = append(order, b.Statistic)
		if b.Period != day {
			t.Errorf("the batch of %s is of the period %s, want %s", b.Statistic, b.Period, day)
		}
	}
	if want := "days pages channels sources campaigns campaign-sources campaign-mediums countries network-classes networks browsers systems devices languages viewports inputs motion contrast colours themes lost-pages versions regions hours lost-ways next-pages page-devices channel-inputs viewport-languages network-themes meters"; strings.Join(order, " ") != want {
		t.Errorf("the batches stand in the order %q, want %q", order, want)
	}
}

// Seen to fail when meters are not cleared by a cut, and when the meter of an
// unknown site counts for the first one.
func TestMeters(t *testing.T) {
	counted := tally.New(catalogue(t), sites, day)
	for site, n := range map[int]int{-1: 2, 0: 3, 1: 5} {
		for range n {
			counted.Meter(site, "bot")
		}
	}
	counted.Meter(0, "objection")
	got := count{}
	got.add(counted.Cut())
	want := count{}
	for at, n := range map[place]int64{
		{store.Meters, "", "[bot]"}: 2, {store.Meters, "alpha", "[bot]"}: 3, {store.Meters, "beta", "[bot]"}: 5, {store.Meters, "alpha", "[objection]"}: 1,
	} {
		var c statistic.Counts
		c[statistic.Hits] = n
		want[at] = c
	}
	compare(t, "after eleven meters", got, want)
	if cut := counted.Cut(); len(cut) != 0 {
		t.Errorf("a second cut has %d batches, want none", len(cut))
	}
}

// Seen to fail when Changes clears, when Settle leaves the meters, and when Settle
// forgets what pending labels have.
func TestChangesAndSettleMakeACut(t *testing.T) {
	c := newCrowd(t, 6)
	all := catalogue(t)
	cut, settled := tally.New(all, sites, day), tally.New(all, sites, day)
	for range 5 {
		for range 80 {
			h := c.next(c.random.IntN(9))
			for _, counted := range []*tally.Tally{cut, settled} {
				counted.Take(h.Hit)
				counted.Meter(0, "bot")
			}
		}
		first, again := settled.Changes(), settled.Changes()
		settled.Settle()
		if want := cut.Cut(); !reflect.DeepEqual(first, want) || !reflect.DeepEqual(again, want) {
			t.Fatal("Changes, asked twice, is not what Cut returns")
		}
		if left := settled.Changes(); len(left) != 0 {
			t.Fatalf("after Settle there are changes of %d statistics", len(left))
		}
	}
}

// TestCellsAreTheChangesOfASite. Seen to fail when Cells has cells or meters of another
// site, when it does not spread what is summed, and when meters stand as they came.
func TestCellsAreTheChangesOfASite(t *testing.T) {
	counted := tally.New(catalogue(t), sites, day)
	c := newCrowd(t, 8)
	for i := range 200 {
		counted.Take(c.next(c.random.IntN(9)).Hit)
		counted.Meter(i%3-1, fmt.Sprint("reason-", 9-i%7))
	}
	for _, site := range sites {
		got, want := counted.Cells(site), map[string][]store.Cell{}
		for _, b := range counted.Changes() {
			for _, cell := range b.Cells {
				if cell.Site == site {
					want[b.Statistic] = append(want[b.Statistic], cell)
				}
			}
		}
		for id, cells := range got {
			if id != store.Meters {
				slices.SortFunc(cells, func(a, b store.Cell) int { return slices.Compare(a.Keys, b.Keys) })
			}
			if len(cells)+len(want[id]) > 0 && !reflect.DeepEqual(cells, want[id]) {
				t.Errorf("%s has the cells %v of %s, want %v", id, cells, site, want[id])
			}
		}
		if len(got) < len(want) || len(want) < 10 {
			t.Errorf("%s has cells of %d statistics, want %d", site, len(got), len(want))
		}
	}
}

// TestConcurrentHitsAndCuts counts from many goroutines while another cuts. Seen to
// fail under -race, each, when Take, Meter or Cut does not lock, and without it when Cut
// gives the lock free between reading and clearing.
func TestConcurrentHitsAndCuts(t *testing.T) {
	all := catalogue(t)
	counted := tally.New(all, sites, day)
	var takers sync.WaitGroup
	streams := make([][]told, 6)
	for visitor := range streams {
		c := newCrowd(t, uint64(visitor))
		for range 200 {
			h := c.next(visitor)
			h.visit += 1000 * visitor // visits of different crowds are different
			streams[visitor] = append(streams[visitor], h)
		}
		takers.Go(func() {
			for _, h := range streams[visitor] {
				counted.Take(h.Hit)
				counted.Meter(0, "bot")
			}
		})
	}
	done := make(chan struct{})
	got := count{}
	go func() {
		defer close(done)
		for range 50 {
			got.add(counted.Cut())
		}
	}()
	takers.Wait()
	<-done
	got.add(counted.Cut())
	want := reference(all, slices.Concat(streams...))
	var meters statistic.Counts
	meters[statistic.Hits] = 6 * 200
	want[place{store.Meters, "alpha", "[bot]"}] = meters
	compare(t, "after six goroutines", got, want)
}
