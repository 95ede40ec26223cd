package page

import (
	"math"
	"strings"
)

// scrub returns a segment, or what takes its place where it could name a person.
// A segment is replaced whole: what stands beside a number often belongs to it.
func scrub(s string) string {
	switch {
	case strings.IndexByte(s, '@') >= 0, strings.Contains(s, "%40"):
		return email
	case !strings.ContainsFunc(s, isDigitRune):
		return s // most segments: all that follows needs a digit
	case holdsToken(s):
		return token
	case holdsNumber(s), holdsApart(s), holdsAddress(s):
		return number
	}
	return s
}

func isDigit(c byte) bool     { return '0' <= c && c <= '9' }
func isDigitRune(r rune) bool { return '0' <= r && r <= '9' }

// holdsToken reports whether s holds what a program drew or computed for one
// visitor: a JSON web token, 16 or more hexadecimal digits, a UUID, or a
// stretch without the order of words.
func holdsToken(s string) bool {
	if i := strings.Index(s, "eyJ"); i >= 0 && len(s)-i > 40 {
		return true
	}
	for i := 0; i < len(s); {
		n, letters := hexadecimal(s[i:])
		if n >= 16 && letters > 0 || n == 8 && isUUID(s[i:]) {
			return true
		}
		i += max(n, 1)
	}
	if len(s) < minDense {
		return false
	}
	for word := range strings.FieldsFuncSeq(s, isSign) {
		if isDense(word) {
			return true
		}
	}
	return isDense(s)
}

// hexadecimal returns the number of hexadecimal digits that s begins with, and
// how many of these are letters.
func hexadecimal(s string) (n, letters int) {
	for ; n < len(s) && nibble(s[n]) <= 15; n++ {
		if !isDigit(s[n]) {
			letters++
		}
	}
	return n, letters
}

// isUUID reports whether s begins with a UUID.
func isUUID(s string) bool {
	for i, want := range [...]int{8, 4, 4, 4, 12} {
		if i > 0 {
			if s == "" || s[0] != '-' {
				return false
			}
			s = s[1:]
		}
		n, _ := hexadecimal(s)
		if n < want || n > want && want < 12 {
			return false
		}
		s = s[n:]
	}
	return true
}

func isSign(r rune) bool { return r < 0x80 && class(byte(r)) == 0 }

// The classes of signs. What is no letter or digit of ASCII is of class 0.
const (
	small = iota + 1
	capital
	digit
)

func class(c byte) int {
	switch {
	case 'a' <= c && c <= 'z':
		return small
	case 'A' <= c && c <= 'Z':
		return capital
	case isDigit(c):
		return digit
	}
	return 0
}

// minDense is the fewest ASCII characters that can be seen to be random.
const minDense = 20

// isDense reports whether s looks drawn at random: at least 20 ASCII characters,
// over 3.5 bits of entropy a letter or digit, and a change between small letter,
// capital and digit more often than at every fourth, or, with less than three
// digits, at every second. Words with a year in them (NewsRelease2026Final,
// kouhou2026nen11gatsu1gou) change less often; without that rule, entropy and
// mixed case would take them.
func isDense(s string) bool {
	var seen [128]int
	var ascii, alphanumeric, digits, changes, last int
	for i := range len(s) {
		c := s[i]
		if c >= 0x80 {
			last = 0
			continue
		}
		ascii++
		now := class(c)
		if now == 0 {
			last = 0
			continue
		}
		seen[c]++
		alphanumeric++
		if now == digit {
			digits++
		}
		if last != 0 && now != last {
			changes++
		}
		last = now
	}
	often := 4
	if digits < 3 {
		often = 2
	}
	return ascii >= minDense && changes*often > alphanumeric && entropy(&seen, alphanumeric) > 3.5
}

// entropy is that of the distribution of n characters, in bits.
func entropy(seen *[128]int, n int) float64 {
	bits := 0.0
	for _, k := range seen {
		if k > 0 {
			p := float64(k) / float64(n)
			bits -= p * math.Log2(p)
		}
	}
	return bits
}

// holdsNumber reports whether s holds a number that could name a person or a
// machine: see [run.personal].
func holdsNumber(s string) bool {
	for i := 0; i < len(s); {
		if !isDigit(s[i]) {
			i++
			continue
		}
		var r run
		i += r.read(s[i:])
		if r.personal() {
			return true
		}
	}
	return false
}

// A run is a row of digit groups, as a telephone number is written in.
type run struct {
	group  [8]string
	groups int // may exceed len(group), which holds the first ones
	digits int
	dotted bool // every two groups are joined by one dot
}

// read reads the run at the beginning of s and returns its length in bytes.
func (r *run) read(s string) int {
	r.dotted = true
	for i := 0; ; {
		start := i
		for i < len(s) && isDigit(s[i]) {
			i++
		}
		if r.groups < len(r.group) {
			r.group[r.groups] = s[start:i]
		}
		r.groups++
		r.digits += i - start
		next := i + joint(s[i:])
		next += joint(s[next:])
		if next == i || next == len(s) || !isDigit(s[next]) {
			return i
		}
		r.dotted = r.dotted && s[i:next] == "."
		i = next
	}
}

// joint returns the length of the sign that s begins with, where groups of one number are
// joined by it. The long vowel mark is what Japanese keyboards write for a hyphen.
func joint(s string) int {
	switch {
	case s == "":
	case strings.IndexByte("-.()+,", s[0]) >= 0:
		return 1
	case strings.HasPrefix(s, "ー"), strings.HasPrefix(s, "ｰ"):
		return len("ー")
	}
	return 0
}

// personal reports whether the run has nine or more digits (a telephone number,
// an account, My Number whatever its check digit) or is an IPv4 address. A date
// with up to three more digits (20261121-02, no3-2026-11-21) is left alone; a
// date with four could be a person's number in some countries.
func (r *run) personal() bool {
	if r.groups == 4 && r.dotted && r.isQuad() {
		return true
	}
	return r.digits >= 9 && (r.groups > len(r.group) || r.digits-r.date() > 3)
}

// isQuad reports whether the first four groups are bytes in decimal.
func (r *run) isQuad() bool {
	for _, g := range r.group[:4] {
		if len(g) > 3 || value(g) > 255 {
			return false
		}
	}
	return true
}

// date returns how many digits of the run are a date, written as 20261121 or as
// three groups 2026-11-21.
func (r *run) date() int {
	g := r.group[:min(r.groups, len(r.group))]
	for i := range g {
		switch {
		case len(g[i]) == 8 && isDate(g[i][:4], g[i][4:6], g[i][6:]):
			return 8
		case i+2 < len(g) && len(g[i]) == 4 && isDate(g[i], g[i+1], g[i+2]):
			return 4 + len(g[i+1]) + len(g[i+2])
		}
	}
	return 0
}

func isDate(year, month, day string) bool {
	if len(month) > 2 || len(day) > 2 {
		return false
	}
	y, m, d := value(year), value(month), value(day)
	return 1900 <= y && y <= 2099 && 1 <= m && m <= 12 && 1 <= d && d <= 31
}

// value is the number that at most eight digits write.
func value(digits string) int {
	n := 0
	for i := range len(digits) {
		n = n*10 + int(digits[i]-'0')
	}
	return n
}
