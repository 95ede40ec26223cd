package collector

import (
	"encoding/binary"
	"errors"

	"oboro/collector/hit"
	"oboro/collector/internal/intake"
	"oboro/collector/internal/visitors"
)

// A Journal is the RAM log as the collector writes it.
type Journal interface {
	// Append writes a record. It stands, whatever becomes of the process, when
	// Append returns. An error means that there is no room.
	Append(record []byte) error
}

// IsNote reports whether a record is of the collector, and is one more of a meter for
// what was not counted: without it the log makes the same visitors and cells.
func IsNote(record []byte) bool { return len(record) > 0 && record[0] == visitors.RecordMeter }

// IsLate reports whether a record is of the collector, and lets hits count in their networks
// that stand in the log already: there must be room for it wherever there was for them.
func IsLate(record []byte) bool {
	return len(record) > 0 && (record[0] == visitors.RecordAnswer || record[0] == visitors.RecordUnknown)
}

// errRecord says that a record of the RAM log cannot be read. It holds nothing of it.
var errRecord = errors.New("a record of the collector cannot be read")

// Replay takes a record of the RAM log back in, in the order of the log. Hits and
// meters reach the sink as they did.
func (c *Collector) Replay(record []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case len(record) == 0:
		return errRecord
	case record[0] == visitors.RecordDay:
		c.destroy()
		table, err := visitors.Reopen(record, c.config.Plan)
		if err == nil {
			c.open(table)
		}
		return err
	case c.table == nil:
		return errRecord
	case IsLate(record):
		return c.table.ReplayAnswer(record)
	case record[0] == visitors.RecordMeter:
		return c.replayMeter(record[1:])
	}
	h, err := c.table.Replay(record)
	if err == nil {
		c.config.Sink.Take(h)
	}
	return err
}

// write notes a report that was not kept in the RAM log. Where there is no room,
// a kill loses the note, and nothing else.
func (c *Collector) write(site hit.Site, o intake.Outcome) {
	if c.config.Journal == nil {
		return
	}
	var record [4]byte
	record[0], record[1] = visitors.RecordMeter, byte(o)
	binary.BigEndian.PutUint16(record[2:], uint16(site))
	_ = c.config.Journal.Append(record[:])
}

func (c *Collector) replayMeter(fields []byte) error {
	if len(fields) != 3 {
		return errRecord
	}
	outcome, ok := intake.OutcomeOf(fields[0])
	if !ok {
		return errRecord
	}
	site := hit.Site(binary.BigEndian.Uint16(fields[1:]))
	if site != intake.NoSite && int(site) >= len(c.config.Sites) {
		return errRecord
	}
	c.meter(site, outcome)
	return nil
}
