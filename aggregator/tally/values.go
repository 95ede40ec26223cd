package tally

import (
	"fmt"

	"oboro/aggregator/statistic"
	"oboro/collector/hit"
)

// The codes of a statistic by a label that stand for no text of their own.
const (
	none     = iota // a visit without a source, a network that is not known
	unlisted        // labels that are not admitted
)

// values numbers the dimension values of the day, and says which labels are not
// admitted. What has a closed vocabulary has codes that are the same every day.
type values struct {
	pages    [hit.Kinds][]map[hit.Page]uint32 // labels, by site: a page asked for in vain is another label
	recent   *hit.Recent                      // of these
	hosts    []map[hit.Host]uint32
	networks []map[hit.Host]uint32 // a domain that visits came from is another label than that of a network
	pairs    []map[pair]uint32
	labels   []label           // the first one stands for none
	versions map[uint32]uint32 // codes of versions
	version  []string          // texts of these codes
	tags     map[hit.Tag]uint32
	tag      []string // texts of their codes
}

// A pair is a page and the one that was viewed after it.
type pair struct{ page, next hit.Page }

// A label is a page, a host or a pair of pages of a site.
type label struct {
	text string
	next string // of a pair, whose first page is text
	site hit.Site
	held bool // not admitted
}

func newValues(sites int) values {
	v := values{
		hosts: make([]map[hit.Host]uint32, sites), networks: make([]map[hit.Host]uint32, sites),
		pairs: make([]map[pair]uint32, sites), labels: make([]label, 1), recent: &hit.Recent{},
		versions: map[uint32]uint32{0: 0}, version: []string{hit.Unknown}, tags: map[hit.Tag]uint32{},
	}
	for kind := range v.pages {
		v.pages[kind] = make([]map[hit.Page]uint32, sites)
	}
	return v
}

// forget forgets all values, texts included; the memory it keeps.
func (v *values) forget() {
	for _, pages := range v.pages {
		for _, known := range pages {
			clear(known)
		}
	}
	v.recent.Forget()
	for site := range v.hosts {
		clear(v.hosts[site])
		clear(v.networks[site])
		clear(v.pairs[site])
	}
	clear(v.labels)
	clear(v.versions)
	clear(v.version)
	v.versions[0] = 0
	clear(v.tags)
	clear(v.tag)
	v.tag = v.tag[:0]
	v.labels, v.version = v.labels[:1], append(v.version[:0], hit.Unknown)
}

// label returns the label of a hit, with the page given; or 0, and then a code.
func (v *values) label(by hit.Dimension, h *hit.Hit, page hit.Page) (at, code uint32) {
	if by == hit.ByPage {
		if page == (hit.Page{}) {
			return 0, unlisted
		}
		kind := h.Kind
		if kind == hit.Engaged { // of a page shown
			kind = hit.View
		}
		if at = v.recent.Find(page, h.Site, kind); at != 0 {
			return at, 0
		}
		known := &v.pages[kind][h.Site]
		if at = (*known)[page]; at == 0 {
			at = name(v, known, page, h.Site, page.Path())
		}
		v.recent.Keep(page, h.Site, kind, at)
		return at, 0
	}
	if by == hit.ByNext {
		return v.pair(h)
	}
	host, known := h.Source, &v.hosts[h.Site]
	if by == hit.ByNetwork {
		host, known = h.Network, &v.networks[h.Site]
	}
	if host == (hit.Host{}) {
		if h.Listed.Has(by) {
			return 0, none
		}
		return 0, unlisted
	}
	if at = (*known)[host]; at == 0 {
		at = name(v, known, host, h.Site, host.Name())
	}
	return at, 0
}

// pair returns the label of the two pages of a hit that goes onward; or 0, and then a
// code.
func (v *values) pair(h *hit.Hit) (at, code uint32) {
	if h.Moves&hit.Nameless != 0 {
		return 0, unlisted
	}
	known, key := &v.pairs[h.Site], pair{h.Left.Page, h.Page}
	if at = (*known)[key]; at == 0 {
		at = name(v, known, key, h.Site, key.page.Path())
		v.labels[at].next = key.next.Path()
	}
	return at, 0
}

// name gives a text its label.
func name[K comparable](v *values, known *map[K]uint32, key K, site hit.Site, text string) uint32 {
	if *known == nil {
		*known = map[K]uint32{}
	}
	at := uint32(len(v.labels))
	(*known)[key] = at
	v.labels = append(v.labels, label{text: text, site: site, held: true})
	return at
}

// code returns the code of a value without free text; of a statistic without dimensions, 0.
func (v *values) code(own *table, env *hit.Environment, hour hit.Hour) uint32 {
	if !own.keyed {
		return 0
	}
	return v.codeBy(own.by, env, hour)
}

func (v *values) codeBy(by hit.Dimension, env *hit.Environment, hour hit.Hour) uint32 {
	switch by {
	case hit.ByHour:
		return uint32(hour)
	case hit.ByCountry:
		return letters(env.Country.Letters(), 'A')
	case hit.ByBrowser:
		return uint32(env.Browser)
	case hit.ByVersion:
		return v.versionOf(env)
	case hit.BySystem:
		return uint32(env.System)
	case hit.ByDevice:
		return uint32(env.Device)
	case hit.ByLanguage:
		return letters(env.Language.Letters(), 'a')
	}
	return display(by, env)
}

// ofAddress returns the code of a value that the address tells of.
func ofAddress(by hit.Dimension, env *hit.Environment) uint32 {
	switch by {
	case hit.ByRegion:
		return uint32(env.Region)
	case hit.ByNetworkClass:
		return uint32(env.Class)
	}
	panic("tally: a dimension without codes")
}

// display returns the code of a value that the script tells of the display.
func display(by hit.Dimension, env *hit.Environment) uint32 {
	switch by {
	case hit.ByViewport:
		return uint32(env.Viewport)
	case hit.ByInput:
		return uint32(env.Media.Input())
	case hit.ByMotion:
		return uint32(env.Media.Motion())
	case hit.ByContrast:
		return uint32(env.Media.Contrast())
	case hit.ByColours:
		return uint32(env.Media.Colours())
	case hit.ByTheme:
		return uint32(env.Media.Theme())
	}
	return ofAddress(by, env)
}

// text returns what a code stands for.
func (v *values) text(by hit.Dimension, code uint32) string {
	switch by {
	case hit.ByPage, hit.BySource, hit.ByNext, hit.ByNetwork:
		switch {
		case code == unlisted:
			return statistic.Unlisted
		case by == hit.ByNetwork:
			return hit.Unknown
		}
		return statistic.None
	case hit.ByHour:
		return fmt.Sprintf("%02d", code)
	case hit.ByCountry:
		return lettersOf(code, 'A')
	case hit.ByBrowser:
		return hit.Browser(code).Code()
	case hit.ByVersion:
		return v.version[code]
	case hit.BySystem:
		return hit.System(code).Code()
	case hit.ByDevice:
		return hit.Device(code).Code()
	case hit.ByLanguage:
		return lettersOf(code, 'a')
	case hit.ByViewport:
		return hit.Viewport(code).Code()
	case hit.ByInput:
		return hit.Input(code).Code()
	case hit.ByMotion:
		return hit.Motion(code).Code()
	case hit.ByContrast:
		return hit.Contrast(code).Code()
	case hit.ByColours:
		return hit.Colours(code).Code()
	case hit.ByTheme:
		return hit.Theme(code).Code()
	case hit.ByChannel:
		return hit.Channel(code).Code()
	case hit.ByCampaign, hit.ByCampaignSource, hit.ByCampaignMedium:
		return v.tag[code]
	case hit.ByRegion:
		return hit.Region(code).Code()
	case hit.ByNetworkClass:
		return hit.NetworkClass(code).Code()
	}
	panic("tally: a dimension without codes")
}

// versionOf returns the code of the version of a browser. They have no closed
// vocabulary, and get codes as they come.
func (v *values) versionOf(env *hit.Environment) uint32 {
	if env.Version == 0 {
		return 0
	}
	key := uint32(env.Browser)<<16 | uint32(env.Version)
	at, ok := v.versions[key]
	if !ok {
		at = uint32(len(v.version))
		v.versions[key] = at
		v.version = append(v.version, fmt.Sprintf("%s %d", env.Browser.Code(), env.Version))
	}
	return at
}

// tagOf returns the code of a tag. They are of no list that all sites share, and get codes
// as they come.
func (v *values) tagOf(tag hit.Tag) uint32 {
	at, ok := v.tags[tag]
	if !ok {
		at = uint32(len(v.tag))
		v.tags[tag] = at
		v.tag = append(v.tag, tag.Name())
	}
	return at
}

// letters returns the code of a country or language of two letters, first being the
// first of the alphabet; 0 is unknown.
func letters(of [2]byte, first byte) uint32 {
	if of[0] == 0 {
		return 0
	}
	return uint32(of[0]-first)*26 + uint32(of[1]-first) + 1
}

func lettersOf(code uint32, first byte) string {
	if code == 0 {
		return hit.Unknown
	}
	return string([]byte{first + byte((code-1)/26), first + byte((code-1)%26)})
}
