package clickhouse

import (
	"context"
	"iter"
	"slices"

	"oboro/aggregator/statistic"
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
			return sh.catchUp(ctx, h, "open_cells")
		})
		if err != nil {
			return nil, classified(ctx, "wait for replicas", err)
		}
		of.hosts = append(of.hosts, caught)
	}
	return of, nil
}

// SettledEpochs returns the epochs of each day, all that were acknowledged so far. See [store.Settler].
func (s *Store) SettledEpochs(ctx context.Context, from, to statistic.Day) (map[statistic.Day]int, error) {
	sh := s.shards[0]
	return s.epochs(ctx, from, to, func(ctx context.Context, h *host) error { return sh.catchUp(ctx, h, "epochs") })
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
		if err := sh.catchUpAll(ctx, h); err != nil {
			return err
		}
		return do(ctx, h)
	})
}

// catchUpAll has a replica catch up with what is read before a seal or a share is written.
func (sh *shard) catchUpAll(ctx context.Context, h *host) error {
	for _, table := range []string{"seals", "periods", "sums", "closed_periods"} {
		if err := sh.catchUp(ctx, h, table); err != nil {
			return err
		}
	}
	return nil
}

// syncQueries have a replica fetch what it lacks of a table.
var syncQueries = map[string]string{
	"absences": syncAbsencesQuery, "closed_periods": syncClosedPeriodsQuery, "epochs": syncEpochsQuery, "open_cells": syncOpenCellsQuery,
	"periods": syncPeriodsQuery, "seals": syncSealsQuery, "sums": syncSumsQuery,
}

// catchUp has a replica catch up with a table, and fails unless it has then what the shard knows
// of it, and nothing else. A server on its own has all that there is.
func (sh *shard) catchUp(ctx context.Context, h *host, table string) error {
	if !sh.replicated {
		return nil
	}
	bounded, cancel := context.WithTimeout(ctx, sh.patience)
	defer cancel()
	err := h.conn.Exec(bounded, syncQueries[table])
	if err != nil && ctx.Err() == nil && bounded.Err() != nil {
		return errLags
	}
	if err != nil {
		return err
	}
	return h.refuseGhosts(ctx, table)
}

// ghostLooks is how often a replica is looked at that counts a part which ZooKeeper does not know: one
// that was merged between the two questions is none of the next look.
const ghostLooks = 5

// refuseGhosts fails if a replica counts a part of the table that ZooKeeper does not know it to have. It
// does so where its word to ZooKeeper was lost, and nobody knows whether it was heard (ClickHouse codes
// 319 and 999); the block is then sent again, and that replica has it twice. One of 18.16 was seen to do so until it
// was started again, or the partition was dropped.
func (h *host) refuseGhosts(ctx context.Context, table string) error {
	paths, err := h.texts(ctx, replicaPathQuery, table)
	if err != nil {
		return err
	}
	if len(paths) != 1 {
		return errLags
	}
	for range ghostLooks {
		active, err := h.texts(ctx, activePartsQuery, table)
		if err != nil {
			return err
		}
		agreed, err := h.texts(ctx, agreedPartsQuery, paths[0]+"/parts")
		if err != nil {
			return err
		}
		if within(active, agreed) {
			return nil
		}
		if err := sleep(ctx, pause); err != nil {
			return err
		}
	}
	return passing{refusal(h.address + " counts what ZooKeeper does not know it to have, as after the connection between the two was lost: " +
		"have another replica of its shard up, which is read in its place; or start it again, and remove what it then keeps in detached")}
}

// within reports whether a list holds all names of another.
func within(names, list []string) bool {
	known := map[string]bool{}
	for _, name := range list {
		known[name] = true
	}
	return !slices.ContainsFunc(names, func(name string) bool { return !known[name] })
}
