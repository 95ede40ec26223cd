package ledger

import (
	"errors"
	"fmt"
	"math/big"
	"slices"
)

// What callers may have to tell apart.
var (
	// ErrReserved says that the site's period was reserved before, or that one of
	// its queries was drawn for one of its days under another grain.
	ErrReserved = errors.New("reserved before")
	// ErrBudget says that a visitor-day would take more than its budget.
	ErrBudget = errors.New("over the budget of a visitor-day")
	// ErrGap says that the period is lost and not measured, for good.
	ErrGap = errors.New("the period is a gap")
	// ErrPublished says that the version was published with other files.
	ErrPublished = errors.New("published before with other files")
	// ErrResult says that a result file is missing, or is not the one there was.
	ErrResult = errors.New("not the result of the reservation")
	// ErrForgotten says that the result file of a committed reservation is not kept
	// any more. Its hash stands in the record of the commit.
	ErrForgotten = errors.New("the result is not kept any more")
)

// check reports what forbids the record to be the next one.
func (h *History) check(r record) error {
	h.mu.RLock()
	defer h.mu.RUnlock()
	if r.Seq != uint64(h.size) || r.Root != h.root {
		return errors.New("the record does not belong behind the ones before it")
	}
	kinds := 0
	for _, there := range []bool{
		r.Close != nil, r.Commit != nil, r.Gap != nil, r.Ledger != nil, r.Period != nil, r.Publish != nil, r.Reserve != nil, r.Withdraw != nil,
	} {
		if there {
			kinds++
		}
	}
	switch {
	case kinds != 1:
		return fmt.Errorf("a record of %d kinds", kinds)
	case (r.Ledger != nil) != (r.Seq == 0):
		return errors.New("a ledger begins with one record that names it")
	case r.Ledger != nil:
		return r.Ledger.check()
	case r.Reserve != nil:
		return h.checkReserve(*r.Reserve)
	case r.Commit != nil:
		return h.checkCommit(*r.Commit)
	case r.Gap != nil:
		return h.checkGap(*r.Gap)
	case r.Period != nil:
		return h.checkPeriod(*r.Period)
	case r.Close != nil:
		return h.checkClosing(*r.Close)
	case r.Withdraw != nil:
		return h.checkWithdraw(*r.Withdraw)
	}
	return h.checkPublish(*r.Publish)
}

func (o Origin) check() error {
	if o.Format < 1 || o.Format > format {
		return fmt.Errorf("the ledger has format %d, and this program reads 1 to %d", o.Format, format)
	}
	if len(o.ID) != 32 || !hash(o.ID+o.ID) {
		return errors.New("the ledger's id is not 32 hex digits")
	}
	return nil
}

func (h *History) checkReserve(r Reservation) error {
	days, err := span(r.Grain, r.Period)
	if err != nil {
		return err
	}
	if err := r.check(); err != nil {
		return err
	}
	if err := h.checkShares(r, days); err != nil || r.Fill {
		return err
	}
	own := period{r.Site, r.Grain, r.Period}
	if seq, ok := h.periods[own]; ok {
		return fmt.Errorf("reservation %d: %w", seq, ErrReserved)
	}
	if g, ok := h.lost[own]; ok {
		return fmt.Errorf("%s: %w", g.Reason, ErrGap)
	}
	for _, d := range days {
		if s := h.days[siteDay{r.Site, d}]; s != nil {
			if err := s.check(r); err != nil {
				return fmt.Errorf("day %s: %w", d, err)
			}
		}
	}
	return nil
}

// check reports whether the reservation is well formed and within the budget by
// itself.
func (r Reservation) check() error {
	for _, w := range []struct{ what, is string }{{"site", r.Site}, {"config", r.Config}, {"code", r.Code}} {
		if !word(w.is) {
			return fmt.Errorf("%s %q is no name", w.what, w.is)
		}
	}
	if r.Fill {
		if err := r.checkFill(); err != nil {
			return err
		}
	}
	whole, err := r.completed()
	if err != nil {
		return err
	}
	if r.Draws == nil || !slices.Equal(whole.Draws, r.Draws) {
		return errors.New("rho or variance is not what the declared numbers give")
	}
	seen := map[query]bool{}
	for _, d := range r.Draws {
		q := query{d.Statistic, d.Measure}
		if !word(d.Statistic) || !word(d.Measure) || d.Cells < 1 || int64(d.Cells) > largest {
			return fmt.Errorf("%q of %q in %d cells is no draw", d.Measure, d.Statistic, d.Cells)
		}
		if seen[q] {
			return fmt.Errorf("%s of %s would be drawn twice", d.Measure, d.Statistic)
		}
		seen[q] = true
	}
	return within(r.Rho())
}

// check reports whether the reservation may take its part of this budget, too.
func (s *spending) check(r Reservation) error {
	for _, d := range r.Draws {
		if seq, ok := s.drawn[query{d.Statistic, d.Measure}]; ok {
			return fmt.Errorf("%s of %s was drawn by reservation %d: %w", d.Measure, d.Statistic, seq, ErrReserved)
		}
	}
	return within(new(big.Rat).Add(s.rho, r.Rho()))
}

func within(rho *big.Rat) error {
	if rho.Cmp(Budget().Rat()) > 0 {
		return fmt.Errorf("rho would be %s of %s: %w", rho.RatString(), Budget(), ErrBudget)
	}
	return nil
}

func (h *History) checkCommit(c Commit) error {
	r, ok := h.reserved[c.Reserve]
	if !ok {
		return fmt.Errorf("commit of %d, which is no reservation", c.Reserve)
	}
	if r.Committed != 0 {
		return fmt.Errorf("reservation %d was committed before", c.Reserve)
	}
	if !hash(c.SHA256) {
		return fmt.Errorf("commit of reservation %d without a SHA-256", c.Reserve)
	}
	if h.lostFor(*r) {
		return fmt.Errorf("commit of reservation %d: %w", c.Reserve, ErrGap)
	}
	return nil
}

func (h *History) checkGap(g Gap) error {
	if _, err := span(g.Grain, g.Period); err != nil {
		return err
	}
	if !word(g.Site) || !word(g.Reason) {
		return fmt.Errorf("site %q and reason %q must be names", g.Site, g.Reason)
	}
	own := period{g.Site, g.Grain, g.Period}
	if _, ok := h.lost[own]; ok {
		return fmt.Errorf("%s %s %s: %w already", g.Site, g.Grain, g.Period, ErrGap)
	}
	if seq, ok := h.periods[own]; ok && h.reserved[seq].Committed != 0 {
		return fmt.Errorf("%s %s %s was measured: reservation %d is committed", g.Site, g.Grain, g.Period, seq)
	}
	return nil
}

func (h *History) checkPublish(p Publication) error {
	if !word(p.Dataset) || !word(p.Period) || len(p.Files) == 0 {
		return fmt.Errorf("data set %q, period %q, %d files: no publication", p.Dataset, p.Period, len(p.Files))
	}
	for path, sum := range p.Files {
		if !word(path) || !hash(sum) {
			return fmt.Errorf("%s %s: file %q without a SHA-256", p.Dataset, p.Period, path)
		}
	}
	newest := len(h.published[edition{p.Dataset, p.Period}])
	taken, back := h.withdrawn[edition{p.Dataset, p.Period}]
	switch {
	case p.Version >= 1 && p.Version <= newest:
		return fmt.Errorf("%s %s version %d: %w", p.Dataset, p.Period, p.Version, ErrPublished)
	case p.Version != newest+1:
		return fmt.Errorf("%s %s: version %d does not follow %d", p.Dataset, p.Period, p.Version, newest)
	case back && newest > taken.versions:
		return fmt.Errorf("%s %s: %w", p.Dataset, p.Period, ErrWithdrawn)
	}
	return nil
}
