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
	"oboro/internal/tree"
)

// A Budget is what a ledger says was spent. It is read from the ledger's lines
// alone, with nothing of the code that wrote them, so that it can catch it.
type Budget struct {
	spent        map[siteDay]*big.Rat
	reservations map[uint64]reservation
	committed    map[uint64]bool
	reserved     map[siteDay]bool // by what is no filling
	lost         map[siteDay]bool // by the ledger's word
	summings     map[subject][]*summing
	withdrawn    map[withdrawal]statistic.Text // reasons
	tree         tree.Tree                     // of the lines
}

// A withdrawal names the data set of one period that the ledger calls withdrawn.
type withdrawal struct{ dataset, period string }

type siteDay struct {
	site string
	day  statistic.Day
}

// ledgerLine is what is read of a line of the ledger.
type ledgerLine struct {
	Close *struct {
		First     string `json:"first"`
		Site      string `json:"site"`
		Statistic string `json:"statistic"`
	} `json:"close"`
	Commit *struct {
		Reserve uint64 `json:"reserve"`
	} `json:"commit"`
	Gap *struct {
		Grain  string `json:"grain"`
		Period string `json:"period"`
		Site   string `json:"site"`
	} `json:"gap"`
	Period   *ledgerPeriod `json:"period"`
	Reserve  *reservation  `json:"reserve"`
	Root     *tlog.Hash    `json:"root"`
	Seq      *uint64       `json:"seq"`
	Withdraw *struct {
		Dataset string         `json:"dataset"`
		Period  string         `json:"period"`
		Reason  statistic.Text `json:"reason"`
	} `json:"withdraw"`
}

type reservation struct {
	Draws    []draw `json:"draws"`
	Epochs   int    `json:"epochs"`
	Fill     bool   `json:"fill"` // noise alone, for a day that gives no share
	Grain    string `json:"grain"`
	Imported bool   `json:"imported"`
	Marked   bool   `json:"marked"`
	Period   string `json:"period"`
	Site     string `json:"site"`
}

type draw struct {
	Cells     int    `json:"cells"`
	Delta2    Ratio  `json:"delta2"`
	Drawn     Ratio  `json:"drawn"`
	Measure   string `json:"measure"`
	Rho       Ratio  `json:"rho"`
	Share     int64  `json:"share"` // days of the period that is summed; 0: the figure is of the day
	Sigma2    Ratio  `json:"sigma2"`
	Statistic string `json:"statistic"`
}

// ReadBudget reads the lines of a ledger, without newlines, and checks that each
// goes with those before it and that none spends more than it says. All that it
// finds wrong is joined in the error; the budget holds what could be read.
func ReadBudget(lines [][]byte) (Budget, error) {
	b := Budget{
		spent: map[siteDay]*big.Rat{}, reservations: map[uint64]reservation{}, committed: map[uint64]bool{},
		withdrawn: map[withdrawal]statistic.Text{}, reserved: map[siteDay]bool{}, lost: map[siteDay]bool{}, summings: map[subject][]*summing{},
	}
	err := b.Read(lines)
	return b, err
}

// Read adds the lines that a ledger got since, as [ReadBudget] read those before.
func (b *Budget) Read(lines [][]byte) error {
	var problems []error
	over := map[siteDay]bool{}
	for _, text := range lines {
		days, err := b.line(text)
		if err != nil {
			problems = append(problems, fmt.Errorf("line %d: %w", b.Lines()+1, err))
		}
		if err := b.tree.Grow(text); err != nil {
			return errors.Join(append(problems, err)...)
		}
		for _, at := range days {
			over[at] = b.spent[at].Cmp(limit) > 0
		}
	}
	for at, is := range over {
		if is {
			problems = append(problems, fmt.Errorf("%s on %s: rho %s is spent, more than 0.03", at.site, at.day, b.spent[at].RatString()))
		}
	}
	return errors.Join(problems...)
}

var limit = Limit()

// Lines returns how many lines were read.
func (b Budget) Lines() int64 {
	lines, _ := b.tree.Tree()
	return lines
}

// Head returns the checkpoint of the first lines of the ledger.
func (b Budget) Head(lines int64) (LedgerHead, error) {
	root, err := b.tree.RootOf(lines)
	if err != nil {
		return LedgerHead{}, errors.New("the ledger has fewer lines")
	}
	return LedgerHead{lines, root}, nil
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
		if d.Reservation >= uint64(e.Ledger.Lines) && (d.Status == Published || len(d.Sigma2) > 0) {
			return fmt.Errorf("%s: was reserved after the table was published", d.Day)
		}
	}
	return nil
}

// line reads the next line, and returns the days that it spends on.
func (b Budget) line(text []byte) ([]siteDay, error) {
	var l ledgerLine
	if err := json.Unmarshal(text, &l); err != nil || l.Seq == nil || l.Root == nil || bytes.ContainsAny(text, "\r\n") {
		return nil, errors.New("is not a record")
	}
	i, root := b.tree.Tree()
	if *l.Seq != uint64(i) || *l.Root != root {
		return nil, errors.New("does not go with the lines before it")
	}
	if l.Commit != nil {
		b.committed[l.Commit.Reserve] = true
	}
	if l.Withdraw != nil {
		b.withdrawn[withdrawal{l.Withdraw.Dataset, l.Withdraw.Period}] = l.Withdraw.Reason
	}
	switch {
	case l.Period != nil:
		return nil, b.begin(*l.Period)
	case l.Close != nil:
		return nil, b.close(*l.Seq, l.Close.Site, l.Close.Statistic, l.Close.First)
	case l.Gap != nil:
		if day, err := statistic.ParseDay(l.Gap.Period); err == nil && l.Gap.Grain == "day" {
			b.lost[siteDay{l.Gap.Site, day}] = true
		}
	case l.Reserve != nil:
		b.reservations[*l.Seq] = *l.Reserve
		return b.reserve(*l.Seq, *l.Reserve)
	}
	return nil, nil
}

// reserve adds what a reservation takes to each of its days.
func (b Budget) reserve(seq uint64, r reservation) ([]siteDay, error) {
	first, err := statistic.ParseDay(r.Period)
	if err != nil || r.Epochs < 1 || r.Site == "" {
		return nil, errors.New("is a reservation of no site, day or epoch")
	}
	last, err := lastOf(r.Grain, first)
	if err != nil {
		return nil, err
	}
	factor, rho := r.factor(), new(big.Rat)
	for _, d := range r.Draws {
		own, err := d.rho(factor, r.Fill)
		for day := first; day <= last; day++ {
			err = errors.Join(err, b.give(seq, r, d, day))
		}
		if err != nil {
			return nil, fmt.Errorf("%s of %s: %w", d.Measure, d.Statistic, err)
		}
		rho.Add(rho, own)
	}
	var days []siteDay
	for day := first; day <= last; day++ {
		at := siteDay{r.Site, day}
		b.reserved[at] = b.reserved[at] || !r.Fill
		if b.spent[at] == nil {
			b.spent[at] = new(big.Rat)
		}
		b.spent[at].Add(b.spent[at], rho)
		days = append(days, at)
	}
	return days, nil
}

// rho returns what one draw takes, worked out from sensitivity and variance.
// Epochs raise the one and the other alike, so it is that of the declared numbers. A share
// of a sum over n days has 1/n of its variance, and of what epochs add all: so the sum has
// at least what its worst day asks for.
func (d draw) rho(factor *big.Rat, fill bool) (*big.Rat, error) {
	delta2, sigma2, drawn, said := d.Delta2.Rat(), d.Sigma2.Rat(), d.Drawn.Rat(), d.Rho.Rat()
	if delta2 == nil || sigma2 == nil || drawn == nil || said == nil || delta2.Sign() <= 0 || sigma2.Sign() <= 0 {
		return nil, errors.New("a parameter is missing")
	}
	rho := statistic.Published{Delta2: delta2, Sigma2: sigma2}.Rho()
	if fill {
		rho = new(big.Rat)
	}
	if fill && d.Share == 0 || d.Share < 0 {
		return nil, errors.New("fills a day that gives no share")
	}
	if d.Share > 0 {
		factor = new(big.Rat).Add(big.NewRat(1, d.Share), new(big.Rat).Sub(factor, big.NewRat(1, 1)))
	}
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
	if site == "" {
		for _, rho := range b.spent {
			if rho.Cmp(most) > 0 {
				most.Set(rho)
			}
		}
		return most
	}
	for day := first; day <= last; day++ {
		if rho := b.spent[siteDay{site, day}]; rho != nil && rho.Cmp(most) > 0 {
			most.Set(rho)
		}
	}
	return most
}

// ledger checks the budget, before the tables that it was spent on are read.
func (v *verification) ledger() {
	file := v.take(LedgerLines)
	var text [][]byte
	if len(file) > 0 {
		text = bytes.Split(bytes.TrimSuffix(file, []byte("\n")), []byte("\n"))
	}
	if v.options.Budget != nil && v.options.Budget.read(text) {
		v.budget = *v.options.Budget
	} else {
		budget, err := ReadBudget(text)
		if joined, ok := err.(interface{ Unwrap() []error }); ok {
			for _, err := range joined.Unwrap() {
				v.found(LedgerLines, "%v", err)
			}
		}
		v.budget = budget
	}
	v.report.Spent = v.budget.Most("", 0, 0)
	head, err := v.budget.head(v.key.Name(), v.budget.Lines())
	if text, bad := open(v.take(LedgerCheckpoint), v.key); bad != nil {
		v.found(LedgerCheckpoint, "%v", bad)
	} else if err != nil || text != head {
		v.found(LedgerCheckpoint, "is not the head of the ledger in %s", LedgerLines)
	}
}

// read reports whether these are the lines that the budget was read from.
func (b Budget) read(lines [][]byte) bool {
	var of tree.Tree
	for _, text := range lines {
		if of.Grow(text) != nil {
			return false
		}
	}
	size, root := of.Tree()
	own, ownRoot := b.tree.Tree()
	return size == own && root == ownRoot
}

// reserved checks that a table was drawn as the ledger reserved.
func (v *verification) reserved(at string, e Envelope) {
	v.covered(at, e)
	if err := v.budget.precedes(e); err != nil && e.Format >= 2 {
		v.found(at, "%v", err)
	}
	for _, d := range e.Days {
		if d.Status != Published || e.summed() { // what sums are of is compared day by day elsewhere
			continue
		}
		if err := v.budget.covers(e, d); err != nil {
			v.found(at, "%s: %v", d.Day, err)
		}
	}
}

// covered checks that a table says no less than the ledger spent on its period: what is
// reserved later, for days that are imported then, counts too.
func (v *verification) covered(at string, e Envelope) {
	period, err := ParsePeriod(e.Period.Name)
	total := e.Privacy.TotalRho.Rat()
	if err != nil || total == nil || total.Cmp(v.budget.Most(e.Site, period.first, period.last)) < 0 {
		v.found(at, "the ledger spent more on a day of the period than rho of all tables")
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
