package table_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"oboro/aggregator/release"
	"oboro/aggregator/statistic"
	"oboro/dashboards/table"
)

var update = flag.Bool("update", false, "write the golden files")

const first = statistic.Day(20775) // 2026-11-18

func find(t *testing.T, id string) *statistic.Statistic {
	t.Helper()
	c, err := statistic.Built(nil)
	if err != nil {
		t.Fatal(err)
	}
	st, ok := c.Find(id)
	if !ok {
		t.Fatalf("the catalogue has no %s", id)
	}
	return st
}

func count(visitors, views int64) statistic.Counts {
	var c statistic.Counts
	c[statistic.Visitors], c[statistic.Reach], c[statistic.Views] = visitors, visitors*3, views
	return c
}

// pages is a table of four days: two shown, one below k, one not measured.
func pages(t *testing.T) release.Table {
	t.Helper()
	sealed := []release.Sealed{
		{Period: first, Cells: []release.Folded{
			{Keys: []string{"/"}, Counts: count(120, 300)},
			{Keys: []string{"/防犯/"}, Counts: count(14, 20)},
			{Keys: []string{statistic.Other}, Counts: count(31, 44), Merged: 27},
		}},
		{Period: first + 1},
		{Period: first + 2, Cells: []release.Folded{{Keys: []string{"/"}, Counts: count(90, 100)}}},
	}
	return release.Policy{K: 10}.OfSealed(find(t, "pages"), "demo", first, first+3, sealed)
}

// nextPages is a table of two keys.
func nextPages(t *testing.T) release.Table {
	t.Helper()
	c, err := statistic.Built(nil, []byte(`- id: next-pages
  title: {ja: 次のページ, en: Next pages}
  purpose: {ja: 次のページを知る。, en: See next pages.}
  dimensions: [page, next]
  measures: [visitors]
  grain: day
  retention: 25
  reach: 10
  audience: team
`))
	if err != nil {
		t.Fatal(err)
	}
	st, _ := c.Find("next-pages")
	return release.Policy{K: 10}.OfSealed(st, "demo", first, first, []release.Sealed{{Period: first, Cells: []release.Folded{
		{Keys: []string{"/", "/防犯/"}, Counts: count(60, 0)},
		{Keys: []string{"/防犯/", "/"}, Counts: count(12, 0)},
		{Keys: []string{statistic.Other, statistic.Other}, Counts: count(0, 0), Merged: 5},
	}}})
}

func traffic(t *testing.T) release.Table {
	t.Helper()
	cells := func(yield func([]string, statistic.Counts) bool) {
		_ = yield([]string{"09"}, count(27, 61)) && yield([]string{"10"}, count(4, 5))
	}
	return release.Policy{K: 10}.OfToday(find(t, "traffic"), "demo", first, cells)
}

func TestGolden(t *testing.T) {
	write := map[string]func(b *bytes.Buffer) error{
		"pages.json": func(b *bytes.Buffer) error {
			return table.WriteJSON(b, pages(t), map[string]int64{"bot": 27, "late": 9})
		},
		"pages.csv":       func(b *bytes.Buffer) error { return table.WriteCSV(b, pages(t)) },
		"pages.txt":       func(b *bytes.Buffer) error { return table.WriteText(b, pages(t)) },
		"next-pages.json": func(b *bytes.Buffer) error { return table.WriteJSON(b, nextPages(t), nil) },
		"next-pages.csv":  func(b *bytes.Buffer) error { return table.WriteCSV(b, nextPages(t)) },
		"next-pages.txt":  func(b *bytes.Buffer) error { return table.WriteText(b, nextPages(t)) },
		"traffic.json":    func(b *bytes.Buffer) error { return table.WriteJSON(b, traffic(t), nil) },
		"traffic.csv":     func(b *bytes.Buffer) error { return table.WriteCSV(b, traffic(t)) },
		"traffic.txt":     func(b *bytes.Buffer) error { return table.WriteText(b, traffic(t)) },
	}
	for name, to := range write {
		var got bytes.Buffer
		if err := to(&got); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatalf("%v (write golden files with -update)", err)
		}
		if got.String() != string(want) {
			t.Errorf("%s is now\n%s\nwant\n%s", name, got.String(), want)
		}
	}
}

// Seen to fail when object() took Row.Counts instead of Row.Count, and when CSV did.
func TestWhatMayNotBeShownIsNull(t *testing.T) {
	var b bytes.Buffer
	if err := table.WriteJSON(&b, pages(t), nil); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Unit string
		K    int64
		Data []map[string]any
	}
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	other := got.Data[2]
	if visitors, present := other["visitors"]; !present || visitors != nil {
		t.Errorf("(other) of overlapping cells has visitors %v (present: %v), want null", visitors, present)
	}
	if other["folded"] != 27.0 || got.Data[0]["folded"] != 0.0 {
		t.Errorf("folded is %v and %v, want 27 and 0", other["folded"], got.Data[0]["folded"])
	}
	if got.Unit != "visitor-day" || got.K != 10 {
		t.Errorf("unit %q, k %d", got.Unit, got.K)
	}
	b.Reset()
	if err := table.WriteCSV(&b, pages(t)); err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(&b).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(lines[3], ","); got != "2026-11-18,(other),,44,0,0,0,0,27" {
		t.Errorf("the line of (other) is %q: visitors must be empty", got)
	}
}

// Seen to fail when Rounded returned the meters as they are.
func TestMetersAreRounded(t *testing.T) {
	got := table.Rounded(map[string]int64{"bot": 27, "late": 9}, 10)
	if got["bot"] != 20 || got["late"] != 0 || len(got) != 2 {
		t.Errorf("meters 27 and 9 are shown as %v, want 20 and 0", got)
	}
	if got := table.Rounded(map[string]int64{"bot": 27}, 0); got["bot"] != 0 {
		t.Errorf("without k, a meter shows %d", got["bot"])
	}
}

// Seen to fail when cells() did not pass labels through Harmless.
func TestSpreadsheetsTakeNoLabelForAFormula(t *testing.T) {
	labels := []string{`=HYPERLINK("http://x")`, "+1", "-1", "@SUM(A1)", "\tx", "/fine"}
	var cells []release.Folded
	for _, label := range labels {
		cells = append(cells, release.Folded{Keys: []string{label}, Counts: count(50, 50)})
	}
	t1 := release.Policy{K: 10}.OfSealed(find(t, "pages"), "demo", first, first, []release.Sealed{{Period: first, Cells: cells}})
	var b bytes.Buffer
	if err := table.WriteCSV(&b, t1); err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(&b).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(lines) != 1+len(labels) {
		t.Fatalf("%d lines, want %d", len(lines), 1+len(labels))
	}
	for _, line := range lines {
		for _, cell := range line {
			if cell != "" && strings.ContainsRune("=+-@\t", rune(cell[0])) {
				t.Errorf("the cell %q begins as a formula does", cell)
			}
		}
	}
}

// Seen to fail when align() wrote labels as they are.
func TestTextCannotMoveTheCursor(t *testing.T) {
	cells := []release.Folded{{Keys: []string{"/a\x1b[2J\u202eb"}, Counts: count(50, 50)}}
	t1 := release.Policy{K: 10}.OfSealed(find(t, "pages"), "demo", first, first, []release.Sealed{{Period: first, Cells: cells}})
	var b bytes.Buffer
	if err := table.WriteText(&b, t1); err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(b.String(), "\x1b\u202e") {
		t.Errorf("a label reaches the terminal unchecked: %q", b.String())
	}
}
