package visitors_test

import (
	"os"
	"reflect"
	"runtime"
	"testing"
	"time"

	"oboro/collector/hit"
	"oboro/collector/internal/visitors"
)

// TestSlotsHoldNoPointers, so that the garbage collector does not look through what
// there are millions of; and a visitor's is of at most 40 bytes. Seen to fail when
// state has a hit.Page, and when it has another label and second.
func TestSlotsHoldNoPointers(t *testing.T) {
	var pointers func(t reflect.Type) bool
	pointers = func(t reflect.Type) bool {
		switch t.Kind() {
		case reflect.Struct:
			for i := range t.NumField() {
				if pointers(t.Field(i).Type) {
					return true
				}
			}
			return false
		case reflect.Array:
			return pointers(t.Elem())
		}
		return t.Kind() > reflect.Complex128
	}
	slots := visitors.Slots()
	for _, slot := range slots {
		if pointers(slot) {
			t.Errorf("%v holds a pointer", slot)
		}
	}
	if size := slots[0].Size(); size > 40 {
		t.Errorf("the slot of a visitor has %d bytes, want 40 at the most", size)
	}
}

// TestMemoryOfACrowd fills a table and holds it to its bounds on the way: 64 bytes a
// visitor, 12 a member of the sets, and no more of the heap than that. A million
// visitors, or ten with OBORO_LONG set, or a quarter under the race detector. Seen to fail when shards double, when chunks
// of states do, and when a state has 16 bytes more.
func TestMemoryOfACrowd(t *testing.T) {
	crowd := 1_000_000 / slowness
	if os.Getenv("OBORO_LONG") != "" {
		crowd = 10_000_000
	}
	m := newTraffic(t, crowd)
	before := heap()
	table := newTable(t, builtin)
	visitors.Bound(table, crowd, visitors.MostLabels)
	var longest time.Duration
	for i := range crowd {
		start := time.Now()
		for choice := range uint64(2) {
			if _, err := add(table, of(m.of(uint64(i), choice, 36000))); err != nil {
				t.Fatal(err)
			}
		}
		longest = max(longest, time.Since(start))
		if i%100_000 == 99_999 {
			bounded(t, table)
		}
	}
	s := bounded(t, table)
	if s.Visitors != crowd {
		t.Fatalf("%d visitors are in the table, want %d", s.Visitors, crowd)
	}
	used := heap() - before
	if most := s.States + s.Marks + s.Members + 1<<20; used > most {
		t.Errorf("the heap grew by %d bytes, want %d at the most", used, most)
	}
	start := time.Now()
	runtime.GC()
	t.Logf("%d visitors: %.1f bytes each, %d members of sets at %.1f, heap %d MB; the longest hit took %v, a collection %v",
		crowd, float64(s.States+s.Marks)/float64(crowd), s.Elements, float64(s.Members)/float64(s.Elements), used>>20, longest, time.Since(start))
	runtime.KeepAlive(table)
}

func bounded(t *testing.T, table *visitors.Table) visitors.Size {
	t.Helper()
	s := visitors.Measure(table)
	if s.States+s.Marks > 64*s.Visitors {
		t.Errorf("%d visitors take %d bytes, %.1f each, want 64 at the most", s.Visitors, s.States+s.Marks, float64(s.States+s.Marks)/float64(s.Visitors))
	}
	if s.Members > 12*s.Elements+1<<16 { // and what empty shards take
		t.Errorf("%d members of sets take %d bytes, %.1f each, want 12 at the most", s.Elements, s.Members, float64(s.Members)/float64(s.Elements))
	}
	return s
}

// heap returns the live bytes of the heap.
func heap() int {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int(stats.HeapAlloc)
}

// TestKnownVisitorsAllocateNothing holds that a hit of a known visitor costs no
// memory, with a journal and without, where next pages and the caps are counted and where not. Seen to fail when the journal's record is made
// anew for each hit.
func TestKnownVisitorsAllocateNothing(t *testing.T) {
	for i := range 4 {
		m := newTraffic(t, 500)
		table := newTable(t, []hit.Plan{builtin, capped}[i%2])
		table.Journal = []visitors.Journal{nil, silent{}}[i/2]
		all := func() {
			for i := range uint64(500) {
				for choice := range uint64(choices) {
					add(table, of(m.of(i, choice, 36000)))
					engaged := m.of(i, choice, 36000)
					engaged.Kind, engaged.Seconds = hit.Engaged, 7
					add(table, &engaged)
				}
			}
		}
		for range 60 { // until every source has come
			all()
		}
		if n := testing.AllocsPerRun(5, all); n > 2 { // of the runtime's own, now and then
			t.Errorf("%d hits of known visitors allocate %v times, want none (journal: %v, next pages: %v)", 1000*choices, n, i/2 == 1, i%2 == 1)
		}
	}
}

// silent is a journal that keeps nothing.
type silent struct{}

func (silent) Append([]byte) error { return nil }
