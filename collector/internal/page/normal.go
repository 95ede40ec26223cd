package page

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// normal decodes path once and brings it into one form. It reports false where
// there is none: broken encoding, or a control character.
func normal(path string) (string, bool) {
	path, ok := decode(path)
	if !ok || !utf8.ValidString(path) || strings.ContainsFunc(path, unicode.IsControl) {
		return "", false
	}
	for i := range len(path) {
		if path[i] >= utf8.RuneSelf {
			path = norm.NFC.String(strings.Map(plain, path))
			break
		}
	}
	return path, path != ""
}

// plain maps the full-width forms of ASCII to ASCII, so that a number in
// full-width digits is seen as one, and drops what cannot be seen: bidi marks,
// joiners, variation selectors and the like could split a number or carry text.
func plain(r rune) rune {
	switch {
	case '！' <= r && r <= '～':
		return r - '！' + '!'
	case unicode.In(r, unicode.Cf, unicode.Me, unicode.Variation_Selector,
		unicode.Other_Default_Ignorable_Code_Point):
		return -1
	}
	return r
}

// decode undoes percent-encoding, once.
func decode(s string) (string, bool) {
	i := strings.IndexByte(s, '%')
	if i < 0 {
		return s, true
	}
	var b strings.Builder
	b.Grow(len(s))
	for ; i >= 0; i = strings.IndexByte(s, '%') {
		if len(s) < i+3 {
			return "", false
		}
		high, low := nibble(s[i+1]), nibble(s[i+2])
		if high > 15 || low > 15 {
			return "", false
		}
		b.WriteString(s[:i])
		b.WriteByte(high<<4 | low)
		s = s[i+3:]
	}
	b.WriteString(s)
	return b.String(), true
}

// nibble is the value of a hexadecimal digit, or 255.
func nibble(c byte) byte {
	switch {
	case isDigit(c):
		return c - '0'
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10
	}
	return 255
}
