// Package notice writes the privacy notice of a deployment, in Japanese and English, as
// Markdown and as a page of HTML: what is taken in, what is kept, for which purpose, how
// long, who sees it, and what is published under which guarantee.
//
// A notice is made of the declaration alone, so that the same declaration gives the same
// bytes, and one that no longer tells what is declared can be told. It promises no more
// than the statistics and options that it is given: what is off does not stand in it, and
// each exception that is in force does.
package notice

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"oboro/aggregator/statistic"
)

// A Declaration is what a notice is made of.
type Declaration struct {
	Agency     statistic.Text // who publishes the notice
	Contact    statistic.Text // whom to ask; empty where nobody is named yet
	Sites      []Site
	Timezone   string        // whose midnight ends a day
	K          int64         // smallest number of visitor-days behind a shown cell
	Flush      time.Duration // between two writes of counts
	Networks   Networks
	Exceptions []Exception
	Addresses  Addresses
	Statistics []*statistic.Statistic
}

// A Site is one that is counted.
type Site struct {
	Title      statistic.Text
	DNT        bool     // "DNT: 1" is an objection too
	Parameters []string // of a query, which are kept as parts of pages
}

// Networks says by what it is known whose network an address is in, reverse DNS aside.
type Networks struct {
	Domains, Numbers bool // files; by the second one hits from data centres are counted
	HostNames        bool // of logs
}

// Addresses are the places on the web that a notice leads to; empty where none is known.
type Addresses struct {
	Collector string // without a slash at the end: /transparency is below it
	OptOut    string // page on which visitors object
	Published string // published folder
}

// An Exception is something that the promises except, and this deployment does.
type Exception string

// The exceptions, in the order in which a notice names them.
const (
	StateOnDisk    Exception = "state-on-disk"
	ReverseDNS     Exception = "reverse-dns"
	ExactAddresses Exception = "exact-addresses"
	ImportedLogs   Exception = "imported-logs"
)

var exceptions = []Exception{StateOnDisk, ReverseDNS, ExactAddresses, ImportedLogs}

// Languages are those that a notice is written in.
var Languages = []string{"ja", "en"}

// A File is one form of the notice, under the name that it is stored by.
type File struct {
	Name string
	Text []byte
}

// Files returns the notice in both languages and both forms: first the one in which it is
// said best what changed.
func (d Declaration) Files() []File {
	en, ja := d.document("en"), d.document("ja")
	return []File{
		{"notice.en.md", en.markdown()}, {"notice.ja.md", ja.markdown()},
		{"notice.en.html", en.html()}, {"notice.ja.html", ja.html()},
	}
}

// Markdown returns the notice in lang, "ja" or "en".
func (d Declaration) Markdown(lang string) []byte { return d.document(lang).markdown() }

// HTML returns the notice in lang as a page without script and style, which loads nothing.
func (d Declaration) HTML(lang string) []byte { return d.document(lang).html() }

// Missing returns the options of the configuration without which the notice has places
// that are to be filled in.
func (d Declaration) Missing() []string {
	var missing []string
	for _, of := range []struct {
		name string
		need bool
	}{
		{optionContact, d.Contact == statistic.Text{}},
		{optionCollector, d.Addresses.Collector == ""},
		{optionOptOut, d.Addresses.OptOut == ""},
		{optionPublished, d.Addresses.Published == "" && d.publishes()},
	} {
		if of.need {
			missing = append(missing, of.name)
		}
	}
	return missing
}

// The options that fill a place, as the configuration names them.
const (
	optionContact   = "notice.contact"
	optionCollector = "notice.collector"
	optionOptOut    = "notice.opt_out"
	optionPublished = "notice.published"
)

func (d Declaration) publishes() bool {
	for _, st := range d.Statistics {
		if len(st.Published) > 0 {
			return true
		}
	}
	return false
}

// Hash names what the notice is made of.
func (d Declaration) Hash() string {
	type made struct {
		ID, Of, Grain, Audience         string
		Title, Purpose                  statistic.Text
		Dimensions, Measures, Published []string
		Months                          int
		K                               int64
	}
	var statistics []made
	for _, st := range d.Statistics {
		m := made{
			ID: st.ID, Of: st.Of.String(), Grain: string(st.Grain), Audience: string(st.Audience),
			Title: st.Title, Purpose: st.Purpose, Months: st.Months, K: st.K,
		}
		for _, by := range st.Dimensions {
			m.Dimensions = append(m.Dimensions, by.String())
		}
		for _, of := range st.Measures {
			m.Measures = append(m.Measures, of.String())
		}
		for _, p := range st.Published {
			m.Published = append(m.Published, fmt.Sprint(p.Measure, p.Delta2, p.Sigma2))
		}
		statistics = append(statistics, m)
	}
	d.Statistics = nil
	text, err := json.Marshal(struct {
		Declaration
		Made []made
	}{d, statistics})
	if err != nil {
		panic("notice: a declaration holds nothing that JSON cannot") // strings, numbers and lists
	}
	sum := sha256.Sum256(text)
	return "sha256:" + hex.EncodeToString(sum[:])
}
