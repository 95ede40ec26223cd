package visitors_test

import (
	"fmt"
	"math/big"
	"testing"

	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
	"oboro/aggregator/tally"
	"oboro/collector/hit"
	"oboro/collector/internal/visitors"
)

// These tests run the table and the tally together, as no package but this one can:
// what the noise has to cover is decided by both.

// added are machines, published by device with a measure that a visitor-day adds to
// several times: all in one cell, as long as the environment is frozen; channels, of which its
// visits may have several; and pairs of pages. The first and the last have or measure what
// reports of engagement could move.
const added = `- id: machines
  title: {ja: 端末, en: Machines}
  purpose: {ja: 端末を知る。, en: See machines.}
  dimensions: [device]
  measures: [visitors, engaged_seconds]
  grain: day
  retention: 25
  audience: public
  published:
    - {measure: capped_visits, delta2: 16, sigma2: 40000}
- id: ways
  title: {ja: 経路, en: Ways}
  purpose: {ja: 経路を知る。, en: See ways.}
  dimensions: [channel]
  measures: [visitors]
  grain: day
  retention: 25
  reach: 4
  audience: public
  published:
    - {measure: capped_visits, delta2: 16, sigma2: 40000}
    - {measure: arrivals, delta2: 1, sigma2: 900}
- id: next-pages
  title: {ja: 次のページ, en: Next pages}
  purpose: {ja: 次のページを知る。, en: See next pages.}
  dimensions: [page, next]
  measures: [visitors]
  grain: day
  retention: 25
  reach: 5
  audience: team
`

func catalogue(t *testing.T) *statistic.Catalogue {
	t.Helper()
	c, err := statistic.Built([]string{"devices", "channels"}, []byte(added))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// counters are the final cells of one statistic's measure, by site and key.
type counters map[string]map[string]int64

// counted runs a stream through table and tally, without the sightings of one
// visitor, and returns the final counters of every published measure and of reach.
// most is the admission cap.
func counted(t *testing.T, c *statistic.Catalogue, stream []visitors.Sighting, without visitors.Mark, most int) counters {
	t.Helper()
	table := newTable(t, c.Plan())
	visitors.Bound(table, most, visitors.MostLabels)
	cells := tally.New(c, []string{"alpha", "beta"}, day)
	for _, s := range stream {
		if s.Visitor == without {
			continue
		}
		if h, err := add(table, &s); err == nil {
			cells.Take(h)
		}
	}
	all := counters{}
	for _, batch := range cells.Cut() {
		if batch.Statistic == store.Meters { // no statistic, and not published
			continue
		}
		st, ok := c.Find(batch.Statistic)
		if !ok {
			t.Fatalf("a batch of %s, which is not in the catalogue", batch.Statistic)
		}
		for m := range bounds(st) {
			name := st.ID + " " + m.String()
			if all[name] == nil {
				all[name] = map[string]int64{}
			}
			for _, cell := range batch.Cells {
				all[name][cell.Site+" "+fmt.Sprint(cell.Keys)] += cell.Counts[m]
			}
		}
	}
	return all
}

// bound is the most that one visitor-day may change: cells, one cell, and the
// square of the L2 distance.
type bound struct{ l0, linf, l2 int64 }

// bounds returns what is declared of a statistic. A published one counts a
// visitor-day in one cell, so that the square root of its delta2 bounds that cell; or it
// counts visits, of which all may be in one cell, or each in another, but two at the most under
// one label of an hour; or its arrival.
func bounds(st *statistic.Statistic) map[statistic.Measure]bound {
	all := map[statistic.Measure]bound{}
	for _, p := range st.Published {
		delta2 := p.Delta2.Num().Int64()
		all[p.Measure] = bound{1, new(big.Int).Sqrt(p.Delta2.Num()).Int64(), delta2}
		switch varying := st.Varying(); {
		case p.Measure == statistic.Arrivals:
		case p.Measure == statistic.Reach:
			all[p.Measure] = bound{delta2, 1, delta2}
		case varying.Has(hit.ByHour):
			all[p.Measure] = bound{4, 2, delta2}
		case varying != 0:
			all[p.Measure] = bound{4, 4, delta2}
		}
	}
	if st.Overlaps() { // of pages it is published, of others it serves the fold
		all[statistic.Reach] = bound{int64(st.Reach), 1, int64(st.Reach)}
	}
	return all
}

// distance returns how far two sets of counters are apart.
func distance(a, b map[string]int64) bound {
	var d bound
	add := func(n int64) {
		if n != 0 {
			d.l0++
		}
		d.linf = max(d.linf, n, -n)
		d.l2 += n * n
	}
	for key := range a {
		add(a[key] - b[key])
	}
	for key := range b {
		if _, ok := a[key]; !ok {
			add(-b[key])
		}
	}
	return d
}

// neighbours returns a stream of a crowd of adversaries. The first sends half of
// the hits. Every page is declared, and others whom no test removes share every
// source, so that which labels are listed is the same with and without a visitor:
// what is published knows no other labels.
func neighbours(t *testing.T, seed uint64, crowd, length int) []visitors.Sighting {
	t.Helper()
	a := newAdversary(t, seed, 30, 30, 6)
	var stream []visitors.Sighting
	for other := 100; other < 108; other++ {
		for i, source := range a.hosts {
			stream = append(stream, visitors.Sighting{
				Visitor: mark(other), Network: mark(other), Site: hit.Site(other % 2), Source: source,
				At: int64(day)*86400 + int64(i)*7200, Page: a.pages[i], Declared: true,
			})
		}
	}
	for range length {
		stream = append(stream, a.next(max(0, a.random.IntN(2*crowd)-crowd), 5))
	}
	return stream
}

// TestOneVisitorMovesNoCounterByMore holds the sensitivities that the noise is made
// for: with and without one visitor-day, whatever it sends, every published measure
// and every reach differ by no more than declared. The bounds are met, so they are
// tight. Seen to fail when the environment is not frozen, when the cap on visits or
// on reach is missing, and when sightings are forgotten once more than 8 visitors
// are known.
func TestOneVisitorMovesNoCounterByMore(t *testing.T) {
	c := catalogue(t)
	most := map[string]bound{}
	for seed := range uint64(6) {
		const crowd = 14
		stream := neighbours(t, seed, crowd, 800)
		whole := counted(t, c, stream, visitors.Mark{}, visitors.Most)
		for visitor := range crowd {
			rest := counted(t, c, stream, mark(visitor), visitors.Most)
			what := fmt.Sprintf("seed %d without visitor %d", seed, visitor)
			compareBounds(t, c, what, whole, rest, 1, most)
		}
	}
	for _, st := range c.All() {
		for m, want := range bounds(st) {
			if got := most[st.ID+" "+m.String()]; got != want {
				t.Errorf("%s of %s was moved by %+v at the most, want an adversary to reach %+v", m, st.ID, got, want)
			}
		}
	}
}

// TestEngagementMovesNoPublishedCounter holds that a report of engagement, when it
// comes, adds seconds to the cells of the statistics that measure them, and moves no
// other counter: none that is published, no visitor and no reach. (It may keep a visit
// going that would have become two. That takes one off, and the bounds above hold it.)
// Seen to fail when the first-seen bits of a view are set for it, when it counts as a
// hit, when it begins a visit, and when its label is admitted by it.
func TestEngagementMovesNoPublishedCounter(t *testing.T) {
	c := catalogue(t)
	reports := 0
	for seed := range uint64(4) {
		a := newAdversary(t, seed, 12, 3, 4)
		table := newTable(t, c.Plan())
		cells := tally.New(c, []string{"alpha", "beta"}, day)
		for n := range 600 {
			s := a.next(a.random.IntN(9), 5)
			h, err := add(table, &s)
			if err != nil || s.Kind != hit.Engaged {
				cells.Take(h)
				continue
			}
			cells.Cut()
			cells.Take(h)
			reports++
			tables := 0
			for _, batch := range cells.Cut() {
				if batch.Statistic == store.Meters { // no statistic, and not published
					continue
				}
				tables++
				var sum statistic.Counts
				for _, cell := range batch.Cells {
					sum.Add(cell.Counts)
				}
				var want statistic.Counts
				want[statistic.Seconds] = int64(s.Seconds)
				if st, ok := c.Find(batch.Statistic); len(batch.Cells) != 1 || sum != want || !ok || !st.Has(statistic.Seconds) {
					t.Fatalf("seed %d, sighting %d: %d seconds move %s by %v in %d cells", seed, n, s.Seconds, batch.Statistic, sum, len(batch.Cells))
				}
			}
			if tables != 2 { // pages and machines
				t.Fatalf("seed %d, sighting %d: %d tables take the seconds, want 2", seed, n, tables)
			}
		}
	}
	if reports < 300 {
		t.Errorf("only %d reports of engagement came", reports)
	}
}

// TestAdmissionCapDoublesAtMost is the same where the cap refuses visitors: without
// an admitted one another is let in, so that twice the variance is needed. Seen to
// fail when a further visitor takes the place of one who is in.
func TestAdmissionCapDoublesAtMost(t *testing.T) {
	c := catalogue(t)
	const others, crowd = 8, 12
	most := map[string]bound{}
	for seed := range uint64(6) {
		stream := neighbours(t, seed, crowd, 500)
		whole := counted(t, c, stream, visitors.Mark{}, others+crowd-3)
		for visitor := range crowd {
			rest := counted(t, c, stream, mark(visitor), others+crowd-3)
			what := fmt.Sprintf("seed %d, cap reached, without visitor %d", seed, visitor)
			compareBounds(t, c, what, whole, rest, 2, most)
		}
	}
	if got := most["days visitors"]; got != (bound{2, 1, 2}) {
		t.Errorf("without an admitted visitor the total moved by %+v, want one site to lose a visitor and the other to gain one", got)
	}
}

// compareBounds holds two runs to the bounds, which may grow by a factor, and notes
// the largest distances in most.
func compareBounds(t *testing.T, c *statistic.Catalogue, what string, whole, rest counters, factor int64, most map[string]bound) {
	t.Helper()
	for _, st := range c.All() {
		for m, b := range bounds(st) {
			name := st.ID + " " + m.String()
			d := distance(whole[name], rest[name])
			if d.l0 > factor*b.l0 || d.linf > b.linf || d.l2 > factor*b.l2 {
				t.Fatalf("%s: %s of %s moves by %+v, declared are %d times %+v", what, m, st.ID, d, factor, b)
			}
			most[name] = bound{max(most[name].l0, d.l0), max(most[name].linf, d.linf), max(most[name].l2, d.l2)}
		}
	}
}
