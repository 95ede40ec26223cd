package clickhouse

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
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
		sh.move((int(sh.first.Load()) + 1) % len(sh.hosts))
		sh.patience = patience
	}
}

// From has the store ask the replica at an address first.
func (s *Store) From(address string) {
	for _, sh := range s.shards {
		for i, h := range sh.hosts {
			if h.address == address {
				sh.move(i)
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

// FillSealed writes the sealed cells of a statistic and day, of all sites at once, with the insert
// of a seal, and returns how many. [Store.FillSeals] has them count.
func (s *Store) FillSealed(ctx context.Context, id string, day statistic.Day, tables map[string][]store.Folded) (int, error) {
	var sites []string
	var keys keyColumns
	var counters counterColumns
	var merged []int64
	for _, site := range slices.Sorted(maps.Keys(tables)) {
		for _, c := range tables[site] {
			sites, merged = append(sites, site), append(merged, 0)
			keys.add(c.Keys)
			counters.add(c.Counts)
		}
	}
	n := len(sites)
	hash := fmt.Sprintf("%016d", day)
	columns := with([]any{sites, repeated(id, n), repeated(int32(day), n), repeated(uint8(0), n)}, &keys, []any{merged},
		counters.shown(), repeated(hash, n))
	return n, s.shards[0].insert(ctx, addSealedCellsQuery, columns)
}

// FillSeals writes the seals of a day whose cells FillSealed has written, of so many statistics.
func (s *Store) FillSeals(ctx context.Context, statistics int, day statistic.Day, tables map[string][]store.Folded) error {
	var ids []string
	for i := range statistics {
		ids = append(ids, fmt.Sprintf("statistic-%d", i))
	}
	sites, n := slices.Sorted(maps.Keys(tables)), len(tables)
	return s.shards[0].insert(ctx, addSealQuery, []any{sites, repeated(int32(day), n), repeated(uint8(0), n), repeated(uint64(1), n),
		repeated(uint32(1), n), repeated(uint8(0), n), repeated(ids, n), repeated(fmt.Sprintf("%016d", day), n)})
}
