package sqlite

import (
	"context"
	"database/sql"

	"oboro/aggregator/statistic"
)

// Forget deletes sealed cells. See [store.Forgetter]. As with a seal, the disk is
// wiped even where there was nothing to delete: an earlier try may have ended
// between the two.
func (s *Store) Forget(ctx context.Context, statisticID string, before statistic.Day) error {
	const op = "forget sealed cells"
	err := s.write(ctx, op, func(t *transaction) (bool, error) {
		ids, err := t.statistics(statisticID)
		if err != nil {
			return false, err
		}
		for _, id := range ids {
			if err := t.forget(id, before); err != nil {
				return false, err
			}
		}
		return true, nil
	})
	if err != nil {
		return err
	}
	return classified(ctx, op, s.wipe(ctx))
}

// statistics returns the id of the named statistic, if the store knows it, or, for
// an empty name, the ids of all that it knows.
func (t *transaction) statistics(name string) ([]int64, error) {
	if name != "" {
		id, ok, err := t.find(statisticScope, name)
		if err != nil || !ok {
			return nil, err
		}
		return []int64{id}, nil
	}
	var ids []int64
	err := t.each(statisticsQuery, func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		ids = append(ids, id)
		return err
	}, statisticScope)
	return ids, err
}

// forget deletes the cells of one statistic in the periods before the day. The
// labels are looked through only where a cell went: that reads all cells that stay.
func (t *transaction) forget(statisticID int64, before statistic.Day) error {
	if _, err := t.exec(forgetTablesQuery, statisticID, before); err != nil {
		return err
	}
	gone, err := t.exec(forgetCellsQuery, statisticID, before)
	if err != nil || gone == 0 {
		return err
	}
	t.dictionary.forgetScope(sealedScope(statisticID))
	_, err = t.exec(forgetLabelsQuery, sealedScope(statisticID), statisticID)
	return err
}
