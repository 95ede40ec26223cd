package statistic

// A Measure is one counter of a cell.
type Measure uint8

// The measures. All are additive over cells of different visitor-days.
const (
	Visitors    Measure = iota // visitor-days first seen in the cell
	Reach                      // the same, at most Statistic.Reach for one visitor-day
	Views                      // page views
	Visits                     // visits begun
	Capped                     // visits begun, at most 4 for one visitor-day: see hit.Plan
	Entries                    // visits that began with this page
	Exits                      // visits whose last page so far is this one
	Singles                    // visits with one view so far
	Hits                       // hits of any kind
	Seconds                    // seconds engaged: a page was visible and had the focus
	CappedViews                // page views, at most 3 of a page, of 10 pages, for one visitor-day
	Met                        // days on which 3 visitor-days stood in the cell
	Arrivals                   // visitor-days, each in the cell of its first hit alone
	measures
)

// Measures is the number of measures. Stores and RAM logs hold them in this order: a
// new one comes last, with a migration and a new kind of record.
const Measures = int(measures)

var measureNames = [measures]string{
	"visitors", "reach", "views", "visits", "capped_visits", "entries", "exits", "single_views", "hits",
	"engaged_seconds", "capped_views", "met", "arrivals",
}

// String returns the measure's name in the catalogue and in files.
func (m Measure) String() string { return measureNames[m] }

// Shown reports whether a measure may be a column of what a team sees, and so of a sealed cell. The others are
// there for the noise and the fold: in a table they would be one more sum from which
// what is folded could be worked out.
func (m Measure) Shown() bool { return m != CappedViews && m != Met && m != Arrivals }

// ParseMeasure returns the measure of that name.
func ParseMeasure(name string) (Measure, bool) {
	for m, n := range measureNames {
		if n == name {
			return Measure(m), true
		}
	}
	return 0, false
}

// Counts holds the counters of one cell, or increments of them, by measure.
type Counts [Measures]int64

// Add adds other to c.
func (c *Counts) Add(other Counts) {
	for m := range c {
		c[m] += other[m]
	}
}

// Less takes other off c.
func (c *Counts) Less(other Counts) {
	for m := range c {
		c[m] -= other[m]
	}
}

// IsZero reports whether all counters are zero.
func (c Counts) IsZero() bool { return c == Counts{} }

// The keys of cells that stand for more than one value.
const (
	Unlisted = "(unlisted)" // labels that are neither declared nor shared
	Other    = "(other)"    // cells merged because fewer than k visitor-days stand behind them
	None     = "(none)"     // no value: a visit without a referrer
)
