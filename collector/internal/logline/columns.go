package logline

import "bytes"

// columns are the fields of a line one behind another, between signs that are all the
// same: spaces, or tabs where the line has one. A column may stand in quotes, and a time
// in brackets.
type columns []source

// columnsOf returns the columns of those names, as they stand in a list with spaces.
func columnsOf(list []byte) columns {
	var c columns
	for _, one := range bytes.Fields(list) {
		var k name
		k.add(one)
		c = append(c, k.source())
	}
	return c
}

func (c columns) read(f *filling) bool {
	sign := byte(' ')
	if bytes.IndexByte(f.line, '\t') >= 0 {
		sign = '\t'
	}
	for _, from := range c {
		if f.spent() {
			break
		}
		f.put(from, f.column(sign, from.of == theClock))
	}
	return f.whole()
}

// spent reports whether nothing of the line is left.
func (f *filling) spent() bool { return f.cursor.at > len(f.line) }

// column reads the next column.
func (f *filling) column(sign byte, timed bool) Span {
	from := f.cursor.at
	rest := f.line[from:]
	if len(rest) > 0 && (rest[0] == '"' || timed && rest[0] == '[') {
		closing := byte('"')
		if rest[0] == '[' {
			closing = ']'
		}
		if n := closed(rest[1:], closing, sign); n >= 0 {
			f.cursor.at = from + n + 3
			return spanOf(from+1, from+1+n)
		}
	}
	n := bytes.IndexByte(rest, sign)
	if n < 0 {
		n = len(rest)
	}
	f.cursor.at = from + n + 1
	return spanOf(from, from+n)
}

// closed returns where the closing sign stands in b that no backslash protects, and that
// the sign between columns, or the end, follows; -1 where none does.
func closed(b []byte, closing, sign byte) int {
	for at := 0; ; at++ {
		n := bytes.IndexByte(b[at:], closing)
		if n < 0 {
			return -1
		}
		at += n
		if (at+1 == len(b) || b[at+1] == sign) && !isEscaped(b[:at]) {
			return at
		}
	}
}
