package visitors

import "oboro/collector/hit"

// A visitor-day is in one network, that of its first hit, as it is in one environment. The
// label of its domain stands among what the sets know of it, so that it takes no memory
// where no statistic asks for it.

// domainBits is the room of such a label.
const (
	domainBits = 28
	mostDomain = 1<<domainBits - 1
)

// named reports whether a step brings a visitor whose network some statistic asks for.
func (t *Table) named(p *step) bool { return !p.known && t.plan.Computes.Has(hit.ByNetwork) }

// resolveDomain finds the label of the network of a visitor who is new; a label that is new
// will have the number next. It reports whether truncated networks are counted for it.
func (t *Table) resolveDomain(p *step, s *Sighting, fresh *fresh, next label) (waits bool) {
	at, ok := t.labels.domain(s.Site, s.Domain)
	if !ok {
		p.domain, fresh.domain = next, true
		return true
	}
	p.domain = at
	return t.labels.waits(at)
}

// domain returns the label of a domain, if that is known or empty, or there is no room for
// it. Those that wait have a bound of their own: they take no room from pages.
func (l *labels) domain(site hit.Site, domain hit.Host) (label, bool) {
	if domain == (hit.Host{}) {
		return none, true
	}
	own := l.site(site)
	if at, ok := own.networks[domain]; ok {
		return at, true
	}
	if len(l.proofs) > mostDomain {
		return unlisted, true
	}
	return l.full(own.domains, false)
}

// settle puts the label of its network into what is kept of a visitor.
func (t *Table) settle(p *step) {
	f := t.rules.domain
	*t.crowd.firsts(p.visitor, f.word) |= uint64(p.domain) << (f.shift & 63)
}

// listDomain sets the network of the hit, and whether it may be written down. A visitor
// has one address, so that its first hit says all that it has to say of what is shared.
func (t *Table) listDomain(p *step, h *hit.Hit) {
	f := t.rules.domain
	at := label(f.read(*t.crowd.firsts(p.visitor, f.word)))
	h.Network = t.labels.hosts[at]
	if t.labels.proofs[at].admitted || !p.known && t.labels.admit(at, p.network) {
		h.Listed |= hit.Of(hit.ByNetwork)
	}
}
