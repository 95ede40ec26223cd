package public

import (
	"html/template"
	"regexp"
)

// reading marks a word and how it is read: {数字|すうじ}.
var reading = regexp.MustCompile(`\{([^{|}]+)\|([^{|}]+)\}`)

// ruby writes the readings in an escaped text above their words; who cannot show them so
// has them in brackets.
func ruby(text string) string {
	return reading.ReplaceAllString(text, `<ruby>$1<rp>（</rp><rt>$2</rt><rp>）</rp></ruby>`)
}

// spelt returns a text in kana, for places that take no markup.
func spelt(text string) string { return reading.ReplaceAllString(text, "$2") }

// An easyPage says the newest period of each site in easy Japanese.
type easyPage struct{ Sites []easySite }

type easySite struct {
	Title, Href string
	Sentences   []template.HTML
}

// easyPage says of each site what its newest period came to. Its sentences are those of
// the other pages, in easy words.
func (p Publication) easyPage(w words, groups []group, root string) (string, any) {
	var v easyPage
	for _, site := range p.Sites {
		s := easySite{Title: p.title(site.ID, "ja")}
		for _, g := range groups {
			if g.site != site.ID || !g.newest {
				continue
			}
			if s.Href == "" {
				s.Href = root + g.page()
				s.Sentences = append(s.Sentences, w.lead(g))
			}
			for _, e := range g.tables {
				switch {
				case isDays(e.Release):
					s.Sentences = append(s.Sentences, w.changeOf(g, e, e.Totals()[0]))
				case e.Statistic().ID == "devices":
					s.Sentences = append(s.Sentences, w.findingOfKeys(e))
				case e.Summed() && !e.withdrawn():
					s.Sentences = append(s.Sentences, w.html("easy.pages", markup(w.period(g.period)))+w.findingOfKeys(e))
				}
			}
		}
		v.Sites = append(v.Sites, s)
	}
	return spelt(w.say("home.title")), v
}
