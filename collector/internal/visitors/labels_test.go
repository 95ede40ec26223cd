package visitors_test

import (
	"strconv"
	"testing"

	"oboro/collector/hit"
	"oboro/collector/internal/visitors"
)

func page(t *testing.T, path string) hit.Page {
	t.Helper()
	p, ok := hit.ParsePage(path)
	if !ok {
		t.Fatalf("%s is no page", path)
	}
	return p
}

func host(t *testing.T, name string) hit.Host {
	t.Helper()
	h, ok := hit.ParseHost(name)
	if !ok {
		t.Fatalf("%s is no host", name)
	}
	return h
}

var both = hit.Plan{Kinds: [hit.Kinds]bool{true, true}, Computes: hit.Of(hit.ByPage, hit.BySource, hit.ByNetwork)}

func newTable(t *testing.T, plan hit.Plan) *visitors.Table {
	t.Helper()
	table, err := visitors.New(day, plan, bytesOf(9))
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func mark(n int) visitors.Mark { return visitors.Mark{byte(n), byte(n >> 8), 1} }

// sending is one sighting of a label, and whether it must then be listed.
type sending struct {
	visitor, network int
	listed           bool
}

// TestLabelIsListedWhenShared holds that free text is let out only when three
// different networks have sent it. Seen to fail when two are enough, when visitors
// are counted instead of networks, and when one network sending again counts.
func TestLabelIsListedWhenShared(t *testing.T) {
	for _, tt := range []struct {
		name string
		sent []sending
	}{
		{"from the third network on", []sending{{1, 1, false}, {2, 2, false}, {3, 3, true}, {1, 1, true}, {4, 4, true}, {2, 2, true}}},
		{"never by two networks", []sending{{1, 1, false}, {2, 2, false}, {1, 1, false}, {2, 2, false}, {3, 1, false}, {4, 2, false}}},
		{"never by three visitors of one network", []sending{{1, 1, false}, {2, 1, false}, {3, 1, false}, {1, 1, false}}},
		{"never by one visitor", []sending{{1, 1, false}, {1, 1, false}, {1, 1, false}, {1, 1, false}}},
		{"when the third comes late", []sending{{1, 1, false}, {2, 1, false}, {3, 2, false}, {4, 2, false}, {5, 1, false}, {6, 3, true}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, d := range []hit.Dimension{hit.ByPage, hit.BySource, hit.ByNetwork} {
				table := newTable(t, both)
				for i, s := range tt.sent {
					sighting := visitors.Sighting{Visitor: mark(s.visitor), Network: mark(s.network), At: int64(i)}
					switch d {
					case hit.ByPage:
						sighting.Page = page(t, "/private")
					case hit.ByNetwork:
						sighting.Domain = host(t, "private.example")
					default:
						sighting.Source, sighting.At = host(t, "private.example"), int64(i)*7200 // each begins a visit
					}
					if h, _ := add(table, &sighting); h.Listed.Has(d) != s.listed {
						t.Errorf("%s of sighting %d is listed: %v, want %v", d, i, h.Listed.Has(d), s.listed)
					}
				}
			}
		})
	}
}

// TestLabelsAreApart holds that what admits one label admits no other. Seen to fail
// when the kind of hit, or the site, is left out of the key of a label.
func TestLabelsAreApart(t *testing.T) {
	table := newTable(t, both)
	see := func(network int, s visitors.Sighting) hit.Hit {
		s.Visitor, s.Network = mark(network), mark(network)
		h, _ := add(table, &s)
		return h
	}
	shared := visitors.Sighting{Page: page(t, "/shared")}
	for n := range 3 {
		see(n, shared)
	}
	if !see(0, shared).Listed.Has(hit.ByPage) {
		t.Fatal("a page of three networks is not listed")
	}
	for _, tt := range []struct {
		name string
		s    visitors.Sighting
	}{
		{"the same page asked for in vain", visitors.Sighting{Page: shared.Page, Kind: hit.NotFound}},
		{"the same page of another site", visitors.Sighting{Page: shared.Page, Site: 1}},
		{"another page", visitors.Sighting{Page: page(t, "/other")}},
		{"no page", visitors.Sighting{}},
	} {
		if see(7, tt.s).Listed.Has(hit.ByPage) {
			t.Errorf("%s is listed, though one network sent it", tt.name)
		}
	}
}

// Seen to fail when declared pages wait for three networks, and when a visit
// without a source does.
func TestDeclaredAndAbsentLabelsAreListedAtOnce(t *testing.T) {
	table := newTable(t, both)
	h, _ := add(table, &visitors.Sighting{Visitor: mark(1), Network: mark(1), Page: page(t, "/declared"), Declared: true})
	if h.Listed != hit.Of(hit.ByPage, hit.BySource, hit.ByNetwork) || h.Page.Path() != "/declared" || h.Source != (hit.Host{}) {
		t.Errorf("the first hit of a declared page without a source lists %q, want page, source and network", h.Listed)
	}
}

// TestPlanComputesNoLabelUnasked holds that a label which no statistic counts by is
// not let out. Seen to fail when label does not ask the plan.
func TestPlanComputesNoLabelUnasked(t *testing.T) {
	for _, d := range []hit.Dimension{hit.ByPage, hit.BySource, hit.ByNetwork} {
		table := newTable(t, hit.Plan{Kinds: both.Kinds, Computes: hit.Of(d)})
		for n := range 4 {
			h, _ := add(table, &visitors.Sighting{Visitor: mark(n), Network: mark(n), Page: page(t, "/a"), Source: host(t, "b.example"), Domain: host(t, "c.example")})
			if (h.Page != hit.Page{}) != (d == hit.ByPage) || (h.Source != hit.Host{}) != (d == hit.BySource) || (h.Network != hit.Host{}) != (d == hit.ByNetwork) || h.Listed&^hit.Of(d) != 0 {
				t.Errorf("with %s alone computed, the hit has page %q, source %q, listed %q", d, h.Page.Path(), h.Source.Name(), h.Listed)
			}
		}
	}
}

// TestPendingLabelsAreBounded holds the bound on labels that are not admitted.
// Seen to fail without the bound, when admission gives no place free, when declared
// pages take a place, and when all sites share the places.
func TestPendingLabelsAreBounded(t *testing.T) {
	table := newTable(t, both)
	visitors.Bound(table, 100, 3)
	see := func(network int, s visitors.Sighting) hit.Hit {
		s.Visitor, s.Network = mark(network), mark(network)
		h, _ := add(table, &s)
		return h
	}
	for n := range 3 {
		p := page(t, "/"+strconv.Itoa(n))
		if h := see(1, visitors.Sighting{Page: p}); h.Page != p {
			t.Fatalf("page %d of 3 has no room", n)
		}
	}
	late := visitors.Sighting{Page: page(t, "/late")}
	for n := range 5 {
		if h := see(n, late); h.Page != (hit.Page{}) || h.Listed.Has(hit.ByPage) {
			t.Fatalf("a fourth label has room for three, after %d networks", n+1)
		}
	}
	if h := see(1, visitors.Sighting{Page: page(t, "/declared"), Declared: true}); h.Page.Path() != "/declared" || !h.Listed.Has(hit.ByPage) {
		t.Error("a declared page has no room, though it is not pending")
	}
	if h := see(1, visitors.Sighting{Page: late.Page, Site: 1}); h.Page != late.Page {
		t.Error("the pages of one site take the room of another's")
	}
	for n := range 3 { // a label that waits can still be admitted, and gives its place free
		if h := see(n+1, visitors.Sighting{Page: page(t, "/0")}); h.Listed.Has(hit.ByPage) != (n == 2) {
			t.Errorf("a waiting label is listed: %v, after %d networks", h.Listed.Has(hit.ByPage), n+1)
		}
	}
	if h := see(1, late); h.Page != late.Page {
		t.Error("no place is free after a label was admitted")
	}
	if h := see(1, visitors.Sighting{Page: page(t, "/later")}); h.Page != (hit.Page{}) {
		t.Error("one admission gives two places free")
	}
}

// TestPendingNetworksAreBounded: networks that wait have as many places as pages, and take
// none of theirs; one that is shared frees its own. Seen to fail when they wait beside the pages,
// and without the bound.
func TestPendingNetworksAreBounded(t *testing.T) {
	table := newTable(t, both)
	visitors.Bound(table, 100, 2)
	see := func(visitor int, domain string) hit.Hit {
		s := visitors.Sighting{Visitor: mark(visitor), Network: mark(visitor), Domain: host(t, domain), Page: page(t, "/"+strconv.Itoa(min(visitor, 2)))}
		h, err := add(table, &s)
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	for i, tt := range []struct {
		domain string
		room   bool
	}{
		{"one.example", true}, {"two.example", true}, {"three.example", false}, {"one.example", true}, {"one.example", true},
		{"three.example", true}, {"four.example", false},
	} {
		h := see(i, tt.domain)
		if (h.Network == host(t, tt.domain)) != tt.room || !tt.room && (h.Network != hit.Host{} || h.Listed.Has(hit.ByNetwork)) {
			t.Errorf("visitor %d of %s: the network is %q, listed %v; is there room: want %v", i, tt.domain, h.Network.Name(), h.Listed.Has(hit.ByNetwork), tt.room)
		}
		if i < 2 && h.Page == (hit.Page{}) {
			t.Errorf("page %d has no room beside the networks", i)
		}
	}
}

// TestVisitorsAreBounded holds the admission cap: further visitors are refused and
// leave no trace. Seen to fail without the cap, when the cap refuses those who are
// in, and when a refused one's network counts for its page.
func TestVisitorsAreBounded(t *testing.T) {
	table := newTable(t, both)
	visitors.Bound(table, 2, 100)
	s := visitors.Sighting{Page: page(t, "/a")}
	for n, want := range []bool{true, true, false, false} {
		s.Visitor, s.Network = mark(n), mark(n)
		if h, err := add(table, &s); (err == nil) != want || err != nil && h != (hit.Hit{}) {
			t.Errorf("visitor %d of a table for two is let in: %v, want %v", n+1, err == nil, want)
		}
	}
	s.Visitor, s.Network = mark(0), mark(0)
	if h, err := add(table, &s); err != nil || h.Listed.Has(hit.ByPage) || table.Len() != 2 {
		t.Errorf("after two refused visitors: the first is let in %v, its page listed %v, %d in the table", err == nil, h.Listed.Has(hit.ByPage), table.Len())
	}
}
