package release

import (
	"bytes"
	"html"
	"strconv"
	"strings"
)

// A page says of each figure for programs which one it is, in an element of its own: the
// table by the name of its data set, the row by measure, keys and days.
//
//	<data class="figure" value="4900" data-low="4800" data-high="5010" data-status="F"
//	  data-table="demo/devices/2026-10/1" data-measure="visitors" data-key="phone"
//	  data-start="2026-10-01" data-end="2026-10-31">
//
// value, data-low and data-high are those of the table; without status F value is empty and
// the others are not there.

// A shownFigure is a figure as a page has it.
type shownFigure struct{ measure, key, start, end string }

// figures returns what pages may say of a table: value, low, high and status of each row.
func (e Envelope) figures() map[shownFigure]string {
	figures := map[shownFigure]string{}
	add := func(r EnvelopeRow) {
		if len(r.Columns) < 2 {
			return
		}
		f := shownFigure{start: r.Columns[0], end: r.Columns[1]}
		keys := r.Columns[2:]
		if n := len(r.names); n > 0 && r.names[n-1] == "measure" {
			f.measure, keys = r.Columns[n-1], r.Columns[2:n-1]
		} else if len(e.Query.Measures) > 0 {
			f.measure = e.Query.Measures[0]
		}
		f.key = strings.Join(keys, " / ")
		figures[f] = shown(r)
	}
	for _, r := range e.Data {
		add(r)
	}
	for _, r := range e.Totals {
		add(r)
	}
	return figures
}

func shown(r EnvelopeRow) string {
	number := func(n *int64) string {
		if n == nil {
			return ""
		}
		return strconv.FormatInt(*n, 10)
	}
	return strings.Join([]string{string(r.Status), number(r.Value), number(r.Low), number(r.High)}, " ")
}

// marks compares every figure that the page says a table of with that table. The tables
// that were read stand in v.shown; a page is not made anew for those that stand.
func (v *verification) marks(name string, file []byte) {
	for {
		_, rest, found := bytes.Cut(file, []byte("<data"))
		if !found {
			return
		}
		tag, after, closed := bytes.Cut(rest, []byte(">"))
		if file = after; closed && bytes.Contains(tag, []byte("data-table=")) {
			v.mark(name, tag)
		}
	}
}

// mark compares one figure: the attributes of its element.
func (v *verification) mark(page string, tag []byte) {
	var table, status, value, low, high string
	var f shownFigure
	for {
		before, rest, found := bytes.Cut(tag, []byte(`="`))
		text, after, closed := bytes.Cut(rest, []byte(`"`))
		if !found || !closed {
			break
		}
		tag = after
		said := html.UnescapeString(string(text))
		switch name := before[bytes.LastIndexAny(before, " \t\r\n")+1:]; string(name) {
		case "data-table":
			table = said
		case "data-measure":
			f.measure = said
		case "data-key":
			f.key = said
		case "data-start":
			f.start = said
		case "data-end":
			f.end = said
		case "data-status":
			status = said
		case "value":
			value = said
		case "data-low":
			low = said
		case "data-high":
			high = said
		}
	}
	v.report.Figures++
	want, known := v.figuresOf(table)[f]
	if have := strings.Join([]string{status, value, low, high}, " "); !known || have != want {
		v.found(page, "shows %s %s of %s as %q, which %s does not say", f.key, f.start, table, have, TableJSON)
	}
}

// figuresOf returns the figures of a table. The few that pages ask for after each other are
// kept.
func (v *verification) figuresOf(table string) map[shownFigure]string {
	if figures, ok := v.shown[table]; ok {
		return figures
	}
	if _, there := v.tables[dataFolder+table]; !there {
		return nil
	}
	var e Envelope
	if len(v.shown) > mostShown {
		clear(v.shown)
	}
	if file := v.take(dataFolder + table + "/" + TableJSON); file != nil && e.decode(file) == nil {
		v.shown[table] = e.figures()
	}
	return v.shown[table]
}

// mostShown is how many tables are kept at once: those of a page with its period before.
const mostShown = 64
