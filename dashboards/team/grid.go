package team

import (
	"cmp"
	"slices"

	"oboro/aggregator/release"
	"oboro/aggregator/statistic"
	"oboro/dashboards/i18n"
)

// A grid is a table as it is shown.
type grid struct {
	Caption string
	Head    []string // the first heads the rows, or the first two, the others head numbers
	Two     bool     // rows have two headings: a page and the next one
	Rows    []gridRow
	Notes   []string
}

// A gridRow is one line. Words, where not empty, stand for all its cells.
type gridRow struct {
	Label  string
	Second string // the other heading, where there are two and the row is not merged
	Cells  []gridCell
	Words  string
	Span   int
	Folded bool
}

// A gridCell is a number, or words where there is none.
type gridCell struct {
	Text  string
	Words bool
}

// Numeric reports whether the i-th column is one of numbers.
func (g grid) Numeric(i int) bool { return i > 1 || i == 1 && !g.Two }

// dayGrid lists the days of a statistic without dimensions, the latest first.
func (c chrome) dayGrid(t release.Table) grid {
	measures := columns(t)
	first := i18n.ColumnDay
	if weekly(t) {
		first = i18n.ColumnWeek
	}
	g := grid{Caption: c.caption(t), Head: append([]string{c.Say(first)}, c.heads(measures)...)}
	for _, d := range c.days(t) {
		row := gridRow{Label: c.T.Day(d.day), Words: d.words, Span: len(measures)}
		if d.words == "" {
			row.Cells = c.cells(t, d.row, measures)
		}
		g.Rows = append(g.Rows, row)
	}
	slices.Reverse(g.Rows)
	return g
}

// valueGrid lists at most most values, and always those that stand for a rest.
func (c chrome) valueGrid(t release.Table, rows []release.Row, m statistic.Measure, most int) grid {
	st := t.Statistic()
	measures := columns(t)
	g := grid{Caption: c.caption(t), Two: len(st.Dimensions) == 2}
	for _, d := range st.Dimensions {
		g.Head = append(g.Head, c.T.Dimension(d))
	}
	g.Head = append(g.Head, c.heads(measures)...)
	share := adds(st, m) && !t.Rounded()
	if share {
		g.Head = append(g.Head, c.Say(i18n.ColumnShare, c.T.Measure(m)))
	}
	if slices.Contains(st.Dimensions, statistic.ByHour) {
		rows = slices.Clone(rows)
		slices.SortStableFunc(rows, func(a, b release.Row) int {
			return cmp.Or(cmp.Compare(place(a), place(b)), cmp.Compare(a.Hour, b.Hour))
		})
	}
	sum := total(rows, m)
	left := 0
	hidden := false
	list := listing{most: most}
	for _, r := range rows {
		if !list.takes(r) {
			left++
			continue
		}
		names := c.headings(t, r)
		row := gridRow{Label: names[0], Cells: c.cells(t, r, measures), Folded: place(r) > 0}
		if len(names) > 1 {
			row.Second = names[1]
		}
		for _, cell := range row.Cells {
			hidden = hidden || cell.Words
		}
		if n, _ := r.Count(m); share {
			row.Cells = append(row.Cells, gridCell{Text: percent(c.T, n, sum)})
		}
		g.Rows = append(g.Rows, row)
	}
	if left > 0 {
		g.Notes = append(g.Notes, c.Say(i18n.LeftNote, left))
	}
	if hidden && !t.Rounded() {
		g.Notes = append(g.Notes, c.Say(i18n.HiddenNote))
	}
	if !adds(st, statistic.Visitors) {
		g.Notes = append(g.Notes, c.Say(i18n.OverlapNote))
	}
	return g
}

// columns returns the measures that some row may show. Today's tables show others
// than sealed ones. How long pages were read is left out where nothing was told of it: a
// 0 would be wrong of an imported log, which cannot know.
func columns(t release.Table) []statistic.Measure {
	var shown []statistic.Measure
	if !t.Rounded() {
		for _, m := range t.Statistic().Measures {
			if m != statistic.Seconds || total(t.Rows(), m) > 0 {
				shown = append(shown, m)
			}
		}
		return shown
	}
	for _, m := range []statistic.Measure{statistic.Visitors, statistic.Views, statistic.Hits} {
		if slices.ContainsFunc(t.Rows(), func(r release.Row) bool { _, ok := r.Count(m); return ok }) {
			shown = append(shown, m)
		}
	}
	return shown
}

func (c chrome) heads(measures []statistic.Measure) []string {
	var heads []string
	for _, m := range measures {
		heads = append(heads, c.T.Measure(m))
	}
	return heads
}

func (c chrome) cells(t release.Table, r release.Row, measures []statistic.Measure) []gridCell {
	var cells []gridCell
	for _, m := range measures {
		n, shown := r.Count(m)
		switch {
		case !shown:
			cells = append(cells, gridCell{Text: c.Say(i18n.NotShown), Words: true})
		case t.Rounded() && m == statistic.Visitors && n == 0:
			cells = append(cells, gridCell{Text: c.Say(i18n.StateBelow, c.K), Words: true})
		default:
			cells = append(cells, gridCell{Text: c.T.Number(n)})
		}
	}
	return cells
}

func (c chrome) caption(t release.Table) string {
	return c.Say(i18n.TableCaption, t.Statistic().Title.In(c.Lang()), c.T.Range(t.From(), t.To()))
}
