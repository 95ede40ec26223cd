//go:build !goexperiment.runtimesecret

package visitors

import (
	"io"
	"net/netip"

	"oboro/collector/hit"
)

// NewKey returns a key with fresh bytes from random.
func NewKey(random io.Reader) (*Key, error) { return newKey(random) }

// Agent returns the mark of a User-Agent.
func (k *Key) Agent(agent string) Mark { return k.agent(agent) }

// Visitor returns the mark of a browser: of its address, its User-Agent and the site.
func (k *Key) Visitor(site hit.Site, address netip.Addr, agent Mark) Mark {
	return k.visitor(site, address, agent)
}

// Network returns the mark of the address's network, /24 or /48: three different
// ones let a label be written down.
func (k *Key) Network(address netip.Addr) Mark { return k.network(address) }
