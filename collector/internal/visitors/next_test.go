package visitors_test

import (
	"fmt"
	"testing"

	"oboro/collector/hit"
	"oboro/collector/internal/visitors"
)

// A walk is a table and those who go from page to page in it.
type walk struct {
	t        *testing.T
	table    *visitors.Table
	at       int64
	declared map[string]bool
}

func newWalk(t *testing.T, plan hit.Plan) *walk {
	return &walk{t: t, table: newTable(t, plan), declared: map[string]bool{}}
}

// view has somebody, from a network of their own, view a page ten seconds later.
func (w *walk) view(visitor int, path string) hit.Hit {
	w.t.Helper()
	w.at += 10
	h, err := add(w.table, &visitors.Sighting{
		Visitor: mark(visitor), Network: mark(visitor), At: w.at, Site: hit.Site(visitor / 100), Page: page(w.t, path), Declared: w.declared[path],
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return h
}

// pairSet is the bit of the set by next page in whole.
const pairSet = 1 << 6

// TestNextPage spells out what a move to a next page is. Seen to fail when a view of
// the same page is one, when the first view of a visit is, when a page not found or
// a report of engagement is taken for a page, when a pair is first seen twice or by its
// second page alone, and when reach is not capped.
func TestNextPage(t *testing.T) {
	w := newWalk(t, whole)
	step := func(path string, onward, seen bool) {
		t.Helper()
		h := w.view(1, path)
		if got := h.Moves&hit.Onward != 0; got != onward || h.Seen&pairSet != 0 != seen || h.Moves&hit.Nameless != 0 {
			t.Errorf("the view of %s goes onward: %v, for the first time: %v, want %v and %v: %+v", path, got, h.Seen&pairSet != 0, onward, seen, h)
		}
		if onward && (h.Left.Page == h.Page || h.Page.Path() != path) {
			t.Errorf("the view of %s leads from %q to %q", path, h.Left.Page.Path(), h.Page.Path())
		}
	}
	step("/a", false, false)
	step("/a", false, false)
	step("/b", true, true)
	step("/a", true, true)
	step("/b", true, false)
	step("/b", false, false)
	add(w.table, &visitors.Sighting{Visitor: mark(1), At: w.at, Kind: hit.NotFound, Page: page(t, "/missing")})
	add(w.table, &visitors.Sighting{Visitor: mark(1), At: w.at, Kind: hit.Engaged, Page: page(t, "/a"), Seconds: 3})
	step("/b", false, false)
	step("/c", true, true)
	w.at += 1801
	step("/d", false, false)
	step("/c", true, true) // a fourth pair, beyond the cap of three
	step("/b", true, true)
	if h := w.view(1, "/d"); h.Reach&pairSet != 0 || h.Seen&pairSet == 0 {
		t.Errorf("a pair beyond the cap is %+v, want one that is seen and in no reach", h)
	}
}

// TestPairIsListedWhenShared: that both pages are shared, or one declared, lists no
// pair; three networks that have gone from the one to the other do, or the declaration
// of both. Seen to fail when the network counts for pages alone, when two are enough,
// when pairs are one with their opposite, and when one declared page is enough.
func TestPairIsListedWhenShared(t *testing.T) {
	w := newWalk(t, whole)
	w.declared["/home"], w.declared["/guide"] = true, true
	for visitor := range 4 { // all pages are shared
		w.view(visitor, "/b")
		w.at += 2000
		w.view(visitor, "/a")
		w.at += 2000
	}
	listed := func(visitor int, from, to string, want bool) {
		t.Helper()
		w.at += 2000
		w.view(visitor, from)
		h := w.view(visitor, to)
		if got := h.Listed.Has(hit.ByNext); got != want || h.Moves&(hit.Onward|hit.Nameless) != hit.Onward {
			t.Errorf("visitor %d goes from %s to %s, listed: %v, want %v", visitor, from, to, got, want)
		}
	}
	listed(1, "/a", "/b", false)
	listed(2, "/a", "/b", false)
	listed(1, "/a", "/b", false)
	listed(3, "/b", "/a", false)
	listed(3, "/a", "/b", true)
	listed(1, "/a", "/b", true)
	listed(1, "/b", "/a", false)
	listed(1, "/home", "/guide", true)
	listed(2, "/home", "/a", false)
	listed(2, "/a", "/home", false)
	listed(101, "/a", "/b", false) // of another site
}

// TestPairsAreBounded: beyond the bound on pairs that wait, one more has no name; it is
// counted for all that. Pairs take no room from pages, nor pages from pairs, and a pair
// that is admitted gives its place free. Seen to fail without the bound, when pairs
// and pages share one, and when admission gives no place free.
func TestPairsAreBounded(t *testing.T) {
	w := newWalk(t, whole)
	visitors.Bound(w.table, 1000, 4)
	go_ := func(visitor int, from, to string) hit.Hit {
		w.at += 2000
		w.view(visitor, from)
		return w.view(visitor, to)
	}
	nameless := func(h hit.Hit) bool { return h.Moves&hit.Nameless != 0 }
	for i, pair := range [][2]string{{"/a", "/b"}, {"/b", "/a"}, {"/a", "/c"}, {"/c", "/a"}} {
		if h := go_(1, pair[0], pair[1]); nameless(h) {
			t.Errorf("pair %d of four has no room", i+1)
		}
	}
	h := go_(1, "/b", "/c")
	if !nameless(h) || h.Moves&hit.Onward == 0 || h.Seen&pairSet == 0 || h.Listed.Has(hit.ByNext) {
		t.Errorf("a fifth pair is %+v, want one without a name that counts", h)
	}
	if h := w.view(1, "/d"); h.Page != page(t, "/d") {
		t.Error("the fourth page has no room beside four pairs")
	}
	if h := go_(1, "/late", "/a"); !nameless(h) || h.Left.Page != (hit.Page{}) {
		t.Errorf("a pair of a page without room is %+v, want one without a name", h)
	}
	w.view(1, "/late")
	if h := w.view(1, "/later"); h.Moves&hit.Onward != 0 {
		t.Error("two pages without room are told apart")
	}
	for visitor := 2; visitor <= 3; visitor++ {
		go_(visitor, "/a", "/b")
	}
	if h := go_(1, "/b", "/c"); nameless(h) {
		t.Error("no place is free after a pair was admitted")
	}
	if h := go_(1, "/c", "/b"); !nameless(h) {
		t.Error("one admission gives two places free")
	}
}

// TestPairsAreNotComputedUnasked: where no statistic is by next page, a hit says nothing
// of it, and the log has no record of a pair. Seen to fail when onward does not ask the
// plan.
func TestPairsAreNotComputedUnasked(t *testing.T) {
	for _, plan := range []hit.Plan{builtin, whole} {
		table, log := journalled(t, plan)
		for n := range 8 {
			h, err := add(table, &visitors.Sighting{Visitor: mark(n / 2), Network: mark(n / 2), At: int64(n), Page: page(t, fmt.Sprintf("/%d", n%2))})
			asked := plan.Computes.Has(hit.ByNext)
			if onward := h.Moves&hit.Onward != 0; err != nil || onward != (asked && n%2 == 1) || h.Listed.Has(hit.ByNext) != (asked && n%2 == 1 && n >= 5) {
				t.Errorf("asked for next pages: %v; hit %d is %+v, %v", asked, n, h, err)
			}
		}
		pairs := 0
		for _, record := range log.records {
			if visitors.NamesPair(record) {
				pairs++
			}
		}
		if want := map[bool]int{true: 1}[plan.Computes.Has(hit.ByNext)]; pairs != want {
			t.Errorf("the log holds %d pairs, want %d", pairs, want)
		}
	}
}
