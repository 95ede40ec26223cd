package visitors_test

import (
	"cmp"
	"fmt"
	"maps"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"oboro/aggregator/ledger"
	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
	"oboro/aggregator/tally"
	"oboro/collector/hit"
	"oboro/collector/internal/visitors"
)

// What one visitor-day adds to published figures, where it knows the rules and lies on their
// edges; sensitivity_test.go does the same with what comes at random. Table, tally and the
// ledger that scales the noise run together.

// bold publishes every measure that can be, by what never varies, by hour, by channel and in all.
const bold = `- id: all-views
  title: {ja: 閲覧, en: Views}
  purpose: {ja: 閲覧を知る。, en: See views.}
  of: not-found
  measures: [visitors]
  grain: day
  retention: 25
  audience: public
  published:
    - {measure: visitors, delta2: 1, sigma2: 10000}
- id: hours
  title: {ja: 時間, en: Hours}
  purpose: {ja: 時間を知る。, en: See hours.}
  dimensions: [hour]
  measures: [visitors]
  grain: day
  retention: 25
  reach: 4
  audience: public
  published:
    - {measure: capped_visits, delta2: 8, sigma2: 8000}
    - {measure: capped_views, delta2: 900, sigma2: 900000}
    - {measure: arrivals, delta2: 1, sigma2: 1000}
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
    - {measure: capped_visits, delta2: 16, sigma2: 16000}
    - {measure: capped_views, delta2: 900, sigma2: 900000}
    - {measure: arrivals, delta2: 1, sigma2: 1000}
- id: machines
  title: {ja: 端末, en: Machines}
  purpose: {ja: 端末を知る。, en: See machines.}
  dimensions: [device]
  measures: [visitors]
  grain: day
  retention: 25
  audience: public
  published:
    - {measure: visitors, delta2: 1, sigma2: 10000}
    - {measure: capped_visits, delta2: 16, sigma2: 16000}
    - {measure: capped_views, delta2: 900, sigma2: 900000}
`

func boldCatalogue(t *testing.T) *statistic.Catalogue {
	t.Helper()
	c, err := statistic.Built([]string{"traffic", "channels", "devices", "not-found"}, []byte(bold))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// A scene makes the streams of adversaries.
type scene struct {
	random *rand.Rand
	pages  []hit.Page
	hosts  []hit.Host
	stream []visitors.Sighting
}

func newScene(t *testing.T, seed uint64) *scene {
	t.Helper()
	s := &scene{random: rand.New(rand.NewPCG(seed, 11)), hosts: []hit.Host{{}}}
	for i := range 80 {
		s.pages = append(s.pages, page(t, fmt.Sprintf("/%d", i)))
	}
	for i := range 6 {
		s.hosts = append(s.hosts, host(t, fmt.Sprintf("h%d.example", i)))
	}
	return s
}

// send sends one view of a visitor so many seconds after midnight, changed as change says.
// Every page is declared, so that nobody's labels depend on anybody.
func (s *scene) send(visitor int, at int64, page int, change func(*visitors.Sighting)) {
	at += int64(day) * 86400
	sent := visitors.Sighting{
		Visitor: mark(visitor), Network: mark(visitor), At: at, Hour: hourOf(at),
		Page: s.pages[page%len(s.pages)], Declared: true, Env: hit.Pack(hit.Environment{Device: hit.Desktop}),
	}
	if change != nil {
		change(&sent)
	}
	s.stream = append(s.stream, sent)
}

// The adversaries, one visitor-day each.
const (
	flooding = iota // 400 views of 60 pages within an hour, each page again and again
	deep            // 400 views of one page, then of others
	shifting        // another browser, device, country and language with each hit
	roaming         // another source and channel with each visit and within it
	faithful        // more visits than count, all by one channel
	hourly          // a visit every 31 minutes, all day: the clock shows the hour 2 twice
	twisted         // visits whose views come with the clock set back, behind a page not found
	lost            // pages not found and reports of reading between the views
	alone           // one view, which stands in no set
	restless        // at random on all edges
	adversaries
)

// play makes the streams of a crowd of adversaries, in the order of arrival.
func (s *scene) play(crowd int) {
	for visitor := range crowd {
		start := 60 * s.random.Int64N(60)
		switch visitor % adversaries {
		case flooding:
			for n := range 400 {
				s.send(visitor, 36000+int64(n*8), s.random.IntN(60), nil)
			}
		case deep:
			for n := range 400 {
				s.send(visitor, 3600+start+int64(n), max(0, n-380), nil)
			}
		case shifting:
			for n := range 60 {
				s.send(visitor, start+int64(n)*900, n, func(v *visitors.Sighting) {
					v.Env = hit.Pack(hit.Environment{
						Browser: hit.Browser(n % 5), Device: hit.Device(n % 5), System: hit.System(n % 7),
						Class: hit.NetworkClass(n % 4), Viewport: hit.Viewport(n % 6),
					})
				})
			}
		case roaming:
			for n := range 60 {
				s.send(visitor, start+int64(n/2)*1860+int64(n%2), n, func(v *visitors.Sighting) {
					v.Source, v.Channel = s.hosts[n%len(s.hosts)], hit.Channel(n%len(hit.ChannelCodes()))
				})
			}
		case faithful:
			for n := range 40 {
				s.send(visitor, start+int64(n)*1900, 0, func(v *visitors.Sighting) { v.Channel = hit.Search })
			}
		case hourly:
			for n := range 46 {
				s.send(visitor, 7200+30*int64(visitor)+int64(n)*1860, n/4, nil)
			}
		case twisted:
			for n := range 8 {
				s.send(visitor, 40000+start+int64(n)*1900, n, func(v *visitors.Sighting) { v.Kind = hit.NotFound })
				s.send(visitor, 40000+start+int64(n)*300, n, nil)
			}
		case lost:
			for n := range 120 {
				s.send(visitor, start+int64(n)*700, n/3, func(v *visitors.Sighting) {
					v.Kind, v.Seconds = hit.Kind(n%3), uint16(n%3/2*60)
				})
			}
		case alone:
			s.send(visitor, 50000+start, visitor, nil)
		case restless:
			for n, at := 0, start; n < 300; n++ {
				at += gaps[s.random.IntN(len(gaps))]
				s.send(visitor, max(at, 0), s.random.IntN(14), func(v *visitors.Sighting) {
					v.Channel = hit.Channel(s.random.IntN(3))
				})
			}
		}
	}
	s.mix()
}

// mix brings the stream into an order in which everybody's own sightings stay in theirs, and
// each comes near its time: a clock that was set back is that of its sender alone.
func (s *scene) mix() {
	latest, due := map[visitors.Mark]int64{}, map[int]int64{}
	order := make([]int, len(s.stream))
	for i, sent := range s.stream {
		latest[sent.Visitor] = max(latest[sent.Visitor], sent.At)
		order[i], due[i] = i, latest[sent.Visitor]
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(due[a], due[b]) })
	mixed := make([]visitors.Sighting, len(order))
	for i, place := range order {
		mixed[i] = s.stream[place]
	}
	s.stream = mixed
}

// A fate is what befalls the process on the way.
type fate struct {
	kills  []int // places of the stream at which it is killed, and goes on from its log
	losses []int // at which its state is lost with the log
}

// epochs is the most states that one visitor-day could have met.
func (f fate) epochs() int { return len(f.losses) + 1 }

// figures runs a stream without one visitor to its end, and returns the cells of each
// published measure, with those that pages are to be published by.
func figures(t *testing.T, c *statistic.Catalogue, stream []visitors.Sighting, without visitors.Mark, f fate) counters {
	t.Helper()
	table, log := journalled(t, c.Plan())
	cells := tally.New(c, []string{"alpha"}, day)
	all, stored := counters{}, counters{}
	take := func(h hit.Hit) {
		cells.Take(h)
		if h.Moves&hit.ViewCapped != 0 {
			all.add("pages capped_views", h.Page.Path(), 1)
		}
	}
	drain := func() {
		for _, batch := range cells.Cut() {
			if batch.Statistic != store.Meters {
				all.addPublished(t, c, batch)
			}
		}
	}
	for n, s := range stream {
		if slices.Contains(f.kills, n) { // what the log holds is counted anew
			all = stored.clone()
			cells = tally.New(c, []string{"alpha"}, day)
			table, log = reopened(t, log, c.Plan(), take)
		}
		if slices.Contains(f.losses, n) { // what was flushed stays
			drain()
			stored = all.clone()
			cells = tally.New(c, []string{"alpha"}, day)
			table, log = journalled(t, c.Plan())
		}
		if s.Visitor == without {
			continue
		}
		if h, err := table.Add(&s); err == nil {
			take(h)
		}
	}
	drain()
	return all
}

func (c counters) clone() counters {
	other := counters{}
	for name, cells := range c {
		other[name] = maps.Clone(cells)
	}
	return other
}

func (c counters) add(name, key string, n int64) {
	if c[name] == nil {
		c[name] = map[string]int64{}
	}
	c[name][key] += n
}

func (all counters) addPublished(t *testing.T, c *statistic.Catalogue, batch store.Batch) {
	t.Helper()
	st, ok := c.Find(batch.Statistic)
	if !ok {
		t.Fatalf("a batch of %s, which is not in the catalogue", batch.Statistic)
	}
	for _, cell := range batch.Cells {
		for _, p := range st.Published {
			all.add(st.ID+" "+p.Measure.String(), fmt.Sprint(cell.Keys), cell.Counts[p.Measure])
		}
	}
}

// drawn returns, for each published measure, the square of the distance that its noise
// covers: delta2, times what the ledger draws more than sigma2 on a day of so many epochs.
func drawn(t *testing.T, c *statistic.Catalogue, epochs int) map[string]*big.Rat {
	t.Helper()
	book, err := ledger.Open(t.TempDir(), bytesOf(5))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	asked := ledger.Reservation{Site: "alpha", Grain: ledger.Day, Period: day.String(), Epochs: epochs, Config: "c0ffee", Code: "v0.1"}
	add := func(id, measure string, delta2, sigma2 *big.Rat) {
		d, err := ledger.RatioOf(delta2)
		s, err2 := ledger.RatioOf(sigma2)
		if err != nil || err2 != nil {
			t.Fatal(err, err2)
		}
		asked.Draws = append(asked.Draws, ledger.Draw{Statistic: id, Measure: measure, Cells: 1, Delta2: d, Sigma2: s})
	}
	for _, st := range c.All() {
		for _, p := range st.Published {
			add(st.ID, p.Measure.String(), p.Delta2, p.Sigma2)
		}
	}
	add("pages", "capped_views", big.NewRat(90, 1), big.NewRat(900_000, 1)) // which could be published too
	got, err := book.Reserve(asked)
	if err != nil {
		t.Fatal(err)
	}
	covered := map[string]*big.Rat{}
	for _, d := range got.Draws {
		factor := new(big.Rat).Quo(d.Drawn.Rat(), d.Sigma2.Rat())
		covered[d.Statistic+" "+d.Measure] = factor.Mul(factor, d.Delta2.Rat())
	}
	return covered
}

// cellsOf returns in how many cells of each published measure one visitor-day may be.
func cellsOf(c *statistic.Catalogue) map[string]int64 {
	cells := map[string]int64{"pages capped_views": 10}
	for _, st := range c.All() {
		for _, p := range st.Published {
			most := int64(1)
			switch {
			case !st.Overlaps() || p.Measure == statistic.Arrivals:
			case p.Measure == statistic.Capped:
				most = 4
			case p.Measure == statistic.Reach:
				most = int64(st.Reach)
			default:
				most = 30 // views
			}
			cells[st.ID+" "+p.Measure.String()] = most
		}
	}
	return cells
}

// TestNoAdversaryAddsMore removes each visitor of adversarial streams in turn: the squares of
// what each published measure moves by add up to no more than its noise is made for, in no more
// cells than there may be, whether
// the process runs on, is killed within the stream and goes on from its log, or loses its
// state and says so. Each bound is met by some adversary, so it is tight; over two states
// each measure is moved by more than one of them covers, since each has caps of its own.
//
// Seen to fail when the sets forget what is beyond 300 members, when they are a Bloom filter
// of 1,024 bits, when visitors beyond the latest 8 are forgotten, when the environment is that of
// each hit, when a fourth view of a page counts, when views of an eleventh page do, when a third
// visit under one label of an hour or a fifth of the day does, when a visitor-day arrives in the
// channel of each visit, when a kill forgets the visits of before, and when the ledger draws as if
// there were one epoch.
func TestNoAdversaryAddsMore(t *testing.T) {
	c := boldCatalogue(t)
	const crowd = 2 * adversaries
	for _, tt := range []struct {
		name string
		fate func(length int) fate
	}{
		{"undisturbed", func(int) fate { return fate{} }},
		{"killed three times", func(n int) fate { return fate{kills: []int{n / 5, n / 2, n / 2 * 3 / 2}} }},
		{"with its state lost once", func(n int) fate { return fate{losses: []int{n / 2}} }},
		{"killed, lost, and killed", func(n int) fate { return fate{kills: []int{n / 4, n / 4 * 3}, losses: []int{n / 2}} }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newScene(t, 3)
			s.play(crowd)
			f := tt.fate(len(s.stream))
			covered, most, cells := drawn(t, c, f.epochs()), map[string]int64{}, cellsOf(c)
			whole := figures(t, c, s.stream, visitors.Mark{}, f)
			for visitor := range crowd {
				rest := figures(t, c, s.stream, mark(visitor), f)
				for name, bound := range covered {
					d := distance(whole[name], rest[name])
					if d.l0 > cells[name]*int64(f.epochs()) {
						t.Fatalf("without visitor %d (%d) %s moves in %d cells, want %d in each state at the most", visitor, visitor%adversaries, name, d.l0, cells[name])
					}
					moved := d.l2
					if new(big.Rat).SetInt64(moved).Cmp(bound) > 0 {
						t.Fatalf("without visitor %d (%d) %s moves by the square root of %d, its noise covers %s", visitor, visitor%adversaries, name, moved, bound.RatString())
					}
					most[name] = max(most[name], moved)
				}
			}
			for name, bound := range drawn(t, c, 1) {
				got := new(big.Rat).SetInt64(most[name]).Cmp(bound)
				if f.epochs() == 1 && got != 0 || f.epochs() > 1 && got <= 0 {
					t.Errorf("%s is moved by the square root of %d at the most, want an adversary to reach %s in each state", name, most[name], bound.RatString())
				}
			}
		})
	}
}
