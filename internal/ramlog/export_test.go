package ramlog

// What the tests know of the format.
const (
	HeaderSize  = headerSize
	KeyFileSize = keyFileSize
	Smallest    = smallest
)

// FrameSize is how many bytes a record takes that is not divided.
func FrameSize(length int) int { return frameSize(length) }

// Secret returns a copy of the key.
func Secret(l *Log) []byte { return append([]byte(nil), l.standing.key.file[:secretSize]...) }

// Die lets go of the log as a killed process does: nothing is written any more.
func (l *Log) Die() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, g := range []*generation{l.standing, l.next} {
		if g != nil {
			g.release()
		}
	}
	l.closed = true
	l.lock.Close()
}

// ResetSteps is the number of steps that a Reset has.
const ResetSteps = 6

// ResetUntil does the first n steps of a Reset, and dies.
func (l *Log) ResetUntil(n int, keep [][]byte) error {
	l.mu.Lock()
	r := &reset{log: l, keep: keep, old: l.standing}
	for _, step := range append(r.before(), r.after()...)[:n] {
		if err := step(); err != nil {
			return err
		}
	}
	r.old.release()
	l.mu.Unlock()
	l.Die()
	return nil
}

// Tear leaves the log as a process does that is killed within an Append: sealed
// bytes of the frame's payload are written, and not its commit.
func (l *Log) Tear(record []byte, sealed int) {
	l.mu.Lock()
	g := l.standing
	if !g.begun {
		g.begin()
	}
	if size := frameSize(len(record)); size > g.left() {
		g.provide(len(record))
		g.roll()
	}
	frame := g.segments[g.at].mem[g.offset:][:frameSize(len(record))]
	whole := append([]byte(nil), frame...)
	g.put(1, nil, record)
	copy(whole, frame[:frameHead+sealed])
	clear(whole[4:8])
	copy(frame, whole)
	l.mu.Unlock()
	l.Die()
}

// Break leaves the log as a process does that is killed before it writes the last
// part of a record.
func (l *Log) Break(record []byte) error {
	l.mu.Lock()
	g := l.standing
	if err := g.provide(len(record)); err != nil {
		return err
	}
	g.divide(record)
	mem := g.segments[g.at].mem
	for o := headerSize; o < g.offset; {
		size := frameSize(lengthOf(load(mem[o:])))
		if o+size == g.offset {
			clear(mem[o:g.offset])
		}
		o += size
	}
	l.mu.Unlock()
	l.Die()
	return nil
}

// The kinds of frame that Put takes.
const (
	Whole = whole
	Part  = part
	Last  = last
)

// Put writes a frame of any kind.
func (l *Log) Put(kind uint32, payload []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.standing.put(kind, nil, payload)
}

// ReadFrames reads mem, a segment's content, as the first segment of a log with
// the key of l, and yields its records.
func ReadFrames(l *Log, mem []byte, yield func([]byte) error) error {
	r := reader{key: l.standing.key, yield: yield}
	_, err := r.segment(&segment{number: 1, size: len(mem), mem: mem})
	return err
}
