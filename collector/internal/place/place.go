// Package place says which country an address is in.
//
// It asks a table in memory and nothing else: no network, no resolver, no file
// after the start. A country is all that leaves it. Whatever goes wrong with one
// address, the answer is the unknown country, never an error that could quote it.
package place

import (
	_ "embed"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"sync/atomic"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/oschwald/geoip2-golang/v2"
	"github.com/oschwald/maxminddb-golang/v2"

	"oboro/collector/hit"
)

// The built-in table changes only by hand: whoever refreshes it obtains the source
// that NOTICE names, points COUNTRY_SOURCE at the file, generates, and runs the tests.
//
//go:generate go run ./generate -from=$COUNTRY_SOURCE -to=country.mmdb.zst

//go:embed country.mmdb.zst
var embedded []byte

// A Table gives countries to addresses. Its lookups may run at the same time;
// Close must wait for them.
type Table struct {
	reader *maxminddb.Reader
	tree   *tree
	// known are countries by the place of their record in the table, which thousands
	// of networks share: of the table's words, not of a visitor's. Each is one word, so
	// that it is read and written whole.
	known [4096]atomic.Uint64
}

// Embedded returns the built-in table. It knows routed networks only; the rest is
// the unknown country. Date says how old it is.
func Embedded() (*Table, error) {
	unpack, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	if err != nil {
		return nil, fmt.Errorf("unpack the built-in country table: %w", err)
	}
	defer unpack.Close()
	data, err := unpack.DecodeAll(embedded, nil)
	if err != nil {
		return nil, fmt.Errorf("unpack the built-in country table: %w", err)
	}
	t, err := open(data)
	if err != nil {
		return nil, fmt.Errorf("open the built-in country table: %w", err)
	}
	return t, nil
}

// Open returns the table in the file at path, a MaxMind DB of countries or
// cities. The file is read whole and not mapped: cutting a mapped file would end
// the program with a fault whose trace holds the address just asked for. Its errors
// quote path, which comes from the operator.
func Open(path string) (*Table, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the country table: %w", err)
	}
	t, err := open(data)
	if err != nil {
		return nil, fmt.Errorf("open the country table %s: %w", path, err)
	}
	return t, nil
}

// open refuses what could never answer. The reader comes back non-nil beside an
// error of unknown type, and opens types that have no country; both would turn
// every visitor's country into unknown without a word.
func open(data []byte) (*Table, error) {
	reader, err := geoip2.OpenBytes(data)
	if unknown, ok := errors.AsType[geoip2.UnknownDatabaseTypeError](err); ok {
		return nil, fmt.Errorf("a database of type %q is not supported; use GeoLite2-Country, "+
			"GeoIP2-Country, DBIP-Country-Lite or a City database", unknown.DatabaseType)
	}
	if err != nil {
		return nil, err
	}
	_, err = reader.Country(netip.IPv6Unspecified())
	if invalid, ok := errors.AsType[geoip2.InvalidMethodError](err); ok {
		return nil, fmt.Errorf("a database of type %q holds no countries", invalid.DatabaseType)
	}
	lookup, err := maxminddb.OpenBytes(data)
	if err != nil {
		return nil, err
	}
	tree, err := newTree(data, lookup.Metadata)
	if err != nil {
		return nil, err
	}
	return &Table{reader: lookup, tree: tree}, reader.Close()
}

// Country returns the country that addr is in, or the unknown country. The address
// 192.0.2.1 and its IPv6 form ::ffff:192.0.2.1 are one.
func (t *Table) Country(addr netip.Addr) hit.Country {
	if !addr.IsValid() {
		return hit.Country{}
	}
	at, ok := t.tree.find(addr.Unmap())
	if !ok {
		return hit.Country{}
	}
	const filled, bits = 1 << 63, 16
	slot := &t.known[at*0x9e3779b97f4a7c15>>52]
	if k := slot.Load(); k>>bits == (filled>>bits)|at {
		return countryOf(uint16(k))
	}
	var code string
	if t.reader.LookupOffset(uintptr(at)).DecodePath(&code, "country", "iso_code") != nil {
		return hit.Country{} // the error is not passed on, though it cannot know the address
	}
	country, _ := hit.ParseCountry(code)
	letters := country.Letters()
	slot.Store(filled | at<<bits | uint64(letters[0])<<8 | uint64(letters[1]))
	return country
}

// countryOf returns the country of two letters in one number, or the unknown country.
func countryOf(packed uint16) hit.Country {
	letters := [2]byte{byte(packed >> 8), byte(packed)}
	country, _ := hit.ParseCountry(string(letters[:]))
	return country
}

// Date returns when the table was built, by its own word.
func (t *Table) Date() time.Time { return t.reader.Metadata.BuildTime().UTC() }

// Close lets go of the table.
func (t *Table) Close() error { return t.reader.Close() }
