package logline

import (
	"bytes"
	"strings"
	"time"
)

// A Format says where the fields of the lines of one log are. It is used by one goroutine,
// for one log: lines may change it, as those do that name the columns of W3C. A nil
// Format, as one without a reader, is of the formats read by hand.
type Format struct {
	name   string
	reader reader
	zone   *time.Location // of times that name none
	given  columns        // of readW3C, where the lines do not say
	now    columns        // of readW3C and readColumns
	form   *template      // of readTemplate
	ways   Escapes
}

// A reader is one way to read a line.
type reader uint8

const (
	readByHand reader = iota
	readColumns
	readW3C
	readTemplate
	readJSON
)

// What the formats of Amazon hold, by column, in the words of names.
const (
	bucketColumns = `_ _ time remote_addr _ _ _ _ request status _ _ _ _ _ referrer agent _ _ _ _ _ host`
	elbColumns    = `time _ client_addr _ _ _ _ status _ _ _ request agent`
	albColumns    = `_ time _ client_addr _ _ _ _ status _ _ _ request agent`
)

// haproxyForm is what HAProxy writes for "option httplog": there is no User-Agent in it.
const haproxyForm = `$client_addr [$time] $_ $_ $_ $status $_ $_ $_ $_ $_ $_ "$request"`

// named are the formats that have a name, and other names of the same. The order is
// that in which they are told.
var named = []struct{ name, also string }{
	{"combined", "common vhost_combined vhost-combined traefik apache nginx"},
	{"json", "nginx-json apache-json caddy traefik-json"},
	{"w3c", "iis"},
	{"cloudfront", ""},
	{"s3", ""},
	{"alb", ""},
	{"elb", ""},
	{"haproxy", ""},
}

// Names returns the names of the formats.
func Names() []string {
	var list []string
	for _, n := range named {
		list = append(list, n.name)
	}
	return list
}

// NewFormat returns the format of that text: a name, "#Fields: …" with the columns of a
// W3C log, or a template in the words of Apache or nginx. Times that name no zone are of
// the zone. Where the text is none of these, fault says why, in a sentence for
// whoever wrote it.
func NewFormat(text string, zone *time.Location) (f *Format, fault string) {
	text = strings.TrimSpace(text)
	if list, ok := strings.CutPrefix(text, "#Fields:"); ok {
		f = newW3C(zone)
		f.given = columnsOf([]byte(list))
		f.Begin()
		return f, f.given.fault()
	}
	if strings.ContainsAny(text, "$%") {
		form, fault := compile(text)
		return &Format{name: "the given form", reader: readTemplate, form: form, zone: zone}, fault
	}
	for _, n := range named {
		if n.name == strings.ToLower(text) || strings.Contains(" "+n.also+" ", " "+strings.ToLower(text)+" ") {
			return byName(n.name, zone), ""
		}
	}
	return nil, "there is no format of that name; it is one of " + strings.Join(Names(), ", ") +
		", or the text of an Apache LogFormat, of an nginx log_format, or of a #Fields line"
}

func newW3C(zone *time.Location) *Format { return &Format{name: "w3c", reader: readW3C, zone: zone} }

func byName(name string, zone *time.Location) *Format {
	switch name {
	case "json":
		return &Format{name: name, reader: readJSON, zone: zone}
	case "w3c", "cloudfront":
		f := newW3C(zone)
		f.name = name
		return f
	case "s3":
		return &Format{name: name, reader: readColumns, now: columnsOf([]byte(bucketColumns)), zone: zone}
	case "elb":
		return &Format{name: name, reader: readColumns, now: columnsOf([]byte(elbColumns)), zone: zone}
	case "alb":
		return &Format{name: name, reader: readColumns, now: columnsOf([]byte(albColumns)), zone: zone}
	case "haproxy":
		form, _ := compile(haproxyForm)
		form.seek = true
		return &Format{name: name, reader: readTemplate, form: form, ways: Sharps, zone: zone}
	}
	return &Format{name: name, zone: zone}
}

// Name returns the name of the format.
func (f *Format) Name() string { return f.name }

// Begin begins the log anew: what its lines said of its columns is forgotten.
func (f *Format) Begin() {
	if f != nil && f.reader == readW3C {
		f.now = f.given
		f.ways = Pluses
	}
}

// A Verdict says what a line is to a format.
type Verdict uint8

// The verdicts.
const (
	Fits    Verdict = iota
	Misfit          // no line of the format
	Untimed         // of the format, but for its time
	Comment         // of a W3C log: it tells of the log and of no request
)

// Read finds the fields of a line and its time, in seconds since 1970. Where the verdict
// is not Fits, what l then holds means nothing.
func (f *Format) Read(line []byte, l *Line, c *Clock) (at int64, v Verdict) {
	if f == nil || f.reader == readByHand {
		if !l.Read(line) {
			return 0, Misfit
		}
		at, ok := c.Seconds(l.Time.In(line))
		if !ok {
			return 0, Untimed
		}
		return at, Fits
	}
	return f.read(unbroken(line), l)
}

// Dated returns the time of a line, as Read does. That the rest of the line is of the
// format, it does not say.
func (f *Format) Dated(line []byte, c *Clock) (at int64, ok bool) {
	if f == nil || f.reader == readByHand {
		return c.Dated(line)
	}
	var l Line
	at, v := f.read(unbroken(line), &l)
	return at, v == Fits
}

// Run counts lines as [Clock.Run] does; of formats that are not read by hand none.
func (f *Format) Run(lines []byte, c *Clock, from, until int64) (n, taken int) {
	if f == nil || f.reader == readByHand {
		return c.Run(lines, from, until)
	}
	return 0, 0
}

func (f *Format) read(line []byte, l *Line) (at int64, v Verdict) {
	if len(line) > MaxLine || len(line) == 0 {
		return 0, Misfit
	}
	if f.reader == readW3C && line[0] == '#' {
		f.directive(line)
		return 0, Comment
	}
	*l = Line{Escapes: f.ways}
	filling := filling{cursor: cursor{line: line, ok: true}, l: l}
	fits := false
	switch f.reader {
	case readJSON:
		fits = filling.object()
	case readTemplate:
		fits = f.form.read(&filling)
	default:
		fits = f.now.read(&filling)
	}
	if !fits {
		return 0, Misfit
	}
	at, ok := f.moment(line, l)
	if !ok {
		return 0, Untimed
	}
	return at, Fits
}

// moment reads the time of a line, which may stand in two columns.
func (f *Format) moment(line []byte, l *Line) (at int64, ok bool) {
	zone := f.zone
	if f.reader == readW3C {
		zone = time.UTC
	}
	const width = len("2015-05-17")
	day, clock := l.Date.In(line), l.Time.In(line)
	if len(day) != width || len(clock) < len("10:05:03") || clock[2] != ':' {
		return moment(clock, zone)
	}
	var both [64]byte
	return moment(append(append(append(both[:0], day...), 'T'), clock[:min(len(clock), 32)]...), time.UTC)
}

// directive reads a line that tells of the log.
func (f *Format) directive(line []byte) {
	list, ok := bytes.CutPrefix(line, []byte("#Fields:"))
	if !ok {
		return
	}
	f.now, f.ways = columnsOf(list), Pluses
	if bytes.Contains(list, []byte(" x-edge-")) { // of CloudFront
		f.ways = Percents
	}
}

// fault says what columns lack that every line must have.
func (c columns) fault() string {
	var has [fields]bool
	for _, from := range c {
		has[from.of] = true
	}
	return lacks(has)
}

// lacks says which of the fields that every line must have are not there.
func lacks(has [fields]bool) string {
	switch {
	case !has[theClock] && !has[theDate]:
		return "it has no time"
	case !has[theAddress] && !has[thePeer]:
		return "it has no client address"
	case !has[theStatus]:
		return "it has no status"
	case !has[theAsked] && !has[theTarget] && !has[thePath]:
		return "it has no request"
	case !has[theAsked] && !has[theMethod]:
		return "it has no method"
	}
	return ""
}
