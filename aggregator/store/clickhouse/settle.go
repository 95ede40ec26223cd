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
	from  []replica // one of each shard
}

// A replica is a host that has all that its shard took, and what it has beside that.
type replica struct {
	host   *host
	ghosts []string // parts of open cells
}

// Settled returns a reader of open cells that has all batches that were acknowledged so far.
// See [store.Settler]. A replica may hold back what another one took; each shard is asked
// until a replica of it has caught up, and that one alone is then read, without what it alone believes in.
func (s *Store) Settled(ctx context.Context) (store.Open, error) {
	if !s.replicated {
		return s, nil
	}
	of := &settled{store: s}
	for _, sh := range s.shards {
		var from replica // not the one that answered last: others ask meanwhile
		err := sh.try(ctx, func(ctx context.Context, h *host) error {
			if err := sh.sync(ctx, h, "open_cells"); err != nil {
				return err
			}
			ghosts, err := h.ghosts(ctx, "open_cells")
			from = replica{h, ghosts}
			return err
		})
		if err != nil {
			return nil, classified(ctx, "wait for replicas", err)
		}
		of.from = append(of.from, from)
	}
	return of, nil
}

// SettledEpochs returns the epochs of each day, all that were acknowledged so far. See [store.Settler]. One that
// a replica alone believes in may be one too many, which makes the noise larger.
func (s *Store) SettledEpochs(ctx context.Context, from, to statistic.Day) (map[statistic.Day]int, error) {
	sh := s.shards[0]
	return s.epochs(ctx, from, to, func(ctx context.Context, h *host) error { return sh.sync(ctx, h, "epochs") })
}

// SettledSeals has what Seals and Sums yield from now on leave out nothing that was acknowledged so far, until
// stay fails. See [store.Settler]. Of each shard the replica that has caught up is asked first, and stay
// fails once another one was.
func (s *Store) SettledSeals(ctx context.Context) (stay func() error, err error) {
	moves := make([]uint32, len(s.shards))
	for i, sh := range s.shards {
		var caught *host
		err := sh.caughtUp(ctx, func(ctx context.Context, h *host) error {
			caught = h
			return sh.syncAll(ctx, h, "sealed_cells", "measurements", "forgotten")
		})
		moves[i] = sh.moves.Load()
		if err == nil && sh.hosts[sh.first.Load()] != caught {
			err = errMoved
		}
		if err != nil {
			return nil, classified(ctx, "wait for replicas", err)
		}
	}
	return func() error {
		for i, sh := range s.shards {
			if sh.moves.Load() != moves[i] {
				return classified(ctx, "read seals", errMoved)
			}
		}
		return nil
	}, nil
}

// Open yields the open cells of the table. It asks no other replica where that one fails.
func (s *settled) Open(ctx context.Context, table store.Table) iter.Seq2[store.Cell, error] {
	return yielded(func() ([]store.Cell, error) {
		from := s.from[s.store.place(table.Site)]
		cells, err := s.store.openOn(ctx, from, table)
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
	"absences": syncAbsencesQuery, "closed_periods": syncClosedPeriodsQuery, "epochs": syncEpochsQuery, "forgotten": syncForgottenQuery,
	"measurements": syncMeasurementsQuery, "open_cells": syncOpenCellsQuery, "periods": syncPeriodsQuery, "seals": syncSealsQuery,
	"sealed_cells": syncSealedCellsQuery, "sums": syncSumsQuery,
}

// sync has a replica fetch what it lacks of a table. A server on its own has all that there is.
func (sh *shard) sync(ctx context.Context, h *host, table string) error {
	if !sh.replicated {
		return nil
	}
	bounded, cancel := context.WithTimeout(ctx, sh.patience)
	defer cancel()
	err := h.conn.Exec(bounded, syncQueries[table])
	if err != nil && ctx.Err() == nil && bounded.Err() != nil {
		return errLags
	}
	return err
}

func (sh *shard) syncAll(ctx context.Context, h *host, tables ...string) error {
	for _, table := range tables {
		if err := sh.sync(ctx, h, table); err != nil {
			return err
		}
	}
	return nil
}

// catchUp has a replica catch up with a table, and fails unless it has then what the shard knows
// of it, and nothing else.
func (sh *shard) catchUp(ctx context.Context, h *host, table string) error {
	if err := sh.sync(ctx, h, table); err != nil || !sh.replicated {
		return err
	}
	ghosts, err := h.ghosts(ctx, table)
	if err != nil || len(ghosts) == 0 {
		return err
	}
	return passing{refusal(h.address + " believes in what ZooKeeper does not know it to have, as after the connection between the two was lost: " +
		"have another replica of its shard up, which is read in its place; or start it again, and remove what it then keeps in detached")}
}

// ghostLooks is how often a replica is looked at that counts a part which ZooKeeper does not know: one
// that was merged between the two questions is none of the next look.
const ghostLooks = 3

// ghosts returns the parts of a table that a replica counts and ZooKeeper does not know it to have. There
// are some where its word to ZooKeeper was lost, and nobody knows whether it was heard (ClickHouse codes 319 and
// 999); the block is then sent again, and that replica has it twice. They are merged with no other. One of 18.16
// was seen to keep them until it was started again, or the partition was dropped; later releases look again after 5
// minutes, by their source, and detach them.
func (h *host) ghosts(ctx context.Context, table string) ([]string, error) {
	paths, err := h.texts(ctx, replicaPathQuery, table)
	if err != nil {
		return nil, err
	}
	if len(paths) != 1 {
		return nil, errLags
	}
	var ghosts []string
	for look := range ghostLooks {
		active, err := h.texts(ctx, activePartsQuery, table) // first: what ZooKeeper knows is there after it
		if err != nil {
			return nil, err
		}
		agreed, err := h.texts(ctx, agreedPartsQuery, paths[0]+"/parts")
		if err != nil {
			return nil, err
		}
		unknown := without(active, agreed)
		if look > 0 {
			unknown = slices.DeleteFunc(unknown, func(name string) bool { return !slices.Contains(ghosts, name) })
		}
		if ghosts = unknown; len(ghosts) == 0 {
			return nil, nil
		}
		if err := sleep(ctx, pause); err != nil {
			return nil, err
		}
	}
	return ghosts, nil
}

// without returns the names that are not in a list.
func without(names, list []string) (rest []string) {
	known := map[string]bool{}
	for _, name := range list {
		known[name] = true
	}
	for _, name := range names {
		if !known[name] {
			rest = append(rest, name)
		}
	}
	return rest
}
