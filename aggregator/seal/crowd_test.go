package seal_test

import (
	"fmt"
	"math/rand/v2"

	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
	"oboro/collector"
)

// A crowd is the visitor-days of one site and day, each with all that the tables would
// tell of it.
type crowd []person

// A person is one visitor-day: one value of each dimension that is fixed for the day, and
// its visits, each with a source and a channel.
type person struct {
	country, region, class, network string
	browser, version                string
	system, device                  string
	wishes, input                   string // wishes: "none", "unknown" or which one it has
	visits                          []visit
}

type visit struct {
	source, channel, tag string
	views                int64
	pages                []string
}

// newCrowd returns n visitor-days, the same for the same seed. What is common is very
// common, and much is seen by a few only.
func newCrowd(seed uint64, n int) crowd {
	random := rand.New(rand.NewPCG(seed, 5))
	pick := func(from ...string) string {
		return from[min(int(random.ExpFloat64()*float64(len(from))/4), len(from)-1)]
	}
	var all crowd
	for range n {
		p := person{country: pick("JP", "JP", "JP", "JP", "US", "unknown", "KR", "CN", "DE")}
		p.network = pick("ocn.ne.jp", "example.ac.jp", "unknown", "(unlisted)", "comcast.net", "bbtec.net", "example.co.jp", "a.go.jp", "city.kobe.jp", "iij.ad.jp", "example.org")
		switch p.country {
		case "JP":
			p.region = pick("JP-13", "JP-27", "JP-14", "JP-01", "unknown", "JP-26", "JP-47")
		case "unknown":
			p.region = "unknown"
		default:
			p.region = "abroad"
			if random.IntN(5) > 0 {
				p.network = pick("comcast.net", "unknown", "example.org", "(unlisted)")
			}
		}
		p.class = classOf(random, p.network, p.country)
		p.browser = pick("chrome", "safari", "edge", "firefox", "unknown", "opera")
		p.version = fmt.Sprintf("%s %d", p.browser, 140-random.IntN(1+random.IntN(4)))
		if p.browser == "unknown" || random.IntN(20) == 0 {
			p.version = "unknown"
		}
		p.system, p.device = machineOf(seed, p.browser, len(all))
		p.wishes = pick("none", "none", "unknown", "dark", "reduced", "more")
		p.input = pick("mouse", "touch", "unknown")
		if p.wishes == "unknown" {
			p.input = "unknown"
		}
		for range 1 + int(random.ExpFloat64()*0.7) {
			p.visits = append(p.visits, newVisit(random, pick))
		}
		all = append(all, p)
	}
	return all
}

// machineOf returns a system and a device that a browser can have, mostly the usual ones.
// It has a source of its own, so that all else is as it was.
func machineOf(seed uint64, browser string, n int) (system, device string) {
	random := rand.New(rand.NewPCG(seed+1<<32, uint64(n)))
	pick := func(from ...string) string {
		return from[min(int(random.ExpFloat64()*float64(len(from))/4), len(from)-1)]
	}
	for range 100 {
		system, device = pick("windows", "ios", "android", "macos", "linux", "chromeos", "other"), pick("desktop", "phone", "tablet", "tv")
		if browser == "safari" {
			system = pick("ios", "ios", "macos", "macos", "windows")
		}
		if statistic.Meet(statistic.BySystem, system, statistic.ByDevice, device) && statistic.Meet(statistic.ByBrowser, browser, statistic.BySystem, system) &&
			statistic.Meet(statistic.ByBrowser, browser, statistic.ByDevice, device) {
			return system, device
		}
	}
	return "windows", "desktop"
}

func newVisit(random *rand.Rand, pick func(...string) string) visit {
	v := visit{source: pick("(none)", "google.com", "x.com", "bing.com", "(unlisted)", "facebook.com", "example.com"), views: 1 + int64(random.ExpFloat64()*2)}
	switch v.source {
	case "(none)":
		v.channel = pick("direct", "direct", "internal", "print")
	case "(unlisted)":
		v.channel = pick("other-site", "social", "government")
	default:
		v.channel = collector.ChannelsOf(v.source)[0]
	}
	if random.IntN(12) == 0 {
		v.channel, v.tag = pick("campaign", "mail", "print"), pick("spring", "autumn", "other")
	}
	for range v.views {
		v.pages = append(v.pages, pick("/", "/a", "/b", "/c", "/d", "(unlisted)"))
	}
	return v
}

// classOf returns the class of a network; one that is not named may be any.
func classOf(random *rand.Rand, network, country string) string {
	classes := collector.ClassesOf(network)
	if network == "(unlisted)" {
		classes = collector.ClassesOf([]string{"b.ac.jp", "b.co.jp", "b.example", "c.ne.jp"}[random.IntN(4)])
	}
	switch country {
	case "JP":
		return classes[0]
	case "unknown":
		return classes[2]
	}
	return classes[1]
}

// wish returns what a table of wishes tells of a person.
func (p person) wish(of, other string) string {
	switch p.wishes {
	case "unknown", of:
		return p.wishes
	}
	return other
}

// fixed returns a person's keys in the tables that are fixed for the day.
func (p person) fixed() map[string]string {
	return map[string]string{
		"days": "", "countries": p.country, "regions": p.region, "network-classes": p.class, "networks": p.network,
		"browsers": p.browser, "versions": p.version, "systems": p.system, "devices": p.device,
		"motion": p.wish("reduced", "none"), "contrast": p.wish("more", "none"), "themes": p.wish("dark", "light"), "inputs": p.input,
	}
}

// cells returns what is counted of a crowd.
func (all crowd) cells() map[string][]store.Cell {
	t := counters{}
	for _, p := range all {
		var sum statistic.Counts
		sum[statistic.Visitors] = 1
		seen := map[string]bool{}
		for _, v := range p.visits {
			sum[statistic.Visits]++
			sum[statistic.Views] += v.views
			t.visit("sources", v.source, v, seen, 4)
			t.visit("channels", v.channel, v, seen, 4)
			if v.tag != "" {
				t.visit("campaigns", v.tag, v, seen, 4)
			}
			for _, page := range v.pages {
				t.visit("pages", page, visit{views: 1}, seen, 10)
			}
		}
		for id, key := range p.fixed() {
			t.add(id, key, sum)
		}
	}
	return t.cells()
}

// counters holds counters by statistic and key.
type counters map[string]map[string]*statistic.Counts

func (t counters) add(id, key string, c statistic.Counts) {
	if t[id] == nil {
		t[id] = map[string]*statistic.Counts{}
	}
	if t[id][key] == nil {
		t[id][key] = &statistic.Counts{}
	}
	t[id][key].Add(c)
}

// visit counts a visit in a cell of a table where one person may be in several. Seen holds
// the person's cells so far, of which reach count.
func (t counters) visit(id, key string, v visit, seen map[string]bool, reach int) {
	var c statistic.Counts
	c[statistic.Visits], c[statistic.Views] = 1, v.views
	if !seen[id+key] {
		seen[id+key] = true
		c[statistic.Visitors] = 1
		n := 0
		for other := range seen {
			if len(other) >= len(id) && other[:len(id)] == id {
				n++
			}
		}
		if n <= reach {
			c[statistic.Reach] = 1
		}
	}
	t.add(id, key, c)
}

func (t counters) cells() map[string][]store.Cell {
	cells := map[string][]store.Cell{}
	for id, keys := range t {
		for key, counts := range keys {
			c := store.Cell{Site: "s", Counts: *counts}
			if id != "days" {
				c.Keys = []string{key}
			}
			cells[id] = append(cells[id], c)
		}
	}
	return cells
}
