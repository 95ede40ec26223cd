package bots

import "bytes"

// shaped reports whether header has a form that no browser sends, such as a lone
// product, an address of mail, a bar. Browsers send "Mozilla/5.0", a bracket that
// tells the device, and products. The forms are those patterns of isbot's list that
// are no texts with edges; each stands with its pattern, and means the same.
func shaped(header []byte) bool {
	return barred(header) || called(header) || bracketed(header) || long(header) || numbered(header) || searching(header) ||
		mailed(header) || cut(header) || lone(header) || built(header) || plain(header) || hollow(header)
}

// barred: a bar anywhere, "\|".
func barred(header []byte) bool { return bytes.IndexByte(header, '|') >= 0 }

// called: a bracket with nothing in it, "\(\)".
func called(header []byte) bool { return bytes.Contains(header, []byte("()")) }

// bracketed: a bracket or a semicolon first, "^[<\(;]".
func bracketed(header []byte) bool {
	return len(header) > 0 && (header[0] == '<' || header[0] == '(' || header[0] == ';')
}

// long: 50 bytes or more and no blank, "^[^ ]{50,}$".
func long(header []byte) bool { return len(header) >= 50 && bytes.IndexByte(header, ' ') < 0 }

// numbered: a number is the first word, "^\d+\b".
func numbered(header []byte) bool {
	n := run(header, isDigit)
	return n > 0 && (n == len(header) || !isWord(header[n]))
}

// searching: the first word ends in "search", "^\w*search\b".
func searching(header []byte) bool { return ends(header[:run(header, isWord)], "search") }

// mailed: an address of mail or a host behind "@", "@[a-z][\w-]+\.".
func mailed(header []byte) bool {
	for {
		i := bytes.IndexByte(header, '@')
		if i < 0 {
			return false
		}
		header = header[i+1:]
		n := run(header, isName)
		if n >= 2 && isLetter(header[0]) && n < len(header) && header[n] == '.' {
			return true
		}
	}
}

// cut: the header ends in "; word;", ";\s\w+;$".
func cut(header []byte) bool {
	if !ends(header, ";") {
		return false
	}
	end := len(header) - 1
	n := end
	for n > 0 && isWord(header[n-1]) {
		n--
	}
	return n < end && n >= 2 && isSpace(header[n-1]) && header[n-2] == ';'
}

// lone: one name and one word behind a slash, such as "nuhk/beta",
// "^[\w\-]+/[\w]+$" and "^\w+/[\w\(\)]*$".
func lone(header []byte) bool {
	n := run(header, isName)
	if n == 0 || n == len(header) || header[n] != '/' {
		return false
	}
	name, word := header[:n], header[n+1:]
	return len(word) > 0 && run(word, isWord) == len(word) ||
		run(name, isWord) == len(name) && run(word, isTied) == len(word)
}

// built: one name, a version and one word in a bracket, "^\w+/\d\.\d\s\([\w@]+\)$".
func built(header []byte) bool {
	n := run(header, isWord)
	if n == 0 || n == len(header) || header[n] != '/' {
		return false
	}
	rest, ok := short(header[n+1:])
	if !ok || !begins(rest, "(") || !ends(rest, ")") {
		return false
	}
	word := rest[1 : len(rest)-1]
	return len(word) > 0 && run(word, isSender) == len(word)
}

// plain: words without a bracket of details and at most one version, to the end or
// a comma, such as "Example Reader/1.2.3",
// "^[\w \.\-\(?:\):%]+(?:/v?\d+(?:\.\d+)?(?:\.\d{1,10})*?)?(?:,|$)".
func plain(header []byte) bool {
	n := run(header, isPlain)
	if n == 0 {
		return false
	}
	rest := header[n:]
	if begins(rest, "/") {
		rest = rest[1:]
		if begins(rest, "v") {
			rest = rest[1:]
		}
		if n = run(rest, isDigit); n == 0 {
			return false
		}
		rest = parts(rest[n:])
	}
	return len(rest) == 0 || rest[0] == ','
}

// parts returns what is left of s behind numbers with dots before them, of which all
// but the first have ten digits at most.
func parts(s []byte) []byte {
	for i := 0; begins(s, "."); i++ {
		n := run(s[1:], isDigit)
		if n == 0 || i > 0 && n > 10 {
			break
		}
		s = s[1+n:]
	}
	return s
}

// hollow: "Mozilla/5.0" and then one word, or a bracket that tells no device,
// "^mozilla/\d\.\d\s[\w\.-]+$" and
// "^mozilla/\d\.\d\s\((?:compatible;)?(?:\s?[\w\d-.]+[\s/]\d+\.\d+)?\)$".
func hollow(header []byte) bool {
	if !begins(header, "mozilla/") {
		return false
	}
	rest, ok := short(header[len("mozilla/"):])
	if !ok || len(rest) == 0 {
		return false
	}
	if run(rest, isDotted) == len(rest) {
		return true
	}
	if len(rest) < 2 || rest[0] != '(' || !ends(rest, ")") {
		return false
	}
	inner := bytes.TrimPrefix(rest[1:len(rest)-1], []byte("compatible;"))
	return len(inner) == 0 || product(inner)
}

// product: one name and a version of two numbers, "^\s?[\w\d-.]+[\s/]\d+\.\d+$".
func product(s []byte) bool {
	if isSpace(s[0]) {
		s = s[1:]
	}
	n := run(s, isDotted)
	if n == 0 || n == len(s) || s[n] != '/' && !isSpace(s[n]) {
		return false
	}
	major, minor, found := bytes.Cut(s[n+1:], []byte{'.'})
	return found && len(major) > 0 && run(major, isDigit) == len(major) && len(minor) > 0 && run(minor, isDigit) == len(minor)
}

// short returns what stands behind a version of two digits and a blank, "\d\.\d\s".
func short(s []byte) (rest []byte, ok bool) {
	if len(s) < 4 || !isDigit(s[0]) || s[1] != '.' || !isDigit(s[2]) || !isSpace(s[3]) {
		return nil, false
	}
	return s[4:], true
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

func isLetter(c byte) bool { return 'a' <= c && c <= 'z' }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isWord(c byte) bool { return isLetter(c) || isDigit(c) || c == '_' }

func isName(c byte) bool { return isWord(c) || c == '-' }

func isDotted(c byte) bool { return isName(c) || c == '.' }

func isTied(c byte) bool { return isWord(c) || c == '(' || c == ')' }

func isSender(c byte) bool { return isWord(c) || c == '@' }

func isPlain(c byte) bool {
	switch c {
	case ' ', '.', '-', '(', '?', ':', ')', '%':
		return true
	}
	return isWord(c)
}

func isSpace(c byte) bool { return c == ' ' || '\t' <= c && c <= '\r' }
