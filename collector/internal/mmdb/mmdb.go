// Package mmdb opens the operator's files of networks (MaxMind DB), and opens them anew
// when they change.
//
// It is handed no address: who looks one up is its caller. Its errors quote the file's
// path and its type, which come from the operator.
package mmdb

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/oschwald/geoip2-golang/v2"
	"github.com/oschwald/maxminddb-golang/v2"
)

// A Want says what a file must hold to be of use.
type Want struct {
	What string // "countries", for errors
	Use  string // the types of files that have it, for errors
	// Paths are where in a record it may stand. The first under which a network has
	// something useful is the file's.
	Paths []Path
	// Useful reports whether what stands at a path of a record is what is wanted.
	Useful func(record maxminddb.Result, path Path) bool
}

// A Path leads to a value in a record: keys, and places of lists.
type Path []any

// A Database is a file that has what was wanted. Its bytes are in memory, and are only
// read; look-ups may run at the same time.
type Database struct {
	Reader *maxminddb.Reader
	Data   []byte // the file
	Path   Path   // where in a record stands what is wanted
}

// About is what a database says of itself, for reports on quality.
type About struct {
	Type string    // such as "GeoLite2-Country"
	Date time.Time // when it was built, in UTC
}

// probed is how many networks are looked at for something useful.
const probed = 100_000

// Open returns the database in data, which it keeps. Data that are no database, are cut
// short or damaged, or hold nothing of what is wanted are refused.
func Open(data []byte, want Want) (*Database, error) {
	if len(data) == 0 {
		return nil, errors.New("the file is empty")
	}
	if err := known(data); err != nil {
		return nil, err
	}
	reader, err := maxminddb.OpenBytes(data)
	if err != nil {
		return nil, err
	}
	db := &Database{Reader: reader, Data: data}
	if db.Path = find(db, want); db.Path == nil {
		return nil, fmt.Errorf("a database of type %q holds no %s; use %s", short(reader.Metadata.DatabaseType), want.What, want.Use)
	}
	return db, nil
}

// known refuses what is no database of networks. A type that geoip2 does not know is
// none of its faults: it may still hold what is wanted, in a form of its own. The reader
// that comes beside that error is not nil, so that the error is looked at first.
func known(data []byte) error {
	reader, err := geoip2.OpenBytes(data)
	if _, ok := errors.AsType[geoip2.UnknownDatabaseTypeError](err); ok {
		return nil
	}
	if err != nil {
		return err
	}
	return reader.Close()
}

func find(db *Database, want Want) Path {
	for _, path := range want.Paths {
		if db.Any(func(record maxminddb.Result) bool { return want.Useful(record, path) }) {
			return path
		}
	}
	return nil
}

// Any reports whether something is true of one of the first networks: of 100,000, which
// are more than hold nothing in any file that is of use.
func (d *Database) Any(holds func(record maxminddb.Result) bool) bool {
	left := probed
	for record := range d.Reader.Networks() {
		if holds(record) {
			return true
		}
		if left--; left == 0 {
			break
		}
	}
	return false
}

// Verify reads every network and record, and returns what is wrong with them: a file of
// which one half is old and the other new is found out by it. A file that does not
// describe itself is none the worse.
func (d *Database) Verify() error {
	if len(d.Reader.Metadata.Description) == 0 {
		d.Reader.Metadata.Description = map[string]string{"en": "none"}
	}
	return d.Reader.Verify()
}

// About returns what the database says of itself.
func (d *Database) About() About {
	return About{Type: short(d.Reader.Metadata.DatabaseType), Date: d.Reader.Metadata.BuildTime().UTC()}
}

// short returns a type as it can be shown: names have some 30 bytes.
func short(name string) string {
	const most = 100
	if len(name) > most {
		return name[:most]
	}
	return name
}

// Truncated returns the address with what tells devices of one network apart set to 0:
// /24 is left of IPv4, /48 of IPv6. Of no address there is none.
func Truncated(address netip.Addr) netip.Addr {
	address = address.Unmap()
	bits := 48
	if address.Is4() {
		bits = 24
	}
	network, _ := address.Prefix(bits) // only fails on no address, which is what it returns then
	return network.Addr()
}
