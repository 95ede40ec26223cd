package seal

import (
	"slices"
	"strings"

	"oboro/aggregator/statistic"
)

// Kin says what a host and a domain tell of themselves. The lists are the collector's,
// so the wiring hands this over. Where it is missing, the tables that need it keep
// nothing beside the others.
type Kin struct {
	// Channels returns the channels that visits from a host may have by the lists, the
	// usual one first.
	Channels func(host string) []string
	// Classes returns the classes that a network with that domain may be in, one for
	// each place where it may be; of the unknown domain, too.
	Classes func(domain string) []string
	// Section returns the section of a page of the site, if it is in one. Where it is
	// missing, folders are sections.
	Section func(page string) (section string, ok bool)
}

// remembered returns the kin of one fold, which is asked for the same keys many times.
func (k Kin) remembered() Kin {
	return Kin{Channels: remember(k.Channels), Classes: remember(k.Classes), Section: k.Section}
}

func remember(of func(string) []string) func(string) []string {
	known := map[string][]string{}
	return func(key string) []string {
		list, ok := known[key]
		if !ok && of != nil {
			list = of(key)
			known[key] = list
		}
		return list
	}
}

// A meeting reports whether one visitor-day can be in the cell x of one table and in
// the cell y of another, by their keys. Unlisted is never asked for.
type meeting func(x, y string) bool

// A pair is two tables that tell of the same: x is folded so that y, less what x shows
// of it, hides nobody or k visitor-days.
type pair struct {
	x, y statistic.Dimension
	// guessed says that a cell of x that may lie in several of y is taken to lie wholly
	// in one, as somebody who knows it would: a network abroad is one abroad.
	guessed bool
	// finer says that y is the finer table, and the one that hides.
	finer bool
	meets func(Kin) meeting
}

// pairs are all pairs of dimensions that are fixed for the day and of which one tells
// something of the other. (What display, device and system tell of one another by the
// habits of their makers is no rule, and not here; nor is that a Mac with a finger for a pointer
// is no desktop, which is of three at once.)
var pairs = []pair{
	{x: statistic.ByVersion, y: statistic.ByBrowser, meets: always(versionOf)},
	{x: statistic.ByRegion, y: statistic.ByCountry, meets: always(regionIn)},
	{x: statistic.ByCountry, y: statistic.ByRegion, meets: always(func(x, y string) bool { return regionIn(y, x) })},
	{x: statistic.ByNetwork, y: statistic.ByNetworkClass, guessed: true, meets: classed},
	{x: statistic.ByNetworkClass, y: statistic.ByNetwork, finer: true, meets: always(nameless)},
	{x: statistic.ByNetworkClass, y: statistic.ByCountry, meets: always(classIn)},
	{x: statistic.ByNetworkClass, y: statistic.ByRegion, meets: always(classAt)},
	{x: statistic.ByBrowser, y: statistic.BySystem, meets: agents(statistic.ByBrowser, statistic.BySystem)},
	{x: statistic.BySystem, y: statistic.ByBrowser, meets: agents(statistic.BySystem, statistic.ByBrowser)},
	{x: statistic.ByBrowser, y: statistic.ByDevice, meets: agents(statistic.ByBrowser, statistic.ByDevice)},
	{x: statistic.ByDevice, y: statistic.ByBrowser, meets: agents(statistic.ByDevice, statistic.ByBrowser)},
	{x: statistic.BySystem, y: statistic.ByDevice, meets: agents(statistic.BySystem, statistic.ByDevice)},
	{x: statistic.ByDevice, y: statistic.BySystem, meets: agents(statistic.ByDevice, statistic.BySystem)},
	{x: statistic.ByVersion, y: statistic.BySystem, meets: always(versionOn)},
	{x: statistic.ByMotion, y: statistic.ByContrast, meets: always(told)},
	{x: statistic.ByMotion, y: statistic.ByColours, meets: always(told)},
	{x: statistic.ByMotion, y: statistic.ByTheme, meets: always(told)},
	{x: statistic.ByContrast, y: statistic.ByMotion, meets: always(told)},
	{x: statistic.ByContrast, y: statistic.ByColours, meets: always(told)},
	{x: statistic.ByContrast, y: statistic.ByTheme, meets: always(told)},
	{x: statistic.ByColours, y: statistic.ByMotion, meets: always(told)},
	{x: statistic.ByColours, y: statistic.ByContrast, meets: always(told)},
	{x: statistic.ByColours, y: statistic.ByTheme, meets: always(told)},
	{x: statistic.ByTheme, y: statistic.ByMotion, meets: always(told)},
	{x: statistic.ByTheme, y: statistic.ByContrast, meets: always(told)},
	{x: statistic.ByTheme, y: statistic.ByColours, meets: always(told)},
	{x: statistic.ByMotion, y: statistic.ByInput, meets: always(pointed)},
	{x: statistic.ByContrast, y: statistic.ByInput, meets: always(pointed)},
	{x: statistic.ByColours, y: statistic.ByInput, meets: always(pointed)},
	{x: statistic.ByTheme, y: statistic.ByInput, meets: always(pointed)},
}

func always(m meeting) func(Kin) meeting { return func(Kin) meeting { return m } }

// versionOf: a version begins with its browser. An unknown version may be of any: it
// is never shown beside browsers.
func versionOf(version, browser string) bool {
	i := strings.LastIndexByte(version, ' ')
	return i >= 0 && version[:i] == browser
}

// versionOn: a version is on the systems of its browser.
func versionOn(version, system string) bool {
	i := strings.LastIndexByte(version, ' ')
	return i < 0 || statistic.Meet(statistic.ByBrowser, version[:i], statistic.BySystem, system)
}

// agents: what some browser can have together.
func agents(a, b statistic.Dimension) func(Kin) meeting {
	return always(func(x, y string) bool { return statistic.Meet(a, x, b, y) })
}

const (
	japan   = "JP"
	abroad  = "abroad"
	foreign = "foreign"
	unknown = statistic.UnknownValue
)

// regionIn: a prefecture is in Japan, abroad is every other country that is known, and
// unknown is the unknown country or Japan.
func regionIn(region, country string) bool {
	switch region {
	case unknown:
		return country == japan || country == unknown
	case abroad:
		return country != japan && country != unknown
	}
	return country == japan
}

// nameless: a network of the unknown class has no name.
func nameless(class, domain string) bool { return class != unknown || domain == unknown }

// classIn: foreign networks are not in Japan; a network without a name is unknown
// where no country abroad tells more.
func classIn(class, country string) bool {
	switch class {
	case foreign:
		return country != japan
	case unknown:
		return country == japan || country == unknown
	}
	return true
}

func classAt(class, region string) bool {
	switch class {
	case foreign:
		return region == abroad || region == unknown
	case unknown:
		return region != abroad
	}
	return true
}

// told: the script tells all of these wishes or none.
func told(x, y string) bool { return (x == unknown) == (y == unknown) }

// pointed: where the script tells nothing, the pointer is unknown as well.
func pointed(wish, input string) bool { return wish != unknown || input == unknown }

func classed(kin Kin) meeting {
	return func(domain, class string) bool { return slices.Contains(kin.Classes(domain), class) }
}
