// Package bounds keeps one network from taking what many need: hits a second, and
// open connections.
//
// It never holds an address. A network, which is an address truncated to /24 or /48,
// stands under a keyed hash of 64 bits, beside a time or a number and nothing else;
// the key is random and in RAM alone. That of the rate goes with the day, by
// [Rate.Forget], so that nothing of it tells two days of a network apart or together;
// that of the connections goes with the process, and a network that has none open is
// not in it.
package bounds

import (
	"encoding/binary"
	"hash/maphash"
	"net/netip"
)

// hash returns what stands for the network of an address under the key. IPv4 in IPv6
// counts as IPv4.
func hash(key maphash.Seed, address netip.Addr) uint64 {
	address = address.Unmap()
	b := address.As16()
	network := binary.BigEndian.Uint64(b[:8]) >> 16 // the /48
	if address.Is4() {
		network = 1<<48 | uint64(binary.BigEndian.Uint32(b[12:])>>8) // the /24
	}
	return maphash.Comparable(key, network)
}
