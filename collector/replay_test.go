package collector_test

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"oboro/collector"
	"oboro/collector/hit"
)

// A ramLog is a RAM log in memory: it takes records while there is room.
type ramLog struct {
	mu      sync.Mutex
	records [][]byte
	full    bool
}

func (l *ramLog) Append(record []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.full {
		return errors.New("no room for the test")
	}
	l.records = append(l.records, bytes.Clone(record))
	return nil
}

func (l *ramLog) fill(full bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.full = full
}

// begin is what the wiring does when the day changes.
func (l *ramLog) begin(opening []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.records = [][]byte{bytes.Clone(opening)}
}

// logging returns a world whose collector writes to the log. Where the log holds
// something, the collector is one that begins after a kill.
func logging(t *testing.T, l *ramLog, changes ...func(*collector.Config)) *world {
	t.Helper()
	w := newWorld(t, everything)
	config := w.config(everything)
	config.Journal = l
	config.Turned = func(day hit.Day, opening []byte) error {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.turned = append(w.turned, day)
		l.begin(opening)
		return nil
	}
	for _, change := range changes {
		change(&config)
	}
	var err error
	if w.collector, err = collector.New(config); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.collector.Close)
	w.server = w.collector.NewServer()
	for i, record := range l.records {
		if err := w.collector.Replay(record); err != nil {
			t.Fatalf("replay of record %d: %v", i, err)
		}
	}
	return w
}

func (w *world) one(t *testing.T, request string) answer {
	t.Helper()
	list, err := w.feed([]byte(request))
	if err != nil || len(list) != 1 {
		t.Fatalf("answers to one request = %+v, %v", list, err)
	}
	return list[0]
}

// With the log full a hit is shed: it is answered 503 and when to try again, adds one
// to the meter of what was shed, and is counted nowhere; once there is room all is as
// if it had never come. Seen to fail when a full log is overlooked (202), when the
// state keeps the visitor (the next hit is then no first one), and when a shed hit is
// in no meter.
func TestFullLogSheds(t *testing.T) {
	l := &ramLog{}
	w := logging(t, l)
	w.one(t, visitor.view("/"))
	w.drain()
	l.fill(true)
	other := sender{address: "198.51.100.99", agent: firefox}
	for _, request := range []string{other.view("/"), other.view("/new"), visitor.view("/"), other.get("/hit.gif?u=https://a.example/")} {
		if a := w.one(t, request); a.code != 503 || a.body != "shed\n" || a.header["Retry-After"] != "5" {
			t.Errorf("answer with a full log = %d %q, Retry-After %q, want 503 shed 5", a.code, a.body, a.header["Retry-After"])
		}
	}
	if a := w.one(t, sender{other.address, firefox, "Sec-GPC: 1\r\n"}.view("/")); a.code != 204 {
		t.Errorf("answer to an objection with a full log = %d, want 204", a.code)
	}
	hits, meters := w.drain()
	if len(hits) != 0 || len(meters) != 2 || meters[day+" 0 shed"] != 4 || meters[day+" 0 objection"] != 1 {
		t.Errorf("with a full log: hits %v, meters %v, want none, four shed and one objection", hits, meters)
	}
	if w.count("shed") != 4 || w.collector.Visitors() != 1 {
		t.Errorf("%d are counted as shed, with %d visitors, want 4 and 1", w.count("shed"), w.collector.Visitors())
	}
	l.fill(false)
	if a := w.one(t, other.view("/")); a.code != 202 {
		t.Errorf("answer with room again = %d, want 202", a.code)
	}
	hits, meters = w.drain()
	if len(hits) != 1 || hits[0].Seen != 3 || hits[0].Moves != hit.Begins|hit.Capped || len(meters) != 1 || meters[day+" 0 kept"] != 1 {
		t.Errorf("with room again: hits %+v, meters %v, want one of a new visitor and one kept", hits, meters)
	}
}

// After a kill the sink is given the same hits and meters again, and what comes then
// is of the same day: a browser that was seen is known, and keeps its visit. Seen to
// fail when replay leaves out the meter of a hit or gives it twice, when a meter's
// record is left out, when its site is, when the kind of a bot is, and when the day's key is drawn anew.
func TestReplayGivesTheSameAgain(t *testing.T) {
	l := &ramLog{}
	w := logging(t, l)
	for i := range 12 {
		s := sender{fmt.Sprintf("198.51.%d.7", i%4), firefox, ""}
		w.one(t, s.view(fmt.Sprintf("/%d", i%3)))
		w.one(t, s.post(fmt.Sprintf(`{"u":"https://a.example/%d","e":"engaged","s":%d}`, i%3, i+1)))
		w.set(noon.Add(time.Duration(i) * 13 * time.Minute))
	}
	w.one(t, sender{visitor.address, firefox, "DNT: 1\r\n"}.post(`{"u":"https://dnt.example/"}`))
	w.one(t, visitor.post(`{"u":"https://other.example/"}`))
	w.one(t, sender{visitor.address, "", ""}.view("/"))
	w.one(t, visitor.post(`{"u":"https://a.example/x","st":404}`))
	w.one(t, sender{"198.51.100.98", firefox, ""}.post(`{"u":"https://a.example/","e":"engaged","s":5}`))
	at := w.now()
	hits, meters := w.drain()
	w.collector.Close()

	again := logging(t, l)
	again.set(at.Add(time.Minute))
	if err := again.collector.Turn(); err != nil {
		t.Fatal(err)
	}
	sameHits, sameMeters := again.drain()
	if !slices.Equal(sameHits, hits) || !maps.Equal(sameMeters, meters) {
		t.Errorf("after a kill the sink is given\n%+v %v, want\n%+v %v", sameHits, sameMeters, hits, meters)
	}
	if len(hits) != 25 || meters[day+" 0 kept"] != 25 || meters[day+" 0 bot"] != 1 || meters[day+" 0 bot-other"] != 1 || meters[day+" 0 no-view"] != 1 || meters[day+" 1 objection"] != 1 || meters[day+" -1 unknown-site"] != 1 {
		t.Errorf("%d hits and meters %v are too few to tell", len(hits), meters)
	}
	if len(again.turned) != 0 {
		t.Errorf("a day that goes on has begun again: %v", again.turned)
	}
	if a := again.one(t, sender{"198.51.3.7", firefox, ""}.view("/2")); a.code != 202 {
		t.Fatalf("answer after a kill = %d, want 202", a.code)
	}
	more, _ := again.drain()
	if len(more) != 1 || more[0].Seen != 0 || more[0].Moves&hit.Follows == 0 {
		t.Errorf("the next view of a visitor after the kill is %+v, want one that follows and is first of nothing", more)
	}
}

// A start after midnight has the sink take the day before again, and then begins the
// new day. Seen to fail when replay keeps only the day of the clock.
func TestReplayOfTheDayBefore(t *testing.T) {
	l := &ramLog{}
	w := logging(t, l)
	w.set(midnight.Add(-time.Minute))
	w.one(t, visitor.view("/"))
	before, _ := w.drain()
	again := logging(t, l)
	again.set(midnight.Add(time.Minute))
	if err := again.collector.Turn(); err != nil {
		t.Fatal(err)
	}
	again.one(t, visitor.view("/"))
	hits, meters := again.drain()
	if len(hits) != 2 || hits[0] != before[0] || hits[1].Day != before[0].Day+1 || hits[1].Seen != 3 {
		t.Errorf("hits = %+v, want that of the day before again, and a new visitor of the new day", hits)
	}
	if meters["2026-04-01 0 kept"] != 1 || meters["2026-04-02 0 kept"] != 1 || len(again.turned) != 1 {
		t.Errorf("meters %v, days begun %v, want one kept on each day, and one day begun", meters, again.turned)
	}
	if len(l.records) == 0 || bytes.Contains(bytes.Join(l.records[1:], nil), l.records[0]) || len(l.records) != 2 {
		t.Errorf("the log of the new day has %d records, want its opening and a hit", len(l.records))
	}
}

// What cannot be read is refused, without a word of it. Seen to fail when a meter of
// an outcome or site that there is not is taken (it panics in the counting), and when
// a hit is taken before its day, its labels or the visitor's first.
func TestReplayRefuses(t *testing.T) {
	l := &ramLog{}
	w := logging(t, l)
	w.one(t, visitor.view("/zqxpage"))
	w.one(t, visitor.view("/zqxpage"))
	if len(l.records) != 3 {
		t.Fatalf("%d records, want an opening and two hits", len(l.records))
	}
	opening, sighting, second := l.records[0], l.records[1], l.records[2]
	page := len("p\x00\x08/zqxpage")
	labels := page + len("s\x00") + int(sighting[page+1])
	for _, tt := range []struct {
		name    string
		before  [][]byte
		records []byte
	}{
		{"an empty record", [][]byte{opening}, nil},
		{"a record of another kind", [][]byte{opening}, []byte("zqx")},
		{"an opening cut short", nil, opening[:len(opening)-1]},
		{"an opening with more behind it", nil, append(bytes.Clone(opening), 1)},
		{"a hit before its day", nil, sighting},
		{"a meter before its day", nil, []byte{'m', 0, 0, 0}},
		{"a hit without its labels", [][]byte{opening}, sighting[labels:]},
		{"a hit without its page", [][]byte{opening}, sighting[page:]},
		{"a hit without its source", [][]byte{opening}, slices.Concat(sighting[:page], sighting[labels:])},
		{"a hit's labels alone", [][]byte{opening}, sighting[:labels]},
		{"a hit again", [][]byte{opening, sighting}, sighting},
		{"labels that are there already", [][]byte{opening, sighting}, slices.Concat(sighting[:labels], second)},
		{"a second hit before the first", [][]byte{opening}, second},
		{"a hit cut short", [][]byte{opening}, sighting[:len(sighting)-1]},
		{"a hit with more behind it", [][]byte{opening}, append(bytes.Clone(sighting), 1)},
		{"a label that is no page", [][]byte{opening}, bytes.Replace(sighting, []byte("/zqx"), []byte(" zqx"), 1)},
		{"a meter of no outcome", [][]byte{opening}, []byte{'m', 255, 0, 0}},
		{"a meter of no site", [][]byte{opening}, []byte{'m', 0, 0, 2}},
		{"a meter cut short", [][]byte{opening}, []byte{'m', 0, 0}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := logging(t, &ramLog{})
			for _, record := range tt.before {
				if err := w.collector.Replay(record); err != nil {
					t.Fatalf("what comes before it: %v", err)
				}
			}
			w.drain()
			err := w.collector.Replay(tt.records)
			if err == nil || strings.Contains(err.Error(), "zqx") {
				t.Errorf("Replay = %v, want an error without a word of the record", err)
			}
			if hits, _ := w.drain(); len(hits) != 0 {
				t.Errorf("hits = %v, want none", hits)
			}
		})
	}
}
