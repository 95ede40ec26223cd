package notice

import "unicode/utf8"

// HTML appends text as it is to be shown in an element, never in a tag: what would be
// markup is escaped, and what is not a character of a text becomes U+FFFD.
func HTML(b []byte, text string) []byte {
	return escaped(b, text, func(c byte) string {
		switch c {
		case '&':
			return "&amp;"
		case '<':
			return "&lt;"
		case '>':
			return "&gt;"
		case '"':
			return "&#34;"
		case '\'':
			return "&#39;"
		}
		return ""
	})
}

// JSON appends text as it stands within a string of JSON. It escapes what would be
// markup too, for whoever reads the answer as something else.
func JSON(b []byte, text string) []byte {
	return escaped(b, text, func(c byte) string {
		switch c {
		case '"':
			return `\"`
		case '\\':
			return `\\`
		case '&':
			return `\u0026`
		case '<':
			return `\u003c`
		case '>':
			return `\u003e`
		}
		return ""
	})
}

// replacement stands for what is no character.
const replacement = "\uFFFD"

// escaped appends text with what instead gives in place of a byte of ASCII. Control
// characters, those that turn the direction of a text or break lines of a script, and
// bytes that are no UTF-8 are replaced.
func escaped(b []byte, text string, instead func(byte) string) []byte {
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case unshown(r) || r == utf8.RuneError && size == 1:
			b = append(b, replacement...)
		case r < utf8.RuneSelf && instead(byte(r)) != "":
			b = append(b, instead(byte(r))...)
		default:
			b = append(b, text[i:i+size]...)
		}
		i += size
	}
	return b
}

// unshown reports whether r is a control character, or one that makes what stands behind
// it look like something else.
func unshown(r rune) bool {
	return r < ' ' || 0x7f <= r && r < 0xa0 || // C0 and C1
		0x200e <= r && r <= 0x200f || 0x2028 <= r && r <= 0x202e || 0x2066 <= r && r <= 0x2069
}
