package visitors_test

import (
	"errors"
	"fmt"
	"testing"

	"oboro/collector/hit"
	"oboro/collector/internal/visitors"
)

// TestEngagement spells the rules of reports of engagement out. The seconds are those
// of the report; the reports between two views decide what the second one moves.
//
// Seen to fail when a report opens a visit or moves the end of one that has ended, when
// it does not keep a visit going, when it counts as a view, when one that comes first
// is let in, and when its seconds are dropped.
func TestEngagement(t *testing.T) {
	const begins, second, follows = hit.Begins | hit.Capped, hit.Follows | hit.Second, hit.Follows
	view, lost, read := hit.View, hit.NotFound, hit.Engaged
	for _, tt := range []struct {
		name  string
		at    []int64
		kinds []hit.Kind
		want  []hit.Moves
	}{
		{"a report keeps the visit going", []int64{0, 1500, 3000}, []hit.Kind{view, read, view}, []hit.Moves{begins, 0, second}},
		{"30 minutes after the view it still does", []int64{0, 1800, 3600}, []hit.Kind{view, read, view}, []hit.Moves{begins, 0, second}},
		{"a second later it does not", []int64{0, 1801, 1802}, []hit.Kind{view, read, view}, []hit.Moves{begins, 0, begins}},
		{"a visit that has ended is not taken up again", []int64{0, 2000, 3500}, []hit.Kind{view, read, view}, []hit.Moves{begins, 0, begins}},
		{"reports are no views", []int64{0, 10, 20, 30}, []hit.Kind{view, read, read, view}, []hit.Moves{begins, 0, 0, second}},
		{"a clock set back moves no end", []int64{5000, 100, 6800, 8601}, []hit.Kind{view, read, view, view}, []hit.Moves{begins, 0, second, begins}},
		{"after a page not found a view begins the visit", []int64{0, 10, 20}, []hit.Kind{lost, read, view}, []hit.Moves{0, 0, begins}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			table := newTable(t, whole)
			for i, at := range tt.at {
				s := visitors.Sighting{Visitor: mark(1), At: at, Kind: tt.kinds[i], Page: page(t, "/a"), Seconds: 25}
				h, err := add(table, &s)
				if err != nil || h.Moves != tt.want[i] {
					t.Errorf("sighting %d moves %04b, %v, want %04b", i, h.Moves, err, tt.want[i])
				}
				want := map[hit.Kind]uint16{hit.Engaged: 25}[tt.kinds[i]]
				if h.Seconds != want || want > 0 && (h.Seen != 0 || h.Reach != 0 || h.Left != hit.Left{}) {
					t.Errorf("sighting %d is %+v, want %d seconds", i, h, want)
				}
			}
		})
	}
}

// A report from a visitor-day of which nothing was seen is refused, and leaves nothing:
// no visitor and no record. Seen to fail when it is let in as a visitor.
func TestEngagementOfNobody(t *testing.T) {
	table, log := journalled(t, whole)
	s := visitors.Sighting{Visitor: mark(1), Network: mark(1), Kind: hit.Engaged, Page: page(t, "/a"), Seconds: 9}
	if h, err := add(table, &s); !errors.Is(err, visitors.ErrNoView) || h != (hit.Hit{}) || table.Len() != 0 || len(log.records) != 1 {
		t.Errorf("a report of nobody is %+v, %v, with %d visitors and %d records", h, err, table.Len(), len(log.records))
	}
	s.Kind = hit.View
	if h, err := add(table, &s); err != nil || h.Moves != hit.Begins|hit.Capped || h.Seen == 0 {
		t.Errorf("the first view after it is %+v, %v, want one that begins", h, err)
	}
}

// A report makes no label and admits none: its page is one that was viewed, and is
// listed where its views have listed it. Seen to fail when the page of a report gets a
// label, when its network counts for the label, and when it is never listed.
func TestEngagementAdmitsNothing(t *testing.T) {
	table := newTable(t, whole)
	see := func(kind hit.Kind, network int, path string) hit.Hit {
		h, err := add(table, &visitors.Sighting{
			Visitor: mark(network), Network: mark(network), Kind: kind, Page: page(t, path), Source: host(t, "from.example"), Seconds: 5,
		})
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	for n := range 4 {
		see(hit.View, n, fmt.Sprintf("/own/%d", n))
	}
	for n := range 4 {
		if h := see(hit.Engaged, n, "/unseen"); h.Page != (hit.Page{}) || h.Listed.Has(hit.ByPage) {
			t.Errorf("a page that nobody has viewed is %q, listed: %v", h.Page.Path(), h.Listed.Has(hit.ByPage))
		}
		if h := see(hit.Engaged, n, "/own/0"); h.Page != page(t, "/own/0") || h.Listed.Has(hit.ByPage) {
			t.Errorf("after %d networks the page of one is %q, listed: %v", n+1, h.Page.Path(), h.Listed.Has(hit.ByPage))
		}
		see(hit.NotFound, n, "/missing")
		if h := see(hit.Engaged, n, "/missing"); h.Page != (hit.Page{}) {
			t.Errorf("a page that was asked for in vain is %q, want none", h.Page.Path())
		}
	}
	if h := see(hit.View, 0, "/own/0"); h.Listed.Has(hit.ByPage) {
		t.Error("a page is listed by reports of engagement")
	}
	see(hit.View, 1, "/own/0")
	see(hit.View, 2, "/own/0")
	if h := see(hit.Engaged, 3, "/own/0"); !h.Listed.Has(hit.ByPage) || !h.Listed.Has(hit.BySource) || h.Source != host(t, "from.example") {
		t.Errorf("a page and a source that three networks share are %+v", h)
	}
}

// TestDaysAgreeOverMidnight is TestAddAgreesWithReference over a midnight: each day has
// a table and a reference of its own, a visitor who goes on is a new one, and a report
// of what was read before midnight counts only once that one has viewed a page. Seen to
// fail when such a report is let in.
func TestDaysAgreeOverMidnight(t *testing.T) {
	const midnight = (int64(day) + 1) * 86400
	refused := 0
	for seed := range uint64(12) {
		a := newAdversary(t, seed, 9, 2, 4)
		tables := map[bool]*visitors.Table{false: newTable(t, whole)}
		slow := map[bool]*reference{false: {plan: whole}, true: {plan: whole, later: 1}}
		var err error
		if tables[true], err = visitors.New(day+1, whole, bytesOf(9)); err != nil {
			t.Fatal(err)
		}
		for visitor := range 8 {
			a.clocks[visitor] = midnight - 3600 - a.random.Int64N(3600)
		}
		for n := range 400 {
			s := a.next(a.random.IntN(8), 4)
			late := s.At >= midnight
			if late {
				s.Hour = hit.Hour((s.At - midnight) / 3600 % 24)
			}
			if _, counts := agree(t, fmt.Sprintf("seed %d, sighting %d", seed, n), tables[late], slow[late], s); !counts && late {
				refused++
			}
		}
		if tables[false].Len() < 4 || tables[true].Len() < 4 {
			t.Errorf("seed %d: %d visitors before midnight and %d after it are too few to tell", seed, tables[false].Len(), tables[true].Len())
		}
	}
	if refused < 10 {
		t.Errorf("only %d reports came first on the new day", refused)
	}
}
