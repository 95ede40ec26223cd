package visitors

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"net/netip"

	"oboro/collector/hit"
)

// A Mark recognises a browser at one address within one site and day. It means
// nothing to anyone without the day's key, and lives in RAM only.
type Mark [16]byte

// A Key makes the marks of one day: HMAC-SHA-256 under 32 fresh random bytes,
// over length-prefixed fields. It is never derived from another day's key, so a
// stolen one opens one day. Nothing made from the secret is kept beside it: a
// keyed state in a pool would outlive it, and would hold the end of a User-Agent.
type Key struct {
	secret [32]byte
}

// NewKey returns a key with fresh bytes from random.
func NewKey(random io.Reader) (*Key, error) {
	k := &Key{}
	if _, err := io.ReadFull(random, k.secret[:]); err != nil {
		return nil, fmt.Errorf("no random bytes for the day's key")
	}
	return k, nil
}

// Destroy overwrites the key. No mark can be made with it afterwards that equals
// one made before.
func (k *Key) Destroy() {
	clear(k.secret[:])
}

// Visitor returns the mark of a browser: of its address, its User-Agent and the site.
func (k *Key) Visitor(site hit.Site, address netip.Addr, agent string) Mark {
	var field [26]byte
	bytes := address.Unmap().As16()
	copy(field[:16], bytes[:])
	binary.BigEndian.PutUint16(field[16:], uint16(site))
	binary.BigEndian.PutUint64(field[18:], uint64(len(agent)))
	return k.mark(field[:], agent)
}

// Network returns the mark of the address's network, /24 or /48: three different
// ones let a label be written down.
func (k *Key) Network(address netip.Addr) Mark {
	address = address.Unmap()
	bits := 48
	if address.Is4() {
		bits = 24
	}
	prefix, err := address.Prefix(bits)
	if err != nil { // the zero address, or one with a zone
		prefix = netip.Prefix{}
	}
	var field [17]byte
	bytes := prefix.Addr().As16()
	copy(field[:16], bytes[:])
	field[16] = byte(bits)
	return k.mark(field[:], "")
}

// mark returns HMAC-SHA-256 of fields and text under the secret, cut to 16 bytes.
// It is written out over one buffer on the stack, cleared at the end, because
// package hmac leaves its input and its keyed states on the heap.
func (k *Key) mark(fields []byte, text string) Mark {
	var buffer [1024]byte
	inner := append(k.pad(buffer[:0], 0x36), fields...)
	inner = append(inner, text...)
	sum := sha256.Sum256(inner)
	clear(inner)
	clear(buffer[:])
	outer := append(k.pad(buffer[:0], 0x5c), sum[:]...)
	sum = sha256.Sum256(outer)
	clear(outer)
	return Mark(sum[:16])
}

// pad appends the block that HMAC puts before its input: the secret, filled up
// with zeros, each byte changed by mask.
func (k *Key) pad(to []byte, mask byte) []byte {
	for _, b := range k.secret[:] { // a slice: ranging over the array would copy it to the stack
		to = append(to, b^mask)
	}
	for range sha256.BlockSize - len(k.secret) {
		to = append(to, mask)
	}
	return to
}
