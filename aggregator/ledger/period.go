package ledger

import (
	"errors"
	"fmt"
	"math/big"
)

// A Period is a week or a month over which a figure of a site is summed: each day adds a
// share, of its count and of the noise. It is written down before anything of its days is
// reserved, so that what is counted in them has no say in what is published of them.
type Period struct {
	Cells     int    `json:"cells"`  // how many values each share has
	Days      int    `json:"days"`   // 7, from a Monday, or those of a month
	Domain    string `json:"domain"` // SHA-256 in hex of the keys of the cells
	First     string `json:"first"`  // first day
	Measure   string `json:"measure"`
	Site      string `json:"site"`
	Statistic string `json:"statistic"`
}

// A Closing says that a period takes no share any more: each of its days has given one.
type Closing struct {
	First     string `json:"first"`
	Site      string `json:"site"`
	Statistic string `json:"statistic"`
}

// What callers may have to tell apart of periods.
var (
	// ErrPeriod says that there is no such period, or that it cannot begin.
	ErrPeriod = errors.New("no period to sum over")
	// ErrDomain says that a period has begun with other keys.
	ErrDomain = errors.New("the keys of a period are fixed before its first day")
	// ErrClosed says that a period is closed: what is late does not enter it.
	ErrClosed = errors.New("the period is closed")
	// ErrShort says that days of a period have given no share of the noise yet.
	ErrShort = errors.New("the noise of the period is not all there")
)

// A subject is what periods follow one another of.
type subject struct{ site, statistic string }

// A summing is a period with what came of it.
type summing struct {
	Period
	days   []day
	closed bool
	shares map[day]uint64 // the reservation of the share of each day
}

// span returns the days of the period.
func (p Period) span() ([]day, error) {
	grain := Month
	if p.Days == 7 {
		grain = Week
	}
	days, err := span(grain, p.First)
	if err == nil && len(days) != p.Days {
		err = fmt.Errorf("a month from %s has %d days, not %d", p.First, len(days), p.Days)
	}
	return days, err
}

func (p Period) name() string { return fmt.Sprintf("%s of %s from %s", p.Statistic, p.Site, p.First) }

func (h *History) checkPeriod(p Period) error {
	days, err := p.span()
	if err != nil {
		return err
	}
	if !word(p.Site) || !word(p.Statistic) || !word(p.Measure) || !hash(p.Domain) || p.Cells < 1 || int64(p.Cells) > largest {
		return fmt.Errorf("%s, with %d cells: %w", p.name(), p.Cells, ErrPeriod)
	}
	for _, d := range days {
		if s := h.summingOf(subject{p.Site, p.Statistic}, d); s != nil {
			return fmt.Errorf("%s: day %s is in the period from %s: %w", p.name(), d, s.First, ErrPeriod)
		}
		if h.days[siteDay{p.Site, d}] != nil {
			return fmt.Errorf("%s: day %s was reserved before: %w", p.name(), d, ErrPeriod)
		}
	}
	return nil
}

func (h *History) checkClosing(c Closing) error {
	s, err := h.begun(c)
	if err != nil {
		return err
	}
	if s.closed {
		return fmt.Errorf("%s: %w", s.name(), ErrClosed)
	}
	for _, d := range s.days {
		if seq, ok := s.shares[d]; !ok || h.reserved[seq].Committed == 0 {
			return fmt.Errorf("%s: day %s has given no share: %w", s.name(), d, ErrShort)
		}
	}
	return nil
}

// begun returns the period that is named by its first day.
func (h *History) begun(c Closing) (*summing, error) {
	first, err := parseDay(c.First)
	if err != nil {
		return nil, err
	}
	s := h.summingOf(subject{c.Site, c.Statistic}, first)
	if s == nil || s.First != c.First {
		return nil, fmt.Errorf("%s of %s from %s: %w", c.Statistic, c.Site, c.First, ErrPeriod)
	}
	return s, nil
}

// summingOf returns the period of the subject that the day is in, or nil. The caller
// holds mu. Days are compared as text, in which the later one is the greater.
func (h *History) summingOf(of subject, d day) *summing {
	list := h.summings[of]
	for i := len(list) - 1; i >= 0; i-- { // it is one of the latest, as a rule
		if s := list[i]; s.First <= d.String() && d.String() <= s.days[len(s.days)-1].String() {
			return s
		}
	}
	return nil
}

func (h *History) begin(p Period) {
	days, _ := p.span() // check has been here
	of := subject{p.Site, p.Statistic}
	h.summings[of] = append(h.summings[of], &summing{Period: p, days: days, shares: map[day]uint64{}})
}

// checkShares reports whether the draws of a reservation go with the periods that its days
// are in: a figure that is summed is drawn as a share, once for each day, with the keys of
// its period, and not once that is closed.
func (h *History) checkShares(r Reservation, days []day) error {
	for _, draw := range r.Draws {
		for _, d := range days {
			s := h.summingOf(subject{r.Site, draw.Statistic}, d)
			if err := h.checkShare(r, draw, s, d); err != nil {
				return fmt.Errorf("%s of %s on %s: %w", draw.Measure, draw.Statistic, d, err)
			}
		}
	}
	return nil
}

func (h *History) checkShare(r Reservation, draw Draw, s *summing, d day) error {
	switch {
	case s == nil && draw.Share == 0:
		return nil
	case s == nil:
		return fmt.Errorf("a share before its period: %w", ErrPeriod)
	case draw.Share == 0 && draw.Measure != s.Measure:
		return nil
	case r.Grain != Day || draw.Measure != s.Measure || draw.Share != s.Days || draw.Cells != s.Cells:
		return fmt.Errorf("not the share of a day in a period of %d days and %d cells: %w", s.Days, s.Cells, ErrPeriod)
	case s.closed:
		return ErrClosed
	}
	seq, given := s.shares[d]
	if given && !(r.Fill && h.lostFor(*h.reserved[seq])) {
		return fmt.Errorf("reservation %d has its share: %w", seq, ErrReserved)
	}
	return nil
}

// lostFor reports whether nothing can come of the reservation any more. What is filled in
// for a gap is not of the open cells that are lost.
func (h *History) lostFor(r Reservation) bool {
	_, lost := h.lost[period{r.Site, r.Grain, r.Period}]
	return lost && !r.Fill
}

// checkFill reports whether the reservation has the form of one that fills in for a day
// that gives no share: the noise alone, drawn for one figure.
func (r Reservation) checkFill() error {
	if len(r.Draws) != 1 || r.Draws[0].Share == 0 || r.Epochs != 1 || r.Marked || r.Imported {
		return errors.New("what fills in for a day is one share of the noise")
	}
	return nil
}

// share returns by how much the variance of the share of a day is more or less than that of
// its period: 1/n, and what the day demands beyond a day as any other. So the sum has, of
// whatever it holds, at least what the visitor-days of that day alone would need: shares
// that grow by themselves would leave it short.
func share(days int, factor *big.Rat) *big.Rat {
	part := new(big.Rat).Add(big.NewRat(1, int64(days)), factor)
	return part.Sub(part, big.NewRat(1, 1))
}

// Begin writes down a period. It stands on the disk when Begin returns. Beginning it again
// with the same keys changes nothing; with others it is refused with ErrDomain, and with
// ErrPeriod where something of its days is reserved already.
func (l *Ledger) Begin(p Period) error {
	l.writing.Lock()
	defer l.writing.Unlock()
	if old, _, ok := l.Summing(p.Site, p.Statistic, p.First); ok && old.First == p.First {
		if old != p {
			return fmt.Errorf("begin %s: %w", p.name(), ErrDomain)
		}
		return nil
	}
	if _, err := l.append(record{Period: &p}); err != nil {
		return fmt.Errorf("begin %w", err)
	}
	return nil
}

// ClosePeriod writes down that a period takes no share any more. It is refused with
// ErrShort until each day has given one. Closing again changes nothing.
func (l *Ledger) ClosePeriod(site, statistic, first string) error {
	l.writing.Lock()
	defer l.writing.Unlock()
	if _, closed, _ := l.Summing(site, statistic, first); closed {
		return nil
	}
	if _, err := l.append(record{Close: &Closing{First: first, Site: site, Statistic: statistic}}); err != nil {
		return fmt.Errorf("close %w", err)
	}
	return nil
}

// Summing returns the period over which a statistic of a site is summed on the day, and
// whether it is closed.
func (h *History) Summing(site, statistic, date string) (p Period, closed, ok bool) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	d, err := parseDay(date)
	if s := h.summingOf(subject{site, statistic}, d); err == nil && s != nil {
		return s.Period, s.closed, true
	}
	return Period{}, false, false
}

// Share returns the reservation of the share that a day gives to its period. One that is
// lost gives none.
func (h *History) Share(site, statistic, date string) (Reservation, bool) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	d, err := parseDay(date)
	s := h.summingOf(subject{site, statistic}, d)
	if err != nil || s == nil {
		return Reservation{}, false
	}
	seq, ok := s.shares[d]
	if !ok || h.lostFor(*h.reserved[seq]) {
		return Reservation{}, false
	}
	return h.reserved[seq].clone(), true
}

// A Begun is a period that has begun.
type Begun struct {
	Period
	Closed bool
}

// Periods returns the periods of a statistic of a site, oldest record first.
func (h *History) Periods(site, statistic string) []Begun {
	h.mu.RLock()
	defer h.mu.RUnlock()
	var list []Begun
	for _, s := range h.summings[subject{site, statistic}] {
		list = append(list, Begun{s.Period, s.closed})
	}
	return list
}
