package logline

import (
	"bytes"
	"math/bits"
)

// What stands between the fields of most lines, as words.
const (
	identity = ' ' | '-'<<8 | ' '<<16 | '-'<<24 | ' '<<32 | '['<<40                     // " - - ["
	request  = ']' | ' '<<8 | '"'<<16 | 'G'<<24 | 'E'<<32 | 'T'<<40 | ' '<<48 | '/'<<56 // `] "GET /`
	protocol = ' ' | 'H'<<8 | 'T'<<16 | 'T'<<24 | 'P'<<32 | '/'<<40 | 0<<48 | '.'<<56   // " HTTP/?."
	version  = 0xff << 48                                                               // the byte of protocol that is a digit
)

// swift finds the fields as read does of a line as most are: of an IPv4 address without
// a user, of the method GET, and with nothing that could end a field too early. Of any
// other it reports false, whether it is a line of a log or not.
func (l *Line) swift(line []byte) bool {
	end := begins(line)
	stamped := end + len(" - - [")
	got := stamped + stamp
	if end == 0 || len(line) > MaxLine || wordAt(line, got) != request {
		return false
	}
	from := got + len(`] "GET `)
	path, last, to := target(line, from)
	if to == 0 || len(line) < to+len(` HTTP/1.1" 200 1 `) {
		return false
	}
	b := line[to : to+len(` HTTP/1.1" 200 `)]
	if wordAt(b, 0)&^version != protocol || !isDigit(b[6]) || !isDigit(b[8]) || b[9] != '"' || b[10] != ' ' ||
		b[11] < '1' || '9' < b[11] || !isDigit(b[12]) || !isDigit(b[13]) || b[14] != ' ' {
		return false
	}
	at := to + len(b)
	for at < len(line) && isDigit(line[at]) {
		at++
	}
	if at == to+len(b) || at == len(line) || line[at] != ' ' {
		return false
	}
	referrer, at := text(line, at+1)
	agent, at := text(line, at)
	if at == 0 {
		return false
	}
	*l = Line{
		Address: spanOf(0, end), Time: spanOf(stamped, got), Method: spanOf(from-len("GET "), from-1), Target: spanOf(from, to),
		Status: spanOf(to+len(` HTTP/1.1" `), to+len(` HTTP/1.1" 200`)), Referrer: referrer, Agent: agent,
		path: uint32(path), last: uint32(last),
	}
	return true
}

// begins returns how long the address is, if line begins with what may be an IPv4
// address and " - - [", and has room for a time and eight bytes more; else 0.
func begins(line []byte) (end int) {
	end = dotted(line)
	if end == 0 || len(line) < end+len(" - - [")+stamp+8 || wordAt(line, end)&(1<<48-1) != identity {
		return 0
	}
	return end
}

// dotted returns the length of a first field that may be an IPv4 address, since it has
// at most 15 bytes, none of them above the digits; else 0.
func dotted(line []byte) int {
	const above = 0x80 - (uint64('9') + 1) // added to what is above '9', it sets the top bit
	if len(line) < 16 {
		return 0
	}
	for i := 0; i < 16; i += 8 {
		word := wordAt(line, i)
		odd := (word | (word + above*every)) & tops
		if space := marks(word, ' '); space != 0 {
			if odd&below(space) != 0 {
				return 0
			}
			return i + lowest(space)
		}
		if odd != 0 {
			return 0
		}
	}
	return 0
}

// Dated returns the time of a line, in seconds since 1970. That the rest of the line is
// of these formats, it does not say; but where Parse takes the line, its time is this one.
func (c *Clock) Dated(line []byte) (at int64, ok bool) {
	if end := begins(line); end > 0 && len(line) <= MaxLine {
		from := end + len(" - - [")
		if line[from+stamp] == ']' && line[from+stamp+1] == ' ' {
			return c.Seconds(line[from : from+stamp])
		}
	}
	var l Line
	if from := begin(unbroken(line), &l); !from.ok {
		return 0, false
	}
	return c.Seconds(l.Time.In(line))
}

// Run counts the lines that lines begins with, as far as they end in it, are written as most
// are, and of the hour of the latest time: Dated would find a time in each that is not before
// from, but before until. It returns how many bytes they take, with empty lines between them.
func (c *Clock) Run(lines []byte, from, until int64) (n, taken int) {
	for {
		line := lines[taken:]
		end := begins(line)
		if end == 0 || !isDigit(line[end-1]) { // a break there would make two lines of it
			return n, taken
		}
		rest := end + len(" - - [") + stamp + len("] ")
		time := line[end+len(" - - [") : rest]
		past, ok := pastHour(time)
		at := c.since + past
		if !ok || hourOf(time) != c.hour || at < from || at >= until || time[stamp] != ']' || time[stamp+1] != ' ' {
			return n, taken
		}
		length := bytes.IndexByte(line[rest:], '\n')
		if length < 0 || rest+length > MaxLine {
			return n, taken
		}
		n, taken = n+1, taken+rest+length+1
	}
}

// target returns where the path that begins at from ends, where its last slash or dot
// is, and where the target ends, with its query. Where that holds a quote or something
// else that seldom stands in one, to is 0.
func target(line []byte, from int) (path, last, to int) {
	const (
		semicolon = ';' ^ '?' // as a bit, it makes one of the other
		dot       = '.' ^ '/'
	)
	for i := from; i+8 <= len(line); i += 8 {
		word := wordAt(line, i)
		stop := marks(word|semicolon*every, '?') | (word-('#'+1)*every)&^word&tops // up to '#'
		names := marks(word|dot*every, '/')                                        // all are right: with that bit, none is '/'^1
		if stop != 0 {
			names &= below(stop)
		}
		if names != 0 {
			last = i + (63-bits.LeadingZeros64(names))/8
		}
		if stop != 0 {
			path = i + lowest(stop)
			return path, last, query(line, path)
		}
	}
	return 0, 0, 0
}

// query returns where the target ends whose path ends at path, or 0 as target does.
func query(line []byte, path int) (to int) {
	switch line[path] {
	case ' ':
		return path
	case '?', '#', ';':
		n := bytes.IndexByte(line[path:], ' ')
		if n >= 0 && bytes.IndexByte(line[path:path+n], '"') < 0 {
			return path + n
		}
	}
	return 0
}

// text returns the field in quotes that begins at at, the zero Span for "-" before another,
// and where the next field begins. That is 0 where the field is anything but plain.
func text(line []byte, at int) (inside Span, next int) {
	if at == 0 || at+4 > len(line) || line[at] != '"' {
		return Span{}, 0
	}
	if line[at+1] == '-' && line[at+2] == '"' {
		if line[at+3] == ' ' {
			return Span{}, at + 4
		}
		return Span{}, 0
	}
	end := at + 1 + bytes.IndexByte(line[at+1:], '"')
	if end <= at+1 || line[end-1] == '\\' || end+1 < len(line) && line[end+1] != ' ' {
		return Span{}, 0
	}
	return spanOf(at+1, end), end + 2
}
