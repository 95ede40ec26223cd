package ramlog

import (
	"encoding/binary"
	"os"
)

// Append adds a record to the log. When it returns nil the record stands: it
// survives this process. The error is [ErrFull] when there is no room for it;
// whatever the error, nothing of the record stands.
func (l *Log) Append(record []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.replayed || l.closed {
		return l.unready()
	}
	return l.standing.append(record)
}

// AppendLeaving adds a record as Append does, unless less than one part in so many of
// what the records may take is left: then the error is [ErrFull].
func (l *Log) AppendLeaving(record []byte, part int64) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.replayed || l.closed {
		return l.unready()
	}
	if limit := l.standing.capacity(); l.standing.used() > limit-limit/part {
		return ErrFull
	}
	return l.standing.append(record)
}

func (l *Log) unready() error {
	if l.closed {
		return os.ErrClosed
	}
	return errOrder
}

// left returns how many bytes the segment that is written to has left.
func (g *generation) left() int { return g.segments[g.at].size - g.offset }

// append adds a record, or nothing.
func (g *generation) append(record []byte) error {
	if !g.begun {
		if err := g.begin(); err != nil {
			return err
		}
	}
	if frameSize(len(record)) <= g.left() {
		g.put(whole, nil, record)
		return nil
	}
	if err := g.provide(len(record)); err != nil {
		return err
	}
	g.divide(record)
	return nil
}

// begin writes the frame that begins a life.
func (g *generation) begin() error {
	if frameSize(lifeSize) > g.left() {
		if err := g.provide(lifeSize); err != nil {
			return err
		}
		g.roll()
	}
	var number [lifeSize]byte
	binary.LittleEndian.PutUint32(number[:], g.key.life)
	g.put(life, number[:], nil)
	g.begun = true
	g.lookAhead(nil)
	return nil
}

// put writes a frame, for which there is room: one part of its payload in clear,
// the other sealed. The order of the stores is what lets a reader tell a frame that
// stands from one that was being written.
func (g *generation) put(kind uint32, plain, sealed []byte) {
	frame := g.segments[g.at].mem[g.offset:][:frameSize(len(plain)+len(sealed))]
	word := wordOf(kind, len(plain)+len(sealed))
	store(frame, word)
	body := frame[frameHead:]
	n := copy(body, plain)
	g.key.seal(body[n:n], g.sequence, word, sealed)
	store(frame[4:], ^word)
	g.offset += len(frame)
	g.sequence++
}

// provide makes sure that a record of n bytes, which does not fit the segment that
// is written to, fits it and those after it.
func (g *generation) provide(n int) error {
	g.collect()
	room := g.left()
	for i := g.at; ; i++ {
		s := share(n, room)
		if s == n {
			return nil
		}
		n -= max(s, 0)
		if i+1 == len(g.segments) {
			if err := g.extend(); err != nil {
				return err
			}
		}
		room = g.segments[i+1].size - headerSize
	}
}

// divide writes a record in parts, as provide has counted them.
func (g *generation) divide(record []byte) {
	end := whole
	for {
		n := share(len(record), g.left())
		if n == len(record) {
			g.put(end, nil, record)
			return
		}
		if n > 0 {
			g.put(part, nil, record[:n])
			record, end = record[n:], last
		}
		g.roll()
	}
}

// roll goes on to the next segment, which is there.
func (g *generation) roll() {
	full := g.segments[g.at]
	g.full += int64(full.size)
	g.at++
	g.offset = headerSize
	g.lookAhead(full.mem)
	full.mem = nil
}
