package clickhouse

import (
	"context"
	"iter"

	"oboro/aggregator/store"
)

// A settled store reads open cells from one replica of each shard, which had every batch
// that was acknowledged when it was made.
type settled struct {
	store *Store
	hosts []*host // one of each shard
}

// Settled returns a reader of open cells that has all batches that were acknowledged so far.
// See [store.Settler]. A replica may hold back what another one took; each shard is asked
// until a replica of it has caught up, and that one alone is then read.
func (s *Store) Settled(ctx context.Context) (store.Open, error) {
	if !s.replicated {
		return s, nil
	}
	of := &settled{store: s}
	for _, sh := range s.shards {
		var caught *host // not the one that answered last: others ask meanwhile
		err := sh.try(ctx, func(ctx context.Context, h *host) error {
			caught = h
			return sh.catchUp(ctx, h, syncOpenCellsQuery)
		})
		if err != nil {
			return nil, classified(ctx, "wait for replicas", err)
		}
		of.hosts = append(of.hosts, caught)
	}
	return of, nil
}

// Open yields the open cells of the table. It asks no other replica where that one fails.
func (s *settled) Open(ctx context.Context, table store.Table) iter.Seq2[store.Cell, error] {
	return yielded(func() ([]store.Cell, error) {
		cells, err := s.store.openOn(ctx, s.hosts[s.store.place(table.Site)], table)
		return cells, classified(ctx, "read open cells", err)
	})
}

// caughtUp runs do on a replica that has all that the shard knows of what do reads before it
// writes: one that lags would have it written a second time, in other words. It asks the
// next replica where one cannot catch up, as when what it lacks is on a dead one alone; where none
// can, nothing is written.
func (sh *shard) caughtUp(ctx context.Context, do func(context.Context, *host) error) error {
	return sh.try(ctx, func(ctx context.Context, h *host) error {
		for _, query := range []string{syncSealsQuery, syncPeriodsQuery, syncSumsQuery, syncClosedPeriodsQuery} {
			if err := sh.catchUp(ctx, h, query); err != nil {
				return err
			}
		}
		return do(ctx, h)
	})
}

// catchUp has a replica catch up with a table. A server on its own has all that there is.
func (sh *shard) catchUp(ctx context.Context, h *host, query string) error {
	if !sh.replicated {
		return nil
	}
	bounded, cancel := context.WithTimeout(ctx, sh.patience)
	defer cancel()
	err := h.conn.Exec(bounded, query)
	if err != nil && ctx.Err() == nil && bounded.Err() != nil {
		return errLags
	}
	return err
}
