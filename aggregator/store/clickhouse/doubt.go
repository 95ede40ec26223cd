package clickhouse

import (
	"context"
	"sync"
	"time"

	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
)

// The window within which a replicated table knows a block again, as the schema sets it: so
// many blocks of the shard, and so long: what was counted on a Monday may be sent again while
// its week is open, and after a week of trouble.
const (
	windowBlocks = 200_000
	windowTime   = 14 * 24 * time.Hour
)

// margin is what a clock may be set by while a batch waits, and more.
const margin = 10 * time.Minute

// attempts are the batches that this process has sent without an answer, and since when.
type attempts struct {
	mu    sync.Mutex
	since map[store.BatchID]time.Time
}

func (a *attempts) begin(id store.BatchID) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.since == nil {
		a.since = map[store.BatchID]time.Time{}
	}
	if _, known := a.since[id]; !known {
		a.since[id] = time.Now()
	}
}

func (a *attempts) end(id store.BatchID) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.since, id)
}

// of returns the earliest moment at which a batch can have been sent: one that a process
// before this sent, at the beginning of its period anywhere on earth.
func (a *attempts) of(id store.BatchID, period statistic.Day) time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	if since, known := a.since[id]; known {
		return since
	}
	return time.Unix(int64(period)*86400, 0).Add(-14 * time.Hour)
}

// refuseDoubtful fails where a batch that may have been sent before lies beyond the window:
// the shard may have had it, and forgotten its block. A server on its own forgets none.
func (s *Store) refuseDoubtful(ctx context.Context, since time.Time, parts [][]store.Cell) error {
	if !s.replicated {
		return nil
	}
	if time.Since(since) > windowTime-margin {
		return store.ErrDoubt
	}
	for i, part := range parts {
		if len(part) == 0 {
			continue
		}
		var blocks uint64
		var oldest, newest uint32
		err := s.shards[i].try(ctx, func(ctx context.Context, h *host) error {
			var path string
			if err := h.conn.QueryRow(ctx, zookeeperPathQuery, "open_cells").Scan(&path); err != nil {
				return err
			}
			return h.conn.QueryRow(ctx, knownBlocksQuery, path+"/blocks").Scan(&blocks, &oldest, &newest)
		})
		if err != nil {
			return err
		}
		if blocks >= s.window*9/10 && !reaches(oldest, newest, time.Since(since)) {
			return store.ErrDoubt
		}
	}
	return nil
}

// reaches reports whether blocks that are known from one second to another, as ZooKeeper counts them,
// go back as far as something that began so long ago. The two are of one clock, and the time that went
// by is of ours: so the two clocks may differ by any time.
func reaches(oldest, newest uint32, ago time.Duration) bool {
	return newest > oldest && time.Duration(newest-oldest)*time.Second > ago+margin
}
