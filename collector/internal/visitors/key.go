package visitors

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"io"
	"net/netip"
	"sync"

	"oboro/collector/hit"
)

// A Mark recognises a browser at one address within one site and day. It means
// nothing to anyone without the day's key, and lives in RAM only.
type Mark [16]byte

// A Key makes the marks of one day: HMAC-SHA-256 under 32 fresh random bytes,
// over length-prefixed fields. It is never derived from another day's key, so a
// stolen one opens one day.
type Key struct {
	secret [32]byte
	states sync.Pool
}

// NewKey returns a key with fresh bytes from random.
func NewKey(random io.Reader) (*Key, error) {
	k := &Key{}
	if _, err := io.ReadFull(random, k.secret[:]); err != nil {
		return nil, fmt.Errorf("no random bytes for the day's key")
	}
	k.states.New = func() any { return hmac.New(sha256.New, k.secret[:]) }
	return k, nil
}

// Destroy overwrites the key. No mark can be made with it afterwards that equals
// one made before.
func (k *Key) Destroy() {
	clear(k.secret[:])
	k.states = sync.Pool{New: func() any { return hmac.New(sha256.New, k.secret[:]) }}
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
	bytes := prefix.Addr().As16()
	return k.mark(append(bytes[:], byte(bits)), "")
}

func (k *Key) mark(fields []byte, text string) Mark {
	h := k.states.Get().(hash.Hash)
	h.Reset()
	h.Write(fields)
	io.WriteString(h, text)
	var sum [sha256.Size]byte
	h.Sum(sum[:0])
	k.states.Put(h)
	return Mark(sum[:16])
}
