package collector_test

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"oboro/collector"
	"oboro/collector/hit"
)

// A nameServer answers questions for names on loopback, once it is let to.
type nameServer struct {
	address string
	asked   atomic.Uint64
	let     chan struct{}
}

// named begins a server that gives one name to every address, or none to "".
func named(t *testing.T, name string) *nameServer {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s, done := &nameServer{address: conn.LocalAddr().String(), let: make(chan struct{})}, make(chan struct{})
	go func() {
		defer close(done)
		packet := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(packet)
			if err != nil {
				return
			}
			s.asked.Add(1)
			<-s.let
			conn.WriteTo(reply(packet[:n], name), from)
		}
	}()
	t.Cleanup(func() { s.answer(); conn.Close(); <-done })
	return s
}

// answer lets the server answer, what it was asked before too.
func (s *nameServer) answer() {
	select {
	case <-s.let:
	default:
		close(s.let)
	}
}

func reply(question []byte, name string) []byte {
	var m dnsmessage.Message
	if m.Unpack(question) != nil || len(m.Questions) != 1 {
		return nil
	}
	m.Response, m.RecursionAvailable = true, true
	if name == "" {
		m.RCode = dnsmessage.RCodeNameError
	} else {
		m.Answers = []dnsmessage.Resource{{
			Header: dnsmessage.ResourceHeader{Name: m.Questions[0].Name, Class: dnsmessage.ClassINET, TTL: 60},
			Body:   &dnsmessage.PTRResource{PTR: dnsmessage.MustNewName(name)},
		}}
	}
	packet, _ := m.Pack() // it was one just before
	return packet
}

// reversing returns a world that asks a server for networks.
func reversing(t *testing.T, s *nameServer, changes ...func(*collector.Config)) *world {
	t.Helper()
	w, _ := locating(t, append([]func(*collector.Config){func(c *collector.Config) { c.Reverse = s.address }}, changes...)...)
	return w
}

// parts returns what was let out, as "part network class day".
func (w *world) parts() (list []string) {
	hits, _ := w.drain()
	for _, h := range hits {
		list = append(list, fmt.Sprintf("%d %q %s %d", h.Part, h.Network.Name(), h.Env.Unpack().Class.Code(), h.Day-hit.DayOf(noon)))
	}
	slices.Sort(list)
	return list
}

// letOut settles until so many parts were let out, and returns them.
func (w *world) letOut(t *testing.T, n int) (list []string) {
	t.Helper()
	for range 20_000 {
		w.collector.Settle()
		if list = append(list, w.parts()...); len(list) >= n {
			return list
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatalf("in 20 seconds only %q was let out, want %d parts", list, n)
	return nil
}

func (w *world) view(t *testing.T, address string, times int) {
	t.Helper()
	for range times {
		if a := w.one(t, sender{address: address, agent: firefox}.view("/")); a.code != 202 {
			t.Fatalf("%s: the answer is %d, want 202", address, a.code)
		}
	}
}

func same(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: %q, want %q", what, got, want)
	}
}

const (
	butNetwork = `1 "" unknown 0`
	lateNamed  = `2 "ocn.ne.jp" ne.jp 0`
	lateNone   = `2 "" unknown 0`
)

// A hit of an address that no table knows is answered at once, and counts in its network when
// the answer comes; further hits of the visitor-day wait with it, and those after it do not.
// What a table knows, what has no name in the world, and what no statistic counts is not asked
// for, nor is who only looks at what would be kept. Seen to fail when the network of a table is
// asked for, when /transparency asks, and when the answer's class is not told.
func TestReverseDNS(t *testing.T) {
	s := named(t, "p1234567-ipngn.tokyo.ocn.ne.jp.")
	w := reversing(t, s)
	w.view(t, "192.0.2.77", 2)
	w.collector.Settle()
	same(t, "before the answer", w.parts(), butNetwork, butNetwork)
	s.answer()
	same(t, "with the answer", w.letOut(t, 2), lateNamed, lateNamed)
	w.view(t, "192.0.2.77", 1)
	same(t, "after the answer", w.parts(), `0 "ocn.ne.jp" ne.jp 0`)
	asked := s.asked.Load()
	w.view(t, "198.51.100.7", 1) // a table knows it
	w.view(t, "10.1.2.3", 1)     // it has no name
	same(t, "without a question", w.parts(), `0 "" unknown 0`, `0 "example.ac.jp" ac.jp 0`)
	page := w.page(t, "/transparency?lang=en", sender{address: "192.0.2.99", agent: firefox}.head())
	if s.asked.Load() != asked || asked != 1 {
		t.Errorf("the server is asked %d times, want once", s.asked.Load())
	}
	if strings.Contains(page, "asks nobody") {
		t.Error("the page tells of reverse DNS that the declaration does not")
	}
	none := reversing(t, s, func(c *collector.Config) { c.Plan.Computes = hit.Of(hit.ByCountry) })
	none.view(t, "192.0.2.78", 1)
	none.collector.ReverseCounts(func(string, uint64) { t.Error("there is a resolver that no statistic needs") })
	counts := map[string]uint64{}
	w.collector.ReverseCounts(func(outcome string, n uint64) { counts[outcome] = n })
	if counts["asked"] != 1 || counts["named"] != 1 || len(counts) != 5 {
		t.Errorf("counts are %v, want one asked and named", counts)
	}
}

// A name that is none leaves the network unknown, and is said once. Seen to fail when what has
// no name waits on.
func TestReverseDNSWithoutAName(t *testing.T) {
	s := named(t, "")
	w := reversing(t, s)
	w.view(t, "192.0.2.77", 1)
	s.answer()
	same(t, "without a name", w.letOut(t, 2), butNetwork, lateNone)
}

// What still waits when the day closes is of an unknown network of that day, and so it is where
// the collector is closed. Seen to fail when Turn and Close each leave it out.
func TestReverseDNSAtTheEndOfTheDay(t *testing.T) {
	s := named(t, "p1.ocn.ne.jp.")
	w := reversing(t, s)
	w.view(t, "192.0.2.77", 2)
	w.set(midnight.Add(time.Minute))
	if err := w.collector.Turn(); err != nil {
		t.Fatal(err)
	}
	same(t, "as the day closes", w.parts(), butNetwork, butNetwork, lateNone, lateNone)
	s.answer()
	w.collector.Settle()
	same(t, "an answer of yesterday", w.parts())
	w.view(t, "192.0.2.77", 1)
	same(t, "the next day, at first", w.parts(), `1 "" unknown 1`)
	w.collector.Close()
	same(t, "as the collector is closed", w.parts(), `2 "" unknown 1`)
}

// After a kill each hit counts once in each table: what was answered as it was, what waited as
// unknown, whether or not anybody is asked any more. Seen to fail when the record of an answer is
// not told apart.
func TestReverseDNSAfterAKill(t *testing.T) {
	for _, on := range []bool{true, false} {
		s, log := named(t, "p1.ocn.ne.jp."), &ramLog{}
		journal := func(c *collector.Config) {
			c.Journal = log
			c.Turned = func(_ hit.Day, opening []byte) error { log.begin(opening); return nil }
		}
		w := reversing(t, s, journal)
		w.view(t, "192.0.2.77", 2)
		s.answer()
		before := w.letOut(t, 4)
		slow := named(t, "p2.ocn.ne.jp.")
		next := reversing(t, slow, journal, func(c *collector.Config) {
			if !on {
				c.Reverse = ""
			}
		})
		replay := func(w *world) []string {
			for i, record := range slices.Clone(log.records) {
				if err := w.collector.Replay(record); err != nil {
					t.Fatalf("replay of record %d: %v", i, err)
				}
			}
			return w.parts()
		}
		got := replay(next)
		slices.Sort(before)
		same(t, "what was answered", got, before...)
		other := reversing(t, slow, journal)
		replay(other)
		other.view(t, "203.178.140.9", 1)
		same(t, "another one", other.parts(), butNetwork)
		last := reversing(t, named(t, "p3.ocn.ne.jp."), journal, func(c *collector.Config) {
			if !on {
				c.Reverse = ""
			}
		})
		same(t, "killed while it waits", replay(last), append(slices.Clone(before[:2]), butNetwork, lateNamed, lateNamed)...)
		same(t, "at the next look", last.letOut(t, 1), lateNone)
		if n := len(log.records); !collector.IsLate(log.records[n-1]) || collector.IsLate(log.records[n-2]) {
			t.Error("the last record, and no other, is of an answer")
		}
	}
}

// Only this computer is asked. Seen to fail when NewResolver is not asked.
func TestReverseDNSIsOnLoopback(t *testing.T) {
	w := newWorld(t, everything)
	for _, server := range []string{"192.0.2.53:53", "8.8.8.8:53", "127.0.0.1", "localhost:53", "[::]:53"} {
		config := w.config(networked)
		config.Tables, config.Reverse = tablesOf(t), server
		if c, err := collector.New(config); err == nil || !strings.Contains(err.Error(), "reverse DNS: the resolver is") {
			t.Errorf("%s: %v, %v, want an error", server, c, err)
		}
		if collector.CheckReverse(server) == nil {
			t.Errorf("%s passes the check", server)
		}
	}
	if err := collector.CheckReverse("127.0.0.1:53"); err != nil {
		t.Error(err)
	}
}

// Who turns it on tells so. Seen to fail when the page does not say it, and when it does where
// it is off.
func TestReverseDNSIsTold(t *testing.T) {
	for _, on := range []bool{true, false} {
		w := newWorld(t, everything)
		config := w.config(everything)
		if config.Declaration.Exceptions = nil; on {
			config.Declaration.Exceptions = []string{collector.ReverseDNS}
		}
		w.with(t, config)
		for lang, text := range map[string]string{"en": "Looking at this page asks nobody.", "ja": "このページの表示では問い合わせません。"} {
			if page := w.page(t, "/transparency?lang="+lang, visitor.head()); strings.Contains(page, text) != on {
				t.Errorf("on %v, %s: the page says so: %v", on, lang, !on)
			}
		}
	}
}
