package demo_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/netip"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"oboro/cmd/oboro/demo"
)

const (
	seed = 7
	site = "http://localhost:8083"
)

var tokyo = time.FixedZone("JST", 9*60*60)

// days returns midnights in Tokyo, from Monday, 19 October 2026.
func days(n int) []time.Time {
	var list []time.Time
	for i := range n {
		list = append(list, time.Date(2026, 10, 19+i, 0, 0, 0, 0, tokyo))
	}
	return list
}

// Seen to fail when Day seeds from the clock.
func TestSameSeedSameDay(t *testing.T) {
	midnight := days(1)[0]
	if !reflect.DeepEqual(demo.Day(seed, midnight), demo.Day(seed, midnight)) {
		t.Error("Day returns other visits for the same seed and day")
	}
	if reflect.DeepEqual(demo.Day(seed, midnight), demo.Day(seed+1, midnight)) {
		t.Error("Day returns the same visits for another seed")
	}
	if reflect.DeepEqual(demo.Day(seed, midnight), demo.Day(seed, midnight.AddDate(0, 0, 7))) {
		t.Error("Day returns the same visits for another day")
	}
}

// Seen to fail when a weekend is as busy as a weekday, and when second visits
// come from another address.
func TestVisitorsOfADay(t *testing.T) {
	for _, midnight := range days(35) {
		least, most := 300, 450
		if w := midnight.Weekday(); w == time.Saturday || w == time.Sunday {
			least, most = 130, 210
		}
		people := map[[2]string]bool{}
		for _, v := range demo.Day(seed, midnight) {
			if !v.Robot {
				people[[2]string{v.Address, v.Agent}] = true
			}
		}
		if n := len(people); n < least || n > most {
			t.Errorf("%s has %d visitors, want %d to %d", midnight.Format(time.DateOnly), n, least, most)
		}
	}
}

// Seen to fail when views does not stop at midnight, and when it goes on to
// seven views.
func TestVisitsStayInTheirDay(t *testing.T) {
	for _, midnight := range days(35) {
		end := midnight.AddDate(0, 0, 1)
		for _, v := range demo.Day(seed, midnight) {
			if len(v.Views) == 0 || !v.Robot && len(v.Views) > 6 {
				t.Fatalf("a visit has %d views, want 1 to 6", len(v.Views))
			}
			last := midnight
			for _, view := range v.Views {
				if view.At.Before(last) || !view.At.Before(end) {
					t.Fatalf("a view at %v is out of order or out of its day %v", view.At, midnight)
				}
				last = view.At
			}
		}
	}
}

// Seen to fail when next leads to a page of the other tree.
func TestPagesOfTheSite(t *testing.T) {
	declared, broken := demo.Pages(), demo.Broken()
	seen := map[string]int{}
	for _, midnight := range days(35) {
		for _, v := range demo.Day(seed, midnight) {
			for _, view := range v.Views {
				seen[view.Path]++
				want := declared
				if view.Status == 404 {
					want = broken
				}
				if !slices.Contains(want, view.Path) {
					t.Errorf("a view of %s answered %d is of no page of the site", view.Path, view.Status)
				}
			}
		}
	}
	for _, path := range slices.Concat(declared, broken) {
		if seen[path] == 0 {
			t.Errorf("nobody asked for %s in five weeks", path)
		}
	}
	if seen["/"] < 2*seen["/jobs"] {
		t.Errorf("the home page has %d views and /jobs %d, want a steeper curve", seen["/"], seen["/jobs"])
	}
}

// TestShares holds the mix that the reports of the demo are to show. Seen to fail
// when every second visitor comes twice, and when no link says anything.
func TestShares(t *testing.T) {
	var all, phones, direct, linked, english, foreign, objecting, twice, single int
	people := map[string]int{}
	japan := []string{"153.", "114.1", "60.", "180.", "106.", "27.", "14.", "126.", "221.", "240", "118."}
	for _, midnight := range days(35) {
		for _, v := range demo.Day(seed, midnight) {
			if v.Robot {
				continue
			}
			all++
			phones += count(strings.Contains(v.Agent, "Mobi") && !strings.Contains(v.Agent, "iPad"))
			direct += count(v.Views[0].Referrer == "")
			linked += count(strings.HasPrefix(v.Views[0].Link, "?utm_source="))
			english += count(strings.HasPrefix(v.Views[0].Path, "/en"))
			foreign += count(!slices.ContainsFunc(japan, func(p string) bool { return strings.HasPrefix(v.Address, p) }))
			objecting += count(v.Objects)
			single += count(len(v.Views) == 1)
			if people[v.Address+v.Agent]++; people[v.Address+v.Agent] == 2 {
				twice++
			}
		}
	}
	for _, tt := range []struct {
		name        string
		got         int
		least, most int // in a hundred
	}{
		{"on phones", phones, 55, 65},
		{"without a referrer", direct, 35, 45},
		{"by a link that says something", linked, 5, 15},
		{"in English", english, 8, 25},
		{"from abroad", foreign, 5, 15},
		{"objecting", objecting, 1, 5},
		{"of one view", single, 40, 55},
		{"for the second time", twice, 5, 15},
	} {
		if share := 100 * tt.got / all; share < tt.least || share > tt.most {
			t.Errorf("visits %s: %d in 100, want %d to %d", tt.name, share, tt.least, tt.most)
		}
	}
}

func count(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

var combined = regexp.MustCompile(`^(\S+) - - \[(\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4})\] ` +
	`"GET (/\S*) HTTP/1\.1" (200|404) \d+ "(-|https?://[^" ]+)" "([^"]+)"$`)

// Seen to fail when the lines of a day are not sorted, and when the referrer of a
// page of the site is written as its path.
func TestLogIsCombined(t *testing.T) {
	log := demo.Log(seed, site, days(3)...)
	var lines int
	var last time.Time
	for s := bufio.NewScanner(log); s.Scan(); lines++ {
		m := combined.FindStringSubmatch(s.Text())
		if m == nil {
			t.Fatalf("line %d is not combined format: %s", lines, s.Text())
		}
		if _, err := netip.ParseAddr(m[1]); err != nil {
			t.Errorf("line %d begins with %s, which is no address", lines, m[1])
		}
		at, err := time.Parse("02/Jan/2006:15:04:05 -0700", m[2])
		if err != nil || at.Before(last) {
			t.Errorf("line %d is of %s, before the line above it", lines, m[2])
		}
		last = at
	}
	if want := views(days(3)); lines != len(want) || lines < 3*500 {
		t.Errorf("the log of three days has %d lines, want %d, and some hundreds a day", lines, len(want))
	}
}

// views returns the live reports of views.
func views(days []time.Time) []demo.Report {
	var list []demo.Report
	for _, d := range days {
		for _, r := range demo.Live(seed, d, site) {
			if r.Seconds == 0 {
				list = append(list, r)
			}
		}
	}
	return list
}

// TestReadingFollowsItsView: each report of reading comes after the view of its page and
// before the visitor's next one, within the day, and is no longer than the time since.
// Nobody reads who objects or is a robot, and most views are read. Seen to fail when
// the reports are not sorted, when reading goes on over the next view, when it does over
// midnight, and when those who object tell it.
func TestReadingFollowsItsView(t *testing.T) {
	var all, read int
	for _, midnight := range days(70) {
		last := map[string]demo.Report{}
		var at time.Time
		for _, r := range demo.Live(seed, midnight, site) {
			if r.At.Before(at) || !r.At.Before(midnight.AddDate(0, 0, 1)) {
				t.Fatalf("a report at %v is out of order or of its day", r.At)
			}
			at = r.At
			who := r.Address + r.Agent
			if all++; r.Seconds == 0 {
				last[who] = r
				continue
			}
			read++
			view := last[who]
			if r.Objects || view.URL != r.URL || view.Status != 200 || r.At.Sub(view.At) != time.Duration(r.Seconds)*time.Second || r.Seconds > 1800 {
				t.Fatalf("%s is read for %d seconds at %v, after the view of %s at %v", r.URL, r.Seconds, r.At, view.URL, view.At)
			}
		}
	}
	if share := 100 * read / all; share < 40 || share > 50 {
		t.Errorf("%d in 100 reports are of reading, want 40 to 50", share)
	}
}

// TestLogAndLiveAgree holds that a day shows the same, whichever way it came.
func TestLogAndLiveAgree(t *testing.T) {
	text, err := io.ReadAll(demo.Log(seed, site, days(2)...))
	if err != nil {
		t.Fatalf("read the log: %v", err)
	}
	live := views(days(2))
	for i, line := range bytes.Split(bytes.TrimSpace(text), []byte("\n")) {
		r := live[i]
		want := fmt.Sprintf("%s - - [%s] \"GET %s HTTP/1.1\" %d ", r.Address,
			r.At.Format("02/Jan/2006:15:04:05 -0700"), strings.TrimPrefix(r.URL, site), r.Status)
		if !bytes.HasPrefix(line, []byte(want)) {
			t.Fatalf("line %d is %s, want it to begin %s", i, line, want)
		}
	}
}
