package public

import (
	"html/template"
	"strings"

	"oboro/aggregator/release"
	"oboro/aggregator/statistic"
	"oboro/dashboards/chart"
)

// A tableView is one statistic on a page: its sentence, its drawings and its table.
type tableView struct {
	ID, Title, Purpose string
	Finding            template.HTML
	Lines              []lineView
	Bars               template.HTML
	Caption            string
	Heads              []string
	Ranked, Compared   bool // whether rows have ranks, and words of change
	Rows               []rowView
	Sum                *rowView
	Note               string // how parts and sums go together
	Hidden             string // names of what is not published, where the table does not list them
	Files              []link
	Citation           string
	Embeds             []embedCode
}

type lineView struct {
	Title string
	SVG   template.HTML
}

type rowView struct {
	Rank, Name, Change string
	Figures            []template.HTML
}

// A folder is the published folder, as seen from a page: the way to its root, and the
// files it holds so far.
type folder struct {
	root  string
	files release.Files
}

func (w words) table(g group, e edition, in folder) tableView {
	r, st := e.Release, e.Statistic()
	v := tableView{ID: st.ID, Title: st.Title.In(w.lang), Purpose: st.Purpose.In(w.lang), Finding: w.finding(g, e)}
	v.Caption = v.Title + w.say("caption.period", w.period(r.Period()))
	if isDays(r) {
		w.byDay(&v, e)
	} else {
		w.byKey(&v, g, e)
	}
	if erratum := e.table.Meta.Erratum; erratum != nil {
		v.Note = erratum.In(w.lang)
	}
	for _, f := range w.downloads() {
		at := "data/v1/" + r.Name() + "/" + f.name
		if _, ok := in.files[at]; ok {
			v.Files = append(v.Files, link{in.root + at, w.say(f.key)})
		}
	}
	v.Citation = e.table.Meta.Citation.In(w.lang)
	return v
}

// A download is a file of a data set, and the key of its name.
type download struct{ name, key string }

func (w words) downloads() []download {
	return []download{
		{release.TableCSV, "download.csv"}, {release.TableExcel, "download.excel"}, {release.TableJSON, "download.json"},
		{release.TableParquet, "download.parquet"},
		{w.readme(), "download.readme"}, {release.DataPackage, "download.package"},
		{release.ManifestOf, "download.manifest"}, {release.ManifestSig, "download.minisig"},
	}
}

// readme returns the name of the description in this language.
func (w words) readme() string {
	if w.lang == "ja" {
		return release.ReadmeJA
	}
	return release.ReadmeEN
}

// byDay fills in a line for each measure and one row for each day.
func (w words) byDay(v *tableView, e edition) {
	published := e.Statistic().Published
	v.Heads = []string{w.say("day")}
	sum := rowView{Name: w.say("day.sum")}
	for i, p := range published {
		v.Heads = append(v.Heads, w.measure(p.Measure))
		sum.Figures = append(sum.Figures, w.mark(e, e.Totals()[i]))
	}
	for _, d := range w.drawings(e) {
		v.Lines = append(v.Lines, lineView{d.title, d.svg(nil)})
	}
	for i, f := range e.Figures() {
		if i%len(published) == 0 {
			v.Rows = append(v.Rows, rowView{Name: w.i18n.Day(f.Start)})
		}
		last := &v.Rows[len(v.Rows)-1]
		last.Figures = append(last.Figures, w.mark(e, f))
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

// How much of a table stands on its page; all of it is in the files.
const (
	mostHidden = 5   // unpublished rows that are listed one by one
	mostRows   = 100 // published rows
	mostBars   = 30  // of its chart
	mostNames  = 100 // of what is not published
)

// byKey fills in a bar and a row for each published key, largest first, and says
// in words what is not published.
func (w words) byKey(v *tableView, g group, e edition) {
	_, before := g.counterpart(e)
	v.Ranked, v.Compared = true, before
	v.Heads = []string{w.say("rank"), w.i18n.Dimension(e.Statistic().Dimensions[0]), w.counted(e.Statistic())}
	if v.Compared {
		v.Heads = append(v.Heads, w.say("change"))
	}
	v.Note = w.say("parts")
	if e.Summed() {
		v.Note = w.say("parts.pages")
	}
	for _, d := range w.drawings(e) {
		v.Bars += d.svg(nil)
	}
	figures := ranked(e.Figures())
	if len(figures) > mostBars {
		v.Note = w.say("bars.most", mostBars) + v.Note
	}
	if left := len(figures) - mostRows; left > 0 {
		v.Note = w.say("rows.more", left) + v.Note
	}
	for _, f := range figures[:min(len(figures), mostRows)] {
		v.Rows = append(v.Rows, rowView{
			Rank: w.rank(f.rank), Name: w.key(e.Release, f.Figure), Change: w.changeWord(g.compared(e, f.Figure)),
			Figures: []template.HTML{w.mark(e, f.Figure)},
		})
	}
	hidden := unpublished(e.Figures())
	if len(hidden) > mostHidden {
		w.rest(v, e, hidden)
		return
	}
	for _, f := range hidden {
		v.Rows = append(v.Rows, w.unranked(w.key(e.Release, f), w.mark(e, f)))
	}
}

// counted is the head of a table's figures: what they count, or, where rows say so, that they do.
func (w words) counted(st *statistic.Statistic) string {
	if len(st.Published) == 1 {
		return w.say("figure.of", w.measure(st.Published[0].Measure))
	}
	return w.say("figure")
}

// unranked is a row without a rank and without a change.
func (w words) unranked(name string, figure template.HTML) rowView {
	return rowView{Rank: w.rank(band{}), Name: name, Change: w.changeWord(comparison{}), Figures: []template.HTML{figure}}
}

// rest adds one row for each reason why figures are not published, and their names
// below the table.
func (w words) rest(v *tableView, e edition, hidden []release.Figure) {
	for _, status := range []release.Status{release.Small, release.Missing, release.Withdrawn} {
		var names []string
		for _, f := range hidden {
			if f.Status == status {
				names = append(names, w.key(e.Release, f))
			}
		}
		if len(names) == 0 {
			continue
		}
		said := w.say("status." + string(status))
		v.Rows = append(v.Rows, w.unranked(w.say("rest", len(names)), template.HTML(template.HTMLEscapeString(said))))
		list := strings.Join(names[:min(len(names), mostNames)], w.say("separator"))
		if left := len(names) - mostNames; left > 0 {
			list += w.say("finding.more", left)
		}
		v.Hidden += said + w.say("colon") + list + w.say("stop")
	}
}

func unpublished(figures []release.Figure) (hidden []release.Figure) {
	for _, f := range figures {
		if f.Status != release.Published {
			hidden = append(hidden, f)
		}
	}
	return hidden
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
