package public

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"slices"
	"strings"

	"oboro/aggregator/release"
)

var (
	//go:embed templates/*.tmpl
	templates embed.FS
	//go:embed style.css
	style []byte
)

// stylePath holds the hash of what it names, so that caches may keep it for ever.
var stylePath = "style-" + release.Hash(style)[:8] + ".css"

var pages = map[string]*template.Template{
	"home": parsed("home"), "site": parsed("site"), "methodology": parsed("methodology"), "definitions": parsed("definitions"),
}

func parsed(name string) *template.Template {
	return template.Must(template.ParseFS(templates, "templates/layout.tmpl", "templates/"+name+".tmpl"))
}

// A page is what every page needs. Body is what one kind of page shows.
type page struct {
	words
	Lang, Other string
	Title       string
	Agency      string
	Licences    []release.Licence
	Root        string // the way back to the root of the folder
	OtherHref   string // this page in the other language
	Style       string
	Body        any
}

// T returns a text.
func (p page) T(key string, args ...any) string { return p.say(key, args...) }

// Home returns the way to the first page.
func (p page) Home() string { return p.Link("index.html") }

// Link returns the way to a page of the same language.
func (p page) Link(to string) string { return p.Root + under(p.Lang) + to }

// OtherName returns the name of the other language, in that language.
func (p page) OtherName() string {
	if p.Other == "ja" {
		return "日本語"
	}
	return "English"
}

// under returns the folder of the pages in lang.
func under(lang string) string {
	if lang == "ja" {
		return ""
	}
	return lang + "/"
}

// put renders one kind of page in both languages.
func (p Publication) put(files map[string][]byte, kind, at string, body func(w words, root string) (title string, body any)) error {
	for lang, other := range map[string]string{"ja": "en", "en": "ja"} {
		w := wordsOf(lang)
		name := under(lang) + at
		root := strings.Repeat("../", strings.Count(name, "/"))
		if root == "" {
			root = "./"
		}
		title, content := body(w, root)
		v := page{
			words: w, Lang: lang, Other: other, Title: title, Agency: p.Agency.In(lang), Licences: p.Licences,
			Root: root, OtherHref: root + under(other) + at, Style: stylePath, Body: content,
		}
		var b bytes.Buffer
		if err := pages[kind].ExecuteTemplate(&b, "layout", v); err != nil {
			return fmt.Errorf("page %s: %w", name, err)
		}
		files[name] = b.Bytes()
	}
	return nil
}

// pages adds all pages and their style sheet.
func (p Publication) pages(files map[string][]byte, editions []edition, budget release.Budget) error {
	files[stylePath] = style
	groups := p.groups(editions)
	for _, g := range groups {
		at := g.page()
		if p.standing[at] {
			continue // as it would be made
		}
		if err := p.put(files, "site", at, func(w words, root string) (string, any) { return p.sitePage(w, g, root) }); err != nil {
			return err
		}
	}
	if err := p.put(files, "home", "index.html", func(w words, root string) (string, any) { return p.homePage(w, groups, root) }); err != nil {
		return err
	}
	if err := p.put(files, "methodology", "methodology/index.html", func(w words, _ string) (string, any) {
		return p.methodologyPage(w, editions, budget)
	}); err != nil {
		return err
	}
	return p.put(files, "definitions", "definitions/index.html", func(w words, _ string) (string, any) {
		return definitionsPage(w, editions)
	})
}

// A group is what one page shows: the newest versions of all tables of one site
// and period.
type group struct {
	site   string
	period release.Period
	tables []edition
}

// groups sorts by site as declared, then newest period first.
func (p Publication) groups(editions []edition) []group {
	bySite := map[string][]group{}
	for _, e := range editions {
		bySite[e.Site()] = placed(bySite[e.Site()], e)
	}
	var groups []group
	for _, site := range p.Sites {
		own := bySite[site.ID]
		slices.SortStableFunc(own, func(a, b group) int {
			return int(b.period.First() - a.period.First())
		})
		groups = append(groups, own...)
	}
	return groups
}

// placed adds a table to its group; of one table, the newest version stays.
func placed(groups []group, e edition) []group {
	i := slices.IndexFunc(groups, func(g group) bool { return g.period == e.Period() })
	if i < 0 {
		return append(groups, group{site: e.Site(), period: e.Period(), tables: []edition{e}})
	}
	g := &groups[i]
	j := slices.IndexFunc(g.tables, func(t edition) bool { return t.Statistic().ID == e.Statistic().ID })
	switch {
	case j < 0:
		g.tables = append(g.tables, e)
	case e.Version() > g.tables[j].Version():
		g.tables[j] = e
	}
	return groups
}
