package demo

import "strings"

// A language is one that the site speaks.
type language string

const (
	ja language = "ja"
	en language = "en"
)

// A text says the same in both languages.
type text struct{ ja, en string }

// In returns the text in the language.
func (t text) In(l language) string {
	if l == en {
		return t.en
	}
	return t.ja
}

// A page of the site, in both languages. Its path is "/" and the slug; the
// English one stands under "/en".
type page struct {
	slug     string
	Title    text
	Lead     text
	Sections []section
	links    []string // slugs of related pages
	broken   bool     // links to the page that is not there
}

// A section of a page: paragraphs, a list, or a table of two columns.
type section struct {
	Head  text
	Paras []text
	Items []text
	Rows  []row
}

// A row of a table: its heading and its value.
type row struct{ Name, Value text }

// Path returns the path of the page in the language.
func (p *page) Path(l language) string {
	switch {
	case l == ja:
		return "/" + p.slug
	case p.slug == "":
		return "/en"
	}
	return "/en/" + p.slug
}

// Broken reports whether the page links to the one that is not there.
func (p *page) Broken() bool { return p.broken }

// Home reports whether the page is the first one.
func (p *page) Home() bool { return p == pages[0] }

// split returns the language of a path and the slug behind it.
func split(path string) (language, string) {
	if rest, ok := strings.CutPrefix(path, "/en"); ok && (rest == "" || rest[0] == '/') {
		return en, strings.TrimPrefix(rest, "/")
	}
	return ja, strings.TrimPrefix(path, "/")
}

// Pages returns the paths of all pages, for the declaration of the site.
func Pages() []string {
	var list []string
	for _, l := range []language{ja, en} {
		for _, p := range pages {
			list = append(list, p.Path(l))
		}
	}
	return list
}

// Broken returns the paths that are asked for in vain: the target of the site's
// one broken link, and pages that old bookmarks still name.
func Broken() []string {
	return append([]string{broken.Path(ja), broken.Path(en)}, bookmarks...)
}

// broken is where the link of last year's calendar leads.
var broken = &page{slug: "garbage/calendar-2025"}

// bookmarks name pages of a site that was replaced long ago.
var bookmarks = []string{"/index.html", "/menkyo/koushin.html", "/kikikanri/map.html"}

var bySlug = func() map[string]*page {
	m := map[string]*page{}
	for _, p := range pages {
		m[p.slug] = p
	}
	return m
}()
