package visitors_test

import (
	"testing"

	"oboro/collector/hit"
	"oboro/collector/internal/visitors"
)

// TestTwinsAreToldApart: visitors whose marks the table files under the same 40 bits
// are two visitors. Seen to fail when find does not compare the whole mark.
func TestTwinsAreToldApart(t *testing.T) {
	table := newTable(t, whole)
	for n := range 50 {
		one := mark(n)
		twin := visitors.Twin(table, one)
		if one == twin {
			t.Fatal("a mark is its own twin")
		}
		for _, m := range []visitors.Mark{one, twin, one, twin} {
			add(table, &visitors.Sighting{Visitor: m, Page: page(t, "/a")})
		}
		if table.Len() != 2*(n+1) {
			t.Fatalf("%d pairs of twins are %d visitors", n+1, table.Len())
		}
	}
}

// TestLargeCrowdIsReplayed makes a table of more visitors than two bytes count anew
// from its log: each of them is the one it was. Seen to fail when a record has the
// last two bytes of a visitor's number only, and when chunks take turns.
func TestLargeCrowdIsReplayed(t *testing.T) {
	const crowd = 70_000
	m := newTraffic(t, crowd)
	table, log := journalled(t, whole)
	var hits []hit.Hit
	for second := range int64(2) {
		for n := range uint64(crowd) {
			h, err := add(table, of(m.of(n, uint64(second), 36_000+4000*second)))
			if err != nil {
				t.Fatal(err)
			}
			hits = append(hits, h)
		}
	}
	next := 0
	again, _ := reopened(t, log, whole, func(h hit.Hit) {
		if hits[next] != h {
			t.Fatalf("hit %d is replayed as\n%+v, want\n%+v", next, h, hits[next])
		}
		next++
	})
	if next != 2*crowd || again.Len() != crowd {
		t.Errorf("%d hits of %d visitors are replayed, want %d of %d", next, again.Len(), 2*crowd, crowd)
	}
}

// of returns a place of a sighting's own.
func of(s visitors.Sighting) *visitors.Sighting { return &s }

// add adds a sighting to the table, and returns its hit without the numbers of its labels,
// which are others in each table: see TestNumbersAreOfLabels.
func add(table *visitors.Table, s *visitors.Sighting) (hit.Hit, error) {
	h, err := table.Add(s)
	return unnumbered(h), err
}

func unnumbered(h hit.Hit) hit.Hit {
	h.Numbers = hit.Numbers{}
	return h
}
