package sqlite

import (
	"context"
	"database/sql"
	"encoding/binary"
	"maps"
	"slices"

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
	unused, err := t.unused(statisticID)
	if err != nil {
		return err
	}
	for ids := range slices.Chunk(unused, labelsAtOnce) {
		args := []any{sealedScope(statisticID)}
		for i := range labelsAtOnce { // what is left over names the last one again
			args = append(args, ids[min(i, len(ids)-1)])
		}
		if _, err := t.exec(forgetLabelsQuery, args...); err != nil {
			return err
		}
	}
	return nil
}

// unused returns the ids of labels that no sealed cell of the statistic uses. It holds
// ids alone, and one row at a time.
func (t *transaction) unused(statisticID int64) ([]int64, error) {
	unused := map[int64]struct{}{}
	err := t.each(labelIDsQuery, func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		unused[id] = struct{}{}
		return err
	}, sealedScope(statisticID))
	if err != nil {
		return nil, err
	}
	var packed sql.RawBytes
	err = t.each(cellsThatStayQuery, func(rows *sql.Rows) error {
		if err := rows.Scan(&packed); err != nil {
			return err
		}
		return eachGroup(packed, func(s shape, n int, body []byte) error {
			for ; s.keys > 0 && len(body) > 0; body = body[s.length():] {
				for i := range s.keys {
					delete(unused, int64(binary.BigEndian.Uint32(body[4*i:])))
				}
			}
			return nil
		})
	}, statisticID)
	return slices.Sorted(maps.Keys(unused)), err
}
