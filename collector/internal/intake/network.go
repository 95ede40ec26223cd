package intake

import (
	"net/netip"

	"oboro/collector/hit"
	"oboro/collector/internal/network"
	"oboro/collector/internal/visitors"
)

// An owner is whose network an address is in, beside its class, which is of the
// environment: the domain, and whether servers for rent are there.
type owner struct {
	domain hit.Host
	centre bool
	ticket uint64      // the domain is asked for
	where  hit.Country // with a ticket: of the address
}

// OfPlace are the dimensions that ask where an address is: the class of a network is
// another one abroad.
const OfPlace = hit.Dimensions(1<<hit.ByCountry | 1<<hit.ByRegion | 1<<hit.ByNetworkClass)

// OfNetwork are those that ask whose it is.
const OfNetwork = hit.Dimensions(1<<hit.ByNetwork | 1<<hit.ByNetworkClass)

// placeOf returns where r came from.
func (in *Intake) placeOf(r raw) (hit.Country, hit.Region) {
	if in.Plan.Computes&OfPlace == 0 || in.Place == nil || r.host != "" {
		return hit.Country{}, hit.UnknownRegion
	}
	return in.Place(r.address)
}

// networkOf returns what the tables and the host name say of the network of r, for the
// country that it is in.
func (in *Intake) networkOf(r raw, country hit.Country) network.Network {
	if in.Plan.Computes&OfNetwork == 0 || in.Network == nil {
		return network.Network{}
	}
	return in.Network(r.address, r.host, country)
}

// ownerOf returns whose network r came from, and its class. Where the tables do not know
// and reverse DNS is on, the address is asked for: this is the one place where that is done.
func (in *Intake) ownerOf(r raw, country hit.Country) (from owner, class hit.NetworkClass) {
	n := in.networkOf(r, country)
	if in.Resolver != nil && in.Plan.Computes&OfNetwork != 0 && n.Domain == (hit.Host{}) && r.host == "" {
		domain, state, ticket := in.Resolver.Ask(r.address)
		switch state {
		case network.Named:
			n = network.Network{Domain: domain, Class: network.ClassOf(domain, country)}
		case network.Waiting:
			from.ticket, from.where = uint64(ticket), country
		}
	}
	if in.Plan.Computes.Has(hit.ByNetwork) {
		from.domain = n.Domain
	}
	if in.Plan.Computes.Has(hit.ByNetworkClass) {
		class = n.Class
	}
	from.centre = in.DataCentre != nil && r.host == "" && in.DataCentre(r.address)
	return from, class
}

// standIn returns an address for a host name that a log line has in place of one: in the
// network that no packet comes from (100::/64, RFC 6666), with the mark of the name. So all
// such lines are of one truncated network, and let no label be written down by themselves.
func standIn(host string, key *visitors.Key) netip.Addr {
	mark := key.Agent(host)
	bytes := [16]byte{0: 1}
	copy(bytes[8:], mark[:])
	return netip.AddrFrom16(bytes)
}
