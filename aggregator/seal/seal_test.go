package seal_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"math/big"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"oboro/aggregator/ledger"
	"oboro/aggregator/seal"
	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
	"oboro/collector/hit"
)

const day = statistic.Day(20_000)

// A shelf is a store that keeps seals and one period in RAM, as the contract of the store
// says, and calls what a test hangs on it.
type shelf struct {
	store.Sealer
	seals         map[statistic.Day]store.Seal
	period        *store.Summed
	shares        map[statistic.Day]store.Share
	before, after func() error
}

func (s *shelf) WriteSeal(_ context.Context, of store.Seal) error {
	return s.doing(func() {
		if _, sealed := s.seals[of.Period]; sealed {
			return
		}
		s.seals[of.Period] = of
		for _, share := range of.Shares {
			s.add(of.Period, share)
		}
	})
}

func (s *shelf) AddShare(_ context.Context, _ string, day statistic.Day, share store.Share) error {
	return s.doing(func() { s.add(day, share) })
}

func (s *shelf) doing(work func()) error {
	if s.before != nil {
		if err := s.before(); err != nil {
			return err
		}
	}
	work()
	if s.after != nil {
		return s.after()
	}
	return nil
}

// add adds a share to the sum of the period.
func (s *shelf) add(day statistic.Day, share store.Share) {
	if _, given := s.shares[day]; given {
		return
	}
	s.shares[day] = share
	s.period.Done++
	if s.period.Values == nil {
		s.period.Values = slices.Clone(share.Values)
		return
	}
	for i, m := range share.Values {
		s.period.Values[i].Value += m.Value
		s.period.Values[i].Sigma2 = new(big.Rat).Add(s.period.Values[i].Sigma2, m.Sigma2)
	}
}

func (s *shelf) BeginPeriod(_ context.Context, _, _ string, first statistic.Day, days int, keys [][]string) error {
	keys = slices.SortedFunc(slices.Values(keys), slices.Compare[[]string])
	return s.doing(func() {
		if s.period == nil {
			s.period = &store.Summed{Period: first, Days: days, Keys: keys}
		}
	})
}

func (s *shelf) ClosePeriod(context.Context, string, string, statistic.Day) error {
	if s.period.Done < s.period.Days {
		return store.ErrShort
	}
	return s.doing(func() { s.period.Closed = true })
}

func (s *shelf) Sums(_ context.Context, _, _ string, from, to statistic.Day) ([]store.Summed, error) {
	if s.period == nil || s.period.Period < from || s.period.Period > to {
		return nil, nil
	}
	return []store.Summed{*s.period}, nil
}

// A bench is a sealer with its ledger and store.
type bench struct {
	dir    string
	ledger *ledger.Ledger
	shelf  *shelf
	random *counting
	seal.Sealer
	reads   int  // of random bytes, until a trap springs between draws
	summing bool // pages are summed over October 2024
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{dir: t.TempDir(), reads: 2000, shelf: &shelf{seals: map[statistic.Day]store.Seal{}, shares: map[statistic.Day]store.Share{}}}
	b.open(t, 1)
	t.Cleanup(func() { b.ledger.Close() })
	return b
}

// open begins a new life of the process, with other random bytes.
func (b *bench) open(t *testing.T, seed byte) {
	t.Helper()
	if b.ledger != nil {
		b.ledger.Close()
	}
	var err error
	if b.ledger, err = ledger.Open(b.dir, bytesOf(0)); err != nil {
		t.Fatal(err)
	}
	c, err := statistic.Built(nil)
	if err != nil {
		t.Fatal(err)
	}
	if b.summing {
		sumPages(t, c)
	}
	b.shelf.before, b.shelf.after = nil, nil
	b.random = &counting{Reader: bytesOf(seed)}
	b.Sealer = seal.Sealer{Catalogue: c, Ledger: b.ledger, Store: b.shelf, Random: b.random, K: 10, Config: "config", Code: "code"}
}

// written returns what stands in the store of the day, as bytes.
func (b *bench) written(t *testing.T) []byte {
	t.Helper()
	of, ok := b.shelf.seals[day]
	if !ok {
		return nil
	}
	text, err := json.Marshal(of)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// result returns what the ledger has of the day, as bytes.
func (b *bench) result(t *testing.T) []byte {
	t.Helper()
	r, ok := b.ledger.Find("s", ledger.Day, day.String())
	if !ok {
		return nil
	}
	return b.outcome(t, r, b.written(t))
}

// builtIn is the catalogue as it is built in. It must not be changed.
var builtIn = sync.OnceValue(func() *statistic.Catalogue {
	c, err := statistic.Built(nil)
	if err != nil {
		panic(err) // a broken build
	}
	return c
})

// openDay returns a day of n visitor-days on phones, m on tablets and 1 on TV.
func openDay(n, m int64) seal.Day {
	var total store.Cell
	total.Site = "s"
	total.Counts[statistic.Visitors] = n + m + 1
	total.Counts[statistic.Capped] = n + m + 1
	of := func(key string, n int64) store.Cell { return cellOf(key, n, 0) }
	meters := store.Cell{Site: "s", Keys: []string{"bot"}}
	meters.Counts[statistic.Hits] = 3
	d := seal.Day{Site: "s", Day: day, Epochs: 1, Cells: map[string][]store.Cell{
		"days":       {total},
		"devices":    {of("phone", n), of("tablet", m), of("tv", 1)},
		"countries":  {of("JP", n+m+1)},
		"browsers":   {of("chrome", n+m), of("safari", 1)},
		store.Meters: {meters},
	}}
	for _, st := range builtIn().All() { // all else is not known
		if _, ok := d.Cells[st.ID]; !ok {
			if st.Grain != statistic.Daily {
				continue
			}
			d.Cells[st.ID] = nil
			if !st.Overlaps() && st.Of == hit.View {
				key := statistic.UnknownValue
				if keys := st.Domain(nil); len(keys) > 0 && !slices.ContainsFunc(keys, func(k []string) bool { return k[0] == key }) {
					key = keys[len(keys)-1][0]
				}
				d.Cells[st.ID] = []store.Cell{of(key, n+m+1)}
			}
		}
	}
	return d
}

func table(t *testing.T, of store.Seal, id string) store.Sealed {
	t.Helper()
	i := slices.IndexFunc(of.Tables, func(s store.Sealed) bool { return s.Statistic == id })
	if i < 0 {
		t.Fatalf("the seal names no table of %s", id)
	}
	return of.Tables[i]
}

// TestSealNamesEveryTable holds that a seal of a day names every daily statistic, no weekly one,
// and the meters, measures what is published and folds the rest. Seen to fail when the
// meters are left out, when tables without cells are, and when a day's seal names those of weeks.
func TestSealNamesEveryTable(t *testing.T) {
	b := newBench(t)
	if sealed, err := b.Seal(t.Context(), openDay(40, 12)); err != nil || !sealed {
		t.Fatalf("Seal = %v, %v", sealed, err)
	}
	of := b.shelf.seals[day]
	if of.Site != "s" || of.Grain != statistic.Daily || of.Period != day || of.Reservation == 0 || of.Epochs != 1 || of.Imported {
		t.Errorf("the seal is of %q %s %s, reservation %d, epochs %d, imported %v", of.Site, of.Grain, of.Period, of.Reservation, of.Epochs, of.Imported)
	}
	daily := 0
	for _, st := range b.Catalogue.All() {
		if st.Grain != statistic.Daily {
			continue
		}
		daily++
		if n := len(table(t, of, st.ID).Measurements); n != len(st.Published)*len(st.Domain(nil)) {
			t.Errorf("%s has %d measurements, want %d of %d keys", st.ID, n, len(st.Published), len(st.Domain(nil)))
		}
	}
	if got := table(t, of, store.Meters).Cells; len(got) != 1 || got[0].Keys[0] != "bot" || got[0].Counts[statistic.Hits] != 3 {
		t.Errorf("the meters are sealed as %+v, want 3 bots", got)
	}
	if got := table(t, of, "devices").Cells; len(got) != 2 || got[1].Keys[0] != statistic.Other || got[1].Counts[statistic.Visitors] != 13 {
		t.Errorf("devices are folded to %+v, want phones, and 13 others", got)
	}
	if len(of.Tables) != daily+1 {
		t.Errorf("the seal has %d tables, want one for each of %d statistics and the meters", len(of.Tables), daily)
	}
}

// TestNoiseComesBeforeTheFold seals neighbouring days with the same random bytes:
// measurements differ exactly as the open counts do, also where the fold differs
// by more, and where nothing is kept at all. Seen to fail when Measure is given
// folded cells.
func TestNoiseComesBeforeTheFold(t *testing.T) {
	for _, tt := range []struct {
		name           string
		phones, others int64
		rows           int
	}{
		{"a cell of exactly k, which one visitor-day less would fold", 40, 10, 2},
		{"a day of three visitor-days, which keeps nothing", 1, 1, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			more, less := newBench(t), newBench(t)
			for b, m := range map[*bench]int64{more: tt.others, less: tt.others - 1} {
				if _, err := b.Seal(t.Context(), openDay(tt.phones, m)); err != nil {
					t.Fatal(err)
				}
			}
			a, b := table(t, more.shelf.seals[day], "devices"), table(t, less.shelf.seals[day], "devices")
			if len(a.Cells) != tt.rows || len(a.Measurements) == 0 || len(a.Measurements) != len(b.Measurements) {
				t.Fatalf("%d rows and %d measurements, want %d rows and measurements of every key", len(a.Cells), len(a.Measurements), tt.rows)
			}
			for i, m := range a.Measurements {
				want := int64(0)
				if m.Keys[0] == "tablet" {
					want = 1
				}
				if got := m.Value - b.Measurements[i].Value; got != want {
					t.Errorf("%s: one tablet more changes the measurement by %d, want %d", m.Keys[0], got, want)
				}
			}
		})
	}
}

// TestVarianceGrows holds the variance that is drawn, and what the seal says of it.
// Seen to fail when epochs, or the meters of bounds, do not reach the ledger.
func TestVarianceGrows(t *testing.T) {
	for _, tt := range []struct {
		name   string
		epochs int
		meter  string
		factor int64
	}{
		{"one epoch", 1, "bot", 1},
		{"epochs not known are one", 0, "bot", 1},
		{"two epochs", 2, "bot", 4},
		{"three epochs", 3, "bot", 9},
		{"admission cap", 1, "over-cap", 2},
		{"shedding", 1, "shed", 2},
		{"a backlog", 1, "backlog", 2},
		{"the rate of a network", 1, "rate", 2},
		{"two epochs and shedding", 2, "shed", 8},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			d := openDay(40, 12)
			d.Epochs, d.Imported = tt.epochs, true
			d.Cells[store.Meters][0].Keys[0] = tt.meter
			if _, err := b.Seal(t.Context(), d); err != nil {
				t.Fatal(err)
			}
			of := b.shelf.seals[day]
			if of.Epochs != max(tt.epochs, 1) || !of.Imported {
				t.Errorf("the seal says %d epochs, imported %v", of.Epochs, of.Imported)
			}
			for _, m := range table(t, of, "devices").Measurements {
				if want := big.NewRat(495*tt.factor, 1); m.Sigma2.Cmp(want) != 0 {
					t.Fatalf("%s is measured with the variance %s, want %s", m.Keys, m.Sigma2, want)
				}
			}
		})
	}
}

// TestSealRefuses holds what is refused before anything is spent. Seen to fail when
// k is not looked at.
func TestSealRefuses(t *testing.T) {
	for _, k := range []int64{2, 0, -5} {
		b := newBench(t)
		b.K = k
		sealed, err := b.Seal(t.Context(), openDay(40, 12))
		if err == nil || sealed || !strings.Contains(err.Error(), "at least 3") {
			t.Errorf("with k %d, Seal = %v, %v, want it refused", k, sealed, err)
		}
		if _, spent := b.ledger.Find("s", ledger.Day, day.String()); spent || b.written(t) != nil || b.random.read > 0 {
			t.Errorf("with k %d, something was reserved, written or drawn", k)
		}
	}
}

// TestShortRandomnessFailsClosed ends the random bytes after each of many lengths:
// nothing of the day leaves memory, and but the reservation nothing is spent. Seen to
// fail when Measure leaves the rest of the keys out instead.
func TestShortRandomnessFailsClosed(t *testing.T) {
	for _, n := range []int64{0, 1, 7, 8, 1000, 30_000} {
		b := newBench(t)
		b.Random = io.LimitReader(bytesOf(1), n)
		if sealed, err := b.Seal(t.Context(), openDay(40, 12)); err == nil || sealed {
			t.Errorf("with %d random bytes, Seal = %v, %v, want it to fail", n, sealed, err)
		}
		if b.written(t) != nil || b.result(t) != nil {
			t.Errorf("with %d random bytes, something of the day stands in the store or the ledger", n)
		}
		if size, _ := b.ledger.Tree(); size != 2 {
			t.Errorf("with %d random bytes, the ledger has %d records, want its origin and the reservation", n, size)
		}
	}
}

// TestSealStopsWhereTheCatalogueChanged holds that a reservation whose statistic is
// switched off meanwhile is not drawn in part. Seen to fail when such draws are left
// out.
func TestSealStopsWhereTheCatalogueChanged(t *testing.T) {
	b := newBench(t)
	b.Random = strings.NewReader("")
	if _, err := b.Seal(t.Context(), openDay(40, 12)); err == nil {
		t.Fatal("Seal worked without random bytes")
	}
	b.open(t, 2)
	c, err := statistic.Built([]string{"devices"})
	if err != nil {
		t.Fatal(err)
	}
	b.Catalogue = c
	if _, err := b.Seal(t.Context(), openDay(40, 12)); err == nil || !strings.Contains(err.Error(), "devices, which is not enabled any more") {
		t.Errorf("Seal without a statistic that is reserved: %v, want an error that names it", err)
	}
	if b.written(t) != nil || b.result(t) != nil {
		t.Error("something of the day stands in the store or the ledger")
	}
}

var errCrash = errors.New("crash")

// TestOutcomeOfNineCountersIsRead: the outcome of a seal that was killed before the store
// had it may be of the version before engaged_seconds. Its counters keep their places,
// and it has no seconds. Seen to fail when the new measure is not the last one.
func TestOutcomeOfNineCountersIsRead(t *testing.T) {
	const file = `{"Site":"s","Tables":[{"Statistic":"pages","Cells":[{"Keys":["/"],"Counts":[9,8,7,6,5,4,3,2,1],"Merged":0}]}]}`
	var outcome store.Seal
	if err := json.Unmarshal([]byte(file), &outcome); err != nil {
		t.Fatal(err)
	}
	want := statistic.Counts{
		statistic.Visitors: 9, statistic.Reach: 8, statistic.Views: 7, statistic.Visits: 6, statistic.Capped: 5,
		statistic.Entries: 4, statistic.Exits: 3, statistic.Singles: 2, statistic.Hits: 1,
	}
	if got := outcome.Tables[0].Cells[0].Counts; got != want {
		t.Errorf("the counters are read as %v, want %v", got, want)
	}
}

// TestFileIsWhatTheStoreGets holds that the outcome that goes to the store without being
// read back is what its file says, so that a seal that is resumed writes the same. Seen
// to fail when a field of store.Seal is not in the file (json:"-" at Imported, and at
// Merged), and when what is sent is not what was encoded (Epochs one more).
func TestFileIsWhatTheStoreGets(t *testing.T) {
	b := newSums(t)
	d := openDay(40, 12)
	d.Imported, d.Epochs = true, 2
	d.Cells["pages"] = []store.Cell{cellOf("/令和8年度/ごみ", 30, 90), cellOf("/a&b", 1<<60, 1<<60), cellOf("/few", 9, 100)}
	var file []byte
	b.shelf.after = func() error {
		file = b.result(t) // before it is forgotten
		return nil
	}
	if _, err := b.Seal(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	var want store.Seal
	if err := json.Unmarshal(file, &want); err != nil {
		t.Fatal(err)
	}
	got := b.shelf.seals[day]
	for _, of := range []store.Seal{got, want} {
		lists := [][]store.Measurement{of.Shares[0].Values}
		for _, table := range of.Tables {
			lists = append(lists, table.Measurements)
		}
		for _, list := range lists {
			for i := range list { // a number has several forms in memory
				list[i].Sigma2, _ = new(big.Rat).SetString(list[i].Sigma2.RatString())
			}
		}
	}
	if !want.Imported || want.Epochs != 2 || len(table(t, want, "pages").Cells) == 0 || len(table(t, want, "countries").Measurements) == 0 {
		t.Errorf("the file is not of the day: %+v", want)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("the store got %+v, but the file says %+v", got, want)
	}
}
