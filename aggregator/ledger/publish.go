package ledger

import (
	"bytes"
	"errors"
	"fmt"
)

// ErrWithdrawn says that a data set of a period was taken back, for good.
var ErrWithdrawn = errors.New("withdrawn")

// A Withdrawal takes a data set of one period back. One more version of it may follow: the
// one that shows the reason in place of the figures.
type Withdrawal struct {
	Dataset string `json:"dataset"`
	Period  string `json:"period"`
	Reason  Reason `json:"reason"`
}

// A Reason says in both languages why something was withdrawn. It is published.
type Reason struct {
	EN string `json:"en"`
	JA string `json:"ja"`
}

// A withdrawn is a withdrawal, and how many versions there were.
type withdrawn struct {
	Withdrawal
	versions int
}

// PublishAll writes down what is about to be published, as [Ledger.Publish] does, with one
// wait for the disk. Killed, it leaves the first of them and not the others: saying all
// again then writes what is missing.
func (l *Ledger) PublishAll(list []Publication) error {
	l.writing.Lock()
	defer l.writing.Unlock()
	var fresh []record
	for _, p := range list {
		if !l.knows(p) {
			fresh = append(fresh, record{Publish: &p})
		}
	}
	if err := l.appendAll(fresh); err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	return nil
}

func (l *Ledger) knows(p Publication) bool {
	for _, old := range l.Published(p.Dataset, p.Period) {
		if old.same(p) {
			return true
		}
	}
	return false
}

// appendAll writes records one after the other, and waits for the disk once. The caller
// holds writing. Those before one that is refused are written. When the disk fails, some
// count here that do not stand there: the ledger then takes nothing more, as after each
// write that failed.
func (l *Ledger) appendAll(records []record) error {
	if l.broken != nil {
		return fmt.Errorf("the ledger takes no more records until it is opened again: %w", l.broken)
	}
	var text bytes.Buffer
	var refused error
	for _, r := range records {
		size, root := l.Tree()
		r.Seq, r.Root = uint64(size), root
		line, err := r.encode()
		if err == nil {
			err = l.check(r)
		}
		if err != nil {
			refused = err
			break
		}
		l.accept(r, line)
		text.Write(append(line, '\n'))
	}
	if text.Len() > 0 {
		if err := l.write(bytes.TrimSuffix(text.Bytes(), []byte("\n"))); err != nil {
			l.broken = err
			return err
		}
		l.size += int64(text.Len())
	}
	return refused
}

// Withdraw writes down that a data set of a period is taken back. It stands on the disk
// when Withdraw returns. Saying so again changes nothing, whatever the reason.
func (l *Ledger) Withdraw(w Withdrawal) error {
	l.writing.Lock()
	defer l.writing.Unlock()
	if _, ok := l.Withdrawn(w.Dataset, w.Period); ok {
		return nil
	}
	if _, err := l.append(record{Withdraw: &w}); err != nil {
		return fmt.Errorf("withdraw %s %s: %w", w.Dataset, w.Period, err)
	}
	return nil
}

// Withdrawn returns why a data set of a period was taken back, where it was.
func (h *History) Withdrawn(dataset, period string) (Withdrawal, bool) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	w, ok := h.withdrawn[edition{dataset, period}]
	return w.Withdrawal, ok
}

func (h *History) checkWithdraw(w Withdrawal) error {
	e := edition{w.Dataset, w.Period}
	switch _, before := h.withdrawn[e]; {
	case !word(w.Reason.EN) || !word(w.Reason.JA):
		return errors.New("a withdrawal without a reason in both languages, of one line each")
	case before:
		return fmt.Errorf("%s %s: %w", w.Dataset, w.Period, ErrWithdrawn)
	case len(h.published[e]) == 0:
		return fmt.Errorf("%s %s: was never published", w.Dataset, w.Period)
	}
	return nil
}

// Committed returns the committed reservations of a grain by site, oldest first.
func (h *History) Committed(grain string) map[string][]Reservation {
	h.mu.RLock()
	defer h.mu.RUnlock()
	list := map[string][]Reservation{}
	for _, seq := range h.order {
		if r := h.reserved[seq]; r.Grain == grain && r.Committed != 0 {
			list[r.Site] = append(list[r.Site], r.clone())
		}
	}
	return list
}
