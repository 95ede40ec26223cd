package aggregator_test

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"testing"

	"oboro/aggregator"
	"oboro/aggregator/ledger"
	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
	"oboro/aggregator/tally"
	"oboro/collector/hit"
)

// An entry of a log is a record of the aggregator, or what the collector replays.
type entry struct {
	record []byte
	hit    *hit.Hit
	meter  string
}

// A place is where something is counted.
type place struct {
	statistic string
	day       hit.Day
	site, key string
}

// A journalled world has a log that outlives its aggregators, and counts everything
// again in the plainest way: one tally for each life of the visitor state.
type journalled struct {
	*world
	t      *testing.T
	random *rand.Rand
	day    hit.Day
	log    []entry

	full, dies func() bool // what becomes of the next record: no room, or the process ends
	dead       bool        // it has ended; nothing is written any more
	plain      *tally.Tally
	want       map[place]statistic.Counts
	states     map[hit.Day]int // lives of the visitor state, by day
	doubtful   map[hit.Day]int // epochs that the store may have been told of twice
	sent       []sent
	kinds      map[byte]int // of the records that the aggregators were given back
}

var (
	errRoom = errors.New("the log is full for the test")
	errDead = errors.New("the process has ended for the test")
)

func never() bool { return false }

// nextPages is the statistic whose cells have two keys.
const nextPages = `- id: next-pages
  title: {ja: 次のページ, en: Next pages}
  purpose: {ja: 次のページを知る。, en: See next pages.}
  dimensions: [page, next]
  measures: [visitors]
  grain: day
  retention: 25
  reach: 5
  audience: team
`

func newJournalled(t *testing.T, seed uint64) *journalled {
	j := &journalled{
		t: t, world: newWorld(t), random: rand.New(rand.NewPCG(seed, 3)), day: first, want: map[place]statistic.Counts{},
		states: map[hit.Day]int{}, doubtful: map[hit.Day]int{}, kinds: map[byte]int{},
	}
	j.full, j.dies = never, never
	j.world.record = j.append
	var err error
	if j.world.catalogue, err = statistic.Built(nil, []byte(nextPages)); err != nil {
		t.Fatal(err)
	}
	j.life()
	j.turn(j.day)
	return j
}

// life begins a life of the process, on the log as it is.
func (j *journalled) life() {
	j.t.Helper()
	if j.store != nil {
		j.sent = append(j.sent, j.store.sent...)
	}
	faults := j.store
	j.end()
	j.begin(j.t)
	if faults != nil {
		j.store.add, j.store.epoch = faults.add, faults.epoch
	}
	j.dead = false
	for _, e := range j.log {
		if err := j.replay(e); err != nil {
			j.t.Fatalf("replay of a record of kind %c: %v", e.record[0], err)
		}
	}
}

func (j *journalled) replay(e entry) error {
	switch {
	case e.hit != nil:
		j.Take(*e.hit)
	case e.meter != "":
		j.Meter(j.day, 0, e.meter)
	default:
		j.kinds[e.record[0]]++
		return j.Replay(e.record)
	}
	return nil
}

// append is the RAM log of the aggregator.
func (j *journalled) append(record []byte) error {
	switch {
	case j.dead:
		return errDead
	case j.full():
		j.note(record)
		return errRoom
	case j.dies():
		j.dead = true
		if j.random.IntN(2) == 0 { // after the record stood
			j.log = append(j.log, entry{record: bytes.Clone(record)})
			return errDead
		}
		j.note(record)
		return errDead
	}
	j.log = append(j.log, entry{record: bytes.Clone(record)})
	return nil
}

// note notes that the store was told of an epoch and the log was not.
func (j *journalled) note(record []byte) {
	if record[0] == 'E' {
		j.doubt()
	}
}

// doubt allows one more epoch: of each day, since it is not known of which.
func (j *journalled) doubt() {
	for day := first; day <= j.day; day++ {
		j.doubtful[day]++
	}
}

// turn turns the day, through failures and deaths at any step of it.
func (j *journalled) turn(day hit.Day) {
	j.t.Helper()
	for stands := false; !stands; {
		err := j.Turned(day, func(records [][]byte) error {
			if j.dead || j.full() {
				return errRoom
			}
			stands = true
			j.log = nil
			for _, r := range records {
				j.log = append(j.log, entry{record: bytes.Clone(r)})
			}
			if j.dies() {
				j.dead = true
				return errDead
			}
			return nil
		})
		if stands {
			j.settle()
			j.day = day
			j.states[day]++
			j.plain = tally.New(j.catalogue, []string{"alpha", "beta"}, day)
		}
		if err == nil {
			continue
		}
		if j.dead || j.random.IntN(2) == 0 {
			j.life()
		} else {
			j.Flush(j.t.Context())
		}
	}
}

// settle adds what the plain tally has counted to what is wanted.
func (j *journalled) settle() {
	if j.plain == nil {
		return
	}
	for _, b := range j.plain.Cut() {
		for _, c := range b.Cells {
			at := place{b.Statistic, b.Period, c.Site, fmt.Sprint(c.Keys)}
			sum := j.want[at]
			sum.Add(c.Counts)
			if j.want[at] = sum; sum.IsZero() {
				delete(j.want, at)
			}
		}
	}
}

// take takes a hit, or a meter, as the collector does: once it stands in the log.
func (j *journalled) take() {
	if j.random.IntN(4) == 0 {
		reason := []string{"bot", "objection", "shed"}[j.random.IntN(3)]
		j.log = append(j.log, entry{meter: reason})
		j.Meter(j.day, 0, reason)
		j.plain.Meter(0, reason)
		return
	}
	h := j.hit()
	j.log = append(j.log, entry{hit: &h})
	j.Take(h)
	j.plain.Take(h)
}

// hit returns a hit with labels, some of which are listed from some hit on.
func (j *journalled) hit() hit.Hit {
	page := func() hit.Page {
		p, _ := hit.ParsePage(fmt.Sprintf("/%d", j.random.IntN(6)))
		return p
	}
	h := visit(j.day, hit.Site(j.random.IntN(2)), hit.Device(j.random.IntN(3)))
	h.Page, h.Hour, h.Seen, h.Reach, h.Listed = page(), hit.Hour(j.random.IntN(24)), j.random.Uint32(), j.random.Uint32(), 0
	if j.random.IntN(6) == 0 {
		h.Listed = hit.Of(hit.ByPage)
	}
	switch j.random.IntN(5) {
	case 0:
		h.Kind, h.Moves = hit.NotFound, 0
	case 1:
		h.Moves, h.Left = hit.Follows, hit.Left{Page: page(), Hour: 3}
		if h.Left.Page != h.Page {
			h.Moves |= hit.Onward | hit.Nameless*hit.Moves(j.random.IntN(2))
			h.Listed |= hit.Of(hit.ByNext) * hit.Dimensions(j.random.IntN(4)/3)
		}
	case 2:
		h.Kind, h.Moves, h.Seen, h.Reach, h.Seconds = hit.Engaged, 0, 0, 0, uint16(1+j.random.IntN(1800))
	}
	return h
}

// adopt begins a life with another configuration: what was counted is frozen under
// the old one and handed over, and the visitor state begins anew.
func (j *journalled) adopt() {
	j.t.Helper()
	j.world.record = nil
	j.life()
	if err := j.Freeze(); err != nil {
		j.t.Fatal(err)
	}
	j.log = nil
	for _, r := range j.Kept() {
		j.log = append(j.log, entry{record: bytes.Clone(r)})
	}
	j.world.record = j.append
	j.life()
	j.turn(j.day)
}

// compare holds the open cells of the store against the plain count, and the epochs
// of each day against the lives of its state.
func (j *journalled) compare() {
	j.t.Helper()
	j.settle()
	epochs, err := j.store.Epochs(j.t.Context(), first, j.day)
	if err != nil {
		j.t.Fatal(err)
	}
	got := map[place]statistic.Counts{}
	for day := first; day <= j.day; day++ {
		if n := epochs[day]; n < j.states[day] || n > j.states[day]+j.doubtful[day] {
			j.t.Errorf("%s has %d epochs, want %d and at most %d more", day, n, j.states[day], j.doubtful[day])
		}
		for _, id := range append(j.ids(), store.Meters) {
			for _, site := range []string{"alpha", "beta"} {
				table := store.Table{Statistic: id, Site: site, Period: day}
				if st, ok := j.catalogue.Find(id); ok {
					table.Grain, table.Period = st.Grain, st.Grain.Period(day)
				}
				for c, err := range j.store.Open(j.t.Context(), table) {
					if err != nil {
						j.t.Fatal(err)
					}
					got[place{id, table.Period, site, fmt.Sprint(c.Keys)}] = c.Counts
				}
			}
		}
	}
	for at, counts := range j.want {
		if got[at] != counts {
			j.t.Errorf("%+v counts %v, want %v", at, got[at], counts)
		}
	}
	for at := range got {
		if _, ok := j.want[at]; !ok {
			j.t.Errorf("%+v counts %v, want nothing", at, got[at])
		}
	}
}

func (j *journalled) ids() (ids []string) {
	for _, st := range j.catalogue.All() {
		ids = append(ids, st.ID)
	}
	return ids
}

// once in n asks fails.
func (j *journalled) once(n int) func() bool { return func() bool { return j.random.IntN(n) == 0 } }

// TestKilledAggregatorCountsOnce kills aggregators at random, between and within
// flushes and changes of day, with a store that fails before and after it has done
// its work, a log that is full at times, and configurations that change. At the end
// the store has every hit once, a batch that was sent again was the same batch, and
// no day has too few epochs.
//
// Seen to fail when a batch is sent that does not stand in the log, when a flush
// settles what does not stand, when replay counts frozen hits again or loses the ids
// of batches, when the note of a delivered batch drops the latest one, when what waits
// is not kept over a change of day, when the epoch of the day under way is not handed
// over, and when a change of day that fails has begun the day all the same.
func TestKilledAggregatorCountsOnce(t *testing.T) {
	batches, again := 0, 0
	kinds := map[byte]int{}
	for seed := range uint64(6) {
		j := newJournalled(t, seed)
		next := func() (f fault) {
			if j.dead { // it sends nothing any more
				return before
			}
			if j.random.IntN(3) == 0 {
				f = fault(j.random.IntN(3))
			}
			return f
		}
		j.store.add = next
		j.store.epoch = func() fault {
			f := next()
			if f == after {
				j.doubt()
			}
			return f
		}
		j.full, j.dies = j.once(9), j.once(25)
		for range 120 {
			for range j.random.IntN(6) {
				j.take()
			}
			switch j.random.IntN(16) {
			case 0:
				j.life()
			case 1:
				j.turn(j.day + 1)
			case 2:
				if j.random.IntN(3) == 0 {
					j.adopt()
				}
			case 3, 4, 5, 6, 7:
				j.Flush(t.Context()) // which may fail
			}
			if j.dead {
				j.life()
			}
		}
		j.full, j.dies = never, never
		j.store.add, j.store.epoch = nil, nil
		flush(t, j.world)
		j.compare()
		j.sent = append(j.sent, j.store.sent...)
		ids := map[store.BatchID]store.Batch{}
		for _, s := range j.sent {
			if b, ok := ids[s.id]; ok && !reflect.DeepEqual(b, s.batch) {
				t.Errorf("seed %d: another batch of %s is sent under an id that was used before", seed, s.batch.Statistic)
			} else if ok {
				again++
			}
			ids[s.id] = s.batch
		}
		batches += len(ids)
		for k, n := range j.kinds {
			kinds[k] += n
		}
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
	if batches < 300 || again < 50 {
		t.Errorf("%d batches were sent, %d of them again: too few to tell", batches, again)
	}
	if got := slices.Sorted(maps.Keys(kinds)); string(got) != "ABDEGI" {
		t.Errorf("replayed were records of the kinds %s, want each of ABDEGI", got)
	}
}

// TestDaysMetSurviveKills: a day counts once in a cell of a week, when 3 visitor-days stand in it,
// over flushes and kills before and after. Seen to fail when a flush forgets the visitor-days
// before it, when replay does, and when each flush counts the day again.
func TestDaysMetSurviveKills(t *testing.T) {
	j := newJournalled(t, 2)
	flush(t, j.world)
	took := int64(0)
	for _, step := range []struct {
		take int64
		kill bool
		want int64
	}{{2, false, 0}, {0, true, 0}, {1, false, 1}, {0, true, 1}, {4, false, 1}, {3, true, 1}} {
		for range step.take {
			h := lost(first, 0, "/a")
			j.log = append(j.log, entry{hit: &h})
			j.Take(h)
		}
		if took += step.take; step.kill {
			j.life()
		}
		flush(t, j.world)
		for c, err := range j.store.Open(t.Context(), store.Table{Statistic: "not-found", Site: "alpha", Grain: statistic.Weekly, Period: first - 5}) {
			if err != nil || c.Counts[statistic.Visitors] != took || c.Counts[statistic.Met] != step.want {
				t.Errorf("after %d visitor-days the cell has %d, met on %d days, %v, want %d", took, c.Counts[statistic.Visitors], c.Counts[statistic.Met], err, step.want)
			}
		}
	}
}

// TestBatchOfAKilledProcessIsIgnored: the store took a batch, and the process ended
// before it knew. Seen to fail when replay loses the ids of batches, and when it drops
// batches and counts their hits again.
func TestBatchOfAKilledProcessIsIgnored(t *testing.T) {
	j := newJournalled(t, 1)
	flush(t, j.world)
	for range 20 {
		j.take()
	}
	j.store.add = always(after)
	if err := j.Flush(t.Context()); err == nil {
		t.Fatal("a flush that failed said nothing")
	}
	taken := j.store.sent[0]
	j.store.add = nil
	j.life()
	flush(t, j.world)
	if !reflect.DeepEqual(j.store.sent[0], taken) {
		t.Errorf("the first batch after the kill is %+v, want %+v", j.store.sent[0], taken)
	}
	j.compare()
}

// TestEpochsAfterKills: a kill between the store and the note costs one epoch, lost
// state one, another configuration one, and a kill that loses nothing none.
//
// Seen to fail when Kept leaves out the epoch of the day under way (the hand-over then
// has one too few), and when a change of day that fails has begun the day all the same.
func TestEpochsAfterKills(t *testing.T) {
	for _, tt := range []struct {
		name string
		do   func(j *journalled)
		want int
	}{
		{"nothing happens", func(*journalled) {}, 1},
		{"killed before the first flush", func(j *journalled) { j.life() }, 1},
		{"killed after it", func(j *journalled) { flush(t, j.world); j.life() }, 1},
		{"killed between the store and the note", func(j *journalled) {
			j.full = func() bool { j.dead = true; return true } // at the first record, which is the note
			j.Flush(t.Context())
			j.full = never
			j.life()
		}, 2},
		{"the store fails after its work", func(j *journalled) {
			j.store.epoch = always(after)
			j.Flush(t.Context())
			j.store.epoch = nil
		}, 2},
		{"another configuration before the first flush", func(j *journalled) { j.adopt() }, 2},
		{"another configuration after it", func(j *journalled) { flush(t, j.world); j.adopt() }, 2},
		{"two other configurations, without a flush", func(j *journalled) { j.adopt(); j.adopt() }, 3},
		{"the state is lost", func(j *journalled) { flush(t, j.world); j.log = nil; j.life(); j.turn(j.day) }, 2},
		{"the change of day fails, and the process is killed", func(j *journalled) {
			if err := j.Turned(j.day+1, func([][]byte) error { return errRoom }); !errors.Is(err, errRoom) {
				t.Errorf("Turned = %v, want %v", err, errRoom)
			}
			flush(t, j.world)
			j.life()
		}, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			j := newJournalled(t, 2)
			tt.do(j)
			flush(t, j.world)
			epochs, err := j.store.Epochs(t.Context(), j.day, j.day+1)
			if err != nil || epochs[j.day] != tt.want || epochs[j.day+1] != 0 {
				t.Errorf("the days have %v epochs, want %d: %v", epochs, tt.want, err)
			}
		})
	}
}

// TestFullLogDoesNotKeepTheDay: where the log has no room for what is frozen, the
// change of day carries it over. Seen to fail when Turned freezes into the old log.
func TestFullLogDoesNotKeepTheDay(t *testing.T) {
	j := newJournalled(t, 4)
	for range 50 {
		j.take()
	}
	j.world.record = func([]byte) error { return errRoom }
	j.life()
	if err := j.Flush(t.Context()); !errors.Is(err, errRoom) {
		t.Errorf("a flush into a full log: %v, want %v", err, errRoom)
	}
	j.settle()
	if err := j.Turned(j.day+1, func(records [][]byte) error {
		j.log = nil
		for _, r := range records {
			j.log = append(j.log, entry{record: bytes.Clone(r)})
		}
		return nil
	}); err != nil {
		t.Fatalf("the change of day with a full log: %v", err)
	}
	j.day++
	j.states[j.day]++
	j.plain, j.doubtful[first] = nil, 1
	j.world.record = j.append
	j.life()
	flush(t, j.world)
	j.compare()
}

// sample returns batches of all shapes.
func sample() (uint64, []aggregator.Batch) {
	var counts statistic.Counts
	for m := range counts {
		counts[m] = int64(m*m*1000) - 7
	}
	return 1 << 40, []aggregator.Batch{
		{ID: store.BatchID{1, 2, 15: 255}, Batch: store.Batch{Statistic: "pages", Period: first, Cells: []store.Cell{
			{Site: "alpha", Keys: []string{"/guide/", ""}, Counts: counts},
			{Site: "", Keys: []string{"(unlisted)"}},
			{Site: "beta", Counts: counts},
		}}},
		{ID: store.BatchID{3}, Batch: store.Batch{Statistic: "not-found", Grain: statistic.Weekly, Period: first - 5}},
		{ID: store.BatchID{}, Batch: store.Batch{Statistic: store.Meters, Period: -3}},
	}
}

// Seen to fail when a count is left out, when the sequence number is, and when the grain is.
func TestFrozenBatchesAreReadAsWritten(t *testing.T) {
	next, batches := sample()
	gotNext, got, err := aggregator.Unfrozen(aggregator.Frozen(next, batches))
	if err != nil || gotNext != next || !reflect.DeepEqual(got, batches) {
		t.Errorf("batches are read as %d, %+v, %v, want %d, %+v", gotNext, got, err, next, batches)
	}
}

// TestFrozenDaysAreStillRead: a record of a version that knew no weeks holds batches of days. Seen
// to fail when such a record is read as one of today, and when its last counter is left out.
func TestFrozenDaysAreStillRead(t *testing.T) {
	old := append([]byte("F\x0e\x02"), make([]byte, 16)...)
	old = append(old, "\x06abc\x08\x02\x02s\x02\x02k"...)
	for m := range statistic.Measures {
		old = append(old, byte(2*m))
	}
	next, got, err := aggregator.Unfrozen(old)
	var counts statistic.Counts
	for m := range counts {
		counts[m] = int64(m)
	}
	want := []aggregator.Batch{{Batch: store.Batch{Statistic: "abc", Period: 4, Cells: []store.Cell{{Site: "s", Keys: []string{"k"}, Counts: counts}}}}}
	if err != nil || next != 7 || !reflect.DeepEqual(got, want) {
		t.Errorf("the record is read as %d, %+v, %v, want 7, %+v", next, got, err, want)
	}
}

// FuzzReplay gives an aggregator any record: it takes it or says no, without a word
// of it, and makes little of a small one. A record of batches that is read is the
// one that its batches make.
func FuzzReplay(f *testing.F) {
	whole := aggregator.Frozen(sample())
	for _, seed := range [][]byte{
		nil, {}, []byte("D"), []byte("E"), []byte("A"), []byte("F\x00\xff\x7f"), []byte("G\x00\xff\x7f"), aggregator.Frozen(5, nil), []byte("D\x02"), []byte("B\x04"),
		[]byte("zqxrecord"), append([]byte("I"), make([]byte, 33)...), whole, whole[:len(whole)/2], append(bytes.Clone(whole), 0),
	} {
		f.Add(seed)
	}
	catalogue, err := statistic.Built(nil)
	if err != nil {
		f.Fatal(err)
	}
	random := rand.NewChaCha8([32]byte{})
	l, err := ledger.Open(f.TempDir(), random)
	if err != nil {
		f.Fatal(err)
	}
	defer l.Close()
	f.Fuzz(func(t *testing.T, record []byte) {
		a, err := aggregator.New(t.Context(), aggregator.Config{Catalogue: catalogue, Sites: []string{"alpha"}, Random: random, Ledger: l})
		if err != nil {
			t.Fatal(err)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		err = a.Replay(record)
		runtime.ReadMemStats(&after)
		if most := 1<<20 + 400*uint64(len(record)); after.TotalAlloc-before.TotalAlloc > most {
			t.Errorf("a record of %d bytes allocates %d", len(record), after.TotalAlloc-before.TotalAlloc)
		}
		if err != nil && err.Error() != "a record of the aggregator cannot be read" {
			t.Errorf("the error is %q, want one that tells nothing of the record", err)
		}
		if err == nil && record[0] == 'G' {
			again, err := aggregator.Recode(record)
			twice, err2 := aggregator.Recode(again)
			if err != nil || err2 != nil || !bytes.Equal(again, twice) {
				t.Error("a record of batches is not read as it was written")
			}
		}
	})
}
