package flat_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"oboro/collector/hit"
	"oboro/collector/internal/place/flat"
)

var built = time.Date(2026, 4, 1, 3, 4, 5, 0, time.UTC)

// small is a table of each form that an entry has: 11.0/16 has a node, 11.0.2/24 two
// countries, 12/8 one; 2a00:0100::/24 has a block, 2a00:0300::/24 a page, 2b00::/8 one
// country.
func small(t testing.TB) []byte {
	t.Helper()
	table := flat.Ranges{
		Date: built,
		V4: []flat.Range{
			{Start: 0}, {Start: 11 << 24, Code: "JP"}, {Start: 11<<24 | 2<<8 | 9, Code: "US"}, {Start: 11<<24 | 7<<8, Code: "FR"},
			{Start: 12 << 24, Code: "DE"}, {Start: 13 << 24},
		},
		V6: []flat.Range{
			{Start: 0}, {Start: 0x2a00_0100_0000_0000, Code: "JP"}, {Start: 0x2a00_01ff_ffff_fffe, Code: "US"},
			{Start: 0x2a00_01ff_ffff_ffff, Code: "FR"},
		},
	}
	for i := range uint64(70) { // too many for a block
		table.V6 = append(table.V6, flat.Range{Start: (0x2a00_0300 + 2*i) << 32, Code: "JP"}, flat.Range{Start: (0x2a00_0301+2*i)<<32 | 1, Code: "US"})
	}
	table.V6 = append(table.V6, flat.Range{Start: 0x2a00_0400 << 32, Code: "FR"}, flat.Range{Start: 0x2b00 << 48, Code: "DE"}, flat.Range{Start: 0x2c00 << 48})
	data, err := table.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Each form of an entry is read, from its first address to its last. Seen to fail when the
// number of a node is taken from one place beside, when a block is searched with < for <=,
// when what goes on beyond a /16 or a page is left out there or a range is in the part
// before its own, when bytes are read in the other order, and when an IPv6 address is
// looked up by its second half.
func TestCountry(t *testing.T) {
	data := small(t)
	if err := flat.Check(data); err != nil {
		t.Fatal(err)
	}
	table, err := flat.Open(data)
	if err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]string{
		"0.0.0.0": "unknown", "10.255.255.255": "unknown", "11.0.0.0": "JP", "11.0.1.255": "JP", "11.0.2.8": "JP", "11.0.2.9": "US", "11.0.2.255": "US",
		"11.0.3.0": "US", "11.0.6.255": "US", "11.0.7.0": "FR", "11.0.255.255": "FR", "11.1.0.0": "FR", "11.255.255.255": "FR",
		"12.0.0.0": "DE", "12.255.255.255": "DE", "13.0.0.0": "unknown", "255.255.255.255": "unknown",
		"::ffff:11.0.2.9": "US", "::11.0.2.9": "US", "2002:b00:209::1": "US", "2001:0:b00:209::1": "US",
		"::fffe:11.0.2.9": "unknown", "::1:11.0.2.9": "unknown", "2003:b00:209::1": "unknown", "2001:1:b00:209::1": "unknown",
		"2a00:ff:ffff:ffff:ffff::": "unknown", "2a00:100::": "JP", "2a00:1ff:ffff:fffd:ffff::": "JP", "2a00:1ff:ffff:fffe::": "US",
		"2a00:1ff:ffff:fffe:ffff::": "US", "2a00:1ff:ffff:ffff::": "FR", "2a00:200::": "FR", "2a00:2ff:ffff:ffff::": "FR",
		"2a00:300::": "JP", "2a00:301::1": "JP", "2a00:301:0:1::": "US", "2a00:302::": "JP", "2a00:38b:0:1::": "US", "2a00:38c::": "US", "2a00:400::": "FR", "2aff:ffff::": "FR",
		"2b00::": "DE", "2bff:ffff::%eth0": "DE", "2c00::": "unknown", "ffff::": "unknown",
	} {
		if got := table.Country(netip.MustParseAddr(address)).Code(); got != want {
			t.Errorf("%s is in %s, want %s", address, got, want)
		}
	}
	if got := table.Country(netip.Addr{}); got != (hit.Country{}) {
		t.Errorf("no address is in %s", got.Code())
	}
	if !table.Date().Equal(built) || table.Date().Location() != time.UTC {
		t.Errorf("the table is of %s, want %s", table.Date(), built)
	}
}

// The same ranges give the same bytes, and neighbours of one country are one. Seen to
// fail when neighbours are not merged.
func TestBytes(t *testing.T) {
	first := small(t)
	if !bytes.Equal(first, small(t)) {
		t.Error("the same ranges give other bytes")
	}
	once := []flat.Range{{Start: 0, Code: "JP"}, {Start: 1 << 20, Code: "US"}}
	twice := []flat.Range{{Start: 0, Code: "JP"}, {Start: 1 << 10, Code: "JP"}, {Start: 1 << 20, Code: "US"}, {Start: 1 << 21, Code: "US"}}
	one, err := flat.Ranges{Date: built, V4: once, V6: once}.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	if two, err := (flat.Ranges{Date: built, V4: twice, V6: twice}).Bytes(); err != nil || !bytes.Equal(one, two) {
		t.Errorf("neighbours of one country are not one (error %v)", err)
	}
}

// Seen to fail when number looks at no order, and when it counts no countries; and when
// Bytes does not count the finer networks.
func TestBytesRefuses(t *testing.T) {
	good := []flat.Range{{Start: 0, Code: "JP"}}
	var fine []flat.Range // of a /16 all addresses
	for i := range uint64(1 << 16) {
		fine = append(fine, flat.Range{Start: i, Code: []string{"JP", "US"}[i%2]})
	}
	if _, err := (flat.Ranges{V4: fine, V6: good}).Bytes(); err == nil {
		t.Error("a table was made that has more finer networks than a block can count")
	}
	var many []flat.Range
	for i := range uint64(255) {
		many = append(many, flat.Range{Start: i, Code: fmt.Sprintf("%02X", i)})
	}
	for name, list := range map[string][]flat.Range{
		"none": nil, "not from 0": {{Start: 1, Code: "JP"}}, "descending": {{Start: 0}, {Start: 2, Code: "JP"}, {Start: 1}},
		"twice": {{Start: 0}, {Start: 0, Code: "JP"}}, "too many": many,
	} {
		if _, err := (flat.Ranges{V4: list, V6: good}).Bytes(); err == nil {
			t.Errorf("%s: a table was made of such ranges of IPv4", name)
		}
		if _, err := (flat.Ranges{V4: good, V6: list}).Bytes(); err == nil {
			t.Errorf("%s: a table was made of such ranges of IPv6", name)
		}
	}
}

// What is cut anywhere, or of another form, is refused at the start. Seen to fail when
// Open does not compare the sizes with what is there, and when something may be left over.
func TestOpenRefuses(t *testing.T) {
	whole := small(t)
	for n := 0; n < len(whole); n += 1 + n/100 {
		if _, err := flat.Open(whole[:n]); err == nil {
			t.Fatalf("a table that is cut to %d bytes is opened", n)
		}
	}
	for name, data := range map[string][]byte{
		"longer": append(bytes.Clone(whole), 0), "magic": changed(whole, 0, 'O'), "version": changed(whole, 8, 2), "a code of no country": changed(whole, 76, 'z'),
		"no whole page": changed(whole, 68, 1),
	} {
		if table, err := flat.Open(data); err == nil || table != nil {
			t.Errorf("%s: such a table is opened", name)
		}
	}
}

func changed(data []byte, at int, to byte) []byte {
	data = bytes.Clone(data)
	data[at] = to
	return data
}

// Check finds a byte that changed anywhere, and what would lead a look-up astray even
// where the checksum is right. Seen to fail when the checksum, the count of bits, the end
// of a node, the pages' number or the order of a block is not looked at.
func TestCheckRefuses(t *testing.T) {
	whole := small(t)
	for at := 0; at < len(whole); at += 1 + at/100 {
		if flat.Check(changed(whole, at, whole[at]^1)) == nil {
			t.Fatalf("a table whose byte %d is another passes", at)
		}
	}
	const index4 = 76 + 2*4
	nodes4 := index4 + 65536*4
	size := func(part int) int { return int(binary.LittleEndian.Uint32(whole[52+4*part:])) }
	finer4 := nodes4 + size(2)
	pages6 := finer4 + size(3)
	blocks6 := pages6 + size(4)
	for _, tt := range []struct {
		name string
		at   int
		to   byte
		want string
	}{
		{"country of an entry", index4, 200, "no country 200"},
		{"rest of an entry", index4 + 1, 1, "no country 256"},
		{"node beyond the others", index4 + 11<<8*4 + 1, 9, "no node"},
		{"node without its first bit", nodes4, 0, "no node"},
		{"bits before a word", nodes4 + 33, 9, "counts its bits wrong"},
		{"country of a node", nodes4 + 36, 254, "no country 254"},
		{"numbers of a node", nodes4 + 31, 255, "cut"},
		{"changes of finer4", finer4, 255, "block is cut"},
		{"start in finer4", finer4 + 2 + 8 + 3, 1, "does not ascend"},
		{"start in finer4 beyond IPv4", finer4 + 2 + 8 + 5, 1, "does not ascend"},
		{"page beyond the others", pages6 + 0x2a*4, 99, "no page 99"},
		{"country of a page", pages6, 200, "no country 200"},
		{"block beyond the others", pages6 + 2*1024 + 4*1 + 2, 99, "no block"},
		{"changes of a block", blocks6, 255, "block is cut"},
		{"start in a block", blocks6 + 2, 0xff, "does not ascend"},
		{"start in a block beyond its page", blocks6 + 2 + 8 + 5, 2, "does not ascend"},
		{"country of a block", blocks6 + 2 + 2*8, 200, "no country 200"},
	} {
		data := changed(whole, tt.at, tt.to)
		sum := sha256.Sum256(data[44:])
		copy(data[12:], sum[:])
		if err := flat.Check(data); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: Check = %v, want %q", tt.name, err, tt.want)
		}
	}
}
