package page

import (
	"math/bits"
	"strings"
)

// Split splits an absolute URL with the scheme http or https into its host, in
// lower case and without user, password, port, brackets and final dot, and the
// rest from the path on, with the query and without the fragment. Both are parts
// of url where it is in lower case already: copy what is to be kept. Anything
// else is refused, without a word on why.
func Split(url string) (host, path string, ok bool) {
	rest, ok := cutScheme(url)
	if !ok {
		return "", "", false
	}
	rest, _, _ = strings.Cut(rest, "#")
	authority := rest
	if i := strings.IndexAny(rest, "/?"); i >= 0 {
		authority, path = rest[:i], rest[i:]
	}
	// Browsers take a backslash for a slash, other programs do not: what host it
	// is would depend on who asks.
	if strings.IndexByte(authority, '\\') >= 0 {
		return "", "", false
	}
	// User and password come first: a later "@" belongs to the password.
	if i := strings.LastIndexByte(authority, '@'); i >= 0 {
		authority = authority[i+1:]
	}
	if host, ok = Host(authority); !ok {
		return "", "", false
	}
	return host, path, true
}

// Host returns the host of an authority, which may have a port behind it, in the form
// that Split returns it in.
func Host(authority string) (host string, ok bool) {
	if host, ok = cutPort(authority); !ok {
		return "", false
	}
	return strings.ToLower(host), true
}

// Origin returns the part of a web address up to its path, and anything else as it
// stands. Split finds the same host in either.
func Origin(url string) string {
	const shortest = len("http://")
	if !strings.HasPrefix(url, "https://") && !strings.HasPrefix(url, "http://") || len(url) == shortest {
		return url
	}
	const behind = shortest + 1 // the slashes of either
	return url[:behind+firstOf(url[behind:], '/')]
}

// firstOf returns where the first '#', '?' or other of s is, or the length of s. Other
// is '/' or '?'. It looks at eight bytes together, the last eight maybe twice.
func firstOf(s string, other byte) int {
	const every = 0x0101010101010101 // times a byte: that byte eight times
	if len(s) < 8 {
		for i := range len(s) {
			if s[i] == '#' || s[i] == '?' || s[i] == other {
				return i
			}
		}
		return len(s)
	}
	same := uint64(other^'?') * every // as a bit, it makes one of the other
	for i := 0; i < len(s); i += 8 {
		i = min(i, len(s)-8)
		b := s[i : i+8]
		word := uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 |
			uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
		sharp, mark := word^'#'*every, (word|same)^'?'*every
		// The lowest byte that is 0 is the lowest whose top bit this sets.
		if found := ((sharp-every)&^sharp | (mark-every)&^mark) & (0x80 * every); found != 0 {
			return i + bits.TrailingZeros64(found)/8
		}
	}
	return len(s)
}

// cutScheme takes "http://" or "https://" off, in any case.
func cutScheme(url string) (string, bool) {
	for _, scheme := range [...]string{"https://", "http://"} {
		if len(url) > len(scheme) && strings.EqualFold(url[:len(scheme)], scheme) {
			return url[len(scheme):], true
		}
	}
	return "", false
}

// cutPort takes a port, the brackets of an IPv6 address and one final dot off,
// and refuses what cannot be a host.
func cutPort(authority string) (host string, ok bool) {
	allowed, host, after := "-._", authority, ""
	if inner, isV6 := strings.CutPrefix(authority, "["); isV6 {
		if host, after, ok = strings.Cut(inner, "]"); !ok {
			return "", false
		}
		allowed = ":."
	} else if i := strings.IndexByte(authority, ':'); i >= 0 {
		host, after = authority[:i], authority[i:]
	}
	host = strings.TrimSuffix(host, ".")
	if host == "" || len(host) > 253 || after != "" && (after[0] != ':' || strings.Trim(after[1:], "0123456789") != "") {
		return "", false
	}
	for i := range len(host) {
		if class(host[i]) == 0 && strings.IndexByte(allowed, host[i]) < 0 {
			return "", false
		}
	}
	return host, true
}
