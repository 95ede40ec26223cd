package bots

import "oboro/collector/hit"

// A pattern is a text, in small letters, that tells a program where it stands in a
// header, or in a path, with its edges and without its exceptions. It has three bytes
// or more.
type pattern struct {
	text   string
	edges  edges
	behind []string  // it does not count right behind one of these
	before []string  // it does not count right before one of these
	robot  hit.Robot // of a name, the kind of its program
}

// edges says where a text must begin or end. A word is letters, digits and "_".
type edges uint8

const (
	head    edges = 1 << iota // the header begins with it
	left                      // no word goes on before it
	joined                    // a word goes on before it
	right                     // no word goes on after it
	loose                     // as right, or a "_" goes on
	digit                     // a digit follows
	segment                   // of a path: a slash follows, or nothing
)

// A matcher holds patterns by a mix of their first three bytes, so that a header is
// read once: those of a mix m are patterns[starts[m]:starts[m+1]].
type matcher struct {
	starts   [mixes + 1]uint16
	patterns []pattern
}

const mixes = 1 << 12

// newMatcher returns the matcher of lists of patterns.
func newMatcher(lists ...[]pattern) *matcher {
	var by [mixes][]pattern
	for _, list := range lists {
		for _, p := range list {
			at := mix(p.text[0], p.text[1], p.text[2])
			by[at] = append(by[at], p)
		}
	}
	var m matcher
	for at, some := range by {
		m.starts[at] = uint16(len(m.patterns))
		m.patterns = append(m.patterns, some...)
	}
	m.starts[mixes] = uint16(len(m.patterns))
	return &m
}

// mix tells most beginnings of three bytes apart; those that it does not cost a
// comparison.
func mix(a, b, c byte) uint32 { return (uint32(a) | uint32(b)<<8 | uint32(c)<<16) * 0x9e3779b1 >> 20 }

// in reports whether a pattern is in header.
func (m *matcher) in(header []byte) bool {
	for i := range max(0, len(header)-2) {
		at := mix(header[i], header[i+1], header[i+2])
		for j := m.starts[at]; j < m.starts[at+1]; j++ {
			if m.patterns[j].at(header, i) {
				return true
			}
		}
	}
	return false
}

// longest returns the longest pattern in header, or nothing.
func (m *matcher) longest(header []byte) *pattern {
	var found *pattern
	for i := range max(0, len(header)-2) {
		at := mix(header[i], header[i+1], header[i+2])
		for j := m.starts[at]; j < m.starts[at+1]; j++ {
			p := &m.patterns[j]
			if (found == nil || len(p.text) > len(found.text)) && p.at(header, i) {
				found = p
			}
		}
	}
	return found
}

// at reports whether the pattern is at header[i:].
func (p *pattern) at(header []byte, i int) bool {
	if !begins(header[i:], p.text) {
		return false
	}
	if p.edges != 0 && !p.edges.hold(header, i, i+len(p.text)) {
		return false
	}
	for _, except := range p.behind {
		if ends(header[:i], except) {
			return false
		}
	}
	for _, except := range p.before {
		if begins(header[i+len(p.text):], except) {
			return false
		}
	}
	return true
}

// hold reports whether a text at header[i:end] has its edges.
func (e edges) hold(header []byte, i, end int) bool {
	var next byte // none
	if end < len(header) {
		next = header[end]
	}
	return !(e&head != 0 && i > 0 ||
		e&left != 0 && i > 0 && isWord(header[i-1]) ||
		e&joined != 0 && (i == 0 || !isWord(header[i-1])) ||
		e&right != 0 && isWord(next) ||
		e&loose != 0 && isWord(next) && next != '_' ||
		e&digit != 0 && !isDigit(next) ||
		e&segment != 0 && end < len(header) && next != '/')
}

func begins(s []byte, head string) bool { return len(s) >= len(head) && string(s[:len(head)]) == head }

func ends(s []byte, tail string) bool {
	return len(s) >= len(tail) && string(s[len(s)-len(tail):]) == tail
}
