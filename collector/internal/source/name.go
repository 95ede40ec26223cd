package source

import (
	"strings"

	"oboro/collector/internal/suffix"
)

// reduce takes the prefixes off that name another form of the same site, as long
// as two labels remain.
func reduce(name string) string {
	for {
		first, rest, _ := strings.Cut(name, ".")
		if first != "www" && first != "m" && first != "amp" || !strings.Contains(rest, ".") {
			return name
		}
		name = rest
	}
}

// registrable returns the part of name that its owner registered, and the public
// suffix that it is registered under: city.yokohama.jp under yokohama.jp. Below lg.jp
// the kind of municipality goes with it, since a prefecture and its capital often
// share the rest: pref.osaka.lg.jp, city.osaka.lg.jp.
//
// A suffix by itself is its own domain, if it is no top-level one: nhs.uk has a site.
// Both are empty for what the public Internet does not know: an address, the name of
// a machine, a name on a private network. The top-level domain "example" is let through
// for documents and tests (RFC 2606).
//
// The suffixes are those of registries alone. The list has private ones beside them,
// with which the domain of a cloud's computer would be its whole name, and the address
// in it; and that of a blog the name of who writes it.
func registrable(name string) (domain, ending string) {
	ending, isPublic := suffix.Of(name)
	if !isPublic && (name == "example" || strings.HasSuffix(name, ".example")) {
		ending, isPublic = "example", true
	}
	if !isPublic || ending == "arpa" || strings.HasSuffix(ending, ".arpa") {
		return "", ""
	}
	if ending == name {
		if strings.Contains(name, ".") {
			return name, ending
		}
		return "", ""
	}
	start := lastLabel(name, len(name)-len(ending)-1)
	if ending == "lg.jp" && start > 0 {
		if kind := lastLabel(name, start-1); isMunicipality(name[kind : start-1]) {
			start = kind
		}
	}
	return name[start:], ending
}

// lastLabel returns where the last label of name[:end] begins.
func lastLabel(name string, end int) int {
	return strings.LastIndexByte(name[:end], '.') + 1
}

func isMunicipality(label string) bool {
	switch label {
	case "metro", "pref", "city", "town", "vill":
		return true
	}
	return false
}

// isMunicipal reports whether a domain is one of the names that are kept for
// prefectures and municipalities, beside lg.jp: metro.tokyo.jp, city.kobe.jp,
// town.hakone.kanagawa.jp. The suffixes of two letters are for kinds of organisation,
// where a company may be called city.
func isMunicipal(domain, suffix string) bool {
	place, isJapanese := strings.CutSuffix(suffix, ".jp")
	if !isJapanese || len(place) == 2 {
		return false
	}
	first, _, _ := strings.Cut(domain, ".")
	return isMunicipality(first)
}

// isMailServer reports whether name is that of a mail server read in a browser,
// below the domain of its organisation: webmail.example.ac.jp.
func isMailServer(name, domain string) bool {
	first, _, _ := strings.Cut(name, ".")
	return len(name) > len(domain) && (first == "mail" || first == "webmail")
}

// withoutCountry returns name without the country it ends in, .jp or .co.jp, or
// nothing where it ends in none.
func withoutCountry(name string) string {
	n := len(name) - len(".jp")
	if n < 0 || name[n] != '.' {
		return ""
	}
	name = name[:n]
	at := strings.LastIndexByte(name, '.')
	switch name[at+1:] {
	case "co", "com", "edu", "it", "net", "org":
		return name[:max(at, 0)]
	}
	return name
}
