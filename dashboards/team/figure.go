package team

import (
	"html/template"
	"net/url"
	"slices"
	"strings"

	"oboro/aggregator/release"
	"oboro/aggregator/statistic"
	"oboro/dashboards/chart"
	"oboro/dashboards/i18n"
)

// A figure is a chart with its sentence, its table and its files.
type figure struct {
	T         *i18n.Texts
	ID, Title string
	Finding   string
	Empty     string // said instead of chart and table
	SVG       template.HTML
	Table     grid
	Open      bool // the table stands open
	Notes     []string
	More      string // address of the statistic's own page
	CSV, JSON string
	Headless  bool // the page's own heading is enough
}

// figure begins the figure of a table.
func (c chrome) figure(t release.Table, id string) figure {
	st := t.Statistic()
	p := period{t.From(), t.To()}.values()
	file := "/api/v1/sites/" + url.PathEscape(c.Site) + "/statistics/" + url.PathEscape(st.ID)
	f := figure{
		T: c.T, ID: id, Title: st.Title.In(c.Lang()),
		More: c.url("/statistics/"+st.ID, p),
		JSON: file + "?" + p.Encode(), CSV: file + ".csv?" + p.Encode(),
	}
	if t.Rounded() { // beside the same statistic's sealed days
		f.ID += "-today"
	}
	if weekly(t) {
		f.Notes = append(f.Notes, c.Say(i18n.WeeksNote))
	}
	var cut []string
	for _, first := range t.LeftOut() {
		cut = append(cut, c.Say(i18n.WeekOf, c.T.Day(first)))
	}
	if len(cut) > 0 && !t.Rounded() {
		f.Notes = append(f.Notes, c.Say(i18n.NoteCut, strings.Join(cut, c.T.Comma())))
	}
	if t.Imported() {
		f.Notes = append(f.Notes, c.Say(i18n.ImportedNote))
	}
	return f
}

// byDay draws measure m of a statistic without dimensions, day by day or week by week.
func (c chrome) byDay(t release.Table, m statistic.Measure, before *release.Table) figure {
	f := c.figure(t, t.Statistic().ID+"-"+m.String())
	title, finding := i18n.ByDayTitle, i18n.FindingDays
	if weekly(t) {
		title, finding = i18n.ByWeekTitle, i18n.FindingWeeks
	}
	f.Title = c.Say(title, c.T.Measure(m))
	counted := tallyOf(t)
	rows := t.Rows()
	if len(rows) == 0 && (weekly(t) || !counted.measured()) {
		f.Empty = c.empty(t)
		return f
	}
	if len(rows) == 0 {
		f.Empty = c.Say(i18n.EmptyDays) + c.T.Space() + counted.say(c.T, c.K)
		return f
	}
	sum := total(rows, m)
	f.Finding = c.Say(finding, c.T.Measure(m), sum, sum/int64(max(len(rows), 1)))
	if before != nil {
		f.Finding += c.T.Space() + c.compared(t, *before, m)
	}
	if !t.Rounded() && counted.below+counted.unsealed+counted.forgotten > 0 {
		f.Notes = append(f.Notes, counted.say(c.T, c.K))
	}
	line := chart.Line{ID: f.ID, Title: f.Title, Desc: f.Finding}
	f.Table = c.dayGrid(t)
	for _, d := range c.days(t) {
		point := chart.Point{Label: c.T.Short(d.day), Words: d.words}
		if d.words == "" {
			point.Value, _ = d.row.Count(m)
		}
		line.Points = append(line.Points, point)
	}
	f.SVG = line.SVG()
	return f
}

// A dayRow is a day with its row, or with why it has none.
type dayRow struct {
	day   statistic.Day
	row   release.Row
	words string
}

// days returns every period of t.
func (c chrome) days(t release.Table) []dayRow {
	rows := map[statistic.Day]release.Row{}
	for _, r := range t.Rows() {
		if r.Bucket() == r.Day.String() { // not of another grain
			rows[r.Day] = r
		}
	}
	var days []dayRow
	for _, day := range t.Periods() {
		d := dayRow{day: day}
		row, ok := rows[day]
		switch {
		case ok:
			d.row = row
		case t.State(day) == release.Below:
			d.words = c.Say(i18n.StateBelow, c.K)
		case t.State(day) == release.Forgotten:
			d.words = c.Say(i18n.StateForgotten)
		case t.State(day) == release.Cut:
			d.words = c.Say(i18n.StateCut)
		default:
			d.words = c.Say(i18n.StateUnsealed)
		}
		days = append(days, d)
	}
	return days
}

// compared says how t compares with the period before it, where both are whole.
func (c chrome) compared(t, before release.Table, m statistic.Measure) string {
	if !tallyOf(t).whole() || !tallyOf(before).whole() {
		return c.Say(i18n.FindingNotCompared)
	}
	sum := total(before.Rows(), m)
	return c.Say(i18n.FindingCompared, tallyDays(before), sum, change(c.T, total(t.Rows(), m), sum))
}

func tallyDays(t release.Table) int { return period{t.From(), t.To()}.days() }

// byHour draws measure m of a statistic by hour, added up over its days.
func (c chrome) byHour(t release.Table, m statistic.Measure) figure {
	f := c.figure(t, t.Statistic().ID)
	f.Title = c.Say(i18n.ByHourTitle, c.T.Measure(m))
	rows := t.Sum()
	if len(rows) == 0 {
		f.Empty = c.empty(t)
		return f
	}
	counts := map[string]int64{}
	var peak, latest string
	for _, r := range rows {
		n, shown := r.Count(m)
		if !shown || r.Hour == statistic.Other {
			continue
		}
		counts[r.Hour] = n
		if peak == "" || n > counts[peak] {
			peak = r.Hour
		}
		latest = max(latest, r.Hour)
	}
	f.Finding = c.Say(i18n.FindingHours, total(rows, m), c.T.Measure(m))
	if peak != "" {
		f.Finding = c.Say(i18n.FindingPeak, total(rows, m), c.T.Measure(m), c.T.Value(statistic.ByHour, peak), counts[peak])
	}
	line := chart.Line{ID: f.ID, Title: f.Title, Desc: f.Finding}
	for _, hour := range statistic.Values(statistic.ByHour) {
		n, ok := counts[hour]
		point := chart.Point{Label: c.T.Value(statistic.ByHour, hour), Value: n}
		switch {
		case t.Rounded() && hour > latest:
			point.Words = c.Say(i18n.HourAhead)
		case !ok && !t.Rounded():
			point.Words = c.Say(i18n.StateBelow, c.K)
		}
		line.Points = append(line.Points, point)
	}
	f.SVG = line.SVG()
	f.Table = c.valueGrid(t, rows, m, len(rows))
	return f
}

// byValue draws the most of a statistic's values as bars, and the merged rest.
func (c chrome) byValue(t release.Table, most, inTable int) figure {
	f := c.figure(t, t.Statistic().ID)
	m := leading(t)
	rows := rank(t.Sum(), m)
	if len(rows) == 0 {
		f.Empty = c.empty(t)
		return f
	}
	sum := total(rows, m)
	bars := chart.Bars{ID: f.ID, Title: f.Title}
	left := 0
	list := listing{most: most}
	for _, r := range rows {
		if !list.takes(r) {
			left++
			continue
		}
		bar := chart.Bar{Label: c.label(t, r), Folded: place(r) > 0}
		n, shown := r.Count(m)
		if bar.Value = n; !shown {
			bar.Words = c.Say(i18n.NotShown)
		}
		bars.Rows = append(bars.Rows, bar)
	}
	f.Finding = c.leads(t, rows, m, sum)
	if left > 0 {
		f.Notes = append(f.Notes, c.Say(i18n.TopNote, most, left))
	}
	bars.Desc = f.Finding
	f.SVG = bars.SVG()
	f.Table = c.valueGrid(t, rows, m, inTable)
	return f
}

// leads says which value is first, and what part of the whole it is.
func (c chrome) leads(t release.Table, rows []release.Row, m statistic.Measure, sum int64) string {
	first := rows[0]
	if place(first) > 0 {
		return c.Say(i18n.FindingAllFolded, c.K)
	}
	n, _ := first.Count(m)
	if !adds(t.Statistic(), m) || t.Rounded() {
		return c.Say(i18n.FindingFirst, c.label(t, first), c.T.Measure(m), n)
	}
	return c.Say(i18n.FindingTop, c.label(t, first), c.T.Inline(m), percent(c.T, n, sum), n)
}

// empty says why a table has no rows.
func (c chrome) empty(t release.Table) string {
	switch n := tallyOf(t); {
	case t.Rounded() && n.weekly:
		return c.Say(i18n.EmptyOpenWeek)
	case n.weekly && !n.measured():
		return c.Say(i18n.EmptyWeeks)
	case t.Rounded():
		return c.Say(i18n.EmptyToday, c.K)
	case n.measured():
		return c.Say(i18n.EmptyBelow, c.K)
	}
	return c.Say(i18n.EmptyUnmeasured)
}

// label names a row in one text.
func (c chrome) label(t release.Table, r release.Row) string {
	if t.Statistic().Crossed() {
		return strings.Join(c.headings(t, r), " × ")
	}
	return strings.Join(c.headings(t, r), " → ")
}

// headings returns the names of a row's values. Rows merged of all values have one, which says how many
// cells they stand for.
func (c chrome) headings(t release.Table, r release.Row) []string {
	if r.Merged > 0 && !slices.ContainsFunc(r.Keys, func(key string) bool { return key != statistic.Other }) {
		key := i18n.FoldedRow
		if weekly(t) {
			key = i18n.FoldedRowOfWeeks
		} else if t.From() != t.To() {
			key = i18n.FoldedRowOfDays
		}
		return []string{c.Say(key, r.Merged)}
	}
	var names []string
	keys := r.Keys
	for _, d := range t.Statistic().Dimensions {
		if d == statistic.ByHour {
			if r.Hour != "" {
				names = append(names, c.T.Value(d, r.Hour))
			}
			continue
		}
		names = append(names, c.T.Value(d, keys[0]))
		keys = keys[1:]
	}
	return names
}
