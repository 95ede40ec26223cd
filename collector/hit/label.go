package hit

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Page is the path of a page of a site, without query or fragment and with
// everything scrubbed that could name a person. It is a struct so that only
// [ParsePage] can make one; a conversion from string could not.
type Page struct{ path string }

// MaxPage is the longest page, in bytes.
const MaxPage = 256

// pageNumber is a digit run too long for a date, a version or an article number.
var pageNumber = regexp.MustCompile(`[0-9]{9}`)

// ParsePage returns the page that a scrubbed path stands for. A page begins with
// "/", has at most MaxPage bytes and 16 segments of letters, digits, marks and a
// few signs, and holds neither "@" nor nine digits in a row. Scrubbed parts are
// written as ":email", ":number", ":token".
func ParsePage(path string) (Page, bool) {
	if len(path) == 0 || len(path) > MaxPage || path[0] != '/' || !utf8.ValidString(path) {
		return Page{}, false
	}
	if strings.Count(path, "/") > 16 || strings.Contains(path, "//") || pageNumber.MatchString(path) {
		return Page{}, false
	}
	for _, segment := range strings.Split(path[1:], "/") {
		if segment == "." || segment == ".." {
			return Page{}, false
		}
	}
	if strings.ContainsFunc(path, func(r rune) bool { return !inPage(r) }) {
		return Page{}, false
	}
	return Page{strings.Clone(path)}, true
}

func inPage(r rune) bool {
	switch {
	case unicode.IsLetter(r), unicode.IsMark(r), '0' <= r && r <= '9':
		return true
	}
	return strings.ContainsRune("/-_.~!+,:;=()・", r)
}

// Path returns the page's path. It is not called String, so that a panic or a
// log line does not print it by accident.
func (p Page) Path() string { return p.path }

// A Host is the name of another web site: the registrable part or the whole host
// of a referrer, in lower case. The zero Host stands for no referrer.
type Host struct{ name string }

var hostGrammar = regexp.MustCompile(`^([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$`)

// ParseHost returns the host of that name. A host has at least two labels, at
// most 100 bytes, ends in a label that begins with a letter (so that it is no
// address), and holds no four digits in a row.
func ParseHost(name string) (Host, bool) {
	if len(name) > 100 || !hostGrammar.MatchString(name) || hostNumber.MatchString(name) {
		return Host{}, false
	}
	return Host{strings.Clone(name)}, true
}

var hostNumber = regexp.MustCompile(`[0-9]{4}|[0-9]+[.-][0-9]+[.-][0-9]+`)

// Name returns the host name.
func (h Host) Name() string { return h.name }
