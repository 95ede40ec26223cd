package visitors

import (
	"encoding/binary"
	"errors"

	"oboro/collector/hit"
)

// A Journal is the RAM log as the table writes it: a record stands when Append
// returns. The records of a day, replayed in order, make the same table again.
type Journal interface {
	Append(record []byte) error
}

// The collector's records in the RAM log. Each begins with its kind, a lower-case
// letter; those of the aggregator are upper-case. Whoever changes a record raises the
// format in cmd/oboro.
//
// A page, source or tag that was not seen before today stands in the record of the
// sighting that brings it, before the rest: so a log that is full, or torn, has both
// or neither.
const (
	RecordDay    = 'd' // the day and its key: what the log of a day begins with
	RecordMeter  = 'm' // one more of a meter; written and read by the collector
	recordPage   = 'p' // the new page of the sighting that follows
	recordHost   = 's' // the new source of the sighting that follows
	recordTag    = 't' // a new tag of the sighting that follows
	recordDomain = 'w' // the new network of the sighting that follows
	recordPair   = 'n' // the pair of the page before and that of the sighting that follows is new
	recordHit    = 'h' // a sighting
)

// errRecord says that a record is not one of the table's. It holds nothing of it.
var errRecord = errors.New("a record of the collector cannot be read")

// Opening returns the record that the log of the table's day begins with.
func (t *Table) Opening() []byte {
	record := binary.AppendVarint([]byte{RecordDay}, int64(t.day))
	return append(record, t.Key.secret[:]...)
}

// Reopen returns the table of a day, empty, from the record that its log begins with.
func Reopen(record []byte, plan hit.Plan) (*Table, error) {
	if len(record) == 0 || record[0] != RecordDay {
		return nil, errRecord
	}
	r := reader{b: record[1:]}
	day := hit.Day(r.number())
	secret := r.bytes(len(Key{}.secret))
	if r.failed || len(r.b) > 0 {
		return nil, errRecord
	}
	key := &Key{number: uint16(keys.Add(1))}
	copy(key.secret[:], secret)
	return newTable(day, plan, key), nil
}

// Replay takes the record of a sighting back in, and returns the hit that it makes. A
// record that is refused changes nothing.
func (t *Table) Replay(record []byte) (h hit.Hit, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	r := reader{b: record}
	s, fresh := r.labels()
	if r.small(1<<8-1) != recordHit {
		return hit.Hit{}, errRecord
	}
	p := r.step()
	if r.failed || len(r.b) > 0 || !t.follows(&p, fresh) || t.knowsAny(&p, &s, fresh) ||
		fresh.domain && t.labels.knows(labelKey{site: p.site, of: ofNetwork, host: s.Domain}) {
		return hit.Hit{}, errRecord
	}
	t.name(&p, &s, fresh)
	t.take(&p, &h)
	t.hold(&p, &h)
	return h, nil
}

// knowsAny reports whether one of the labels that are said to be new is not.
func (t *Table) knowsAny(p *step, s *Sighting, fresh fresh) bool {
	list := inOrder(&s.Tags)
	for place := range fresh.tags { // where there are some, they stand first
		if !t.tags.fresh(&list, place) {
			return true
		}
	}
	return fresh.page && t.labels.knows(labelKey{site: p.site, kind: p.kind, page: s.Page}) ||
		fresh.source && t.labels.knows(labelKey{site: p.site, of: ofHost, host: s.Source}) ||
		fresh.pair && t.labels.knows(labelKey{of: ofPair, site: p.site, pair: t.pairOf(p)})
}

// follows reports whether a step can come next: its visitor and labels are there, or
// come with it.
func (t *Table) follows(p *step, fresh fresh) bool {
	opens := true
	if p.known {
		if p.visitor >= t.crowd.n {
			return false
		}
		opens = t.crowd.at(p.visitor).opens(p.at)
	} else if _, there := t.crowd.find(p.mark); there || t.crowd.n >= mostVisitors {
		return false
	}
	there := label(len(t.labels.proofs))
	next := there
	for _, l := range []struct {
		at    label
		fresh bool
	}{{p.page, fresh.page}, {p.source, fresh.source}, {p.pair, fresh.pair}, {p.domain, fresh.domain}} {
		if l.fresh && l.at != next || !l.fresh && l.at >= there {
			return false
		}
		if l.fresh {
			next++
		}
	}
	if (t.named(p) && !p.waits) != (p.domain != unseen) || p.domain > mostDomain || p.waits && p.known {
		return false
	}
	if t.onward(p) != (p.pair != unseen) || fresh.pair && min(t.pairOf(p).from, p.page) <= unlisted {
		return false
	}
	if !t.tags.follows(p.tags, fresh.tags) || p.tags != 0 && t.tagsAt == 0 {
		return false
	}
	if p.kind == hit.Engaged {
		return p.known && p.source == unseen && p.network == 0 && !fresh.any()
	}
	return opens == (p.source != unseen)
}

// writeLabels begins the record of a sighting with its labels that are new.
func (t *Table) writeLabels(b []byte, s *Sighting, fresh fresh) []byte {
	if fresh.page {
		b = append(b, recordPage, 0)
		if s.Declared {
			b[len(b)-1] = 1
		}
		b = binary.AppendUvarint(b, uint64(len(s.Page.Path())))
		b = append(b, s.Page.Path()...)
	}
	if fresh.source {
		b = append(b, recordHost)
		b = binary.AppendUvarint(b, uint64(len(s.Source.Name())))
		b = append(b, s.Source.Name()...)
	}
	if fresh.tags > 0 {
		list := inOrder(&s.Tags)
		for place, tag := range list {
			if t.tags.fresh(&list, place) {
				b = append(b, recordTag)
				b = binary.AppendUvarint(b, uint64(len(tag.Name())))
				b = append(b, tag.Name()...)
			}
		}
	}
	if fresh.domain {
		b = append(b, recordDomain)
		b = binary.AppendUvarint(b, uint64(len(s.Domain.Name())))
		b = append(b, s.Domain.Name()...)
	}
	if fresh.pair { // which pages, the sighting and the view before it say
		b = append(b, recordPair)
	}
	return b
}

// labels reads the labels and tags that a record begins with, into a sighting that has
// nothing else. Their site and kind are those of the sighting that follows; the tags stand
// in it in the order of their numbers.
func (r *reader) labels() (s Sighting, fresh fresh) {
	ok := true
	if fresh.page = r.next(recordPage); fresh.page {
		fresh.declared = r.small(1) == 1
		if s.Page, ok = hit.ParsePage(r.text()); !ok {
			r.fail()
		}
	}
	if fresh.source = r.next(recordHost); fresh.source {
		if s.Source, ok = hit.ParseHost(r.text()); !ok {
			r.fail()
		}
	}
	for _, tag := range [...]*hit.Tag{&s.Tags.Source, &s.Tags.Medium, &s.Tags.Campaign} {
		if !r.next(recordTag) {
			break
		}
		fresh.tags++
		if *tag, ok = hit.ParseTag(r.text()); !ok {
			r.fail()
		}
	}
	if fresh.domain = r.next(recordDomain); fresh.domain {
		if s.Domain, ok = hit.ParseHost(r.text()); !ok {
			r.fail()
		}
	}
	fresh.pair = r.next(recordPair)
	return s, fresh
}

// next reads a byte if it is this one, and reports whether it was.
func (r *reader) next(kind byte) bool {
	if len(r.b) == 0 || r.b[0] != kind {
		return false
	}
	r.b = r.b[1:]
	return true
}

// text reads a text behind its length.
func (r *reader) text() string {
	return string(r.bytes(int(r.most(1 << 16))))
}

// What stands beside the hour in the first byte of a sighting.
const (
	recordNew    = 1 << (hourBits + iota) // mark and environment of a new visitor follow
	recordOpens                           // source and channel of a visit that begins follow
	recordWaited                          // the network follows, for which a label waits
)

// What stands beside the kind.
const (
	recordOnward = 1 << 7 // the label of a pair of pages follows
	recordNamed  = 1 << 6 // the label of the network of a new visitor follows
	recordWaits  = 1 << 5 // the network of a new visitor is asked for
)

// recordTagged stands beside the channel: the tags of the visit follow.
const recordTagged = 1 << 7

// write appends the record of a step. A visitor who is known is named by its number,
// and a network by nothing where nobody asks for it.
func (p *step) write(b []byte) []byte {
	head := byte(p.hour)
	if !p.known {
		head |= recordNew
	}
	if p.source != unseen {
		head |= recordOpens
	}
	if p.network != 0 {
		head |= recordWaited
	}
	kind := byte(p.kind)
	if p.pair != unseen {
		kind |= recordOnward
	}
	if p.domain != unseen {
		kind |= recordNamed
	}
	if p.waits {
		kind |= recordWaits
	}
	b = append(b, recordHit, head, kind)
	b = binary.AppendUvarint(b, uint64(p.site))
	b = binary.AppendVarint(b, int64(p.at))
	if p.known {
		b = append(b, byte(p.visitor), byte(p.visitor>>8), byte(p.visitor>>16))
	} else {
		b = binary.LittleEndian.AppendUint64(b, p.mark)
		b = binary.LittleEndian.AppendUint64(b, p.env.Word())
	}
	if p.domain != unseen {
		b = binary.AppendUvarint(b, uint64(p.domain))
	}
	b = binary.AppendUvarint(b, uint64(p.page))
	if p.source != unseen {
		b = binary.AppendUvarint(b, uint64(p.source))
		b = p.writeOrigin(b)
	}
	if p.network != 0 {
		b = binary.LittleEndian.AppendUint64(b, p.network)
	}
	if p.pair != unseen {
		b = binary.AppendUvarint(b, uint64(p.pair))
	}
	if p.kind == hit.Engaged {
		b = binary.AppendUvarint(b, uint64(p.seconds))
	}
	return b
}

// writeOrigin appends the channel and the tags of the visit that begins.
func (p *step) writeOrigin(b []byte) []byte {
	if p.tags == 0 {
		return append(b, byte(p.channel))
	}
	b = append(b, byte(p.channel)|recordTagged)
	for place := range tagsOfVisit {
		b = binary.AppendUvarint(b, uint64(p.tags.at(place)))
	}
	return b
}

// origin reads them.
func (r *reader) origin(p *step) {
	head := r.small(1<<8 - 1)
	p.channel = hit.Channel(head &^ recordTagged)
	if head&recordTagged != 0 {
		for place := range tagsOfVisit {
			p.tags = with(p.tags, place, label(r.most(mostTags)))
		}
		r.failed = r.failed || p.tags == 0
	}
	r.failed = r.failed || int(p.channel) >= len(hit.ChannelCodes())
}

func (r *reader) step() (p step) {
	head := r.small(1<<8 - 1)
	p.hour, p.known = hit.Hour(head&(1<<hourBits-1)), head&recordNew == 0
	kind := r.small(1<<8 - 1)
	p.kind = hit.Kind(kind &^ (recordOnward | recordNamed | recordWaits))
	p.waits = kind&recordWaits != 0
	p.site = hit.Site(r.most(1<<16 - 1))
	at := r.number()
	p.at = second(at)
	if p.known {
		for i := range 3 {
			p.visitor |= uint32(r.small(1<<8-1)) << (8 * i)
		}
	} else {
		p.mark = r.word()
		p.env = r.env()
	}
	if kind&recordNamed != 0 {
		p.domain = label(r.most(mostLabels))
	}
	p.page = label(r.most(mostLabels))
	if head&recordOpens != 0 {
		p.source = label(r.most(mostLabels))
		r.origin(&p)
	}
	if head&recordWaited != 0 {
		p.network = r.word()
	}
	if kind&recordOnward != 0 {
		p.pair = label(r.most(mostLabels))
	}
	if p.kind == hit.Engaged {
		p.seconds = uint16(r.most(hit.MostSeconds))
	}
	r.failed = r.failed || p.hour >= hours || int(p.kind) >= hit.Kinds || int64(p.at) != at
	return p
}

// A reader reads a record. After a fault everything reads as zero, and failed says so.
type reader struct {
	b      []byte
	failed bool
}

func (r *reader) fail() { r.b, r.failed = nil, true }

// env reads an environment.
func (r *reader) env() hit.Packed {
	env, ok := hit.ParsePacked(r.word())
	if !ok {
		r.fail()
	}
	return env
}

func (r *reader) number() int64 {
	n, size := binary.Varint(r.b)
	if size <= 0 {
		r.fail()
		return 0
	}
	r.b = r.b[size:]
	return n
}

// most reads a number that is at most n.
func (r *reader) most(n uint64) uint64 {
	got, size := binary.Uvarint(r.b)
	if size <= 0 || got > n {
		r.fail()
		return 0
	}
	r.b = r.b[size:]
	return got
}

// small reads a byte that is at most n.
func (r *reader) small(n byte) byte {
	if len(r.b) == 0 || r.b[0] > n {
		r.fail()
		return 0
	}
	got := r.b[0]
	r.b = r.b[1:]
	return got
}

func (r *reader) word() uint64 {
	b := r.bytes(8)
	if r.failed {
		return 0
	}
	return binary.LittleEndian.Uint64(b)
}

func (r *reader) bytes(n int) []byte {
	if n > len(r.b) {
		r.fail()
		return nil
	}
	part := r.b[:n]
	r.b = r.b[n:]
	return part
}
