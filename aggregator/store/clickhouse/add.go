package clickhouse

import (
	"context"
	"iter"
	"slices"

	"github.com/ClickHouse/clickhouse-go/v2"

	"oboro/aggregator/store"
)

// The bounds of one insert. A server makes a part for each site of it, and modern ones take
// no more than 100; a block of more rows would not be there as a whole or not at all.
const (
	mostSites = 100
	mostRows  = 500_000
)

// Add adds the batch. See [store.Adder]. That its period is not sealed is looked at again
// afterwards: what came while it was being sealed is told of.
func (s *Store) Add(ctx context.Context, id store.BatchID, batch store.Batch) error {
	const op = "add a batch"
	cells, err := merged(batch.Cells)
	if err == nil {
		_, err = grainOf(batch.Grain)
	}
	if err == nil {
		err = ctx.Err()
	}
	if err != nil || len(cells) == 0 {
		return classified(ctx, op, err)
	}
	parts := s.spread(cells)
	if err := s.refuseSealed(ctx, batch, parts); err != nil {
		return classified(ctx, op, err)
	}
	if batch.Again {
		if err := s.refuseDoubtful(ctx, s.attempts.of(id, batch.Period), parts); err != nil {
			return classified(ctx, op, err)
		}
	}
	s.attempts.begin(id)
	if err := s.addParts(ctx, id, batch, parts); err != nil {
		return classified(ctx, op, err)
	}
	s.attempts.end(id)
	return classified(ctx, op, s.refuseSealed(ctx, batch, parts))
}

func (s *Store) addParts(ctx context.Context, id store.BatchID, batch store.Batch, parts [][]store.Cell) error {
	for i, part := range parts {
		from := 0
		for _, block := range blocks(part) {
			columns, token := openColumns(id, batch, block), tokenOf(id, part, from)
			err := s.shards[i].try(ctx, func(ctx context.Context, h *host) error {
				return h.insert(ctx, addOpenCellsQuery, token, columns)
			})
			if err != nil {
				return err
			}
			from += len(block)
		}
	}
	return nil
}

// insert writes a block on any replica.
func (sh *shard) insert(ctx context.Context, query string, columns []any) error {
	return sh.try(ctx, func(ctx context.Context, h *host) error { return insert(ctx, h, query, columns...) })
}

// merged returns the cells in order of site and keys, those with the same ones summed, and
// without those that add nothing. The order is that of the keys of the table, and so tells
// nothing, and it is the same whenever the batch is sent. Cells that are given like that, as
// those of a tally are, are not copied.
func merged(cells []store.Cell) ([]store.Cell, error) {
	asTheyAre := true
	for i := range cells {
		if err := checkKeys(cells[i].Keys); err != nil {
			return nil, err
		}
		if cells[i].Counts.IsZero() || i > 0 && bySiteAndKeys(&cells[i-1], &cells[i]) >= 0 {
			asTheyAre = false
		}
	}
	if asTheyAre {
		return cells, nil
	}
	sorted := slices.Clone(cells)
	slices.SortFunc(sorted, func(a, b store.Cell) int { return bySiteAndKeys(&a, &b) })
	list := sorted[:0]
	for _, c := range sorted {
		if last := len(list) - 1; last >= 0 && bySiteAndKeys(&list[last], &c) == 0 {
			list[last].Counts.Add(c.Counts)
			continue
		}
		list = append(list, c)
	}
	return slices.DeleteFunc(list, func(c store.Cell) bool { return c.Counts.IsZero() }), nil
}

// spread returns the cells by shard, each in the order that it is given. Those of one site
// stand together.
func (s *Store) spread(cells []store.Cell) [][]store.Cell {
	if len(s.shards) == 1 {
		return [][]store.Cell{cells}
	}
	parts := make([][]store.Cell, len(s.shards))
	for site := range sitesOf(cells) {
		i := s.place(site[0].Site)
		parts[i] = append(parts[i], site...)
	}
	return parts
}

// sitesOf yields the cells of each site, which stand together.
func sitesOf(cells []store.Cell) iter.Seq[[]store.Cell] {
	return func(yield func([]store.Cell) bool) {
		from := 0
		for i := range cells {
			if i+1 < len(cells) && cells[i+1].Site == cells[i].Site {
				continue
			}
			if !yield(cells[from : i+1]) {
				return
			}
			from = i + 1
		}
	}
}

// blocks cuts cells, which stand in order of site, into those of one insert each.
func blocks(cells []store.Cell) (list [][]store.Cell) {
	from, sites := 0, 1
	for i := range cells {
		if i > from && cells[i].Site != cells[i-1].Site {
			sites++
		}
		if sites > mostSites || i-from == mostRows {
			list = append(list, cells[from:i])
			from, sites = i, 1
		}
	}
	if from < len(cells) {
		list = append(list, cells[from:])
	}
	return list
}

// refuseSealed fails if the period of the batch is sealed for a site of it.
func (s *Store) refuseSealed(ctx context.Context, batch store.Batch, parts [][]store.Cell) error {
	for i, part := range parts {
		var sites clickhouse.GroupSet
		for site := range sitesOf(part) {
			sites.Value = append(sites.Value, site[0].Site)
		}
		if len(sites.Value) == 0 {
			continue
		}
		var sealed uint64
		err := s.shards[i].try(ctx, func(ctx context.Context, h *host) error {
			grain, err := grainOf(batch.Grain)
			if err != nil {
				return err
			}
			return h.conn.QueryRow(ctx, isSealedQuery, sites, grain, int32(batch.Period), batch.Statistic).Scan(&sealed)
		})
		if err != nil {
			return err
		}
		if sealed > 0 {
			return store.ErrSealed
		}
	}
	return nil
}

// openColumns returns the columns of add_open_cells.
func openColumns(id store.BatchID, batch store.Batch, cells []store.Cell) []any {
	n := len(cells)
	sites, keys, counters := make([]string, n), sizedKeys(n), sizedCounters(n)
	for i := range cells {
		c := &cells[i]
		sites[i] = c.Site
		for k, key := range c.Keys {
			keys[k][i] = key
		}
		for m, count := range c.Counts {
			counters[m][i] = count
		}
	}
	grain, _ := grainOf(batch.Grain) // Add has looked at it
	return with([]any{sites, repeated(batch.Statistic, n), repeated(grain, n), repeated(int32(batch.Period), n)}, &keys, nil,
		counters[:], repeated(string(id[:]), n))
}
