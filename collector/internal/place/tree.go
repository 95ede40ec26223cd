package place

import (
	"encoding/binary"
	"errors"
	"net/netip"

	"github.com/oschwald/maxminddb-golang/v2"
)

// A tree is the search tree of a table: nodes of two records, one for each value of
// the next bit of an address. A record below the number of nodes is a node, one equal
// to it says that nothing is known, and one above it is where what is known stands.
//
// It is walked here because the first 16 of the 32 steps to an IPv4 address can be
// made ahead of time, each of which reads memory that is seldom in the cache.
type tree struct {
	records []byte
	nodes   uint32
	bits    uint          // of a record: 24, 28 or 32
	isV6    bool          // an IPv4 address is below 96 zeros
	after16 [65536]uint32 // the record that the first 16 bits of an IPv4 address lead to
}

var errTree = errors.New("the search tree is cut short")

func newTree(data []byte, about maxminddb.Metadata) (*tree, error) {
	t := &tree{records: data, nodes: uint32(about.NodeCount), bits: about.RecordSize, isV6: about.IPVersion == 6}
	if t.bits != 24 && t.bits != 28 && t.bits != 32 || uint64(about.NodeCount)*uint64(t.bits)/4 > uint64(len(data)) {
		return nil, errTree
	}
	root := uint32(0)
	if t.isV6 {
		for range 96 {
			root = t.step(root, 0)
		}
	}
	t.fill(root, 0, 0)
	return t, nil
}

// fill notes what all IPv4 addresses lead to whose first bits are those of prefix.
func (t *tree) fill(record, prefix uint32, bits int) {
	if bits == 16 {
		t.after16[prefix] = record
		return
	}
	t.fill(t.step(record, 0), prefix<<1, bits+1)
	t.fill(t.step(record, 1), prefix<<1|1, bits+1)
}

// step returns the record for the bit. What is no node leads to itself.
func (t *tree) step(record, bit uint32) uint32 {
	if record >= t.nodes {
		return record
	}
	switch at := uint64(record); t.bits {
	case 24:
		b := t.records[at*6+uint64(bit)*3:][:3]
		return uint32(b[0])<<16 | uint32(b[1])<<8 | uint32(b[2])
	case 28:
		b := t.records[at*7:][:7]
		if bit == 0 {
			return uint32(b[3]>>4)<<24 | uint32(b[0])<<16 | uint32(b[1])<<8 | uint32(b[2])
		}
		return uint32(b[3]&15)<<24 | uint32(b[4])<<16 | uint32(b[5])<<8 | uint32(b[6])
	default:
		return binary.BigEndian.Uint32(t.records[at*8+uint64(bit)*4:])
	}
}

// find returns where in the data what is known of an address stands.
func (t *tree) find(address netip.Addr) (offset uint64, ok bool) {
	const between = 16 // bytes between tree and data
	record := uint32(0)
	switch {
	case address.Is4():
		b := address.As4()
		a := binary.BigEndian.Uint32(b[:])
		record = t.after16[a>>16]
		for shift := 15; shift >= 0 && record < t.nodes; shift-- {
			record = t.step(record, a>>shift&1)
		}
	case t.isV6:
		b := address.As16()
		for i := 0; i < 128 && record < t.nodes; i++ {
			record = t.step(record, uint32(b[i/8]>>(7-i%8)&1))
		}
	default:
		return 0, false
	}
	if record < t.nodes+between { // a node still, nothing, or nonsense
		return 0, false
	}
	return uint64(record - t.nodes - between), true
}
