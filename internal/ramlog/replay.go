package ramlog

import (
	"encoding/binary"
	"os"
)

// Replay calls yield with the records that stand, in order, and must be called
// once before the first Append. A record is yield's for that call only, and yield
// must not call methods of the log. What was being written when the process before
// ended is cut. Replay ends with the first error of yield, which it returns, or
// with [ErrDamaged] or [ErrNewer]; what it yielded until then did stand. The log can
// then only be replayed again, reset or closed.
func (l *Log) Replay(yield func(record []byte) error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.closed:
		return os.ErrClosed
	case l.replayed:
		return errOrder
	}
	if err := l.standing.replay(yield); err != nil {
		return err
	}
	l.replayed = true
	return nil
}

// replay reads all segments, and sets where the log goes on.
func (g *generation) replay(yield func(record []byte) error) error {
	if g.broken != nil {
		return g.broken
	}
	r := reader{key: g.key, yield: yield}
	defer func() { clear(r.record[:cap(r.record)]) }()
	g.at, g.offset, g.full = 0, headerSize, 0
	for i, s := range g.segments {
		if err := s.attach(g.dir); err != nil {
			return err
		}
		offset, err := r.segment(s)
		if err != nil {
			return err
		}
		if offset > headerSize || r.torn == s {
			for _, full := range g.segments[g.at:i] {
				full.detach()
				g.full += int64(full.size)
			}
			g.at, g.offset = i, offset
		}
	}
	if r.life >= g.key.life { // a nonce could be used again
		return Damage{}
	}
	if r.torn != nil {
		cut(r.torn.mem[g.offset:])
	}
	g.sequence = r.sequence
	return nil
}

// cut removes a torn frame, its word last: until then it is still a torn frame.
func cut(frame []byte) {
	clear(frame[frameHead:frameSize(lengthOf(load(frame)))])
	store(frame, 0)
}

// A reader reads the frames of a generation, in order.
type reader struct {
	key      *key
	yield    func(record []byte) error
	life     uint32
	sequence uint64   // of the next frame
	record   []byte   // its parts so far
	chained  bool     // the record goes on in the next frame
	over     bool     // nothing but zeros may follow
	torn     *segment // the one that ends with a frame that was being written
}

// segment reads the frames of one segment, and returns where they end. Nothing
// but zeros may follow, there and in all segments after one that holds no frame
// or a torn one.
func (r *reader) segment(s *segment) (int, error) {
	offset, rest := headerSize, headerSize
	for !r.over && offset < s.size {
		size, stands, err := r.frame(s, offset)
		if err != nil {
			return 0, err
		}
		rest = offset + size
		if !stands {
			break
		}
		offset = rest
	}
	if !zero(s.mem[rest:]) {
		return 0, Damage{Segment: s.number, Offset: int64(rest)}
	}
	if offset == headerSize || rest > offset {
		r.over = true
	}
	return offset, nil
}

// frame reads the frame at offset and returns its size. It does not stand where
// there is none, which is size 0, or where it is torn.
func (r *reader) frame(s *segment, offset int) (size int, stands bool, err error) {
	mem := s.mem[offset:]
	word, commit := load(mem), load(mem[4:])
	if word == 0 && commit == 0 {
		return 0, false, nil
	}
	damage := Damage{Segment: s.number, Offset: int64(offset)}
	end := frameHead + lengthOf(word) + tagSize
	size = frameSize(lengthOf(word))
	switch {
	case kindOf(word) < whole, kindOf(word) > life, size > len(mem):
		return 0, false, damage
	case commit == 0:
		r.torn = s
		return size, false, nil
	case commit != ^word, !zero(mem[end:size]):
		return 0, false, damage
	}
	if kindOf(word) == life {
		stands = r.begin(word, mem[frameHead:end])
	} else {
		stands = r.add(word, mem[frameHead:end])
	}
	if !stands {
		return 0, false, damage
	}
	r.sequence++
	if k := kindOf(word); k == whole || k == last {
		err = r.yield(r.record[:len(r.record):len(r.record)])
	}
	return size, true, err
}

// begin takes the frame that begins a life. A chain of the life before is dropped.
func (r *reader) begin(word uint32, body []byte) bool {
	if len(body) != lifeSize+tagSize || !zero(body[4:lifeSize]) {
		return false
	}
	number := binary.LittleEndian.Uint32(body)
	if number <= r.life {
		return false
	}
	if _, err := r.key.open(nil, number, r.sequence, word, body[lifeSize:]); err != nil {
		return false
	}
	r.life, r.chained = number, false
	return true
}

// add opens a frame, and adds what it holds to the record.
func (r *reader) add(word uint32, body []byte) bool {
	kind := kindOf(word)
	if kind == whole && r.chained || kind == last && !r.chained {
		return false
	}
	if !r.chained {
		r.record = r.record[:0]
	}
	r.grow(len(body))
	record, err := r.key.open(r.record, r.life, r.sequence, word, body)
	if err != nil {
		return false
	}
	r.record, r.chained = record, kind == part
	return true
}

// grow makes room for n more bytes, and leaves no copy of the record behind.
func (r *reader) grow(n int) {
	if len(r.record)+n <= cap(r.record) {
		return
	}
	old := r.record
	r.record = append(make([]byte, 0, 2*(len(old)+n)), old...)
	clear(old[:cap(old)])
}
