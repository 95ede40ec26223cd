package chart

import (
	"fmt"
	"html"
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// width is what a drawing asks for where nothing says otherwise (in an <img>);
// in a page the style sheet gives it the width of its column.
const width = 640

// A sheet is what a drawing is made on.
type sheet struct {
	kind, id, title, desc string
	height                int
	frame                 *Frame
}

// A drawing is an SVG being written.
type drawing struct {
	id    string
	b     strings.Builder
	close string
}

func newDrawing(s sheet) *drawing {
	d := &drawing{id: identifier(s.id), close: "</svg>"}
	var head, foot []string
	total := s.height
	if s.frame != nil {
		head, foot = wrapped(s.frame.Head, frameHead), wrappedAll(s.frame.Foot)
		total += framePad*3 + frameLine*len(head) + frameLine*len(foot)
	}
	d.put(`<svg xmlns="http://www.w3.org/2000/svg" class="chart %[4]s" role="img" aria-labelledby="%[1]s-title" aria-describedby="%[1]s-desc"`+
		` width="%[2]d" height="%[3]d" font-family="sans-serif" font-size="13">`, d.id, width, total, s.kind)
	d.put(`<title id="%s-title">%s</title><desc id="%s-desc">%s</desc>`, d.id, escaped(s.title), d.id, escaped(s.desc))
	if s.frame != nil {
		d.frame(s.height, head, foot)
	}
	return d
}

func (d *drawing) end() string { return d.b.String() + d.close }

// put writes markup. What comes from elsewhere must be escaped by the caller.
func (d *drawing) put(format string, args ...any) { fmt.Fprintf(&d.b, format, args...) }

// text writes words that may come from anywhere. Its colour is the colour of the
// text around it, which forced colours replace.
func (d *drawing) text(x string, y int, anchor, class, words string) {
	d.put(`<text x="%s" y="%d" text-anchor="%s" class="%s" fill="currentColor">%s</text>`, x, y, anchor, class, escaped(words))
}

// hatch declares slanted lines to fill with.
func (d *drawing) hatch(name, class, colour string) {
	d.put(`<defs><pattern id="%s-%s" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">`+
		`<line x1="0" y1="0" x2="0" y2="6" class="%s" stroke="%s" stroke-width="3"/></pattern></defs>`, d.id, name, class, colour)
}

// identifier keeps letters, digits, "-" and "_".
func identifier(id string) string {
	return strings.Map(func(r rune) rune {
		if r == '-' || r == '_' || r < utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
			return r
		}
		return '-'
	}, id)
}

// escaped makes words safe in text and attributes of HTML and of XML, which has
// no place for control characters.
func escaped(words string) string {
	words = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == 0xFFFE || r == 0xFFFF {
			return unicode.ReplacementChar
		}
		return r
	}, strings.ToValidUTF8(words, string(unicode.ReplacementChar)))
	return html.EscapeString(words)
}

// mostCells is how much of a label is drawn, in halves of a square.
const mostCells = 56

// cut shortens a label to what has room on a wide screen.
func cut(label string) string {
	cells := 0
	for i, r := range label {
		cells += wide(r)
		if cells > mostCells {
			return label[:i] + "…"
		}
	}
	return label
}

// short writes a length with at most two decimals.
func short(v float64) string {
	return strconv.FormatFloat(math.Round(v*100)/100, 'f', -1, 64)
}

// grouped writes n with its thousands parted by commas.
func grouped(n int64) string {
	if n < 0 {
		return "-" + grouped(-n)
	}
	if n < 1000 {
		return strconv.FormatInt(n, 10)
	}
	return grouped(n/1000) + "," + fmt.Sprintf("%03d", n%1000)
}

// niceTicks returns the ticks of an axis that begins at 0 and holds highest: three to
// six of them, multiples of 1, 2 or 5 times a power of ten.
func niceTicks(highest int64) []int64 {
	highest = min(highest, 1<<60) // beyond, ticks would overflow
	step := int64(1)
	for i := 0; highest > step*5; i++ {
		step = niceSteps[i%3] * power(i/3)
	}
	ticks := []int64{0, step}
	for tick := step; tick < highest; {
		tick += step
		ticks = append(ticks, tick)
	}
	return ticks
}

var niceSteps = [3]int64{1, 2, 5}

func power(n int) int64 {
	p := int64(1)
	for range n {
		p *= 10
	}
	return p
}
