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
	lines, of := firstLines(head, whole)
	best := Guess{Format: byName("combined", zone), Of: of}
	second := 0
	taken := make([]bool, len(lines)) // by a format that is read from the beginning of a line
	var c Clock
	var l Line
	for _, n := range named {
		f, fits, comments := byName(n.name, zone), 0, 0
		for i, line := range lines {
			switch _, v := f.Read(line, &l, &c); v {
			case Fits:
				if f.form == nil || !taken[i] { // HAProxy's is looked for anywhere in a line
					fits++
				}
				taken[i] = true
			case Comment:
				comments++
			}
		}
		if f.reader == readW3C && (f.ways == Percents) != (n.name == "cloudfront") {
			continue
		}
		if fits > best.Fits || of == 0 && comments > 0 && best.Format.reader != readW3C {
			second, best.Format, best.Fits = best.Fits, f, fits
		} else {
			second = max(second, fits)
		}
	}
	best.Sure = of == 0 || best.Fits > second && 2*best.Fits >= of
	best.Format.Begin()
	return best
}

// firstLines returns the first lines, but for empty ones, and how many of them are no
// comments.
func firstLines(head []byte, whole bool) (lines [][]byte, of int) {
	if !whole {
		head = head[:bytes.LastIndexByte(head, '\n')+1]
	}
	for line := range bytes.SplitSeq(head, []byte{'\n'}) {
		if line = unbroken(line); len(line) == 0 {
			continue
		}
		if line[0] != '#' {
			of++
		}
		if lines = append(lines, line); of == mostGuessed {
			break
		}
	}
	return lines, of
}
