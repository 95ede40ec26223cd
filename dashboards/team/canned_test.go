package team_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"oboro/aggregator/release"
	"oboro/aggregator/statistic"
	"oboro/dashboards/team"
	"oboro/internal/audit"
)

// today is a Sunday; the canned days before it are sealed.
const today = statistic.Day(20779) // 2026-11-22

// canned yields tables made of invented counts by the same functions of release
// that the program uses.
type canned struct {
	catalogue *statistic.Catalogue
	sealed    func(st *statistic.Statistic, day statistic.Day) (release.Sealed, bool)
	open      func(st *statistic.Statistic) map[string]statistic.Counts
	broken    bool
}

var policy = release.Policy{K: 10}

func (c canned) find(id string) *statistic.Statistic {
	for _, st := range c.catalogue.All() {
		if st.ID == id {
			return st
		}
	}
	return nil
}

func (c canned) Table(_ context.Context, site, id string, from, to statistic.Day) (release.Table, error) {
	if c.broken {
		return release.Table{}, errors.New("read cells: the disk is gone")
	}
	st := c.find(id)
	var sealed []release.Sealed
	for day := from; day <= to && c.sealed != nil; day++ {
		if s, ok := c.sealed(st, day); ok {
			sealed = append(sealed, s)
		}
	}
	return policy.OfSealed(st, site, from, to, sealed), nil
}

func (c canned) Today(_ context.Context, site, id string) (release.Table, error) {
	if c.broken {
		return release.Table{}, errors.New("read cells: the disk is gone")
	}
	st := c.find(id)
	var cells map[string]statistic.Counts
	if c.open != nil {
		cells = c.open(st)
	}
	return policy.OfToday(st, site, today, seq(st, cells)), nil
}

func seq(st *statistic.Statistic, cells map[string]statistic.Counts) iter.Seq2[[]string, statistic.Counts] {
	return func(yield func([]string, statistic.Counts) bool) {
		for key, counts := range cells {
			if !yield(keysOf(st, key), counts) {
				return
			}
		}
	}
}

// values are the invented values of each statistic, the most used first.
var values = map[string][]string{
	"pages": {"/", "/menkyo/koushin/", "/menkyo/", "/goiken/", "/saiyou/2026/", "/otoshimono/", "/kotsu/anzen/kids/",
		"/en/", "/防犯/特殊詐欺に注意/電話でお金の話が出たら/", "/news/", "/access/", "/privacy/"},
	"sources":   {statistic.None, "www.google.com", "www.bing.com", "www.metro.tokyo.lg.jp", "search.yahoo.co.jp", "t.co"},
	"channels":  {"direct", "search", "government", "social", "print", "campaign", "ai-assistant"},
	"campaigns": {"spring-2026", "vaccine*", statistic.OtherTag},
	"countries": {"JP", "US", "CN", "KR", "TW", "unknown"},
	"browsers":  {"chrome", "safari", "edge", "line", "firefox", "samsung-internet", "other"},
	"systems":   {"windows", "ios", "android", "macos", "linux", "other"},
	"devices":   {"phone", "desktop", "tablet"},
	"languages": {"ja", "en", "zh", "ko", "vi"},

	"network-classes": {"ne.jp", "operator", "co.jp", "foreign", "unknown"},
	"networks":        {"ocn.ne.jp", "so-net.ne.jp", "example.ac.jp", "unknown"},

	"not-found": {"/old/menkyo.pdf", "/wp-login.php", "/kids/index.htm"},
	"next-pages": {"/ /menkyo/", "/menkyo/ /menkyo/koushin/", "/ /防犯/特殊詐欺に注意/電話でお金の話が出たら/", "/en/ /en/access/",
		"/news/ /"},
}

// added is a statistic that is not built in, of two keys.
const added = `- id: next-pages
  title: {ja: 次のページ, en: Next pages}
  purpose: {ja: ページからページへの進み方を知り、案内を直す。, en: See how people go on from page to page.}
  dimensions: [page, next]
  measures: [visitors]
  grain: day
  retention: 25
  reach: 10
  audience: team
`

// counts invents counts: the i-th value of a day of n visitor-days.
func counts(n, i int64) statistic.Counts {
	v := max(n/(i+1)/(i+1), 10)
	var c statistic.Counts
	c[statistic.Visitors], c[statistic.Reach] = v, v
	c[statistic.Views], c[statistic.Hits] = v*23/10, v*23/10
	c[statistic.Visits], c[statistic.Entries], c[statistic.Exits] = v*12/10, v, v
	c[statistic.Singles] = v / 2
	c[statistic.Seconds] = v * 57
	return c
}

// visitors invents the visitor-days of a day: fewer at weekends.
func visitors(day statistic.Day) int64 {
	n := 400 + int64(day*37%90)
	if w := day.Date().Weekday(); w == time.Saturday || w == time.Sunday {
		n /= 2
	}
	return n
}

// busy is a site with 58 sealed days, one of them below k and two not measured.
func busy(st *statistic.Statistic, day statistic.Day) (release.Sealed, bool) {
	s := release.Sealed{Period: day, Grain: st.Grain, Epochs: 1}
	if st.Grain.Period(day) != day || st.Grain.End(day) >= today {
		return s, false
	}
	switch ago := today - day; {
	case ago < 1 || ago > 61 || ago == 12 || ago == 13:
		return s, false
	case ago == 20:
		return s, true
	}
	n := visitors(day)
	switch {
	case len(st.Dimensions) == 0:
		s.Cells = []release.Folded{{Counts: counts(n, 0)}}
	case st.ID == "traffic":
		for hour := range 24 {
			s.Cells = append(s.Cells, release.Folded{Keys: []string{fmt.Sprintf("%02d", hour)}, Counts: counts(n*int64(hour+1)/50, 0)})
		}
	default:
		for i, value := range values[st.ID] {
			s.Cells = append(s.Cells, release.Folded{Keys: keysOf(st, value), Counts: counts(n, int64(i))})
		}
		if st.Label() >= 0 {
			s.Cells = append(s.Cells, release.Folded{Keys: both(st, statistic.Unlisted), Counts: counts(n/8, 0)})
		}
		s.Cells = append(s.Cells, release.Folded{Keys: both(st, statistic.Other), Counts: counts(n/9, 0), Merged: 27})
	}
	return s, true
}

// keysOf returns the keys that a value of values stands for.
func keysOf(st *statistic.Statistic, value string) []string {
	keys := strings.SplitN(value, " ", len(st.Dimensions)) // none of none
	for len(keys) < len(st.Dimensions) {
		keys = append(keys, value)
	}
	return keys
}

// both returns a key for each dimension.
func both(st *statistic.Statistic, key string) (keys []string) {
	for range st.Dimensions {
		keys = append(keys, key)
	}
	return keys
}

// morning is an open day until 14:00.
func morning(st *statistic.Statistic) map[string]statistic.Counts {
	cells := map[string]statistic.Counts{}
	switch {
	case len(st.Dimensions) == 0:
		cells[""] = counts(187, 0)
	case st.ID == "traffic":
		for hour := range int64(15) {
			cells[fmt.Sprintf("%02d", hour)] = counts(10+hour*hour%70, 0)
		}
	default:
		for i, value := range values[st.ID] {
			cells[value] = counts(187, int64(i))
		}
	}
	return cells
}

// config returns a configuration over the built-in catalogue.
func config(c canned) team.Config {
	catalogue, err := statistic.Built(nil, []byte(added))
	if err != nil {
		panic(err)
	}
	c.catalogue = catalogue
	return team.Config{
		Tables: c, Sites: []string{"demo", "second"}, Titles: map[string]statistic.Text{"demo": {JA: "見本庁", EN: "Sample Agency"}}, Catalogue: catalogue.All(),
		Today: func() statistic.Day { return today }, Zone: "Asia/Tokyo", K: 10, Flush: 5 * time.Minute,
		Snippet: `<script async src="http://127.0.0.1:8080/oboro.js"></script>`, Quality: c.quality,
		Audit: func(audit.Leaf) error { return nil },
	}
}

// quality invents how the days were counted: as busy has them where there are
// tables, two of them lost to a reboot and a full RAM log, the oldest imported.
func (c canned) quality(_ context.Context, _ string, from, to statistic.Day) (team.Quality, error) {
	if c.broken {
		return team.Quality{}, errors.New("read seals: the disk is gone")
	}
	q := team.Quality{Limit: 30_000, Machine: team.Machine{
		Copies:  team.Copied,
		LogUsed: 3, LogLimit: 256, Counting: today, Clock: today, Version: "v1.2.3",
		Databases: team.Databases{Countries: team.Database{Type: "GeoLite2-Country", Date: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)}},
	}}
	for day := from; day <= to; day++ {
		q.Days = append(q.Days, c.qualityDay(day))
	}
	if c.sealed != nil && from < today {
		q.Meters = map[string]int64{"kept": 18_427, "bot": 2_345, "objection": 614, "prefetch": 58, "shed": 33, "late": 3,
			"bot-search": 1_204, "bot-ai": 1_131, "bot-tool": 10}
		q.Nowhere = map[string]int64{"unknown-site": 127, "body": 9}
	}
	return q, nil
}

func (c canned) qualityDay(day statistic.Day) team.QualityDay {
	d := team.QualityDay{Day: day, State: team.Unmeasured}
	ago := today - day
	switch {
	case ago < 0:
		d.State = team.Ahead
	case ago == 0:
		d.State, d.Epochs = team.Open, 1
	}
	if c.sealed == nil {
		return d
	}
	if s, ok := c.sealed(c.find("days"), day); ok {
		d = team.QualityDay{Day: day, State: team.Sealed, Epochs: 1, Imported: ago > 26, Marked: ago == 5, Rho: 8_085}
		if len(s.Cells) == 0 {
			d.State = team.Below
		}
		if ago == 5 || ago == 6 || ago == 9 {
			d.Epochs = 2
		}
	}
	return d
}

// meters invents what was not counted.
func meters(context.Context, string, statistic.Day, statistic.Day) (map[string]int64, error) {
	return map[string]int64{"bot": 127, "late": 3}, nil
}
