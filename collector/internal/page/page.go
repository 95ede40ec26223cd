// Package page turns the reported address of a page into the hit.Page that it stands
// for: without query but for declared parameters, without fragment, and without the
// parts that could name a person.
//
// [Rules.Of] works by segment. What looks like an e-mail address, a long number or a
// random token becomes ":email", ":number" or ":token"; what the grammar of
// hit.Page cannot hold becomes ":token" too, so that the hit is not lost. A page
// comes out of Of as it went in.
//
// Known to remain: names of persons; numbers of eight digits or fewer; a number that
// is spread over several segments, written in words or Chinese numerals, or joined in
// another way than telephone numbers are; tokens of fewer than 20 signs, or without
// digits or capitals in them. Such a page reaches a disk only once it is shared by
// visitors of three networks.
//
// Nothing here returns an error: an error would have to speak of the address.
package page

import (
	"strings"

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

// Of returns the page of target, the part of a URL that follows its host. A fragment
// is cut off, and the query but for the declared parameters; an empty path is "/".
// Addresses that differ only in percent-encoding, Unicode normal form, width of their
// signs, invisible signs, doubled slashes, dot segments, path parameters
// (";jsessionid=.."), the name of the folder's index file, or in what the rules say
// makes no difference, are one page.
//
// It is refused where it does not begin with a slash, where the encoding of its path is
// broken, and where that holds a control character. A path too long for hit.Page
// is cut after a whole segment and ends in ":token". Where only path and parameters
// together are too long, the parameters are left out.
func (r *Rules) Of(target string) (hit.Page, bool) {
	path, values := r.Cut(target)
	return r.Page(path, &values)
}

// Page returns the page of what Cut returns.
func (r *Rules) Page(path string, values *[hit.MaxParameters]string) (hit.Page, bool) {
	p, ok := r.page(path)
	if query := r.query(values); ok && query != "" {
		if whole, ok := hit.ParsePage(p.Path() + query); ok {
			return whole, true
		}
	}
	return p, ok
}

// page returns the page of a path alone.
func (r *Rules) page(path string) (hit.Page, bool) {
	if r.plainly(path) {
		return hit.ParsePage(path)
	}
	return r.slowly(shorten(path))
}

// slowly is page of what is left of a path by shorten, which says whether it was long.
func (r *Rules) slowly(path string, long bool) (hit.Page, bool) {
	path, ok := normal(path)
	if !ok || path[0] != '/' {
		return hit.Page{}, false
	}
	list, folder := r.segments(path)
	for i, s := range list {
		if list[i] = r.settle(s); strings.IndexByte(s, '?') >= 0 {
			list[i] = token // it was encoded, and must not begin a query
		}
	}
	if !long {
		if p, ok := hit.ParsePage(r.join(list, folder)); ok {
			return p, true
		}
	}
	for i, s := range list {
		if _, ok := hit.ParsePage("/" + s); !ok {
			list[i] = token
		}
	}
	return hit.ParsePage(r.fit(list, folder, long))
}

// settle scrubs a segment or a value and brings it into the declared case. It scrubs
// what was written, whose capitals tell of tokens, and once more what came of it.
func (r *Rules) settle(s string) string {
	s = scrub(s)
	if r.Lower {
		s = scrub(lower(s))
	}
	return s
}

// lower returns s in small letters and in normal form, which some leave thereby.
func lower(s string) string { return norm.NFC.String(strings.ToLower(s)) }

// plainly reports whether path is a page as it stands, as most are: of ASCII, without
// anything that could be written in another way, and with nothing to scrub.
func (r *Rules) plainly(path string) bool {
	if len(path) > hit.MaxPage || path[0] != '/' {
		return false
	}
	start, digits, segments := 1, false, 1 // of the segment under way
	for i := 1; i <= len(path); i++ {
		if i < len(path) && path[i] != '/' {
			c := path[i]
			kind := class(c)
			if kind == 0 && c != '-' && c != '_' && (c != '.' || i == start) || kind == capital && r.Lower {
				return false
			}
			digits = digits || kind == digit
			continue
		}
		segment := path[start:i]
		last := i == len(path)
		if segment == "" && !last || last && r.changes(segment, i > 1) || digits && scrub(segment) != segment {
			return false
		}
		if !last {
			segments++
		}
		start, digits = i+1, false
	}
	return segments <= maxSegments
}

// changes reports whether the rules leave a path whose last segment this is otherwise
// than it stands. Below says that it is not the root.
func (r *Rules) changes(last string, below bool) bool {
	switch {
	case last == "":
		return below && r.Slash == Strip
	case r.isIndex(last):
		return true
	}
	return r.Slash == Add && !isFile(last)
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

// segments splits path, resolves dot segments, drops empty ones and parameters,
// and the name of an index file at the end. It reports whether the page is a
// folder, that is, ends in a slash.
func (r *Rules) segments(path string) (list []string, folder bool) {
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
	// Where no slash tells a folder from a file, what is left may be an index again.
	for n := len(list) - 1; n >= 0 && (!folder || r.Slash == Strip) && r.isIndex(list[n]); n-- {
		list, folder = list[:n], true
	}
	return list, folder
}

// join returns the path of list, ended as the rules say.
func (r *Rules) join(list []string, folder bool) string {
	if len(list) == 0 {
		return "/"
	}
	path := "/" + strings.Join(list, "/")
	if r.Slash == Keep && folder || r.Slash == Add && (folder || !isFile(list[len(list)-1])) {
		path += "/"
	}
	return path
}

// isFile reports whether the last segment of a path is a file's name, as far as names
// tell: it has an extension.
func isFile(last string) bool { return strings.IndexByte(last, '.') >= 0 }

// fit returns the page of list, cut after a whole segment where it is too long
// for a hit.Page. A cut page ends in ":token", so that it is not taken for the
// page of that name.
func (r *Rules) fit(list []string, folder, long bool) string {
	path := r.join(list, folder)
	for n := min(len(list), maxSegments); long || !fits(path); n-- {
		path, long = r.join(append(list[:n:n], token), false), false
	}
	return path
}

func fits(path string) bool {
	return strings.Count(path, "/") <= maxSegments && len(path) <= hit.MaxPage
}
