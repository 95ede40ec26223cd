package sqlite

import (
	"context"
	"iter"
	"math/rand/v2"
	"slices"

	"oboro/aggregator/store"
)

// Add adds the batch. See [store.Adder].
func (s *Store) Add(ctx context.Context, id store.BatchID, batch store.Batch) error {
	cells := slices.DeleteFunc(slices.Clone(batch.Cells), func(c store.Cell) bool { return c.Counts.IsZero() })
	if len(cells) == 0 {
		return ctx.Err()
	}
	// The order in which rows are written shows in the file; it must say nothing.
	rand.Shuffle(len(cells), func(i, j int) { cells[i], cells[j] = cells[j], cells[i] })
	grain, err := grainOf(batch.Grain)
	if err != nil {
		return classified(ctx, "add a batch", err)
	}
	return s.write(ctx, "add a batch", func(t *transaction) (bool, error) {
		statisticID, err := t.id(statisticScope, batch.Statistic)
		if err != nil {
			return false, err
		}
		place := tableKey{statistic: statisticID, period: batch.Period, grain: grain} // of each site
		added, err := t.exec(addBatchQuery, place.statistic, place.period, place.grain, id[:])
		if err != nil || added == 0 {
			return false, err
		}
		if err := t.refuseSealed(place, cells); err != nil {
			return false, err
		}
		for _, c := range cells {
			if err := t.addCell(place, c); err != nil {
				return false, err
			}
		}
		return true, nil
	})
}

// refuseSealed fails if the period is sealed for the site of any of the cells.
func (t *transaction) refuseSealed(place tableKey, cells []store.Cell) error {
	looked := map[string]bool{}
	for _, c := range cells {
		if looked[c.Site] {
			continue
		}
		looked[c.Site] = true
		siteID, err := t.id(siteScope, c.Site)
		if err != nil {
			return err
		}
		sealed, _, err := t.number(isSealedQuery, place.statistic, siteID, place.period, place.grain)
		if err != nil {
			return err
		}
		if sealed != 0 {
			return store.ErrSealed
		}
	}
	return nil
}

func (t *transaction) addCell(place tableKey, c store.Cell) error {
	var err error
	if place.site, err = t.id(siteScope, c.Site); err != nil {
		return err
	}
	keys, err := t.openIDs(place, c.Keys)
	if err != nil {
		return err
	}
	args := []any{place.statistic, place.period, place.grain, place.site, keys[0], keys[1], keys[2]}
	_, err = t.exec(addCellQuery, counters(args, c.Counts)...)
	return err
}

// Open yields the open cells of the table. See [store.Open]. They are read in full
// before the first is yielded: whoever ranges over them may take time, and may
// write. They come in the order of their keys, which spares a seal to compare a million texts.
func (s *Store) Open(ctx context.Context, table store.Table) iter.Seq2[store.Cell, error] {
	return func(yield func(store.Cell, error) bool) {
		cells, err := s.openCells(ctx, table)
		if err != nil {
			yield(store.Cell{}, err)
			return
		}
		for c := range cells.inOrder(table.Site) {
			if !yield(c, nil) {
				return
			}
		}
	}
}

func (s *Store) openCells(ctx context.Context, table store.Table) (cells openCells, err error) {
	grain, err := grainOf(table.Grain)
	if err != nil {
		return cells, classified(ctx, "read open cells", err)
	}
	err = s.read(ctx, "read open cells", func(t *transaction) error {
		statisticID, siteID, ok, err := t.tableIDs(table.Statistic, table.Site)
		if err != nil || !ok {
			return err
		}
		place := []any{statisticID, table.Period, grain, siteID}
		if err := cells.readTexts(t, place); err != nil {
			return err
		}
		err = cells.read(t, place)
		cells.places = nil // they take some memory where there are many
		return err
	})
	return cells, err
}

// tableIDs returns the ids of a statistic and a site. ok is false where the store
// has never heard of one of them.
func (t *transaction) tableIDs(statisticName, site string) (statisticID, siteID int64, ok bool, err error) {
	statisticID, ok, err = t.find(statisticScope, statisticName)
	if err != nil || !ok {
		return 0, 0, false, err
	}
	siteID, ok, err = t.find(siteScope, site)
	return statisticID, siteID, ok, err
}
