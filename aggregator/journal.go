package aggregator

import (
	"encoding/binary"
	"errors"

	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
)

// The aggregator's records in the RAM log. Each begins with its kind, an upper-case
// letter; those of the collector are lower-case. A record never holds a label that
// is not admitted, since a batch does not.
const (
	recordIdentity  = 'I' // secret of the batch ids and the next sequence number
	recordDay       = 'D' // a day, and with it an epoch, begins
	recordOn        = 'O' // a day begins, and the state of one of several collectors goes on in it
	recordBegun     = 'B' // an epoch of an earlier day, of which the store does not know yet
	recordEpoch     = 'E' // the store knows of the oldest epoch that began
	recordFrozen    = 'G' // batches frozen by one flush, with their ids and grains
	recordDays      = 'F' // the same as it was once written: all of them are of days
	recordDelivered = 'A' // the store has the oldest batch that waits
	recordHeld      = 'Q' // the oldest batch that waits is in quarantine
	recordHolding   = 'H' // batches that are in quarantine since an earlier day
)

// errRecord says that a record is not one of the aggregator's. It holds nothing
// of the record.
var errRecord = errors.New("a record of the aggregator cannot be read")

// encoder appends to a record.
type encoder struct{ b []byte }

func (e *encoder) number(n int64) { e.b = binary.AppendVarint(e.b, n) }
func (e *encoder) text(s string)  { e.number(int64(len(s))); e.b = append(e.b, s...) }
func (e *encoder) counts(c []int64) {
	for _, n := range c {
		e.number(n)
	}
}

// decoder reads a record. After a fault everything reads as zero, and failed says so.
type decoder struct {
	b      []byte
	failed bool
}

func (d *decoder) number() int64 {
	n, size := binary.Varint(d.b)
	if size <= 0 {
		d.b, d.failed = nil, true
		return 0
	}
	d.b = d.b[size:]
	return n
}

// length reads a count of things that take at least one byte each.
func (d *decoder) length() int {
	n := d.number()
	if n < 0 || n > int64(len(d.b)) {
		d.b, d.failed = nil, true
		return 0
	}
	return int(n)
}

func (d *decoder) bytes(n int) []byte {
	if n > len(d.b) {
		d.b, d.failed = nil, true
		return make([]byte, n)
	}
	part := d.b[:n]
	d.b = d.b[n:]
	return part
}

func (d *decoder) text() string { return string(d.bytes(d.length())) }

func (d *decoder) end() error {
	if d.failed || len(d.b) > 0 {
		return errRecord
	}
	return nil
}

// encodeFrozen returns the record of batches, with the sequence number that
// follows theirs.
func encodeFrozen(next uint64, batches []frozen) []byte {
	cells := 0
	for _, f := range batches {
		cells += len(f.batch.Cells)
	}
	const usual = 64 // bytes of a cell: a large record is not to be copied as it grows
	e := encoder{append(make([]byte, 0, usual*(cells+len(batches))), recordFrozen)}
	e.number(int64(next))
	e.number(int64(len(batches)))
	for _, f := range batches {
		e.b = append(e.b, f.id[:]...)
		e.text(f.batch.Statistic)
		e.text(string(f.batch.Grain))
		e.number(int64(f.batch.Period))
		e.number(int64(len(f.batch.Cells)))
		for _, c := range f.batch.Cells {
			e.text(c.Site)
			e.number(int64(len(c.Keys)))
			for _, key := range c.Keys {
				e.text(key)
			}
			e.counts(c.Counts[:])
		}
	}
	return e.b
}

func decodeFrozen(record []byte) (next uint64, batches []frozen, err error) {
	d := decoder{b: record[1:]}
	next = uint64(d.number())
	for range d.length() {
		var f frozen
		copy(f.id[:], d.bytes(len(f.id)))
		f.batch.Statistic = d.text()
		if record[0] != recordDays {
			f.batch.Grain = statistic.Grain(d.text())
		}
		f.batch.Period = statistic.Day(d.number())
		for range d.length() {
			f.batch.Cells = append(f.batch.Cells, d.cell())
			if d.failed {
				return 0, nil, errRecord
			}
		}
		if d.failed { // or a false length would make as many empty batches
			return 0, nil, errRecord
		}
		batches = append(batches, f)
	}
	return next, batches, d.end()
}

func (d *decoder) cell() store.Cell {
	c := store.Cell{Site: d.text()}
	for range d.length() {
		c.Keys = append(c.Keys, d.text())
	}
	for m := range c.Counts {
		c.Counts[m] = d.number()
	}
	return c
}

func encodeIdentity(ids identities) []byte {
	e := encoder{append([]byte{recordIdentity}, ids.secret[:]...)}
	e.number(int64(ids.next))
	return e.b
}

// A begun day is one of whose epoch the store does not know yet.
type begun struct {
	day statistic.Day
	on  bool // the state of one of several collectors goes on in it
}

// encodeDay returns the record with which the day begins.
func (b begun) encodeDay() []byte {
	e := encoder{[]byte{recordDay}}
	if b.on {
		e.b[0] = recordOn
	}
	e.number(int64(b.day))
	return e.b
}

// Kept returns the records that outlive a day: what batch ids are made of, the
// batches that still wait for the store, those in quarantine, and the epochs that it does not
// know of yet.
func (a *Aggregator) Kept() [][]byte {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return kept(a.ids, a.queue, a.held, a.begun)
}

func kept(ids identities, queue, held []frozen, days []begun) [][]byte {
	records := [][]byte{encodeIdentity(ids)}
	if len(queue) > 0 {
		records = append(records, encodeFrozen(ids.next, queue))
	}
	if len(held) > 0 {
		record := encodeFrozen(ids.next, held)
		record[0] = recordHolding
		records = append(records, record)
	}
	for _, b := range days { // one that went on is an epoch more than it need be, never one less
		records = append(records, encodeBegun(b.day))
	}
	return records
}

// Freeze moves what was counted to the queue, without sending it.
func (a *Aggregator) Freeze() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.freeze()
}

// Replay takes a record of the RAM log back in, in the order of the log, with the
// hits between them coming through Take. What was frozen is frozen as it was; only
// what came after it is counted again.
func (a *Aggregator) Replay(record []byte) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(record) == 0 {
		return errRecord
	}
	d := decoder{b: record[1:]}
	switch record[0] {
	case recordIdentity:
		copy(a.ids.secret[:], d.bytes(len(a.ids.secret)))
		a.ids.next = uint64(d.number())
	case recordDay, recordOn:
		day := statistic.Day(d.number())
		a.count(day)
		a.begun = append(a.begun, begun{day: day, on: record[0] == recordOn})
	case recordBegun:
		a.begun = append(a.begun, begun{day: statistic.Day(d.number())})
	case recordFrozen, recordDays:
		next, batches, err := decodeFrozen(record)
		if err != nil {
			return err
		}
		if a.today != nil {
			a.today.Settle()
		}
		a.ids.next = next
		a.line(append(a.queue, batches...))
		a.doubtHead()
		return nil
	case recordHolding:
		_, batches, err := decodeFrozen(record)
		a.held = append(a.held, batches...)
		return err
	case recordHeld:
		return d.endOf(len(a.queue) > 0, func() { a.setAside(); a.doubtHead() })
	case recordEpoch:
		return d.endOf(len(a.begun) > 0, func() { a.begun = a.begun[1:] })
	case recordDelivered:
		return d.endOf(len(a.queue) > 0, func() { a.line(a.queue[1:]); a.doubtHead() })
	default:
		return errRecord
	}
	return d.end()
}

// endOf forgets what a note says the store has, which must be there.
func (d *decoder) endOf(there bool, forget func()) error {
	if !there || len(d.b) > 0 {
		return errRecord
	}
	forget()
	return nil
}

func encodeBegun(day statistic.Day) []byte {
	e := encoder{[]byte{recordBegun}}
	e.number(int64(day))
	return e.b
}
