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

// ErrComplete says that a day is not given up, since nothing keeps it from its seal.
var ErrComplete = errors.New("its cells are complete: it can be sealed, and is not given up")

// GiveUp gives up a live day of a site whose cells are not complete, for good: the ledger notes
// it as a gap, with the reason, and its open cells go. It is measured and counted nowhere, and
// an import does not bring it back. A day that is complete is refused with ErrComplete, and
// one that is sealed, lost, not over or was never counted with an error that says so.
func (a *Aggregator) GiveUp(ctx context.Context, site string, day statistic.Day, reason string) error {
	if err := a.Flush(ctx); err != nil {
		return err
	}
	a.flushing.Lock()
	defer a.flushing.Unlock()
	if err := a.incomplete(ctx, site, day); err != nil {
		return fmt.Errorf("give up %s of site %s: %w", day, site, err)
	}
	if err := a.config.Ledger.Gap(site, ledger.Day, day.String(), reason); err != nil {
		return fmt.Errorf("give up %s of site %s: %w", day, site, err)
	}
	return a.dropLost(ctx, site, day)
}

// incomplete returns an error unless the day is one that is over and cannot be sealed.
func (a *Aggregator) incomplete(ctx context.Context, site string, day statistic.Day) error {
	if open, ok := a.counting(); day >= a.Day() || ok && day >= open {
		return errors.New("it is not over")
	}
	if gap, lost := a.config.Ledger.Lost(site, ledger.Day, day.String()); lost {
		return fmt.Errorf("it was given up, or lost, before: %s", gap.Reason)
	}
	epochs, err := a.config.Store.Epochs(ctx, day, day)
	if err != nil {
		return fmt.Errorf("read epochs: %w", err)
	}
	waits, err := a.waits(ctx, site, day, epochs[day])
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
	cells, err := a.openCells(ctx, from, store.Table{Site: site, Grain: statistic.Daily, Period: day})
	if err != nil {
		return err
	}
	switch err := a.sealer.Complete(seal.Day{Site: site, Day: day, Cells: cells, Epochs: epochs[day]}); {
	case err == nil:
		return ErrComplete
	case !errors.Is(err, seal.ErrIncomplete):
		return err
	}
	return nil
}

// dropLost lets the open cells of a lost day go: nothing will seal them.
func (a *Aggregator) dropLost(ctx context.Context, site string, day statistic.Day) error {
	ids := append(a.statisticIDs(), a.config.Catalogue.Off()...)
	if err := a.config.Store.DropOpen(ctx, site, day, ids); err != nil {
		return fmt.Errorf("drop what is lost: %w", err)
	}
	return nil
}
