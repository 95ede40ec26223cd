package team

import (
	"context"
	"net/http"
	"time"

	"oboro/aggregator/statistic"
	"oboro/dashboards/i18n"
	"oboro/dashboards/table"
)

// A Quality says how well the days of a site were counted. Its values are plain:
// the page sees neither store nor ledger. Meters come rounded down to multiples of
// k, and are rounded again.
type Quality struct {
	Meters  map[string]int64 // of the site's sealed days, by reason
	Nowhere map[string]int64 // of hits whose site is not known, of the whole installation
	Days    []QualityDay     // every day of the period, in order
	Limit   Rho              // the budget of a visitor-day
	Machine Machine

	LostWeeks []LostWeek // that have a day in the period, in order
}

// A LostWeek is a week whose counts are lost, or were given up: those of the statistics by the
// week.
type LostWeek struct {
	First  statistic.Day
	Reason string // as it stands in the ledger
}

// A QualityDay says how one day was counted. It holds no count.
type QualityDay struct {
	Day      statistic.Day
	State    DayState
	Imported bool
	Epochs   int    // lives of the visitor state
	Marked   bool   // the admission cap or shedding acted
	Reason   string // why a lost day is lost, as it stands in the ledger
	Rho      Rho    // reserved
}

// A DayState says what became of a day.
type DayState string

// The states of a day.
const (
	Sealed     DayState = "sealed"
	Imported   DayState = "imported" // sealed, from a log; the days of a Quality say Sealed
	Below      DayState = "below"
	Forgotten  DayState = "forgotten"
	Open       DayState = "open"
	Waiting    DayState = "waiting"
	Unmeasured DayState = "unmeasured"
	Lost       DayState = "lost"
	Ahead      DayState = "ahead"
)

// A Machine says how the process fares now. What the RAM log holds is told in whole
// MiB: with the bytes, whoever looks twice could tell one record from another.
type Machine struct {
	Waiting     int      // batches for the store
	FlushFailed bool     // the latest one
	Missing     []string // collectors without which the newest day was sealed
	LogUsed     int64
	LogLimit    int64
	LogFull     bool // hits are refused
	OnDisk      bool // the state directory could reach a disk
	Copies      Copies
	Counting    statistic.Day
	Clock       statistic.Day
	Databases   Databases // of places and networks
	Off         []SwitchedOff
	Version     string
}

// Copies says whether the checkpoints of the ledger and of the log stand in a second place.
type Copies string

// The standings of the copies.
const (
	NoCopies  Copies = "none" // no second place is configured
	Copied    Copies = "copied"
	NotCopied Copies = "failing"
	Forked    Copies = "forked" // the newest copy is not of this ledger, or log, as it was
)

// Databases says what is in use to tell places and networks.
type Databases struct {
	Countries Database // zero: none is in use
	Own       bool     // it is the operator's
	Networks  []Database
	Exact     bool // whole addresses are looked up
	Reverse   bool // reverse DNS is on
	// What is refused could not be put in use as it is now: an older file still is.
	CountriesRefused, NetworksRefused bool
}

// A Database is what one says of itself.
type Database struct {
	Type string
	Date time.Time
}

// A SwitchedOff is a statistic that is not counted.
type SwitchedOff struct {
	ID    string
	Title statistic.Text
}

// A Rho is a part of a privacy budget, in millionths.
type Rho int64

type qualityPage struct {
	chrome
	Action   string
	Period   string
	From, To string
	Presets  []link
	Care     []string
	Meters   *metersView
	Empty    string // said instead of meters
	Days     daysView
	Budget   budgetView
	Machine  []entry
	JSON     string
}

// An entry is a name with what there is to say of it.
type entry struct{ Name, Words string }

func (s *server) quality(w http.ResponseWriter, r *http.Request) {
	c := s.chrome(r, "")
	p, ok := periodOf(r.URL.Query(), c.now)
	switch {
	case !s.known(c.Site):
		s.refuse(w, c, http.StatusNotFound, noSuchSite)
		return
	case !ok:
		s.refuse(w, c, http.StatusBadRequest, badPeriod)
		return
	}
	q, err := s.qualityOf(r.Context(), c.Site, p)
	if err != nil {
		s.fail(w, c, err)
		return
	}
	c.Title = c.Say(i18n.QualityTitle)
	v := qualityPage{
		chrome: c, Action: qualityPath, Period: c.T.Range(p.From, p.To), From: p.From.String(), To: p.To.String(),
		Presets: c.presets(qualityPath, p), Care: c.care(q), Days: c.daysView(q.Days), Budget: c.budget(q),
		Machine: c.machine(q.Machine, s.Flush), JSON: qualityFile(c.Site, p),
	}
	if v.Meters = c.metersView(q); v.Meters == nil {
		v.Empty = c.Say(i18n.MetersEmpty, c.K)
	}
	s.show(w, http.StatusOK, "quality", v)
}

// qualityOf reads the quality of a period, with its meters rounded.
func (s *server) qualityOf(ctx context.Context, site string, p period) (Quality, error) {
	q, err := s.Quality(ctx, site, p.From, p.To)
	q.Meters, q.Nowhere = table.Rounded(q.Meters, s.K), table.Rounded(q.Nowhere, s.K)
	return q, err
}

// shown returns the state as the page tells it: an imported day is told apart.
func (d QualityDay) shown() DayState {
	if d.State == Sealed && d.Imported {
		return Imported
	}
	return d.State
}
