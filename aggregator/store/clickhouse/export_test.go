package clickhouse

import (
	"context"
	"time"

	"oboro/aggregator/statistic"
)

// SetWindow has the store take the window for one of so many blocks.
func (s *Store) SetWindow(blocks uint64) { s.window = blocks }

// Queries are the embedded statements, and Migrations those of a kind.
var (
	Queries    = queries
	Migrations = migrations
	Classified = classified
	TokenOf    = tokenOf
	Blocks     = blocks
	Reaches    = reaches
)

// MostRows is the most rows of a block.
const MostRows = mostRows

// Unopened returns a store of one server that nobody has asked yet.
func Unopened(ctx context.Context, dsn string) (*Store, error) {
	d, err := ParseDSN(dsn)
	if err != nil {
		return nil, err
	}
	shards, err := d.connect(ctx)
	return &Store{shards: shards}, err
}

// InsertNamed inserts a block of marks with a token, and asks for a quorum where one is given.
func (s *Store) InsertNamed(ctx context.Context, quorum int, token string) error {
	h := s.shards[0].hosts[0]
	h.quorum = quorum
	return h.insert(ctx, addMarkQuery, token, []any{[]string{"one"}, []int32{1}})
}

// Elsewhere has the store ask another replica of each shard first than the one that answered last,
// and wait so long for one that is catching up.
func (s *Store) Elsewhere(patience time.Duration) {
	for _, sh := range s.shards {
		sh.first.Store((sh.first.Load() + 1) % uint32(len(sh.hosts)))
		sh.patience = patience
	}
}

// From has the store ask the replica at an address first.
func (s *Store) From(address string) {
	for _, sh := range s.shards {
		for i, h := range sh.hosts {
			if h.address == address {
				sh.first.Store(uint32(i))
			}
		}
	}
}

// BeginUnanswered begins an epoch, as BeginEpoch does where the answer does not come.
func (s *Store) BeginUnanswered(ctx context.Context, day statistic.Day) error {
	nonce := s.unsure.take(day)
	defer s.unsure.putBack(day, nonce)
	return s.shards[0].insert(ctx, addEpochsQuery, []any{[]int32{int32(day)}, []string{nonce}})
}
