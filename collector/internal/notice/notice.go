// Package notice writes what the collector says to visitors: a page, or JSON, about one
// request and what would be kept of it, and the page on which they object.
//
// What it says of statistics is declared, and written once. What it says of a request is
// handed to it as text, is escaped on its way into the answer, and is kept nowhere: all
// functions append to the answer that they are given.
package notice

import (
	"slices"
	"strconv"

	"oboro/collector/hit"
)

// A Text is a text in both languages.
type Text struct {
	JA string `json:"ja"`
	EN string `json:"en"`
}

// In returns the text in the language.
func (t Text) In(l Lang) string {
	if l == JA {
		return t.JA
	}
	return t.EN
}

// A Lang is a language of the pages.
type Lang uint8

// The languages.
const (
	EN Lang = iota
	JA
	langs
)

var codes = [langs]string{"en", "ja"}

// Code returns the language's code, such as "ja".
func (l Lang) Code() string { return codes[l] }

// A Form is how an answer is to be written.
type Form struct {
	Lang Lang
	JSON bool // in place of a page; it holds both languages
}

// A Declaration is what the collector tells of how it counts: what the operator has
// declared, without the hosts and pages of the sites.
type Declaration struct {
	Sites    []Site `json:"sites"`
	Timezone string `json:"timezone"`
	K        int64  `json:"k"`     // smallest number of visitor-days behind a shown cell
	Flush    int    `json:"flush"` // seconds between two writes of counts
	Rate     int    `json:"rate"`  // hits a second of one network; 0 is no bound
	// Exceptions are words for what the promises except and this deployment does.
	Exceptions []string    `json:"exceptions"`
	Statistics []Statistic `json:"statistics"`
	// Names are what values of closed vocabularies are called on pages, by the code of their
	// dimension and their own: "device", "desktop". JSON has the codes.
	Names map[string]map[string]Text `json:"-"`
}

// ReverseDNS is the exception of who has turned reverse DNS on.
const ReverseDNS = "reverse-dns"

// A Site is a declared site, in the order of [hit.Site].
type Site struct {
	ID    string `json:"id"`
	Title Text   `json:"title"`
	DNT   bool   `json:"dnt"` // "DNT: 1" is an objection too
}

// A Statistic is one that is counted.
type Statistic struct {
	ID         string      `json:"id"`
	Title      Text        `json:"title"`
	Purpose    Text        `json:"purpose"`
	Of         string      `json:"of"`
	Dimensions []string    `json:"dimensions"`
	Measures   []string    `json:"measures"`
	Grain      string      `json:"grain"`
	Retention  int         `json:"retention"` // months
	K          int64       `json:"k"`
	Audience   string      `json:"audience"`
	Published  []Published `json:"published"`
}

// Published is a measure that is published, with noise.
type Published struct {
	Measure string `json:"measure"`
	Delta2  string `json:"delta2"` // square of the sensitivity of one visitor-day
	Sigma2  string `json:"sigma2"` // variance of the noise
	Summed  bool   `json:"summed"` // it is of one figure a month or week, of which each day gives its share
}

// dimensions is more than there are.
const dimensions = 32

// A Notice is a declaration as it is told: the parts of answers that no request changes.
type Notice struct {
	sites      []Site
	names      [dimensions]map[string]Text // of values
	uses       [dimensions][langs]string   // what counts by a dimension, and for what
	ids        [dimensions]string          // the same as a list of JSON
	statistics [langs]string               // all, as rows of a table
	dnt        [langs]string               // the sites at which DNT is an objection
	json       string                      // the declaration whole
	reverse    bool                        // reverse DNS is on
}

// New returns the notice of a declaration, of which the JSON is given too.
func New(d Declaration, json []byte) *Notice {
	n := &Notice{sites: d.Sites, json: string(json), reverse: slices.Contains(d.Exceptions, ReverseDNS)}
	for name, values := range d.Names {
		if by, ok := hit.ParseDimension(name); ok {
			n.names[by] = values
		}
	}
	for by := range n.ids {
		ids := []byte("[")
		for _, s := range d.Statistics {
			if !s.counts(hit.Dimension(by)) {
				continue
			}
			if len(ids) > 1 {
				ids = append(ids, ',')
			}
			ids = append(JSON(append(ids, '"'), s.ID), '"')
			for l := range langs {
				n.uses[by][l] += string(s.use(nil, l))
			}
		}
		n.ids[by] = string(append(ids, ']'))
	}
	for l := range langs {
		for _, s := range d.Statistics {
			n.statistics[l] += string(s.row(nil, l))
		}
		for _, s := range d.Sites {
			if s.DNT {
				n.dnt[l] += "<li>" + string(HTML(nil, s.Title.In(l))) + "</li>"
			}
		}
	}
	return n
}

// counts reports whether the statistic is by that dimension.
func (s *Statistic) counts(by hit.Dimension) bool {
	for _, name := range s.Dimensions {
		if d, ok := hit.ParseDimension(name); ok && d == by {
			return true
		}
	}
	return false
}

// use appends what the statistic is and for what, as an item of a list.
func (s *Statistic) use(b []byte, l Lang) []byte {
	b = append(b, "<li><b>"...)
	b = HTML(b, s.Title.In(l))
	b = append(b, "</b> "...)
	b = HTML(b, s.Purpose.In(l))
	return append(b, "</li>"...)
}

// row appends the statistic as a row of a table.
func (s *Statistic) row(b []byte, l Lang) []byte {
	b = append(b, "<tr><th scope=\"row\">"...)
	b = HTML(b, s.Title.In(l))
	b = append(b, "</th><td>"...)
	b = HTML(b, s.Purpose.In(l))
	b = append(b, "</td><td>"...)
	b = strconv.AppendInt(b, int64(s.Retention), 10)
	b = append(b, months.In(l)...)
	b = append(b, "</td><td>"...)
	if len(s.Published) > 0 {
		b = append(b, audiencePublic.In(l)...)
	} else {
		b = append(b, audienceTeam.In(l)...)
	}
	return append(b, "</td></tr>"...)
}
