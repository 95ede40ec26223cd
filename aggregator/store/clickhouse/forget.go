package clickhouse

import (
	"context"
	"fmt"
	"time"

	"oboro/aggregator/statistic"
)

// Forget deletes sealed cells. See [store.Forgetter]. The tables are marked first: from
// then on no cell of them is read, whenever the servers come to delete it.
func (s *Store) Forget(ctx context.Context, statisticID string, before statistic.Day) error {
	const op = "forget sealed cells"
	if err := ctx.Err(); err != nil {
		return classified(ctx, op, err)
	}
	for _, sh := range s.shards {
		ids := []string{statisticID}
		if statisticID == "" {
			var err error
			if ids, err = sh.statistics(ctx); err != nil {
				return classified(ctx, op, err)
			}
		}
		for _, id := range ids {
			if err := sh.forget(ctx, id, before); err != nil {
				return classified(ctx, op, err)
			}
		}
		if err := sh.forgotten(ctx); err != nil {
			return classified(ctx, op, err)
		}
	}
	return nil
}

// statistics returns the ids of all statistics that the shard knows seals of.
func (sh *shard) statistics(ctx context.Context) (ids []string, err error) {
	err = sh.try(ctx, func(ctx context.Context, h *host) error {
		ids = nil
		rows, err := h.conn.Query(ctx, statisticsQuery)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var id string
			if err := rows.Scan(&id); err != nil {
				return err
			}
			ids = append(ids, id)
		}
		return rows.Err()
	})
	return ids, err
}

// forget marks the tables of a statistic, and has their cells deleted where there are any.
func (sh *shard) forget(ctx context.Context, id string, before statistic.Day) error {
	return sh.try(ctx, func(ctx context.Context, h *host) error {
		if err := h.mark(ctx, id, before); err != nil {
			return err
		}
		var cells uint64
		if err := h.conn.QueryRow(ctx, forgettableCellsQuery, id, int32(before)).Scan(&cells); err != nil || cells == 0 {
			return err
		}
		return h.conn.Exec(ctx, forgetCellsQuery, id, int32(before))
	})
}

// mark notes the tables of a statistic in the periods before the day that are not noted.
func (h *host) mark(ctx context.Context, id string, before statistic.Day) error {
	rows, err := h.conn.Query(ctx, forgettableQuery, id, int32(before), id)
	if err != nil {
		return err
	}
	defer rows.Close()
	var sites []string
	var periods []int32
	var grains []uint8
	for rows.Next() {
		var site string
		var period int32
		var grain uint8
		if err := rows.Scan(&site, &period, &grain); err != nil {
			return err
		}
		sites, periods, grains = append(sites, site), append(periods, period), append(grains, grain)
	}
	if err := rows.Err(); err != nil || len(sites) == 0 {
		return err
	}
	return insert(ctx, h, addForgottenQuery, sites, repeated(id, len(sites)), periods, grains)
}

// forgotten returns once every replica has deleted what it was told to, and nothing of it is
// on a disk any more.
func (sh *shard) forgotten(ctx context.Context) error {
	deadline := time.Now().Add(leaving)
	for wait := 10 * time.Millisecond; ; wait = min(2*wait, time.Second) {
		left, err := sh.forgetting(ctx)
		if err != nil || left == nil {
			return err
		}
		if time.Now().After(deadline) {
			return refusal(fmt.Sprintf("what was forgotten is still on the disk of %s: see old_parts_lifetime in deploy/clickhouse", left.address))
		}
		if err := sleep(ctx, wait); err != nil {
			return err
		}
	}
}

// forgetting returns a replica that has not deleted everything yet, or nil.
func (sh *shard) forgetting(ctx context.Context) (*host, error) {
	for _, h := range sh.hosts {
		still, err := h.forgetting(ctx, len(sh.hosts) == 1)
		if err != nil && ctx.Err() == nil && again(err) {
			return nil, refusal(fmt.Sprintf("%s does not answer, and may have on its disk what was forgotten: start it", h.address))
		}
		if err != nil || still {
			return h, err
		}
	}
	return nil, nil
}

// forgetting reports whether the host still deletes, or has on its disk what it has let go
// of. One that is alone is asked to delete that, once nothing is being merged: asking would
// cut a deletion short.
func (h *host) forgetting(ctx context.Context, alone bool) (bool, error) {
	var under uint64
	if err := h.conn.QueryRow(ctx, mutatingQuery, "sealed_cells").Scan(&under); err != nil || under > 0 {
		return under > 0, err
	}
	_, idle, err := h.parts(ctx, "sealed_cells")
	if err != nil || len(idle) == 0 {
		return false, err
	}
	if alone {
		err = h.conn.Exec(ctx, clearSealedCellsQuery, "none")
	}
	return true, err
}
