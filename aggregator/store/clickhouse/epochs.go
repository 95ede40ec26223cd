package clickhouse

import (
	"context"
	"crypto/rand"
	"sync"

	"oboro/aggregator/statistic"
)

// unsure are the epochs that were begun without an answer, by their days: the servers may have
// them, and begun again they are the same ones.
type unsure struct {
	mu     sync.Mutex
	nonces map[statistic.Day]string
}

// of returns the name of the epoch of a day that is begun.
func (u *unsure) of(day statistic.Day) string {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.nonces == nil {
		u.nonces = map[statistic.Day]string{}
	}
	if u.nonces[day] == "" {
		nonce := make([]byte, 16)
		rand.Read(nonce) // never fails
		u.nonces[day] = string(nonce)
	}
	return u.nonces[day]
}

func (u *unsure) begun(day statistic.Day) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.nonces, day)
}

// BeginEpoch adds one to the epochs of the day. See [store.Lives]. What no site has stands on
// the first shard. After an error it is the same epoch that is begun again.
func (s *Store) BeginEpoch(ctx context.Context, day statistic.Day) (int, error) {
	const op = "begin an epoch"
	sh := s.shards[0]
	if err := sh.insert(ctx, addEpochsQuery, []any{[]int32{int32(day)}, []string{s.unsure.of(day)}}); err != nil {
		return 0, classified(ctx, op, err)
	}
	epochs, err := s.Epochs(ctx, day, day)
	if err == nil {
		s.unsure.begun(day)
	}
	return epochs[day], err
}

// Epochs returns the number of epochs of each day. See [store.Lives].
func (s *Store) Epochs(ctx context.Context, from, to statistic.Day) (map[statistic.Day]int, error) {
	var epochs map[statistic.Day]int
	err := s.shards[0].try(ctx, func(ctx context.Context, h *host) error {
		epochs = map[statistic.Day]int{}
		rows, err := h.conn.Query(ctx, epochsQuery, int32(from), int32(to))
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var day int32
			var n uint64
			if err := rows.Scan(&day, &n); err != nil {
				return err
			}
			epochs[statistic.Day(day)] = int(n)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, classified(ctx, "read epochs", err)
	}
	return epochs, nil
}
