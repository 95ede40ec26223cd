package page

import (
	"strings"
)

// Any stands in the path of a pattern for a segment of whatever name.
const Any = ":any"

// An Entry of a list of declared pages is one page, or a pattern of some.
type Entry struct {
	// Path is that of the page. Of a pattern its segments may be Any.
	Path    string
	Pattern bool
	Open    bool // all pages whose paths begin so; then it is a pattern
}

// Why a text is no entry.
const (
	NoPath    = "a path like /guide/ is meant"
	NotKept   = "of its query only declared parameters are kept, and nothing of a fragment: leave the rest out"
	Scrubbed  = "what could name a person is not declared by its name; it is counted as "
	WrongStar = "a * stands for a whole segment, or at the end for all that begins so"
)

// Entry reads an entry as addresses are read, so that it is what they become; why says,
// in words of ours and a scrubbed path, why it is none. A * within the path stands for a
// segment, and at the end of all for whatever follows.
func (r *Rules) Entry(text string) (e Entry, why string) {
	if !strings.HasPrefix(text, "/") {
		return Entry{}, NoPath
	}
	body, open := strings.CutSuffix(text, "*")
	written, stars, ok := starred(body, open)
	if !ok {
		return Entry{}, WrongStar
	}
	rules := *r
	if open { // it is no end that the slash is at
		rules.Slash = Keep
	}
	p, ok := rules.Of(written)
	if !ok {
		return Entry{}, NoPath
	}
	path := p.Path()
	switch {
	case scrubs(path) > scrubs(written):
		return Entry{}, Scrubbed + path
	case strings.Contains(text, "#"), parameters(path) != parameters(written):
		return Entry{}, NotKept
	case stars > 0 && (strings.Count(path, Any) != stars || open && !strings.HasSuffix(path, Any)):
		return Entry{}, WrongStar
	}
	if open {
		path = strings.TrimSuffix(path, Any)
	}
	return Entry{path, stars > 0, open}, ""
}

// starred returns the text of an entry with Any in the place of each star, and how
// many there are. It reports false where one is part of a segment.
func starred(body string, open bool) (written string, stars int, ok bool) {
	way, query, asks := strings.Cut(body, "?")
	list := strings.Split(way, "/")
	for i, s := range list {
		switch {
		case s == "*" && i < len(list)-1:
			list[i] = Any
			stars++
		case strings.Contains(s, "*"):
			return "", 0, false
		}
	}
	written = strings.Join(list, "/")
	if asks {
		written += "?" + query
	}
	if open {
		written += Any
		stars++
	}
	return written, stars, !strings.Contains(query, "*")
}

// scrubs returns how many parts of path stand for what was scrubbed.
func scrubs(path string) int {
	return strings.Count(path, email) + strings.Count(path, number) + strings.Count(path, token)
}

// parameters returns how many parameters a page or an address has.
func parameters(page string) int {
	_, query, asks := strings.Cut(page, "?")
	if !asks {
		return 0
	}
	return 1 + strings.Count(query, "&")
}
