package release

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"

	"oboro/aggregator/statistic"
)

// A subject is what sums over periods are made of, one period after the other.
type subject struct{ site, statistic string }

// A summing is a period over which figures are summed, as the ledger began it, and what came
// of it.
type summing struct {
	ledgerPeriod
	first, last statistic.Day
	closed      uint64 // number of the line that closed it; 0: open
	shares      map[statistic.Day]uint64
}

// ledgerPeriod is what a ledger says of a period when it begins.
type ledgerPeriod struct {
	Cells     int    `json:"cells"`
	Days      int    `json:"days"`
	Domain    string `json:"domain"` // SHA-256 of its keys
	First     string `json:"first"`
	Measure   string `json:"measure"`
	Site      string `json:"site"`
	Statistic string `json:"statistic"`
}

// summingOf returns the period of the subject that the day is in, or nil.
func (b Budget) summingOf(of subject, day statistic.Day) *summing {
	list := b.summings[of]
	i := slices.IndexFunc(list, func(s *summing) bool { return s.first <= day && day <= s.last })
	if i < 0 {
		return nil
	}
	return list[i]
}

// begin takes a period, which is a calendar month or week, shares no day with another of its
// table, and begins before anything of its days was reserved.
func (b Budget) begin(p ledgerPeriod) error {
	first, err := statistic.ParseDay(p.First)
	if err != nil {
		return errors.New("is a period without a first day")
	}
	span := MonthOf(first)
	if p.Days == 7 {
		span = WeekOf(first)
	}
	if span.first != first || span.Days() != p.Days || p.Site == "" || p.Statistic == "" {
		return errors.New("is a period that is no month and no week")
	}
	of := subject{p.Site, p.Statistic}
	for day := first; day <= span.last; day++ {
		if b.summingOf(of, day) != nil {
			return fmt.Errorf("is a period of %s of %s that overlaps another", p.Statistic, p.Site)
		}
		if b.reserved[siteDay{p.Site, day}] {
			return errors.New("is a period that began after something of its days was reserved")
		}
	}
	b.summings[of] = append(b.summings[of], &summing{ledgerPeriod: p, first: first, last: span.last, shares: map[statistic.Day]uint64{}})
	return nil
}

// close ends a period, each of whose days has given its share.
func (b Budget) close(seq uint64, site, id, first string) error {
	day, err := statistic.ParseDay(first)
	s := b.summingOf(subject{site, id}, day)
	if err != nil || s == nil || s.first != day || s.closed != 0 {
		return errors.New("closes no period, or one that was closed")
	}
	for day := s.first; day <= s.last; day++ {
		if of, ok := s.shares[day]; !ok || !b.committed[of] {
			return fmt.Errorf("closes a period of which %s has not given its share", day)
		}
	}
	s.closed = seq
	return nil
}

// give takes the share that a reservation gives to the period that its day is in: one a day,
// but where the one before was lost. So a period that is closed, since each day has given one, takes none.
func (b Budget) give(seq uint64, r reservation, d draw, day statistic.Day) error {
	s := b.summingOf(subject{r.Site, d.Statistic}, day)
	if s == nil {
		if d.Share > 0 {
			return errors.New("is a share of no period")
		}
		return nil
	}
	if d.Share == 0 && d.Measure != s.Measure {
		return nil
	}
	if r.Grain != "day" || d.Share != int64(s.Days) || d.Cells != s.Cells || d.Measure != s.Measure {
		return errors.New("is not the share of a day in its period")
	}
	if old, given := s.shares[day]; given && !(r.Fill && !b.committed[old] && b.lost[siteDay{r.Site, day}]) {
		return errors.New("is a second share of its day")
	}
	s.shares[day] = seq
	return nil
}

// factor returns by how much the visitor-days of a reservation raise the variance that they
// need.
func (r reservation) factor() *big.Rat {
	factor := big.NewRat(int64(r.Epochs)*int64(r.Epochs), 1)
	if r.Marked {
		factor.Add(factor, factor)
	}
	return factor
}

// sums checks a table of sums against the ledger: its period, which keys it began with, and of
// each day what share it gave. It returns all that is wrong.
func (b Budget) sums(e Envelope) (problems []string) {
	found := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	period, err := ParsePeriod(e.Period.Name)
	s := b.summingOf(subject{e.Site, e.Statistic}, period.first)
	if err != nil || s == nil || s.first != period.first || s.last != period.last {
		return []string{"the ledger began no such period to sum over"}
	}
	if e.Ledger == nil || s.closed == 0 || s.closed >= uint64(e.Ledger.Lines) {
		found("the table was published before its period was closed")
	}
	if keys := e.summedKeys(); len(keys) != s.Cells || HashOfKeys(keys) != s.Domain {
		found("the keys are not those with which its period began")
	}
	most := new(big.Rat) // that the sum adds up its days is checked where they are read
	for i, d := range e.Days {
		need, err := b.share(e, s, period.first+statistic.Day(i), d)
		if err != nil {
			found("%s: %v", d.Day, err)
		} else if need.Cmp(most) > 0 {
			most = need
		}
	}
	if own := e.Privacy.Measures[0].Sigma2Sum.Rat(); own == nil || own.Cmp(most) < 0 {
		found("sigma2_sum is less than the visitor-days of some day need")
	}
	return problems
}

// share checks a day of a table of sums against the share that it gave, and returns what variance
// its visitor-days need in the sum: 0 where it was filled in for.
func (b Budget) share(e Envelope, s *summing, day statistic.Day, d EnvelopeDay) (need *big.Rat, err error) {
	r, ok := b.reservations[s.shares[day]]
	i := slices.IndexFunc(r.Draws, func(d draw) bool { return d.Statistic == e.Statistic && d.Share > 0 })
	if !ok || i < 0 || d.Reservation != s.shares[day] { // that it was committed, the end of the period asks
		return nil, fmt.Errorf("entry %d of the ledger is not its share", d.Reservation)
	}
	own, m := r.Draws[i], e.Privacy.Measures[0]
	if own.Drawn.Rat() == nil || d.Sigma2[m.Measure] != own.Drawn || own.Sigma2 != m.Sigma2 || own.Delta2 != m.Delta2 {
		return nil, errors.New("the ledger reserved other noise for it")
	}
	if r.Fill != (d.Status == Missing) {
		return nil, errors.New("the ledger says otherwise whether it was measured")
	}
	if r.Fill {
		return new(big.Rat), nil
	}
	if r.Epochs != d.Epochs || r.Imported != d.Imported {
		return nil, errors.New("the ledger says other epochs or another origin")
	}
	return new(big.Rat).Mul(r.factor(), own.Sigma2.Rat()), nil
}

// summedKeys returns the keys that were summed: those of the rows, and those without hits.
func (e Envelope) summedKeys() [][]string {
	keys := statistic.Published{Calibration: len(e.Calibration)}.CalibrationKeys()
	for _, r := range e.Data {
		if n := len(e.Query.Dimensions); len(r.Columns) >= 2+n {
			keys = append(keys, r.Columns[2:2+n])
		}
	}
	return keys
}

// HashOfKeys returns the SHA-256, in hex, of keys, sorted, as JSON: what a ledger says of the
// keys of a period. It is worked out here anew, so that it can catch who wrote that.
func HashOfKeys(keys [][]string) string {
	keys = slices.SortedFunc(slices.Values(keys), slices.Compare[[]string])
	text, _ := json.Marshal(keys) // texts can always be written
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
