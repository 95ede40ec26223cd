// Package suffix finds the public suffix of a host name: what a registry gives names
// under, as ac.jp. Networks and sources are both cut to domains by it.
package suffix

import (
	"strings"

	"golang.org/x/net/publicsuffix"
)

// Of returns the public suffix of a name by the part of the list that is of registries
// (ICANN), and false under a top domain that nobody listed. A suffix of the other part,
// that of companies, has names of single computers below it, with their addresses, or of
// persons. It is itself below one of a registry, which is asked for next.
func Of(name string) (suffix string, ok bool) {
	for {
		suffix, icann := publicsuffix.PublicSuffix(name)
		if icann {
			return suffix, true
		}
		if _, name, ok = strings.Cut(suffix, "."); !ok {
			return "", false
		}
	}
}
