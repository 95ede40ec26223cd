package visitors

import (
	"encoding/binary"

	"oboro/collector/hit"
)

// A visitor-day whose network is being asked for waits with its hits: each is let out at
// once without its part of networks ([hit.ButNetwork]), and with that part alone
// ([hit.NetworkAlone]) when the answer comes, or when the day closes without one. Both
// parts of a hit stand behind records of the RAM log, so that a table made anew after a kill
// waits for the same; nobody knows the address any more then, and its network is unknown.

// The records of what waits. Each begins with its own letter.
const (
	RecordAnswer  = 'r' // the network of one visitor who waits
	RecordUnknown = 'q' // that of all of them is unknown
)

// mostHeld is how many hits may wait. Beyond it no visitor begins to, and those that do wait
// no longer: hits are few, since an answer takes a second or so.
const mostHeld = 1 << 16

// A waiting is a visitor-day that waits.
type waiting struct {
	ticket  uint64      // finds the answer; 0 after a kill
	country hit.Country // of the address, for the class
	network uint64      // mark
	hits    []hit.Hit
}

// An answer is what a visitor-day's network came to.
type answer struct {
	visitor uint32
	class   hit.NetworkClass
	at      label // of the domain, where the plan asks for it
	fresh   bool
	domain  hit.Host // of a label that is fresh
	network uint64
}

// crowded ends the waiting of all where too many hits wait, before one of them sends more.
func (t *Table) crowded(visitor uint32, known bool) error {
	if !known || t.held < t.mostHeld || t.waits[visitor] == nil {
		return nil
	}
	return t.unknown()
}

// hold keeps the hit of a visitor who waits, or begins to.
func (t *Table) hold(p *step, h *hit.Hit) {
	if p.waits {
		t.waits[p.visitor] = &waiting{}
	}
	if len(t.waits) == 0 {
		return
	}
	if w := t.waits[p.visitor]; w != nil {
		h.Part = hit.ButNetwork
		w.hits = append(w.hits, *h)
		t.held++
	}
}

// Waiting returns how many visitor-days wait.
func (t *Table) Waiting() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.waits)
}

// An Answerer says of a ticket what domain is known, and whether that is settled; and what the
// class of a domain is in a country.
type Answerer interface {
	Answer(ticket uint64) (domain hit.Host, settled bool)
	Class(domain hit.Host, country hit.Country) hit.NetworkClass
}

// Answer lets the hits go whose answers are there. ErrFull leaves them for the next time.
func (t *Table) Answer(from Answerer) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	for visitor, w := range t.waits {
		domain, settled := from.Answer(w.ticket)
		if !settled {
			continue
		}
		a := t.answerOf(visitor, w, domain)
		if domain != (hit.Host{}) && t.plan.Computes.Has(hit.ByNetworkClass) {
			a.class = from.Class(domain, w.country)
		}
		if t.Journal != nil && t.Journal.Append(a.write(nil)) != nil {
			return ErrFull
		}
		t.settleAnswer(&a)
	}
	return nil
}

// answerOf returns the answer of a visitor in a domain. Its class is that of no domain.
func (t *Table) answerOf(visitor uint32, w *waiting, domain hit.Host) answer {
	a := answer{visitor: visitor, class: t.crowd.at(visitor).env.Unpack().Class, network: w.network}
	if !t.plan.Computes.Has(hit.ByNetwork) {
		return a
	}
	known := false
	if a.at, known = t.labels.domain(w.hits[0].Site, domain); !known {
		a.at, a.fresh, a.domain = label(len(t.labels.proofs)), true, domain
	}
	return a
}

// settleAnswer freezes the network of a visitor who waited, and lets the hits go.
func (t *Table) settleAnswer(a *answer) {
	w, v := t.waits[a.visitor], t.crowd.at(a.visitor)
	if a.fresh {
		t.labels.add(labelKey{site: w.hits[0].Site, of: ofNetwork, host: a.domain}, false)
	}
	env := v.env.Unpack()
	env.Class = a.class
	v.env = hit.Pack(env)
	listed := false
	if t.plan.Computes.Has(hit.ByNetwork) {
		t.settle(&step{visitor: a.visitor, domain: a.at})
		listed = t.labels.admit(a.at, a.network)
	}
	for i := range w.hits {
		h := w.hits[i]
		h.Part, h.Env, h.Network = hit.NetworkAlone, v.env, t.labels.hosts[a.at]
		if h.Listed &^= hit.Of(hit.ByNetwork); listed {
			h.Listed |= hit.Of(hit.ByNetwork)
		}
		t.late(h)
	}
	t.held -= len(w.hits)
	clear(w.hits)
	delete(t.waits, a.visitor)
}

// clearWaits overwrites and forgets what waits.
func (t *Table) clearWaits() {
	for _, w := range t.waits {
		clear(w.hits)
		*w = waiting{}
	}
	clear(t.waits)
	t.held = 0
}

func (t *Table) late(h hit.Hit) {
	if t.Late != nil {
		t.Late(h)
	}
}

// Unknown ends the waiting of all: their networks are unknown. It comes before the day
// closes. ErrFull changes nothing.
func (t *Table) Unknown() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.unknown()
}

func (t *Table) unknown() error {
	if len(t.waits) == 0 {
		return nil
	}
	if t.Journal != nil && t.Journal.Append([]byte{RecordUnknown}) != nil {
		return ErrFull
	}
	t.endWaits()
	return nil
}

func (t *Table) endWaits() {
	for visitor, w := range t.waits {
		a := t.answerOf(visitor, w, hit.Host{})
		t.settleAnswer(&a)
	}
}

// write appends the record of an answer.
func (a *answer) write(b []byte) []byte {
	b = append(b, RecordAnswer, byte(a.visitor), byte(a.visitor>>8), byte(a.visitor>>16), byte(a.class))
	b = binary.LittleEndian.AppendUint64(b, a.network)
	b = binary.AppendUvarint(b, uint64(a.at))
	if a.fresh {
		b = binary.AppendUvarint(b, uint64(len(a.domain.Name())))
		b = append(b, a.domain.Name()...)
	}
	return b
}

// ReplayAnswer takes the record of an answer, or of none, back in. One that is refused
// changes nothing.
func (t *Table) ReplayAnswer(record []byte) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(record) == 1 && record[0] == RecordUnknown && len(t.waits) > 0 {
		t.endWaits()
		return nil
	}
	r := reader{b: record}
	if r.small(1<<8-1) != RecordAnswer {
		return errRecord
	}
	var a answer
	for i := range 3 {
		a.visitor |= uint32(r.small(1<<8-1)) << (8 * i)
	}
	a.class = hit.NetworkClass(r.small(byte(len(hit.NetworkClassCodes()) - 1)))
	a.network = r.word()
	a.at = label(r.most(mostDomain))
	if a.fresh = len(r.b) > 0; a.fresh {
		ok := true
		if a.domain, ok = hit.ParseHost(r.text()); !ok {
			r.fail()
		}
	}
	if r.failed || len(r.b) > 0 || !t.awaits(&a) {
		return errRecord
	}
	t.settleAnswer(&a)
	return nil
}

// awaits reports whether an answer can come next.
func (t *Table) awaits(a *answer) bool {
	w := t.waits[a.visitor]
	if w == nil || t.plan.Computes.Has(hit.ByNetwork) != (a.at != unseen) {
		return false
	}
	there := label(len(t.labels.proofs))
	if !a.fresh {
		return a.at < there
	}
	return a.at == there && !t.labels.knows(labelKey{site: w.hits[0].Site, of: ofNetwork, host: a.domain})
}
