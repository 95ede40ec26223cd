package collector

import (
	"oboro/collector/hit"
	"oboro/collector/internal/network"
)

// settled tells the answers of a resolver, which may be nil: then all is settled, and unknown.
// So is what waited before a kill, whose ticket is of no question.
type settled struct{ resolver *network.Resolver }

// Answer returns the domain of a ticket, and whether the question has come to an end.
func (a settled) Answer(ticket uint64) (domain hit.Host, settled bool) {
	if a.resolver == nil {
		return hit.Host{}, true
	}
	domain, state := a.resolver.Answer(network.Ticket(ticket))
	return domain, state != network.Waiting
}

// Class returns the class of a domain in a country.
func (settled) Class(domain hit.Host, country hit.Country) hit.NetworkClass {
	return network.ClassOf(domain, country)
}

// Settle lets the hits count in their networks whose answers have come. It is for a clock, of
// a second or so, and waits for nothing. What the RAM log has no room for waits on.
func (c *Collector) Settle() {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.table != nil {
		_ = c.table.Answer(settled{c.reverse})
	}
}

// EndWaits lets all hits that wait for an answer count in an unknown network, as the end of the
// day does.
func (c *Collector) EndWaits() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.endWaits()
}

// endWaits needs mu.
func (c *Collector) endWaits() error {
	if c.table == nil {
		return nil
	}
	return c.table.Unknown()
}

// ReverseCounts calls yield with what became of questions of reverse DNS, and of how many,
// since the start; with nothing where nobody is asked.
func (c *Collector) ReverseCounts(yield func(outcome string, n uint64)) {
	if c.reverse == nil {
		return
	}
	n := c.reverse.Counts()
	yield("asked", n.Asked)
	yield("named", n.Named)
	yield("nameless", n.Nameless)
	yield("silent", n.Silent)
	yield("refused", n.Refused)
}

// CheckReverse says what is wrong with a server for reverse DNS.
func CheckReverse(server string) error {
	r, err := network.NewResolver(network.Reverse{Server: server, Workers: 1})
	if err == nil {
		r.Close()
	}
	return err
}
