package chart

// Sizes of a bar in pixels: its words stand above it, so that long ones have room
// on a narrow screen.
const (
	barRow    = 42
	barText   = 15
	barTop    = 22
	barHeight = 12
)

func (b Bars) draw() string {
	d := newDrawing(sheet{"chart-bars", b.ID, b.Title, b.Desc, max(barRow*len(b.Rows), 1), b.Frame})
	for _, r := range b.Rows {
		if r.Folded {
			d.hatch("folded", "chart-folded-lines", "#0031D8")
			break
		}
	}
	top := b.highest()
	for i, r := range b.Rows {
		b.row(d, r, barRow*i, top)
	}
	return d.end()
}

func (b Bars) highest() int64 {
	highest := int64(1)
	for _, r := range b.Rows {
		if r.Words == "" {
			highest = max(highest, r.Value, b.high(r))
		}
	}
	return highest
}

func (b Bars) high(r Bar) int64 {
	if b.Range {
		return r.High
	}
	return 0
}

func (b Bars) row(d *drawing, r Bar, y int, top int64) {
	// The label is clipped by a drawing of its own, in parts of the width.
	d.put(`<svg x="0" y="%d" width="72%%" height="%d"><g>`, y, barTop)
	d.text("0", barText, "start", "chart-text", cut(r.Label))
	d.put(`</g></svg>`)
	d.text("100%", y+barText, "end", "chart-text chart-value", b.said(r))
	if r.Words != "" {
		return
	}
	d.put(`<rect x="0" y="%d" width="100%%" height="%d" class="chart-track" fill="#F2F2F2"/>`, y+barTop, barHeight)
	part := func(v int64) string { return short(float64(max(v, 0)) / float64(top) * 100) }
	if r.Folded {
		d.put(`<rect x="0" y="%d" width="%s%%" height="%d" class="chart-folded" fill="url(#%s-folded)" stroke="#0031D8"/>`,
			y+barTop, part(r.Value), barHeight, d.id)
	} else {
		d.put(`<rect x="0" y="%d" width="%s%%" height="%d" class="chart-bar" fill="#0031D8"/>`, y+barTop, part(r.Value), barHeight)
	}
	if b.Range {
		whisker(d, part(r.Low), part(r.High), y+barTop+barHeight/2)
	}
}

// said returns what stands beside the bar.
func (b Bars) said(r Bar) string {
	switch {
	case r.Words != "":
		return r.Words
	case r.Text != "":
		return r.Text
	case b.Range: // never a bare number where there is a range
		return grouped(r.Low) + "–" + grouped(r.High)
	}
	return grouped(r.Value)
}

func whisker(d *drawing, low, high string, y int) {
	d.put(`<g class="chart-range" stroke="#1A1A1A" stroke-width="2">`)
	d.put(`<line x1="%s%%" y1="%d" x2="%s%%" y2="%d"/>`, low, y, high, y)
	for _, x := range []string{low, high} {
		d.put(`<line x1="%s%%" y1="%d" x2="%s%%" y2="%d"/>`, x, y-5, x, y+5)
	}
	d.put(`</g>`)
}
