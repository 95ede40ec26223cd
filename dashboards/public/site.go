package public

import (
	"cmp"
	"fmt"
	"html/template"
	"slices"
	"strings"

	"oboro/aggregator/release"
	"oboro/aggregator/statistic"
	"oboro/dashboards/chart"
)

// A sitePage shows one site in one period.
type sitePage struct {
	Site, Period, Lead, Sigma          string
	Published, Release, Days, Timezone string
	Tables                             []tableView
	Coverage                           []string
	Data                               any // what search engines read
}

// A tableView is one statistic on a page: its drawing and its table.
type tableView struct {
	ID, Title, Purpose string
	Lines              []lineView
	Bars               template.HTML
	Caption            string
	Heads              []string
	Rows               []rowView
	Sum                *rowView
	Note               string // how parts and sums go together
	Hidden             string // names of what is not published, where the table does not list them
	Files              []link
}

type lineView struct {
	Title string
	SVG   template.HTML
}

type rowView struct {
	Name    string
	Figures []string
}

type link struct{ Href, Name string }

func (p Publication) sitePage(w words, g group, root string) (string, any) {
	first := g.tables[0]
	v := sitePage{
		Site: p.title(g.site, w.lang), Period: w.period(g.period), Lead: w.lead(g),
		Published: w.i18n.Day(g.day()), Release: g.number(),
		Days: w.i18n.Range(g.period.First(), g.period.Last()), Timezone: p.Timezone, Coverage: w.coverage(first.Release),
	}
	var tables []release.Envelope
	for _, e := range g.tables {
		tables = append(tables, e.table)
		if isDays(e.Release) {
			v.Sigma = w.dailySigma(e.Statistic())
			v.Coverage = w.coverage(e.Release)
		}
		v.Tables = append(v.Tables, w.table(e, root, p.stored))
	}
	v.Data = release.SchemaOrg(tables, p.stored, release.Page{Lang: w.lang, Root: root, Agency: p.Agency.In(w.lang)})
	return p.title(g.site, w.lang) + ": " + w.say("page.of", v.Period), v
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

// lead says what the period comes to, from the totals of the table by day.
func (w words) lead(g group) string {
	for _, e := range g.tables {
		totals := e.Totals()
		if !isDays(e.Release) || len(totals) < 2 {
			continue
		}
		period, measured := w.period(g.period), len(e.MeasuredDays())
		switch {
		case measured == 0:
			return w.say("lead.none", period)
		case measured < g.period.Days():
			return w.say("lead.part", period, w.figure(totals[0]), w.figure(totals[1]), measured)
		}
		return w.say("lead", period, w.figure(totals[0]), w.figure(totals[1]))
	}
	return w.say("coverage.unit")
}

// dailySigma returns the standard deviation of one day's noise.
func (w words) dailySigma(st *statistic.Statistic) string {
	return fmt.Sprintf("%.1f", release.StandardDeviation(st.Published[0].Sigma2))
}

func (w words) coverage(r release.Release) []string {
	measured := r.MeasuredDays()
	list := []string{w.say("coverage.unit"), w.say("coverage.days", len(measured), r.Period().Days())}
	var missing []statistic.Day
	for day := r.Period().First(); day <= r.Period().Last(); day++ {
		if !slices.Contains(measured, day) {
			missing = append(missing, day)
		}
	}
	for _, part := range []struct {
		key  string
		days []statistic.Day
	}{{"coverage.missing", missing}, {"coverage.imported", r.ImportedDays()}, {"coverage.noisier", r.NoisierDays()}} {
		if len(part.days) > 0 {
			list = append(list, w.say(part.key, w.days(part.days)))
		}
	}
	return append(list, w.say("coverage.not"))
}

func (w words) table(e edition, root string, files release.Files) tableView {
	r, st := e.Release, e.Statistic()
	v := tableView{ID: st.ID, Title: st.Title.In(w.lang), Purpose: st.Purpose.In(w.lang)}
	v.Caption = v.Title + w.say("caption.period", w.period(r.Period()))
	if isDays(r) {
		w.byDay(&v, r)
	} else {
		w.byKey(&v, r)
	}
	if erratum := e.table.Meta.Erratum; erratum != nil {
		v.Note = erratum.In(w.lang)
	}
	for _, f := range w.downloads() {
		at := "data/v1/" + r.Name() + "/" + f.name
		if _, ok := files[at]; ok {
			v.Files = append(v.Files, link{root + at, w.say(f.key)})
		}
	}
	return v
}

// A download is a file of a data set, and the key of its name.
type download struct{ name, key string }

func (w words) downloads() []download {
	readme := release.ReadmeEN
	if w.lang == "ja" {
		readme = release.ReadmeJA
	}
	return []download{
		{release.TableCSV, "download.csv"}, {release.TableExcel, "download.excel"}, {release.TableJSON, "download.json"},
		{release.TableParquet, "download.parquet"},
		{readme, "download.readme"}, {release.DataPackage, "download.package"},
		{release.ManifestOf, "download.manifest"}, {release.ManifestSig, "download.minisig"},
	}
}

// byDay fills in a line for each measure and one row for each day.
func (w words) byDay(v *tableView, r release.Release) {
	published := r.Statistic().Published
	v.Heads = []string{w.say("day")}
	sum := rowView{Name: w.say("day.sum")}
	for i, p := range published {
		name := w.measure(p.Measure)
		v.Heads = append(v.Heads, name)
		line := chart.Line{
			ID: fmt.Sprintf("%s-%d", v.ID, i), Title: w.say("chart.days", name), Desc: w.say("chart.days.desc", name), Band: true,
		}
		for _, f := range r.Figures() {
			if f.Measure == p.Measure {
				line.Points = append(line.Points, w.point(f))
			}
		}
		v.Lines = append(v.Lines, lineView{line.Title, line.SVG()})
		sum.Figures = append(sum.Figures, w.figure(r.Totals()[i]))
	}
	for i, f := range r.Figures() {
		if i%len(published) == 0 {
			v.Rows = append(v.Rows, rowView{Name: w.i18n.Day(f.Start)})
		}
		last := &v.Rows[len(v.Rows)-1]
		last.Figures = append(last.Figures, w.figure(f))
	}
	v.Sum, v.Note = &sum, w.say("sum.note")
}

// point draws the published figure with the range that is printed beside it.
func (w words) point(f release.Figure) chart.Point {
	point := chart.Point{Label: w.i18n.Short(f.Start)}
	if f.Status != release.Published {
		point.Words = w.figure(f)
		return point
	}
	point.Value = f.Value
	point.Low, point.High = f.Outer()
	return point
}

// mostHidden is how many unpublished rows a table lists one by one.
const mostHidden = 5

// byKey fills in a bar and a row for each published key, largest first, and says
// in words what is not published.
func (w words) byKey(v *tableView, r release.Release) {
	d := r.Statistic().Dimensions[0]
	v.Heads, v.Note = []string{w.i18n.Dimension(d), w.say("figure")}, w.say("parts")
	bars := chart.Bars{ID: v.ID + "-bars", Title: v.Title, Desc: w.say("chart.keys.desc", w.i18n.Dimension(d)), Range: true}
	shown, hidden := parted(r.Figures())
	for _, f := range shown {
		name := w.key(r, f)
		v.Rows = append(v.Rows, rowView{name, []string{w.figure(f)}})
		low, high := f.Outer()
		bars.Rows = append(bars.Rows, chart.Bar{Label: name, Value: f.Value, Low: low, High: high, Text: w.say("range", low, high)})
	}
	if len(bars.Rows) > 0 {
		v.Bars = bars.SVG()
	}
	if len(hidden) <= mostHidden {
		for _, f := range hidden {
			v.Rows = append(v.Rows, rowView{w.key(r, f), []string{w.figure(f)}})
		}
		return
	}
	w.rest(v, r, hidden)
}

// rest adds one row for each reason why figures are not published, and their names
// below the table.
func (w words) rest(v *tableView, r release.Release, hidden []release.Figure) {
	for _, status := range []release.Status{release.Small, release.Missing, release.Withdrawn} {
		var names []string
		for _, f := range hidden {
			if f.Status == status {
				names = append(names, w.key(r, f))
			}
		}
		if len(names) == 0 {
			continue
		}
		said := w.say("status." + string(status))
		v.Rows = append(v.Rows, rowView{w.say("rest", len(names)), []string{said}})
		v.Hidden += said + w.say("colon") + strings.Join(names, w.say("separator")) + w.say("stop")
	}
}

// parted returns the published figures, largest first, and the others.
func parted(figures []release.Figure) (shown, hidden []release.Figure) {
	for _, f := range figures {
		if f.Status == release.Published {
			shown = append(shown, f)
		} else {
			hidden = append(hidden, f)
		}
	}
	slices.SortStableFunc(shown, func(a, b release.Figure) int {
		return cmp.Or(cmp.Compare(b.Value, a.Value), slices.Compare(a.Keys, b.Keys))
	})
	return shown, hidden
}

// key returns the name of a figure's keys, and of its measure where there are
// several.
func (w words) key(r release.Release, f release.Figure) string {
	var names []string
	for i, d := range r.Statistic().Dimensions {
		names = append(names, w.i18n.Value(d, f.Keys[i]))
	}
	if len(r.Statistic().Published) > 1 {
		names = append(names, w.measure(f.Measure))
	}
	return strings.Join(names, " / ")
}
