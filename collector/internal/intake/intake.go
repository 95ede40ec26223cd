// Package intake turns requests and log lines into sightings: the only reader of
// addresses, User-Agents, URLs and referrers in the program.
//
// Their values live in one unexported struct, raw, on the stack of one function
// at a time: never in a field, channel, pool, closure or error. What comes out
// is a [visitors.Sighting], made of marks under the day's key and of closed
// vocabularies, or an [Outcome] that says why there is none. No error of a parser
// of outside text survives here, since such errors quote their input.
package intake

import (
	"net/netip"
	"time"

	"oboro/collector/hit"
	"oboro/collector/internal/agent"
	"oboro/collector/internal/bounds"
	"oboro/collector/internal/network"
	"oboro/collector/internal/page"
	"oboro/collector/internal/source"
	"oboro/collector/internal/visitors"
)

// Intake knows the declaration that requests are read by.
type Intake struct {
	Plan hit.Plan
	Zone *time.Location
	// Place says where an address is; Network whose it is, of which a log line may have a
	// host name; DataCentre whether servers for rent are there. Each may be nil, which
	// knows nothing.
	Place func(netip.Addr) (hit.Country, hit.Region)
	// Near and Nearer, in this order, have what Place will need on its way from memory; nil does
	// nothing. For Near the first 16 bits of an IPv4 address will do.
	Near, Nearer func(netip.Addr)
	Network      func(address netip.Addr, host string, country hit.Country) network.Network
	DataCentre   func(netip.Addr) bool
	// Resolver asks for the network of an address that no table knows. It is nil unless the
	// operator has turned reverse DNS on.
	Resolver *network.Resolver
	Trusted  []netip.Prefix // proxies whose word on the client's address is taken
	// Rate and Connections bound what one network may take; nil bounds nothing.
	Rate        *bounds.Rate
	Connections *bounds.Connections
	// Lines are the rules of logs; nil where none are read.
	Lines *Lines

	sites  []Site
	byHost map[string]hit.Site
	memory memory
}

// A Site is a declared web site.
type Site struct {
	Hosts []string
	Rules page.Rules // as they are settled: how its addresses are read
	Pages Registry
	DNT   bool // "DNT: 1" is an objection too
	// Campaigns are what its links may tell with utm_source, utm_medium and utm_campaign;
	// nil where nothing is declared.
	Campaigns *source.Campaigns
}

// New returns the intake of the sites, in the order of their [hit.Site].
func New(sites []Site) *Intake {
	in := &Intake{sites: sites, byHost: map[string]hit.Site{}, memory: newMemory()}
	for i, s := range sites {
		for _, host := range s.Hosts {
			in.byHost[host] = hit.Site(i)
		}
	}
	return in
}

// raw is what a request or a log line tells of a person. It is a local of the
// functions of this package and nothing else. All strings are views of buffers
// that will be used again.
type raw struct {
	address   netip.Addr
	named     string // in place of address, where that is not read yet
	host      string // of a log line that has a name, and a stand-in for an address
	agent     string
	brands    string // of the client hints, as mobile and platform are; none where nothing counts by them
	language  string
	referrer  string
	path      string // of the page, with its query
	kind      hit.Kind
	seconds   uint16 // of hit.Engaged
	viewport  hit.Viewport
	media     hit.Media
	mobile    bool
	platform  hit.System
	objection bool
	prefetch  bool
	unsaid    bool // where it comes from cannot tell a User-Agent
}

// truncate returns what may be kept of r. It computes no detail that the plan
// does not ask for.
func (in *Intake) truncate(r raw, site hit.Site, at time.Time, key *visitors.Key) (visitors.Sighting, Outcome) {
	s := visitors.Sighting{At: at.Unix(), Site: site, Hour: hit.HourOf(at.In(in.Zone))}
	if outcome := in.fill(&s, r, key); outcome != Kept {
		return visitors.Sighting{}, outcome
	}
	return s, Kept
}

// fill puts what may be kept of r into s, which has its time, hour and site. What s
// holds of r means nothing where the outcome is not Kept.
func (in *Intake) fill(s *visitors.Sighting, r raw, key *visitors.Key) Outcome {
	switch {
	case r.objection:
		return Objection
	case r.prefetch:
		return Prefetch
	}
	var known known
	in.ask(&known, r, s.Site, key)
	return in.settle(s, r, key, &known)
}

// settle is the rest of fill, with what is known of r from before.
func (in *Intake) settle(s *visitors.Sighting, r raw, key *visitors.Key, known *known) Outcome {
	from, outcome := in.senderOf(r, s.Site, key, known)
	if outcome != Kept {
		return outcome
	}
	if in.Plan.Computes.Has(hit.ByPage) {
		p, ok := in.pageOf(r.path, s.Site, known)
		if !ok {
			return BadPage
		}
		if p.scanned(r.kind) {
			return Scanner
		}
		s.Page, s.Declared = p.page, p.declared
	}
	if in.Plan.Computes&hit.OfOrigin != 0 && !in.come(s, r.referrer, r.path) {
		return Spam
	}
	s.Visitor, s.Network, s.Env = from.visitor, from.network, in.displayed(from.env, r.viewport, r.media)
	s.Domain, s.Centre = from.owner.domain, from.owner.centre
	s.Ticket, s.Where = from.owner.ticket, from.owner.where
	s.Kind, s.Seconds = r.kind, r.seconds
	return Kept
}

func (in *Intake) environment(r raw, a agent.Agent) (packed hit.Packed, from owner) {
	var env hit.Environment
	wants := in.Plan.Computes
	if wants.Has(hit.ByBrowser) {
		env.Browser = a.Browser
	}
	if wants.Has(hit.ByVersion) {
		env.Version = a.Version
	}
	if wants.Has(hit.BySystem) {
		env.System = a.System
	}
	if wants.Has(hit.ByDevice) {
		env.Device = a.Device
	}
	if wants.Has(hit.ByLanguage) {
		env.Language = in.languageOf(r.language)
	}
	country, region := in.placeOf(r)
	if wants.Has(hit.ByCountry) {
		env.Country = country
	}
	if wants.Has(hit.ByRegion) {
		env.Region = region
	}
	from, env.Class = in.ownerOf(r, country)
	return hit.Pack(env), from
}

// displayed returns the environment of a sender with what this very hit tells of its
// display. That is no part of what is remembered of the sender.
func (in *Intake) displayed(packed hit.Packed, viewport hit.Viewport, media hit.Media) hit.Packed {
	wants := in.Plan.Computes
	if viewport == hit.UnknownViewport && media == 0 {
		return packed
	}
	env := packed.Unpack()
	if wants.Has(hit.ByViewport) {
		env.Viewport = viewport
	}
	if media == 0 {
		return hit.Pack(env)
	}
	env.Media = media.Only(wants)
	a := agent.Agent{System: env.System, Device: env.Device}.With(media.Input())
	env.System, env.Device = a.System, a.Device
	return hit.Pack(env)
}

// own reports whether host is one of the site's own.
func (in *Intake) own(site hit.Site, host string) bool {
	at, ok := in.byHost[host]
	return ok && at == site
}
