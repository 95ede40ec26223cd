package collector

import (
	"io"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// How long a client may keep a connection waiting: until its request has come and its
// answer is taken, and between an answer and its next request. Each is right to about a
// second.
const (
	requestTime = 10 * time.Second
	idleTime    = 75 * time.Second
	lookEvery   = time.Second
)

// A watch ends connections that keep the server waiting. fasthttp would set three
// deadlines a request, each with a look at the clock, and each of them a timer of the
// runtime. The watch looks at all connections once a second in place of that, and a
// connection in use notes no more than the number of the latest look.
type watch struct {
	net.Listener
	request, idle, every time.Duration
	collector            *Collector // takes plain hits

	ending atomic.Bool // the server shuts down
	looks  atomic.Int64
	mu     sync.Mutex
	conns  map[*watched]struct{}
	empty  chan struct{} // the last connection was closed
}

// newWatch returns a watch that has no listener yet.
func newWatch(c *Collector) *watch {
	return &watch{
		request: requestTime, idle: idleTime, every: lookEvery, collector: c,
		conns: map[*watched]struct{}{}, empty: make(chan struct{}, 1),
	}
}

// Accept returns the next connection, which is watched from now on.
func (w *watch) Accept() (net.Conn, error) {
	conn, err := w.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c := &watched{Conn: conn, watch: w}
	c.begin(busy)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.conns[c] = struct{}{}
	return c, nil
}

// run looks until end is closed, after which nothing is accepted, and no connection is
// open.
func (w *watch) run(end <-chan struct{}) {
	ticker := time.NewTicker(w.every)
	defer ticker.Stop()
	for ending := false; ; {
		select {
		case <-end:
			end, ending = nil, true
		case <-w.empty:
		case <-ticker.C:
			w.look()
		}
		if ending && w.open() == 0 {
			return
		}
	}
}

func (w *watch) open() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.conns)
}

// end has connections close once they are idle. fasthttp closes those that it knows to be.
func (w *watch) end() {
	w.ending.Store(true)
	w.mu.Lock()
	defer w.mu.Unlock()
	for c := range w.conns {
		if c.phase() == idling {
			c.Conn.SetReadDeadline(past)
		}
	}
}

// look ends the connections that have waited for too long.
func (w *watch) look() {
	now := w.looks.Add(1)
	request, idle := int64(w.request/w.every), int64(w.idle/w.every)
	w.mu.Lock()
	defer w.mu.Unlock()
	for c := range w.conns {
		since := c.since.Load()
		waited, state := now-since>>phaseBits, since&(1<<phaseBits-1)
		// The look that a phase began after is up to one pause old.
		if state == idling && waited > idle || state != idling && waited > request {
			c.Conn.SetReadDeadline(past)
		}
		// A read that ends leaves time for an answer, which must be taken too.
		if state != idling && waited > 2*request {
			c.Conn.SetWriteDeadline(past)
		}
	}
}

// past is a deadline that is over.
var past = time.Unix(1, 0)

// The phases of a connection.
const (
	busy   = int64(iota) // a request comes, or its answer is being taken
	idling               // it has been answered
	taking               // the same as busy, of a request that fasthttp may not know of

	phaseBits = 2
)

// A watched connection is read from and written to by one goroutine.
type watched struct {
	net.Conn
	watch *watch
	since atomic.Int64 // the latest look before its phase began, and the phase: its last bits
	// answered is set between an answer and the next read, which lets others go first:
	// the client has hardly sent its next request yet, and to read in vain costs a system
	// call and a wait.
	answered bool
	// handed is how many bytes fasthttp was given since it was known to have read all of
	// them. Where it may have some of the next request already, that is never known again:
	// lost. Else the next read begins a request.
	handed int
	lost   bool
	hits   bool // were answered here
}

func (c *watched) begin(phase int64) { c.since.Store(c.watch.looks.Load()<<phaseBits | phase) }

// turn goes on to a phase that shares its time with the one before it.
func (c *watched) turn(phase int64) { c.since.Store(c.since.Load()&^(1<<phaseBits-1) | phase) }

func (c *watched) phase() int64 { return c.since.Load() & (1<<phaseBits - 1) }

// Read is called by fasthttp. It answers plain hits itself, and returns with what is none.
// Only where a request begins is one looked for: within another, what looks like a hit is
// part of a body that somebody wrote.
func (c *watched) Read(b []byte) (int, error) {
	for {
		fresh := c.handed == 0 && !c.lost
		n, err := c.read(b, fresh)
		if n > 0 && fresh && c.take(b[:n]) {
			if c.watch.ending.Load() {
				return 0, io.EOF
			}
			continue
		}
		if n == 0 && fresh && c.hits { // it is idle, as far as fasthttp knows since its beginning
			return 0, io.EOF
		}
		if n > 0 {
			c.hand(b[:n])
		}
		return n, err
	}
}

func (c *watched) read(b []byte, fresh bool) (int, error) {
	if c.answered {
		c.answered = false
		runtime.Gosched()
	}
	n, err := c.Conn.Read(b)
	if n > 0 {
		if c.phase() == idling {
			c.begin(busy)
		}
		if fresh {
			c.turn(taking)
		}
	}
	return n, err
}

// take answers a plain hit, unless the connection has to close behind its answer.
func (c *watched) take(request []byte) bool {
	if c.watch.ending.Load() {
		return false
	}
	answer := c.watch.collector.plain(c.Conn, request)
	if answer == nil {
		return false
	}
	c.hits = true
	c.Write(answer) // where it fails, so does the next read
	return true
}

// hand notes what fasthttp is given.
func (c *watched) hand(request []byte) {
	if c.phase() == taking {
		c.turn(busy)
	}
	c.lost = c.lost || c.handed == 0 && !whole(request)
	c.handed += len(request)
}

// taken is told of each request that fasthttp has read, of how many bytes it was. Where
// fasthttp was given as many, the next read begins a request.
func (c *watched) taken(request int) {
	if c.handed != request {
		c.lost = true
	}
	c.handed = 0
}

func (c *watched) Write(b []byte) (int, error) {
	if c.phase() == idling { // a further part of an answer
		c.begin(busy)
	}
	n, err := c.Conn.Write(b)
	c.answered = true
	c.begin(idling)
	return n, err
}

// Close closes the connection, and ends its watch. A server that shuts down closes what it
// takes for idle: a hit under way gets its answer first.
func (c *watched) Close() error {
	if c.phase() == taking {
		return nil
	}
	c.watch.mu.Lock()
	delete(c.watch.conns, c)
	last := len(c.watch.conns) == 0
	c.watch.mu.Unlock()
	if last {
		select {
		case c.watch.empty <- struct{}{}:
		default: // it is said already
		}
	}
	return c.Conn.Close()
}
