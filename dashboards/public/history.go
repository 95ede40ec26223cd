package public

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"oboro/aggregator/release"
	"oboro/aggregator/statistic"
)

// A kind of event: what happened to tables. The values are parts of keys of texts.
const (
	published = "published"
	corrected = "corrected"
	withdrawn = "withdrawn"
)

// An event is what was published of one site and period on one day.
type event struct {
	day    statistic.Day
	kind   string
	site   string
	period release.Period
	tables []change
}

// A change is one version of a table, and the one before, where there is one.
type change struct {
	now, before release.Envelope
	withdrawn   bool
}

// history returns what was ever published, the newest first. The log of releases says
// what there was; the tables say when. They are without their figures, but for those of
// corrections, which are few.
func (p Publication) history() ([]event, error) {
	var events []event
	index := map[string]int{}
	for line := range bytes.Lines(p.Log.Entries()) {
		var r release.Record
		if json.Unmarshal(line, &r) != nil {
			continue // the log reads its lines when it is opened
		}
		name := func(version int) string { return fmt.Sprintf("%s/%s/%d", r.Dataset, r.Period, version) }
		set, ok := p.Shelf.sets[name(r.Version)]
		now := set.Table
		day, err := statistic.ParseDay(now.TakenAt)
		period, err2 := release.ParsePeriod(r.Period)
		if !ok || err != nil || err2 != nil {
			continue // the folder would not verify
		}
		c := change{now: now, before: p.Shelf.sets[name(r.Version-1)].Table, withdrawn: set.Withdrawn}
		if c.kind() == corrected {
			if c, err = p.corrected(c); err != nil {
				return nil, err
			}
		}
		id := strings.Join([]string{now.TakenAt, c.kind(), now.Site, r.Period}, " ")
		i, ok := index[id]
		if !ok {
			i, index[id] = len(events), len(events)
			events = append(events, event{day: day, kind: c.kind(), site: now.Site, period: period})
		}
		events[i].tables = append(events[i].tables, c)
	}
	slices.SortStableFunc(events, func(a, b event) int {
		return cmp.Or(
			cmp.Compare(b.day, a.day), cmp.Compare(p.place(a.site), p.place(b.site)), cmp.Compare(a.site, b.site),
			cmp.Compare(b.period.First(), a.period.First()), cmp.Compare(a.kind, b.kind))
	})
	return events, nil
}

// corrected reads both versions of a table whole.
func (p Publication) corrected(c change) (change, error) {
	for _, e := range []*release.Envelope{&c.now, &c.before} {
		whole, err := p.Shelf.Table(p.Shelf.sets[e.Name])
		if err != nil {
			return c, err
		}
		*e = whole
	}
	return c, nil
}

// place returns where a site stands in the configuration; one that is gone comes last.
func (p Publication) place(site string) int {
	if i := slices.IndexFunc(p.Sites, func(s Site) bool { return s.ID == site }); i >= 0 {
		return i
	}
	return len(p.Sites)
}

func (c change) kind() string {
	switch {
	case c.withdrawn:
		return withdrawn
	case c.now.Version > 1:
		return corrected
	}
	return published
}

// added returns the days that a version measured and the one before did not.
func (c change) added() (days []statistic.Day) {
	for i, d := range c.now.Days {
		if day, err := statistic.ParseDay(d.Day); err == nil && i < len(c.before.Days) && d.Status != c.before.Days[i].Status {
			days = append(days, day)
		}
	}
	return days
}

// A changesView lists what happened, by day.
type changesView struct{ Days []dayOfChanges }

type dayOfChanges struct {
	Day   string
	Items []changeItem
}

type changeItem struct {
	Text  string
	Links []link
}

func (p Publication) changesPage(w words, past []event, root string) (string, any) {
	var v changesView
	for len(past) > 0 {
		n := slices.IndexFunc(past, func(e event) bool { return e.day != past[0].day })
		if n < 0 {
			n = len(past)
		}
		v.Days = append(v.Days, dayOfChanges{w.i18n.Day(past[0].day), p.changesOf(w, past[:n], root)})
		past = past[n:]
	}
	return w.say("changes"), v
}

// mostSites is how many sites are named where they first published a period.
const mostSites = 10

// changesOf lists the events of one day: first what was corrected or taken back, table by
// table; then, in a line for each period, which sites published it.
func (p Publication) changesOf(w words, day []event, root string) (items []changeItem) {
	var periods []release.Period
	sites := map[release.Period][]string{}
	for _, e := range day {
		if e.kind != published {
			items = append(items, p.changed(w, e, root)...)
			continue
		}
		if sites[e.period] == nil {
			periods = append(periods, e.period)
		}
		sites[e.period] = append(sites[e.period], p.title(e.site, w.lang))
	}
	slices.SortFunc(periods, func(a, b release.Period) int { return cmp.Compare(b.First(), a.First()) })
	for _, period := range periods {
		names := sites[period]
		text := strings.Join(names[:min(len(names), mostSites)], w.say("separator"))
		if more := len(names) - mostSites; more > 0 {
			text += w.say("changes.more", more)
		}
		items = append(items, changeItem{Text: w.say("changes.published", w.period(period), text)})
	}
	return items
}

// changed lists the tables of an event with what is different, and the way to both versions.
func (p Publication) changed(w words, e event, root string) (items []changeItem) {
	for _, c := range e.tables {
		item := changeItem{Text: w.say("changes."+e.kind, p.title(e.site, w.lang), w.period(e.period), c.now.Meta.Title.In(w.lang), c.now.Version)}
		if days := c.added(); e.kind == corrected && len(days) > 0 {
			item.Text += w.say("changes.days", w.days(days))
		} else if e.kind == corrected {
			item.Text += w.say("changes.texts")
		}
		if erratum := c.now.Meta.Erratum; erratum != nil {
			item.Text += erratum.In(w.lang) + w.say("stop")
		}
		for _, version := range []release.Envelope{c.now, c.before} {
			at := "data/v1/" + version.Name + "/" + w.readme()
			if _, ok := p.stored[at]; ok {
				item.Links = append(item.Links, link{root + at, w.say("changes.version", version.Version)})
			}
		}
		items = append(items, item)
	}
	return items
}
