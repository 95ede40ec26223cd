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
	known    known
	series   uint32              // of the hits so far that have numbers; 0 before the first
	numbers  []uint32            // labels by the numbers that they have in hits of the series
	networks []map[string]uint32 // a domain that visits came from is another label than that of a network
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
	text  string
	next  string // of a pair, whose first page is text
	site  hit.Site
	class class
	held  bool // not admitted
}

// A class is what labels of one site and text are told apart by: pages, which come first,
// by the kind of their hits.
type class uint8

const (
	source class = class(hit.Kinds) + iota
	other        // labels that no number finds
)

// known finds pages and sources by their texts. While all hits are of one series, their
// numbers find them, and it is empty.
type known struct {
	full  bool                       // it has all of them
	texts [other][]map[string]uint32 // by class and site
}

func newValues(sites int) values {
	v := values{
		networks: make([]map[string]uint32, sites), pairs: make([]map[pair]uint32, sites), labels: make([]label, 1),
		versions: map[uint32]uint32{0: 0}, version: []string{hit.Unknown}, tags: map[hit.Tag]uint32{},
	}
	for class := range v.known.texts {
		v.known.texts[class] = make([]map[string]uint32, sites)
	}
	return v
}

// forget forgets all values, texts included; the memory it keeps.
func (v *values) forget() {
	for _, texts := range v.known.texts {
		for _, known := range texts {
			clear(known)
		}
	}
	v.known.full, v.series, v.numbers = false, 0, v.numbers[:0]
	for site := range v.networks {
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

// label returns the label of a hit, at the view given; or 0, and then a code.
func (v *values) label(by hit.Dimension, h *hit.Hit, at view) (label, code uint32) {
	switch by {
	case hit.ByPage:
		if at.page == (hit.Page{}) {
			return 0, unlisted
		}
		return v.numbered(h, name{at.page.Path(), pages(h.Kind)}, at.number), 0
	case hit.ByNext:
		return v.pair(h)
	case hit.ByNetwork:
		return v.host(by, h, h.Network)
	}
	return v.host(by, h, h.Source)
}

// pages returns the class of the page of a hit.
func pages(kind hit.Kind) class {
	if kind == hit.Engaged { // of a page shown
		kind = hit.View
	}
	return class(kind)
}

// host returns the label of a host of a hit; or 0, and then a code.
func (v *values) host(by hit.Dimension, h *hit.Hit, host hit.Host) (label, code uint32) {
	switch {
	case host == (hit.Host{}) && h.Listed.Has(by):
		return 0, none
	case host == hit.Host{}:
		return 0, unlisted
	case by == hit.ByNetwork:
		return labelOf(v, &v.networks[h.Site], host.Name(), newLabel(host.Name(), h.Site, other)), 0
	}
	return v.numbered(h, name{host.Name(), source}, h.Numbers.Source), 0
}

// A name is the text of a label and its class.
type name struct {
	text  string
	class class
}

// numbered returns the label of that name, which has the number in the hit.
func (v *values) numbered(h *hit.Hit, of name, number uint32) uint32 {
	if h.Numbers.Series == 0 || h.Numbers.Series != v.series {
		v.turn(h.Numbers.Series)
	}
	if h.Numbers.Series == 0 || number == 0 {
		v.fill()
		return v.textual(h.Site, of)
	}
	if number < uint32(len(v.numbers)) && v.numbers[number] != 0 {
		return v.numbers[number]
	}
	for uint32(len(v.numbers)) <= number {
		v.numbers = append(v.numbers, 0)
	}
	v.numbers[number] = v.textual(h.Site, of)
	return v.numbers[number]
}

// textual returns the label of a name that no number finds: one that is known by its text,
// or a new one.
func (v *values) textual(site hit.Site, of name) uint32 {
	if v.known.full {
		return labelOf(v, &v.known.texts[of.class][site], of.text, newLabel(of.text, site, of.class))
	}
	return v.add(newLabel(of.text, site, of.class))
}

// turn begins another series of numbers: that of the first hit, or of a state of the day
// that was begun anew, whose labels may be known by other numbers.
func (v *values) turn(series uint32) {
	if series == 0 {
		return
	}
	if v.series != 0 {
		v.fill()
	}
	v.series, v.numbers = series, v.numbers[:0]
}

// fill finds all pages and sources by their texts from now on.
func (v *values) fill() {
	if v.known.full {
		return
	}
	v.known.full = true
	for at, l := range v.labels {
		if at == 0 || l.class == other {
			continue
		}
		known := &v.known.texts[l.class][l.site]
		if *known == nil {
			*known = map[string]uint32{}
		}
		(*known)[l.text] = uint32(at)
	}
}

// pair returns the label of the two pages of a hit that goes onward; or 0, and then a
// code.
func (v *values) pair(h *hit.Hit) (at, code uint32) {
	if h.Moves&hit.Nameless != 0 {
		return 0, unlisted
	}
	key := pair{h.Left.Page, h.Page}
	first := newLabel(key.page.Path(), h.Site, other)
	first.next = key.next.Path()
	return labelOf(v, &v.pairs[h.Site], key, first), 0
}

// labelOf returns the label that is known by the key; where there is none, the first one.
func labelOf[K comparable](v *values, known *map[K]uint32, key K, first label) uint32 {
	if at := (*known)[key]; at != 0 {
		return at
	}
	if *known == nil {
		*known = map[K]uint32{}
	}
	at := v.add(first)
	(*known)[key] = at
	return at
}

func newLabel(text string, site hit.Site, of class) label {
	return label{text: text, site: site, class: of, held: true}
}

func (v *values) add(first label) uint32 {
	v.labels = append(v.labels, first)
	return uint32(len(v.labels) - 1)
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
