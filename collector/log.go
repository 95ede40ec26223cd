package collector

import (
	"cmp"
	"container/heap"
	"slices"
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
	done   map[hit.Day]bool
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
		tables: map[hit.Day]*visitors.Table{}, done: map[hit.Day]bool{},
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
	if l.done[day] { // its key is destroyed
		return l.meter(day, intake.Late), nil
	}
	table, err := l.table(day)
	if err != nil {
		return "", err
	}
	sighting, outcome := l.intake.Line(line, l.site, at, table.Key)
	if outcome != intake.Kept {
		return l.meter(day, outcome), nil
	}
	heap.Push(&l.queue, entry{sighting, day, l.queue.next})
	l.queue.next++
	l.latest = max(l.latest, sighting.At)
	for len(l.queue.entries) > 0 && l.queue.entries[0].sighting.At < l.latest-int64(window/time.Second) {
		l.hand(heap.Pop(&l.queue).(entry))
	}
	return outcome.Word(), nil
}

func (l *Log) meter(day hit.Day, o intake.Outcome) (word string) {
	l.config.Sink.Meter(day, int(l.site), o.Word())
	return o.Word()
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

// hand hands on the hit of e.
func (l *Log) hand(e entry) {
	h, err := l.tables[e.day].Add(e.sighting)
	if err != nil {
		l.meter(e.day, intake.OverCap)
		return
	}
	l.meter(e.day, intake.Kept)
	l.config.Sink.Take(h)
}

// Done says that no line of the day will come: its last hits are handed on, and
// its key and state destroyed. Days may be done in any order; a line of the day
// that comes all the same is late.
func (l *Log) Done(day hit.Day) {
	slices.SortFunc(l.queue.entries, entry.compare) // what is sorted is a heap
	others := l.queue.entries[:0]
	for _, e := range l.queue.entries {
		if e.day == day {
			l.hand(e)
		} else {
			others = append(others, e)
		}
	}
	clear(l.queue.entries[len(others):])
	l.queue.entries = others
	if t, ok := l.tables[day]; ok {
		t.Destroy()
		delete(l.tables, day)
	}
	l.done[day] = true
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

func (e entry) compare(other entry) int {
	return cmp.Or(cmp.Compare(e.sighting.At, other.sighting.At), cmp.Compare(e.number, other.number))
}

type queue struct {
	entries []entry
	next    uint64
}

func (q *queue) Len() int { return len(q.entries) }
func (q *queue) Less(i, j int) bool {
	return q.entries[i].compare(q.entries[j]) < 0
}
func (q *queue) Swap(i, j int) { q.entries[i], q.entries[j] = q.entries[j], q.entries[i] }
func (q *queue) Push(x any)    { q.entries = append(q.entries, x.(entry)) }
func (q *queue) Pop() any {
	last := len(q.entries) - 1
	e := q.entries[last]
	q.entries = q.entries[:last]
	return e
}
