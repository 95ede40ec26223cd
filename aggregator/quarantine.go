package aggregator

import (
	"errors"

	"oboro/aggregator/store"
)

// hold puts the oldest batch that waits into quarantine: it came after the seal of its period,
// nobody can tell whether the store has it, or no store takes it. It is kept in the RAM log, shown to the
// operator, and never sent again.
func (a *Aggregator) hold(why error) {
	name := a.queueHead().batch.Statistic
	switch {
	case errors.Is(why, store.ErrDoubt):
		a.config.Log.Error("a batch is held, since nobody can tell whether the store has it", "statistic", name)
	case errors.Is(why, store.ErrAddress):
		a.config.Log.Error("a batch is held, since a label of it reads as an address", "statistic", name)
	default:
		a.config.Log.Error("a batch came after the seal of its day", "statistic", name)
	}
	a.done(recordHeld, a.setAside)
}

// setAside moves the oldest batch that waits into quarantine. The caller holds mu.
func (a *Aggregator) setAside() {
	a.held = append(a.held, a.queue[0])
	a.line(a.queue[1:])
}

func (a *Aggregator) queueHead() frozen {
	head, _ := a.nextBatch()
	return head
}

// unsure notes that the outcome of the oldest batch that waits is not known.
func (a *Aggregator) unsure() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.doubtHead()
}

// doubtHead says of the oldest batch that waits that it may have been sent: of those that a
// restart takes back it alone can have been. The caller holds mu.
func (a *Aggregator) doubtHead() {
	if len(a.queue) > 0 {
		a.queue[0].again = true
	}
}

// Held returns the number of batches in quarantine, and of their cells.
func (a *Aggregator) Held() (batches, cells int) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	for _, f := range a.held {
		cells += len(f.batch.Cells)
	}
	return len(a.held), cells
}
