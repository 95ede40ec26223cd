package collector_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"oboro/collector"
	"oboro/collector/hit"
)

var midnight = time.Date(2026, 4, 2, 0, 0, 0, 0, tokyo)

// The day of a hit is that of its receipt in the deployment's zone, and each day
// begins without any memory of the one before. Seen to fail when Turn keeps the
// table, and when the zone is left out.
func TestDayChange(t *testing.T) {
	w := newWorld(t, everything)
	for _, at := range []time.Time{midnight.Add(-2 * time.Second), midnight.Add(-time.Second), midnight, midnight.Add(time.Second)} {
		w.set(at.UTC())
		if list, err := w.feed([]byte(visitor.view("/"))); err != nil || list[0].code != 202 {
			t.Fatalf("answers at %v = %+v, %v", at, list, err)
		}
	}
	hits, meters := w.drain()
	if len(hits) != 4 {
		t.Fatalf("%d hits, want 4", len(hits))
	}
	first, second := hit.DayOf(noon), hit.DayOf(noon)+1
	for i, want := range []struct {
		day   hit.Day
		hour  hit.Hour
		moves hit.Moves
		seen  uint32
	}{
		{first, 23, hit.Begins | hit.Capped, 3}, {first, 23, hit.Follows | hit.Second, 0},
		{second, 0, hit.Begins | hit.Capped, 3}, {second, 0, hit.Follows | hit.Second, 0},
	} {
		if h := hits[i]; h.Day != want.day || h.Hour != want.hour || h.Moves != want.moves || h.Seen != want.seen {
			t.Errorf("hit %d: day %v hour %d moves %b seen %b, want %+v", i, h.Day, h.Hour, h.Moves, h.Seen, want)
		}
	}
	if meters["2026-04-01 0 kept"] != 2 || meters["2026-04-02 0 kept"] != 2 {
		t.Errorf("meters = %v, want two kept on each day", meters)
	}
	if want := []hit.Day{first, second}; !slices.Equal(w.turned, want) {
		t.Errorf("Turned was told of %v, want %v", w.turned, want)
	}
	if n := w.collector.Visitors(); n != 1 {
		t.Errorf("%d visitor-days in the table of the new day, want 1", n)
	}
}

// Seen to fail when a hit that comes with the clock set back is taken: it has
// an hour of the day before in a table of today.
func TestClockSetBackDoesNotReopenADay(t *testing.T) {
	w := newWorld(t, everything)
	w.set(midnight)
	w.feed([]byte(visitor.view("/")))
	w.drain()
	w.set(midnight.Add(-time.Minute))
	if err := w.collector.Turn(); err != nil {
		t.Errorf("Turn: %v", err)
	}
	list, err := w.feed([]byte(visitor.view("/")))
	hits, meters := w.drain()
	if err != nil || list[0].code != 204 || len(hits) != 0 || meters["2026-04-02 -1 late"] != 1 {
		t.Errorf("answers %+v, %v, hits %v, meters %v, want 204, none, and one late", list, err, hits, meters)
	}
	w.set(midnight.Add(time.Minute))
	w.feed([]byte(visitor.view("/")))
	if hits, _ := w.drain(); len(hits) != 1 || hits[0].Seen != 0 {
		t.Errorf("hits = %+v, want one of a visitor seen before", hits)
	}
	if len(w.turned) != 1 {
		t.Errorf("Turned was told of %v, want one day", w.turned)
	}
}

// Without random bytes there is no key, and without a key no hit. Seen to fail
// when a failed Turn lets the clock reopen the day whose key it destroyed.
func TestNoRandomBytesShed(t *testing.T) {
	w := newWorld(t, everything)
	w.feed([]byte(visitor.view("/")))
	w.drain()
	good := w.random
	w.random = iotest.ErrReader(errors.New("planted"))
	w.set(midnight)
	shed := func(when string) {
		t.Helper()
		list, err := w.feed([]byte(visitor.view("/")))
		if err != nil || list[0].code != 503 || list[0].body != "shed\n" || list[0].header["Retry-After"] != "5" {
			t.Errorf("%s: answers = %+v, %v, want 503 shed, and when to try again", when, list, err)
		}
		if hits, _ := w.drain(); len(hits) != 0 {
			t.Errorf("%s: hits = %v, want none", when, hits)
		}
	}
	shed("without a key")
	w.random = good
	w.set(midnight.Add(-time.Second))
	shed("with a key to be had, and the clock set back to the closed day")
	w.set(midnight)
	if list, _ := w.feed([]byte(visitor.view("/"))); list[0].code != 202 {
		t.Errorf("answer once there are random bytes = %d, want 202", list[0].code)
	}
	if hits, _ := w.drain(); len(hits) != 1 || hits[0].Seen == 0 || len(w.turned) != 2 {
		t.Errorf("hits = %+v, turned = %v, want one first-seen hit and two days", hits, w.turned)
	}
	if w.count("shed") != 2 {
		t.Errorf("the count of shed is %d, want 2", w.count("shed"))
	}
}

func TestClosedCollectorSheds(t *testing.T) {
	w := newWorld(t, everything)
	w.feed([]byte(visitor.view("/")))
	w.collector.Close()
	if list, _ := w.feed([]byte(visitor.view("/"))); list[0].code != 503 {
		t.Errorf("answer after Close = %d, want 503", list[0].code)
	}
	if n := w.collector.Visitors(); n != 0 || len(w.turned) != 1 {
		t.Errorf("after Close: %d visitor-days and %d days begun, want none and 1", n, len(w.turned))
	}
}

// Many requests around midnight: each hit falls on the day and hour of one clock,
// and none comes for a day once the next is told. Run it with -race.
func TestDayChangeUnderLoad(t *testing.T) {
	w := newWorld(t, everything)
	w.set(midnight.Add(-time.Second))
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for range 50 {
				w.feed([]byte(sender{fmt.Sprintf("198.51.100.%d", i), firefox, ""}.view("/")))
			}
		})
	}
	w.set(midnight)
	group.Wait()
	hits, _ := w.drain()
	turned := false
	for _, h := range hits {
		if before := h.Day == hit.DayOf(noon); before != (h.Hour == 23) || before && turned {
			t.Fatalf("a hit of %v at hour %d after the day had changed: %v", h.Day, h.Hour, turned)
		} else if !before {
			turned = true
		}
	}
	if len(hits) != 400 {
		t.Errorf("%d hits, want 400", len(hits))
	}
}

// Beyond the admission cap a visitor who is known still counts, and a new one
// goes to a meter. Seen to fail when take counts the hit that Add refuses.
func TestAdmissionCap(t *testing.T) {
	if testing.Short() {
		t.Skip("fills a table with two million visitor-days")
	}
	w := newWorld(t, hit.Plan{Kinds: everything.Kinds})
	w.feed([]byte(visitor.view("/")))
	w.collector.Fill()
	w.drain()
	for _, tt := range []struct {
		address string
		code    int
		meter   string
	}{{visitor.address, 202, "kept"}, {"203.0.113.9", 204, "over-cap"}} {
		list, err := w.feed([]byte(sender{tt.address, firefox, ""}.view("/")))
		hits, meters := w.drain()
		if err != nil || list[0].code != tt.code || (len(hits) == 1) != (tt.code == 202) || len(meters) != 1 || meters[day+" 0 "+tt.meter] != 1 {
			t.Errorf("answers %+v, %v, %d hits, meters %v, want %d and one %s", list, err, len(hits), meters, tt.code, tt.meter)
		}
	}
}

// A panic is answered 500, counted, and the collector goes on. Seen to fail when
// rescue is not deferred (the program ends).
func TestPanicIsAnswered(t *testing.T) {
	w := serving(t, everything)
	w.fault = true
	if a := w.ask(t, visitor.view("/")); a.code != 500 || a.body != "error\n" {
		t.Errorf("answer = %d %q, want 500 error", a.code, a.body)
	}
	w.mu.Lock()
	w.fault = false
	w.mu.Unlock()
	if a := w.ask(t, visitor.view("/")); a.code != 202 {
		t.Errorf("the next answer = %d, want 202", a.code)
	}
	if n := w.collector.Panics(); n != 1 {
		t.Errorf("%d panics, want 1", n)
	}
}

func TestRequestsOfOneConnectionCountOnceEach(t *testing.T) {
	w := serving(t, everything)
	pages := []string{"/guide/1", "/guide/2", "/guide/3", "/guide/4"}
	t.Run("pipelined", func(t *testing.T) {
		var all strings.Builder
		for _, p := range pages {
			all.WriteString(visitor.view(p))
		}
		w.expect(t, w.send(t, all.String()), pages)
	})
	t.Run("one after the other", func(t *testing.T) {
		conn, err := net.Dial("tcp", w.address)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(10 * time.Second))
		var out []byte
		for _, p := range pages {
			io.WriteString(conn, visitor.view(p))
			buffer := make([]byte, 4096)
			n, err := conn.Read(buffer)
			if err != nil {
				t.Fatalf("receive: %v", err)
			}
			out = append(out, buffer[:n]...)
		}
		w.expect(t, out, pages)
	})
}

func (w *world) expect(t *testing.T, out []byte, pages []string) {
	t.Helper()
	list, err := read(out)
	if err != nil || len(list) != len(pages) {
		t.Fatalf("answers = %+v, %v, want %d", list, err, len(pages))
	}
	hits, _ := w.drain()
	var got []string
	for _, h := range hits {
		got = append(got, h.Page.Path())
	}
	if !slices.Equal(got, pages) {
		t.Errorf("hits of %v, want %v", got, pages)
	}
}

// What breaks off before its end counts nothing: no hit and no meter.
func TestAbortedBodiesCountNothing(t *testing.T) {
	w := serving(t, everything)
	whole := visitor.view("/")
	chunked := "POST /hit HTTP/1.1\r\n" + visitor.head() + "Transfer-Encoding: chunked\r\n\r\n1c\r\n" + `{"u":"https://a.example/"}  ` + "\r\n"
	for _, request := range []string{whole[:len(whole)-1], whole[:len(whole)/2], whole[:20], chunked, chunked + "0", ""} {
		out := w.send(t, request)
		if list, err := read(out); err != nil || len(list) > 1 || len(list) == 1 && list[0].code != 400 {
			t.Errorf("answers to a request cut short = %+v, %v, want none or 400", list, err)
		}
		conn, err := net.Dial("tcp", w.address)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(conn, request)
		conn.(*net.TCPConn).SetLinger(0) // ends in a reset
		conn.Close()
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := w.server.Shutdown(ctx); err != nil { // all that came is dealt with
		t.Fatalf("shut down: %v", err)
	}
	if hits, meters := w.drain(); len(hits)+len(meters) != 0 {
		t.Errorf("hits %v and meters %v, want none", hits, meters)
	}
}

var _ collector.Sink = (*recorder)(nil)
