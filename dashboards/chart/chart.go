// Package chart draws tables as SVG.
//
// It is pure: the same values give the same bytes. A drawing holds no script, no
// style attribute and no address of another host, so that it passes a policy of
// "default-src 'none'"; colours are presentation attributes, which a style sheet
// replaces through the classes. Lengths along x are parts of the width and text
// keeps its size, so that a drawing is as legible at 320 pixels as at 1280. A
// drawing never stands alone: whoever shows it puts the table beside it, or gives it
// a [Frame] that says where its table is.
package chart

import "html/template"

// A Point is one value along the x axis.
type Point struct {
	Label            string
	Value, Low, High int64  // Low and High: the range of Value
	Words            string // not empty: there is no value, and this is said instead
}

// A Line is a line chart. Its y axis begins at 0.
type Line struct {
	ID     string // unique on the page
	Title  string
	Desc   string
	Points []Point
	Band   bool   // draw Low to High behind the line
	Frame  *Frame // not nil: the drawing stands alone
}

// A Bar is one bar of a bar chart.
type Bar struct {
	Label            string
	Value, Low, High int64
	Text             string // written beside the bar; empty: the value
	Folded           bool   // stands for several merged cells: hatched
	Words            string // not empty: there is no value, and this is said instead
}

// Bars is a chart of horizontal bars.
type Bars struct {
	ID    string // unique on the page
	Title string
	Desc  string
	Rows  []Bar
	Range bool   // whiskers from Low to High
	Frame *Frame // not nil: the drawing stands alone
}

// A Frame is what a drawing says itself where no page around it does: in a picture that
// somebody else shows. It has a ground of its own there, since the page's is not known.
type Frame struct {
	Head string
	Foot []string
}

// SVG returns the drawing.
func (l Line) SVG() template.HTML { return template.HTML(l.draw()) }

// SVG returns the drawing.
func (b Bars) SVG() template.HTML { return template.HTML(b.draw()) }
