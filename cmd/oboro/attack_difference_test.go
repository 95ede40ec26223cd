package main

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"oboro/aggregator/statistic"
	"oboro/collector/hit"
	"oboro/internal/attack"
)

// A printed figure is one row of a published table.
type printedFigure struct {
	statistic, measure, key string
	from, to                statistic.Day
	page                    bool // it is of a table by page
	value, measured         int64
}

// publishedFigures reads each table of each version below a published folder.
func publishedFigures(t *testing.T, folder string) (list []printedFigure) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(folder, "data/v1/*/*/*/*/table.csv"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(strings.NewReader(string(text))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		id := filepath.Base(filepath.Dir(filepath.Dir(filepath.Dir(path))))
		for _, row := range rows[1:] {
			if row[slices.Index(rows[0], "status")] == "F" {
				list = append(list, figureOf(t, id, rows[0], row))
			}
		}
	}
	return list
}

func figureOf(t *testing.T, id string, head, row []string) (f printedFigure) {
	t.Helper()
	f = printedFigure{statistic: id, page: slices.Contains(head, "page")}
	value := slices.Index(head, "value")
	for i := 2; i < value; i++ {
		if head[i] == "measure" {
			f.measure = row[i]
		} else {
			f.key += row[i] + " "
		}
	}
	var errs [4]error
	f.from, errs[0] = hit.ParseDay(row[0])
	f.to, errs[1] = hit.ParseDay(row[1])
	f.value, errs[2] = strconv.ParseInt(row[value], 10, 64)
	f.measured, errs[3] = strconv.ParseInt(row[slices.Index(head, "measured")], 10, 64)
	for _, err := range errs {
		if err != nil {
			t.Fatalf("%s: a row that cannot be read: %q", id, row)
		}
	}
	return f
}

// differences returns what the differences of published figures tell that no figure does: of
// each table and key, sums of other days than those of a figure. Figures by page are 110 at
// least, and tens.
func differences(figures []printedFigure) (found []string) {
	systems, told := map[string]*attack.System{}, map[string]bool{}
	for _, f := range figures {
		if f.page && (f.value < 110 || f.value%10 != 0) {
			found = append(found, fmt.Sprintf("%s prints %d", f.statistic, f.value))
		}
		table := f.statistic + " " + f.measure + " " + f.key
		var days []string
		for day := f.from; day <= f.to; day++ {
			days = append(days, day.String())
		}
		name := table + strings.Join(days, " ")
		if told[name] {
			continue // another version of the same
		}
		told[name] = true
		if systems[table] == nil {
			systems[table] = &attack.System{}
		}
		systems[table].Tell(f.measured, days...)
	}
	for table, s := range systems {
		for _, d := range s.Derive() {
			slices.Sort(d.Cells)
			if !told[table+strings.Join(d.Cells, " ")] {
				found = append(found, fmt.Sprintf("%s on %s", table, strings.Join(d.Cells, " ")))
			}
		}
	}
	return found
}

// TestAttackDifferencesOfPublishedFigures takes all files that are published of sixty days,
// versions of days that came late among them, as one system of linear equations of what was
// measured by day: nothing follows but what is printed, since no two periods of a table have some
// days in common, and others not.
//
// Mutants are told to the same reader: a report of the last seven days, of every day, one by
// the week beside that by the month, and two of a page. Of the pages, five are read by many, and thirty by as many
// as the noise may lift over the threshold or not. Seen to fail when none of the three guards keeps a site from being published by the week and by the
// month; when the threshold takes four standard deviations in place of 5.6, and when it is k; and when
// figures are not rounded to tens. Where the table of pages alone has a lower threshold, or is printed as
// measured, the publication is refused, since its folder would not verify; that fails here, too.
func TestAttackDifferencesOfPublishedFigures(t *testing.T) {
	var pages []string
	for _, page := range "abcde" {
		pages = append(pages, fmt.Sprintf("/page-%c/", page))
	}
	for page := range seldom {
		pages = append(pages, fmt.Sprintf("/seldom-%d/", page))
	}
	r := newRig(t, may(1, 12, 0).AddDate(0, 0, 70), map[string]string{
		"oboro.yaml": fmt.Sprintf("state_limit: 64MB\nsites: [{id: demo, hosts: [localhost], pages: [%s]}]\n", strings.Join(pages, ", ")),
	})
	r.imports(pagesLog(60, may(1, 8, 0), 40))
	r.printed(publishCommand{Out: "public"})
	r.imports(pagesLog(61, may(41, 8, 0), 20)) // behind what is published of June
	r.printed(publishCommand{Out: "public"})
	r.app.config.Publish.Every = "week"
	if err := r.do(publishCommand{Out: "public"}); err == nil {
		t.Error("what was published by the month is published by the week")
	}
	figures := publishedFigures(t, filepath.Join(r.app.config.dir, "public"))
	for _, found := range differences(figures) {
		t.Errorf("follows from what is published: %s", found)
	}
	versions, read := map[string]bool{}, 0
	for _, f := range figures {
		if f.page {
			read++
		}
		versions[fmt.Sprint(f.statistic, f.measure, f.key, f.from, f.to)] = true
	}
	if len(versions) < 130 || len(figures) <= len(versions) {
		t.Errorf("%d figures of %d periods are published: too few to say anything", len(figures), len(versions))
	}
	if read < 12 || read > 30 {
		t.Errorf("%d figures of pages are printed, want those of the five of May and June, and some of the thirty", read)
	}
	for name, days := range map[string]statistic.Day{"rolling": 1, "weekly": 7} {
		mutant := slices.Clone(figures)
		for from := figures[0].from; from < figures[0].from+50; from += days {
			mutant = append(mutant, printedFigure{statistic: "browsers", key: "chrome ", from: from, to: from + 6, value: 200, measured: 200})
		}
		if len(differences(mutant)) == 0 {
			t.Errorf("nothing is found where there is a %s report besides: this reader is a bad one", name)
		}
	}
	if i := slices.IndexFunc(figures, func(f printedFigure) bool { return f.page }); i >= 0 {
		few, week := figures[i], figures[i]
		few.value, week.to = 100, week.from+6
		for name, f := range map[string]printedFigure{"with 100": few, "by the week beside its month": week} {
			if len(differences(append(slices.Clone(figures), f))) == 0 {
				t.Errorf("a page %s is not found", name)
			}
		}
	}
}

// seldom is how many pages are looked at by three a day.
const seldom = 30

// pagesLog is logOf, with those that look at one of the seldom pages.
func pagesLog(seed uint64, from time.Time, days int) string {
	var b strings.Builder
	for day := range days {
		at := from.AddDate(0, 0, day)
		b.WriteString(logOf(seed+1000*uint64(day), at, 1, 900))
		for i := range 3 * seldom {
			fmt.Fprintf(&b, "133.201.%d.7 - - [%s] \"GET /seldom-%d/ HTTP/1.1\" 200 512 \"-\" \"%s\"\n", i,
				at.Add(6*time.Hour).Format("02/Jan/2006:15:04:05 -0700"), i%seldom, browsers[i%2])
		}
	}
	return b.String()
}

// imports imports the lines of a log.
func (r *rig) imports(lines string) {
	r.t.Helper()
	if err := r.do(importCommand{Site: "demo", Format: "combined", Files: []string{r.file("access.log", lines)}}); err != nil {
		r.t.Fatal(err)
	}
}
