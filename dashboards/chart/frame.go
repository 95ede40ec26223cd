package chart

import "strings"

// Sizes of a frame in pixels, and how much of a line is written, in halves of a square: what
// has room also in a broad font. A picture in a narrow page is shown smaller as a whole.
const (
	framePad  = 12
	frameLine = 20
	frameHead = 60
	frameFoot = 84
)

// frame writes head and foot and opens a drawing of its own between them.
func (d *drawing) frame(height int, head, foot []string) {
	d.put(`<rect width="100%%" height="100%%" class="chart-ground" fill="#FFFFFF"/>`)
	d.put(`<svg x="2%%" width="96%%" height="100%%">`)
	y := framePad
	for _, line := range head {
		y += frameLine
		d.put(`<text x="0" y="%d" class="chart-text" fill="#1A1A1A" font-size="15" font-weight="bold">%s</text>`, y-5, escaped(line))
	}
	inner := y + framePad/2
	y = inner + height + framePad/2
	for _, line := range foot {
		y += frameLine
		d.put(`<text x="0" y="%d" class="chart-text" fill="#1A1A1A" font-size="12">%s</text>`, y-5, escaped(line))
	}
	d.put(`<svg x="0" y="%d" width="100%%" height="%d" overflow="visible">`, inner, height)
	d.close = "</svg></svg></svg>"
}

func wrappedAll(texts []string) (lines []string) {
	for _, text := range texts {
		lines = append(lines, wrapped(text, frameFoot)...)
	}
	return lines
}

// wrapped breaks a text into lines: after spaces and, in Japanese, between letters, but
// neither within a word or a number nor before what cannot begin a line.
func wrapped(text string, cells int) (lines []string) {
	var line []rune
	used, cut := 0, 0 // cut: where the next line may begin
	for _, r := range text {
		if n := len(line); n > 0 && mayBegin(r, line[n-1]) {
			cut = n
		}
		line, used = append(line, r), used+wide(r)
		if used > cells && cut > 0 && r != ' ' {
			lines = append(lines, strings.TrimRight(string(line[:cut]), " "))
			line, used, cut = append([]rune(nil), line[cut:]...), 0, 0
			for _, l := range line {
				used += wide(l)
			}
		}
	}
	return append(lines, string(line))
}

// mayBegin reports whether a line may begin with r behind a letter.
func mayBegin(r, behind rune) bool {
	if r == ' ' || strings.ContainsRune("、。）」』〜ー：", r) || strings.ContainsRune("（「『", behind) {
		return false
	}
	return behind == ' ' || wide(r) == 2 || wide(behind) == 2
}

// wide returns how many halves of a square a letter takes.
func wide(r rune) int {
	if r >= 0x1100 {
		return 2
	}
	return 1
}
