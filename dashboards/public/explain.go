package public

import (
	"html/template"
	"math"
	"math/big"
	"slices"
	"strconv"

	"oboro/aggregator/release"
	"oboro/aggregator/statistic"
)

// A homePage lists the sites with their periods.
type homePage struct {
	Sites   []siteView
	Updated string
}

type siteView struct {
	Title   string
	Lead    template.HTML
	Periods []periodView
}

type periodView struct{ Href, Name string }

func (p Publication) homePage(w words, groups []group, root string) (string, any) {
	v := homePage{Updated: w.i18n.Day(p.Day)}
	for _, site := range p.Sites {
		s := siteView{Title: p.title(site.ID, w.lang)}
		for _, g := range groups {
			if g.site != site.ID {
				continue
			}
			if s.Lead == "" {
				s.Lead = w.lead(g)
			}
			s.Periods = append(s.Periods, periodView{
				Href: root + under(w.lang) + g.page(), Name: w.period(g.period),
			})
		}
		v.Sites = append(v.Sites, s)
	}
	return w.say("home.title"), v
}

// A methodologyPage says what is promised, with the numbers of what is published.
type methodologyPage struct {
	Guarantee, Assumed, Steps []string
	Pages                     []string // how figures of pages are made; nothing where there are none
	Many                      []exposure
	Parameters                []parameters
	Limit, Signer             string
	Incidents                 []incident
}

// An incident is what was not as usual with a site in a period.
type incident struct {
	Name  string
	Words []string
}

// An exposure is how far a browser that visits on so many days is covered.
type exposure struct {
	Days, Rho, Epsilon, Accuracy string
}

type parameters struct{ Table, Measure, Delta2, Sigma2, Rho string }

func (p Publication) methodologyPage(w words, groups []group, editions []edition, budget release.Budget) (string, any) {
	rho := budget.Most("", 0, 0)
	v := methodologyPage{Signer: p.Signer.Name(), Limit: w.say("methodology.limit", decimal(rho))}
	v.Guarantee = []string{
		w.say("methodology.guarantee.text", percent(rho), percent(times(rho, 2)), two(release.Epsilon(rho)), decimal(rho)),
		w.say("methodology.guarantee.many", decimal(rho)),
	}
	k := int64(0)
	for _, e := range editions {
		k = max(k, e.K())
	}
	if k > 0 {
		v.Guarantee = append(v.Guarantee, w.say("methodology.guarantee.k", k))
		v.Assumed = append(v.Assumed, w.say("methodology.assume.team", k))
	}
	v.Guarantee = append(v.Guarantee, w.say("methodology.guarantee.key"))
	v.Assumed = append(v.Assumed, w.say("methodology.assume.code"), w.say("methodology.assume.groups"), w.say("methodology.assume.import"))
	for i := 1; i <= 5; i++ {
		v.Steps = append(v.Steps, w.say("methodology.steps."+strconv.Itoa(i)))
	}
	if slices.ContainsFunc(editions, func(e edition) bool { return e.Summed() }) {
		for _, key := range []string{"sum", "which", "rounding", "calibration"} {
			v.Pages = append(v.Pages, w.say("methodology.pages."+key))
		}
	}
	for _, days := range []int64{1, 7, 30, 365} {
		sum := times(rho, days)
		v.Many = append(v.Many, exposure{strconv.FormatInt(days, 10), decimal(sum), two(release.Epsilon(sum)), percent(sum)})
	}
	for _, st := range statistics(editions) {
		for _, p := range st.Published {
			v.Parameters = append(v.Parameters, parameters{
				st.Title.In(w.lang), w.measure(p.Measure), p.Delta2.RatString(), p.Sigma2.RatString(), p.Rho().RatString(),
			})
		}
	}
	for _, g := range groups {
		if list := w.incidents(g.main()); g.newest && len(list) > 0 {
			v.Incidents = append(v.Incidents, incident{p.title(g.site, w.lang) + w.say("caption.period", w.period(g.period)), list})
		}
	}
	return w.say("methodology"), v
}

func times(rho *big.Rat, n int64) *big.Rat { return new(big.Rat).Mul(rho, big.NewRat(n, 1)) }

// two writes x with two decimals, rounded up.
func two(x float64) string { return strconv.FormatFloat(math.Ceil(x*100)/100, 'f', 2, 64) }

// percent returns how often the best guess is right, rounded up to a whole percent.
func percent(rho *big.Rat) string {
	return strconv.Itoa(int(math.Ceil(release.Accuracy(rho) * 100)))
}

// statistics returns the published statistics, each once.
func statistics(editions []edition) []*statistic.Statistic {
	var list []*statistic.Statistic
	seen := map[string]bool{}
	for _, e := range editions {
		if st := e.Statistic(); !seen[st.ID] {
			seen[st.ID] = true
			list = append(list, st)
		}
	}
	return list
}

// A definitionsView says what words and tables mean.
type definitionsView struct {
	Words, Tables []definition
}

type definition struct{ ID, Name, Text string }

func definitionsPage(w words, editions []edition) (string, any) {
	var v definitionsView
	list := []string{"visitor", "visit", "range"}
	if slices.ContainsFunc(editions, func(e edition) bool { return e.Summed() }) {
		list = append(list, "page")
	}
	for _, word := range list {
		v.Words = append(v.Words, definition{word, w.say("word." + word), w.say("word." + word + ".text")})
	}
	for _, status := range []release.Status{release.Small, release.Missing, release.Withdrawn} {
		s := string(status)
		v.Words = append(v.Words, definition{"status-" + s, w.say("status." + s), w.say("word.status." + s + ".text")})
	}
	for _, st := range statistics(editions) {
		v.Tables = append(v.Tables, definition{"table-" + st.ID, st.Title.In(w.lang), st.Purpose.In(w.lang)})
	}
	return w.say("definitions"), v
}

// An accessibilityView says what the pages aim at, what was looked at and how, and what
// is known to be wanting.
type accessibilityView struct{ Tested, Wanting []string }

func accessibilityPage(w words) (string, any) {
	v := accessibilityView{}
	for _, key := range []string{"axe", "reflow", "forced", "noscript", "keyboard", "table"} {
		v.Tested = append(v.Tested, w.say("accessibility.tested."+key))
	}
	for _, key := range []string{"reader", "people", "names", "chart"} {
		v.Wanting = append(v.Wanting, w.say("accessibility.wanting."+key))
	}
	return w.say("accessibility"), v
}
