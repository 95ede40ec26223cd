package aggregator

import (
	"context"
	"errors"

	"oboro/aggregator/seal"
	"oboro/aggregator/store"
)

// ErrPutBack says that something was sealed, and that the store does not have it: it was put back
// from an older copy. The ledger has its hash alone, and nothing is ever drawn again.
var ErrPutBack = errors.New("it was sealed before, but the store, put back from an older copy, does not have it: it is lost")

// putBack is the reason why such a day is lost, in the quality report.
const putBack = "the store was put back from a copy that is older than its seal"

// committed reports whether a day or week was sealed, whatever the store has of it.
func (a *Aggregator) committed(of store.Table) bool {
	r, ok := a.config.Ledger.Find(of.Site, string(of.Grain), of.Period.String())
	return ok && r.Committed != 0
}

// dropPutBack lets the open cells go that an older copy of the store has of a day or week which
// was sealed. They are told of once: with ErrPutBack, when they go.
func (a *Aggregator) dropPutBack(ctx context.Context, from store.Open, of store.Table) error {
	cells, err := a.openCells(ctx, from, of)
	if err != nil {
		return err
	}
	for _, list := range cells {
		if len(list) > 0 {
			return errors.Join(a.dropLost(ctx, of), ErrPutBack)
		}
	}
	return nil
}

// isAlone reports whether an error is of one day or week, and keeps no other from its seal.
func isAlone(err error) bool {
	return errors.Is(err, seal.ErrIncomplete) || errors.Is(err, ErrPutBack)
}

// gapOf returns why a day of a site, of which the store has no seal, is lost.
func (a *Aggregator) gapOf(of store.Table) (reason string, lost bool) {
	if gap, lost := a.lost(of); lost {
		return gap.Reason, true
	}
	return putBack, a.committed(of)
}
