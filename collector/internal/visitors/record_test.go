package visitors_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"oboro/collector/hit"
	"oboro/collector/internal/visitors"
)

// A memory is a RAM log in memory, in which there may be no room.
type memory struct {
	records [][]byte
	full    func() bool
}

var errRoom = errors.New("no room for the test")

func (m *memory) Append(record []byte) error {
	if m.full != nil && m.full() {
		return errRoom
	}
	m.records = append(m.records, bytes.Clone(record))
	return nil
}

// journalled returns the table of a day that writes to a log, which begins with its
// opening record.
func journalled(t *testing.T, plan hit.Plan) (*visitors.Table, *memory) {
	t.Helper()
	table := newTable(t, plan)
	log := &memory{records: [][]byte{table.Opening()}}
	table.Journal = log
	return table, log
}

// reopened makes a table anew from a log, as after a kill. It writes to another one.
func reopened(t *testing.T, log *memory, plan hit.Plan, each func(h hit.Hit)) (*visitors.Table, *memory) {
	t.Helper()
	table, err := visitors.Reopen(log.records[0], plan)
	if err != nil {
		t.Fatalf("reopen: %v", err)
	}
	for i, record := range log.records[1:] {
		h, err := table.Replay(record)
		h = unnumbered(h)
		if err != nil {
			t.Fatalf("replay of record %d: %v", i, err)
		}
		if each != nil {
			each(h)
		}
	}
	again := &memory{records: append([][]byte(nil), log.records...)}
	table.Journal = again
	return table, again
}

// TestKilledTableGoesOn cuts adversarial streams at random places, makes the table
// anew from its log, and compares every hit, of the log and of the rest of the
// stream, with that of the slow reference. The logs of both tables are the same byte
// by byte, so their state is: a record has the labels' numbers, and a hit the rest.
//
// Seen to fail when the network of a visitor is not written, or is that of a later sighting,
// when the key is not reopened, when a declared label is replayed as one
// that is not, and when a sighting is replayed without its network, its time, its
// environment, or the source, the channel or the tags of its visit.
func TestKilledTableGoesOn(t *testing.T) {
	for seed := range uint64(40) {
		plan := capped
		if seed%4 == 3 {
			plan = narrow
		}
		random := rand.New(rand.NewPCG(seed, 5))
		a := newAdversary(t, seed, 3+int(seed), 2, 1+int(seed%7))
		table, log := journalled(t, plan)
		unbroken, whole := journalled(t, plan)
		slow := &reference{plan: plan}
		var hits []hit.Hit
		crowd := 1 + int(seed%12)
		for n := range 250 {
			if random.IntN(50) == 0 {
				before := hits
				table, log = reopened(t, log, plan, func(h hit.Hit) {
					if len(before) == 0 || h != before[0] {
						t.Fatalf("seed %d, sighting %d: replay makes another hit, %+v", seed, len(hits)-len(before), h)
					}
					before = before[1:]
				})
				if len(before) > 0 {
					t.Fatalf("seed %d: replay lacks %d hits", seed, len(before))
				}
				if table.Key.Network(netAddress(1)) != unbroken.Key.Network(netAddress(1)) || table.Day() != day || table.Len() != unbroken.Len() {
					t.Fatalf("seed %d: the table made anew has another key, day or number of visitors", seed)
				}
			}
			s := strangely(random, a.next(a.random.IntN(crowd), 4))
			got, counts := agree(t, fmt.Sprintf("seed %d, sighting %d", seed, n), table, slow, s)
			want := got
			if h, _ := add(unbroken, &s); h != want {
				t.Fatalf("seed %d, sighting %d: without a kill the hit is\n%+v, want\n%+v", seed, n, h, want)
			}
			if counts {
				hits = append(hits, got)
			}
		}
		if len(log.records) != len(whole.records) {
			t.Fatalf("seed %d: %d records with kills, %d without", seed, len(log.records), len(whole.records))
		}
		for i := range log.records {
			if !bytes.Equal(log.records[i], whole.records[i]) {
				t.Fatalf("seed %d: record %d differs from that of a table that was never killed", seed, i)
			}
		}
	}
}

// strangely gives every field of an environment values, those at its ends as well.
func strangely(random *rand.Rand, s visitors.Sighting) visitors.Sighting {
	env := s.Env.Unpack()
	env.Country, _ = hit.ParseCountry([]string{"", "JP", "ZW"}[random.IntN(3)])
	env.Language, _ = hit.ParseLanguage([]string{"", "ja", "zh"}[random.IntN(3)])
	env.Version = []uint16{0, 1, hit.MostVersion}[random.IntN(3)]
	env.Region, env.Class = []hit.Region{0, 13, hit.Abroad}[random.IntN(3)], []hit.NetworkClass{0, hit.ForeignNetworks}[random.IntN(2)]
	s.Env = hit.Pack(env)
	return s
}

// TestReplayedLabelsKeepTheirBound: a table made anew has as many labels that wait as
// before, and admits the next one when the third network sends it.
func TestReplayedLabelsKeepTheirBound(t *testing.T) {
	table, log := journalled(t, whole)
	visitors.Bound(table, 1000, 5)
	view := func(table *visitors.Table, page_ string, network int) hit.Hit {
		h, err := add(table, &visitors.Sighting{Visitor: mark(network), Network: mark(network), At: int64(day) * 86400, Page: page(t, page_)})
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	for n := range 5 {
		view(table, fmt.Sprintf("/%d", n), 1)
	}
	view(table, "/0", 2)
	view(table, "/0", 3) // admitted: one more may wait
	table, _ = reopened(t, log, whole, nil)
	visitors.Bound(table, 1000, 5)
	if h := view(table, "/0", 1); !h.Listed.Has(hit.ByPage) {
		t.Error("a label that was admitted is not after a kill")
	}
	if h := view(table, "/5", 1); h.Page != page(t, "/5") {
		t.Error("the place of a label that was admitted is not free after a kill")
	}
	if h := view(table, "/6", 1); h.Page != (hit.Page{}) {
		t.Error("after a kill more labels wait than may")
	}
}

// TestFullLogLeavesNoTrace: a sighting that the log has no room for, at whichever of
// its records, changes nothing. The hits after it are those of a table that never
// got it, and the log still makes the same table.
//
// Seen to fail when the state takes a sighting before its record stands, when a label
// or a tag is added before its record stands, and when the error of the log is overlooked.
func TestFullLogLeavesNoTrace(t *testing.T) {
	refused := 0
	for seed := range uint64(30) {
		random := rand.New(rand.NewPCG(seed, 6))
		a := newAdversary(t, seed, 40, 2, 30)
		table, log := journalled(t, whole)
		log.full = func() bool { return random.IntN(4) == 0 }
		slow := &reference{plan: whole}
		for n := range 250 {
			s := a.next(a.random.IntN(8), 4)
			before := table.Len()
			got, err := add(table, &s)
			if errors.Is(err, visitors.ErrNoView) {
				continue
			}
			if err != nil {
				if !errors.Is(err, visitors.ErrFull) || got != (hit.Hit{}) || table.Len() != before {
					t.Fatalf("seed %d, sighting %d: %+v, %v, %d visitors; want nothing, ErrFull and %d", seed, n, got, err, table.Len(), before)
				}
				refused++
				continue
			}
			want, _ := slow.add(s)
			if s.Kind == hit.Engaged { // a view that was refused may have left its page a name, and no more
				got.Page, want.Page = hit.Page{}, hit.Page{}
				got.Listed, want.Listed = got.Listed&^hit.Of(hit.ByPage), want.Listed&^hit.Of(hit.ByPage)
			}
			if got != want {
				t.Fatalf("seed %d, sighting %d: hit\n%+v, want\n%+v", seed, n, got, want)
			}
			if random.IntN(40) == 0 {
				full := log.full
				table, log = reopened(t, log, whole, nil)
				log.full = full
			}
		}
	}
	if refused < 1000 {
		t.Errorf("only %d sightings were refused", refused)
	}
}

// TestCapWritesNothing: a visitor beyond the admission cap is in no record.
func TestCapWritesNothing(t *testing.T) {
	table, log := journalled(t, whole)
	visitors.Bound(table, 1, 1000)
	for n := range 3 {
		add(table, &visitors.Sighting{Visitor: mark(n), Page: page(t, fmt.Sprintf("/%d", n))})
	}
	if len(log.records) != 2 { // day, sighting
		t.Errorf("%d records of one visitor and two beyond the cap, want 2", len(log.records))
	}
}

// TestReplayRefusesTagsOutOfOrder: a record with the number of a tag that is not there, or
// that brings one that is, makes no hit, and changes nothing. Seen to fail when numbers
// beyond the tags are taken, and when a tag is given a second number.
func TestReplayRefusesTagsOutOfOrder(t *testing.T) {
	tag, _ := hit.ParseTag("spring*")
	tagged := func(visitor int) visitors.Sighting {
		return visitors.Sighting{Visitor: mark(visitor), Page: page(t, "/a"), Tags: hit.Tags{Medium: tag}}
	}
	plain := visitors.Sighting{Visitor: mark(0), Page: page(t, "/a")}
	var logs []*memory
	for _, sightings := range [][]visitors.Sighting{{plain, tagged(1), tagged(2)}, {plain, tagged(3)}} {
		table, log := journalled(t, whole)
		for _, s := range sightings {
			if _, err := add(table, &s); err != nil {
				t.Fatal(err)
			}
		}
		logs = append(logs, log)
	}
	brings, has, bringsAgain := logs[0].records[2], logs[0].records[3], logs[1].records[2]
	numbered := func(record []byte, number byte) []byte { // of the tag, of the last three bytes the second
		return append(bytes.Clone(record[:len(record)-2]), number, 0)
	}
	table, _ := reopened(t, &memory{records: logs[0].records[:2]}, whole, nil)
	for i, step := range []struct {
		record []byte
		fine   bool
	}{
		{has, false}, {numbered(has, 7), false}, {brings, true}, {bringsAgain, false}, {numbered(bringsAgain, 2), false},
		{numbered(bringsAgain, 3), false}, {has, true},
	} {
		before := visitors.Everything(table)
		h, err := table.Replay(step.record)
		if fine := err == nil; fine != step.fine || !fine && visitors.Everything(table) != before || fine && h.Tags.Medium != tag {
			t.Errorf("record %d: %+v, %v, want it taken: %v", i, h.Tags, err, step.fine)
		}
	}
}

// FuzzReplay gives a table any record, or any opening: no panic, and no word of it in
// an error. Whatever it takes, the next sighting still makes a hit.
func FuzzReplay(f *testing.F) {
	seed, err := visitors.New(day, whole, bytesOf(9))
	if err != nil {
		f.Fatal(err)
	}
	log := &memory{records: [][]byte{seed.Opening()}}
	seed.Journal = log
	p, _ := hit.ParsePage("/guide")
	h, _ := hit.ParseHost("search.example")
	for n := range 3 {
		add(seed, &visitors.Sighting{Visitor: mark(n), Network: mark(n), At: int64(n) * 5000, Page: p, Source: h, Domain: h})
	}
	tag, _ := hit.ParseTag("kouhou")
	add(seed, &visitors.Sighting{Visitor: mark(4), Network: mark(1), Page: p, Channel: hit.Print, Tags: hit.Tags{Source: tag, Campaign: tag}})
	q, _ := hit.ParsePage("/guide/next")
	add(seed, &visitors.Sighting{Visitor: mark(2), Network: mark(2), At: 10_001, Page: q, Declared: true})
	add(seed, &visitors.Sighting{Visitor: mark(2), Network: mark(2), At: 10_002, Page: q, Kind: hit.Engaged, Seconds: 1800})
	for _, record := range log.records {
		f.Add(record)
		f.Add(record[:len(record)/2])
		f.Add(append(bytes.Clone(record), 0xff))
	}
	for _, odd := range []string{"", "d", "m", "p", "s", "h", "zqx", "p\x00\x08/zqxpage", "p\x00\xff\xff\xff\xff\x0f/a", "p\x01\x02/a", "s\x03a.b", "p\x02\x02/a", "n", "nh", "t\x01a", "t\x02a*", "t\x01at\x01bt\x01ct\x01d", "w\x03a.b", "wh"} {
		f.Add([]byte(odd))
	}
	f.Fuzz(func(t *testing.T, record []byte) {
		silent := func(err error) {
			if err != nil && (len(record) > 3 && strings.Contains(err.Error(), string(record)) || err.Error() != "a record of the collector cannot be read") {
				t.Errorf("the error is %q, want one that tells nothing of the record", err)
			}
		}
		_, err := visitors.Reopen(record, whole)
		silent(err)
		table, err := visitors.Reopen(log.records[0], whole)
		if err != nil {
			t.Fatal(err)
		}
		for _, first := range log.records[1:] {
			table.Replay(first)
		}
		for range 2 {
			_, err := table.Replay(record)
			silent(err)
		}
		if h, err := add(table, &visitors.Sighting{Visitor: mark(1), At: 20_000, Page: p, Source: h}); err != nil || h.Day != day {
			t.Errorf("a sighting after it makes %+v, %v", h, err)
		}
	})
}
