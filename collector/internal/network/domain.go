package network

import (
	"strings"

	"oboro/collector/hit"
	"oboro/collector/internal/suffix"
)

const (
	longestName = 254 // bytes of a host name, with the dot at its end
	labels      = 6   // that are looked at, from the end: no suffix of a registry has more than 4
)

// Registrable returns the part of a host name that a registry gave to somebody: its
// public suffix and one label before it, as example.ac.jp of pc1.example.ac.jp. Only
// suffixes of registries count (the ICANN part of the public suffix list). Those of
// companies, the other part, have names of single computers below them, with their
// addresses: a computer of a cloud is of the cloud's domain.
//
// A name that is none, that is a suffix itself, that is under no known top domain (as
// localhost and numbers are), or whose domain could spell an address has no such part. Nor
// has one under .arpa: such names are addresses turned round.
func Registrable(name string) (hit.Host, bool) {
	name = strings.TrimSuffix(name, ".")
	if name == "" || len(name) >= longestName {
		return hit.Host{}, false
	}
	name = strings.ToLower(last(name, labels))
	ending, ok := suffix.Of(name)
	if !ok || len(ending) >= len(name) || ending == "arpa" || strings.HasSuffix(ending, ".arpa") {
		return hit.Host{}, false
	}
	before := name[:len(name)-len(ending)-1] // and a dot
	return hit.ParseHost(name[strings.LastIndexByte(before, '.')+1:])
}

// last returns the last n labels of a name.
func last(name string, n int) string {
	at := len(name)
	for range n {
		if at = strings.LastIndexByte(name[:at], '.'); at < 0 {
			return name
		}
	}
	return name[at+1:]
}
