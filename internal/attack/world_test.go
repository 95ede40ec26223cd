package attack

import (
	"context"
	"maps"
	"math/big"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"oboro/aggregator/ledger"
	"oboro/aggregator/seal"
	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
	"oboro/collector"
	"oboro/collector/hit"
)

// kin is what the wiring hands over.
var kin = seal.Kin{Channels: collector.ChannelsOf, Classes: collector.ClassesOf}

// A world is where days are sealed: the real sealer and ledger, and a store in RAM.
type world struct {
	seal.Sealer
	shelf  *shelf
	folder string
	random *rand.ChaCha8
	next   statistic.Day
	spent  *big.Rat // of the latest day
}

// newWorld begins a world with a catalogue, and with noise that is the same each time.
func newWorld(t *testing.T, c *statistic.Catalogue, k int64, seed byte) *world {
	t.Helper()
	w := &world{random: rand.NewChaCha8([32]byte{seed}), next: 1}
	w.Sealer = seal.Sealer{Catalogue: c, Random: w.random, K: k, Kin: kin, Config: "config", Code: "code"}
	w.begin(t)
	t.Cleanup(func() { w.end(t) })
	return w
}

// begin begins a ledger and a store. They are in RAM: nothing here is about disks.
func (w *world) begin(t *testing.T) {
	t.Helper()
	var err error
	if w.folder, err = os.MkdirTemp("/dev/shm", "oboro-attack-"); err != nil {
		w.folder = t.TempDir()
	}
	if w.Ledger, err = ledger.Open(w.folder, w.random); err != nil {
		t.Fatal(err)
	}
	w.shelf = &shelf{seals: map[statistic.Day]store.Seal{}}
	w.Store = w.shelf
}

func (w *world) end(t *testing.T) {
	t.Helper()
	if err := w.Ledger.Close(); err != nil {
		t.Error(err)
	}
	os.RemoveAll(w.folder)
}

// mostDays is how many days one ledger takes, so that it stays small.
const mostDays = 1000

// sealed seals the cells as those of the next day, and returns the seal.
func (w *world) sealed(t *testing.T, cells map[string][]store.Cell) store.Seal {
	t.Helper()
	if w.next%mostDays == 0 {
		w.end(t)
		w.begin(t)
	}
	day := w.next
	w.next++
	if done, err := w.Seal(t.Context(), seal.Day{Site: "s", Day: day, Cells: maps.Clone(cells), Epochs: 1}); err != nil || !done {
		t.Fatalf("seal: %v, %v", done, err)
	}
	r, _ := w.Ledger.Find("s", ledger.Day, day.String())
	w.spent = r.Rho()
	of := w.shelf.seals[day]
	delete(w.shelf.seals, day)
	return of
}

// A shelf is a store in RAM, as far as seals need it.
type shelf struct {
	store.Sealer
	seals   map[statistic.Day]store.Seal
	periods map[statistic.Day]*store.Summed
}

func (s *shelf) WriteSeal(_ context.Context, of store.Seal) error {
	s.seals[of.Period] = of
	for _, share := range of.Shares {
		s.add(share)
	}
	return nil
}

func (s *shelf) AddShare(_ context.Context, _ string, _ statistic.Day, share store.Share) error {
	s.add(share)
	return nil
}

func (s *shelf) add(share store.Share) {
	p := s.periods[share.Period]
	p.Done++
	if p.Values == nil {
		p.Values = slices.Clone(share.Values)
		return
	}
	for i, m := range share.Values {
		p.Values[i].Value += m.Value
		p.Values[i].Sigma2 = new(big.Rat).Add(p.Values[i].Sigma2, m.Sigma2)
	}
}

func (s *shelf) BeginPeriod(_ context.Context, _, _ string, first statistic.Day, days int, keys [][]string) error {
	if s.periods == nil {
		s.periods = map[statistic.Day]*store.Summed{}
	}
	keys = slices.SortedFunc(slices.Values(keys), slices.Compare[[]string])
	s.periods[first] = &store.Summed{Period: first, Days: days, Keys: keys}
	return nil
}

func (s *shelf) ClosePeriod(context.Context, string, string, statistic.Day) error { return nil }

func (s *shelf) Sums(_ context.Context, _, _ string, from, to statistic.Day) (list []store.Summed, err error) {
	for first, p := range s.periods {
		if first >= from && first <= to {
			list = append(list, *p)
		}
	}
	return list, nil
}

// builtIn is the catalogue as it is built in. It must not be changed.
func builtIn(t *testing.T) *statistic.Catalogue {
	t.Helper()
	c, err := statistic.Built(nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// cellOf returns a cell of so many visitor-days, with one visit and one view each.
func cellOf(n int64, keys ...string) store.Cell {
	c := store.Cell{Site: "s", Keys: keys}
	for _, m := range []statistic.Measure{
		statistic.Visitors, statistic.Reach, statistic.Views, statistic.Visits, statistic.Capped, statistic.Entries,
		statistic.Exits, statistic.Arrivals, statistic.CappedViews,
	} {
		c.Counts[m] = n
	}
	return c
}

// crowded are the visitor-days of a day but for the few that an attack is about.
const crowded = 200

// dayOf returns the open cells of a day: in each table a crowd has one value, few
// visitor-days another, and some a third. With one more, the victim, the few are one more,
// and it adds to each table as much as one visitor-day may: four visits, two in an hour,
// on ten pages.
func dayOf(c *statistic.Catalogue, few, some int64, victim bool) map[string][]store.Cell {
	cells := map[string][]store.Cell{store.Meters: {}}
	one := int64(0)
	if victim {
		one = 1
	}
	for _, st := range c.All() {
		cells[st.ID] = []store.Cell{}
		if st.Of != hit.View {
			continue
		}
		switch values := valuesOf(st); {
		case len(st.Dimensions) == 0:
			all := cellOf(crowded+few+some+one, []string{}...)
			addVisits(&all, 3*one)
			cells[st.ID] = append(cells[st.ID], all)
		case hit.Of(st.Dimensions...).Has(hit.ByHour):
			a, b := cellOf(crowded+few+one, values[0]...), cellOf(some+one, values[1]...)
			addVisits(&a, one)
			addVisits(&b, one)
			cells[st.ID] = append(cells[st.ID], a, b)
		case hit.Of(st.Dimensions...).Has(hit.ByPage):
			cells[st.ID] = append(cells[st.ID], cellOf(crowded, values[10]...))
			for _, page := range values[:10] {
				cells[st.ID] = append(cells[st.ID], cellOf(few+one, page...))
			}
		default:
			cells[st.ID] = append(cells[st.ID], cellOf(crowded, values[0]...), cellOf(few+one, values[1]...), cellOf(some, values[2]...))
		}
	}
	return cells
}

// addVisits adds more visits of visitor-days that have one.
func addVisits(c *store.Cell, n int64) {
	for _, m := range []statistic.Measure{statistic.Visits, statistic.Capped, statistic.Views} {
		c.Counts[m] += n
	}
}

// valuesOf returns some keys of a statistic, at least eleven of pages and else three.
func valuesOf(st *statistic.Statistic) [][]string {
	var pages []string
	for i := range 12 {
		pages = append(pages, "/"+string(rune('a'+i)))
	}
	if keys := st.Domain(pages); len(keys) >= 3 {
		return keys
	}
	return [][]string{{"one"}, {"two"}, {"three"}}
}
