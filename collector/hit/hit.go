// Package hit holds Hit, the coarse record of one report from a page, and Plan,
// what is to be computed for it.
//
// A Hit is the first membrane: all that leaves the collector. It is made of
// closed vocabularies and constrained strings (a [Page], a [Host], a [Tag]), the day and
// the hour, first-seen bits and the moves of the visit. It holds no address, no
// User-Agent, no identifier, no precise time and no free text. TestVocabulary
// walks the type and refuses any field that could.
package hit

// A Site is the place of a site in the running declaration, counted from 0.
type Site uint16

// A Kind says what a hit reports.
type Kind uint8

// The kinds of hit.
const (
	View     Kind = iota // a page was shown
	NotFound             // a page was asked for and answered 404 or 410
	Engaged              // a page shown before has been read for some seconds
	kinds
)

// Kinds is the number of kinds.
const Kinds = int(kinds)

var kindNames = [kinds]string{View: "view", NotFound: "not-found", Engaged: "engaged"}

// String returns the kind's name: "view" and "not-found", as in the catalogue, or
// "engaged", which no statistic is of.
func (k Kind) String() string { return kindNames[k] }

// ParseKind returns the kind of that name.
func ParseKind(name string) (Kind, bool) {
	for k, n := range kindNames {
		if n == name {
			return Kind(k), true
		}
	}
	return 0, false
}

// Moves says what a hit changes in the counts of visits. They are right at every
// moment: the first view of a visit adds an entry, an exit and a single view; its
// second takes the single view back, and each later one moves the exit.
type Moves uint8

// The moves of a visit.
const (
	Begins     Moves = 1 << iota // the first view of a visit
	Capped                       // with Begins: within the visits counted for publication
	Second                       // the second view of a visit: not a single view any more
	Follows                      // not the first view: takes back the exit of the page before
	Onward                       // with Follows, where the plan asks: of another page than Left.Page
	Nameless                     // with Onward: there was no room for this pair of pages
	ViewCapped                   // a view within those counted for publication
)

// MostSeconds is the most that one report of engagement adds: as long as the pause
// that ends a visit.
const MostSeconds = 1800

// Left is the view whose exit (and single view) a following view takes back.
type Left struct {
	Page Page
	Hour Hour
}

// Numbers are those that the labels of a hit have in the state of the day that it comes
// from, so that whoever counts it need not read them to know them again: a label has one
// number, the same for all who send it, and 0 is none. States of another series give others.
type Numbers struct {
	Series             uint32 // of the state; 0 where it gives no numbers
	Page, Source, Left uint32 // of the fields of those names
}

// A Part says in which tables a hit counts: in all, or, where the visitor's network was
// not known at once, in those by network and in the others each in its time.
type Part uint8

// The parts of a hit.
const (
	Whole        Part = iota
	ButNetwork        // in all but the tables by network and its class: the rest follows
	NetworkAlone      // in these alone
)

// Counts reports whether a part counts in tables by network and its class, or in others.
func (p Part) Counts(network bool) bool {
	return p == Whole || (p == NetworkAlone) == network
}

// A Hit is one report from a page, made coarse. It is built by the collector
// alone; the zero Hit is of no use, and does no harm.
type Hit struct {
	Site    Site
	Kind    Kind
	Moves   Moves
	Part    Part
	Day     Day
	Hour    Hour
	Seconds uint16 // what an Engaged hit adds: 1 to MostSeconds; else 0
	Env     Packed
	Page    Page       // the page viewed or read, or asked for in vain
	Source  Host       // where the visit came from; the zero Host, if Listed, is none
	Channel Channel    // the kind of that place
	Tags    Tags       // what the link said by which the visit came
	Network Host       // the domain of the visitor's network; the zero Host, if Listed, is unknown
	Left    Left       // set where Moves has Follows
	Listed  Dimensions // the label dimensions whose value is declared or shared (admitted)
	Seen    uint32     // bit i: first seen today in Plan.Sets[i]
	Reach   uint32     // bit i: the same, within the cap of Plan.Sets[i]
	Numbers Numbers
}
