package team

import (
	"net/http"
	"net/url"
	"slices"
	"time"

	"oboro/aggregator/statistic"
	"oboro/dashboards/assets"
	"oboro/dashboards/i18n"
)

// A link is somewhere to go.
type link struct {
	Text, URL, Lang string
	Current         bool
}

// A chrome is what surrounds every page.
type chrome struct {
	T         *i18n.Texts
	Style     string
	Title     string
	Site      string
	Sites     []string
	titles    map[string]statistic.Text
	Explicit  string // the language asked for in the address, or nothing
	Path      string
	Nav       []link
	Languages []link
	Snippet   string
	Zone      string
	K         int64
	Delay     string // how far today's figures may be behind, in words
	now       statistic.Day
}

// Named returns the title of a site.
func (c chrome) Named(site string) string {
	if title := c.titles[site].In(c.T.Lang()); title != "" {
		return title
	}
	return site
}

// chrome reads language and site from the request. The site is not checked yet.
func (s *server) chrome(r *http.Request, id string) chrome {
	q := r.URL.Query()
	explicit := q.Get("lang")
	if !slices.Contains(i18n.Languages, explicit) {
		explicit = ""
	}
	lang := explicit
	if lang == "" {
		lang = i18n.Match(r.Header.Get("Accept-Language"))
	}
	c := chrome{
		T: i18n.For(lang), Style: assets.StyleURL(), Sites: s.Sites, titles: s.Titles, Explicit: explicit,
		Site: s.siteOf(q), Path: r.URL.Path, Snippet: s.Snippet, Zone: s.Zone, K: s.K, now: s.Today(),
	}
	c.Delay = delay(c.T, s.Flush)
	if !slices.Contains(s.Sites, c.Site) {
		return c
	}
	c.Nav = append(c.Nav, link{Text: c.T.Say(i18n.NavOverview), URL: c.url("/", nil), Current: r.URL.Path == "/"})
	for _, st := range s.Catalogue {
		c.Nav = append(c.Nav, link{Text: st.Title.In(lang), URL: c.url("/statistics/"+st.ID, nil), Current: st.ID == id})
	}
	if s.Quality != nil {
		c.Nav = append(c.Nav, link{Text: c.T.Say(i18n.QualityTitle), URL: c.url(qualityPath, nil), Current: r.URL.Path == qualityPath})
	}
	for _, l := range i18n.Languages {
		other := url.Values{}
		for _, name := range []string{"site", "from", "to"} {
			if v := q.Get(name); v != "" {
				other.Set(name, v)
			}
		}
		other.Set("lang", l)
		name := i18n.For(l).Say(i18n.LanguageName)
		c.Languages = append(c.Languages, link{Text: name, URL: r.URL.EscapedPath() + "?" + other.Encode(), Lang: l, Current: l == lang})
	}
	return c
}

// siteOf returns the site that a page is asked for of: the first where none is named. It is
// not checked yet.
func (s *server) siteOf(q url.Values) string {
	if site := q.Get("site"); site != "" || len(s.Sites) == 0 {
		return site
	}
	return s.Sites[0]
}

// url returns an address of ours that keeps site and language.
func (c chrome) url(path string, more url.Values) string {
	q := url.Values{"site": {c.Site}}
	if c.Explicit != "" {
		q.Set("lang", c.Explicit)
	}
	for name, values := range more {
		q[name] = values
	}
	return path + "?" + q.Encode()
}

// Say says a text in the language of the page.
func (c chrome) Say(key i18n.Key, args ...any) string { return c.T.Say(key, args...) }

// Lang returns the language of the page.
func (c chrome) Lang() string { return c.T.Lang() }

// known reports whether the site is one of ours.
func (s *server) known(site string) bool { return slices.Contains(s.Sites, site) }

func delay(t *i18n.Texts, flush time.Duration) string {
	if flush < time.Minute {
		return t.Say(i18n.Seconds, int(flush/time.Second))
	}
	return t.Say(i18n.Minutes, int(flush/time.Minute))
}

// A refusal is why there is no page, and the way out.
type refusal struct {
	title, words i18n.Key
}

var (
	noSuchPage      = refusal{i18n.NoPageTitle, i18n.NoPageWords}
	noSuchSite      = refusal{i18n.NoSiteTitle, i18n.NoSiteWords}
	noSuchStatistic = refusal{i18n.NoStatisticTitle, i18n.NoStatisticWords}
	badPeriod       = refusal{i18n.BadPeriodTitle, i18n.BadPeriodWords}
	notRead         = refusal{i18n.NotReadTitle, i18n.NotReadWords}
	notWritten      = refusal{i18n.NotWrittenTitle, i18n.NotWrittenWords}
)

// refuse answers with a page that says why, and where to go on. It repeats nothing
// of what was asked for.
func (s *server) refuse(w http.ResponseWriter, c chrome, status int, why refusal) {
	path := c.Path
	if why != badPeriod {
		path = "/"
	}
	var out []link
	sites := []string{c.Site}
	if !s.known(c.Site) {
		sites = s.Sites
	}
	for _, site := range sites {
		c.Site = site
		text := c.Named(site)
		if len(sites) == 1 {
			text = c.Say(i18n.GoOverview)
			if path != "/" {
				text = c.Say(i18n.GoDefaultPeriod)
			}
		}
		out = append(out, link{Text: text, URL: c.url(path, nil)})
	}
	c.Title = c.Say(why.title)
	s.show(w, status, "message", struct {
		chrome
		Words string
		Out   []link
	}{c, c.Say(why.words), out})
}
