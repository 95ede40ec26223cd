package release

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"oboro/aggregator/statistic"
)

// A Budget is what a ledger says was spent. It is read from the ledger's lines
// alone, with nothing of the code that wrote them, so that it can catch it.
type Budget struct {
	spent        map[siteDay]*big.Rat
	reservations map[uint64]reservation
	committed    map[uint64]bool
	hashes       tree
}

type siteDay struct {
	site string
	day  statistic.Day
}

// ledgerLine is what is read of a line of the ledger.
type ledgerLine struct {
	Commit *struct {
		Reserve uint64 `json:"reserve"`
	} `json:"commit"`
	Reserve *reservation `json:"reserve"`
	Root    *tlog.Hash   `json:"root"`
	Seq     *uint64      `json:"seq"`
}

type reservation struct {
	Draws    []draw `json:"draws"`
	Epochs   int    `json:"epochs"`
	Grain    string `json:"grain"`
	Imported bool   `json:"imported"`
	Marked   bool   `json:"marked"`
	Period   string `json:"period"`
	Site     string `json:"site"`
}

type draw struct {
	Delta2    Ratio  `json:"delta2"`
	Drawn     Ratio  `json:"drawn"`
	Measure   string `json:"measure"`
	Rho       Ratio  `json:"rho"`
	Sigma2    Ratio  `json:"sigma2"`
	Statistic string `json:"statistic"`
}

// ReadBudget reads the lines of a ledger, without newlines, and checks that each
// goes with those before it and that none spends more than it says. All that it
// finds wrong is joined in the error; the budget holds what could be read.
func ReadBudget(lines [][]byte) (Budget, error) {
	b := Budget{spent: map[siteDay]*big.Rat{}, reservations: map[uint64]reservation{}, committed: map[uint64]bool{}}
	var hashes tree
	var problems []error
	for i, text := range lines {
		if err := b.line(int64(i), text, hashes); err != nil {
			problems = append(problems, fmt.Errorf("line %d: %w", i+1, err))
		}
		grown, err := tlog.StoredHashes(int64(i), text, hashes)
		if err != nil {
			return b, errors.Join(append(problems, err)...)
		}
		hashes = append(hashes, grown...)
		b.hashes = hashes
	}
	for at, rho := range b.spent {
		if rho.Cmp(Limit()) > 0 {
			problems = append(problems, fmt.Errorf("%s on %s: rho %s is spent, more than 0.03", at.site, at.day, rho.RatString()))
		}
	}
	return b, errors.Join(problems...)
}

// Head returns the checkpoint of the first lines of the ledger.
func (b Budget) Head(lines int64) (LedgerHead, error) {
	if lines < 0 || lines > int64(len(b.hashes)) || tlog.StoredHashCount(lines) > int64(len(b.hashes)) {
		return LedgerHead{}, errors.New("the ledger has fewer lines")
	}
	root, err := tlog.TreeHash(lines, b.hashes)
	return LedgerHead{lines, root}, err
}

// precedes checks that the ledger, as it is now, begins with what it was when the table was
// published, and that all the table's days were reserved then.
func (b Budget) precedes(e Envelope) error {
	if e.Ledger == nil {
		return errors.New("the checkpoint of the ledger is missing")
	}
	if head, err := b.Head(e.Ledger.Lines); err != nil || head != *e.Ledger {
		return errors.New("the ledger is not the one, grown, that the table was published with")
	}
	for _, d := range e.Days {
		if d.Reservation >= uint64(e.Ledger.Lines) && d.Status == Published {
			return fmt.Errorf("%s: was reserved after the table was published", d.Day)
		}
	}
	return nil
}

func (b Budget) line(i int64, text []byte, before tree) error {
	var l ledgerLine
	if err := json.Unmarshal(text, &l); err != nil || l.Seq == nil || l.Root == nil || bytes.ContainsAny(text, "\r\n") {
		return errors.New("is not a record")
	}
	root, err := tlog.TreeHash(i, before)
	if err != nil {
		return err
	}
	if *l.Seq != uint64(i) || *l.Root != root {
		return errors.New("does not go with the lines before it")
	}
	if l.Commit != nil {
		b.committed[l.Commit.Reserve] = true
	}
	if l.Reserve == nil {
		return nil
	}
	b.reservations[*l.Seq] = *l.Reserve
	return b.reserve(*l.Reserve)
}

// reserve adds what a reservation takes to each of its days.
func (b Budget) reserve(r reservation) error {
	first, err := statistic.ParseDay(r.Period)
	if err != nil || r.Epochs < 1 || r.Site == "" {
		return errors.New("is a reservation of no site, day or epoch")
	}
	last, err := lastOf(r.Grain, first)
	if err != nil {
		return err
	}
	factor := big.NewRat(int64(r.Epochs)*int64(r.Epochs), 1)
	if r.Marked {
		factor.Add(factor, factor)
	}
	rho := new(big.Rat)
	for _, d := range r.Draws {
		own, err := d.rho(factor)
		if err != nil {
			return fmt.Errorf("%s of %s: %w", d.Measure, d.Statistic, err)
		}
		rho.Add(rho, own)
	}
	for day := first; day <= last; day++ {
		at := siteDay{r.Site, day}
		if b.spent[at] == nil {
			b.spent[at] = new(big.Rat)
		}
		b.spent[at].Add(b.spent[at], rho)
	}
	return nil
}

// rho returns what one draw takes, worked out from sensitivity and variance.
// Epochs raise the one and the other alike, so it is that of the declared numbers.
func (d draw) rho(factor *big.Rat) (*big.Rat, error) {
	delta2, sigma2, drawn, said := d.Delta2.Rat(), d.Sigma2.Rat(), d.Drawn.Rat(), d.Rho.Rat()
	if delta2 == nil || sigma2 == nil || drawn == nil || said == nil || delta2.Sign() <= 0 || sigma2.Sign() <= 0 {
		return nil, errors.New("a parameter is missing")
	}
	rho := statistic.Published{Delta2: delta2, Sigma2: sigma2}.Rho()
	if rho.Cmp(said) != 0 || drawn.Cmp(new(big.Rat).Mul(sigma2, factor)) != 0 {
		return nil, errors.New("rho or variance do not follow from the sensitivity")
	}
	return rho, nil
}

func lastOf(grain string, first statistic.Day) (statistic.Day, error) {
	switch {
	case grain == "day":
		return first, nil
	case grain == "week" && first.Date().Weekday() == time.Monday:
		return first + 6, nil
	case grain == "month" && first.Date().Day() == 1:
		return MonthOf(first).last, nil
	}
	return 0, errors.New("is a reservation of no day, week or month")
}

// Most returns the most that was spent on one visitor-day of the site in [first,
// last]. An empty site means every site and every day.
func (b Budget) Most(site string, first, last statistic.Day) *big.Rat {
	most := new(big.Rat)
	for at, rho := range b.spent {
		inside := at.site == site && first <= at.day && at.day <= last
		if (site == "" || inside) && rho.Cmp(most) > 0 {
			most.Set(rho)
		}
	}
	return most
}

// ledger checks the budget, and that every table was drawn as the ledger reserved.
func (v *verification) ledger() {
	var text [][]byte
	if file := v.files[LedgerLines]; len(file) > 0 {
		text = bytes.Split(bytes.TrimSuffix(file, []byte("\n")), []byte("\n"))
	}
	b, err := ReadBudget(text)
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, err := range joined.Unwrap() {
			v.found(LedgerLines, "%v", err)
		}
	}
	v.report.Spent = b.Most("", 0, 0)
	for folder, e := range v.tables {
		period, err := ParsePeriod(e.Period.Name)
		total := e.Privacy.TotalRho.Rat()
		if err != nil || total == nil || total.Cmp(b.Most(e.Site, period.first, period.last)) < 0 {
			v.found(folder+"/"+TableJSON, "the ledger spent more on a day of the period than rho of all tables")
		}
		if err := b.precedes(e); err != nil && e.Format >= 2 {
			v.found(folder+"/"+TableJSON, "%v", err)
		}
		for _, d := range e.Days {
			if d.Status != Published {
				continue
			}
			if err := b.covers(e, d); err != nil {
				v.found(folder+"/"+TableJSON, "%s: %v", d.Day, err)
			}
		}
	}
}

// covers checks a day of a table against its reservation.
func (b Budget) covers(e Envelope, d EnvelopeDay) error {
	r, ok := b.reservations[d.Reservation]
	if !ok || !b.committed[d.Reservation] || r.Site != e.Site || r.Grain != "day" || r.Period != d.Day {
		return fmt.Errorf("entry %d of the ledger is no committed reservation for it", d.Reservation)
	}
	if r.Epochs != d.Epochs || r.Imported != d.Imported {
		return errors.New("the ledger says other epochs or another origin")
	}
	for measure, drawn := range d.Sigma2 {
		found := false
		for _, draw := range r.Draws {
			m, ok := statistic.ParseMeasure(draw.Measure)
			found = found || ok && draw.Statistic == e.Statistic && PublicName(m) == measure && draw.Drawn == drawn
		}
		if !found {
			return fmt.Errorf("the ledger reserved no such noise for %s", measure)
		}
	}
	return nil
}
