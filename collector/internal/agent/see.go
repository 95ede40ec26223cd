package agent

import "strings"

// marks is the set of tokens that begin a word of a header.
type marks [4]uint64

func (m *marks) add(mark uint8)      { m[mark>>6] |= 1 << (mark & 63) }
func (m *marks) has(mark uint8) bool { return m[mark>>6]>>(mark&63)&1 != 0 }

// meets reports whether the sets have a token in common.
func (m *marks) meets(other *marks) bool {
	for i := range m {
		if m[i]&other[i] != 0 {
			return true
		}
	}
	return false
}

// A token is a text of the tables and its number.
type token struct {
	text   string
	second byte // of text: most words that begin as it does go on in another way
	mark   uint8
}

// index holds the tokens of all tables by first letter, so that a header is read
// once, and the number of each row's token. It is filled from the tables at the
// start and never changes.
var index = makeIndex()

type indexed struct {
	words                      ['z' + 1][]token
	systems, devices, browsers []uint8
	darwin                     uint8
	macs                       marks // of the processors
}

func makeIndex() *indexed {
	x := &indexed{}
	known := map[string]uint8{}
	number := func(text string) uint8 {
		mark, ok := known[text]
		if !ok {
			mark = uint8(len(known))
			known[text] = mark
			x.words[text[0]] = append(x.words[text[0]], token{text, text[1], mark})
		}
		return mark
	}
	for _, s := range systems {
		x.systems = append(x.systems, number(s.text))
	}
	for _, d := range devices {
		x.devices = append(x.devices, number(d.text))
	}
	for _, b := range browsers {
		x.browsers = append(x.browsers, number(b.text))
	}
	x.darwin = number(darwin)
	x.macs.add(number(processor))
	x.macs.add(number(older))
	return x
}

// see returns which tokens begin a word of s. A word begins with a letter that
// follows none, so "Line/" is not seen in "Pipeline/".
func see(s string) marks {
	var seen marks
	inside := false
	for i := range len(s) {
		starts := !inside
		inside = isLetter(s[i])
		if !starts || !inside {
			continue
		}
		if i+1 == len(s) {
			break // no token has one letter alone
		}
		second := s[i+1]
		for _, w := range index.words[s[i]] {
			if w.second == second && strings.HasPrefix(s[i:], w.text) {
				seen.add(w.mark)
			}
		}
	}
	return seen
}

// find returns where text, which was seen, first begins a word of s.
func find(s, text string) int {
	for at := 0; ; at++ {
		at += strings.Index(s[at:], text)
		if at == 0 || !isLetter(s[at-1]) {
			return at
		}
	}
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
