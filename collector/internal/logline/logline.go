// Package logline finds the fields of a line of a web server's access log. A [Format]
// says where: common, combined and vhost_combined of Apache and nginx are read by hand,
// as swiftly as can be, since most logs are of these; columns ([W3C] and what Amazon
// writes), a template in the words of Apache or nginx, and JSON objects by one small
// reader each.
//
// It holds no raw values: a [Line] is offsets into the caller's bytes, and nothing
// here keeps, copies (but for [Line.Text]) or quotes a part of a line. A line that
// does not fit is refused without an error, since an error would have to speak
// of it.
package logline

import "bytes"

// MaxLine is the longest line, in bytes, that is read.
const MaxLine = 64 << 10

// A Span is a stretch of a line, from From up to but not including To. The zero
// Span is an absent field.
type Span struct{ From, To uint32 }

func spanOf(from, to int) Span { return Span{uint32(from), uint32(to)} }

// In returns the stretch of line, without copying it.
func (s Span) In(line []byte) []byte { return line[s.From:s.To] }

// A Line says where the fields of a line are. A field logged as "-" or as "" is
// an empty Span.
type Line struct {
	Host     Span // the virtual host, where the format has one; maybe with its port
	Address  Span // of the client: an IP address or a host name
	User     Span // the name that the client logged in by
	Time     Span // for [Time], or in another of the forms that [Format] knows
	Method   Span // empty, and Target with it, where the request is not one of HTTP/1 or later
	Target   Span // the path and query asked for, or a whole URL
	Status   Span // three digits
	Referrer Span
	Agent    Span
	Common   bool // the format has no place for an Agent, as the format common has none

	// What the formats read by hand do not have.
	Date      Span // where the time of day stands apart from it
	Query     Span // where it stands apart from Target, without the question mark
	Forwarded Span // the clients that a proxy has named
	Type      Span // the content type of the answer
	Escapes   Escapes

	path uint32 // where the path of Target ends, before its query
	last uint32 // the last dot or slash of that path; Target.From-1 where it has none
}

// Parse finds the fields of a line of the formats read by hand, which may end in a line
// break. What follows the User-Agent is ignored. It reports false for any other line.
func Parse(line []byte) (l Line, ok bool) {
	if !l.Read(line) {
		return Line{}, false
	}
	return l, true
}

// Read finds the fields of a line of the formats read by hand, as Parse does. Where it reports false, what l then holds
// means nothing.
func (l *Line) Read(line []byte) bool {
	line = unbroken(line)
	return l.swift(line) || l.read(line)
}

// read finds the fields of a line without its break, of whatever form it is.
func (l *Line) read(line []byte) bool {
	*l = Line{}
	c := begin(line, l)
	c.request(c.quoted(), l)
	l.Status = c.status()
	size := c.word()
	if !c.ok || size == (Span{}) {
		return false
	}
	if l.Common = c.at >= len(c.line); !l.Common {
		l.Referrer = c.dashed(c.quoted())
		l.Agent = c.dashed(c.quoted())
	}
	return c.ok
}

// begin reads the fields before the request.
func begin(line []byte, l *Line) cursor {
	c := cursor{line: line, ok: len(line) <= MaxLine}
	if c.ok {
		c.client(l)
	}
	return c
}

// unbroken returns line without the line break at its end.
func unbroken(line []byte) []byte {
	for len(line) > 0 && (line[len(line)-1] == '\n' || line[len(line)-1] == '\r') {
		line = line[:len(line)-1]
	}
	return line
}

// status reads three digits and a space.
func (c *cursor) status() Span {
	b := c.line[min(c.at, len(c.line)):]
	if !c.ok || len(b) < 4 || b[0] < '1' || '9' < b[0] || !isDigit(b[1]) || !isDigit(b[2]) || b[3] != ' ' {
		c.ok = false
		return Span{}
	}
	c.at += 4
	return spanOf(c.at-4, c.at-1)
}

// A cursor walks over a line. Once ok is false it finds nothing more.
type cursor struct {
	line []byte
	at   int
	ok   bool
}

// client reads what stands before the request: address, identity, user, time,
// and a virtual host before them. The user is whatever stands between identity
// and time, since servers do not escape spaces in it.
func (c *cursor) client(l *Line) {
	if end := plain(c.line); end > 0 {
		l.Address = spanOf(0, end)
		l.Time = spanOf(end+len(" - - ["), end+len(" - - [")+stamp)
		c.at = end + len(" - - [") + stamp + len("] ")
		return
	}
	l.Address = c.word()
	second := c.word()
	if host := virtualHost(c.line, l.Address); c.ok && host != (Span{}) {
		l.Host, l.Address = host, second
		c.word() // the identity
	}
	c.ok = c.ok && l.Address.From < l.Address.To
	if !c.ok {
		return
	}
	const width = len("[") + stamp + len("] ")
	start := c.at
	if bytes.HasPrefix(c.line[start:], []byte(`"" `)) { // Apache's empty name
		start += len(`"" `)
	}
	for i := start; i+width <= len(c.line) && c.line[i] != '"'; i++ {
		if c.line[i] != '[' || c.line[i+width-2] != ']' || c.line[i+width-1] != ' ' || c.line[i-1] != ' ' {
			continue
		}
		l.User = c.dashed(spanOf(c.at, max(c.at, i-1)))
		l.Time = spanOf(i+1, i+width-2)
		c.at = i + width
		return
	}
	c.ok = false
}

// plain returns how long the address is that most lines begin with, followed by " - - "
// and a time in brackets, or 0 where the line begins in another way.
func plain(line []byte) (end int) {
	const before = len(" - - ")
	i := bytes.IndexByte(line, '[')
	if i <= before || i+len("[")+stamp+len("] ") > len(line) || string(line[i-before:i]) != " - - " ||
		line[i+len("[")+stamp] != ']' || line[i+len("[")+stamp+1] != ' ' {
		return 0
	}
	address := line[:i-before]
	if bytes.IndexByte(address, ' ') >= 0 {
		return 0
	}
	if colon := bytes.IndexByte(address, ':'); colon >= 0 && bytes.IndexByte(address[colon+1:], ':') < 0 {
		return 0 // it could be a host with its port
	}
	return len(address)
}

// virtualHost returns the part before the port of a first field host:port; the
// zero Span where the field is an address or a name without a port.
func virtualHost(line []byte, first Span) Span {
	b := first.In(line)
	colon := bytes.IndexByte(b, ':')
	if colon < 0 { // of an IPv4 address, which is what most begin with
		return Span{}
	}
	i := bytes.LastIndexByte(b, ':')
	if i <= 0 || i == len(b)-1 || len(bytes.Trim(b[i+1:], "0123456789")) > 0 {
		return Span{}
	}
	if colon < i && (b[0] != '[' || b[i-1] != ']') {
		return Span{} // an IPv6 address
	}
	return Span{first.From, first.From + uint32(i)}
}

// word reads up to the next space or the end.
func (c *cursor) word() Span {
	if !c.ok || c.at >= len(c.line) {
		c.ok = false
		return Span{}
	}
	from, n := c.at, bytes.IndexByte(c.line[c.at:], ' ')
	if n < 0 {
		c.at = len(c.line)
		return spanOf(from, c.at)
	}
	c.at += n + 1
	return spanOf(from, from+n)
}

// quoted reads a field in quotes and returns what is inside. A quote after a
// backslash does not end it, nor does one that is followed by more than a space:
// some servers do not escape them.
func (c *cursor) quoted() Span {
	if !c.ok || c.at >= len(c.line) || c.line[c.at] != '"' {
		c.ok = false
		return Span{}
	}
	from := c.at + 1
	for at := from; ; {
		n := bytes.IndexByte(c.line[at:], '"')
		if n < 0 {
			c.ok = false
			return Span{}
		}
		i := at + n
		if (i+1 == len(c.line) || c.line[i+1] == ' ') && (i == from || c.line[i-1] != '\\' || !isEscaped(c.line[from:i])) {
			c.at = min(i+2, len(c.line))
			return spanOf(from, i)
		}
		at = i + 1
	}
}

// isEscaped reports whether what follows b is escaped: an odd number of backslashes
// stands at its end.
func isEscaped(b []byte) bool {
	n := len(b)
	for n > 0 && b[n-1] == '\\' {
		n--
	}
	return (len(b)-n)%2 == 1
}

// dashed returns the zero Span for a field that says that there is nothing.
func (c *cursor) dashed(s Span) Span {
	switch string(s.In(c.line)) {
	case "", "-", `""`:
		return Span{}
	}
	return s
}

// request splits METHOD TARGET PROTO. Where it cannot, it leaves l as it is.
func (c *cursor) request(s Span, l *Line) {
	b := s.In(c.line)
	i := 0
	for i < len(b) && 'A' <= b[i] && b[i] <= 'Z' {
		i++
	}
	j := len(b) - len(" HTTP/1.1")
	if j < 0 || string(b[j:j+len(" HTTP/")]) != " HTTP/" || bytes.IndexByte(b[j+1:], ' ') >= 0 {
		j = bytes.LastIndexByte(b, ' ')
	}
	if i == 0 || j <= i+1 || b[i] != ' ' || !bytes.HasPrefix(b[j+1:], []byte("HTTP/")) || bytes.IndexByte(b[i+1:j], ' ') >= 0 {
		return
	}
	l.Method = Span{s.From, s.From + uint32(i)}
	l.Target = Span{l.Method.To + 1, s.From + uint32(j)}
	l.locate(c.line)
}

// locate finds where the path of the target ends, and its last dot or slash.
func (l *Line) locate(line []byte) {
	l.path, l.last = l.Target.To, l.Target.From-1
	for at, sign := range l.Target.In(line) {
		switch sign {
		case '?', '#', ';':
			l.path = l.Target.From + uint32(at)
			return
		case '/', '.':
			l.last = l.Target.From + uint32(at)
		}
	}
}

func isDigit(b byte) bool { return '0' <= b && b <= '9' }
