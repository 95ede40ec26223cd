// Package visitors recognises a browser within one day and site, in RAM.
//
// A [Table] is the state of one day: per visitor-day the visit under way, the
// environment of its first hit, and the exact sets of what was seen today. It
// turns each [Sighting] into a [hit.Hit] with first-seen bits and moves, which
// carry no identifier. Nothing is evicted, sketched or sampled inside the day:
// that would let one visitor change what is counted of another, and break the
// bound on what one visitor-day can add. Nothing here is ever written anywhere.
package visitors

import (
	"errors"
	"io"
	"sync"
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
	Env      hit.Environment
	Page     hit.Page
	Declared bool // the page is in the site's registry
	Source   hit.Host
}

// A Table is the visitor state of one day.
type Table struct {
	Key     *Key
	Journal Journal // may be nil: then a kill loses the state of the day
	day     hit.Day
	plan    hit.Plan
	most    int // Most

	mu       sync.Mutex
	record   []byte          // being written
	visitors map[Mark]uint32 // index in states
	states   []state
	seen     map[seenKey]struct{}
	reached  map[reachKey]uint8
	labels   labels
}

// state is what is known of one visitor-day. It holds no pointers.
type state struct {
	last   int64 // of its latest hit
	env    hit.Environment
	page   label // of its latest view
	source label // of the visit under way
	views  uint32
	visits uint8 // begun today, saturating
	hour   hit.Hour
}

// seenKey is one member of the exact sets: visitor, set of the plan, element.
type seenKey struct {
	visitor uint32
	set     uint8
	hour    hit.Hour
	label   label
}

type reachKey struct {
	visitor uint32
	set     uint8
}

// ErrCap says that the table holds as many visitor-days as it may.
var ErrCap = errors.New("the admission cap of the day is reached")

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
	return &Table{
		Key: key, day: day, plan: plan, most: Most,
		visitors: map[Mark]uint32{},
		seen:     map[seenKey]struct{}{},
		reached:  map[reachKey]uint8{},
		labels:   newLabels(),
	}
}

// Destroy overwrites the key and forgets the state.
func (t *Table) Destroy() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.Key.Destroy()
	clear(t.visitors)
	clear(t.states)
	clear(t.seen)
	clear(t.reached)
	t.states, t.labels = nil, newLabels()
}

// Len returns the number of visitor-days in the table.
func (t *Table) Len() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.states)
}

// Add takes a sighting into the state and returns its hit. Where there is a
// journal, the sighting stands in it when Add returns. ErrCap and ErrFull leave
// the state as it was.
func (t *Table) Add(s Sighting) (hit.Hit, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	i, known := t.visitors[s.Visitor]
	if !known && len(t.states) >= t.most {
		return hit.Hit{}, ErrCap
	}
	page, err := t.resolve(s.page(), s.Declared)
	if err != nil {
		return hit.Hit{}, err
	}
	source := unseen
	if !known || t.states[i].opens(s) {
		if source, err = t.resolve(s.source(), false); err != nil {
			return hit.Hit{}, err
		}
	}
	if t.Journal != nil {
		t.record = writeSighting(t.record[:0], s, page, source)
		if t.Journal.Append(t.record) != nil {
			return hit.Hit{}, ErrFull
		}
	}
	return t.take(s, page, source), nil
}

// resolve returns the label of a text, and writes a new one to the journal first.
func (t *Table) resolve(key labelKey, declared bool) (label, error) {
	at, ok := t.labels.find(key, declared)
	if ok {
		return at, nil
	}
	if t.Journal != nil {
		t.record = writeLabel(t.record[:0], key, declared)
		if t.Journal.Append(t.record) != nil {
			return 0, ErrFull
		}
	}
	return t.labels.add(key, declared), nil
}

// take works out the hit of a sighting whose labels are known. Source is that of
// the visit which it opens, if it opens one.
func (t *Table) take(s Sighting, page, source label) hit.Hit {
	i, ok := t.visitors[s.Visitor]
	if !ok {
		i = uint32(len(t.states))
		t.visitors[s.Visitor] = i
		t.states = append(t.states, state{last: s.At, env: s.Env})
	}
	v := &t.states[i]
	h := hit.Hit{Site: s.Site, Kind: s.Kind, Day: t.day, Hour: s.Hour, Env: v.env}
	if v.opens(s) {
		v.views, v.source = 0, source
	}
	v.last = max(v.last, s.At) // a clock set back opens no visit
	if s.Kind == hit.View {
		t.visit(v, s, page, &h)
	}
	t.label(v, s, page, &h)
	t.first(i, page, v.source, &h)
	return h
}

// opens reports whether s begins a visit: it is the first hit of the visitor-day,
// or comes after a gap.
func (v *state) opens(s Sighting) bool {
	return v.source == unseen || s.At-v.last > int64(Gap/time.Second)
}

// visit works out the moves of the visit that a view begins or continues.
func (t *Table) visit(v *state, s Sighting, page label, h *hit.Hit) {
	if v.views == 0 {
		h.Moves = hit.Begins
		if v.visits < t.plan.Visits {
			h.Moves |= hit.Capped
		}
		v.visits = min(v.visits, 254) + 1
	} else {
		h.Moves = hit.Follows
		h.Left = hit.Left{Page: t.labels.pages[v.page], Hour: v.hour}
		if v.views == 1 {
			h.Moves |= hit.Second
		}
	}
	v.views++
	v.page, v.hour = page, s.Hour
}

// label sets page and source of the hit, and whether they may be written down.
func (t *Table) label(v *state, s Sighting, page label, h *hit.Hit) {
	if t.plan.Computes.Has(hit.ByPage) {
		h.Page = t.labels.pages[page]
		if t.labels.admit(page, s.Network) {
			h.Listed |= hit.Of(hit.ByPage)
		}
	}
	if t.plan.Computes.Has(hit.BySource) {
		h.Source = t.labels.hosts[v.source]
		if t.labels.admit(v.source, s.Network) {
			h.Listed |= hit.Of(hit.BySource)
		}
	}
}

// first sets the bits of what this visitor-day is seen in for the first time.
func (t *Table) first(visitor uint32, page, source label, h *hit.Hit) {
	for i, set := range t.plan.Sets {
		if set.Of != h.Kind {
			continue
		}
		key := seenKey{visitor: visitor, set: uint8(i)}
		if set.By.Has(hit.ByHour) {
			key.hour = h.Hour
		}
		if set.By.Has(hit.ByPage) {
			key.label = page
		} else if set.By.Has(hit.BySource) {
			key.label = source
		}
		if _, ok := t.seen[key]; ok {
			continue
		}
		t.seen[key] = struct{}{}
		h.Seen |= 1 << i
		used := reachKey{visitor, uint8(i)}
		if t.reached[used] < set.Cap {
			t.reached[used]++
			h.Reach |= 1 << i
		}
	}
}
