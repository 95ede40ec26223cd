package logline

import (
	"bytes"
	"time"
)

// mostGuessed is how many lines a guess is made by.
const mostGuessed = 100

// A Guess says what format the first lines of a log are of, and how sure that is.
type Guess struct {
	Format *Format
	Fits   int  // lines that fit it
	Of     int  // lines that were looked at
	Sure   bool // at least half of them fit it, and fewer any other; or there are none
}

// Guesses looks at the first lines of a log. Whole is whether head ends where a line does.
func Guesses(head []byte, whole bool, zone *time.Location) Guess {
	lines, comments := firstLines(head, whole)
	best := Guess{Format: byName("combined", zone), Of: len(lines), Sure: true}
	if comments && len(lines) == 0 {
		best.Format = byName("w3c", zone)
	}
	var c Clock
	var l Line
	second := 0
	for _, n := range named {
		f, fits := byName(n.name, zone), 0
		for line := range bytes.SplitSeq(head, []byte{'\n'}) {
			if f.reader == readW3C && len(line) > 0 && line[0] == '#' {
				f.Read(line, &l, &c)
			}
		}
		if f.reader == readW3C && (f.ways == Percents) != (n.name == "cloudfront") {
			continue
		}
		for _, line := range lines {
			if _, v := f.Read(line, &l, &c); v == Fits {
				fits++
			}
		}
		switch {
		case fits > best.Fits:
			second = best.Fits
			best.Format, best.Fits = f, fits
		case fits > second:
			second = fits
		}
	}
	best.Sure = best.Of == 0 || best.Fits > second && 2*best.Fits >= best.Of
	best.Format.Begin()
	return best
}

// firstLines returns the first lines that are neither empty nor comments, and whether
// there are comments.
func firstLines(head []byte, whole bool) (lines [][]byte, comments bool) {
	if !whole {
		head = head[:bytes.LastIndexByte(head, '\n')+1]
	}
	for line := range bytes.SplitSeq(head, []byte{'\n'}) {
		line = unbroken(line)
		switch {
		case len(line) == 0:
		case line[0] == '#':
			comments = true
		case len(lines) < mostGuessed:
			lines = append(lines, line)
		}
	}
	return lines, comments
}
