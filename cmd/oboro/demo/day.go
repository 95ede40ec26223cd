package demo

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// A Visit is what one simulated browser views without a long pause.
type Visit struct {
	Address  string
	Agent    string
	Language string // Accept-Language; robots send none
	Width    int
	Objects  bool // the browser sends Sec-GPC
	Robot    bool
	Views    []View
}

// A View is one page shown, or asked for in vain.
type View struct {
	At       time.Time
	Path     string
	Link     string // behind the path: what the link says by which the visit came
	Referrer string // a URL, or a path of the site itself; empty is none
	Status   int
	Read     time.Duration // how long it is seen with the focus, in whole seconds
}

// A simulation is one day in the making.
type simulation struct {
	*rand.Rand
	day, end time.Time
	storm    bool // everybody asks about shelters
}

// Day returns the visits of the day that begins at midnight, in order of their
// first views. The same seed and calendar day give the same visits. A weekday has
// 300 to 450 visitors, a day of the weekend 130 to 210; one in eight comes twice.
func Day(seed uint64, midnight time.Time) []Visit {
	y, m, d := midnight.Date()
	r := rand.New(rand.NewPCG(seed, uint64(y*10000+int(m)*100+d)))
	s := simulation{Rand: r, day: midnight, end: time.Date(y, m, d+1, 0, 0, 0, 0, midnight.Location())}
	s.storm = s.IntN(15) == 0
	visitors := 300 + s.IntN(151)
	if s.weekend() {
		visitors = 130 + s.IntN(81)
	}
	var visits []Visit
	for range visitors {
		visits = append(visits, s.visitor()...)
	}
	for range 8 + s.IntN(9) {
		visits = append(visits, s.robot())
	}
	slices.SortStableFunc(visits, func(a, b Visit) int { return a.Views[0].At.Compare(b.Views[0].At) })
	return visits
}

func (s *simulation) weekend() bool {
	return s.day.Weekday() == time.Saturday || s.day.Weekday() == time.Sunday
}

// visitor returns the visits of one visitor: one, or two with a pause between.
func (s *simulation) visitor() []Visit {
	v := s.person()
	speaks := ja
	if !strings.HasPrefix(v.Language, "ja") {
		speaks = en
	}
	v.Views = s.views(s.start(), speaks)
	visits := []Visit{v}
	if s.IntN(8) == 0 {
		again := v.Views[len(v.Views)-1].At.Add(40*time.Minute + s.upTo(6*time.Hour))
		if again.Before(s.end) {
			v.Views = s.views(again, speaks)
			visits = append(visits, v)
		}
	}
	return visits
}

// person returns a visit that has a visitor, and no views yet.
func (s *simulation) person() Visit {
	n := pick(s.Rand, networks, func(n network) int { return n.weight })
	a := pick(s.Rand, agents, func(a agent) int { return a.weight })
	language := n.accepts[0]
	if s.IntN(2) == 0 {
		language = n.accepts[s.IntN(len(n.accepts))]
	}
	return Visit{
		Address: addressIn(s.Rand, n.prefix).String(), Agent: a.name, Language: language,
		Width:   a.widths[s.IntN(len(a.widths))],
		Objects: strings.Contains(a.name, "Firefox") && s.IntN(4) == 0 || s.IntN(100) == 0,
	}
}

func (s *simulation) robot() Visit {
	kind := robots[s.IntN(len(robots))]
	v := Visit{Address: addressIn(s.Rand, kind.prefix).String(), Agent: kind.name, Width: 1024, Robot: true}
	at := s.day.Add(s.upTo(s.end.Sub(s.day)))
	for range 1 + s.IntN(8) {
		if !at.Before(s.end) {
			break
		}
		p := pages[s.IntN(len(pages))]
		v.Views = append(v.Views, View{At: at, Path: p.Path([]language{ja, en}[s.IntN(2)]), Status: 200})
		at = at.Add(time.Second + s.upTo(20*time.Second))
	}
	return v
}

// busy says how many in a thousand visits begin in each hour of a weekday, and
// idle the same of a weekend.
var (
	busy = []int{8, 5, 3, 2, 3, 6, 16, 38, 68, 88, 86, 76, 82, 80, 74, 68, 60, 46, 38, 36, 38, 36, 28, 15}
	idle = []int{12, 8, 5, 3, 3, 5, 12, 26, 46, 62, 72, 70, 62, 60, 60, 58, 58, 56, 54, 58, 66, 64, 50, 30}
)

// start returns when a visit begins.
func (s *simulation) start() time.Time {
	curve := busy
	if s.weekend() {
		curve = idle
	}
	hours := make([]int, len(curve))
	for h := range hours {
		hours[h] = h
	}
	hour := pick(s.Rand, hours, func(h int) int { return curve[h] })
	y, m, d := s.day.Date()
	return time.Date(y, m, d, hour, s.IntN(60), s.IntN(60), 0, s.day.Location())
}

// upTo returns a duration below limit, in whole seconds.
func (s *simulation) upTo(limit time.Duration) time.Duration {
	return time.Duration(s.Int64N(int64(limit/time.Second))) * time.Second
}

// views returns the views of one visit: one to six, half of all visits one.
func (s *simulation) views(at time.Time, speaks language) []View {
	here := s.entry()
	first := View{At: at, Path: here.Path(speaks), Referrer: s.referrer(), Status: 200}
	if s.IntN(80) == 0 {
		here, first.Path, first.Status = notFound, bookmarks[s.IntN(len(bookmarks))], 404
	}
	first.Link = s.link(first)
	list := []View{first}
	for len(list) < 6 && s.IntN(100) < 52 {
		// Most pages are left within a minute, some are read for eight.
		at = at.Add(3*time.Second + s.upTo(time.Minute))
		if s.IntN(5) == 0 {
			at = at.Add(s.upTo(7 * time.Minute))
		}
		if !at.Before(s.end) {
			break
		}
		next := View{At: at, Referrer: list[len(list)-1].Path, Status: 200}
		if here.broken && s.IntN(12) == 0 {
			here, next.Path, next.Status = notFound, broken.Path(speaks), 404
		} else {
			here = s.next(here)
			next.Path = here.Path(speaks)
		}
		list = append(list, next)
	}
	return s.read(list)
}

// links are what makers of links of the prefecture say in them.
var links = []string{
	"?utm_source=kouhou&utm_medium=qr&utm_campaign=bousai-2026",
	"?utm_source=kouhou&utm_medium=qr&utm_campaign=boshu",
	"?utm_source=mailmagazine&utm_medium=email&utm_campaign=bousai-2026",
	"?utm_source=x&utm_medium=social&utm_campaign=undeclared",
}

// Campaigns are the values of links that the demo declares: of utm_source, utm_medium and
// utm_campaign.
func Campaigns() (sources, mediums, names []string) {
	return []string{"kouhou", "mailmagazine"}, []string{"qr", "email", "social"}, []string{"bousai*", "boshu"}
}

// link returns what the link of a first view says: of one in four without a referrer,
// something. It draws nothing, so that a day stays the same.
func (s *simulation) link(first View) string {
	draw := int(first.At.Unix()) * 37 % 101
	if first.Referrer != "" || first.Status != 200 || draw > 25 {
		return ""
	}
	return links[draw%len(links)]
}

// read says how long each page is read: most of the time until the next view, and
// under two minutes of the last one. It draws nothing, so that a day stays the same.
func (s *simulation) read(list []View) []View {
	for i := range list {
		v := &list[i]
		draw := time.Duration(v.At.Unix()*31+int64(len(v.Path))*17) % 101
		pause := 5*time.Second + draw*time.Second
		if i+1 < len(list) {
			pause = list[i+1].At.Sub(v.At)
		}
		pause = (pause * (49 + draw/2) / 100).Truncate(time.Second) // 49 to 99 in a hundred
		if v.Status == 200 && v.At.Add(pause).Before(s.end) {
			v.Read = pause
		}
	}
	return list
}

// entry returns the first page of a visit: the n-th page is 1/n as likely as the
// first (Zipf), but on the day of a storm.
func (s *simulation) entry() *page {
	if s.storm && s.IntN(3) == 0 {
		return bySlug["disaster"]
	}
	return s.zipf(nil)
}

func (s *simulation) zipf(without *page) *page {
	return pick(s.Rand, pages, func(p *page) int {
		if p == without {
			return 0
		}
		return 5040 / rank[p] // one n-th in whole numbers, nearly
	})
}

// rank is the place of each page in order of popularity, from 1.
var rank = func() map[*page]int {
	m := map[*page]int{}
	for i, p := range pages {
		m[p] = i + 1
	}
	return m
}()

// next returns the page that a link leads to: one that the text names, or one of
// those that every page names.
func (s *simulation) next(here *page) *page {
	if s.IntN(10) < 7 {
		return bySlug[here.links[s.IntN(len(here.links))]]
	}
	return s.zipf(here)
}

func (s *simulation) referrer() string {
	url := pick(s.Rand, referrers, func(r referrer) int { return r.weight }).url
	if url == small {
		return fmt.Sprintf("https://machi-%c%c.example.jp/", 'a'+rune(s.IntN(8)), 'a'+rune(s.IntN(8)))
	}
	return url
}

// timed is a view and the visit it belongs to.
type timed struct {
	Visit
	View
}

// ordered returns all views of the visits in order of time.
func ordered(visits []Visit) []timed {
	var list []timed
	for _, v := range visits {
		for _, view := range v.Views {
			list = append(list, timed{v, view})
		}
	}
	slices.SortStableFunc(list, func(a, b timed) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Address, b.Address))
	})
	return list
}

// from returns the referrer as a browser would send it, for a site of that origin.
func (v View) from(site string) string {
	if strings.HasPrefix(v.Referrer, "/") {
		return site + v.Referrer
	}
	return v.Referrer
}
