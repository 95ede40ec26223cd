package page

import (
	"net/netip"
	"strings"
	"unicode"
	"unicode/utf8"
)

// holdsApart reports whether s holds a telephone number, or twelve digits by fours, whose
// three groups are joined by any one sign, such as "_". Longer rows of groups are too
// common in the names of files to be all taken for numbers.
func holdsApart(s string) bool {
	var last, before string // the groups in front, each joined to what follows
	for i := 0; i < len(s); {
		n := digitsOf(s[i:])
		if n == 0 {
			last, before = "", ""
			i++
			continue
		}
		group := s[i : i+n]
		if isPhone(before, last, group) || isByFours(before, last, group) {
			return true
		}
		before, last = last, group
		i += n
		if sign, size := utf8.DecodeRuneInString(s[i:]); size > 0 && !unicode.IsLetter(sign) {
			i += size
		}
	}
	return false
}

// digitsOf returns how many digits s begins with.
func digitsOf(s string) (n int) {
	for n < len(s) && isDigit(s[n]) {
		n++
	}
	return n
}

// isPhone reports whether three groups are a telephone number as it is written in Japan.
func isPhone(a, b, c string) bool {
	if len(a) < 2 || len(a) > 5 || a[0] != '0' || len(a) == 2 && strings.IndexByte("346", a[1]) < 0 {
		return false
	}
	n := len(a) + len(b) + len(c)
	return 10 <= n && n <= 11 && 1 <= len(b) && len(b) <= 4 && 3 <= len(c) && len(c) <= 4
}

// isByFours reports whether three groups are twelve digits, and the first is no year.
func isByFours(a, b, c string) bool {
	if len(a) != 4 || len(b) != 4 || len(c) != 4 {
		return false
	}
	year := value(a)
	return year < 1900 || 2099 < year
}

// longestAddress is the longest IPv6 address, in bytes.
const longestAddress = len("2001:0db8:0000:0000:0000:0000:0000:0001")

// holdsAddress reports whether s holds an IPv6 address, written with colons, or with
// hyphens as in the names of home connections; IPv4 is found by holdsNumber.
func holdsAddress(s string) bool {
	for i := 0; i < len(s); {
		from, to := i, i
		for to < len(s) && (nibble(s[to]) <= 15 || s[to] == ':' || s[to] == '-') {
			to++
		}
		i = to + 1
		for from < to && s[from] == '-' {
			from++
		}
		for from < to && s[to-1] == '-' {
			to--
		}
		if (from == 0 || class(s[from-1]) == 0) && (to == len(s) || class(s[to]) == 0) && isAddress(s[from:to]) {
			return true
		}
	}
	return false
}

// isAddress reports whether s, of hexadecimal digits, colons and hyphens, is an IPv6
// address, or one with a port or more behind it. With hyphens that stand for colons it has all its groups, or begins as those
// in use do, with four digits, and leaves some out; without a letter it would be a date.
func isAddress(s string) bool {
	colons, hyphens := strings.Count(s, ":"), strings.Count(s, "-")
	if colons >= 7 || len(s) > longestAddress {
		return colons >= 7
	}
	switch {
	case hyphens == 0 && colons >= 2:
	case colons == 0 && (hyphens == 7 || hyphens >= 3 && strings.IndexByte(s, '-') == 4 && strings.Contains(s, "--")):
		s = strings.ReplaceAll(s, "-", ":")
		if strings.Trim(s, "-:0123456789") == "" {
			return false
		}
	default:
		return false
	}
	_, err := netip.ParseAddr(s)
	return err == nil // the error quotes s
}
