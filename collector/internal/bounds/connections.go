package bounds

import (
	"hash/maphash"
	"net/netip"
	"sync"
	"sync/atomic"
)

// Connections counts open connections, of each network and of all together. It is
// nil where nothing is bound.
type Connections struct {
	key           maphash.Seed
	network, most int // how many a network may have, and all together

	mu   sync.Mutex
	open map[uint64]int // by hash of the network; none that is 0
	all  int

	refused [2]atomic.Uint64
}

// A Ticket is what an open connection is counted under. It means nothing without the
// key, and goes back with [Connections.Leave], once.
type Ticket struct {
	network uint64
	counted bool // of a network that is bound
}

// The bounds that may refuse a connection.
const (
	OfNetwork = iota
	OfAll
)

// NewConnections returns a bound of that many open connections for each network, and
// of most for all together. Neither is 0.
func NewConnections(network, most int) *Connections {
	return &Connections{key: maphash.MakeSeed(), network: network, most: most, open: map[uint64]int{}}
}

// Enter counts a connection of the peer in, or reports false where it would be one too
// many. One that is exempt counts among all, but under no network.
func (c *Connections) Enter(peer netip.Addr, exempt bool) (Ticket, bool) {
	if c == nil {
		return Ticket{}, true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.all >= c.most {
		c.refused[OfAll].Add(1)
		return Ticket{}, false
	}
	t := Ticket{}
	if !exempt {
		t = Ticket{hash(c.key, peer), true}
		if c.open[t.network] >= c.network {
			c.refused[OfNetwork].Add(1)
			return Ticket{}, false
		}
		c.open[t.network]++
	}
	c.all++
	return t, true
}

// Leave counts a connection out.
func (c *Connections) Leave(t Ticket) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all--
	if !t.counted {
		return
	}
	if c.open[t.network]--; c.open[t.network] == 0 {
		delete(c.open, t.network)
	}
}

// Open returns how many connections are open, and of how many networks that are bound.
func (c *Connections) Open() (all, networks int) {
	if c == nil {
		return 0, 0
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.all, len(c.open)
}

// Refused returns how many connections a bound has refused since the start.
func (c *Connections) Refused(bound int) uint64 {
	if c == nil {
		return 0
	}
	return c.refused[bound].Load()
}
