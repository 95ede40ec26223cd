// Package bots tells programs from people by what they say of themselves, and of
// what kind a program is.
//
// A bot is never mixed with people: its hit adds one to the meter of bots and one to
// that of its kind, and nothing else. What decides is the list of isbot, with a few
// exceptions and additions of ours (own.go); crawler-user-agents names the kind. Two
// more signs do not come from a program's own words: what it asks for (Scanner) and
// where it is (DataCentre). The functions keep and copy nothing of a header or a
// path, so that it may be a view of a buffer that is used again. A program that lies
// about itself is not found here.
package bots

import "strings"

// isbot's list and crawler-user-agents change only by hand: whoever refreshes them
// names the new versions here, generates, and runs the tests; the samples come from
// the folder that ISBOT_FIXTURES names, "fixtures" of isbot's repository.
//
//go:generate go run ./generate -isbot isbot@5.2.3 -crawlers crawler-user-agents@1.60.0 -fixtures=$ISBOT_FIXTURES

// longest is how much of a header or a path is read, in bytes.
const longest = 1024

// Is reports whether userAgent is the User-Agent header of a program that nobody
// looks through: a crawler, a monitor, a feed reader, a library, a headless
// browser, a preview of a link. No header at all is such a program too.
func Is(userAgent string) bool {
	var room [longest]byte // on the stack, and gone with it
	header := lower(room[:], strings.Trim(userAgent, " \t"))
	return wordless(header) || table.in(header) || shaped(header) && !pardoned(header)
}

// wordless reports whether header has no letter at all.
func wordless(header []byte) bool {
	for _, c := range header {
		if isLetter(c) {
			return false
		}
	}
	return true
}

// lower writes s into room with small letters, as far as it goes.
func lower(room []byte, s string) []byte {
	n := min(len(room), len(s))
	for i := range n {
		c := s[i]
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		room[i] = c
	}
	return room[:n]
}

// Prefetch reports whether one of two headers says that a page is fetched before
// anyone looks at it, or for a preview of it. Sec-Purpose and Purpose say so, and
// X-Purpose and X-Moz of before, which mean the same: "prefetch",
// "prefetch;prerender", "prerender" or "preview".
func Prefetch(secPurpose, purpose string) bool {
	return ahead(secPurpose) || ahead(purpose)
}

// ahead reads a header such as "prefetch;prerender".
func ahead(purpose string) bool {
	if len(purpose) > longest {
		purpose = purpose[:longest]
	}
	for purpose != "" {
		item := purpose
		if end := strings.IndexAny(purpose, ";,"); end >= 0 {
			item, purpose = purpose[:end], purpose[end+1:]
		} else {
			purpose = ""
		}
		item = strings.Trim(item, " \t")
		if strings.EqualFold(item, "prefetch") || strings.EqualFold(item, "prerender") || strings.EqualFold(item, "preview") {
			return true
		}
	}
	return false
}
