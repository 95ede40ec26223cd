package aggregator_test

import (
	"context"
	"errors"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"oboro/aggregator"
	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
	"oboro/collector/hit"
)

// A joint store is one for several collectors.
type joint struct {
	*faulty
	mu    sync.Mutex
	marks map[string]statistic.Day
	on    map[statistic.Day]bool

	latest map[string]store.Instance
	absent map[statistic.Day][]string
	read   func() // to do once, when a table is read
	asked  func() // to do once, before the marks are told
	said   int    // times that one of them was said
}

// newJoint returns one over the store of a world.
func newJoint(of *faulty) *joint {
	return &joint{
		faulty: of, marks: map[string]statistic.Day{}, on: map[statistic.Day]bool{},
		latest: map[string]store.Instance{}, absent: map[statistic.Day][]string{},
	}
}

func (j *joint) Enter(_ context.Context, collector string, id [16]byte) (store.Instance, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.latest[collector].ID != id {
		j.latest[collector] = store.Instance{Number: j.latest[collector].Number + 1, ID: id}
	}
	return j.latest[collector], nil
}

func (j *joint) Latest(_ context.Context, collector string) (store.Instance, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.latest[collector], nil
}

func (j *joint) SealWithout(_ context.Context, day statistic.Day, collectors []string) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.said++
	all := slices.Sorted(slices.Values(append(j.absent[day], collectors...)))
	j.absent[day] = slices.Compact(all)
	return nil
}

func (j *joint) Closed(_ context.Context, day statistic.Day) (bool, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return len(j.absent[day]) > 0, nil
}

// Open yields the cells, and once they are read does what is to happen then.
func (j *joint) Open(ctx context.Context, table store.Table) iter.Seq2[store.Cell, error] {
	return func(yield func(store.Cell, error) bool) {
		for c, err := range j.faulty.Open(ctx, table) {
			if !yield(c, err) {
				return
			}
		}
		if then := j.read; then != nil {
			j.read = nil
			then()
		}
	}
}

func (j *joint) Absent(context.Context) ([]string, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.absent) == 0 {
		return nil, nil
	}
	return slices.Clone(j.absent[slices.Max(slices.Collect(maps.Keys(j.absent)))]), nil
}

func (j *joint) Mark(_ context.Context, collector string, day statistic.Day) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.marks[collector] = max(j.marks[collector], day)
	return nil
}

func (j *joint) Marks(context.Context) (map[string]statistic.Day, error) {
	if then := j.asked; then != nil {
		j.asked = nil
		then()
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	return maps.Clone(j.marks), nil
}

func (j *joint) GoOn(ctx context.Context, day statistic.Day) error {
	j.mu.Lock()
	first := !j.on[day]
	j.on[day] = true
	j.mu.Unlock()
	if !first {
		return nil
	}
	_, err := j.BeginEpoch(ctx, day)
	return err
}

// several returns a world whose one store the collectors write to, and its aggregator seals.
func several(t *testing.T, names ...string) (w *world, j *joint, collectors []*aggregator.Aggregator) {
	t.Helper()
	w = newWorld(t)
	j = newJoint(w.store)
	for _, name := range names {
		a, err := aggregator.New(t.Context(), w.config(func(c *aggregator.Config) { c.Store, c.Ledger, c.Collector = j, nil, name }))
		if err != nil {
			t.Fatal(err)
		}
		collectors = append(collectors, a)
	}
	var err error
	w.Aggregator, err = aggregator.New(t.Context(), w.config(func(c *aggregator.Config) {
		c.Store, c.Collectors, c.Wait = j, names, time.Hour
	}))
	if err != nil {
		t.Fatal(err)
	}
	return w, j, collectors
}

// turnAll turns the day of collectors, without a RAM log.
func turnAll(t *testing.T, day hit.Day, collectors ...*aggregator.Aggregator) {
	t.Helper()
	for _, a := range collectors {
		if err := a.Turned(day, func([][]byte) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
}

func flushAll(t *testing.T, collectors ...*aggregator.Aggregator) {
	t.Helper()
	for _, a := range collectors {
		if err := a.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// TestSealWaitsForEachCollector: a day is sealed once each collector has marked it, with the hits
// of all; of collectors that go on, a day is one epoch. Seen to fail when marks were not asked for
// and when each that went on was an epoch.
func TestSealWaitsForEachCollector(t *testing.T) {
	w, j, two := several(t, "one", "two")
	turnAll(t, first, two...)
	turnAll(t, first+1, two...)
	for i, a := range two {
		for range 20 + i {
			a.Take(visit(first+1, 0, hit.Phone))
		}
	}
	flushAll(t, two...)
	two[1].Take(visit(first+1, 0, hit.Phone))
	turnAll(t, first+2, two...)
	w.set(first+2, time.Minute)
	flushAll(t, two[0])
	w.store.add = always(before)
	if err := two[1].Flush(t.Context()); err == nil {
		t.Fatal("a flush that failed said nothing")
	}
	if j.marks["two"] != first {
		t.Errorf("two has marked %s before its batches are in", j.marks["two"])
	}
	done, err := w.SealThrough(t.Context(), first+1)
	if !errors.Is(err, aggregator.ErrWaits) || !strings.Contains(err.Error(), "two") || strings.Contains(err.Error(), "one,") {
		t.Errorf("SealThrough before two has marked the day = %v, %v, want an error that names it", done, err)
	}
	w.store.add = nil
	flushAll(t, two[1])
	sealThrough(t, w, first+1)
	if got := w.visitors(t, "days", "alpha", first+1); got[""] != 42 {
		t.Errorf("the day is sealed with %d visitor-days, want 42 of both", got[""])
	}
	days, err := w.Quality(t.Context(), "alpha", first, first+1)
	if err != nil || days[0].Epochs != 2 || days[1].Epochs != 1 {
		t.Errorf("the days have the epochs %+v, %v, want 2 of the day that both began on, then 1", days, err)
	}
	if missing := w.Missing(); len(missing) != 0 {
		t.Errorf("missing are %q, want none", missing)
	}
}

// TestLastEpochMeetsTheSeal: an epoch that a collector begins, and the mark that it writes behind it, while
// the seal begins are both seen, or neither: noise of too few epochs would be too small. Seen to fail when the
// epochs were read before the marks.
func TestLastEpochMeetsTheSeal(t *testing.T) {
	w, j, two := several(t, "one", "two")
	turnAll(t, first, two...)
	for _, a := range two {
		a.Take(visit(first, 0, hit.Phone))
	}
	turnAll(t, first+1, two...)
	flushAll(t, two[0])
	w.set(first+1, time.Minute)
	j.asked = func() { flushAll(t, two[1]) }
	sealThrough(t, w, first)
	seals, err := w.store.Seals(t.Context(), "alpha", "", first, first)
	if err != nil || len(seals) != 1 || seals[0].Epochs != 2 {
		t.Errorf("the seals are %+v, %v, want one of 2 epochs", seals, err)
	}
}

// TestMissingCollectorIsNamed: past the time that a day waits it is sealed without a collector,
// which is named and counts as an epoch; what that one writes later is held. A later process of the
// one that seals names it as well, until a day is sealed with all. Seen to fail when the day waited
// for ever, when the epoch was left out, when the name was, when the store was not asked for it at
// the start, when days sealed with all were not noted, and when it was said again for each site.
func TestMissingCollectorIsNamed(t *testing.T) {
	w, j, two := several(t, "one", "two")
	turnAll(t, first, two...)
	for i, a := range two {
		for range 20 + i {
			a.Take(visit(first, 0, hit.Phone))
		}
	}
	flushAll(t, two[0])
	turnAll(t, first+1, two...)
	flushAll(t, two[0])
	w.set(first+1, 59*time.Minute)
	if _, err := w.SealThrough(t.Context(), first); !errors.Is(err, aggregator.ErrWaits) {
		t.Errorf("SealThrough before the hour = %v, want %v", err, aggregator.ErrWaits)
	}
	w.set(first+1, time.Hour)
	sealThrough(t, w, first)
	if got := w.visitors(t, "days", "alpha", first); got[""] != 20 {
		t.Errorf("the day is sealed with %d visitor-days, want the 20 of one", got[""])
	}
	if j.said != 1 {
		t.Errorf("who was missing is said %d times for two sites of one day, want once", j.said)
	}
	if log := w.log.String(); !slices.Equal(w.Missing(), []string{"two"}) || !strings.Contains(log, `"collector":"two"`) {
		t.Errorf("missing are %q, want two, and the log %q to name it", w.Missing(), log)
	}
	days, err := w.Quality(t.Context(), "alpha", first, first)
	if err != nil || days[0].Epochs != 2 { // one's, and the missing one's
		t.Errorf("the day has the epochs %+v, %v, want 2", days, err)
	}
	flushAll(t, two[1])
	if held, cells := two[1].Held(); held == 0 || cells == 0 {
		t.Errorf("%d batches of %d cells of the late collector are held, want all", held, cells)
	}
	if got := w.visitors(t, "days", "alpha", first); got[""] != 20 {
		t.Errorf("after the late batches the day has %d visitor-days, want 20", got[""])
	}
	if j.marks["two"] != first {
		t.Errorf("the late collector has marked %s, want %s", j.marks["two"], first)
	}
	sealing := func(c *aggregator.Config) { c.Store, c.Collectors, c.Wait = j, []string{"one", "two"}, time.Hour }
	again := func() *aggregator.Aggregator {
		a, err := aggregator.New(t.Context(), w.config(sealing))
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	w.Aggregator = again()
	if !slices.Equal(w.Missing(), []string{"two"}) {
		t.Errorf("after a restart missing are %q, want two", w.Missing())
	}
	turnAll(t, first+2, two...)
	w.set(first+2, time.Minute)
	flushAll(t, two...)
	sealThrough(t, w, first+1)
	if missing := append(w.Missing(), again().Missing()...); len(missing) != 0 {
		t.Errorf("once a day is sealed with all, missing are %q, want none", missing)
	}
}

// TestLateBatchMeetsTheSeal: what a missing collector writes while its day is being sealed, after the
// cells were read, is held, and so is what it sent before it could know; on days that are not
// closed its batches count. Seen to fail when nobody asked whether the day was closed, when the day was
// closed after it was read, and when it was asked before a batch alone.
func TestLateBatchMeetsTheSeal(t *testing.T) {
	for _, tt := range []struct {
		name string
		when func(w *world, j *joint, write func())
	}{
		{"while its day is sealed", func(_ *world, j *joint, write func()) { j.read = write }},
		{"right before it is closed", func(w *world, j *joint, write func()) {
			sealing := false
			w.store.add = func() fault { // the batch is under way when the day is sealed
				if !sealing {
					sealing = true
					if err := j.SealWithout(t.Context(), first, []string{"two"}); err != nil {
						t.Error(err)
					}
				}
				return none
			}
			write()
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w, j, two := several(t, "one", "two")
			turnAll(t, first, two...)
			for i, a := range two {
				for range 20 + i {
					a.Take(visit(first, 0, hit.Phone))
				}
			}
			turnAll(t, first+1, two...)
			flushAll(t, two[0])
			w.set(first+1, time.Hour)
			tt.when(w, j, func() { flushAll(t, two[1]) })
			sealThrough(t, w, first)
			held, _ := two[1].Held()
			if held == 0 {
				t.Error("what came late is nowhere: no batch is held")
			}
			if got := w.visitors(t, "days", "alpha", first)[""]; got != 20 && got != 41 {
				t.Errorf("the day has %d visitor-days, want the 20 of one, or all 41", got)
			}
			two[1].Take(visit(first+1, 0, hit.Phone))
			flushAll(t, two[1])
			if now, _ := two[1].Held(); now != held {
				t.Errorf("%d batches are held, want the %d of the day that is closed", now, held)
			}
		})
	}
}

// TestLaterProcessReplaces: of two processes with the name of one collector the earlier one finds the
// later one with its next flush. It writes all that it has taken, takes no more, and marks no day; one
// that was killed and began again replaces nobody that is alive. Seen to fail when nobody looked for a
// later one, when the earlier one stopped to write, when it went on to mark, and when a process took
// its own entry for another's.
func TestLaterProcessReplaces(t *testing.T) {
	w, j, earlier := several(t, "one")
	turnAll(t, first, earlier...)
	flushAll(t, earlier...)
	j.latest["one"] = store.Instance{Number: 3, ID: j.latest["one"].ID} // its first entry had no answer
	flushAll(t, earlier...)
	if earlier[0].Replaced() {
		t.Fatal("a process that is alone takes its own entry for another's")
	}
	later, err := aggregator.New(t.Context(), w.config(func(c *aggregator.Config) { c.Store, c.Ledger, c.Collector = j, nil, "one" }))
	if err != nil {
		t.Fatal(err)
	}
	turnAll(t, first, later)
	flushAll(t, later)
	for range 20 {
		earlier[0].Take(visit(first, 0, hit.Phone))
	}
	for range 21 {
		later.Take(visit(first, 0, hit.Phone))
	}
	flushAll(t, earlier...)
	if log := w.log.String(); !earlier[0].Replaced() || !strings.Contains(log, "another process") || !strings.Contains(log, `"collector":"one"`) {
		t.Errorf("Replaced of the earlier process = %v, want true, and the log %q to say so", earlier[0].Replaced(), log)
	}
	turnAll(t, first+1, earlier[0], later)
	flushAll(t, earlier...)
	if day, marked := j.marks["one"]; marked && day >= first {
		t.Errorf("the earlier process has marked %s, which is the later one's to mark", day)
	}
	flushAll(t, later)
	if later.Replaced() || j.marks["one"] != first {
		t.Errorf("Replaced of the later process = %v, and it has marked %s, want false, %s", later.Replaced(), j.marks["one"], first)
	}
	w.set(first+1, time.Minute)
	sealThrough(t, w, first)
	if got := w.visitors(t, "days", "alpha", first); got[""] != 41 {
		t.Errorf("the day is sealed with %d visitor-days, want 41 of both", got[""])
	}
}

// TestRestartOfACollectorIsAnEpoch: others had its addresses while it was down. Seen to fail when
// the day that was taken back was not counted.
func TestRestartOfACollectorIsAnEpoch(t *testing.T) {
	w, _, _ := several(t, "one")
	var records [][]byte
	of := func(c *aggregator.Config) {
		c.Store, c.Ledger, c.Collector = newJoint(w.store), nil, "one"
		c.Record = func(record []byte) error { records = append(records, slices.Clone(record)); return nil }
	}
	begin := func() *aggregator.Aggregator {
		a, err := aggregator.New(t.Context(), w.config(of))
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	turned := func(a *aggregator.Aggregator, day hit.Day) {
		if err := a.Turned(day, func(list [][]byte) error { records = list; return nil }); err != nil {
			t.Fatal(err)
		}
	}
	one := begin()
	turned(one, first)
	turned(one, first+1)
	flushAll(t, one)
	again := begin()
	for _, record := range slices.Clone(records) {
		if err := again.Replay(record); err != nil {
			t.Fatal(err)
		}
	}
	if err := again.Rejoin(); err != nil {
		t.Fatal(err)
	}
	turned(again, first+2)
	turned(again, first+3)
	flushAll(t, again)
	epochs, err := w.store.Epochs(t.Context(), first, first+3)
	want := map[statistic.Day]int{first: 1, first + 1: 2, first + 2: 1, first + 3: 1}
	if err != nil || !maps.Equal(epochs, want) {
		t.Errorf("the epochs are %v, %v, want %v", epochs, err, want)
	}
	if days := aggregator.Begun(again); len(days) != 0 {
		t.Errorf("the days %v wait", days)
	}
}

// TestCollectorThatIsBackGoesOn: one that was started again is an epoch more on that day, and goes
// on in the next as the others do, unless midnight came before a balancer can have settled.
// Seen to fail when what was taken back did not go on, and when it went on at whatever time it was back.
func TestCollectorThatIsBackGoesOn(t *testing.T) {
	for _, tt := range []struct {
		name string
		back time.Duration // time of the day on which it is back
		want int           // epochs of the day after
	}{
		{"by day", 15 * time.Hour, 1},
		{"ten minutes before midnight", 24*time.Hour - 10*time.Minute, 1},
		{"right before midnight", 24*time.Hour - 10*time.Minute + time.Second, 2},
		{"after midnight", 24*time.Hour + time.Second, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w, j, two := several(t, "one", "two")
			turnAll(t, first, two...)
			w.set(first, tt.back)
			again, err := aggregator.New(t.Context(), w.config(func(c *aggregator.Config) { c.Store, c.Ledger, c.Collector = j, nil, "two" }))
			if err != nil {
				t.Fatal(err)
			}
			for _, record := range two[1].Kept() {
				if err := again.Replay(record); err != nil {
					t.Fatal(err)
				}
			}
			if err := again.Rejoin(); err != nil {
				t.Fatal(err)
			}
			w.set(first+1, time.Minute)
			turnAll(t, first+1, two[0], again)
			flushAll(t, two[0], again)
			epochs, err := w.store.Epochs(t.Context(), first+1, first+1)
			if err != nil || epochs[first+1] != tt.want {
				t.Errorf("the day after has %d epochs, %v, want %d", epochs[first+1], err, tt.want)
			}
		})
	}
}

// TestWeekOfCollectorsWithoutCells: a week in which no collector counted anything by the week is sealed,
// as one without broken links, where the aggregator was there before it ended; where it came later, nobody
// knows by what was counted, and the week is not measured. Seen to fail when the aggregator of collectors
// has counted since never, and when it has since ever.
func TestWeekOfCollectorsWithoutCells(t *testing.T) {
	for _, tt := range []struct {
		name  string
		later bool // the aggregator is another one, of the Monday after
	}{{"there before", false}, {"came later", true}} {
		t.Run(tt.name, func(t *testing.T) {
			w, j, two := several(t, "one", "two")
			for n := range hit.Day(3) { // Saturday to Monday
				turnAll(t, first+n, two...)
				flushAll(t, two...)
			}
			w.set(first+2, 2*time.Hour)
			if tt.later {
				var err error
				if w.Aggregator, err = aggregator.New(t.Context(), w.config(func(c *aggregator.Config) {
					c.Store, c.Collectors, c.Wait = j, []string{"one", "two"}, time.Hour
				})); err != nil {
					t.Fatal(err)
				}
			}
			var weeks []hit.Day
			for _, s := range sealThrough(t, w, first+1) {
				if s.Week && s.Site == "alpha" {
					weeks = append(weeks, s.Day)
				}
			}
			if sealed := slices.Equal(weeks, []hit.Day{first - 5}); sealed == tt.later || len(weeks) > 1 {
				t.Errorf("the weeks %v are sealed, want that of %s: %t", weeks, first-5, !tt.later)
			}
		})
	}
}
