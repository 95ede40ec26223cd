//go:build goexperiment.runtimesecret

package visitors

import (
	"io"
	"net/netip"
	"runtime/secret"

	"oboro/collector/hit"
)

// Built with GOEXPERIMENT=runtimesecret, what holds the key overwrites the stack and
// the registers that it used. The closures stay on the stack.

// NewKey returns a key with fresh bytes from random.
func NewKey(random io.Reader) (k *Key, err error) {
	secret.Do(func() { k, err = newKey(random) })
	return k, err
}

// Agent returns the mark of a User-Agent.
func (k *Key) Agent(agent string) (m Mark) {
	secret.Do(func() { m = k.agent(agent) })
	return m
}

// Visitor returns the mark of a browser: of its address, its User-Agent and the site.
func (k *Key) Visitor(site hit.Site, address netip.Addr, agent Mark) (m Mark) {
	secret.Do(func() { m = k.visitor(site, address, agent) })
	return m
}

// Network returns the mark of the address's network, /24 or /48: three different
// ones let a label be written down.
func (k *Key) Network(address netip.Addr) (m Mark) {
	secret.Do(func() { m = k.network(address) })
	return m
}
