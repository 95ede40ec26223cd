package collector

import (
	"errors"
	"fmt"
	"time"

	"oboro/collector/hit"
	"oboro/collector/internal/intake"
	"oboro/collector/internal/logline"
	"oboro/collector/internal/visitors"
	"oboro/internal/prefetch"
)

// A Log reads access logs of one site through the same truncation. Each day has
// its own key and state in RAM; lines are put in order of time within a window.
// It is used by one goroutine.
type Log struct {
	config Config
	site   hit.Site
	intake *intake.Intake
	reads  tables // of places and networks
	tables map[hit.Day]*visitors.Table
	latest *visitors.Table // of the latest line; nil before it, and once its day is done
	spare  *visitors.Table // of a day that is done, in whose memory the next one begins
	done   map[hit.Day]bool
	queue  queue
	hits   [together]hit.Hit // on their way to the sink
	days   *stretch          // the latest
	clock  intake.Clock
	age    int // how often the memory of senders was ended; from 1 on
}

// A Line says when a line of a log was written, in the deployment's zone, and where
// its fields are. It holds nothing of the line but keyed hashes.
type Line struct {
	At     int64 // seconds since 1970
	Day    hit.Day
	hour   hit.Hour
	fields intake.Parsed
	glance intake.Glance
	age    int // of the log at that glance; 0 without one
}

// An Outcome says what became of a line; its Word names it.
type Outcome = intake.Outcome

// The outcomes of lines that an import looks at, and the number of all.
const (
	Kept     = intake.Kept
	BadLine  = intake.BadLine
	BadTime  = intake.BadTime
	Comment  = intake.Comment
	Other    = intake.OtherSite
	Outcomes = intake.Outcomes
)

// A Format says where the fields of the lines of one log are; nil is combined, common or
// vhost_combined.
type Format = intake.Format

// LogRules say which lines of logs are pages; the zero value is the default.
type LogRules = intake.Rules

// FormatNames returns the names of the formats that [Log.Format] knows.
func FormatNames() []string { return logline.Names() }

// CheckLogs says what is wrong with rules.
func CheckLogs(rules LogRules) error {
	_, err := newLines(rules)
	return err
}

func newLines(rules LogRules) (*intake.Lines, error) {
	lines, bad, ok := intake.NewLines(rules)
	if !ok {
		return nil, fmt.Errorf("%s cannot be: methods are like GET, statuses from 100 to 599 and in one list only, extensions like pdf", bad)
	}
	return lines, nil
}

// NewLog returns a reader of logs of the site with that index in config.Sites.
func NewLog(config Config, site int) (*Log, error) {
	lines, err := newLines(config.Logs)
	if err != nil {
		return nil, err
	}
	in, reads, err := newIntake(config)
	if err != nil {
		return nil, err
	}
	in.Lines = lines
	return &Log{
		config: config, site: hit.Site(site), intake: in, reads: reads,
		tables: map[hit.Day]*visitors.Table{}, done: map[hit.Day]bool{}, age: 1,
	}, nil
}

// Format returns the format that a text of the operator's names or writes out: see the
// help of the command import. Times that name no zone are of the deployment's.
func (l *Log) Format(text string) (*Format, error) {
	format, fault := logline.NewFormat(text, l.config.Zone)
	if fault != "" {
		return nil, errors.New(fault)
	}
	return format, nil
}

// A Guess says what format a log is of.
type Guess = logline.Guess

// Guess returns the format of a log that begins with head. Whole is whether head ends
// where a line does.
func (l *Log) Guess(head []byte, whole bool) Guess {
	return logline.Guesses(head, whole, l.config.Zone)
}

// Parse finds the fields of a line of the format. They mean something only where the
// outcome is Kept; another says why it is no line of a request.
func (l *Log) Parse(format *Format, line []byte, into *Line) (o Outcome) {
	into.age = 0
	if into.At, o = intake.Parse(format, line, &into.fields, &l.clock); o == Kept {
		days := l.stretchAt(into.At)
		into.Day, into.hour = days.day, days.hourOf(into.At)
	}
	return o
}

// Dated returns the day of a line that has a time. Of a line that Parse takes, it is
// the day that Parse finds, for a part of the work.
func (l *Log) Dated(format *Format, line []byte) (hit.Day, bool) {
	at, ok := format.Dated(line, &l.clock)
	if !ok {
		return 0, false
	}
	return l.stretchAt(at).day, true
}

// Run counts the lines that lines begins with for which Dated would find the day that it
// found last, as far as that is told quickly. It returns how many bytes they take, with
// their breaks.
func (l *Log) Run(format *Format, lines []byte) (n, taken int) {
	if l.days == nil {
		return 0, 0
	}
	return format.Run(lines, &l.clock, l.days.from, l.days.until)
}

func (l *Log) stretchAt(at int64) *stretch {
	if !l.days.holds(at) {
		l.turn(at)
	}
	return l.days
}

func (l *Log) turn(at int64) { l.days = stretchOf(time.Unix(at, 0).In(l.config.Zone)) }

// When returns the time of a line in combined format, in the deployment's zone, or false where it has
// none that can be read.
func (l *Log) When(line []byte) (time.Time, bool) {
	var parsed Line
	o := l.Parse(nil, line, &parsed)
	return time.Unix(parsed.At, 0).In(l.config.Zone), o == Kept
}

// Add takes a line in combined format. Its hit reaches the sink soon after no line within the
// window can come before it, and at the latest when its day is done. It returns the outcome's word, "kept" for a hit.
func (l *Log) Add(line []byte) (word string, err error) {
	var parsed Line
	if o := l.Parse(nil, line, &parsed); o != Kept {
		return o.Word(), nil
	}
	outcome, err := l.Take(line, &parsed)
	if err != nil {
		return "", err
	}
	return outcome.Word(), nil
}

// Glance asks for what is remembered of a line in which Parse has found parsed, if it is of
// the day of the latest, and Near, some lines later, goes on with it: that spares Take, a few
// lines later again, the wait for memory. Neither makes another difference.
func (l *Log) Glance(line []byte, parsed *Line) {
	if l.latest != nil && l.latest.Day() == parsed.Day {
		l.glance(line, parsed)
	}
}

func (l *Log) glance(line []byte, parsed *Line) {
	parsed.glance.Site, parsed.glance.Key, parsed.age = l.site, l.latest.Key, l.age
	l.intake.Glance(&parsed.glance, line, &parsed.fields)
}

// Near follows Glance.
func (l *Log) Near(line []byte, parsed *Line) {
	if parsed.age == l.age {
		l.intake.GoOn(&parsed.glance, line, &parsed.fields)
	}
}

// Take takes a line as Add does, with what Parse has found in it.
func (l *Log) Take(line []byte, parsed *Line) (Outcome, error) {
	if l.latest == nil || l.latest.Day() != parsed.Day {
		if l.done[parsed.Day] { // its key is destroyed
			return l.meter(parsed.Day, intake.Late), nil
		}
		table, err := l.table(parsed.Day)
		if err != nil {
			return 0, err
		}
		l.latest = table
	}
	if parsed.age != l.age {
		l.glance(line, parsed)
	}
	s := l.queue.blank()
	s.At, s.Hour = parsed.At, parsed.hour
	if outcome := l.intake.Line(&parsed.glance, line, &parsed.fields, s); outcome != intake.Kept {
		return l.meter(parsed.Day, outcome), nil
	}
	l.queue.push(l.latest, l.hand)
	return intake.Kept, nil
}

func (l *Log) meter(day hit.Day, o Outcome) Outcome {
	meter(l.config.Sink, day, int(l.site), o)
	return o.Whole()
}

func (l *Log) table(day hit.Day) (*visitors.Table, error) {
	if t, ok := l.tables[day]; ok {
		return t, nil
	}
	t, err := l.spare, error(nil)
	if l.spare = nil; t != nil {
		err = t.Renew(day, l.config.Random)
	} else {
		t, err = visitors.New(day, l.config.Plan, l.config.Random)
	}
	if err == nil {
		l.tables[day] = t
	}
	return t, err
}

// hand hands on the hits of sightings. What each of them needs of the table is asked for
// before the first of them is added.
func (l *Log) hand(list []*entry) {
	var sightings [together]*visitors.Sighting
	for i, e := range list {
		prefetch.Whole(e)
		sightings[i] = &e.sighting
	}
	for from, i := 0, 1; i <= len(list); i++ {
		if i == len(list) || list[i].table != list[from].table { // of one day as a rule
			list[from].table.Expect(sightings[from:i])
			from = i
		}
	}
	n := 0
	for _, e := range list {
		var err error
		if l.hits[n], err = e.table.Add(&e.sighting); err != nil {
			l.meter(e.table.Day(), intake.OverCap)
			continue
		}
		if e.sighting.Centre {
			l.meter(e.table.Day(), intake.DataCentre)
		}
		n++
	}
	l.take(l.hits[:n])
	clear(l.hits[:n])
}

func (l *Log) take(hits []hit.Hit) {
	if sink, ok := l.config.Sink.(Together); ok {
		sink.TakeAll(hits)
		return
	}
	for _, h := range hits {
		l.config.Sink.Take(h)
	}
}

// Done says that no line of the day will come: its last hits are handed on, and
// its key and state destroyed. Days may be done in any order; a line of the day
// that comes all the same is late. What texts without a mark came to (pages, hosts,
// kinds of browser) is remembered until Close, since the next day has the same.
func (l *Log) Done(day hit.Day) {
	l.queue.settle(day, l.hand)
	if t, ok := l.tables[day]; ok {
		t.Destroy()
		delete(l.tables, day)
		l.spare = t
	}
	l.latest = nil
	l.intake.ForgetSenders()
	l.age++
	l.done[day] = true
}

// Close destroys what is left.
func (l *Log) Close() {
	for day, t := range l.tables {
		t.Destroy()
		delete(l.tables, day)
	}
	l.queue, l.latest, l.spare = queue{}, nil, nil
	l.intake.Forget()
}
