package source

import (
	"slices"
	"strings"
	"sync"

	"oboro/collector/hit"
)

// ChannelsOf returns the channels that visits from a source may have, unless their links
// say otherwise; first that of the source's own name. Others are those of listed names
// that are told as this one; that of any web site, for names that are not listed but told as
// one that is; and mail, since a mail server is told as its organisation.
func ChannelsOf(host string) []hit.Channel {
	list := []hit.Channel{lists().ofName(host).Channel}
	k := kin()
	for _, channel := range slices.Concat(k.hosts[host], k.anywhere[firstOf(withoutCountry(host))], []hit.Channel{hit.OtherSite, hit.Mail}) {
		if !slices.Contains(list, channel) {
			list = append(list, channel)
		}
	}
	return list
}

// kinds are the channels of all listed names by what they are told as: a host, or the
// last label before the country.
type kinds struct{ hosts, anywhere map[string][]hit.Channel }

var kin = sync.OnceValue(func() kinds {
	t := lists()
	k := kinds{map[string][]hit.Channel{}, map[string][]hit.Channel{}}
	for _, names := range []map[string]service{t.hosts.exact, t.hosts.below} {
		for name, s := range names {
			told := s.host.Name()
			if s.each {
				domain, _ := registrable(name)
				told = reduce(domain)
			}
			k.hosts[told] = append(k.hosts[told], s.channel)
		}
	}
	for _, names := range []map[string]service{t.anywhere.exact, t.anywhere.below} {
		for name, s := range names {
			if s.each {
				k.anywhere[firstOf(name)] = append(k.anywhere[firstOf(name)], s.channel)
			} else {
				k.hosts[s.host.Name()] = append(k.hosts[s.host.Name()], s.channel)
			}
		}
	}
	return k
})

// firstOf returns the last label of a name without its country: what it is registered as.
func firstOf(name string) string { return name[strings.LastIndexByte(name, '.')+1:] }
