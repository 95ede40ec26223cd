package sqlite

import (
	"context"
	"math/rand/v2"
	"slices"

	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
)

// grains are the codes of the grains in the store: append, never renumber.
var grains = []statistic.Grain{statistic.Daily, statistic.Weekly}

const errGrain = refusal("it has no grain")

// grainOf returns the code of a grain of open cells, where none is said of a day.
func grainOf(g statistic.Grain) (int, error) {
	if g == "" {
		return 0, nil
	}
	if i := slices.Index(grains, g); i >= 0 {
		return i, nil
	}
	return 0, errGrain
}

// WriteSeal writes the seal. See [store.Sealer]. Where it fails after the seal was
// written (another process reading the store can prevent the log from being
// emptied), writing it again does the rest.
func (s *Store) WriteSeal(ctx context.Context, seal store.Seal) error {
	grain := slices.Index(grains, seal.Grain)
	if grain < 0 {
		return classified(ctx, "write a seal", errGrain)
	}
	err := s.write(ctx, "write a seal", func(t *transaction) (bool, error) {
		siteID, err := t.id(siteScope, seal.Site)
		if err != nil {
			return false, err
		}
		added, err := t.exec(addSealQuery, siteID, seal.Period, grain,
			int64(seal.Reservation), seal.Epochs, seal.Imported)
		if err != nil || added == 0 {
			return false, err
		}
		for _, i := range rand.Perm(len(seal.Tables)) {
			place := tableKey{site: siteID, period: seal.Period, grain: grain}
			if err := t.seal(place, seal.Tables[i]); err != nil {
				return false, err
			}
		}
		for _, share := range seal.Shares {
			if err := t.addShare(siteID, seal.Period, share); err != nil {
				return false, err
			}
		}
		if t.deleted > 0 {
			s.unclean.Store(true)
		}
		return true, nil
	})
	if err != nil {
		return err
	}
	return s.clean(ctx, "write a seal")
}

// DropOpen deletes open cells without a seal. See [store.Dropper].
func (s *Store) DropOpen(ctx context.Context, of store.Table, statisticIDs []string) error {
	grain, err := grainOf(of.Grain)
	if err != nil {
		return classified(ctx, "drop open cells", err)
	}
	err = s.write(ctx, "drop open cells", func(t *transaction) (bool, error) {
		siteID, err := t.id(siteScope, of.Site)
		if err != nil {
			return false, err
		}
		for _, id := range statisticIDs {
			place := tableKey{site: siteID, period: of.Period, grain: grain}
			if place.statistic, err = t.id(statisticScope, id); err != nil {
				return false, err
			}
			if err := t.drop(place); err != nil {
				return false, err
			}
		}
		if t.deleted > 0 {
			s.unclean.Store(true)
		}
		return true, nil
	})
	if err != nil {
		return err
	}
	return s.clean(ctx, "drop open cells")
}

// clean takes what was deleted off the disk, if anything was: in an import no cell was
// ever open, and only the sums of its periods change.
func (s *Store) clean(ctx context.Context, what string) error {
	if !s.unclean.Load() {
		return nil
	}
	if err := s.wipe(ctx); err != nil {
		return classified(ctx, what, err)
	}
	s.unclean.Store(false)
	return nil
}

// A tableKey is the key of a table: of its open cells and their labels, and of its part of a seal.
type tableKey struct {
	statistic, site int64
	period          statistic.Day
	grain           int
}

// with returns the key as arguments, followed by others.
func (p tableKey) with(others ...any) []any {
	return append([]any{p.statistic, p.site, p.period, p.grain}, others...)
}

// seal writes one table and drops its open cells.
func (t *transaction) seal(place tableKey, table store.Sealed) error {
	if table.Statistic == "" {
		return refusal("a table of it names no statistic")
	}
	var err error
	if place.statistic, err = t.id(statisticScope, table.Statistic); err != nil {
		return err
	}
	if _, err := t.exec(addSealedTableQuery, place.with()...); err != nil {
		return err
	}
	if err := t.addCells(place, table.Cells); err != nil {
		return err
	}
	if err := t.addMeasured(place, table.Measurements); err != nil {
		return err
	}
	return t.drop(place)
}

func (t *transaction) addMeasured(place tableKey, list []store.Measurement) error {
	if len(list) == 0 {
		return nil
	}
	packed, err := t.pack(measuredScope(place.statistic), list)
	if err != nil {
		return err
	}
	_, err = t.exec(addMeasuredQuery, place.with(packed)...)
	return err
}

// drop deletes the open cells of a table with their labels, and the batch ids that nothing
// open needs any more.
func (t *transaction) drop(place tableKey) error {
	cells, err := t.exec(dropOpenCellsQuery, place.statistic, place.period, place.grain, place.site)
	if err != nil {
		return err
	}
	batches, err := t.exec(dropBatchesQuery, place.statistic, place.period, place.grain)
	if err != nil {
		return err
	}
	t.dictionary.forgetTable(place)
	labels, err := t.exec(dropOpenLabelsQuery, place.statistic, place.period, place.grain, place.site)
	t.deleted += cells + batches + labels
	return err
}

// wipe takes what was deleted off the disk: secure_delete has overwritten it in the
// pages, the vacuum takes free pages out of the file, and the checkpoint brings
// both into the file and empties the log, which holds the pages as they were.
func (s *Store) wipe(ctx context.Context) error {
	if _, err := s.writer.ExecContext(ctx, vacuumQuery); err != nil {
		return err
	}
	s.reading.Lock()
	defer s.reading.Unlock()
	var busy, logged, moved int64
	if err := s.writer.QueryRowContext(ctx, checkpointQuery).Scan(&busy, &logged, &moved); err != nil {
		return err
	}
	if busy != 0 {
		return refusal("what was deleted is still on the disk, since another process reads the store: " +
			"end that process, then try again")
	}
	return nil
}
