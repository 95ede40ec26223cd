package main

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"github.com/oschwald/maxminddb-golang/v2"

	"oboro/collector/hit"
	"oboro/collector/internal/place/flat"
)

// finest is the longest network of IPv6 that a table can hold.
const finest = 64

// flatten returns a flat table of what reader holds, which is compared with it.
func flatten(reader *maxminddb.Reader) ([]byte, error) {
	var v4, v6 line
	for result := range reader.Networks() {
		code, err := codeAt(result)
		if err != nil {
			return nil, err
		}
		switch p := result.Prefix(); {
		case p.Addr().Is4():
			b := p.Addr().As4()
			v4.add(uint64(binary.BigEndian.Uint32(b[:])), 1<<(32-p.Bits()), code)
		case p.Bits() > finest:
			return nil, fmt.Errorf("%s is finer than /%d", p, finest)
		default:
			b := p.Addr().As16()
			v6.add(binary.BigEndian.Uint64(b[:8]), 1<<(finest-p.Bits()), code)
		}
	}
	const end4, end6 = 1 << 32, 0 // 1<<64, in 64 bits
	table, err := flat.Ranges{Date: reader.Metadata.BuildTime(), V4: v4.to(end4), V6: v6.to(end6)}.Bytes()
	if err != nil {
		return nil, fmt.Errorf("make the table: %w", err)
	}
	return table, compare(table, reader)
}

// A line is what was met of all addresses in their order.
type line struct {
	ranges []flat.Range
	end    uint64 // so far; what lies between it and the next network is unknown
}

func (l *line) add(start, size uint64, code string) {
	if start != l.end {
		l.ranges = append(l.ranges, flat.Range{Start: l.end})
	}
	l.ranges = append(l.ranges, flat.Range{Start: start, Code: code})
	l.end = start + size
}

// to returns the ranges up to where all addresses end.
func (l *line) to(end uint64) []flat.Range {
	if l.end != end || len(l.ranges) == 0 {
		l.ranges = append(l.ranges, flat.Range{Start: l.end})
	}
	return l.ranges
}

func codeAt(result maxminddb.Result) (code string, err error) {
	if err := result.DecodePath(&code, "country_code"); err != nil {
		return "", fmt.Errorf("read a network: %w", err)
	}
	return code, nil
}

// compare asks both for the first and last address of each network, and for those
// beside it.
func compare(data []byte, reader *maxminddb.Reader) error {
	if err := flat.Check(data); err != nil {
		return fmt.Errorf("check the table: %w", err)
	}
	table, err := flat.Open(data)
	if err != nil {
		return err
	}
	for result := range reader.Networks() {
		first, last := result.Prefix().Addr(), lastOf(result.Prefix())
		for _, address := range []netip.Addr{first.Prev(), first, last, last.Next()} {
			if !address.IsValid() { // beyond the ends
				continue
			}
			code, err := codeAt(reader.Lookup(address))
			if err != nil {
				return err
			}
			want, _ := hit.ParseCountry(code)
			if got := table.Country(address); got != want {
				return fmt.Errorf("the table gives %s for %s, the source %s", got.Code(), address, want.Code())
			}
		}
	}
	return nil
}

// lastOf returns the last address of a network.
func lastOf(p netip.Prefix) netip.Addr {
	b := p.Addr().AsSlice()
	for bit := p.Bits(); bit < len(b)*8; bit++ {
		b[bit/8] |= 0x80 >> (bit % 8)
	}
	last, _ := netip.AddrFromSlice(b)
	return last
}
