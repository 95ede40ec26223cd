package public

import (
	"fmt"
	"html/template"
	"slices"
	"strings"

	"oboro/aggregator/release"
	"oboro/aggregator/statistic"
)

// A sitePage shows one site in one period.
type sitePage struct {
	Site, Period                       string
	Lead, Change                       template.HTML
	Sigma                              string
	Published, Release, Days, Timezone string
	Tables                             []tableView
	Coverage                           []string
	Data                               any // what search engines read
}

type link struct{ Href, Name string }

func (p Publication) sitePage(w words, g group, root string) (string, any) {
	v := sitePage{
		Site: p.title(g.site, w.lang), Period: w.period(g.period), Lead: w.lead(g),
		Published: w.i18n.Day(g.day()), Release: g.number(),
		Days: w.i18n.Range(g.period.First(), g.period.Last()), Timezone: p.Timezone, Coverage: w.coverage(g.main()),
	}
	var tables []release.Envelope
	for _, e := range g.tables {
		tables = append(tables, e.table)
		if isDays(e.Release) {
			v.Sigma = w.dailySigma(e.Statistic())
			v.Change = w.changeOf(g, e, e.Totals()[0])
		}
		if e.Summed() && isDays(g.main()) && !e.withdrawn() {
			v.Coverage = slices.Insert(v.Coverage, 2, w.say("coverage.pages", e.Period().Days(), len(e.MeasuredDays())))
		}
		t := w.table(g, e, folder{root, p.stored})
		t.Embeds = w.embedCodes(e, v.Site)
		v.Tables = append(v.Tables, t)
	}
	v.Data = release.SchemaOrg(tables, p.stored, release.Page{Lang: w.lang, Root: root, Agency: p.Agency.In(w.lang)})
	return v.Site + ": " + w.say("page.of", v.Period), v
}

// main returns the table by day, or the first, whose days stand for those of the group.
func (g group) main() release.Release {
	for _, e := range g.tables {
		if isDays(e.Release) {
			return e.Release
		}
	}
	return g.tables[0].Release
}

// day returns the day on which the newest table of the group was published.
func (g group) day() statistic.Day {
	return slices.MaxFunc(g.tables, func(a, b edition) int { return int(a.day - b.day) }).day
}

// number returns the release numbers of the group's tables.
func (g group) number() string {
	var numbers []string
	for _, e := range g.tables {
		numbers = append(numbers, e.ReleaseName())
	}
	slices.Sort(numbers)
	return strings.Join(slices.Compact(numbers), ", ")
}

func isDays(r release.Release) bool { return len(r.Statistic().Dimensions) == 0 }

// dailySigma returns the standard deviation of one day's noise.
func (w words) dailySigma(st *statistic.Statistic) string {
	return fmt.Sprintf("%.1f", release.StandardDeviation(st.Published[0].Sigma2))
}

func (w words) coverage(r release.Release) []string {
	list := []string{w.say("coverage.unit"), w.say("coverage.days", len(r.MeasuredDays()), r.Period().Days())}
	return append(append(list, w.incidents(r)...), w.say("coverage.not"))
}

// incidents says on which days something was not as usual.
func (w words) incidents(r release.Release) (list []string) {
	for _, part := range []struct {
		key  string
		days []statistic.Day
	}{{"coverage.missing", missingDays(r)}, {"coverage.imported", r.ImportedDays()}, {"coverage.noisier", r.NoisierDays()}} {
		if len(part.days) > 0 {
			list = append(list, w.say(part.key, w.days(part.days)))
		}
	}
	return list
}

func missingDays(r release.Release) (missing []statistic.Day) {
	measured := r.MeasuredDays()
	for day := r.Period().First(); day <= r.Period().Last(); day++ {
		if !slices.Contains(measured, day) {
			missing = append(missing, day)
		}
	}
	return missing
}
