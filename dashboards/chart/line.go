package chart

import "slices"

// Sizes in pixels along y, which does not stretch.
const (
	lineTop    = 22  // room for the label of the highest tick
	linePlot   = 180 // of the plot
	lineLabels = 24  // of the labels of the x axis
	legendRow  = 22
)

// Above these numbers of points, dots and tooltips are left out.
const (
	mostDots     = 62
	mostTooltips = 100
)

func (l Line) draw() string {
	n := len(l.Points)
	said := l.words()
	height := lineTop + linePlot + lineLabels + legendRow*len(said)
	d := newDrawing(sheet{"chart-lines", l.ID, l.Title, l.Desc, height, l.Frame})
	if len(said) > 0 {
		d.hatch("gap", "chart-gap-lines", "#949494")
	}
	ticks := niceTicks(l.highest())
	l.grid(d, ticks)
	if n > 0 {
		top := ticks[len(ticks)-1]
		l.gaps(d)
		l.plot(d, top)
		l.dots(d, top)
		l.labels(d)
		l.tooltips(d)
	}
	for i, words := range said {
		y := lineTop + linePlot + lineLabels + legendRow*i
		d.put(`<rect x="0" y="%d" width="16" height="12" class="chart-gap chart-key" fill="url(#%s-gap)"/>`, y+4, d.id)
		d.text("24", y+15, "start", "chart-text chart-key", words)
	}
	return d.end()
}

// words returns what is said of the points without a value, each once.
func (l Line) words() []string {
	var said []string
	for _, p := range l.Points {
		if p.Words != "" && !slices.Contains(said, p.Words) {
			said = append(said, p.Words)
		}
	}
	return said
}

func (l Line) highest() int64 {
	var highest int64
	for _, p := range l.Points {
		if p.Words != "" {
			continue
		}
		highest = max(highest, p.Value)
		if l.Band {
			highest = max(highest, p.High)
		}
	}
	return highest
}

func (l Line) grid(d *drawing, ticks []int64) {
	top := ticks[len(ticks)-1]
	for i, tick := range ticks {
		y := lineTop + linePlot - height(tick, top)
		class, colour := "chart-grid", "#D8D8DB"
		if i == 0 {
			class, colour = "chart-axis", "#767676"
		}
		d.put(`<line x1="0" y1="%s" x2="100%%" y2="%s" class="%s" stroke="%s"/>`, short(y), short(y), class, colour)
		d.text("0", int(y)-5, "start", "chart-text chart-tick", grouped(tick))
	}
}

// height returns how high value stands above the x axis.
func height(value, top int64) float64 { return float64(max(value, 0)) / float64(top) * linePlot }

// runs returns the first and last index of each run of points for which same holds
// between neighbours, and of which the first is wanted.
func (l Line) runs(wanted func(p Point) bool, same func(a, b Point) bool) [][2]int {
	var runs [][2]int
	for i := 0; i < len(l.Points); i++ {
		if !wanted(l.Points[i]) {
			continue
		}
		first := i
		for i+1 < len(l.Points) && same(l.Points[i], l.Points[i+1]) {
			i++
		}
		runs = append(runs, [2]int{first, i})
	}
	return runs
}

func (l Line) measured() [][2]int {
	return l.runs(
		func(p Point) bool { return p.Words == "" },
		func(_, next Point) bool { return next.Words == "" })
}

// gaps shades the points that have no value. Nothing is drawn across them.
func (l Line) gaps(d *drawing) {
	gaps := l.runs(
		func(p Point) bool { return p.Words != "" },
		func(a, b Point) bool { return a.Words == b.Words })
	n := float64(len(l.Points))
	for _, g := range gaps {
		d.put(`<rect x="%s%%" y="%d" width="%s%%" height="%d" class="chart-gap" fill="url(#%s-gap)"/>`,
			short(float64(g[0])/n*100), lineTop, short(float64(g[1]-g[0]+1)/n*100), linePlot, d.id)
	}
}

// plot draws band and line in a drawing of its own, whose x axis stretches with
// the width: one unit a point.
func (l Line) plot(d *drawing, top int64) {
	d.put(`<svg x="0" y="%d" width="100%%" height="%d" viewBox="0 0 %d %d" preserveAspectRatio="none" overflow="visible">`,
		lineTop, linePlot, len(l.Points), linePlot)
	at := func(i int, value int64) string {
		return short(float64(i)+0.5) + "," + short(linePlot-height(value, top)) + " "
	}
	runs := l.measured()
	for _, r := range runs {
		if l.Band {
			var edge string
			for i := r[0]; i <= r[1]; i++ {
				edge += at(i, l.Points[i].High)
			}
			for i := r[1]; i >= r[0]; i-- {
				edge += at(i, l.Points[i].Low)
			}
			d.put(`<polygon points="%s" class="chart-band" fill="#C5D7FB" stroke="#4979F5" vector-effect="non-scaling-stroke"/>`, edge)
		}
	}
	for _, r := range runs {
		var points string
		for i := r[0]; i <= r[1]; i++ {
			points += at(i, l.Points[i].Value)
		}
		d.put(`<polyline points="%s" class="chart-line" fill="none" stroke="#0031D8" stroke-width="2" stroke-linejoin="round" vector-effect="non-scaling-stroke"/>`, points)
	}
	d.put(`</svg>`)
}

// dots marks the points; without them a point between two gaps would not be seen.
func (l Line) dots(d *drawing, top int64) {
	for _, r := range l.measured() {
		if len(l.Points) > mostDots && r[0] != r[1] {
			continue
		}
		for i := r[0]; i <= r[1]; i++ {
			d.put(`<circle cx="%s%%" cy="%s" r="3" class="chart-dot" fill="#0031D8"/>`,
				l.middle(i), short(lineTop+linePlot-height(l.Points[i].Value, top)))
		}
	}
}

// middle returns where point i stands, in hundredths of the width.
func (l Line) middle(i int) string {
	return short((float64(i) + 0.5) / float64(len(l.Points)) * 100)
}

// labels names at most four points, away from the edges, so that the names have
// room at 320 pixels.
func (l Line) labels(d *drawing) {
	n := len(l.Points)
	step := labelStep(n)
	named := n / step
	first := (n - 1 - (named-1)*step) / 2
	for i := range named {
		at := first + i*step
		d.text(l.middle(at)+"%", lineTop+linePlot+17, "middle", "chart-text", l.Points[at].Label)
	}
}

// labelStep returns a step that parts n points into three or four even groups,
// where there is one.
func labelStep(n int) int {
	least := (n + 3) / 4
	for step := least; step <= n/3; step++ {
		if n%step == 0 {
			return step
		}
	}
	return least
}

// tooltips are what a pointer finds; the table has the same for everyone.
func (l Line) tooltips(d *drawing) {
	n := len(l.Points)
	if n > mostTooltips {
		return
	}
	width := short(100 / float64(n))
	for i, p := range l.Points {
		words := p.Words
		if words == "" {
			words = grouped(p.Value)
			if l.Band {
				words += " (" + grouped(p.Low) + "–" + grouped(p.High) + ")"
			}
		}
		d.put(`<rect x="%s%%" y="%d" width="%s%%" height="%d" class="chart-touch" fill="none" pointer-events="all"><title>%s</title></rect>`,
			short(float64(i)/float64(n)*100), lineTop, width, linePlot, escaped(p.Label+": "+words))
	}
}
