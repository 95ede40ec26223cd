package table

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"

	"oboro/aggregator/release"
	"oboro/aggregator/statistic"
)

// WriteText writes t aligned for a terminal, labels to the left and numbers to the
// right, and says below what is known of the periods without a row.
func WriteText(w io.Writer, t release.Table) error {
	st := t.Statistic()
	lines := [][]string{Columns(st)}
	for _, r := range t.Rows() {
		line := cells(st, r, visible)
		for i, m := range st.Measures {
			if _, shown := r.Count(m); !shown {
				line[1+len(r.Keys)+i] = "not shown"
			}
		}
		lines = append(lines, line)
	}
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "%s, %s, %s to %s (%ss, k = %d)\n\n", t.Site(), st.ID, t.From(), t.To(), Unit, t.K())
	align(out, lines, 1+len(dimensions(st)))
	if t.Rounded() && t.Statistic().Grain == statistic.Daily {
		fmt.Fprintf(out, "\nThe day is not over: visitors are rounded down to multiples of %d.\n", t.K())
	}
	remarks(out, t)
	return out.Flush()
}

func align(out io.Writer, lines [][]string, texts int) {
	widths := make([]int, len(lines[0]))
	for _, line := range lines {
		for i, cell := range line {
			widths[i] = max(widths[i], breadth(cell))
		}
	}
	for _, line := range lines {
		var b strings.Builder
		for i, cell := range line {
			space := strings.Repeat(" ", widths[i]-breadth(cell))
			switch {
			case i < texts:
				b.WriteString(cell + space + "  ")
			default:
				b.WriteString(space + cell + "  ")
			}
		}
		fmt.Fprintln(out, strings.TrimRight(b.String(), " "))
	}
}

// remarks says which periods have no row, and why; runs of days in one line.
func remarks(out io.Writer, t release.Table) {
	if t.Rounded() {
		return
	}
	words := map[release.State]string{
		release.Below:    "fewer than " + strconv.FormatInt(t.K(), 10) + " visitor-days" + orScattered(t),
		release.Unsealed: "not measured, or not sealed yet",
	}
	for _, first := range t.LeftOut() {
		fmt.Fprintf(out, "\nthe range cuts the week of %s: it is left out", first)
	}
	grain := t.Statistic().Grain
	var first, last statistic.Day
	var state release.State
	say := func() {
		text, ok := words[state]
		switch {
		case !ok:
		case first == last:
			fmt.Fprintf(out, "%s: %s\n", first, text)
		default:
			fmt.Fprintf(out, "%s to %s: %s\n", first, last, text)
		}
	}
	fmt.Fprintln(out)
	for _, day := range t.Periods() {
		if s := t.State(day); s != state {
			say()
			first, state = day, s
		}
		last = grain.End(day)
	}
	say()
}

// orScattered says what a week stands on besides that shows nothing.
func orScattered(t release.Table) string {
	if t.Statistic().Grain == statistic.Weekly {
		return ", or fewer than 3 on each of its days"
	}
	return ""
}

// visible keeps a label from moving the cursor or turning the text around.
func visible(label string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return unicode.ReplacementChar
		}
		return r
	}, label)
}

// breadth counts the columns that a text takes: two for a wide letter.
func breadth(text string) int {
	n := 0
	for _, r := range text {
		switch {
		case unicode.Is(unicode.Mn, r):
		case r >= 0x1100 && r <= 0x115f, r >= 0x2e80 && r <= 0xd7a3, r >= 0xf900 && r <= 0xfaff,
			r >= 0xfe30 && r <= 0xfe6f, r >= 0xff01 && r <= 0xff60, r >= 0x1f300 && r <= 0x1faff, r >= 0x20000 && r <= 0x3fffd:
			n += 2
		default:
			n++
		}
	}
	return n
}
