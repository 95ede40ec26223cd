package visitors

import "oboro/collector/hit"

// Shared is how many different truncated networks must send a label on one day
// before it may be written down.
const Shared = 3

// MostLabels bounds the labels of one site and day that are not yet admitted.
// Beyond it a new label counts as unlisted only.
const MostLabels = 200_000

// A label is the index of a page, a host or a pair of pages of the day.
type label uint32

// The labels that stand for no text.
const (
	unseen   label = iota // nothing yet
	none                  // a visit without a source
	unlisted              // a label for which there was no room
)

// labels holds the free text of the day, in RAM, and what admits it: the marks
// of at most three networks that sent it.
type labels struct {
	sites  []*siteLabels // by hit.Site, nil where there are none
	recent *hit.Recent   // of the pages and the hosts of sites, but for those of networks
	pages  []hit.Page
	hosts  []hit.Host
	proofs []proof
	pairs  map[pair]label // of all sites: a page is of one
	most   int            // MostLabels
}

// siteLabels finds the labels of a site. A page asked for in vain is another label
// than the same page shown.
type siteLabels struct {
	pages    [hit.Kinds]map[hit.Page]label
	hosts    map[hit.Host]label
	networks map[hit.Host]label // by their domains
	pending  int
	pairs    int // pending as well, with a bound of their own: they take no room from pages
	domains  int // the same, of networks
}

// labelKey is a text and what tells its label from others with the same text.
type labelKey struct {
	site hit.Site
	kind hit.Kind
	of   labelled
	page hit.Page
	host hit.Host
	pair pair
}

// A labelled says which field of a labelKey is set.
type labelled uint8

const (
	ofPage labelled = iota
	ofHost
	ofPair
	ofNetwork // by its host
)

type proof struct {
	networks [Shared - 1]uint64 // marks
	site     hit.Site
	count    uint8
	admitted bool
	declared bool
	of       labelled
}

func newLabels() labels {
	fixed := int(unlisted) + 1
	l := labels{
		recent: &hit.Recent{},
		pages:  make([]hit.Page, fixed),
		hosts:  make([]hit.Host, fixed),
		proofs: make([]proof, fixed),
		pairs:  map[pair]label{},
		most:   MostLabels,
	}
	l.proofs[none].admitted = true // no text, nothing to hide
	return l
}

// clear forgets all texts.
func (l *labels) clear() {
	for _, own := range l.sites {
		if own == nil {
			continue
		}
		for _, pages := range own.pages {
			clear(pages)
		}
		clear(own.hosts)
		clear(own.networks)
		own.pending, own.pairs, own.domains = 0, 0, 0
	}
	l.recent.Forget()
	clear(l.pages)
	clear(l.hosts)
	clear(l.proofs)
	clear(l.pairs)
	fixed := int(unlisted) + 1
	l.pages, l.hosts, l.proofs = l.pages[:fixed], l.hosts[:fixed], l.proofs[:fixed]
	l.proofs[none].admitted = true
}

func (l *labels) site(site hit.Site) *siteLabels {
	for int(site) >= len(l.sites) {
		l.sites = append(l.sites, nil)
	}
	own := l.sites[site]
	if own == nil {
		own = &siteLabels{hosts: map[hit.Host]label{}, networks: map[hit.Host]label{}}
		for kind := range own.pages {
			own.pages[kind] = map[hit.Page]label{}
		}
		l.sites[site] = own
	}
	return own
}

// page returns the label of the sighting's page, if that is known or empty, or
// there is no room for it.
func (l *labels) page(s *Sighting) (label, bool) {
	if s.Page == (hit.Page{}) {
		return unlisted, true
	}
	if at := l.recent.Find(s.Page, s.Site, s.Kind); at != 0 {
		return label(at), true
	}
	own := l.site(s.Site)
	if at, ok := own.pages[s.Kind][s.Page]; ok {
		l.recent.Keep(s.Page, s.Site, s.Kind, uint32(at))
		return at, true
	}
	return l.full(own.pending, s.Declared)
}

// source is the same as page of the host that the sighting came from. So many labels
// that wait are coming before it.
func (l *labels) source(s *Sighting, coming int) (label, bool) {
	if s.Source == (hit.Host{}) {
		return none, true
	}
	if at := l.recent.FindHost(s.Source, s.Site); at != 0 {
		return label(at), true
	}
	own := l.site(s.Site)
	if at, ok := own.hosts[s.Source]; ok {
		l.recent.KeepHost(s.Source, s.Site, uint32(at))
		return at, true
	}
	return l.full(own.pending+coming, false)
}

// full returns unlisted where there is no room for a new label, and for one that is
// coming before it.
func (l *labels) full(pending int, declared bool) (label, bool) {
	if !declared && pending >= l.most || len(l.proofs) >= mostLabels {
		return unlisted, true
	}
	return unseen, false
}

// knows reports whether a text has its label.
func (l *labels) knows(key labelKey) (known bool) {
	own := l.site(key.site)
	switch key.of {
	case ofHost:
		_, known = own.hosts[key.host]
	case ofPair:
		_, known = l.pairs[key.pair]
	case ofNetwork:
		_, known = own.networks[key.host]
	default:
		_, known = own.pages[key.kind][key.page]
	}
	return known
}

// add gives a new text its label.
func (l *labels) add(key labelKey, declared bool) {
	at := label(len(l.proofs))
	own := l.site(key.site)
	switch key.of {
	case ofHost:
		own.hosts[key.host] = at
	case ofPair:
		l.pairs[key.pair] = at
	case ofNetwork:
		own.networks[key.host] = at
	default:
		own.pages[key.kind][key.page] = at
	}
	l.pages = append(l.pages, key.page)
	l.hosts = append(l.hosts, key.host)
	l.proofs = append(l.proofs, proof{site: key.site, admitted: declared, declared: declared, of: key.of})
	if !declared {
		*l.waiting(at)++
	}
}

// waiting returns how many labels of the kind and site of this one are not admitted.
func (l *labels) waiting(at label) *int {
	own := l.site(l.proofs[at].site)
	switch l.proofs[at].of {
	case ofPair:
		return &own.pairs
	case ofNetwork:
		return &own.domains
	}
	return &own.pending
}

// waits reports whether networks are still counted for the label.
func (l *labels) waits(at label) bool { return at > unlisted && !l.proofs[at].admitted }

// admit notes that network sent the label, and reports whether the label may be
// written down: it is declared, or three different networks have sent it today. Of
// two pages in a row, three networks must have sent the pair.
// One visitor-day has one address, so three networks are three visitor-days.
func (l *labels) admit(at label, network uint64) bool {
	p := &l.proofs[at]
	if p.admitted || at <= unlisted {
		return p.admitted
	}
	for _, known := range p.networks[:p.count] {
		if known == network {
			return false
		}
	}
	if int(p.count) < len(p.networks) {
		p.networks[p.count] = network
		p.count++
		return false
	}
	p.admitted = true
	p.networks = [Shared - 1]uint64{}
	*l.waiting(at)--
	return true
}
