package main

import (
	"bufio"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// The lines of a log are those that a split at its line breaks gives, however the file
// is read. Seen to fail when a line that the reader holds in part is taken for a whole
// one, when what was taken of the reader is not given up before it reads on, and when a
// line that is too long comes with its end.
func TestLinesOfALog(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	widths := []int{0, 1, 80, 230, 4000, longestLine - 2, longestLine - 1, longestLine, longestLine + 1, 3*longestLine + 5}
	for range 100 {
		var data strings.Builder
		var want []string
		for range r.IntN(40) {
			line := strings.Repeat(string(rune('a'+r.IntN(26))), widths[min(r.IntN(40), len(widths)-1)])
			end := []string{"\n", "\n", "\r\n", "\r\r\n"}[r.IntN(4)]
			data.WriteString(line + end)
			if len(line+end) > longestLine {
				line = ""
			}
			want = append(want, line)
		}
		if r.IntN(2) == 0 {
			data.WriteString("without a line break")
			want = append(want, "without a line break")
		}
		for name, file := range map[string]io.Reader{
			"whole":     strings.NewReader(data.String()),
			"by halves": iotest.HalfReader(strings.NewReader(data.String())),
			"with EOF":  iotest.DataErrReader(strings.NewReader(data.String())),
		} {
			f := &logFile{reader: bufio.NewReaderSize(file, longestLine)}
			var got []string
			for {
				if err := f.next(); err != nil {
					t.Fatal(err)
				}
				if f.line == nil {
					break
				}
				got = append(got, string(f.line))
			}
			if !slices.Equal(got, want) {
				t.Fatalf("%s: %d lines, want %d", name, len(got), len(want))
			}
		}
	}
}
