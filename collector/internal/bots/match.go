package bots

// A pattern is a text, in small letters, that tells a program where it stands in a
// header with its edges and without its exceptions. It has two bytes or more.
type pattern struct {
	text   string
	edges  edges
	behind []string // it does not count right behind one of these
	before []string // it does not count right before one of these
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

// A matcher holds patterns by their first two bytes, so that a header is read once:
// those of a pair p are patterns[starts[p]:starts[p+1]].
type matcher struct {
	starts   [1025]uint16
	patterns []pattern
}

// newMatcher returns the matcher of lists of patterns.
func newMatcher(lists ...[]pattern) *matcher {
	var m matcher
	for at := range len(m.starts) - 1 {
		m.starts[at] = uint16(len(m.patterns))
		for _, list := range lists {
			for _, p := range list {
				if pair(p.text[0], p.text[1]) == at {
					m.patterns = append(m.patterns, p)
				}
			}
		}
	}
	m.starts[len(m.starts)-1] = uint16(len(m.patterns))
	return &m
}

// pair tells most pairs of bytes apart; those that it does not cost a comparison.
func pair(a, b byte) int { return int(a&31)<<5 | int(b&31) }

// in reports whether a pattern is in header.
func (m *matcher) in(header []byte) bool {
	for i := range len(header) - 1 {
		at := pair(header[i], header[i+1])
		for j := m.starts[at]; j < m.starts[at+1]; j++ {
			if m.patterns[j].at(header, i) {
				return true
			}
		}
	}
	return false
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
