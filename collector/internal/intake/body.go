package intake

import (
	"encoding/binary"
	"math/bits"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"oboro/collector/hit"
)

// body holds the fields of a hit that are used. Its strings are views of the
// request's buffer, or copies where the JSON had escapes.
type body struct {
	url, referrer, event string
	status               int
	seconds              uint16 // 0 where there are none that count
	viewport             hit.Viewport
	media                hit.Media
}

// parseBody reads a JSON object. Unknown fields are checked and passed over; a
// known field of a wrong type, and anything that is not valid JSON, is refused.
// It is strict where encoding/json is, except that a field named twice counts
// with its last value whatever its case.
func parseBody(data []byte) (body, bool) {
	s := scanner{data: data}
	var b body
	s.space()
	if !s.take('{') {
		return body{}, false
	}
	s.space()
	if s.take('}') {
		return b, s.atEnd()
	}
	for {
		s.space()
		name, ok := s.name()
		if !ok {
			return body{}, false
		}
		s.space()
		if !s.field(name, &b) {
			return body{}, false
		}
		s.space()
		if s.take('}') {
			return b, s.atEnd()
		}
		if !s.take(',') {
			return body{}, false
		}
	}
}

// name reads the name of a member, and the colon behind it.
func (s *scanner) name() (string, bool) {
	// Names of one letter, as those that are known, and no space is how scripts write it.
	if d := s.data[s.at:]; len(d) > 3 && d[0] == '"' && 'a' <= d[1] && d[1] <= 'z' && d[2] == '"' && d[3] == ':' {
		s.at += 4
		return view(d[1:2]), true
	}
	name, ok := s.text()
	s.space()
	return name, ok && s.take(':')
}

// field reads the value of one member into b.
func (s *scanner) field(name string, b *body) bool {
	switch name {
	case "u":
		return s.textInto(&b.url)
	case "r":
		return s.textInto(&b.referrer)
	case "e":
		return s.textInto(&b.event)
	case "st":
		from := s.at
		if !s.number() {
			return false
		}
		b.status = small(s.data[from:s.at])
		return true
	case "s": // of whatever form: events that need none do not mind
		from := s.at
		ok := s.value(0)
		b.seconds = seconds(s.data[from:s.at])
		return ok
	case "w": // as s is
		from := s.at
		ok := s.value(0)
		b.viewport = hit.ViewportOf(whole(s.data[from:s.at], hit.MostWidth+1))
		return ok
	case "m":
		return s.mediaInto(&b.media)
	}
	return s.value(0)
}

func (s *scanner) textInto(to *string) (ok bool) {
	*to, ok = s.text()
	return ok
}

// mediaInto reads the letters of a text. A value of another form says nothing: how a
// page is displayed is never a reason to refuse its view.
func (s *scanner) mediaInto(to *hit.Media) bool {
	*to = 0
	if s.at >= len(s.data) || s.data[s.at] != '"' {
		return s.value(0)
	}
	letters, ok := s.text()
	*to = hit.MediaOf(letters)
	return ok
}

// small returns a whole number of at most four digits, or 0.
func small(digits []byte) int {
	n := 0
	for _, d := range digits {
		if d < '0' || d > '9' || n > 999 {
			return 0
		}
		n = n*10 + int(d-'0')
	}
	return n
}

// seconds returns a whole number, or hit.MostSeconds if that is less. What is not
// written as one, with digits alone, is 0.
func seconds(digits []byte) uint16 { return uint16(whole(digits, hit.MostSeconds)) }

// whole returns a whole number written with digits alone, or most if that is less; of
// anything else 0.
func whole(digits []byte, most int) int {
	n := 0
	for _, d := range digits {
		if d < '0' || d > '9' {
			return 0
		}
		n = min(n*10+int(d-'0'), most)
	}
	return n
}

// maxDepth bounds how deep values may be nested.
const maxDepth = 32

type scanner struct {
	data []byte
	at   int
}

// space passes over what may stand between two tokens, which is hardly ever anything.
func (s *scanner) space() {
	if s.at < len(s.data) && s.data[s.at] <= ' ' {
		s.spaces()
	}
}

func (s *scanner) spaces() {
	for s.at < len(s.data) {
		switch s.data[s.at] {
		case ' ', '\t', '\n', '\r':
			s.at++
		default:
			return
		}
	}
}

func (s *scanner) take(c byte) bool {
	if s.at < len(s.data) && s.data[s.at] == c {
		s.at++
		return true
	}
	return false
}

func (s *scanner) atEnd() bool {
	s.space()
	return s.at == len(s.data)
}

// value passes over any JSON value.
func (s *scanner) value(depth int) bool {
	if s.at >= len(s.data) || depth > maxDepth {
		return false
	}
	switch c := s.data[s.at]; c {
	case '{':
		return s.members(depth, '}')
	case '[':
		return s.members(depth, ']')
	case '"':
		_, ok := s.text()
		return ok
	case 't':
		return s.word("true")
	case 'f':
		return s.word("false")
	case 'n':
		return s.word("null")
	default:
		return s.number()
	}
}

// members passes over an object or an array up to its closing sign.
func (s *scanner) members(depth int, closing byte) bool {
	s.at++
	s.space()
	if s.take(closing) {
		return true
	}
	for {
		s.space()
		if closing == '}' {
			if _, ok := s.name(); !ok {
				return false
			}
			s.space()
		}
		if !s.value(depth + 1) {
			return false
		}
		s.space()
		if s.take(closing) {
			return true
		}
		if !s.take(',') {
			return false
		}
	}
}

func (s *scanner) word(word string) bool {
	if len(s.data)-s.at < len(word) || string(s.data[s.at:s.at+len(word)]) != word {
		return false
	}
	s.at += len(word)
	return true
}

// number passes over a number of the JSON grammar.
func (s *scanner) number() bool {
	s.take('-')
	if !s.take('0') && !s.digits() {
		return false
	}
	if s.at == len(s.data) || s.data[s.at] == ',' || s.data[s.at] == '}' { // as nearly all are
		return true
	}
	if s.take('.') && !s.digits() {
		return false
	}
	if s.take('e') || s.take('E') {
		if !s.take('+') {
			s.take('-')
		}
		return s.digits()
	}
	return true
}

func (s *scanner) digits() bool {
	from := s.at
	for s.at < len(s.data) && '0' <= s.data[s.at] && s.data[s.at] <= '9' {
		s.at++
	}
	return s.at > from
}

// text reads a string. Without escapes it is a view of the data.
func (s *scanner) text() (string, bool) {
	if !s.take('"') {
		return "", false
	}
	from, wide := s.at, false
	for i := from; ; i++ {
		i += ordinary(s.data[i:])
		if i >= len(s.data) {
			return "", false
		}
		switch c := s.data[i]; {
		case c == '"':
			text := s.data[from:i]
			s.at = i + 1
			return view(text), !wide || utf8.Valid(text)
		case c == '\\':
			s.at = i
			return s.escaped(from)
		case c < ' ':
			return "", false
		case c >= utf8.RuneSelf:
			wide = true
		}
	}
}

// ordinary returns how many bytes at the head of b, at least, are neither quote nor
// backslash, nor control character, nor beyond ASCII. It looks at eight at once: in
// signs, the highest bit of a byte says that the byte is one of these. What is
// borrowed from a byte above can only falsify the signs behind the first one.
func ordinary(b []byte) int {
	const ones, highest = 0x0101010101010101, 0x8080808080808080
	n := 0
	for ; len(b)-n >= 8; n += 8 {
		w := binary.LittleEndian.Uint64(b[n:])
		signs := w | (w - ' '*ones) | ((w ^ '"'*ones) - ones) | ((w ^ '\\'*ones) - ones)
		if signs &= highest; signs != 0 {
			return n + bits.TrailingZeros64(signs)/8
		}
	}
	return n
}

// escaped reads the rest of a string that holds escapes, into a copy.
func (s *scanner) escaped(from int) (string, bool) {
	text := append([]byte(nil), s.data[from:s.at]...)
	for s.at < len(s.data) {
		c := s.data[s.at]
		s.at++
		switch {
		case c == '"':
			return string(text), utf8.Valid(text)
		case c < ' ':
			return "", false
		case c != '\\':
			text = append(text, c)
		default:
			r, ok := s.escape()
			if !ok {
				return "", false
			}
			text = utf8.AppendRune(text, r)
		}
	}
	return "", false
}

// escape reads what follows a backslash.
func (s *scanner) escape() (rune, bool) {
	if s.at >= len(s.data) {
		return 0, false
	}
	c := s.data[s.at]
	s.at++
	switch c {
	case '"', '\\', '/':
		return rune(c), true
	case 'b':
		return '\b', true
	case 'f':
		return '\f', true
	case 'n':
		return '\n', true
	case 'r':
		return '\r', true
	case 't':
		return '\t', true
	case 'u':
		return s.unicode()
	}
	return 0, false
}

// unicode reads the four digits of \u, and the second half of a surrogate pair.
func (s *scanner) unicode() (rune, bool) {
	first, ok := s.hex4()
	if !ok {
		return 0, false
	}
	if !utf16.IsSurrogate(first) {
		return first, true
	}
	mark := s.at
	if s.take('\\') && s.take('u') {
		if second, ok := s.hex4(); ok {
			if r := utf16.DecodeRune(first, second); r != utf8.RuneError {
				return r, true
			}
		}
	}
	s.at = mark
	return utf8.RuneError, true
}

func (s *scanner) hex4() (rune, bool) {
	if len(s.data)-s.at < 4 {
		return 0, false
	}
	for _, c := range s.data[s.at : s.at+4] {
		if !('0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f') {
			return 0, false
		}
	}
	n, err := strconv.ParseUint(view(s.data[s.at:s.at+4]), 16, 16)
	if err != nil { // it quotes the digits: not passed on
		return 0, false
	}
	s.at += 4
	return rune(n), true
}
