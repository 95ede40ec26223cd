// Package place says where an address is: in which country, and in which prefecture of
// Japan where the operator's table knows it and a statistic asks.
//
// It asks a table in memory and nothing else: no network, no resolver. A country and a
// region are all that leaves it. Whatever goes wrong with one address, the answer is the
// unknown place, never an error that could quote it.
package place

import (
	_ "embed"
	"fmt"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/oschwald/maxminddb-golang/v2"

	"oboro/collector/hit"
	"oboro/collector/internal/mmdb"
	"oboro/collector/internal/place/flat"
)

// The built-in table changes only by hand: whoever refreshes it obtains the source
// that NOTICE names, points COUNTRY_SOURCE at the file, generates, and runs the tests.
//
//go:generate go run ./generate -from=$COUNTRY_SOURCE -to=country.flat

// It is not packed: what nobody asks for stays on the disk, and a start need not unpack it.
//
//go:embed country.flat
var embedded []byte

// A Table gives countries, and prefectures of Japan if it was asked for them, to
// addresses. Its lookups may run at the same time; Close must wait for them.
type Table struct {
	builtIn *flat.Table // nil for a file of the operator,
	file    *file       // which this is
}

// A file is a table of the operator.
type file struct {
	database *mmdb.Database
	tree     *tree
	regions  bool
	// known are places by where their record stands in the table, which thousands of
	// networks share: of the table's words, not of a visitor's. Each is one word, so
	// that it is read and written whole.
	known [4096]atomic.Uint64
}

// Embedded returns the built-in table of countries. It knows routed networks only; the
// rest is the unknown country. Date says how old it is.
func Embedded() (*Table, error) {
	t, err := flat.Open(embedded)
	if err != nil {
		return nil, fmt.Errorf("open the built-in country table: %w", err)
	}
	return &Table{builtIn: t}, nil
}

// Open returns the table in the file at path, a MaxMind DB of countries or cities. Its
// errors quote path, which comes from the operator.
func Open(path string) (*Table, error) {
	atlas, err := NewAtlas(Config{Path: path})
	if err != nil {
		return nil, err
	}
	return atlas.Table(), nil
}

// countries is what a file must hold. Databases of MaxMind and DB-IP have a map of the
// country; flat ones have its code alone.
var countries = mmdb.Want{
	What:  "countries",
	Use:   "GeoLite2 or GeoIP2 Country or City, DB-IP Country or City, or a flat file with country_code or country",
	Paths: []mmdb.Path{{"country", "iso_code"}, {"country_code"}, {"country"}},
	Useful: func(record maxminddb.Result, path mmdb.Path) bool {
		return countryAt(record, path) != hit.Country{}
	},
}

// open returns the table in a file of the operator. Every network of it is read: a
// table that could not answer would turn visitors' countries into unknown without a word.
func open(data []byte, regions bool) (*Table, error) {
	database, err := mmdb.Open(data, countries)
	if err != nil {
		return nil, err
	}
	tree, err := newTree(data, database.Reader.Metadata)
	if err != nil {
		return nil, err
	}
	if regions && !database.Any(func(record maxminddb.Result) bool { return prefectureAt(record) != hit.UnknownRegion }) {
		return nil, fmt.Errorf("a database of type %q holds no prefectures of Japan; use GeoLite2 City, GeoIP2 City or DB-IP City", database.About().Type)
	}
	if err := database.Verify(); err != nil {
		return nil, err
	}
	return &Table{file: &file{database: database, tree: tree, regions: regions}}, nil
}

// Country returns the country that addr is in, or the unknown country. The address
// 192.0.2.1 and its IPv6 form ::ffff:192.0.2.1 are one.
func (t *Table) Country(addr netip.Addr) hit.Country {
	country, _ := t.Of(addr)
	return country
}

// Of returns the country that addr is in and, if the table was asked for regions, the
// prefecture: unknown where the country is, or where Japan is all that is known.
func (t *Table) Of(addr netip.Addr) (hit.Country, hit.Region) {
	if t.builtIn != nil {
		return t.builtIn.Country(addr), hit.UnknownRegion
	}
	return t.file.of(addr)
}

// Near asks for the memory where Nearer will look, some while before it does; the first 16
// bits of an IPv4 address will do.
func (t *Table) Near(addr netip.Addr) {
	if t.builtIn != nil {
		t.builtIn.Near(addr)
	}
}

// Nearer asks for the memory where Of will look, some while before it does.
func (t *Table) Nearer(addr netip.Addr) {
	if t.builtIn != nil {
		t.builtIn.Nearer(addr)
	}
}

func (f *file) of(addr netip.Addr) (hit.Country, hit.Region) {
	if !addr.IsValid() {
		return hit.Country{}, hit.UnknownRegion
	}
	at, ok := f.tree.find(addr.Unmap())
	if !ok {
		return hit.Country{}, hit.UnknownRegion
	}
	const filled, bits = 1 << 63, 24
	slot := &f.known[at*0x9e3779b97f4a7c15>>52]
	if k := slot.Load(); k>>bits == (filled>>bits)|at {
		return countryOf(uint16(k)), hit.Region(k >> 16)
	}
	country, region := f.read(at)
	packed := uint64(region) << 16
	letters := country.Letters()
	packed |= uint64(letters[0])<<8 | uint64(letters[1])
	slot.Store(filled | at<<bits | packed)
	return country, region
}

// read returns what the record at a place of the table says. Its errors are not passed
// on, though they cannot know the address.
func (f *file) read(at uint64) (hit.Country, hit.Region) {
	record := f.database.Reader.LookupOffset(uintptr(at))
	country := countryAt(record, f.database.Path)
	switch {
	case !f.regions || country == hit.Country{}:
		return country, hit.UnknownRegion
	case country != japan:
		return country, hit.Abroad
	}
	return country, prefectureAt(record)
}

var japan, _ = hit.ParseCountry("JP")

func countryAt(record maxminddb.Result, path mmdb.Path) hit.Country {
	var code string
	if record.DecodePath(&code, path...) != nil {
		return hit.Country{}
	}
	country, _ := hit.ParseCountry(code)
	return country
}

// countryOf returns the country of two letters in one number, or the unknown country.
func countryOf(packed uint16) hit.Country {
	letters := [2]byte{byte(packed >> 8), byte(packed)}
	country, _ := hit.ParseCountry(string(letters[:]))
	return country
}

// Date returns when the table was built, by its own word.
func (t *Table) Date() time.Time { return t.About().Date }

// An About is what is said of a table in the quality report.
type About struct {
	mmdb.About
	BuiltIn bool
	Regions bool // it was asked for prefectures, and has them
}

// About returns what is said of the table. Readers of the report's JSON know the built-in
// one by the type that it had when it was a MaxMind DB.
func (t *Table) About() About {
	if t.builtIn != nil {
		return About{mmdb.About{Type: "DBIP-Country-Lite", Date: t.builtIn.Date()}, true, false}
	}
	return About{t.file.database.About(), false, t.file.regions}
}

// Close lets go of the table.
func (t *Table) Close() error {
	if t.builtIn != nil {
		return nil
	}
	return t.file.database.Reader.Close()
}
