// Package page turns the path of a reported URL into the hit.Page that it stands
// for: without query, without fragment, and without the parts that could name a
// person.
//
// [Of] works by segment. What looks like an e-mail address, a long number or a
// random token becomes ":email", ":number" or ":token"; what the grammar of
// hit.Page cannot hold becomes ":token" too, so that the hit is not lost. A page
// comes out of Of as it went in. Known to remain: names of persons, and a number
// spread over several segments or joined by underscores; such a page reaches a
// disk only once it is shared by visitors of three networks.
//
// Nothing here returns an error: an error would have to speak of the path.
package page

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"oboro/collector/hit"
)

// What takes the place of a scrubbed segment.
const (
	email  = ":email"
	number = ":number"
	token  = ":token"
)

// maxSegments is the most segments of a hit.Page.
const maxSegments = 16

// maxPath bounds the work for one path. Longer ones are cut before anything else.
const maxPath = 4096

// Of returns the page of path, the part of a URL that follows its host; a query
// or fragment is cut off, and an empty path is "/". Paths that differ only in
// percent-encoding, Unicode normal form, width of their signs, invisible signs,
// doubled slashes, dot segments, path parameters (";jsessionid=..") or the name
// of the folder's index file are one page.
//
// It is refused where it does not begin with a slash, where its encoding is
// broken, and where it holds a control character. A page too long for hit.Page
// is cut after a whole segment and ends in ":token".
func Of(path string) (hit.Page, bool) {
	path = Cut(path)
	if plainly(path) {
		return hit.ParsePage(path)
	}
	return slowly(shorten(path))
}

// slowly is Of of what is left of a path by shorten, which says whether it was long.
func slowly(path string, long bool) (hit.Page, bool) {
	path, ok := normal(path)
	if !ok || path[0] != '/' {
		return hit.Page{}, false
	}
	list, folder := segments(path)
	for i, s := range list {
		list[i] = scrub(s)
	}
	if !long {
		if p, ok := hit.ParsePage(join(list, folder)); ok {
			return p, true
		}
	}
	for i, s := range list {
		if _, ok := hit.ParsePage("/" + s); !ok {
			list[i] = token
		}
	}
	return hit.ParsePage(fit(list, folder, long))
}

// plainly reports whether path is a page as it stands, as most are: of ASCII, without
// anything that could be written in another way, and with nothing to scrub.
func plainly(path string) bool {
	if len(path) > hit.MaxPage || path[0] != '/' {
		return false
	}
	start, digits, segments := 1, false, 1 // of the segment under way
	for i := 1; i <= len(path); i++ {
		if i < len(path) && path[i] != '/' {
			c := path[i]
			if class(c) == 0 && c != '-' && c != '_' && (c != '.' || i == start) {
				return false
			}
			digits = digits || isDigit(c)
			continue
		}
		segment := path[start:i]
		last := i == len(path)
		if segment == "" && !last || last && isIndex(segment) || digits && scrub(segment) != segment {
			return false
		}
		if !last {
			segments++
		}
		start, digits = i+1, false
	}
	return segments <= maxSegments
}

// Cut takes query and fragment off. An empty path becomes "/". The page of what is
// left is the page of path.
func Cut(path string) string {
	path = path[:firstOf(path, '?')]
	if path == "" {
		return "/"
	}
	return path
}

// shorten cuts a path of more than maxPath bytes before a slash, so that no
// encoded character is broken, and reports whether it did.
func shorten(path string) (string, bool) {
	if len(path) <= maxPath {
		return path, false
	}
	if i := strings.LastIndexByte(path[:maxPath], '/'); i > 0 {
		return path[:i], true
	}
	return "/", path[0] == '/'
}

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

// segments splits path, resolves dot segments, drops empty ones and parameters,
// and the name of an index file at the end. It reports whether the page is a
// folder, that is, ends in a slash.
func segments(path string) (list []string, folder bool) {
	list = make([]string, 0, maxSegments)
	for s := range strings.SplitSeq(path[1:], "/") {
		s, _, _ = strings.Cut(s, ";")
		folder = s == "" || s == "." || s == ".."
		switch {
		case s == ".." && len(list) > 0:
			list = list[:len(list)-1]
		case !folder:
			list = append(list, s)
		}
	}
	if n := len(list) - 1; !folder && isIndex(list[n]) {
		return list[:n], true
	}
	return list, folder
}

// isIndex reports whether a file of that name is what a server shows for its
// folder.
func isIndex(name string) bool {
	if len(name) < len("index.htm") || len(name) > len("default.aspx") {
		return false
	}
	switch strings.ToLower(name) {
	case "index.html", "index.htm", "index.php", "default.aspx":
		return true
	}
	return false
}

func join(list []string, folder bool) string {
	path := "/" + strings.Join(list, "/")
	if folder && len(list) > 0 {
		path += "/"
	}
	return path
}

// fit returns the page of list, cut after a whole segment where it is too long
// for a hit.Page. A cut page ends in ":token", so that it is not taken for the
// page of that name.
func fit(list []string, folder, long bool) string {
	path := join(list, folder)
	if !long && strings.Count(path, "/") <= maxSegments && len(path) <= hit.MaxPage {
		return path
	}
	list = list[:min(len(list), maxSegments-1)]
	for len(join(list, false))+len("/"+token) > hit.MaxPage {
		list = list[:len(list)-1]
	}
	return join(append(list, token), false)
}
