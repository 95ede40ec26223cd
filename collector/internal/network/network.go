// Package network says from which network an address is: the internet domain of an
// organisation or an operator, such as example.ac.jp, and its class.
//
// It asks, in this order, the host name that a log line already has, the operator's
// table of domains, and the operator's table of numbers of networks with a list of
// ours. Nothing of that leaves the program. Where the operator has turned reverse DNS
// on, a [Resolver] asks for what is left; that is the one thing that shows an address to
// anyone (promise 1), so that it stands apart.
//
// A domain is a hit.Host or nothing: what a registry gave to somebody, without the names
// of computers below it. Names that spell an address are none. Whatever goes wrong with
// one address or name, the answer is the unknown network, never an error.
package network

import (
	"net/netip"
	"slices"

	"oboro/collector/hit"
	"oboro/collector/internal/mmdb"
)

// A Config names the operator's files of networks. The zero Config asks no file.
type Config struct {
	// Domains is a file that has the domain of networks (GeoIP2-Domain).
	Domains string
	// Numbers is a file that has the number of the autonomous system of networks
	// (GeoLite2-ASN, GeoIP2-ISP, or a flat file of autonomous_system_number).
	Numbers string
	// Exact looks whole addresses up, and not their truncated /24 or /48.
	Exact bool
}

// Networks are the tables in use, which newer files replace. All methods may be called
// at the same time.
type Networks struct {
	exact            bool
	domains, numbers *mmdb.File[table] // nil without a file
}

// A Network is what is told of a visitor's network.
type Network struct {
	Domain hit.Host // the zero Host is unknown
	Class  hit.NetworkClass
}

// New returns the networks of the files that config names. Its errors quote their paths.
func New(config Config) (*Networks, error) {
	n := &Networks{exact: config.Exact}
	var err error
	if config.Domains != "" {
		if n.domains, err = mmdb.New(config.Domains, func(data []byte) (*table, error) { return open(data, ofDomains) }); err != nil {
			return nil, err
		}
	}
	if config.Numbers != "" {
		if n.numbers, err = mmdb.New(config.Numbers, func(data []byte) (*table, error) { return open(data, ofNumbers) }); err != nil {
			return nil, err
		}
	}
	return n, nil
}

// Of returns the network of an address in a country, of which a log line may have the
// host name already: "" where it has none.
func (n *Networks) Of(address netip.Addr, name string, country hit.Country) Network {
	domain, ok := Registrable(name)
	if !ok {
		domain = n.lookUp(address)
	}
	return Network{domain, ClassOf(domain, country)}
}

func (n *Networks) lookUp(address netip.Addr) (domain hit.Host) {
	address = address.Unmap().WithZone("")
	if !n.exact {
		address = mmdb.Truncated(address)
	}
	if !address.IsValid() {
		return hit.Host{}
	}
	if n.domains != nil {
		domain = n.domains.Current().domain(address)
	}
	if n.numbers != nil && domain == (hit.Host{}) {
		domain = n.numbers.Current().domain(address)
	}
	return domain
}

// System returns the number of the autonomous system that an address is in, or 0 where that
// is not known.
func (n *Networks) System(address netip.Addr) uint32 {
	address = address.Unmap().WithZone("")
	if !n.exact {
		address = mmdb.Truncated(address)
	}
	if n.numbers == nil || !address.IsValid() {
		return 0
	}
	return n.numbers.Current().number(address)
}

// Look reads each file again that has changed and come to rest, and reports whether
// something new is in use. With an error what was in use stays. It is for a clock, of a
// minute or so.
func (n *Networks) Look() (renewed bool, err error) {
	for _, file := range n.files() {
		now, err := file.Look()
		renewed = renewed || now
		if err != nil {
			return renewed, err // the next file is looked at next time, when this one is not tried again
		}
	}
	return renewed, nil
}

// Refused reports whether a file as it is now could not be put in use.
func (n *Networks) Refused() bool {
	return slices.ContainsFunc(n.files(), func(f *mmdb.File[table]) bool { return f.Refused() })
}

// Reload reads the files again at once, and returns the first error. Of a file with an
// error what was in use stays.
func (n *Networks) Reload() (err error) {
	for _, file := range n.files() {
		if failed := file.Reload(); err == nil {
			err = failed
		}
	}
	return err
}

func (n *Networks) files() (files []*mmdb.File[table]) {
	for _, file := range []*mmdb.File[table]{n.domains, n.numbers} {
		if file != nil {
			files = append(files, file)
		}
	}
	return files
}

// About returns what is said of the tables in use, for the quality report.
func (n *Networks) About() (tables []mmdb.About) {
	for _, file := range n.files() {
		tables = append(tables, file.Current().database.About())
	}
	return tables
}
