package clickhouse

import (
	"context"
	"crypto/rand"
	"sync"

	"oboro/aggregator/statistic"
)

// unsure are the epochs that were begun without an answer, by their days: the servers may have
// them, and what is begun next is one of them.
type unsure struct {
	mu     sync.Mutex
	nonces map[statistic.Day][]string
}

// take returns the name of an epoch of a day that nobody else is beginning.
func (u *unsure) take(day statistic.Day) string {
	u.mu.Lock()
	defer u.mu.Unlock()
	if n := len(u.nonces[day]); n > 0 {
		nonce := u.nonces[day][n-1]
		u.nonces[day] = u.nonces[day][:n-1]
		return nonce
	}
	nonce := make([]byte, 16)
	rand.Read(nonce) // never fails
	return string(nonce)
}

// putBack keeps the name of an epoch for which no answer came.
func (u *unsure) putBack(day statistic.Day, nonce string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.nonces == nil {
		u.nonces = map[statistic.Day][]string{}
	}
	u.nonces[day] = append(u.nonces[day], nonce)
}

// BeginEpoch adds one to the epochs of the day. See [store.Lives]. What no site has stands on
// the first shard. After an error it is the same epoch that is begun again.
func (s *Store) BeginEpoch(ctx context.Context, day statistic.Day) (int, error) {
	nonce := s.unsure.take(day)
	err := s.shards[0].insert(ctx, addEpochsQuery, []any{[]int32{int32(day)}, []string{nonce}})
	var epochs map[statistic.Day]int
	if err == nil {
		epochs, err = s.Epochs(ctx, day, day)
	}
	if err != nil {
		s.unsure.putBack(day, nonce)
		return 0, classified(ctx, "begin an epoch", err)
	}
	return epochs[day], nil
}

// Epochs returns the number of epochs of each day. See [store.Lives].
func (s *Store) Epochs(ctx context.Context, from, to statistic.Day) (map[statistic.Day]int, error) {
	return s.epochs(ctx, from, to, func(context.Context, *host) error { return nil })
}

// epochs reads the epochs on a replica that is ready to tell them.
func (s *Store) epochs(ctx context.Context, from, to statistic.Day, ready func(context.Context, *host) error) (map[statistic.Day]int, error) {
	var epochs map[statistic.Day]int
	err := s.shards[0].try(ctx, func(ctx context.Context, h *host) error {
		if err := ready(ctx, h); err != nil {
			return err
		}
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
