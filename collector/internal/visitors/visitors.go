// Package visitors recognises a browser within one day and site, in RAM.
//
// A [Table] is the state of one day: per visitor-day the visit under way, the
// environment of its first hit, and the exact sets of what was seen today. It
// turns each [Sighting] into a [hit.Hit] with first-seen bits and moves, which
// carry no identifier. Nothing is evicted, sketched or sampled inside the day:
// that would let one visitor change what is counted of another, and break the
// bound on what one visitor-day can add. Nothing here is ever written anywhere.
//
// A visitor-day takes at most 52 bytes, 8 more where networks and 16 where campaigns are counted, and 12 for each
// page, source and campaign that it is seen with; ten million of them fit a table. None of
// these bytes is a pointer.
package visitors

import (
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"oboro/collector/hit"
)

// Gap is the pause after which a new visit begins.
const Gap = 30 * time.Minute

// Most is the admission cap: visitor-days that one table holds. Hits of further
// visitors are not counted, so that memory stays bounded.
const Most = 2_000_000

// A Sighting is what truncation leaves of one request: marks in place of address
// and User-Agent, and coarse details.
type Sighting struct {
	Visitor  Mark
	Network  Mark
	At       int64 // seconds since 1970
	Site     hit.Site
	Kind     hit.Kind
	Hour     hit.Hour
	Env      hit.Packed
	Domain   hit.Host    // of the network
	Ticket   uint64      // the network is asked for: it finds the answer; else 0
	Where    hit.Country // of the address, for the class of that network
	Centre   bool        // servers for rent are in the network: for a meter of the caller's
	Page     hit.Page
	Declared bool // the page is in the site's registry
	Source   hit.Host
	Channel  hit.Channel // of where it came from, as Source
	Tags     hit.Tags    // of the link by which it came
	Seconds  uint16      // of hit.Engaged
}

// A Table is the visitor state of one day.
type Table struct {
	Key     *Key
	Journal Journal       // may be nil: then a kill loses the state of the day
	Late    func(hit.Hit) // takes the parts of hits that come later; it may be nil where no sighting has a ticket
	day     hit.Day
	plan    hit.Plan
	rules   rules // of plan.Sets
	most    int   // Most

	series uint32 // of the numbers of its labels: another one for each table and day

	mu       sync.Mutex
	record   []byte // being written
	crowd    crowd
	members  words // of the sets: see rule.member
	labels   labels
	tags     tags
	tagsAt   uint8               // the word that a visitor's tags stand in; 0 where the plan asks for none
	waits    map[uint32]*waiting // visitors whose network is asked for
	held     int                 // their hits
	mostHeld int                 // but for tests the constant
}

// ErrCap says that the table holds as many visitor-days as it may.
var ErrCap = errors.New("the admission cap of the day is reached")

// ErrNoView says that a report of engagement comes from a visitor-day that has sent
// nothing else: just after midnight, or once the state of the day was lost.
var ErrNoView = errors.New("nothing was seen of the visitor-day")

// ErrFull says that the journal takes no more.
var ErrFull = errors.New("the RAM log is full")

// New returns the empty table of a day with a fresh key.
func New(day hit.Day, plan hit.Plan, random io.Reader) (*Table, error) {
	key, err := NewKey(random)
	if err != nil {
		return nil, err
	}
	return newTable(day, plan, key), nil
}

func newTable(day hit.Day, plan hit.Plan, key *Key) *Table {
	plan.Views = min(plan.Views, mostViews)
	rules, extra := rulesOf(plan)
	var tagsAt uint8
	if plan.Computes&hit.OfTags != 0 {
		extra++
		tagsAt = uint8(extra)
	}
	return &Table{
		Key: key, day: day, plan: plan, rules: rules, most: Most, tags: newTags(), tagsAt: tagsAt,
		crowd: crowd{marks: newWords(), extra: extra}, members: newWords(), labels: newLabels(),
		waits: map[uint32]*waiting{}, mostHeld: mostHeld, series: series.Add(1),
	}
}

// series counts the states that were begun, so that no two give numbers of one series.
var series atomic.Uint32

// Day returns the day of the table.
func (t *Table) Day() hit.Day { return t.day }

// Destroy overwrites the key and the state. The table takes nothing in until it is
// renewed.
func (t *Table) Destroy() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.Key.Destroy()
	t.crowd.clear()
	t.members.clear()
	t.labels.clear()
	t.tags.clear()
	t.clearWaits()
	clear(t.record[:cap(t.record)])
}

// Renew makes a table that was destroyed the empty one of a day, with a fresh key, in
// the memory that it has.
func (t *Table) Renew(day hit.Day, random io.Reader) error {
	key, err := NewKey(random)
	if err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.Key, t.day, t.series = key, day, series.Add(1)
	return nil
}

// Len returns the number of visitor-days in the table.
func (t *Table) Len() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return int(t.crowd.n)
}

// A step is what a sighting needs to be counted: it says who and which labels, and
// stands in the journal when it is taken.
type step struct {
	site    hit.Site
	kind    hit.Kind
	hour    hit.Hour
	known   bool // visitor is set; else mark and env are
	at      second
	visitor uint32
	mark    uint64
	env     hit.Packed
	page    label
	source  label  // of the visit that the sighting opens, or unseen
	domain  label  // of the network of a new visitor, or unseen where nobody asks for it
	pair    label  // of the page before and this one, or unseen where there is no move to count
	network uint64 // 0 where no label waits for it
	seconds uint16 // of hit.Engaged
	waits   bool   // a new visitor's network is asked for
	channel hit.Channel
	tags    tagWord // of the visit that the sighting opens, as channel
}

// Add takes a sighting into the state and returns its hit. Where there is a
// journal, the sighting stands in it when Add returns. ErrCap, ErrNoView and ErrFull
// leave the state as it was.
func (t *Table) Add(s *Sighting) (h hit.Hit, err error) {
	mark := s.Visitor.Word()
	t.mu.Lock()
	defer t.mu.Unlock()
	visitor, known := t.crowd.find(mark)
	if !known && s.Kind == hit.Engaged {
		return hit.Hit{}, ErrNoView
	}
	if !known && int(t.crowd.n) >= min(t.most, mostVisitors) {
		return hit.Hit{}, ErrCap
	}
	if err := t.crowded(visitor, known); err != nil {
		return hit.Hit{}, err
	}
	p := step{
		site: s.Site, kind: s.Kind, hour: min(s.Hour, hours-1), at: t.second(s.At),
		visitor: visitor, known: known, mark: mark, seconds: s.Seconds,
		waits: !known && s.Ticket != 0 && t.held < t.mostHeld,
	}
	if !known {
		p.env = s.Env
	}
	fresh := t.resolve(&p, s)
	if t.Journal != nil {
		t.record = t.record[:0]
		if fresh.any() {
			t.record = t.writeLabels(t.record, s, fresh)
		}
		t.record = p.write(t.record)
		if t.Journal.Append(t.record) != nil {
			return hit.Hit{}, ErrFull
		}
	}
	if fresh.any() {
		t.name(&p, s, fresh)
	}
	t.take(&p, &h)
	t.hold(&p, &h)
	if p.waits {
		w := t.waits[p.visitor]
		w.ticket, w.country, w.network = s.Ticket, s.Where, s.Network.Word()
	}
	return h, nil
}

// fresh says which labels of a sighting are new.
type fresh struct {
	page     bool
	declared bool // the page is
	source   bool
	pair     bool // of the page before and this one
	domain   bool // of the visitor's network
	tags     int  // how many are new
}

func (f fresh) any() bool { return f.page || f.source || f.pair || f.domain || f.tags > 0 }

// resolve finds the labels of a step. New ones have the numbers that they will get
// once the step stands in the journal. A report of engagement makes none.
func (t *Table) resolve(p *step, s *Sighting) (fresh fresh) {
	if s.Kind == hit.Engaged {
		p.page = t.labels.shown(s)
		return fresh
	}
	next, coming := label(len(t.labels.proofs)), 0
	at, ok := t.labels.page(s)
	waits := ok && t.labels.waits(at)
	if !ok {
		fresh.page, fresh.declared = true, s.Declared
		at, waits = next, !s.Declared
		next++
		if waits {
			coming = 1
		}
	}
	p.page = at
	source := unseen
	if p.known {
		if v := t.crowd.at(p.visitor); !v.opens(p.at) {
			source = v.source
		}
	}
	if source == unseen {
		if source, ok = t.labels.source(s, coming); !ok {
			fresh.source, waits = true, true
			source = next
			next++
		}
		p.source, p.channel = source, s.Channel
		if t.tagsAt > 0 {
			p.tags, fresh.tags = t.tags.resolve(&s.Tags)
		}
	} else if t.onward(p) && t.resolvePair(p, &fresh, next) {
		waits = true
	}
	if t.named(p) && !p.waits && t.resolveDomain(p, s, &fresh, next) {
		waits = true
	}
	if waits || !fresh.source && t.labels.waits(source) {
		p.network = s.Network.Word()
	}
	return fresh
}

// name gives the labels and tags of a step that are new their numbers: the page first.
func (t *Table) name(p *step, s *Sighting, fresh fresh) {
	if fresh.page {
		t.labels.add(labelKey{site: p.site, kind: p.kind, page: s.Page}, fresh.declared)
	}
	if fresh.source {
		t.labels.add(labelKey{site: p.site, of: ofHost, host: s.Source}, false)
	}
	if fresh.domain {
		t.labels.add(labelKey{site: p.site, of: ofNetwork, host: s.Domain}, false)
	}
	if fresh.tags > 0 {
		t.tags.add(&s.Tags)
	}
	if fresh.pair {
		key := t.pairOf(p)
		t.labels.add(labelKey{site: p.site, of: ofPair, pair: key}, t.declaredPair(key, fresh))
	}
}

// take works out the hit of a step, which is the zero one before.
func (t *Table) take(p *step, h *hit.Hit) {
	if !p.known {
		p.visitor = t.crowd.add(state{mark: p.mark, env: p.env, last: p.at})
	}
	if p.domain != unseen {
		t.settle(p)
	}
	v := t.crowd.at(p.visitor)
	h.Numbers.Series = t.series
	h.Site, h.Kind, h.Day, h.Hour, h.Env = p.site, p.kind, t.day, p.hour, v.env
	if t.plan.Computes.Has(hit.ByNetwork) {
		t.listDomain(p, h)
	}
	if p.kind == hit.Engaged {
		t.engage(v, p, h)
		return
	}
	if v.views == alone {
		t.enrol(p.visitor, v)
	}
	if v.opens(p.at) {
		v.views, v.source, v.channel = 0, p.source, p.channel
		if t.tagsAt > 0 {
			*t.crowd.firsts(p.visitor, t.tagsAt) = uint64(p.tags)
		}
	}
	v.last = max(v.last, p.at) // a clock set back opens no visit
	t.list(v, p, h)
	tags := t.tagsOf(p.visitor)
	t.origin(v, tags, h)
	t.firsts(v, p, tags, h)
	if p.kind == hit.View {
		t.visit(v, p, h)
		if t.rules.views.cap > 0 && t.inViews(p) {
			h.Moves |= hit.ViewCapped
		}
	}
}

// opens reports whether a hit at that time begins a visit: it is the first of the
// visitor-day, or comes after a gap.
func (v *state) opens(at second) bool {
	return v.source == unseen || int64(at)-int64(v.last) > int64(Gap/time.Second)
}

// visit works out the moves of the visit that a view begins or continues.
func (t *Table) visit(v *state, p *step, h *hit.Hit) {
	if v.views == 0 {
		h.Moves = hit.Begins
		if v.visits < t.plan.Visits && t.inHour(v, p) {
			h.Moves |= hit.Capped
		}
		v.visits = min(v.visits, 254) + 1
	} else {
		h.Moves = hit.Follows
		h.Left, h.Numbers.Left = hit.Left{Page: t.labels.pages[v.page], Hour: v.hour}, uint32(v.page)
		if v.views == 1 {
			h.Moves |= hit.Second
		}
		if p.pair != unseen {
			h.Moves |= hit.Onward
		}
		if p.pair == unlisted {
			h.Moves |= hit.Nameless
		}
	}
	if v.views = min(v.views, 1) + 1; !p.known {
		v.views = alone
	}
	v.page, v.hour = p.page, p.hour
}

// list sets page and source of the hit, and whether they may be written down.
func (t *Table) list(v *state, p *step, h *hit.Hit) {
	if t.plan.Computes.Has(hit.ByPage) {
		h.Page, h.Numbers.Page = t.labels.pages[p.page], uint32(p.page)
		if t.labels.admit(p.page, p.network) {
			h.Listed |= hit.Of(hit.ByPage)
		}
	}
	if t.plan.Computes.Has(hit.BySource) {
		h.Source, h.Numbers.Source = t.labels.hosts[v.source], uint32(v.source)
		if t.labels.admit(v.source, p.network) {
			h.Listed |= hit.Of(hit.BySource)
		}
	}
	if p.pair != unseen && t.labels.admit(p.pair, p.network) {
		h.Listed |= hit.Of(hit.ByNext)
	}
}

// origin sets the channel and the tags of the hit, which are those of its visit.
func (t *Table) origin(v *state, tags tagWord, h *hit.Hit) {
	if t.plan.Computes.Has(hit.ByChannel) {
		h.Channel = v.channel
	}
	if tags != 0 {
		h.Tags = t.tags.of(tags)
	}
}

// tagsOf returns the tags of the visit under way.
func (t *Table) tagsOf(visitor uint32) tagWord {
	if t.tagsAt == 0 {
		return 0
	}
	return tagWord(*t.crowd.firsts(visitor, t.tagsAt))
}
