package public

import (
	"cmp"
	"html/template"
	"slices"

	"oboro/aggregator/release"
	"oboro/aggregator/statistic"
)

// lead says what the period comes to, from the totals of the table by day.
func (w words) lead(g group) template.HTML {
	for _, e := range g.tables {
		totals := e.Totals()
		if !isDays(e.Release) || len(totals) < 2 {
			continue
		}
		period, measured := markup(w.period(g.period)), len(e.MeasuredDays())
		switch {
		case e.withdrawn():
			return w.html("lead.withdrawn", period)
		case measured == 0:
			return w.html("lead.none", period)
		case measured < g.period.Days():
			return w.html("lead.part", period, w.mark(e, totals[0]), w.mark(e, totals[1]), measured)
		}
		return w.html("lead", period, w.mark(e, totals[0]), w.mark(e, totals[1]))
	}
	return w.html("coverage.unit")
}

// A comparison is a figure beside that of the period before.
type comparison struct {
	difference
	ok bool // whether there are two figures to compare
}

// counterpart returns the same table of the period before.
func (g group) counterpart(e edition) (edition, bool) {
	i := slices.IndexFunc(g.before, func(b edition) bool { return b.Statistic().ID == e.Statistic().ID })
	if i < 0 || e.withdrawn() || g.before[i].withdrawn() {
		return edition{}, false
	}
	return g.before[i], true
}

// compared holds a sum over the period against that over the period before. Sums are
// compared only where all days of both were measured: otherwise they differ because of
// the days.
func (g group) compared(e edition, now release.Figure) comparison {
	old, ok := g.counterpart(e)
	if !ok || now.Status != release.Published || !e.measuredWhole() || !old.measuredWhole() {
		return comparison{}
	}
	for _, before := range append(old.Figures(), old.Totals()...) {
		sum := before.Start == old.Period().First() && before.End == old.Period().Last()
		if !sum || before.Status != release.Published || before.Measure != now.Measure || !slices.Equal(before.Keys, now.Keys) {
			continue
		}
		then, since := old.sigma2(before.Measure), e.sigma2(now.Measure)
		if then == nil || since == nil {
			return comparison{}
		}
		return comparison{between(estimate{before.Measured, then}, estimate{now.Measured, since}), true}
	}
	return comparison{}
}

// changeOf says what may be said of a sum against the period before: nothing where there
// is none.
func (w words) changeOf(g group, e edition, f release.Figure) template.HTML {
	old, ok := g.counterpart(e)
	if !ok || f.Status != release.Published {
		return ""
	}
	before := markup(w.period(old.Period()))
	if !e.measuredWhole() || !old.measuredWhole() {
		return w.html("change.part", before)
	}
	c, name := g.compared(e, f), markup(w.measure(f.Measure))
	if !isDays(e.Release) {
		name = template.HTML(template.HTMLEscapeString(w.key(e.Release, f)))
	}
	var said template.HTML
	switch {
	case !c.ok:
		return ""
	case c.direction == rose:
		said = w.html("change.rose", before, c.value, c.low, c.high, name)
	case c.direction == fell:
		said = w.html("change.fell", before, c.value, c.low, c.high, name)
	default:
		said = w.html("change.untold", before, name)
	}
	if now, then := e.Period().Days(), old.Period().Days(); now != then && isDays(e.Release) {
		said += w.html("change.lengths", now, then)
	}
	return said
}

// changeWord says the same in a cell of a table.
func (w words) changeWord(c comparison) string {
	if !c.ok {
		return w.say("change.word.none")
	}
	return w.say([]string{"change.word.untold", "change.word.rose", "change.word.fell"}[c.direction])
}

// finding says the one thing that a table shows, with its range.
func (w words) finding(g group, e edition) template.HTML {
	switch {
	case e.withdrawn():
		return w.html("finding.withdrawn")
	case len(e.MeasuredDays()) == 0:
		return w.html("finding.none")
	case isDays(e.Release):
		return w.findingOfDays(e)
	}
	said := w.findingOfKeys(e)
	if top := tops(e); len(top) == 1 {
		said += w.changeOf(g, e, top[0])
	}
	return said
}

// findingOfDays says between which figures the days lie. It names no day: which of two
// had more, ranges may not tell.
func (w words) findingOfDays(e edition) template.HTML {
	m := e.Statistic().Published[0].Measure
	var days []release.Figure
	for _, f := range e.Figures() {
		if f.Measure == m && f.Status == release.Published {
			days = append(days, f)
		}
	}
	byMeasured := func(a, b release.Figure) int { return cmp.Compare(a.Measured, b.Measured) }
	if len(days) == 0 {
		return w.html("finding.none")
	}
	least, most := slices.MinFunc(days, byMeasured), slices.MaxFunc(days, byMeasured)
	said := w.html("finding.day", w.measure(m), w.mark(e, most))
	if len(days) > 1 {
		said = w.html("finding.days", w.measure(m), w.mark(e, least), w.mark(e, most))
	}
	if missing := e.Period().Days() - len(e.MeasuredDays()); missing > 0 {
		said += w.html("finding.gaps", missing)
	}
	return said
}

// mostNamed is how many items that share the first rank are named.
const mostNamed = 3

// tops returns the published items that may be the largest: one, or several whose
// ranges overlap.
func tops(e edition) []release.Figure {
	var top []release.Figure
	m := e.Statistic().Published[0].Measure
	for _, r := range ranked(e.Figures()) {
		if r.Measure == m && r.rank.best == 1 {
			top = append(top, r.Figure)
		}
	}
	return top
}

// findingOfKeys names the largest item, or says that it cannot be told.
func (w words) findingOfKeys(e edition) template.HTML {
	top := tops(e)
	if len(top) == 0 {
		return w.html("finding.small")
	}
	named := func(f release.Figure) template.HTML { return w.html("finding.item", w.key(e.Release, f), w.mark(e, f)) }
	if len(top) == 1 {
		return w.html("finding.top", named(top[0]))
	}
	var names template.HTML
	for i, f := range top[:min(len(top), mostNamed)] {
		if i > 0 {
			names += w.html("separator")
		}
		names += named(f)
	}
	if left := len(top) - mostNamed; left > 0 {
		names += w.html("finding.more", left)
	}
	return w.html("finding.joint", names)
}

// A rankedFigure is a published figure with the ranks that it may have.
type rankedFigure struct {
	release.Figure
	rank band // none: what is left over
}

// ranked returns the published figures by measure, the largest first, with their ranks
// among those of their measure. What is left over comes last.
func ranked(figures []release.Figure) []rankedFigure {
	var list []rankedFigure
	spans := map[statistic.Measure][]span{}
	for _, f := range figures {
		if f.Status == release.Published {
			list = append(list, rankedFigure{Figure: f})
		}
	}
	slices.SortStableFunc(list, func(a, b rankedFigure) int {
		return cmp.Or(cmp.Compare(a.Measure, b.Measure), cmp.Compare(last(a), last(b)), cmp.Compare(b.Value, a.Value), slices.Compare(a.Keys, b.Keys))
	})
	for _, f := range list {
		if !isRest(f.Keys) {
			spans[f.Measure] = append(spans[f.Measure], span{f.Low, f.High})
		}
	}
	next := map[statistic.Measure][]band{}
	for m, s := range spans {
		next[m] = bands(s)
	}
	for i, f := range list {
		if !isRest(f.Keys) {
			list[i].rank, next[f.Measure] = next[f.Measure][0], next[f.Measure][1:]
		}
	}
	return list
}

// last sorts what is left over behind all others.
func last(f rankedFigure) int {
	if isRest(f.Keys) {
		return 1
	}
	return 0
}

// rank returns ranks in words: 1, 1〜2, or that there are none.
func (w words) rank(b band) string {
	switch {
	case b == band{}:
		return w.say("rank.none")
	case b.alone():
		return w.say("rank.one", b.best)
	}
	return w.say("rank.joint", b.best, b.worst)
}
