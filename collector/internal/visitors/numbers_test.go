package visitors_test

import (
	"crypto/rand"
	"testing"

	"oboro/collector/hit"
)

// The numbers in a hit are of its labels: within a series, one page of a site and kind has
// one number and no other label has it, and so have sources. No two tables are of one
// series, not even one that is renewed. Seen to fail when the number of a page is that of
// the view before it, when a source has the number of the sighting's and not of its visit's,
// when reports of engagement have none, and when a renewed table keeps its series.
func TestNumbersAreOfLabels(t *testing.T) {
	type named struct {
		series, number uint32
	}
	type text struct {
		series uint32
		site   hit.Site
		kind   hit.Kind
		page   hit.Page
		host   hit.Host
	}
	texts, numbers := map[named]text{}, map[text]uint32{}
	see := func(n uint32, x text) {
		t.Helper()
		if x.page == (hit.Page{}) && x.host == (hit.Host{}) {
			return
		}
		if was, ok := texts[named{x.series, n}]; n == 0 || x.series == 0 || ok && was != x {
			t.Fatalf("%d is the number of %+v, and of %+v", n, was, x)
		}
		if was := numbers[x]; was != 0 && was != n {
			t.Fatalf("%+v has the numbers %d and %d", x, was, n)
		}
		texts[named{x.series, n}], numbers[x] = x, n
	}
	series := map[uint32]bool{}
	for seed := range uint64(10) {
		a := newAdversary(t, seed, 9, 4, 2)
		table := newTable(t, whole)
		for turn := range 2 {
			of := uint32(0)
			for range 300 {
				s := a.next(a.random.IntN(30), 4)
				h, err := table.Add(&s)
				if err != nil {
					continue
				}
				of = h.Numbers.Series
				kind := h.Kind
				if kind == hit.Engaged {
					kind = hit.View
				}
				see(h.Numbers.Page, text{of, h.Site, kind, h.Page, hit.Host{}})
				see(h.Numbers.Left, text{of, h.Site, kind, h.Left.Page, hit.Host{}})
				if h.Kind != hit.Engaged {
					see(h.Numbers.Source, text{of, h.Site, hit.View, hit.Page{}, h.Source})
				}
			}
			if series[of] {
				t.Fatalf("seed %d, turn %d: another table was of the series %d", seed, turn, of)
			}
			series[of] = true
			table.Destroy()
			if err := table.Renew(day, rand.Reader); err != nil {
				t.Fatal(err)
			}
		}
	}
}
