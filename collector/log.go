package collector

import (
	"container/heap"
	"time"

	"oboro/collector/hit"
	"oboro/collector/internal/intake"
	"oboro/collector/internal/place"
	"oboro/collector/internal/visitors"
)

// window is how far back in time a line of a log may stand behind another.
const window = 10 * time.Minute

// A Log reads access logs of one site through the same truncation. Each day has
// its own key and state in RAM; lines are put in order of time within a window.
// It is used by one goroutine.
type Log struct {
	config Config
	site   hit.Site
	intake *intake.Intake
	places *place.Table
	tables map[hit.Day]*visitors.Table
	queue  queue
	latest int64
}

// NewLog returns a reader of logs of the site with that index in config.Sites.
func NewLog(config Config, site int) (*Log, error) {
	in, places, err := newIntake(config)
	if err != nil {
		return nil, err
	}
	return &Log{
		config: config, site: hit.Site(site), intake: in, places: places,
		tables: map[hit.Day]*visitors.Table{},
	}, nil
}

// When returns the time of a line in the deployment's zone, or false where it has
// none that can be read.
func (l *Log) When(line []byte) (time.Time, bool) {
	at, ok := intake.When(line)
	return at.In(l.config.Zone), ok
}

// Add takes a line. Its hit reaches the sink once no line within the window can
// come before it. It returns the outcome's word, "kept" for a hit.
func (l *Log) Add(line []byte) (word string, err error) {
	at, ok := l.When(line)
	if !ok {
		return intake.BadLine.Word(), nil
	}
	day := hit.DayOf(at)
	table, err := l.table(day)
	if err != nil {
		return "", err
	}
	sighting, outcome := l.intake.Line(line, l.site, at, table.Key)
	l.config.Sink.Meter(day, int(l.site), outcome.Word())
	if outcome == intake.Kept {
		heap.Push(&l.queue, entry{sighting, day, l.queue.next})
		l.queue.next++
		l.latest = max(l.latest, sighting.At)
		l.release(func(e entry) bool { return e.sighting.At < l.latest-int64(window/time.Second) })
	}
	return outcome.Word(), nil
}

func (l *Log) table(day hit.Day) (*visitors.Table, error) {
	if t, ok := l.tables[day]; ok {
		return t, nil
	}
	t, err := visitors.New(day, l.config.Plan, l.config.Random)
	if err == nil {
		l.tables[day] = t
	}
	return t, err
}

// release hands on the earliest hits as long as ready says so.
func (l *Log) release(ready func(entry) bool) {
	for len(l.queue.entries) > 0 && ready(l.queue.entries[0]) {
		e := heap.Pop(&l.queue).(entry)
		if h, ok := l.tables[e.day].Add(e.sighting); ok {
			l.config.Sink.Take(h)
		} else {
			l.config.Sink.Meter(e.day, int(l.site), intake.OverCap.Word())
		}
	}
}

// Done says that no line of the day, or of one before it, will come: its last
// hits are handed on, and its key and state destroyed.
func (l *Log) Done(day hit.Day) {
	l.release(func(e entry) bool { return e.day <= day })
	if t, ok := l.tables[day]; ok {
		t.Destroy()
		delete(l.tables, day)
	}
}

// Close destroys what is left and closes the country table.
func (l *Log) Close() {
	for day, t := range l.tables {
		t.Destroy()
		delete(l.tables, day)
	}
	l.queue = queue{}
	if l.places != nil {
		l.places.Close()
	}
}

// An entry is a sighting that waits for its turn. Its number keeps lines of one
// second in the order of the log.
type entry struct {
	sighting visitors.Sighting
	day      hit.Day
	number   uint64
}

type queue struct {
	entries []entry
	next    uint64
}

func (q *queue) Len() int { return len(q.entries) }
func (q *queue) Less(i, j int) bool {
	a, b := &q.entries[i], &q.entries[j]
	if a.sighting.At != b.sighting.At {
		return a.sighting.At < b.sighting.At
	}
	return a.number < b.number
}
func (q *queue) Swap(i, j int) { q.entries[i], q.entries[j] = q.entries[j], q.entries[i] }
func (q *queue) Push(x any)    { q.entries = append(q.entries, x.(entry)) }
func (q *queue) Pop() any {
	last := len(q.entries) - 1
	e := q.entries[last]
	q.entries = q.entries[:last]
	return e
}
