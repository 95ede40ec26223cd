package public

import (
	"fmt"
	"html/template"

	"oboro/aggregator/release"
	"oboro/dashboards/chart"
)

// A drawing is a chart of a table. It stands on the table's page, and, in a frame with
// words of its own, on those of others.
type drawing struct {
	id, title string
	svg       func(frame *chart.Frame) template.HTML
}

// drawings returns the charts of a table: a line for each measure by day, or bars for
// the published keys, where there are any.
func (w words) drawings(e edition) []drawing {
	if isDays(e.Release) {
		return w.lines(e)
	}
	if bars := w.bars(e); len(bars.Rows) > 0 {
		return []drawing{drawingOf(bars)}
	}
	return nil
}

// embedded returns the charts of a table for pages of others. Where it has none it is one that
// says so: what was copied from the page of an earlier period leads there.
func (w words) embedded(e edition) []drawing {
	if list := w.drawings(e); len(list) > 0 || isDays(e.Release) {
		return list
	}
	bars := w.bars(e)
	bars.Rows = []chart.Bar{{Words: w.say("embed.none")}}
	return []drawing{drawingOf(bars)}
}

func drawingOf(bars chart.Bars) drawing {
	return drawing{bars.ID, bars.Title, func(f *chart.Frame) template.HTML { bars.Frame = f; return bars.SVG() }}
}

func (w words) bars(e edition) chart.Bars {
	st := e.Statistic()
	d := st.Dimensions[0]
	bars := chart.Bars{ID: st.ID, Title: st.Title.In(w.code()), Desc: w.say("chart.keys.desc", w.i18n.Dimension(d)), Range: true}
	figures := ranked(e.Figures())
	for _, f := range figures[:min(len(figures), mostBars)] {
		low, high := f.Outer()
		bars.Rows = append(bars.Rows, chart.Bar{Label: w.key(e.Release, f.Figure), Value: f.Value, Low: low, High: high, Text: w.say("range", low, high)})
	}
	return bars
}

func (w words) lines(e edition) (list []drawing) {
	for _, p := range e.Statistic().Published {
		name := w.measure(p.Measure)
		line := chart.Line{
			ID: e.Statistic().ID + "-" + release.PublicName(p.Measure), Title: w.say("chart.days", name), Desc: w.say("chart.days.desc", name), Band: true,
		}
		for _, f := range e.Figures() {
			if f.Measure == p.Measure {
				line.Points = append(line.Points, w.point(f))
			}
		}
		list = append(list, drawing{line.ID, line.Title, func(f *chart.Frame) template.HTML { line.Frame = f; return line.SVG() }})
	}
	return list
}

// An embedPage is a chart of the newest period for a frame in somebody else's page.
type embedPage struct {
	Title, Said string
	Finding     template.HTML
	SVG         template.HTML
	Source      string
	Page        string // the way to the page of the period
}

// An embedCode is what somebody copies to show a chart: a picture, or a frame.
type embedCode struct{ Title, Image, Frame string }

// embedCodes returns what to copy for each chart of a table of the site with that title. It
// names no period, since the chart will be of later ones. The folder does not know its own
// address, so the reader has to write it.
func (w words) embedCodes(e edition, site string) (list []embedCode) {
	for _, d := range w.drawings(e) {
		at := w.say("embed.address") + embedPath(e, d, w.lang)
		alt := template.HTMLEscapeString(site + w.say("colon") + d.title)
		list = append(list, embedCode{
			Title: d.title,
			Image: fmt.Sprintf(`<img src="%s.svg" alt="%s">`, at, alt),
			Frame: fmt.Sprintf(`<iframe src="%s.html" title="%s" width="640" height="480"></iframe>`, at, alt),
		})
	}
	return list
}

// embedPath is the place of a chart, without what its file's name ends in.
func embedPath(e edition, d drawing, lang string) string {
	return "embed/" + e.Site() + "/" + d.id + "." + lang
}

// embeds adds the charts of the newest period of each site, for pages of others.
func (p Publication) embeds(files map[string][]byte, groups []group) error {
	return ofGroups(files, groups, func(g group) bool { return g.newest }, func(files map[string][]byte, g group) error {
		for _, e := range g.tables {
			for _, lang := range []string{"ja", "en"} {
				if err := p.embed(files, g, e, wordsOf(lang)); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

func (p Publication) embed(files map[string][]byte, g group, e edition, w words) error {
	source := w.say("embed.source", p.Agency.In(w.lang), e.ReleaseName(), w.i18n.Day(e.day))
	finding := w.finding(g, e)
	for _, d := range w.embedded(e) {
		at := embedPath(e, d, w.lang)
		title := p.title(g.site, w.lang) + w.say("colon") + d.title + w.say("caption.period", w.period(g.period))
		legend := w.say("chart.keys.legend")
		if isDays(e.Release) {
			legend = w.say("chart.legend")
		}
		files[at+".svg"] = []byte(d.svg(&chart.Frame{Head: title, Foot: []string{legend, w.say("embed.noise"), source}}) + "\n")
		v := page{words: w, Lang: w.lang, Title: title, Agency: p.Agency.In(w.lang), Root: "../../", Style: stylePath, Body: embedPage{
			Title: title, Said: legend, Finding: finding, SVG: d.svg(nil), Source: source, Page: "../../" + under(w.lang) + g.page(),
		}}
		if err := v.render(files, "embed", at+".html"); err != nil {
			return err
		}
	}
	return nil
}
