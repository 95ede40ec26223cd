// Package bots tells programs from people by what they say of themselves.
//
// A bot is never mixed with people: its hit adds one to a meter and nothing else.
// The functions keep and copy nothing of a header, so that it may be a view of a
// buffer that is used again. A program that lies about itself is not found here.
package bots

import "strings"

// longest is how much of a header is read, in bytes.
const longest = 1024

// Is reports whether userAgent is the User-Agent header of a program that nobody
// looks through: a crawler, a monitor, a feed reader, a library, a headless
// browser, a preview of a link. No header at all is such a program too.
func Is(userAgent string) bool {
	var room [longest]byte // on the stack, and gone with it
	header := lower(room[:], strings.Trim(userAgent, " \t"))
	return named(header) || shaped(header)
}

// Prefetch reports whether the headers Sec-Purpose and Purpose (or X-Purpose and
// X-Moz, which mean the same) say that a page is fetched before anyone looks at it,
// or for a preview of it.
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

// named reports whether a pattern of the tables is in header.
func named(header []byte) bool {
	for _, head := range heads {
		if begins(header, head) {
			return true
		}
	}
	for i := range len(header) - 1 {
		for _, p := range index[pair(header[i], header[i+1])] {
			if p.at(header, i) {
				return true
			}
		}
	}
	return false
}

// index holds the patterns by their first two bytes, so that a header is read once.
var index = makeIndex()

func makeIndex() *[1024][]*pattern {
	var x [1024][]*pattern
	for i := range patterns {
		p := &patterns[i]
		at := pair(p.text[0], p.text[1])
		x[at] = append(x[at], p)
	}
	return &x
}

// pair tells most pairs of bytes apart; those that it does not cost a comparison.
func pair(a, b byte) int { return int(a&31)<<5 | int(b&31) }

// at reports whether the pattern is at header[i:], with its edges and without its
// exceptions.
func (p *pattern) at(header []byte, i int) bool {
	end := i + len(p.text)
	if !begins(header[i:], p.text) {
		return false
	}
	if p.edges&left != 0 && i > 0 && isWord(header[i-1]) {
		return false
	}
	if p.edges&right != 0 && end < len(header) && isWord(header[end]) && header[end] != '_' {
		return false
	}
	for _, except := range p.behind {
		if ends(header[:i], except) {
			return false
		}
	}
	for _, except := range p.before {
		if begins(header[end:], except) {
			return false
		}
	}
	return true
}

func begins(s []byte, head string) bool { return len(s) >= len(head) && string(s[:len(head)]) == head }

func ends(s []byte, tail string) bool {
	return len(s) >= len(tail) && string(s[len(s)-len(tail):]) == tail
}

func isLetter(c byte) bool { return 'a' <= c && c <= 'z' }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isWord(c byte) bool { return isLetter(c) || isDigit(c) || c == '_' }
