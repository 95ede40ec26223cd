package chart_test

import (
	"encoding/xml"
	"flag"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"oboro/dashboards/chart"
)

var update = flag.Bool("update", false, "write the golden files")

const hostile = "</title><script>alert(1)</script>\"' onload=\x00\u202e&amp; =1+1"

func drawings() map[string]string {
	days := []chart.Point{
		{Label: "11/1", Value: 120, Low: 100, High: 140},
		{Label: "11/2", Value: 180, Low: 160, High: 200},
		{Label: "11/3", Words: "fewer than 10"},
		{Label: "11/4", Value: 90, Low: 70, High: 110},
		{Label: "11/5", Words: "not measured"},
		{Label: "11/6", Words: "not measured"},
		{Label: "11/7", Value: 1204, Low: 1180, High: 1228},
		{Label: "11/8", Value: 0, Low: 0, High: 20},
	}
	rows := []chart.Bar{
		{Label: "/menkyo/", Value: 12345, Low: 12200, High: 12500},
		{Label: "/とても長い名前のページ/とても長い名前のページ/とても長い名前のページ/", Value: 900, Low: 0, High: 1200},
		{Label: "/few/", Words: "fewer than 10"},
		{Label: "Other", Value: 300, Low: 200, High: 400, Folded: true},
	}
	all := map[string]string{
		"line.svg":         string(chart.Line{ID: "days", Title: "Visitors", Desc: "Visitors by day", Points: days}.SVG()),
		"line-band.svg":    string(chart.Line{ID: "band", Title: "Visitors", Desc: "With range", Points: days, Band: true}.SVG()),
		"line-empty.svg":   string(chart.Line{ID: "none", Title: "Visitors", Desc: "Nothing yet"}.SVG()),
		"line-gap.svg":     string(chart.Line{ID: "gap", Title: "Visitors", Desc: "All gap", Points: days[4:6]}.SVG()),
		"bars.svg":         string(chart.Bars{ID: "pages", Title: "Pages", Desc: "Views by page", Rows: rows}.SVG()),
		"bars-range.svg":   string(chart.Bars{ID: "range", Title: "Pages", Desc: "With range", Rows: rows, Range: true}.SVG()),
		"bars-empty.svg":   string(chart.Bars{ID: "empty", Title: "Pages", Desc: "Nothing yet"}.SVG()),
		"bars-hostile.svg": string(chart.Bars{ID: hostile, Title: hostile, Desc: hostile, Rows: []chart.Bar{{Label: hostile, Value: 1, Text: hostile}, {Label: "x", Words: hostile}}}.SVG()),
		"bars-frame.svg": string(chart.Bars{ID: "frame", Title: "Pages", Desc: "On its own", Rows: rows, Range: true, Frame: &chart.Frame{
			Head: "例示庁ウェブサイト: ページ（2026年10月）", Foot: []string{"Bars are published figures, whiskers their 95% ranges.", hostile}}}.SVG()),
		"line-frame.svg":   string(chart.Line{ID: "line-frame", Title: "Visitors", Desc: "On its own", Points: days, Band: true, Frame: &chart.Frame{Head: hostile}}.SVG()),
		"line-hostile.svg": string(chart.Line{ID: hostile, Title: hostile, Desc: hostile, Points: []chart.Point{{Label: hostile, Value: 1}, {Label: "x", Words: hostile}}}.SVG()),
	}
	return all
}

func TestGolden(t *testing.T) {
	for name, got := range drawings() {
		path := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(path, []byte(got+"\n"), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Errorf("%s: %v (write golden files with -update)", name, err)
			continue
		}
		if got+"\n" != string(want) {
			t.Errorf("%s differs from the golden file; look at both, then -update", name)
		}
	}
	files, err := filepath.Glob("testdata/*.svg")
	if err != nil || len(files) != len(drawings()) {
		t.Errorf("testdata holds %d drawings, want %d: none is left over or lost", len(files), len(drawings()))
	}
}

// Seen to fail when text() wrote words unescaped, and when escaped() kept control
// characters.
func TestDrawingsAreWellFormedAndInert(t *testing.T) {
	forbidden := regexp.MustCompile(`(?i)^(style|on.*|href|src)$`)
	for name, svg := range drawings() {
		dec := xml.NewDecoder(strings.NewReader(svg))
		var elements []string
		for {
			token, err := dec.Token()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Errorf("%s is not XML: %v", name, err)
				break
			}
			start, ok := token.(xml.StartElement)
			if !ok {
				continue
			}
			elements = append(elements, start.Name.Local)
			for _, attr := range start.Attr {
				if forbidden.MatchString(attr.Name.Local) {
					t.Errorf("%s: attribute %s on <%s>: a strict policy would block it", name, attr.Name.Local, start.Name.Local)
				}
			}
		}
		if slices.Contains(elements, "script") || slices.Contains(elements, "style") {
			t.Errorf("%s holds a script or a style", name)
		}
		if len(elements) < 3 || elements[0] != "svg" || elements[1] != "title" || elements[2] != "desc" {
			t.Errorf("%s begins with %v, want svg, title, desc", name, elements[:min(3, len(elements))])
		}
	}
}

// Seen to fail when measured() ran on across points without a value.
func TestNothingIsDrawnAcrossAGap(t *testing.T) {
	svg := drawings()["line.svg"]
	if got := strings.Count(svg, "<polyline"); got != 3 {
		t.Errorf("8 points with gaps at 3 and 5 to 6 are drawn as %d lines, want 3", got)
	}
	if got := strings.Count(svg, `<rect x="0" y=`); got != 2 {
		t.Errorf("%d keys for two kinds of gap, want 2", got)
	}
	for _, words := range []string{">fewer than 10<", ">not measured<"} {
		if !strings.Contains(svg, words) {
			t.Errorf("a gap is not said in words: %s is missing", words)
		}
	}
	if got := strings.Count(svg, "<circle"); got != 5 {
		t.Errorf("%d dots for 5 measured points", got)
	}
}

func TestFoldedIsHatched(t *testing.T) {
	svg := drawings()["bars.svg"]
	if got := strings.Count(svg, `fill="url(#pages-folded)"`); got != 1 {
		t.Errorf("%d hatched bars, want 1", got)
	}
	if !strings.Contains(svg, `id="pages-folded"`) {
		t.Error("the hatch is not declared")
	}
}

func TestRangeIsNeverABareNumber(t *testing.T) {
	svg := drawings()["bars-range.svg"]
	if strings.Contains(svg, ">12,345<") {
		t.Error("a bar with a range shows its value alone")
	}
	if got := strings.Count(svg, `class="chart-range"`); got != 3 {
		t.Errorf("%d whiskers for 3 bars with a value", got)
	}
}

// TestFramesBreakTheirLines was seen to fail when a line may begin with any letter, and when
// numbers are broken.
func TestFramesBreakTheirLines(t *testing.T) {
	tests := []struct {
		name, text string
		want       []string
	}{
		{"short", "短い。", []string{"短い。"}},
		{"between letters of Japanese", "あいうえおかきくけこ", []string{"あいうえお", "かきくけこ"}},
		{"no line begins with a stop", "あいうえお。かき", []string{"あいうえ", "お。かき"}},
		{"no line ends with an opening", "あいうえ「おかき」", []string{"あいうえ", "「おかき」"}},
		{"between words", "one two three four", []string{"one two", "three four"}},
		{"not within a number", "あい2026年11月10日", []string{"あい2026年", "11月10日"}},
		{"what has no place to break stays whole", "abcdefghijklmno p", []string{"abcdefghijklmno", "p"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := chart.Wrapped(tt.text, 10); !slices.Equal(got, tt.want) {
				t.Errorf("%q is broken into %q, want %q", tt.text, got, tt.want)
			}
		})
	}
}

func TestNiceTicks(t *testing.T) {
	tests := []struct {
		name    string
		highest int64
		want    []int64
	}{
		{"nothing still has an axis", 0, []int64{0, 1}},
		{"one", 1, []int64{0, 1}},
		{"five by ones", 5, []int64{0, 1, 2, 3, 4, 5}},
		{"six by twos", 6, []int64{0, 2, 4, 6}},
		{"odd ends above", 1204, []int64{0, 500, 1000, 1500}},
		{"a large one", 98765, []int64{0, 20000, 40000, 60000, 80000, 100000}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := chart.NiceTicks(tt.highest); !slices.Equal(got, tt.want) {
				t.Errorf("niceTicks(%d) = %v, want %v", tt.highest, got, tt.want)
			}
		})
	}
	for highest := int64(1); highest < 1e12; highest = highest*3 + 1 {
		ticks := chart.NiceTicks(highest)
		if last := ticks[len(ticks)-1]; last < highest || len(ticks) > 6 {
			t.Errorf("niceTicks(%d) = %v: it must hold the highest value in at most 6 ticks", highest, ticks)
		}
	}
}

func TestGroupedAndCut(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1005: "-1,005"} {
		if got := chart.Grouped(n); got != want {
			t.Errorf("grouped(%d) = %q, want %q", n, got, want)
		}
	}
	if got := chart.Cut(strings.Repeat("字", 200)); got != strings.Repeat("字", 28)+"…" {
		t.Errorf("a long label is cut to %q", got)
	}
	if got := chart.Identifier(`a"b<c d-1_é`); got != "a-b-c-d-1_-" {
		t.Errorf("identifier = %q", got)
	}
}
