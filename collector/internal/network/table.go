package network

import (
	"net/netip"
	"sync/atomic"

	"github.com/oschwald/maxminddb-golang/v2"

	"oboro/collector/hit"
	"oboro/collector/internal/mmdb"
)

// A table gives domains to addresses: of a file that has them, or of one that has
// numbers, by the list of operators.
type table struct {
	database *mmdb.Database
	read     func(record maxminddb.Result, path mmdb.Path) hit.Host
	// known are domains by where their record stands in the file: of the table's words,
	// not of a visitor's.
	known [4096]atomic.Pointer[entry]
}

// An entry is what the record at a place of the file came to.
type entry struct {
	at     uint64
	domain hit.Host
}

// A kind says how a file's records give domains.
type kind struct {
	want mmdb.Want
	read func(record maxminddb.Result, path mmdb.Path) hit.Host
}

var ofDomains = kind{
	want: mmdb.Want{
		What: "domains of networks", Use: "GeoIP2-Domain", Paths: []mmdb.Path{{"domain"}},
		Useful: func(record maxminddb.Result, path mmdb.Path) bool { return domainAt(record, path) != hit.Host{} },
	},
	read: domainAt,
}

// A file of numbers is of use even if the list has none of them.
var ofNumbers = kind{
	want: mmdb.Want{
		What: "numbers of autonomous systems", Use: "GeoLite2-ASN, GeoIP2-ISP, or a flat file with autonomous_system_number",
		Paths:  []mmdb.Path{{"autonomous_system_number"}},
		Useful: func(record maxminddb.Result, path mmdb.Path) bool { return numberAt(record, path) != 0 },
	},
	read: func(record maxminddb.Result, path mmdb.Path) hit.Host {
		return operatorsOf().domains[numberAt(record, path)]
	},
}

func open(data []byte, k kind) (*table, error) {
	database, err := mmdb.Open(data, k.want)
	if err == nil {
		err = database.Verify()
	}
	if err != nil {
		return nil, err
	}
	return &table{database: database, read: k.read}, nil
}

func domainAt(record maxminddb.Result, path mmdb.Path) hit.Host {
	var name string
	if record.DecodePath(&name, path...) != nil {
		return hit.Host{}
	}
	domain, _ := Registrable(name)
	return domain
}

func numberAt(record maxminddb.Result, path mmdb.Path) (number uint32) {
	if record.DecodePath(&number, path...) != nil {
		return 0
	}
	return number
}

// number returns the number of the system of an address, in a table of numbers.
func (t *table) number(address netip.Addr) uint32 {
	record := t.database.Reader.Lookup(address)
	if !record.Found() {
		return 0
	}
	return numberAt(record, t.database.Path)
}

// domain returns the domain of an address, or none.
func (t *table) domain(address netip.Addr) hit.Host {
	record := t.database.Reader.Lookup(address)
	if !record.Found() {
		return hit.Host{}
	}
	at := uint64(record.Offset())
	slot := &t.known[at*0x9e3779b97f4a7c15>>52]
	if e := slot.Load(); e != nil && e.at == at {
		return e.domain
	}
	domain := t.read(record, t.database.Path)
	slot.Store(&entry{at, domain})
	return domain
}
