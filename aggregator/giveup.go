package aggregator

import (
	"context"
	"errors"
	"fmt"

	"oboro/aggregator/ledger"
	"oboro/aggregator/seal"
	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
)

// ErrComplete says that a day or a week is not given up, since nothing keeps it from its seal.
var ErrComplete = errors.New("its cells are complete: it can be sealed, and is not given up")

// GiveUp gives up a live day or week of a site whose cells are not complete, for good: the ledger
// notes it as a gap, with the reason, and its open cells go, those of a day's week not. It is
// measured and counted nowhere, and an import does not bring it back. Of the table, its site,
// grain and period count. What is complete is refused with ErrComplete, and what is sealed, lost,
// not over or was never counted with an error that says so.
func (a *Aggregator) GiveUp(ctx context.Context, of store.Table, reason string) error {
	if err := a.Flush(ctx); err != nil {
		return err
	}
	a.flushing.Lock()
	defer a.flushing.Unlock()
	name := of.Period.String()
	if of.Grain == statistic.Weekly {
		name = "the week of " + name
	}
	if err := a.incomplete(ctx, of); err != nil {
		return fmt.Errorf("give up %s of site %s: %w", name, of.Site, err)
	}
	if err := a.config.Ledger.Gap(of.Site, string(of.Grain), of.Period.String(), reason); err != nil {
		return fmt.Errorf("give up %s of site %s: %w", name, of.Site, err)
	}
	return a.dropLost(ctx, of)
}

// incomplete returns an error unless the day or week is one that is over and cannot be sealed.
func (a *Aggregator) incomplete(ctx context.Context, of store.Table) error {
	last := of.Grain.End(of.Period)
	if open, ok := a.counting(); last >= a.Day() || ok && last >= open {
		return errors.New("it is not over")
	}
	if gap, lost := a.lost(of); lost {
		return fmt.Errorf("it was given up, or lost, before: %s", gap.Reason)
	}
	epochs, err := a.epochs(ctx, of.Period, last)
	if err != nil {
		return err
	}
	lives := livesIn(epochs, of.Grain, of.Period)
	waits, err := a.waits(ctx, of, lives)
	if err != nil {
		return err
	}
	if !waits {
		return errors.New("no live hits wait for its seal")
	}
	from, err := a.settled(ctx)
	if err != nil {
		return err
	}
	cells, err := a.openCells(ctx, from, of)
	if err != nil {
		return err
	}
	switch err := a.sealer.Complete(seal.Day{Site: of.Site, Day: of.Period, Cells: cells, Epochs: lives}, of.Grain); {
	case err == nil:
		return ErrComplete
	case !errors.Is(err, seal.ErrIncomplete):
		return err
	}
	return nil
}

// lost returns the gap of a day or week.
func (a *Aggregator) lost(of store.Table) (ledger.Gap, bool) {
	return a.config.Ledger.Lost(of.Site, string(of.Grain), of.Period.String())
}

// dropLost lets the open cells of a lost day or week go: nothing will seal them.
func (a *Aggregator) dropLost(ctx context.Context, of store.Table) error {
	ids := append(a.statisticIDs(), a.config.Catalogue.Off()...)
	if err := a.config.Store.DropOpen(ctx, of, ids); err != nil {
		return fmt.Errorf("drop what is lost: %w", err)
	}
	return nil
}
