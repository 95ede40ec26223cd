package collector

import (
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

	looks atomic.Int64
	mu    sync.Mutex
	conns map[*watched]struct{}
	empty chan struct{} // the last connection was closed
}

func newWatch(l net.Listener, request, idle, every time.Duration) *watch {
	return &watch{
		Listener: l, request: request, idle: idle, every: every,
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

// look ends the connections that have waited for too long.
func (w *watch) look() {
	now := w.looks.Add(1)
	request, idle := int64(w.request/w.every), int64(w.idle/w.every)
	w.mu.Lock()
	defer w.mu.Unlock()
	for c := range w.conns {
		since := c.since.Load()
		waited, state := now-since>>1, since&1
		// The look that a phase began after is up to one pause old.
		if state == idling && waited > idle || state == busy && waited > request {
			c.Conn.SetReadDeadline(past)
		}
		// A read that ends leaves time for an answer, which must be taken too.
		if state == busy && waited > 2*request {
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
)

// A watched connection is read from and written to by one goroutine.
type watched struct {
	net.Conn
	watch *watch
	since atomic.Int64 // the latest look before its phase began, and the phase: its last bit
	// answered is set between an answer and the next read, which lets others go first:
	// the client has hardly sent its next request yet, and to read in vain costs a system
	// call and a wait.
	answered bool
}

func (c *watched) begin(phase int64) { c.since.Store(c.watch.looks.Load()<<1 | phase) }

func (c *watched) Read(b []byte) (int, error) {
	if c.answered {
		c.answered = false
		runtime.Gosched()
	}
	n, err := c.Conn.Read(b)
	if n > 0 && c.since.Load()&1 == idling {
		c.begin(busy)
	}
	return n, err
}

func (c *watched) Write(b []byte) (int, error) {
	if c.since.Load()&1 == idling { // a further part of an answer
		c.begin(busy)
	}
	n, err := c.Conn.Write(b)
	c.answered = true
	c.begin(idling)
	return n, err
}

// Close closes the connection, and ends its watch.
func (c *watched) Close() error {
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
