package tally_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
	"oboro/collector/hit"
)

const day = hit.Day(20_000)

var sites = []string{"alpha", "beta"}

// added are statistics that are not built in: by version, by region, by hour with all that a
// visit moves and all that can be published of it, of pages not found by channel, by next page, and
// crossed ones of each kind: with a label, with what a visit has, of nothing but the environment, and with the network.
const added = `- id: lost-pages
  title: {ja: 見つからないページ, en: Lost pages}
  purpose: {ja: 切れたリンクを直す。, en: Mend links.}
  of: not-found
  dimensions: [page]
  measures: [visitors, hits]
  grain: day
  retention: 25
  reach: 10
  audience: team
- id: versions
  title: {ja: 版, en: Versions}
  purpose: {ja: 版を知る。, en: See versions.}
  dimensions: [version]
  measures: [visitors, views, exits]
  grain: day
  retention: 25
  audience: team
- id: regions
  title: {ja: 都道府県, en: Prefectures}
  purpose: {ja: 都道府県を知る。, en: See prefectures.}
  dimensions: [region]
  measures: [visitors, views, exits]
  grain: day
  retention: 25
  audience: team
- id: hours
  title: {ja: 時間, en: Hours}
  purpose: {ja: 時間を知る。, en: See hours.}
  dimensions: [hour]
  measures: [visitors, views, visits, entries, exits, single_views, engaged_seconds]
  grain: day
  retention: 25
  reach: 4
  audience: public
  published:
    - {measure: capped_visits, delta2: 8, sigma2: 13990}
    - {measure: capped_views, delta2: 900, sigma2: 900000}
    - {measure: arrivals, delta2: 1, sigma2: 9000}
- id: lost-ways
  title: {ja: 見つからない経路, en: Lost ways}
  purpose: {ja: 経路を知る。, en: See ways.}
  of: not-found
  dimensions: [channel]
  measures: [visitors]
  grain: day
  retention: 25
  reach: 4
  audience: public
  published:
    - {measure: arrivals, delta2: 1, sigma2: 9000}
- id: next-pages
  title: {ja: 次のページ, en: Next pages}
  purpose: {ja: 次のページを知る。, en: See next pages.}
  dimensions: [page, next]
  measures: [visitors]
  grain: day
  retention: 25
  reach: 5
  audience: team
- id: page-devices
  title: {ja: ページと端末, en: Pages by device}
  purpose: {ja: ページごとに端末を知る。, en: See which devices pages are read on.}
  dimensions: [page, device]
  measures: [visitors]
  grain: day
  retention: 25
  reach: 10
  audience: team
- id: channel-inputs
  title: {ja: 経路と入力, en: Channels by input}
  purpose: {ja: 経路ごとに入力を知る。, en: See which input goes with which channel.}
  dimensions: [channel, input]
  measures: [visitors]
  grain: day
  retention: 25
  audience: team
- id: viewport-languages
  title: {ja: 幅と言語, en: Widths by language}
  purpose: {ja: 幅ごとに言語を知る。, en: See which languages go with which width.}
  dimensions: [viewport, language]
  measures: [visitors, views, visits, exits, single_views]
  grain: day
  retention: 25
  audience: team
- id: network-themes
  title: {ja: ネットワークとテーマ, en: Networks by theme}
  purpose: {ja: ネットワークごとにテーマを知る。, en: See which themes go with which network.}
  dimensions: [network, theme]
  measures: [visitors, views, exits]
  grain: day
  retention: 25
  audience: team
`

func catalogue(t *testing.T) *statistic.Catalogue {
	t.Helper()
	c, err := statistic.Built([]string{"traffic", "not-found"}, []byte(added))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// weekly is a catalogue of which all statistics stay open for a week.
func weekly(t *testing.T) *statistic.Catalogue {
	t.Helper()
	c := catalogue(t)
	for _, st := range c.All() {
		st.Grain = statistic.Weekly
	}
	return c
}

func page(t *testing.T, path string) hit.Page {
	t.Helper()
	p, ok := hit.ParsePage(path)
	if !ok {
		t.Fatalf("%s is no page", path)
	}
	return p
}

func host(t *testing.T, name string) hit.Host {
	t.Helper()
	h, ok := hit.ParseHost(name)
	if !ok {
		t.Fatalf("%s is no host", name)
	}
	return h
}

// A told hit is a hit beside what the reference needs to count without its moves.
type told struct {
	hit.Hit
	visit  int  // number of the visit
	capped bool // within the visits counted for publication
}

// A crowd makes the hits of a day as the collector would: visits with moves, and
// labels that are listed from some hit on.
type crowd struct {
	random *rand.Rand
	pages  []hit.Page
	hosts  []hit.Host
	tags   []hit.Tag     // the first is none
	sent   map[label]int // how often
	open   map[int]*told // latest view of a visitor's visit, nil where none is open
	views  map[int]int   // of the visit
	visits map[int]int   // of the visitor
	last   int           // number of the latest visit
}

// A label is one page, host or pair of pages of a site.
type label struct {
	site hit.Site
	kind hit.Kind
	left hit.Page
	page hit.Page
	host hit.Host

	network bool // the host is one
}

func newCrowd(t *testing.T, seed uint64) *crowd {
	t.Helper()
	c := &crowd{
		random: rand.New(rand.NewPCG(seed, 7)), pages: []hit.Page{{}}, hosts: []hit.Host{{}},
		sent: map[label]int{}, open: map[int]*told{}, views: map[int]int{}, visits: map[int]int{},
	}
	for i := range 8 {
		c.pages = append(c.pages, page(t, fmt.Sprintf("/%d", i)))
		c.hosts = append(c.hosts, host(t, fmt.Sprintf("h%d.example", i)))
	}
	for _, name := range []string{"", "kouhou", "spring*", statistic.OtherTag} {
		tag, _ := hit.ParseTag(name)
		c.tags = append(c.tags, tag)
	}
	return c
}

// next returns a hit of one visitor.
func (c *crowd) next(visitor int) told {
	h := told{Hit: hit.Hit{
		Site: hit.Site(visitor % len(sites)), Day: day, Hour: hit.Hour(c.random.IntN(24)),
		Page: c.pages[c.random.IntN(len(c.pages))], Source: c.hosts[c.random.IntN(len(c.hosts))],
		Env: hit.Pack(hit.Environment{Browser: hit.Browser(visitor % 5), Version: uint16(visitor % 3), Device: hit.Device(visitor % 4), Viewport: hit.Viewport(visitor % 6), Media: hit.MediaOf("mtnfrcd"[visitor%7:]),
			Region: hit.Region(visitor % 4), Class: hit.NetworkClass(visitor % 3)}),
		Network: c.hosts[visitor%len(c.hosts)],
		Seen:    c.random.Uint32(), Reach: c.random.Uint32(),

		Channel: hit.Channel(c.random.IntN(len(hit.ChannelCodes()))),
		Tags:    hit.Tags{Source: c.tag(), Medium: c.tag(), Campaign: c.tag()},
	}}
	before := c.open[visitor]
	if before != nil && c.random.IntN(3) > 0 { // the visit goes on
		h.visit, h.capped, h.Source = before.visit, before.capped, before.Source
		h.Channel, h.Tags = before.Channel, before.Tags
	} else {
		before = nil
		c.last++
		h.visit, h.capped = c.last, c.visits[visitor] < 4
	}
	switch c.random.IntN(8) {
	case 0:
		h.Kind = hit.NotFound
		if before == nil { // it opens a visit that nothing follows
			c.open[visitor] = nil
		}
	case 1, 2:
		c.read(&h)
	default:
		c.view(visitor, before, &h)
	}
	c.list(&h)
	return h
}

func (c *crowd) tag() hit.Tag { return c.tags[c.random.IntN(len(c.tags))] }

// read makes h a report of engagement, of a page that may never have been viewed.
func (c *crowd) read(h *told) {
	h.Kind, h.Seconds = hit.Engaged, uint16(1+c.random.IntN(hit.MostSeconds))
	h.Seen, h.Reach = 0, 0
}

func (c *crowd) view(visitor int, before *told, h *told) {
	c.views[visitor]++
	if before == nil {
		c.views[visitor] = 1
		c.visits[visitor]++
		h.Moves = hit.Begins
		if h.capped {
			h.Moves |= hit.Capped
		}
	} else {
		h.Moves = hit.Follows
		h.Left = hit.Left{Page: before.Page, Hour: before.Hour}
		c.onward(h)
	}
	if c.views[visitor] == 2 {
		h.Moves |= hit.Second
	}
	if c.random.IntN(2) == 0 {
		h.Moves |= hit.ViewCapped
	}
	kept := *h
	c.open[visitor] = &kept
}

// onward says whether h is of another page than the one before, and whether there is
// room for the pair: not where one of them had none, and not for one hit in eight.
func (c *crowd) onward(h *told) {
	if h.Left.Page == h.Page {
		return
	}
	h.Moves |= hit.Onward
	from, to := slices.Index(c.pages, h.Left.Page), slices.Index(c.pages, h.Page)
	if from == 0 || to == 0 || c.random.IntN(8) == 0 {
		h.Moves |= hit.Nameless
		return
	}
	of := label{site: h.Site, left: h.Left.Page, page: h.Page}
	c.sent[of]++
	if from < 3 && to < 3 || from > 4 && c.sent[of] > 2 {
		h.Listed |= hit.Of(hit.ByNext)
	}
}

// list says which labels of h may be written down: the first two pages and no
// source at once, some never, the others from some hit on.
func (c *crowd) list(h *told) {
	of := label{site: h.Site, kind: shown(h.Kind), page: h.Page}
	if h.Kind != hit.Engaged { // which admits nothing
		c.sent[of]++
	}
	if i := slices.Index(c.pages, h.Page); i == 1 || i == 2 || i > 4 && c.sent[of] > 4*i {
		h.Listed |= hit.Of(hit.ByPage)
	}
	of = label{site: h.Site, host: h.Source}
	if h.Kind != hit.Engaged {
		c.sent[of]++
	}
	if i := slices.Index(c.hosts, h.Source); i == 0 || i > 3 && c.sent[of] > 5*i {
		h.Listed |= hit.Of(hit.BySource)
	}
	of = label{site: h.Site, host: h.Network, network: true}
	if h.Kind != hit.Engaged {
		c.sent[of]++
	}
	if i := slices.Index(c.hosts, h.Network); i == 0 || i > 2 && c.sent[of] > 3*i {
		h.Listed |= hit.Of(hit.ByNetwork)
	}
}

// A place is where something is counted.
type place struct{ statistic, site, key string }

// A count is what stands at each place.
type count map[place]statistic.Counts

func (c count) add(batches []store.Batch) {
	for _, b := range batches {
		for _, cell := range b.Cells {
			at := place{b.Statistic, cell.Site, fmt.Sprint(cell.Keys)}
			sum := c[at]
			sum.Add(cell.Counts)
			c[at] = sum
			if sum.IsZero() {
				delete(c, at)
			}
		}
	}
}

// reference counts a whole stream again, slowly and without moves: visits are
// looked at as a whole. A label is written out if some hit so far lists it.
func reference(c *statistic.Catalogue, stream []told) count {
	want := count{}
	for _, h := range stream {
		at := place{store.Meters, sites[h.Site], "[kept]"}
		sum := want[at]
		sum[statistic.Hits]++
		want[at] = sum
	}
	for _, st := range c.All() {
		stream := tagged(st, stream)
		add := func(h told, m statistic.Measure, n int64) {
			if n == 0 || !measured(st, m) {
				return
			}
			at := place{st.ID, sites[h.Site], fmt.Sprint(key(st, h, stream))}
			sum := want[at]
			sum[m] += n
			want[at] = sum
		}
		views := map[int][]told{}
		for _, h := range stream {
			if h.Kind == hit.Engaged && st.Of == hit.View {
				add(h, statistic.Seconds, int64(h.Seconds))
			}
			if h.Kind != st.Of || len(st.Dimensions) == 2 && !st.Crossed() && h.Moves&hit.Onward == 0 {
				continue
			}
			add(h, statistic.Hits, 1)
			add(h, statistic.Visitors, int64(h.Seen>>st.Set()&1))
			add(h, statistic.Reach, int64(h.Reach>>st.Set()&1))
			if h.Seen&c.Arrivals(h.Kind) != 0 {
				add(h, statistic.Arrivals, 1)
			}
			if h.Kind == hit.View {
				add(h, statistic.Views, 1)
				if h.Moves&hit.ViewCapped != 0 {
					add(h, statistic.CappedViews, 1)
				}
				views[h.visit] = append(views[h.visit], h)
			}
		}
		for _, visit := range views {
			first, last := visit[0], visit[len(visit)-1]
			add(first, statistic.Visits, 1)
			add(first, statistic.Entries, 1)
			add(last, statistic.Exits, 1)
			if first.capped {
				add(first, statistic.Capped, 1)
			}
			if len(visit) == 1 {
				add(first, statistic.Singles, 1)
			}
		}
	}
	for at, sum := range want {
		if st, ok := c.Find(at.statistic); ok && st.Grain == statistic.Weekly && sum[statistic.Visitors] >= 3 {
			sum[statistic.Met] = 1
			want[at] = sum
		}
	}
	return want
}

// tagged returns the hits that a statistic looks at: of one by campaign, those of visits with
// such a tag.
func tagged(st *statistic.Statistic, stream []told) (list []told) {
	for _, h := range stream {
		if len(st.Dimensions) == 0 || !hit.OfTags.Has(st.Dimensions[0]) || h.Tags.Of(st.Dimensions[0]) != (hit.Tag{}) {
			list = append(list, h)
		}
	}
	return list
}

// measured reports whether a statistic counts m at all.
func measured(st *statistic.Statistic, m statistic.Measure) bool {
	published := slices.ContainsFunc(st.Published, func(p statistic.Published) bool { return p.Measure == m })
	return st.Has(m) || published || m == statistic.Visitors || m == statistic.Reach && st.Overlaps()
}

// key returns the keys under which a hit counts.
func key(st *statistic.Statistic, h told, stream []told) []string {
	if len(st.Dimensions) == 0 {
		return nil
	}
	if st.Crossed() {
		first, second := *st, *st
		first.Dimensions, second.Dimensions = st.Dimensions[:1], st.Dimensions[1:]
		return append(key(&first, h, stream), key(&second, h, stream)...)
	}
	if len(st.Dimensions) == 2 {
		if h.Moves&hit.Nameless == 0 && listed(stream, hit.ByNext, h) {
			return []string{h.Left.Page.Path(), h.Page.Path()}
		}
		return []string{statistic.Unlisted, statistic.Unlisted}
	}
	switch env := h.Env.Unpack(); st.Dimensions[0] {
	case hit.ByPage:
		if listed(stream, hit.ByPage, h) {
			return []string{h.Page.Path()}
		}
		return []string{statistic.Unlisted}
	case hit.BySource:
		switch {
		case h.Source == hit.Host{}:
			return []string{statistic.None}
		case listed(stream, hit.BySource, h):
			return []string{h.Source.Name()}
		}
		return []string{statistic.Unlisted}
	case hit.ByCampaign, hit.ByCampaignSource, hit.ByCampaignMedium:
		return []string{h.Tags.Of(st.Dimensions[0]).Name()}
	case hit.ByNetwork:
		switch {
		case h.Network == hit.Host{}:
			return []string{statistic.UnknownValue}
		case listed(stream, hit.ByNetwork, h):
			return []string{h.Network.Name()}
		}
		return []string{statistic.Unlisted}
	case hit.ByHour:
		return []string{fmt.Sprintf("%02d", h.Hour)}
	case hit.ByVersion:
		if env.Version == 0 {
			return []string{statistic.UnknownValue}
		}
		return []string{fmt.Sprintf("%s %d", env.Browser.Code(), env.Version)}
	default:
		return []string{map[hit.Dimension]string{
			hit.ByCountry: env.Country.Code(), hit.ByBrowser: env.Browser.Code(), hit.BySystem: env.System.Code(),
			hit.ByDevice: env.Device.Code(), hit.ByLanguage: env.Language.Code(),
			hit.ByRegion: env.Region.Code(), hit.ByNetworkClass: env.Class.Code(),
			hit.ByViewport: env.Viewport.Code(), hit.ByInput: env.Media.Input().Code(), hit.ByMotion: env.Media.Motion().Code(),
			hit.ByContrast: env.Media.Contrast().Code(), hit.ByColours: env.Media.Colours().Code(), hit.ByTheme: env.Media.Theme().Code(),
			hit.ByChannel: h.Channel.Code(),
		}[st.Dimensions[0]]}
	}
}

// shown returns the kind of hit whose labels one of that kind has.
func shown(kind hit.Kind) hit.Kind {
	if kind == hit.Engaged {
		return hit.View
	}
	return kind
}

// listed reports whether some hit of the stream lists the label of h. Only hits of
// its kind do: a statistic does not look at others.
func listed(stream []told, d hit.Dimension, h told) bool {
	return slices.ContainsFunc(stream, func(o told) bool {
		if (d == hit.BySource || d == hit.ByNetwork) && o.Kind == hit.Engaged { // no statistic by these looks at it
			return false
		}
		if o.Site != h.Site || shown(o.Kind) != shown(h.Kind) || !o.Listed.Has(d) {
			return false
		}
		switch d {
		case hit.ByNext:
			return o.Left.Page == h.Left.Page && o.Page == h.Page
		case hit.ByPage:
			return o.Page == h.Page && o.Page != hit.Page{}
		case hit.ByNetwork:
			return o.Network == h.Network
		}
		return o.Source == h.Source
	})
}
