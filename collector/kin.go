package collector

import (
	"oboro/collector/hit"
	"oboro/collector/internal/network"
	"oboro/collector/internal/source"
)

// ChannelsOf returns the codes of the channels that visits from a source may have, unless
// their links say otherwise, the usual one first.
func ChannelsOf(host string) (codes []string) {
	for _, channel := range source.ChannelsOf(host) {
		codes = append(codes, channel.Code())
	}
	return codes
}

// ClassesOf returns the codes of the classes that a network with that domain may have: in
// Japan, abroad, and where its country is not known. [hit.Unknown] is the domain of
// networks without one.
func ClassesOf(domain string) (codes []string) {
	name, _ := hit.ParseHost(domain)
	if domain == hit.Unknown {
		name = hit.Host{}
	}
	japan, _ := hit.ParseCountry("JP")
	abroad, _ := hit.ParseCountry("US")
	for _, country := range []hit.Country{japan, abroad, {}} {
		codes = append(codes, network.ClassOf(name, country).Code())
	}
	return codes
}
