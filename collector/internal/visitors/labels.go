package visitors

import "oboro/collector/hit"

// Shared is how many different truncated networks must send a label on one day
// before it may be written down.
const Shared = 3

// MostLabels bounds the labels of one site and day that are not yet admitted.
// Beyond it a new label counts as unlisted only.
const MostLabels = 200_000

// A label is the index of a page or host of the day.
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
	index   map[labelKey]label
	pages   []hit.Page
	hosts   []hit.Host
	proofs  []proof
	pending map[hit.Site]int
	most    int // MostLabels
}

type labelKey struct {
	site   hit.Site
	kind   hit.Kind // a page asked for in vain is another label than the same page shown
	source bool     // the text is host, else page
	page   hit.Page
	host   hit.Host
}

type proof struct {
	site     hit.Site
	networks [Shared - 1]Mark
	count    uint8
	admitted bool
}

func newLabels() labels {
	fixed := int(unlisted) + 1
	l := labels{
		index:   map[labelKey]label{},
		pages:   make([]hit.Page, fixed),
		hosts:   make([]hit.Host, fixed),
		proofs:  make([]proof, fixed),
		pending: map[hit.Site]int{},
		most:    MostLabels,
	}
	l.proofs[none].admitted = true // no text, nothing to hide
	return l
}

// page returns the key of the sighting's page.
func (s Sighting) page() labelKey { return labelKey{site: s.Site, kind: s.Kind, page: s.Page} }

// source returns the key of the host that the sighting came from.
func (s Sighting) source() labelKey { return labelKey{site: s.Site, host: s.Source, source: true} }

// find returns the label of a text that is known or empty, or for which there is
// no room.
func (l *labels) find(key labelKey, declared bool) (label, bool) {
	switch {
	case key.source && key.host == (hit.Host{}):
		return none, true
	case !key.source && key.page == (hit.Page{}):
		return unlisted, true
	}
	at, ok := l.index[key]
	if !ok && !declared && l.pending[key.site] >= l.most {
		return unlisted, true
	}
	return at, ok
}

// add gives a new text its label.
func (l *labels) add(key labelKey, declared bool) label {
	if !declared {
		l.pending[key.site]++
	}
	at := label(len(l.proofs))
	l.index[key] = at
	l.pages = append(l.pages, key.page)
	l.hosts = append(l.hosts, key.host)
	l.proofs = append(l.proofs, proof{site: key.site, admitted: declared})
	return at
}

// admit notes that network sent the label, and reports whether the label may be
// written down: it is declared, or three different networks have sent it today.
// One visitor-day has one address, so three networks are three visitor-days.
func (l *labels) admit(at label, network Mark) bool {
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
	p.networks = [Shared - 1]Mark{}
	l.pending[p.site]--
	return true
}
