package collector

import (
	"errors"
	"net"
	"sync/atomic"
	"syscall"
	"time"

	"oboro/collector/internal/bounds"
)

// A door lets connections in as the bounds allow: one beyond them is closed at once,
// without a word. Where the process has no descriptor left for a new connection, it
// waits for one, in place of spinning or ending.
type door struct {
	net.Listener
	collector *Collector
}

// breath is how long the door waits where there is no descriptor.
const breath = 50 * time.Millisecond

func (d door) Accept() (net.Conn, error) {
	for {
		conn, err := d.Listener.Accept()
		if err != nil {
			if !exhausted(err) {
				return nil, err
			}
			time.Sleep(breath)
			continue
		}
		if ticket, ok := d.collector.intake.Enter(conn); ok {
			return &guest{Conn: conn, ticket: ticket, collector: d.collector}, nil
		}
		conn.Close() // an error says that the peer was quicker
	}
}

// exhausted reports whether accept failed for want of something that comes back.
func exhausted(err error) bool {
	for _, lack := range []error{syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM} {
		if errors.Is(err, lack) {
			return true
		}
	}
	return false
}

// A guest is a connection that was let in. It is counted out when it is closed for the
// first time, however it ended.
type guest struct {
	net.Conn
	ticket    bounds.Ticket
	collector *Collector
	left      atomic.Bool
}

func (g *guest) Close() error {
	err := g.Conn.Close()
	if !g.left.Swap(true) {
		g.collector.intake.Connections.Leave(g.ticket)
	}
	return err
}

// concurrency returns how many connections fasthttp may serve. It would refuse one more
// in words of its own; so it gets more than the door lets in, for those that are closed
// and not put away yet.
func (l Limits) concurrency() int { return 2 * l.Open }

// Connections returns how many connections are open, and how many were refused since
// the start: by the bound of one network, and by that of all.
func (c *Collector) Connections() (open int, network, all uint64) {
	open, _ = c.intake.Connections.Open()
	return open, c.intake.Connections.Refused(bounds.OfNetwork), c.intake.Connections.Refused(bounds.OfAll)
}

// Unpaced returns how many hits since the start were let in without a look at their
// rate, since more networks than are kept count of were ahead of theirs.
func (c *Collector) Unpaced() uint64 { return c.intake.Rate.Passed() }
