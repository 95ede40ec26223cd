package notice

import (
	"slices"
	"strconv"
	"time"

	"oboro/aggregator/release"
	"oboro/aggregator/statistic"
	"oboro/dashboards/i18n"
)

// A writer writes the notice of one declaration in one language.
type writer struct {
	words
	Declaration
}

// document returns the notice in lang, section by section.
func (d Declaration) document(lang string) document {
	w := writer{words{lang, i18n.For(lang)}, d}
	var titles []string
	for _, s := range d.Sites {
		titles = append(titles, w.of(s.Title))
	}
	doc := document{
		Lang: lang, Title: w.say("title"),
		Lead: []part{paragraph(w.say("lead", w.of(d.Agency))), list(titles...)},
		End:  []string{w.say("made"), w.say("hash", d.Hash())},
	}
	for i, s := range []struct {
		key   string
		parts func() []part
	}{
		{"principle", w.principle}, {"taken", w.taken}, {"purpose", w.purpose}, {"retention", w.retention}, {"audience", w.audience},
		{"published", w.published}, {"objection", w.objection}, {"exceptions", w.exceptions}, {"check", w.check}, {"contact", w.contact},
	} {
		doc.Sections = append(doc.Sections, section{strconv.Itoa(i+1) + ". " + w.say(s.key), s.parts()})
	}
	return doc
}

func (w writer) does(e Exception) bool { return slices.Contains(w.Declaration.Exceptions, e) }

func (w writer) principle() []part {
	return []part{paragraph(w.say("principle.1")), paragraph(w.say("principle.2")), paragraph(w.say("principle.3"))}
}

// purpose says which statistics there are, each with its purpose, retention and audience.
func (w writer) purpose() []part {
	if len(w.Statistics) == 0 {
		return []part{paragraph(w.say("purpose.none"))}
	}
	t := &table{Caption: w.say("purpose.caption"), Columns: []string{
		w.say("purpose.column.name"), w.say("purpose.column.purpose"), w.say("purpose.column.counts"),
		w.say("purpose.column.retention"), w.say("purpose.column.audience"),
	}}
	for _, st := range w.Statistics {
		t.row(w.of(st.Title), w.of(st.Purpose), w.counts(st), w.months(st.Months), w.seenBy(st))
	}
	return []part{paragraph(w.say("purpose.intro")), {Table: t}}
}

func (w writer) months(n int) string {
	if n == 1 {
		return w.say("months.1")
	}
	return w.say("months", n)
}

// counts says what a statistic counts, and by what.
func (w writer) counts(st *statistic.Statistic) string {
	var by, of []string
	for _, d := range st.Dimensions {
		by = append(by, w.Dimension(d))
	}
	for _, m := range st.Measures {
		of = append(of, w.Measure(m))
	}
	if len(by) == 0 {
		return w.names(of)
	}
	return w.say("by", w.names(by), w.names(of))
}

// least is the smallest number of visitor-days behind a cell of the statistic.
func (w writer) least(st *statistic.Statistic) int64 { return max(w.K, st.K) }

func (w writer) seenBy(st *statistic.Statistic) string {
	if len(st.Published) == 0 {
		return w.say("purpose.team", w.least(st))
	}
	var measures []string
	for _, p := range st.Published {
		measures = append(measures, w.Measure(p.Measure))
	}
	return w.say("purpose.public", w.least(st), w.names(measures))
}

func (w writer) retention() []part {
	key, hits := "retention.key", "retention.hits"
	if w.does(StateOnDisk) {
		key, hits = "retention.key.disk", "retention.hits.disk"
	}
	said := []string{
		w.say("retention.raw"), w.say(key, w.Timezone), w.say(hits),
		w.say("retention.counts", w.pause()), w.say("retention.tables"), w.say("retention.meters", w.months(statistic.LongestRetention)),
	}
	if w.publishes() {
		said = append(said, w.say("retention.published"))
	}
	return []part{list(said...)}
}

// pause says how long counts are gathered before they are written.
func (w writer) pause() string {
	if w.Flush%time.Minute == 0 {
		return w.say("retention.minutes", int64(w.Flush/time.Minute))
	}
	return w.say("retention.seconds", int64(w.Flush/time.Second))
}

func (w writer) audience() []part {
	return []part{list(w.say("audience.team"), w.say("audience.today"), w.say("audience.meters", w.K), w.say("audience.audit"), w.say("audience.nobody"))}
}

// published says what is published, and what is promised of it: the numbers are worked out
// from the statistics in force.
func (w writer) published() []part {
	if !w.publishes() {
		return []part{paragraph(w.say("published.none"))}
	}
	t := &table{Caption: w.say("published.caption"), Columns: []string{
		w.say("published.column.name"), w.say("published.column.measure"), w.say("published.column.noise"), w.say("published.column.rho"),
	}}
	sums := false
	for _, st := range w.Statistics {
		for _, p := range st.Published {
			noise := "published.noise"
			if p.Summed {
				noise, sums = "published.noise.sum", true
			}
			t.row(w.of(st.Title), w.Measure(p.Measure), w.say(noise, within(p.Sigma2)), p.Rho().RatString())
		}
	}
	rho := spent(w.Statistics)
	promised := []string{
		w.say("published.once"),
		w.say("published.guess", percent(rho), percent(times(rho, 2))),
		w.say("published.formal", two(release.Epsilon(rho)), decimal(rho), decimal(release.Limit())),
		w.say("published.days", decimal(rho), two(release.Epsilon(times(rho, 30)))),
	}
	if k, ok := w.leastPublished(); ok {
		promised = append(promised, w.say("published.k", k))
	}
	if sums {
		promised = append(promised, w.say("published.pages"))
	}
	promised = append(promised, w.say("published.limits"), w.say("published.verify"))
	return []part{w.at("published.where", w.Addresses.Published, optionPublished), {Table: t}, list(promised...)}
}

// leastPublished returns the smallest number of visitor-days behind any figure that is
// published by a key, if one is.
func (w writer) leastPublished() (k int64, ok bool) {
	for _, st := range w.Statistics {
		if len(st.Published) > 0 && len(st.Dimensions) > 0 && (!ok || w.least(st) < k) {
			k, ok = w.least(st), true
		}
	}
	return k, ok
}

// at returns a paragraph that leads to an address, or says which option is to name it.
func (w writer) at(key, href, option string) part {
	if href == "" {
		return paragraph(w.sentences(w.say(key), w.fill(option)))
	}
	return leading(w.say(key), href)
}

func (w writer) objection() []part {
	var sites []string
	for _, s := range w.Sites {
		if s.DNT {
			sites = append(sites, w.of(s.Title))
		}
	}
	dnt := w.say("objection.dnt.none")
	if len(sites) > 0 {
		dnt = w.say("objection.dnt", w.names(sites))
	}
	return []part{
		list(w.say("objection.gpc"), dnt),
		w.at("objection.page", w.Addresses.OptOut, optionOptOut),
		paragraph(w.say("objection.then")),
	}
}

func (w writer) exceptions() []part {
	var said []string
	for _, e := range exceptions {
		if w.does(e) {
			said = append(said, w.say("exceptions."+string(e)))
		}
	}
	if len(said) == 0 {
		return []part{paragraph(w.say("exceptions.none"))}
	}
	return []part{paragraph(w.say("exceptions.intro")), list(said...)}
}

func (w writer) check() []part {
	var shown, declared string
	if base := w.Addresses.Collector; base != "" {
		shown, declared = base+"/transparency", base+"/.well-known/oboro.json"
	}
	return []part{
		w.at("check.transparency", shown, optionCollector), w.at("check.declaration", declared, optionCollector),
	}
}

func (w writer) contact() []part {
	if w.Contact == (statistic.Text{}) {
		return []part{paragraph(w.say("contact.ask", w.fill(optionContact)))}
	}
	return []part{paragraph(w.say("contact.ask", w.of(w.Contact)))}
}
