package visitors_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"sync"
	"testing"

	"oboro/collector/hit"
	"oboro/collector/internal/visitors"
)

const day = hit.Day(20_000)

// builtin is a plan like that of the built-in catalogue.
var builtin = hit.Plan{
	Kinds:    [hit.Kinds]bool{true, true, true},
	Computes: 1<<9 - 1 | hit.OfAddress,
	Sets: []hit.Set{
		{Of: hit.View, Cap: 1},
		{Of: hit.View, By: hit.Of(hit.ByHour), Cap: 4},
		{Of: hit.View, By: hit.Of(hit.ByPage), Cap: 10},
		{Of: hit.View, By: hit.Of(hit.BySource), Cap: 4},
		{Of: hit.NotFound, By: hit.Of(hit.ByPage), Cap: 3},
		{Of: hit.NotFound, Cap: 1},
	},
	Visits: 4, PerHour: 2,
}

// whole is that with next pages, channels and campaigns as well. Of its visits any number
// counts under one label of an hour.
var whole = func() hit.Plan {
	plan := builtin
	plan.PerHour = 0
	plan.Computes |= hit.Of(hit.ByNext, hit.ByChannel) | hit.OfTags
	plan.Sets = append(slices.Clip(plan.Sets), hit.Set{Of: hit.View, By: hit.Of(hit.ByPage, hit.ByNext), Cap: 3},
		hit.Set{Of: hit.View, By: hit.Of(hit.ByChannel), Cap: 2}, hit.Set{Of: hit.View, By: hit.Of(hit.ByCampaign), Cap: 2},
		hit.Set{Of: hit.View, By: hit.Of(hit.ByCampaignSource), Cap: 4}, hit.Set{Of: hit.NotFound, By: hit.Of(hit.ByCampaignMedium), Cap: 3})
	return plan
}()

// capped is the whole one with all that is counted for publication alone.
var capped = func() hit.Plan {
	plan := whole
	plan.PerHour, plan.Pages, plan.Views = 2, 5, 3
	return plan
}()

// narrow lacks sources, channels, campaigns, next pages and the sets of hits not found.
var narrow = hit.Plan{
	Kinds:    [hit.Kinds]bool{true, true, true},
	Computes: hit.Of(hit.ByPage),
	Sets:     []hit.Set{{Of: hit.View, Cap: 1}, {Of: hit.View, By: hit.Of(hit.ByPage), Cap: 2}},
	Visits:   1,
}

// An adversary makes sightings that lie on every edge of the rules.
type adversary struct {
	random   *rand.Rand
	pages    []hit.Page
	hosts    []hit.Host
	tags     []hit.Tag // the first is none
	declared int       // of pages, the first
	clocks   map[int]int64
	last     map[int]visitors.Sighting // of each visitor
}

func newAdversary(t *testing.T, seed uint64, pages, declared, hosts int) *adversary {
	t.Helper()
	a := &adversary{random: rand.New(rand.NewPCG(seed, 1)), declared: declared, clocks: map[int]int64{}, last: map[int]visitors.Sighting{}}
	for i := range pages {
		a.pages = append(a.pages, page(t, fmt.Sprintf("/%d", i)))
	}
	a.hosts = append(a.hosts, hit.Host{})
	for i := range hosts {
		a.hosts = append(a.hosts, host(t, fmt.Sprintf("h%d.example", i)))
	}
	for _, name := range []string{"", "kouhou", "spring*", "other", "広報誌", "qr"} {
		tag, _ := hit.ParseTag(name)
		a.tags = append(a.tags, tag)
	}
	return a
}

// gaps are pauses between two sightings of one visitor: exactly 30 minutes, one
// second more and less, clocks set back by little and by much, and bursts.
var gaps = []int64{0, 0, 1, 1, 5, 60, 60, 600, 1799, 1800, 1800, 1801, 1801, 1860, 3600, 7000, -1, -60, -1800, -1801, -3600}

// next returns a sighting of the visitor with that number, of one of networks. Some
// are the one before again, byte by byte; some go on within its second, as where a
// page of one address is left for another without a load: the time of the old page
// and the view of the new one, in this order or the other.
func (a *adversary) next(visitor, networks int) visitors.Sighting {
	s := a.another(visitor, networks)
	before, again := a.last[visitor]
	switch a.random.IntN(12) {
	case 0:
		if again {
			s = before
		}
	case 1:
		if again {
			s.At, s.Hour, s.Kind, s.Page, s.Declared = before.At, before.Hour, hit.Engaged, before.Page, before.Declared
		}
	case 2:
		if again {
			s.At, s.Hour, s.Kind = before.At, before.Hour, hit.View
		}
	}
	if s.Kind == hit.Engaged && s.Seconds == 0 {
		s.Seconds = []uint16{1, 2, 30, 1799, hit.MostSeconds}[a.random.IntN(5)]
	}
	a.last[visitor] = s
	return s
}

func (a *adversary) another(visitor, networks int) visitors.Sighting {
	site := hit.Site(visitor % 2)
	if a.clocks[visitor] == 0 {
		a.clocks[visitor] = int64(day)*86400 + a.random.Int64N(20*3600)
	}
	a.clocks[visitor] += gaps[a.random.IntN(len(gaps))]
	number := a.random.IntN(len(a.pages))
	s := visitors.Sighting{
		Visitor: mark(visitor), Network: mark(visitor % networks), Site: site,
		At: a.clocks[visitor], Hour: hourOf(a.clocks[visitor]),
		Page: a.pages[number], Declared: number < a.declared,
		Source: a.hosts[a.random.IntN(len(a.hosts))],
		Env:    hit.Pack(hit.Environment{Browser: hit.Browser(visitor % 3), Version: 100}),

		Channel: hit.Channel(visitor % len(hit.ChannelCodes())),
	}
	if a.random.IntN(2) == 0 {
		s.Channel = hit.Channel(a.random.IntN(len(hit.ChannelCodes())))
	}
	if a.random.IntN(2) == 0 { // one tag may stand at several places of a link
		s.Tags = hit.Tags{Source: a.tag(), Medium: a.tag(), Campaign: a.tag()}
	}
	switch a.random.IntN(8) {
	case 0, 1:
		s.Kind = hit.NotFound
	case 2, 3:
		s.Kind = hit.Engaged
	}
	if a.random.IntN(5) == 0 { // another browser at the same address and agent
		s.Env = hit.Pack(hit.Environment{Browser: hit.Browser(a.random.IntN(5)), Version: 101, Device: hit.Phone, System: hit.Android})
	}
	s.Domain = a.hosts[visitor%len(a.hosts)]
	if a.random.IntN(4) == 0 { // another table of networks
		s.Domain = a.hosts[a.random.IntN(len(a.hosts))]
	}
	return s
}

// tag returns a tag, or none.
func (a *adversary) tag() hit.Tag { return a.tags[a.random.IntN(len(a.tags))] }

// hourOf returns the hour of the wall clock on a day that is set back from 3 to 2.
func hourOf(at int64) hit.Hour {
	hour := (at - int64(day)*86400) / 3600
	if hour >= 3 {
		hour--
	}
	return hit.Hour(min(max(hour, 0), 23))
}

// TestAddAgreesWithReference compares every hit of adversarial streams with that
// of the slow reference. Seen to fail when a first view is never settled, or without its
// hour or tags, or once its visit is forgotten, or is that of a page not found; when a visit
// opens at 30 minutes already,
// when a clock set back moves the latest time, when the environment is that of the
// hit, when a source comes from any hit, when a hit not found counts as a view or
// does not keep a visit open, when the cap on visits is one more, when reach is not
// capped, when the hour is left out of a set, when Left is of the hit itself, and
// when sightings of one visitor are forgotten once more than 8 visitors are known. Of
// channels and tags when a visit has those of the visit before it, when a visit without a tag
// counts by tags, when a tag is taken from another place of the link, when a report of engagement
// has none, and when a plan that does not ask for them gets them. Of what counts for publication
// when a third visit does under one label of an hour, when one does under an earlier label, when an
// eleventh page (here a sixth) does, when a fourth view of a page does, when a first view is not
// enrolled, and when the places of views are those of hours.
func TestAddAgreesWithReference(t *testing.T) {
	for seed := range uint64(40) {
		plan := []hit.Plan{capped, whole, capped, narrow}[seed%4]
		a := newAdversary(t, seed, 3+int(seed), 2, 1+int(seed%7))
		table, slow := newTable(t, plan), &reference{plan: plan}
		crowd := 1 + int(seed%12)
		for n := range 250 {
			s := a.next(a.random.IntN(crowd), 4)
			agree(t, fmt.Sprintf("seed %d, sighting %d", seed, n), table, slow, s)
		}
	}
}

// agree gives a sighting to the table and to the reference, and compares. It returns
// the hit, and whether there is one.
func agree(t *testing.T, when string, table *visitors.Table, slow *reference, s visitors.Sighting) (hit.Hit, bool) {
	t.Helper()
	got, err := add(table, &s)
	want, counts := slow.add(s)
	if got != want || counts != (err == nil) || !counts && err != visitors.ErrNoView {
		t.Fatalf("%s: hit of %+v\n%+v, %v, want\n%+v, counted: %v", when, s, got, err, want, counts)
	}
	return got, counts
}

// TestAddAgreesOnLongDays is the same for visitors of 400 hits.
func TestAddAgreesOnLongDays(t *testing.T) {
	a := newAdversary(t, 99, 25, 10, 6)
	table, slow := newTable(t, whole), &reference{plan: whole}
	var reach, begun, capped int
	for n := range 1000 {
		s := a.next(min(a.random.IntN(6), 2), 3)
		got, _ := agree(t, fmt.Sprintf("sighting %d", n), table, slow, s)
		reach += int(got.Reach >> 2 & 1)
		if got.Moves&hit.Begins != 0 {
			begun++
		}
		if got.Moves&hit.Capped != 0 {
			capped++
		}
	}
	if reach != 3*10 || capped != 3*4 || begun <= capped {
		t.Errorf("three visitors of many pages and visits have a reach of %d and %d of %d visits capped, want 30 and 12", reach, capped, begun)
	}
}

// TestVisits spells the arithmetic of visits out, for the reader and against a
// mistake that table and reference share. Seen to fail with the faults of
// TestAddAgreesWithReference that concern visits.
func TestVisits(t *testing.T) {
	const begins, second, follows = hit.Begins | hit.Capped, hit.Follows | hit.Second, hit.Follows
	view, lost := hit.View, hit.NotFound
	for _, tt := range []struct {
		name  string
		at    []int64
		kinds []hit.Kind
		want  []hit.Moves
	}{
		{"views within a visit", []int64{0, 10, 20}, nil, []hit.Moves{begins, second, follows}},
		{"30 minutes are one visit", []int64{0, 1800, 3600}, nil, []hit.Moves{begins, second, follows}},
		{"30 minutes and a second are two", []int64{0, 1801, 3602}, nil, []hit.Moves{begins, begins, begins}},
		{"a fifth visit is not capped", []int64{0, 4000, 8000, 12000, 16000, 20000}, nil, []hit.Moves{begins, begins, begins, begins, hit.Begins, hit.Begins}},
		{"a clock set back opens no visit", []int64{5000, 100, 5000, 6800}, nil, []hit.Moves{begins, second, follows, follows}},
		{"a clock set back moves no end", []int64{5000, 100, 6801}, nil, []hit.Moves{begins, second, begins}},
		{"a page not found keeps the visit open", []int64{0, 1500, 3000}, []hit.Kind{view, lost, view}, []hit.Moves{begins, 0, second}},
		{"a page not found opens it, a view begins it", []int64{0, 60, 120}, []hit.Kind{lost, view, view}, []hit.Moves{0, begins, second}},
		{"a visit of pages not found takes no place", []int64{0, 4000, 8000}, []hit.Kind{lost, lost, view}, []hit.Moves{0, 0, begins}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			table := newTable(t, whole)
			for i, at := range tt.at {
				s := visitors.Sighting{Visitor: mark(1), At: at, Page: page(t, "/a")}
				if tt.kinds != nil {
					s.Kind = tt.kinds[i]
				}
				if h, _ := add(table, &s); h.Moves != tt.want[i] {
					t.Errorf("sighting %d moves %04b, want %04b", i, h.Moves, tt.want[i])
				}
			}
		})
	}
}

// TestConcurrentVisitorsCountAsAlone sends each visitor's day from its own
// goroutine: what the others do changes nothing. Seen to fail under -race without
// the lock of Add, and when more than 8 visitors are not remembered.
func TestConcurrentVisitorsCountAsAlone(t *testing.T) {
	table := newTable(t, capped)
	var group sync.WaitGroup
	for visitor := range 16 {
		a := newAdversary(t, uint64(visitor), 12, 12, 3)
		group.Go(func() {
			slow := &reference{plan: capped}
			for n := range 100 {
				s := a.next(visitor, 16)
				s.Network = table.Key.Network(netAddress(visitor))
				got, _ := add(table, &s)
				want, _ := slow.add(s)
				got.Listed, want.Listed = got.Listed&hit.Of(hit.ByPage), want.Listed&hit.Of(hit.ByPage)
				if s.Kind == hit.Engaged { // others may have viewed its page
					got.Listed, got.Page, want.Listed, want.Page = 0, hit.Page{}, 0, hit.Page{}
				}
				if got != want {
					t.Errorf("visitor %d, sighting %d: hit\n%+v, want\n%+v", visitor, n, got, want)
					return
				}
				table.Len()
			}
		})
	}
	group.Wait()
	if table.Len() != 16 {
		t.Errorf("the table holds %d visitor-days, want 16", table.Len())
	}
}

func netAddress(n int) netip.Addr { return netip.AddrFrom4([4]byte{192, 0, byte(n), 1}) }
