package public

import (
	"bytes"
	"cmp"
	"embed"
	"fmt"
	"html/template"
	"maps"
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
	"changes": parsed("changes"), "accessibility": parsed("accessibility"), "easy": parsed("easy"),
	"embed": template.Must(template.ParseFS(templates, "templates/embed.tmpl")),
}

func parsed(name string) *template.Template {
	return template.Must(template.ParseFS(templates, "templates/layout.tmpl", "templates/"+name+".tmpl"))
}

// A page is what every page needs. Body is what one kind of page shows.
type page struct {
	words
	Lang      string // of the texts that it links to
	Title     string
	Agency    string
	Licences  []release.Licence
	Root      string // the way back to the root of the folder
	Languages []language
	Cite      string // the way to the page's lasting address, where it has one
	Style     string
	Body      any
}

// A language is this page, or one near it, in other words.
type language struct{ Code, Href, Name string }

// T returns a text without markup.
func (p page) T(key string, args ...any) string { return spelt(p.say(key, args...)) }

// H returns a text with the readings that it has.
func (p page) H(key string, args ...any) template.HTML { return p.html(key, args...) }

// HTMLLang returns the language that the page declares.
func (p page) HTMLLang() string { return p.code() }

// Home returns the way to the first page.
func (p page) Home() string { return p.Link("index.html") }

// Link returns the way to a page of the same language.
func (p page) Link(to string) string { return p.Root + under(p.Lang) + to }

// under returns the folder of the pages in lang.
func under(lang string) string {
	if lang == "ja" {
		return ""
	}
	return lang + "/"
}

// rootFrom returns the way from a file to the root of the folder.
func rootFrom(name string) string {
	if root := strings.Repeat("../", strings.Count(name, "/")); root != "" {
		return root
	}
	return "./"
}

const easyPath = "easy/index.html"

// put renders one kind of page in both languages.
func (p Publication) put(files map[string][]byte, kind, at string, body func(w words, root string) (title string, body any)) error {
	for lang, other := range map[string]language{"ja": {"en", under("en") + at, "English"}, "en": {"ja", at, "日本語"}} {
		name := under(lang) + at
		root := rootFrom(name)
		other.Href = root + other.Href
		title, content := body(wordsOf(lang), root)
		v := p.page(lang, title, root, content)
		v.Languages = []language{other, {"ja", root + easyPath, "やさしい日本語"}}
		if kind == "site" {
			v.Cite = "./"
		}
		if err := v.render(files, kind, name); err != nil {
			return err
		}
	}
	return nil
}

func (p Publication) page(lang, title, root string, body any) page {
	w := wordsOf(lang)
	return page{
		words: w, Lang: lang, Title: title, Agency: p.Agency.In(w.code()), Licences: p.Licences,
		Root: root, Style: stylePath, Body: body,
	}
}

// render adds the page to files under that name.
func (v page) render(files map[string][]byte, kind, name string) error {
	var b bytes.Buffer
	if err := pages[kind].ExecuteTemplate(&b, "layout", v); err != nil {
		return fmt.Errorf("page %s: %w", name, err)
	}
	files[name] = b.Bytes()
	return nil
}

// pages adds all pages, their style sheet, the charts for others, and the feeds.
func (p Publication) pages(files map[string][]byte, editions []edition, budget release.Budget) error {
	files[stylePath] = style
	groups := p.groups(editions)
	past, err := p.history()
	if err != nil {
		return err
	}
	if err := p.sitePages(files, groups); err != nil {
		return err
	}
	for _, one := range []struct {
		kind, at string
		body     func(w words, root string) (string, any)
	}{
		{"home", "index.html", func(w words, root string) (string, any) { return p.homePage(w, groups, root) }},
		{"methodology", "methodology/index.html", func(w words, _ string) (string, any) { return p.methodologyPage(w, groups, editions, budget) }},
		{"definitions", "definitions/index.html", func(w words, _ string) (string, any) { return definitionsPage(w, editions) }},
		{"changes", "changes/index.html", func(w words, root string) (string, any) { return p.changesPage(w, past, root) }},
		{"accessibility", "accessibility/index.html", func(w words, _ string) (string, any) { return accessibilityPage(w) }},
	} {
		if err := p.put(files, one.kind, one.at, one.body); err != nil {
			return err
		}
	}
	if err := p.embeds(files, groups); err != nil {
		return err
	}
	if err := p.feeds(files, past); err != nil {
		return err
	}
	root := rootFrom(easyPath)
	title, body := p.easyPage(wordsOf(easy), groups, root)
	v := p.page(easy, title, root, body)
	v.Lang = "ja"
	v.Languages = []language{{"ja", root + "index.html", "日本語"}, {"en", root + "en/index.html", "English"}}
	return v.render(files, "easy", easyPath)
}

// sitePages adds the pages of periods, but for those that stand as they would be made.
func (p Publication) sitePages(files map[string][]byte, groups []group) error {
	return ofGroups(files, groups, func(g group) bool { return !p.standing[g.page()] }, func(files map[string][]byte, g group) error {
		return p.put(files, "site", g.page(), func(w words, root string) (string, any) { return p.sitePage(w, g, root) })
	})
}

// ofGroups adds the files that add makes of each group that is wanted.
func ofGroups(files map[string][]byte, groups []group, wanted func(group) bool, add func(map[string][]byte, group) error) error {
	groups = slices.DeleteFunc(slices.Clone(groups), func(g group) bool { return !wanted(g) })
	made := make([]map[string][]byte, len(groups))
	err := each(len(groups), func(i int) error {
		made[i] = map[string][]byte{}
		return add(made[i], groups[i])
	})
	for _, some := range made {
		maps.Copy(files, some)
	}
	return err
}

// A group is what one page shows: the newest versions of all tables of one site
// and period.
type group struct {
	site   string
	period release.Period
	tables []edition
	before []edition // the tables of the period directly before
	newest bool      // whether no later period of the site is published
}

// groups sorts by site as declared, then newest period first. Where figures of pages have another
// kind of period than the tables by day, theirs come after, as a list of their own.
func (p Publication) groups(editions []edition) []group {
	bySite := map[string][]group{}
	for _, e := range editions {
		bySite[e.Site()] = placed(bySite[e.Site()], e)
	}
	var groups []group
	for _, site := range p.Sites {
		own := bySite[site.ID]
		main := mainCadence(own)
		slices.SortStableFunc(own, func(a, b group) int {
			return cmp.Or(after(a, main)-after(b, main), int(b.period.First()-a.period.First()))
		})
		for i := range own {
			own[i].newest = i == 0 || own[i-1].period.Cadence() != own[i].period.Cadence()
			if i+1 < len(own) && own[i+1].period.Last()+1 == own[i].period.First() {
				own[i].before = own[i+1].tables
			}
		}
		groups = append(groups, own...)
	}
	return groups
}

// mainCadence is the kind of period of the tables by day of a site, or of all that it has.
func mainCadence(groups []group) release.Cadence {
	for _, g := range groups {
		if slices.ContainsFunc(g.tables, func(e edition) bool { return !e.Summed() }) {
			return g.period.Cadence()
		}
	}
	return release.Monthly
}

func after(g group, main release.Cadence) int {
	if g.period.Cadence() == main {
		return 0
	}
	return 1
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
