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

// Day returns the day of the table.
func (t *Table) Day() hit.Day { return t.day }

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
	case recordPage:
		key := labelKey{site: hit.Site(r.number()), kind: hit.Kind(r.number())}
		declared := r.number() != 0
		page, ok := hit.ParsePage(string(r.b))
		if key.page = page; r.failed || !ok {
			return hit.Hit{}, false, errRecord
		}
		t.labels.add(key, declared)
		return hit.Hit{}, false, nil
	case recordHost:
		key := labelKey{site: hit.Site(r.number()), source: true}
		host, ok := hit.ParseHost(string(r.b))
		if key.host = host; r.failed || !ok {
			return hit.Hit{}, false, errRecord
		}
		t.labels.add(key, false)
		return hit.Hit{}, false, nil
	case recordHit:
		s, page, source := t.readSighting(&r)
		if r.failed || len(r.b) > 0 || int(max(page, source)) >= len(t.labels.proofs) || int(s.Kind) >= hit.Kinds {
			return hit.Hit{}, false, errRecord
		}
		return t.take(s, page, source), true, nil
	}
	return hit.Hit{}, false, errRecord
}

// writeLabel returns the record of a label that is about to be added.
func writeLabel(b []byte, key labelKey, declared bool) []byte {
	if key.source {
		b = append(b, recordHost)
		b = binary.AppendVarint(b, int64(key.site))
		return append(b, key.host.Name()...)
	}
	b = append(b, recordPage)
	b = binary.AppendVarint(b, int64(key.site))
	b = binary.AppendVarint(b, int64(key.kind))
	yes := int64(0)
	if declared {
		yes = 1
	}
	b = binary.AppendVarint(b, yes)
	return append(b, key.page.Path()...)
}

// writeSighting returns the record of a sighting whose labels are known.
func writeSighting(b []byte, s Sighting, page, source label) []byte {
	b = append(b, recordHit)
	b = append(b, s.Visitor[:]...)
	b = append(b, s.Network[:]...)
	for _, n := range []int64{
		s.At, int64(s.Site), int64(s.Kind), int64(s.Hour), int64(page), int64(source),
		int64(s.Env.Browser), int64(s.Env.Version), int64(s.Env.System), int64(s.Env.Device),
	} {
		b = binary.AppendVarint(b, n)
	}
	b = append(b, s.Env.Country.Code()...)
	b = append(b, ',')
	return append(b, s.Env.Language.Code()...)
}

func (t *Table) readSighting(r *reader) (s Sighting, page, source label) {
	copy(s.Visitor[:], r.bytes(len(s.Visitor)))
	copy(s.Network[:], r.bytes(len(s.Network)))
	s.At = r.number()
	s.Site, s.Kind, s.Hour = hit.Site(r.number()), hit.Kind(r.number()), hit.Hour(r.number())
	page, source = label(r.number()), label(r.number())
	s.Env.Browser, s.Env.Version = hit.Browser(r.number()), uint16(r.number())
	s.Env.System, s.Env.Device = hit.System(r.number()), hit.Device(r.number())
	country, language := r.codes()
	s.Env.Country, _ = hit.ParseCountry(country) // "unknown" is none
	s.Env.Language, _ = hit.ParseLanguage(language)
	return s, page, source
}

// A reader reads a record. After a fault everything reads as zero, and failed says so.
type reader struct {
	b      []byte
	failed bool
}

func (r *reader) number() int64 {
	n, size := binary.Varint(r.b)
	if size <= 0 {
		r.b, r.failed = nil, true
		return 0
	}
	r.b = r.b[size:]
	return n
}

func (r *reader) bytes(n int) []byte {
	if n > len(r.b) {
		r.b, r.failed = nil, true
		return nil
	}
	part := r.b[:n]
	r.b = r.b[n:]
	return part
}

// codes reads two codes with a comma between them, to the end.
func (r *reader) codes() (first, second string) {
	for i, c := range r.b {
		if c == ',' {
			first, second = string(r.b[:i]), string(r.b[i+1:])
			r.b = nil
			return first, second
		}
	}
	r.b, r.failed = nil, true
	return "", ""
}
