package clickhouse

import (
	"context"

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
		drop := func(ctx context.Context, h *host) error { return h.forgetAll(ctx, ids, before) }
		if err := sh.gone(ctx, "sealed_cells", forgetCellsQuery, drop); err != nil {
			return classified(ctx, op, err)
		}
	}
	return nil
}

func (h *host) forgetAll(ctx context.Context, ids []string, before statistic.Day) error {
	for _, id := range ids {
		if err := h.forget(ctx, id, before); err != nil {
			return err
		}
	}
	return nil
}

// statistics returns the ids of all statistics that the shard knows seals of.
func (sh *shard) statistics(ctx context.Context) (ids []string, err error) {
	err = sh.try(ctx, func(ctx context.Context, h *host) error {
		ids, err = h.texts(ctx, statisticsQuery)
		return err
	})
	return ids, err
}

// forget marks the tables of a statistic and drops the partitions of their cells. Whatever was
// sealed meanwhile lies in the same partitions, and is marked with them.
func (h *host) forget(ctx context.Context, id string, before statistic.Day) error {
	if err := h.mark(ctx, id, before); err != nil {
		return err
	}
	partitions, err := h.texts(ctx, forgettablePartitionsQuery, id, int32(before))
	if err != nil || len(partitions) == 0 {
		return err
	}
	for _, p := range partitions {
		if err := h.conn.Exec(ctx, forgetCellsQuery, p); err != nil {
			return err
		}
	}
	return h.mark(ctx, id, before)
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
