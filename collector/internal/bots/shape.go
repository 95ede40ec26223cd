package bots

import "bytes"

// shaped reports whether header has a form that no browser sends: no letter at all,
// a lone product, an address of mail, a bar. Browsers send "Mozilla/5.0", a bracket
// that tells the device, and products.
func shaped(header []byte) bool {
	return !bytes.ContainsFunc(header, func(r rune) bool { return 'a' <= r && r <= 'z' }) ||
		bytes.IndexByte(header, '|') >= 0 ||
		len(header) >= 50 && bytes.IndexByte(header, ' ') < 0 ||
		numbered(header) || searching(header) || mailed(header) || cut(header) ||
		lone(header) || plain(header) || hollow(header)
}

// numbered: a number is the first word.
func numbered(header []byte) bool {
	n := run(header, isDigit)
	return n > 0 && (n == len(header) || !isWord(header[n]))
}

// searching: the first word ends in "search".
func searching(header []byte) bool {
	return ends(header[:run(header, isWord)], "search")
}

// mailed: an address of mail or a host behind "@".
func mailed(header []byte) bool {
	for {
		_, rest, found := bytes.Cut(header, []byte{'@'})
		if !found {
			return false
		}
		n := run(rest, isName)
		if n >= 2 && isLetter(rest[0]) && n < len(rest) && rest[n] == '.' {
			return true
		}
		header = rest
	}
}

// cut: the header ends in "; word;".
func cut(header []byte) bool {
	if !ends(header, ";") {
		return false
	}
	header = header[:len(header)-1]
	n := len(header)
	for n > 0 && isWord(header[n-1]) {
		n--
	}
	return n < len(header) && ends(header[:n], "; ")
}

// lone: one name and one word behind a slash, such as "nuhk/beta", or one name, a
// version and one word in a bracket.
func lone(header []byte) bool {
	name, rest, found := bytes.Cut(header, []byte{'/'})
	if !found || len(name) == 0 || run(name, isName) != len(name) {
		return false
	}
	if run(rest, func(c byte) bool { return isWord(c) || c == '(' || c == ')' }) == len(rest) {
		return true
	}
	version, bracket, found := bytes.Cut(rest, []byte(" ("))
	if !found || len(version) != 3 || !ends(bracket, ")") {
		return false
	}
	word := bracket[:len(bracket)-1]
	return isVersion(version) && run(word, func(c byte) bool { return isWord(c) || c == '@' }) == len(word)
}

// plain: words without a bracket of details and at most one version, to the end or
// a comma, such as "Example Reader/1.2.3".
func plain(header []byte) bool {
	n := run(header, func(c byte) bool { return isName(c) || bytes.IndexByte([]byte(" .(?:)%"), c) >= 0 })
	if n == 0 {
		return false
	}
	rest := header[n:]
	if begins(rest, "/") {
		rest = rest[1:]
		if begins(rest, "v") {
			rest = rest[1:]
		}
		n = run(rest, func(c byte) bool { return isDigit(c) || c == '.' })
		if !isVersion(rest[:n]) {
			return false
		}
		rest = rest[n:]
	}
	return len(rest) == 0 || rest[0] == ','
}

// hollow: "Mozilla/5.0" and then one word, or a bracket that tells no device.
func hollow(header []byte) bool {
	if !begins(header, "mozilla/") || len(header) < 13 || !isVersion(header[8:11]) || header[11] != ' ' {
		return false
	}
	rest := header[12:]
	if run(rest, func(c byte) bool { return isName(c) || c == '.' }) == len(rest) {
		return true
	}
	if !begins(rest, "(") || !ends(rest, ")") {
		return false
	}
	inner := bytes.TrimPrefix(rest[1:len(rest)-1], []byte("compatible;"))
	inner = bytes.TrimPrefix(inner, []byte{' '})
	n := run(inner, func(c byte) bool { return isName(c) || c == '.' })
	if n == len(inner) {
		return n == 0
	}
	return n > 0 && (inner[n] == ' ' || inner[n] == '/') && isVersion(inner[n+1:])
}

// run returns how many bytes at the head of s are of a kind.
func run(s []byte, is func(byte) bool) int {
	for i, c := range s {
		if !is(c) {
			return i
		}
	}
	return len(s)
}

func isName(c byte) bool { return isWord(c) || c == '-' }

// isVersion reports whether s is digits with dots between.
func isVersion(s []byte) bool {
	dot := true
	for _, c := range s {
		if c == '.' && dot || c != '.' && !isDigit(c) {
			return false
		}
		dot = c == '.'
	}
	return !dot
}
