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
// letter; those of the aggregator are upper-case.
const (
	RecordDay   = 'd' // the day and its key: what the log of a day begins with
	RecordMeter = 'm' // one more of a meter; written and read by the collector
	recordPage  = 'p' // a page that was not seen before today
	recordHost  = 's' // a source that was not seen before today
	recordPair  = 'n' // a page and the next one, of which that is true
	recordHit   = 'h' // a sighting
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
	key := &Key{}
	copy(key.secret[:], secret)
	return newTable(day, plan, key), nil
}

// Replay takes a record back in. It returns the hit that a sighting makes; of other
// records the second result is false.
func (t *Table) Replay(record []byte) (hit.Hit, bool, error) {
	if len(record) == 0 {
		return hit.Hit{}, false, errRecord
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	r := reader{b: record[1:]}
	switch record[0] {
	case recordPage, recordHost:
		if key, declared, ok := r.label(record[0] == recordHost); ok {
			t.labels.add(key, declared)
			return hit.Hit{}, false, nil
		}
	case recordPair:
		if key := r.pair(); !r.failed && len(r.b) == 0 && t.labels.holds(key) {
			t.labels.add(key, t.labels.declaredPair(key.pair))
			return hit.Hit{}, false, nil
		}
	case recordHit:
		if p := r.step(); !r.failed && len(r.b) == 0 && t.follows(&p) {
			return t.take(&p), true, nil
		}
	}
	return hit.Hit{}, false, errRecord
}

// follows reports whether a step can come next: its visitor and labels are there.
func (t *Table) follows(p *step) bool {
	opens := true
	if p.known {
		if p.visitor >= t.crowd.n {
			return false
		}
		opens = t.crowd.at(p.visitor).opens(p.at)
	} else if _, there := t.crowd.find(p.mark); there || t.crowd.n >= mostVisitors {
		return false
	}
	if int(max(p.page, p.source, p.pair)) >= len(t.labels.proofs) || t.onward(p) != (p.pair != unseen) {
		return false
	}
	if p.kind == hit.Engaged {
		return p.known && p.source == unseen && p.network == 0
	}
	return opens == (p.source != unseen)
}

// writeLabel returns the record of a label that is about to be added.
func writeLabel(b []byte, key labelKey, declared bool) []byte {
	switch key.of {
	case ofHost:
		b = append(b, recordHost)
		b = binary.AppendUvarint(b, uint64(key.site))
		return append(b, key.host.Name()...)
	case ofPair: // its pages have records; whether they are declared says whether it is
		b = append(b, recordPair)
		b = binary.AppendUvarint(b, uint64(key.site))
		b = binary.AppendUvarint(b, uint64(key.pair.from))
		return binary.AppendUvarint(b, uint64(key.pair.to))
	}
	b = append(b, recordPage)
	b = binary.AppendUvarint(b, uint64(key.site))
	b = append(b, byte(key.kind), 0)
	if declared {
		b[len(b)-1] = 1
	}
	return append(b, key.page.Path()...)
}

func (r *reader) label(source bool) (key labelKey, declared, ok bool) {
	key = labelKey{site: hit.Site(r.most(1<<16 - 1))}
	if source {
		key.of = ofHost
		key.host, ok = hit.ParseHost(string(r.b))
		return key, false, ok && !r.failed
	}
	key.kind, declared = hit.Kind(r.small(byte(hit.NotFound))), r.small(1) == 1
	key.page, ok = hit.ParsePage(string(r.b))
	return key, declared, ok && !r.failed
}

func (r *reader) pair() labelKey {
	key := labelKey{site: hit.Site(r.most(1<<16 - 1)), of: ofPair}
	key.pair.from, key.pair.to = label(r.most(mostLabels)), label(r.most(mostLabels))
	return key
}

// What stands beside the hour in the first byte of a sighting.
const (
	recordNew    = 1 << (hourBits + iota) // mark and environment of a new visitor follow
	recordOpens                           // the source of a visit that begins follows
	recordWaited                          // the network follows, for which a label waits
)

// recordOnward stands beside the kind: the label of a pair of pages follows.
const recordOnward = 1 << 7

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
	b = append(b, recordHit, head, kind)
	b = binary.AppendUvarint(b, uint64(p.site))
	b = binary.AppendVarint(b, int64(p.at))
	if p.known {
		b = append(b, byte(p.visitor), byte(p.visitor>>8), byte(p.visitor>>16))
	} else {
		b = binary.LittleEndian.AppendUint64(b, p.mark)
		b = binary.LittleEndian.AppendUint64(b, p.env)
	}
	b = binary.AppendUvarint(b, uint64(p.page))
	if p.source != unseen {
		b = binary.AppendUvarint(b, uint64(p.source))
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

func (r *reader) step() (p step) {
	head := r.small(1<<8 - 1)
	p.hour, p.known = hit.Hour(head&(1<<hourBits-1)), head&recordNew == 0
	kind := r.small(1<<8 - 1)
	p.kind = hit.Kind(kind &^ recordOnward)
	p.site = hit.Site(r.most(1<<16 - 1))
	at := r.number()
	p.at = second(at)
	if p.known {
		for i := range 3 {
			p.visitor |= uint32(r.small(1<<8-1)) << (8 * i)
		}
	} else {
		p.mark, p.env = r.word(), r.word()
	}
	p.page = label(r.most(mostLabels))
	if head&recordOpens != 0 {
		p.source = label(r.most(mostLabels))
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
	r.failed = r.failed || p.hour >= hours || int(p.kind) >= hit.Kinds || int64(p.at) != at || !sound(p.env)
	return p
}

// A reader reads a record. After a fault everything reads as zero, and failed says so.
type reader struct {
	b      []byte
	failed bool
}

func (r *reader) fail() { r.b, r.failed = nil, true }

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
