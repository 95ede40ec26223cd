package collector

import (
	"encoding/binary"
	"net"
	"reflect"
	"time"

	"github.com/valyala/fasthttp"

	"oboro/collector/hit"
	"oboro/collector/internal/intake"
	"oboro/collector/internal/visitors"
)

// ServeConn answers one connection until it ends, without a listener.
func (s *Server) ServeConn(conn net.Conn) error { return s.http.ServeConn(conn) }

// Hurry sets how long clients may keep a server waiting that does not serve yet.
func (s *Server) Hurry(d time.Duration) {
	s.watch.request, s.watch.idle, s.watch.every = d, d, d/10
}

// Door returns the listener as the server sees it.
func (c *Collector) Door(l net.Listener) net.Listener { return door{l, c} }

// Handle answers one request that has been read.
func (c *Collector) Handle(ctx *fasthttp.RequestCtx) { c.handle(ctx) }

// Body takes the hit of a request that has been read, and returns its outcome.
func (c *Collector) Body(ctx *fasthttp.RequestCtx) (word string) {
	return c.take(func(at time.Time, key *visitors.Key) (visitors.Sighting, hit.Site, intake.Outcome) {
		return c.intake.Body(ctx, at, key)
	}).Word()
}

// Watch returns the listener as the server sees it, what watches its connections until a
// channel is closed, and how many these are. It takes no hits.
func Watch(l net.Listener) (w net.Listener, run func(<-chan struct{}), watched func() int) {
	own := newWatch(&Collector{closed: true, config: Config{Now: time.Now, Zone: time.UTC}})
	own.Listener = l
	return own, own.run, own.open
}

// Known reports whether the latest connection is known to be between two requests, as
// far as fasthttp is concerned. It is between two reads.
func (s *Server) Known() bool {
	for c := range s.watch.conns {
		return c.handed == 0 && !c.lost
	}
	return false
}

// Plain takes a hit from what one read gave, if it is plain.
func (c *Collector) Plain(conn net.Conn, request []byte) bool {
	return c.plain(conn, request) != nil
}

// End is what a server does first when it shuts down.
func (s *Server) End() { s.watch.end() }

// CloseAll closes all connections, as a server does with idle ones.
func (s *Server) CloseAll() {
	for c := range s.watch.conns {
		c.Close()
	}
}

// Fill takes visitor-days into the table of today until the admission cap.
func (c *Collector) Fill() {
	for i := range visitors.Most - c.Visitors() {
		var mark visitors.Mark
		binary.BigEndian.PutUint64(mark[:], uint64(i)+1)
		c.table.Add(&visitors.Sighting{Visitor: mark})
	}
}

// remembered returns how many texts an intake remembers what they came to, and how many
// marks are among that, of senders and their User-Agents.
func remembered(in *intake.Intake) (n, marked int) {
	memory := reflect.ValueOf(in).Elem().FieldByName("memory")
	for i := range memory.NumField() {
		n += held(memory.Field(i))
	}
	return n, held(memory.FieldByName("senders")) + held(memory.FieldByName("agents"))
}

// held returns how many entries a memory has.
func held(memory reflect.Value) (n int) {
	if words := memory.Elem().FieldByName("words"); words.IsValid() { // of codes
		set := words.Len() / int(memory.Elem().FieldByName("mask").Uint()+1)
		for j := range words.Len() { // behind a count of the set, four hashes
			if j%set >= 1 && j%set <= 4 && words.Index(j).FieldByName("v").Uint() != 0 {
				n++
			}
		}
		return n
	}
	sets := memory.Elem().FieldByName("sets")
	for j := range sets.Len() {
		entries := sets.Index(j).FieldByName("entries")
		for k := range entries.Len() {
			if !entries.Index(k).FieldByName("v").IsNil() {
				n++
			}
		}
	}
	return n
}

// Remembered returns how many texts of today the collector remembers what they came
// to, senders among them.
func (c *Collector) Remembered() int {
	n, _ := remembered(c.intake)
	return n
}

// Remembered is the same of a log, and how many of these have a mark of the day.
func (l *Log) Remembered() (n, marked int) { return remembered(l.intake) }
