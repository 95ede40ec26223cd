package hit

import "strings"

// A Dimension is a detail of a hit that a statistic may count by.
type Dimension uint8

// The dimensions.
const (
	ByHour Dimension = iota
	ByPage
	BySource
	ByCountry
	ByBrowser
	ByVersion
	BySystem
	ByDevice
	ByLanguage
	ByNext // the page that a view of ByPage was followed by, within the visit
	ByViewport
	ByInput
	ByMotion
	ByContrast
	ByColours
	ByTheme
	ByChannel        // the kind of place that the visit came from
	ByCampaign       // what the maker of the link wrote into utm_campaign, if declared
	ByCampaignSource // the same of utm_source
	ByCampaignMedium // and of utm_medium
	ByRegion
	ByNetworkClass
	ByNetwork // the domain of the visitor's network
	dimensions
)

var dimensionNames = [dimensions]string{
	ByHour: "hour", ByPage: "page", BySource: "source", ByCountry: "country",
	ByBrowser: "browser", ByVersion: "version", BySystem: "system",
	ByDevice: "device", ByLanguage: "language", ByNext: "next", ByViewport: "viewport", ByInput: "input",
	ByMotion: "motion", ByContrast: "contrast", ByColours: "colours", ByTheme: "theme",
	ByChannel: "channel", ByCampaign: "campaign", ByCampaignSource: "campaign-source", ByCampaignMedium: "campaign-medium",
	ByRegion: "region", ByNetworkClass: "network-class", ByNetwork: "network",
}

// String returns the dimension's name in the catalogue.
func (d Dimension) String() string { return dimensionNames[d] }

// ParseDimension returns the dimension of that name.
func ParseDimension(name string) (Dimension, bool) {
	for d, n := range dimensionNames {
		if n == name {
			return Dimension(d), true
		}
	}
	return 0, false
}

// Dimensions is a set of dimensions.
type Dimensions uint32

// Of returns the set of the given dimensions.
func Of(list ...Dimension) Dimensions {
	var s Dimensions
	for _, d := range list {
		s |= 1 << d
	}
	return s
}

// Has reports whether d is in the set.
func (s Dimensions) Has(d Dimension) bool { return s>>d&1 != 0 }

// All returns the dimensions of the set in their fixed order.
func (s Dimensions) All() []Dimension {
	var list []Dimension
	for d := range dimensions {
		if s.Has(d) {
			list = append(list, d)
		}
	}
	return list
}

// String returns the names, joined by commas.
func (s Dimensions) String() string {
	var names []string
	for _, d := range s.All() {
		names = append(names, d.String())
	}
	return strings.Join(names, ",")
}

// Frozen holds the dimensions that the first hit of a visitor-day fixes.
const Frozen = Dimensions(1<<ByCountry|1<<ByBrowser|1<<ByVersion|1<<BySystem|1<<ByDevice|1<<ByLanguage|1<<ByViewport) | OfMedia | OfAddress

// OfAddress holds the dimensions, beside the country, that are of where an address is and
// whose it is.
const OfAddress = Dimensions(1<<ByRegion | 1<<ByNetworkClass | 1<<ByNetwork)

// OfMedia holds the dimensions that are of what the script tells of media queries.
const OfMedia = Dimensions(1<<ByInput | 1<<ByMotion | 1<<ByContrast | 1<<ByColours | 1<<ByTheme)

// OfTags holds the dimensions that are of what the makers of links declared. A visit
// without such a tag is not counted by them.
const OfTags = Dimensions(1<<ByCampaign | 1<<ByCampaignSource | 1<<ByCampaignMedium)

// OfOrigin holds the dimensions that a visit has of where it came from.
const OfOrigin = Dimensions(1<<BySource|1<<ByChannel) | OfTags

// Labels holds the dimensions whose values are free text: they are written down
// only once declared or shared. A page and the one after it are one label, the pair,
// and ByNext says of it what ByPage says of a page. The network alone of them is frozen.
const Labels = Dimensions(1<<ByPage | 1<<BySource | 1<<ByNext | 1<<ByNetwork)

// A Plan says what the collector computes: what the enabled statistics need, and
// nothing else. The catalogue makes it; the zero Plan computes nothing.
type Plan struct {
	Kinds    [Kinds]bool // the kinds of hit that some statistic counts, or measures
	Computes Dimensions  // the details that some statistic counts by
	Sets     []Set       // what first-seen bits are wanted, at most 32
	Visits   uint8       // visits of one visitor-day that count for publication: the first ones
	PerHour  uint8       // of these, those that begin under one label of an hour; 0: as many as there are
	Pages    uint8       // pages of one visitor-day of which views count for publication: the first ones
	Views    uint8       // of each of them, the views that count: 8 at the most; 0: nobody asks for them
}

// A Set is one kind of first time in a visitor-day: the first hit of kind Of with
// these values of By. With By empty it is the first such hit of the day. By never
// holds a frozen dimension, since that cannot change within the day. With ByNext it
// is of pairs of pages, and only views that are Onward are looked at.
type Set struct {
	Of  Kind
	By  Dimensions
	Cap uint8 // how many of these one visitor-day adds to reach
}
