// Package clickhouse keeps cells on ClickHouse servers: the store of more than one
// machine.
//
// Each site belongs to one shard. Of a cluster any replica of that shard is asked, and the
// next one where it does not answer. A batch is one insert of frozen rows: a replicated
// table ignores a block that it has, and a single server reads a row once that came twice.
// Seals are rows that are written last, so that half a seal is none. Errors never quote
// the server, which may quote a label.
//
// What the server keeps beside the tables is not in our hands: its logs of queries hold
// labels and times, and deploy/clickhouse shows how they are switched off.
package clickhouse

import (
	"context"
	"errors"
	"fmt"

	"oboro/aggregator/store"
)

var (
	_ store.Adder     = (*Store)(nil)
	_ store.Open      = (*Store)(nil)
	_ store.Sealer    = (*Store)(nil)
	_ store.Forgetter = (*Store)(nil)
	_ store.Dropper   = (*Store)(nil)
	_ store.Lives     = (*Store)(nil)
	_ store.Owner     = (*Store)(nil)
	_ store.Periods   = (*Store)(nil)
	_ store.Marks     = (*Store)(nil)
	_ store.Joint     = (*Store)(nil)
	_ store.Settler   = (*Store)(nil)
	_ store.Instances = (*Store)(nil)
	_ store.Absences  = (*Store)(nil)
)

// A Store keeps cells on the servers of a DSN. Its methods may be called at once.
type Store struct {
	shards     []*shard
	replicated bool // tables are replicated, on a named cluster
	window     uint64
	attempts   attempts
	unsure     unsure
}

// Open opens the store that the DSN names, and makes its tables where there are none. See
// [ParseDSN].
func Open(ctx context.Context, dsn string) (*Store, error) {
	const op = "open the store"
	d, err := ParseDSN(dsn)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	if err := migrate(ctx, d); err != nil {
		return nil, classified(ctx, op, err)
	}
	shards, err := d.connect(ctx)
	if err == nil {
		err = noteVersion(ctx, d, shards)
	}
	if err != nil {
		return nil, classified(ctx, op, errors.Join(err, closeAll(shards)))
	}
	return &Store{shards: shards, replicated: d.cluster != "", window: windowBlocks}, nil
}

// Close closes the store. It must not be used any more.
func (s *Store) Close() error {
	return classified(context.Background(), "close the store", closeAll(s.shards))
}
