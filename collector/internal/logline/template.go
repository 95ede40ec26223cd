package logline

import "bytes"

// A template is a format with signs of its own between the fields.
type template struct {
	before string // what stands before the first field
	steps  []step
	seek   bool // something else, such as a syslog header, may stand before all
}

// A step is a field and what stands behind it; "" is the end of the line.
type step struct {
	from  source
	until string
}

// read reads a line by the template. What follows it is ignored.
func (t *template) read(f *filling) bool {
	if t.seek && !f.seek() {
		return false
	}
	if !f.pass(t.before) {
		return false
	}
	for i := range t.steps {
		s := &t.steps[i]
		from := f.cursor.at
		n := ended(f.line[from:], s.until)
		if n < 0 {
			return false
		}
		f.put(s.from, spanOf(from, from+n))
		f.cursor.at = from + n + len(s.until)
	}
	return f.whole()
}

// pass goes past a text, or reports false where that is not what stands there.
func (f *filling) pass(text string) bool {
	if rest := f.line[f.cursor.at:]; len(rest) < len(text) || string(rest[:len(text)]) != text {
		return false
	}
	f.cursor.at += len(text)
	return true
}

// seek goes to the word before the first time in brackets.
func (f *filling) seek() bool {
	for at := 0; ; at++ {
		n := bytes.Index(f.line[at:], []byte(" [")) // of " [17/May/2015:
		if n < 0 {
			return false
		}
		at += n
		if rest := f.line[at:]; len(rest) > 13 && rest[4] == '/' && rest[8] == '/' && rest[13] == ':' {
			f.cursor.at = bytes.LastIndexByte(f.line[:at], ' ') + 1
			return true
		}
	}
}

// ended returns where until begins in b, or where b ends if until is "". A quote that a
// backslash protects ends nothing. It is -1 where there is no end.
func ended(b []byte, until string) int {
	if until == "" {
		return len(b)
	}
	for at := 0; ; at++ {
		n := bytes.Index(b[at:], []byte(until))
		if n < 0 {
			return -1
		}
		if at += n; until[0] != '"' || !isEscaped(b[:at]) {
			return at
		}
	}
}
