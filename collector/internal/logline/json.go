package logline

import "bytes"

// deepest is how deep the objects and lists of a line may stand in one another.
const deepest = 16

// object reads a line that is a JSON object. Of a list the first value counts. Bytes that
// are not UTF-8, and escapes that are none of JSON, are taken as they are.
func (f *filling) object() bool {
	var k name
	f.space()
	if !f.take('{') || !f.members(k, 0) {
		return false
	}
	f.space()
	return f.cursor.at == len(f.line) && f.whole()
}

// members reads an object behind its brace.
func (f *filling) members(around name, depth int) bool {
	if f.space(); f.take('}') {
		return true
	}
	for {
		f.space()
		key, ok := f.text()
		f.space()
		if !ok || !f.take(':') {
			return false
		}
		k := around
		k.add(key.In(f.line))
		if !f.value(&k, depth) {
			return false
		}
		if f.space(); f.take('}') {
			return true
		}
		if !f.take(',') {
			return false
		}
	}
}

// value reads a value of that name.
func (f *filling) value(k *name, depth int) bool {
	f.space()
	switch {
	case depth > deepest:
		return false
	case f.peek('"'):
		s, ok := f.text()
		f.put(k.source(), s)
		return ok
	case f.take('{'):
		f.said = f.said || string(k.bytes[:k.n]) == "requestheaders" // of Caddy, which leaves out what was not sent
		return f.members(*k, depth+1)
	case f.take('['):
		return f.list(k, depth+1)
	}
	from := f.cursor.at
	for f.cursor.at < len(f.line) && isPlainValue(f.line[f.cursor.at]) {
		f.cursor.at++
	}
	if s := spanOf(from, f.cursor.at); from < f.cursor.at && (isDigit(f.line[from]) || f.line[from] == '-') {
		f.put(k.source(), s)
	}
	return from < f.cursor.at
}

// list reads a list behind its bracket.
func (f *filling) list(k *name, depth int) bool {
	if f.space(); f.take(']') {
		return true
	}
	for f.value(k, depth) {
		if f.space(); f.take(']') {
			return true
		}
		if !f.take(',') {
			return false
		}
	}
	return false
}

// isPlainValue reports whether c may be of a number, or of true, false or null.
func isPlainValue(c byte) bool {
	return isDigit(c) || 'a' <= c && c <= 'z' || c == '-' || c == '+' || c == '.' || c == 'E'
}

// text reads a string and returns what is inside, with its escapes.
func (f *filling) text() (Span, bool) {
	if !f.take('"') {
		return Span{}, false
	}
	from := f.cursor.at
	for at := from; ; at++ {
		n := bytes.IndexByte(f.line[at:], '"')
		if n < 0 {
			return Span{}, false
		}
		if at += n; !isEscaped(f.line[from:at]) {
			f.cursor.at = at + 1
			return spanOf(from, at), true
		}
	}
}

func (f *filling) space() {
	for f.cursor.at < len(f.line) && (f.line[f.cursor.at] == ' ' || f.line[f.cursor.at] == '\t') {
		f.cursor.at++
	}
}

func (f *filling) peek(c byte) bool { return f.cursor.at < len(f.line) && f.line[f.cursor.at] == c }

func (f *filling) take(c byte) bool {
	if !f.peek(c) {
		return false
	}
	f.cursor.at++
	return true
}
