package logline

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

// Escapes says in what way a format writes signs that could end a field.
type Escapes uint8

// The ways.
const (
	Backslashes Escapes = iota // \" \\ \/, \xhh, \uhhhh, and \b \f \n \r \t \v: of Apache, nginx and JSON
	Pluses                     // + for a space, of W3C in the User-Agent
	Percents                   // percent-encoded once more, of CloudFront
	Sharps                     // #hh, of HAProxy
)

// Plain reports whether a field of the line stands as the client sent it, without an
// escape that Text would undo.
func (l *Line) Plain(s Span, line []byte) bool {
	switch l.Escapes {
	case Pluses:
		return s != l.Agent || bytes.IndexByte(s.In(line), '+') < 0
	case Percents:
		return bytes.IndexByte(s.In(line), '%') < 0
	case Sharps:
		return bytes.IndexByte(s.In(line), '#') < 0
	}
	return bytes.IndexByte(s.In(line), '\\') < 0
}

// Text returns a copy of a field of the line with its escapes undone. What is no escape
// stays.
func (l *Line) Text(s Span, line []byte) string {
	b := s.In(line)
	switch {
	case l.Plain(s, line):
		return string(b)
	case l.Escapes == Pluses:
		return string(bytes.ReplaceAll(b, []byte("+"), []byte(" ")))
	case l.Escapes == Percents && (s == l.Target || s == l.Query):
		// A percent sign of the request may stand as it was, or encoded once more.
		return string(bytes.ReplaceAll(b, []byte("%25"), []byte("%")))
	case l.Escapes == Percents:
		return string(decoded(decoded(bytes.Clone(b), '%'), '%')) // twice, since older logs encode twice
	case l.Escapes == Sharps:
		return string(decoded(bytes.Clone(b), '#'))
	}
	return unescape(b)
}

// escapes are the letters that follow a backslash, each before what it stands for.
const escapes = "b\bf\fn\nr\rt\tv\v\"\"\\\\//"

// unescape returns a copy of b with the escapes undone. What is no escape stays.
func unescape(b []byte) string {
	out := make([]byte, 0, len(b))
	for len(b) > 0 {
		i := bytes.IndexByte(b, '\\')
		if i < 0 {
			i = len(b)
		}
		out, b = append(out, b[:i]...), b[i:]
		if c, n := escaped(b); n > 0 {
			out, b = append(out, c), b[n:]
		} else if r, n := unicoded(b); n > 0 {
			out, b = utf8.AppendRune(out, r), b[n:]
		} else if len(b) > 0 {
			out, b = append(out, b[0]), b[1:]
		}
	}
	return string(out)
}

// escaped returns the byte that an escape at the beginning of b stands for and
// the escape's length, which is 0 where there is none.
func escaped(b []byte) (c byte, length int) {
	if len(b) < 2 || b[0] != '\\' {
		return 0, 0
	}
	if len(b) >= 4 && b[1] == 'x' {
		if c, ok := hex(b[2:4]); ok {
			return byte(c), 4
		}
	}
	for i := 0; i < len(escapes); i += 2 {
		if escapes[i] == b[1] {
			return escapes[i+1], 2
		}
	}
	return 0, 0
}

// unicoded returns the sign that \uhhhh, or a pair of them, at the beginning of b stands
// for, and how long that is; 0 where there is none.
func unicoded(b []byte) (r rune, length int) {
	const one = len(`\uhhhh`)
	if len(b) < one || b[0] != '\\' || b[1] != 'u' {
		return 0, 0
	}
	r, ok := hex(b[2:one])
	if !ok {
		return 0, 0
	}
	if utf16.IsSurrogate(r) && len(b) >= 2*one && b[one] == '\\' && b[one+1] == 'u' {
		if second, ok := hex(b[one+2 : 2*one]); ok {
			if both := utf16.DecodeRune(r, second); both != utf8.RuneError {
				return both, 2 * one
			}
		}
	}
	return r, one // half a pair becomes U+FFFD
}

// decoded undoes in b itself what is encoded as the sign and two digits.
func decoded(b []byte, sign byte) []byte {
	out := b[:0]
	for i := 0; i < len(b); i++ {
		if b[i] == sign && i+3 <= len(b) {
			if c, ok := hex(b[i+1 : i+3]); ok {
				out = append(out, byte(c))
				i += 2
				continue
			}
		}
		out = append(out, b[i])
	}
	return out
}

// hex returns the number that hexadecimal digits write.
func hex(digits []byte) (n rune, ok bool) {
	for _, d := range digits {
		value := bytes.IndexByte(hexadecimal, d|0x20)
		if value < 0 || d < '0' { // what the bit makes a digit of is none
			return 0, false
		}
		n = n<<4 | rune(value)
	}
	return n, true
}

var hexadecimal = []byte("0123456789abcdef")
