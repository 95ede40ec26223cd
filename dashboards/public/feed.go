package public

import (
	"crypto/sha256"
	"encoding/xml"
	"fmt"

	"oboro/aggregator/release"
	"oboro/aggregator/statistic"
)

const feedPath = "feed.atom"

// leastEntries is how many entries a feed has where there are more. It has the whole of
// the newest day, and of the day with its last entry.
const leastEntries = 200

// An atomFeed is a feed as RFC 4287 has it. There is no clock in it: days are those of
// the publications, and names are made of the signer's key and of what was published.
type atomFeed struct {
	XMLName xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
	Lang    string      `xml:"xml:lang,attr"`
	Title   string      `xml:"title"`
	ID      string      `xml:"id"`
	Updated string      `xml:"updated"`
	Author  string      `xml:"author>name"`
	Links   []atomLink  `xml:"link"`
	Entries []atomEntry `xml:"entry"`
}

type atomEntry struct {
	Title     string   `xml:"title"`
	ID        string   `xml:"id"`
	Published string   `xml:"published"`
	Updated   string   `xml:"updated"`
	Link      atomLink `xml:"link"`
	Summary   string   `xml:"summary"`
}

type atomLink struct {
	Rel  string `xml:"rel,attr,omitempty"`
	Href string `xml:"href,attr"`
	Type string `xml:"type,attr,omitempty"`
}

// feeds adds the feed in both languages.
func (p Publication) feeds(files map[string][]byte, past []event) error {
	for _, lang := range []string{"ja", "en"} {
		f, err := p.feed(wordsOf(lang), past, files)
		if err != nil {
			return err
		}
		text, err := xml.MarshalIndent(f, "", " ")
		if err != nil {
			return fmt.Errorf("feed: %w", err)
		}
		files[under(lang)+feedPath] = append([]byte(xml.Header), append(text, '\n')...)
	}
	return nil
}

func (p Publication) feed(w words, past []event, files map[string][]byte) (atomFeed, error) {
	at := under(w.lang) + feedPath
	root := rootFrom(at)
	f := atomFeed{
		Lang: w.lang, Title: p.Agency.In(w.lang) + w.say("colon") + w.say("home.title"), ID: p.name("feed " + w.lang),
		Updated: moment(p.Day), Author: p.Agency.In(w.lang),
		Links: []atomLink{{"self", root + at, "application/atom+xml"}, {"alternate", root + under(w.lang) + "index.html", "text/html"}},
	}
	if len(past) > 0 {
		f.Updated = moment(past[0].day)
	}
	for i, e := range past {
		if i >= leastEntries && e.day != past[i-1].day {
			break
		}
		said, err := p.summary(w, e)
		if err != nil {
			return f, err
		}
		entry := atomEntry{
			Title: w.say("feed."+e.kind, p.title(e.site, w.lang), w.period(e.period)), Summary: said,
			ID:        p.name(fmt.Sprintf("entry %s %s %s %s %s", w.lang, e.site, e.period, e.day, e.kind)),
			Published: moment(e.day), Updated: moment(e.day), Link: atomLink{"alternate", root + under(w.lang) + "changes/index.html", "text/html"},
		}
		page := under(w.lang) + (group{site: e.site, period: e.period}).page()
		if _, stands := p.stored[page]; stands || files[page] != nil {
			entry.Link.Href = root + page
		}
		f.Entries = append(f.Entries, entry)
	}
	return f, nil
}

// summary says what an event came to, from its tables as they were then published, so that
// an entry stays as it was; and names the tables.
func (p Publication) summary(w words, e event) (said string, err error) {
	var tables string
	for i, c := range e.tables {
		if i > 0 {
			tables += w.say("separator")
		}
		tables += w.say("feed.table", c.now.Meta.Title.In(w.lang), c.now.Version)
		if erratum := c.now.Meta.Erratum; erratum != nil {
			said += erratum.In(w.lang) + w.say("stop")
		}
		if len(c.now.Query.Dimensions) > 0 || c.withdrawn {
			continue
		}
		table, err := p.figures(c.now.Name)
		if err != nil {
			return "", err
		}
		visitors, visits := table.Totals["visitors"], table.Totals["visits"]
		if visitors.Status == release.Published && visits.Status == release.Published && table.Period.Measured > 0 {
			said = w.say("feed.lead", w.total(table, "visitors"), w.total(table, "visits"), table.Period.Measured, table.Period.Days)
		}
	}
	return said + w.say("feed.tables", tables), nil
}

// total returns a sum of a table over its period in words.
func (w words) total(e release.Envelope, measure string) string {
	row, unit := e.Totals[measure], int64(1)
	for _, m := range e.Privacy.Measures {
		if m.Measure == measure {
			unit = max(unit, m.Rounding)
		}
	}
	return w.figure(release.Figure{Status: row.Status, Value: *row.Value, Low: *row.Low, High: *row.High, Unit: unit})
}

// moment is the beginning of a day as feeds write it. A feed has no place for a day alone.
func moment(day statistic.Day) string { return day.String() + "T00:00:00Z" }

// name returns a lasting name, a UUID made of a hash (version 8): of the signer's key, so
// that no two publishers have the same, and of what is named.
func (p Publication) name(of string) string {
	sum := sha256.Sum256([]byte(p.Key + "\n" + of))
	sum[6], sum[8] = sum[6]&0x0f|0x80, sum[8]&0x3f|0x80
	return fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}
