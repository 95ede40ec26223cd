package clickhouse

import (
	"cmp"
	"context"
	"iter"
	"slices"

	"github.com/ClickHouse/clickhouse-go/v2"

	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
)

func bySiteAndKeys(a, b *store.Cell) int {
	if c := cmp.Compare(a.Site, b.Site); c != 0 {
		return c
	}
	return slices.Compare(a.Keys, b.Keys)
}

// Open yields the open cells of the table. See [store.Open]. They are read in full before
// the first is yielded: whoever ranges over them may take time, and may write.
func (s *Store) Open(ctx context.Context, table store.Table) iter.Seq2[store.Cell, error] {
	return yielded(func() ([]store.Cell, error) {
		sh := s.shards[s.place(table.Site)]
		var cells []store.Cell
		err := sh.try(ctx, func(ctx context.Context, h *host) error {
			var err error
			cells, err = s.openOn(ctx, replica{host: h}, table)
			return err
		})
		return cells, classified(ctx, "read open cells", err)
	})
}

// yielded yields what read returns, or its error.
func yielded(read func() ([]store.Cell, error)) iter.Seq2[store.Cell, error] {
	return func(yield func(store.Cell, error) bool) {
		cells, err := read()
		if err != nil {
			yield(store.Cell{}, err)
			return
		}
		for _, c := range cells {
			if !yield(c, nil) {
				return
			}
		}
	}
}

// openOn reads the open cells of a table on one replica. Of a sealed table there are none:
// what came late, or is not dropped yet, does not count.
func (s *Store) openOn(ctx context.Context, from replica, table store.Table) ([]store.Cell, error) {
	grain, err := grainOf(table.Grain)
	if err != nil {
		return nil, err
	}
	var sealed uint64
	one := siteSet(table.Site)
	err = from.host.conn.QueryRow(ctx, isSealedQuery, one, grain, int32(table.Period), table.Statistic).Scan(&sealed)
	if err != nil || sealed > 0 {
		return nil, err
	}
	query, args := openCellsQuery, []any{table.Statistic, grain, int32(table.Period), table.Site}
	if s.replicated {
		query, args = openCellsOnClusterQuery, append(args, from.but())
	}
	rows, err := from.host.conn.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var cells []store.Cell
	var keys keyRow
	var counts statistic.Counts
	places := into(nil, &keys, openCounters(&counts)...)
	for rows.Next() {
		if err := rows.Scan(places...); err != nil {
			return nil, err
		}
		cells = append(cells, store.Cell{Site: table.Site, Keys: keys.keys(), Counts: counts})
	}
	return cells, rows.Err()
}

// but names the parts that do not count. No part has an empty name, and no list may be empty.
func (r replica) but() clickhouse.GroupSet {
	names := clickhouse.GroupSet{Value: []any{""}}
	for _, name := range r.ghosts {
		names.Value = append(names.Value, name)
	}
	return names
}
