package visitors_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"

	"oboro/collector/hit"
	"oboro/collector/internal/visitors"
	"oboro/internal/ramlog"
)

// TestFullAtEachRecord fills the log at each record of a stream in turn: what the
// table made anew from the log knows is all that the live one knows, label by label,
// right after the sighting that was refused and at the end.
//
// Seen to fail when labels are named before their record stands, and when they stand
// in a record of their own before that of their sighting.
func TestFullAtEachRecord(t *testing.T) {
	const length = 40
	for _, plan := range []hit.Plan{whole, narrow} {
		for full := range length {
			a := newAdversary(t, 3, 40, 2, 30)
			table, log := journalled(t, plan)
			record := 0
			log.full = func() bool { record++; return record-1 == full }
			refused := false
			for range 2 * length { // some sightings make no record
				_, err := add(table, of(a.next(a.random.IntN(8), 4)))
				if errors.Is(err, visitors.ErrFull) {
					refused = true
					equal(t, fmt.Sprintf("record %d has no room", full), table, log, plan)
				} else if err != nil && !errors.Is(err, visitors.ErrNoView) {
					t.Fatal(err)
				}
			}
			if !refused {
				t.Errorf("record %d was written though there was no room", full)
			}
			equal(t, fmt.Sprintf("record %d had no room", full), table, log, plan)
		}
	}
}

// equal compares a table with the one that its log makes.
func equal(t *testing.T, when string, table *visitors.Table, log *memory, plan hit.Plan) {
	t.Helper()
	again, _ := reopened(t, log, plan, nil)
	if got, want := visitors.Everything(again), visitors.Everything(table); got != want {
		t.Fatalf("%s: after a kill the table knows\n%s\nand knew\n%s", when, got, want)
	}
}

// TestFullAtEachByte leaves a RAM log, each time another number of bytes, from none to
// more than the sighting of a new visitor on a new page from a new source takes: it is
// taken whole or leaves nothing, and the table made anew from the log knows the same.
//
// Seen to fail when labels stand in a record of their own before that of their
// sighting, and when they are named before their record stands.
func TestFullAtEachByte(t *testing.T) {
	layout, limit := ramlog.Layout{Segment: 8 << 10}, int64(24<<10)
	s := visitors.Sighting{
		Visitor: mark(7), Network: mark(7), At: int64(day) * 86400, Page: page(t, "/a-page-with-a-long-name"), Source: host(t, "search.example"),
	}
	kept, shed := 0, 0
	for left := 0; left < 300; left += 8 { // a frame is so aligned
		dir, err := os.MkdirTemp("/dev/shm", "oboro-visitors-")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { os.RemoveAll(dir) })
		open := func() *ramlog.Log {
			log, err := layout.Open(dir, bytesOf(byte(left)), limit)
			if err != nil {
				t.Fatal(err)
			}
			return log
		}
		log := open()
		if err := log.Replay(func([]byte) error { return nil }); err != nil {
			t.Fatal(err)
		}
		table := newTable(t, whole)
		if err := log.Append(table.Opening()); err != nil {
			t.Fatal(err)
		}
		stuff(t, log, left)
		before := visitors.Everything(table)
		table.Journal = log
		switch _, err := add(table, &s); {
		case err == nil:
			kept++
		case !errors.Is(err, visitors.ErrFull) || visitors.Everything(table) != before:
			t.Fatalf("with %d bytes left: %v, and what the table knows has changed", left, err)
		default:
			shed++
		}
		log.Close()
		again := reread(t, open())
		if got, want := visitors.Everything(again), visitors.Everything(table); got != want {
			t.Fatalf("with %d bytes left: after a kill the table knows\n%s\nand knew\n%s", left, got, want)
		}
	}
	if kept < 5 || shed < 5 {
		t.Errorf("%d were taken and %d refused: the bytes left are not those at which it matters", kept, shed)
	}
}

// filler begins the records that only take room.
const filler = '!'

// stuff fills a log but for so many bytes, a multiple of 8.
func stuff(t *testing.T, log *ramlog.Log, left int) {
	t.Helper()
	const around = 8 + 16 // of a record, in its frame
	for {
		used, limit := log.Size()
		room := int(limit-used) - left
		if room == 0 {
			return
		}
		n := min(room, 1000)
		if rest := room - n; rest > 0 && rest < 100 { // too little for the last one
			n -= 104
		}
		if n = n &^ 7; n < around+8 {
			t.Fatalf("%d bytes cannot be filled", room)
		}
		record := make([]byte, n-around)
		record[0] = filler
		if err := log.Append(record); err != nil {
			t.Fatalf("with %d bytes of room: %v", room, err)
		}
	}
}

// reread makes the table of a log anew.
func reread(t *testing.T, log *ramlog.Log) (table *visitors.Table) {
	t.Helper()
	defer log.Close()
	err := log.Replay(func(record []byte) (err error) {
		switch {
		case record[0] == filler:
		case record[0] == visitors.RecordDay:
			table, err = visitors.Reopen(record, whole)
		default:
			_, err = table.Replay(record)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// TestLabelsKeepTheirBoundTogether: a sighting that brings two labels where one place
// is left names the page, and its source is one of those for which there is no room;
// a declared page takes no place. Seen to fail when the source does not know of the
// page that comes with it.
func TestLabelsKeepTheirBoundTogether(t *testing.T) {
	for _, declared := range []bool{false, true} {
		table, log := journalled(t, whole)
		visitors.Bound(table, 1000, 1)
		s := visitors.Sighting{Visitor: mark(1), Network: mark(1), At: int64(day) * 86400, Page: page(t, "/a"), Source: host(t, "a.example"), Declared: declared}
		h, err := add(table, &s)
		if err != nil {
			t.Fatal(err)
		}
		if h.Page != s.Page || (h.Source == s.Source) != declared {
			t.Errorf("declared %v: the hit is of %q from %q", declared, h.Page.Path(), h.Source.Name())
		}
		equal(t, fmt.Sprintf("declared %v", declared), table, log, whole)
	}
}

// TestReplayRefusesLabelsThatAreThere: a label in a record is new, or the record is
// none of the table's. Seen to fail when replay does not look.
func TestReplayRefusesLabelsThatAreThere(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	see := func(table *visitors.Table, visitor int, page_, source string) {
		t.Helper()
		s := visitors.Sighting{Visitor: mark(visitor), Network: mark(random.IntN(9)), Page: page(t, page_)}
		if source != "" {
			s.Source = host(t, source)
		}
		if _, err := add(table, &s); err != nil {
			t.Fatal(err)
		}
	}
	one, log := journalled(t, whole)
	see(one, 1, "/a", "")
	see(one, 2, "/b", "b.example")
	other, otherLog := journalled(t, whole)
	see(other, 3, "/b", "")
	equal(t, "one", one, log, whole)
	if _, err := other.Replay(log.records[2]); err == nil {
		t.Error("a page that is there already was named again")
	}
	equal(t, "after the page", other, otherLog, whole)
	third, _ := journalled(t, whole)
	see(third, 3, "/c", "")
	if _, err := third.Replay(log.records[2]); err != nil {
		t.Errorf("labels that are not there were refused: %v", err)
	}
}
