package network

import (
	"strings"

	"oboro/collector/hit"
)

// classes are those of the organisational domains of Japan, by the second label.
var classes = map[string]hit.NetworkClass{
	"go": hit.NationalGovernment, "lg": hit.LocalGovernment, "ac": hit.Academia, "ed": hit.Schools, "co": hit.Companies,
	"or": hit.Organisations, "gr": hit.Organisations, "ne": hit.NetworkServices, "ad": hit.Operators,
}

// offices are the first labels that only prefectures and municipalities have in the
// geographic domains of Japan: metro.tokyo.jp, pref.aichi.jp, city.yokohama.jp,
// city.chiyoda.tokyo.jp, town.hayama.kanagawa.jp.
var offices = map[string]bool{"metro": true, "pref": true, "city": true, "town": true, "vill": true}

// ClassOf returns the class of a network with that domain, in that country; either may
// be unknown. Names under .jp, and those of the list of operators, say it themselves:
// the government is the government also on a line abroad. A network with any other name,
// or none, is foreign if its country is not Japan; one with another name is foreign, too,
// if nothing is known of its country.
func ClassOf(domain hit.Host, country hit.Country) hit.NetworkClass {
	name := domain.Name()
	if top, isJapanese := strings.CutSuffix(name, ".jp"); isJapanese {
		if class, ok := operatorsOf().classes[name]; ok {
			return class
		}
		return japanese(top)
	}
	isKnown, isJapan := country != hit.Country{}, country == japan
	switch {
	case isKnown && !isJapan:
		return hit.ForeignNetworks
	case name == "":
		return hit.UnknownNetwork
	}
	if class, ok := operatorsOf().classes[name]; ok {
		return class
	}
	if isJapan {
		return hit.GeneralJapan
	}
	return hit.ForeignNetworks
}

var japan, _ = hit.ParseCountry("JP")

// japanese returns the class of a domain under .jp, of which top is what stands before.
func japanese(top string) hit.NetworkClass {
	first, _, isLonger := strings.Cut(top, ".")
	if class, ok := classes[top[strings.LastIndexByte(top, '.')+1:]]; ok && isLonger {
		return class
	}
	if isLonger && offices[first] {
		return hit.LocalGovernment
	}
	return hit.GeneralJapan
}
