package hit

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Page is the path of a page of a site, with those parameters of its query that
// the site declares, without fragment, and with everything scrubbed that could name
// a person. It is a struct so that only [ParsePage] can make one; a conversion from
// string could not.
type Page struct{ path string }

// Bounds of a page: in bytes, of the whole and of a parameter's name and value; and
// how many parameters it has at most.
const (
	MaxPage       = 256
	MaxParameters = 4
	maxName       = 32
	MaxValue      = 64
)

// ParsePage returns the page that a scrubbed path stands for. A page begins with
// "/", has at most MaxPage bytes and 16 segments of letters, ASCII digits, marks
// that can be seen and a few signs, and holds neither "@" nor nine digits in a
// row. Scrubbed parts are written as ":email", ":number", ":token".
//
// Behind the path there may be up to MaxParameters parameters, as in
// "/search?category=tax&lang=ja": each once, sorted by their names, with values of at
// most MaxValue bytes of what segments are made of, without "+", ";" and "=".
func ParsePage(path string) (Page, bool) {
	if len(path) == 0 || len(path) > MaxPage || path[0] != '/' || !utf8.ValidString(path) {
		return Page{}, false
	}
	way, query, asks := strings.Cut(path, "?")
	if strings.Count(way, "/") > 16 || strings.Contains(way, "//") || holdsNumber(path) || asks && !isQuery(query) {
		return Page{}, false
	}
	for segment := range strings.SplitSeq(way[1:], "/") {
		if segment == "." || segment == ".." {
			return Page{}, false
		}
	}
	if strings.ContainsFunc(way, func(r rune) bool { return !inPage(r) }) {
		return Page{}, false
	}
	return Page{strings.Clone(path)}, true
}

// isQuery reports whether query is that of a page, from behind its question mark on.
func isQuery(query string) bool {
	last, n := "", 0
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		if n++; n > MaxParameters || !IsParameter(name) || name <= last || !isValue(value) {
			return false
		}
		last = name
	}
	return true
}

// IsParameter reports whether name can be that of a parameter: at most 32 ASCII
// letters, digits, hyphens and underscores, a letter first.
func IsParameter(name string) bool {
	for i := range len(name) {
		letter := isLower(name[i] | 0x20)
		if !letter && (i == 0 || !isDigit(name[i]) && name[i] != '-' && name[i] != '_') {
			return false
		}
	}
	return name != "" && len(name) <= maxName
}

func isValue(value string) bool {
	return value != "" && len(value) <= MaxValue &&
		!strings.ContainsFunc(value, func(r rune) bool { return !inPage(r) || strings.ContainsRune("/+;=", r) })
}

// holdsNumber reports whether path holds nine digits in a row: too many for a
// date, a version or an article number.
func holdsNumber(path string) bool {
	digits := 0
	for i := range len(path) {
		if path[i] < '0' || path[i] > '9' {
			digits = 0
		} else if digits++; digits == 9 {
			return true
		}
	}
	return false
}

func inPage(r rune) bool {
	switch {
	case 'a' <= r && r <= 'z':
		return true
	case r >= 0x80 && unicode.In(r, invisible...):
		return false
	case unicode.IsLetter(r), unicode.IsMark(r), '0' <= r && r <= '9':
		return true
	}
	return strings.ContainsRune("/-_.~!+,:;=()・「」、。〇", r)
}

// invisible are letters and marks that cannot be seen, or hardly: a row of them
// can carry any text, and one between two digits hides a long number.
var invisible = []*unicode.RangeTable{
	unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point, unicode.Me,
}

// Path returns the page's path. It is not called String, so that a panic or a
// log line does not print it by accident.
func (p Page) Path() string { return p.path }

// A Host is the name of another web site: the registrable part or the whole host
// of a referrer, in lower case. The zero Host stands for no referrer.
type Host struct{ name string }

// ParseHost returns the host of that name. A host has at least two labels, at
// most 100 bytes, ends in a label that begins with a letter (so that it is no
// address), holds no four digits in a row, and does not spell an address in
// hexadecimal digits, as the names of home connections and of reverse zones do.
func ParseHost(name string) (Host, bool) {
	if len(name) > 100 || !isHostName(name) || holdsHostNumber(name) || spellsAddress(name) {
		return Host{}, false
	}
	return Host{strings.Clone(name)}, true
}

// isHostName reports whether name is two or more labels of at most 63 small letters,
// digits and inner hyphens. Underscores may stand in all but the last label, which
// begins with a letter and has at least two bytes.
func isHostName(name string) bool {
	for labels := 0; ; labels++ {
		label, rest, more := strings.Cut(name, ".")
		n := len(label)
		switch {
		case n == 0 || n > 63:
			return false
		case !more:
			return labels > 0 && n >= 2 && isLower(label[0]) && isAlphanumeric(label[n-1]) && strings.IndexByte(label, '_') < 0 && inLabel(label)
		case !isAlphanumeric(label[0]) && label[0] != '_', n > 1 && !isAlphanumeric(label[n-1]), !inLabel(label):
			return false
		}
		name = rest
	}
}

func inLabel(label string) bool {
	for i := range len(label) {
		if c := label[i]; !isAlphanumeric(c) && c != '-' && c != '_' {
			return false
		}
	}
	return true
}

func isLower(c byte) bool        { return 'a' <= c && c <= 'z' }
func isDigit(c byte) bool        { return '0' <= c && c <= '9' }
func isAlphanumeric(c byte) bool { return isLower(c) || isDigit(c) }

// holdsHostNumber reports whether name holds four digits in a row, or three groups of
// digits joined by dots or hyphens.
func holdsHostNumber(name string) bool {
	digits, groups := 0, 0 // of the run under way; joined to it, itself included
	for i := range len(name) {
		switch c := name[i]; {
		case isDigit(c):
			if digits == 0 {
				groups++
			}
			if digits++; digits == 4 || groups == 3 {
				return true
			}
		case (c == '.' || c == '-') && digits > 0:
			digits = 0
		default:
			digits, groups = 0, 0
		}
	}
	return false
}

// spellsAddress reports whether a label of name holds eight or more hexadecimal
// digits in a row, three of them decimal (p4fd1a2b3.dip0.example), or the name
// four groups of up to four with two decimal digits among them, as an IPv6
// address has (2a0b-c0-a1b-d3.example, 8.b.d.0.ip6.arpa). Labels in Punycode
// are left out: they look drawn at random.
func spellsAddress(name string) bool {
	groups, inGroups := 0, 0
	for label := range strings.SplitSeq(name, ".") {
		if strings.HasPrefix(label, "xn--") {
			groups, inGroups = 0, 0
			continue
		}
		for group := range strings.SplitSeq(label, "-") {
			length, decimals := longestHexadecimal(group)
			if length >= 8 && decimals >= 3 {
				return true
			}
			if length != len(group) || length > 4 {
				groups, inGroups = 0, 0
				continue
			}
			if length > 0 { // "--" stands for zeros
				groups++
			}
			inGroups += decimals
			if groups >= 4 && inGroups >= 2 {
				return true
			}
		}
	}
	return false
}

// longestHexadecimal returns the length of the longest run of hexadecimal digits
// in s, and how many of these are decimal.
func longestHexadecimal(s string) (length, decimals int) {
	n, d := 0, 0
	for i := range len(s) {
		switch c := s[i]; {
		case '0' <= c && c <= '9':
			n, d = n+1, d+1
		case 'a' <= c && c <= 'f':
			n++
		default:
			n, d = 0, 0
		}
		if n > length {
			length, decimals = n, d
		}
	}
	return length, decimals
}

// Name returns the host name.
func (h Host) Name() string { return h.name }
