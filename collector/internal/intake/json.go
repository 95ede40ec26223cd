package intake

import (
	"encoding/binary"
	"math/bits"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDepth bounds how deep values may be nested.
const maxDepth = 32

// A scanner reads JSON from its beginning to its end, and no more of it than it is asked
// for. What it says is valid is so by the grammar of JSON, to the last byte.
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
