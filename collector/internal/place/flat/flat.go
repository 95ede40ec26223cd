// Package flat is the form of the built-in country table: ranges of addresses, which
// are read where they lie. Opening it makes nothing of them, and an IPv4 address is
// found in two or three lines of memory, without a branch that could not be foretold.
//
// It promises to keep no address, and to say nothing of one but a country. A table is
// the project's own, so that it is checked where it is made and by a test, and not at
// each start.
//
// A table is these, one after the other, its numbers little-endian:
//
//	head       magic, 8 bytes; version, 4; SHA-256 of all that follows, 32;
//	           date of the data in seconds of Unix, 8; sizes of the six parts, 4 each
//	countries  two letters each; the first is number 1, and 0 is the unknown country
//	index4     65,536 entries, by the first 16 bits of an IPv4 address
//	nodes4     for what of those has more than one country
//	finer4     one block, for all /24 that have more than one country
//	pages6     256 entries each, by 8 bits of an IPv6 address, from the first 8 and the
//	           first page on
//	blocks6    blocks, for what has more than one country and no page of its own
//
// An entry has 4 bytes: that of one country alone is its number with the highest bit
// set. Another one says where the node stands; or which page the next 8 bits are looked
// up in; or, with the second highest bit set, where the block stands.
//
// A node has a bit for each /24, 32 bytes, set where another country than before it
// begins, and for the first; then how many are set in the bytes before the 1st, 9th, 17th
// and 25th, 4 bytes; then the number of each, 1 byte: 255 is
// said by finer4.
//
// A block says where countries change: how many times, 2 bytes; from which address on,
// 8 bytes each, ascending, of IPv6 the first 64 bits; and the number before them and
// from each on, 1 byte.
package flat

import (
	"encoding/binary"
	"errors"
	"math/bits"
	"net/netip"
	"time"

	"oboro/collector/hit"
	"oboro/internal/prefetch"
)

const (
	magic   = "oboro cc"
	version = 1

	magicAt, versionAt, sumAt, dateAt, sizesAt, headSize = 0, 8, 12, 44, 52, 52 + 4*parts
	parts                                                = 6

	alone   = 1 << 31 // of an entry: one country, whose number is its lowest byte
	block   = 1 << 30 // of an entry of a page: where the block stands
	few     = 128     // changes that are searched in a block; for more there is a page
	finer   = 255     // the number of what stands in finer4
	entries = 4       // bytes of an entry
	page    = 256 * entries
	before  = 32         // where in a node stands how many bits are set before its words
	node    = before + 4 // bytes of one before its numbers
	starts  = 8          // bytes of where a country begins
	first6  = 64 - 8     // where the bits of the first page stand among the first 64
)

// A Table says which country an address is in. It is only read, by as many at a time as like.
type Table struct {
	date      time.Time
	countries [256]hit.Country // by their numbers
	index4    *[65536 * entries]byte
	nodes4    []byte
	finer4    []byte
	pages6    []byte
	blocks6   []byte
}

var (
	errForm = errors.New("it is no country table of this version")
	errSize = errors.New("its parts are not what it has bytes for")
)

// Open returns the table in data, which it keeps. What it refuses is another form, or
// one that is cut; [Check] tells of the rest.
func Open(data []byte) (*Table, error) {
	if len(data) < headSize || string(data[:versionAt]) != magic || binary.LittleEndian.Uint32(data[versionAt:]) != version {
		return nil, errForm
	}
	var part [parts][]byte
	rest := data[headSize:]
	for i := range part {
		size := uint64(binary.LittleEndian.Uint32(data[sizesAt+4*i:]))
		if size > uint64(len(rest)) {
			return nil, errSize
		}
		part[i], rest = rest[:size:size], rest[size:]
	}
	t := &Table{nodes4: part[2], finer4: part[3], pages6: part[4], blocks6: part[5]}
	if len(rest) != 0 || len(part[1]) != len(t.index4) || len(t.pages6) < page || len(t.pages6)%page != 0 {
		return nil, errSize
	}
	t.index4 = (*[65536 * entries]byte)(part[1])
	t.date = time.Unix(int64(binary.LittleEndian.Uint64(data[dateAt:])), 0).UTC()
	if err := t.name(string(part[0])); err != nil {
		return nil, err
	}
	return t, nil
}

// name gives the numbers of countries their codes.
func (t *Table) name(codes string) error {
	if len(codes)%2 != 0 || len(codes)/2 >= finer {
		return errSize
	}
	for i := range len(codes) / 2 {
		country, ok := hit.ParseCountry(codes[2*i : 2*i+2])
		if !ok {
			return errForm
		}
		t.countries[i+1] = country
	}
	return nil
}

// Date returns of which time the data are, in UTC.
func (t *Table) Date() time.Time { return t.date }

// Country returns the country that address is in, or the unknown country. An address of
// 6to4 or Teredo, and one whose first 96 bits are 0, is where the IPv4 address within it
// is, as in tables of MaxMind's form; so is one that is mapped.
func (t *Table) Country(address netip.Addr) hit.Country {
	if address.Is4() {
		b := address.As4()
		return t.countries[t.of4(binary.BigEndian.Uint32(b[:]))]
	}
	if !address.IsValid() {
		return hit.Country{}
	}
	const sixToFour, teredo, mapped = 0x2002, 0x2001_0000, 0xffff
	b := address.As16()
	network, rest := binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:])
	switch {
	case network>>48 == sixToFour:
		return t.countries[t.of4(uint32(network>>16))]
	case network>>32 == teredo:
		return t.countries[t.of4(uint32(network))]
	case network == 0 && (rest>>32 == 0 || rest>>32 == mapped):
		return t.countries[t.of4(uint32(rest))]
	}
	return t.countries[t.of6(network)]
}

// Near asks for the memory where Nearer will look up an IPv4 address, of which the first 16
// bits matter.
func (t *Table) Near(address netip.Addr) {
	if address.Is4() {
		b := address.As4()
		prefetch.Start(&t.index4[int(binary.BigEndian.Uint16(b[:]))*entries])
	}
}

// Nearer asks for the memory where Country will look up an IPv4 address.
func (t *Table) Nearer(address netip.Addr) {
	if !address.Is4() {
		return
	}
	b := address.As4()
	if entry := binary.LittleEndian.Uint32(t.index4[int(binary.BigEndian.Uint16(b[:]))*entries:][:entries]); entry&alone == 0 {
		prefetch.Start(&t.nodes4[entry])
		prefetch.Start(&t.nodes4[entry+node-1])
	}
}

// of4 returns the number of the country of an IPv4 address.
func (t *Table) of4(address uint32) byte {
	entry := binary.LittleEndian.Uint32(t.index4[address>>16*entries:][:entries])
	number := byte(entry)
	if entry&alone == 0 {
		n := (*[node]byte)(t.nodes4[entry:])
		word, bit := address>>14&3, address>>8&63
		set := binary.LittleEndian.Uint64(n[word*8:][:8]) << (63 - bit) // those up to the bit
		number = t.nodes4[uint(entry)+node-1+uint(n[before+word])+uint(bits.OnesCount64(set))]
	}
	if number == finer {
		return changed(t.finer4, uint64(address))
	}
	return number
}

// of6 returns the number of the country of the first 64 bits of an IPv6 address.
func (t *Table) of6(network uint64) byte {
	entry := uint32(0) // the first page
	for shift := uint(first6); ; shift -= 8 {
		entry = binary.LittleEndian.Uint32(t.pages6[uint(entry)*page+uint(network>>shift&255)*entries:])
		switch {
		case entry&alone != 0:
			return byte(entry)
		case entry&block != 0:
			return changed(t.blocks6[entry&^block:], network)
		}
	}
}

// changed returns the number that a block has for an address.
func changed(b []byte, address uint64) byte {
	n := uint(binary.LittleEndian.Uint16(b))
	list, numbers := b[2:2+n*starts], b[2+n*starts:]
	from := uint(0) // so many changes are at or below the address
	for n > 0 {
		half := (n + 1) / 2
		if binary.LittleEndian.Uint64(list[(from+half-1)*starts:]) <= address {
			from += half
		}
		n /= 2
	}
	return numbers[from]
}
