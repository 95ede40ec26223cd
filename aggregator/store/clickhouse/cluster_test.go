package clickhouse_test

import (
	"errors"
	"testing"
	"time"

	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
	"oboro/aggregator/store/clickhouse/clicktest"
	"oboro/aggregator/store/storetest"
)

// startCluster starts two shards of two replicas each, and ends them with the test.
func startCluster(t *testing.T) *clicktest.Cluster {
	t.Helper()
	c, err := clicktest.Start(t.TempDir(), shipped)
	if errors.Is(err, clicktest.ErrMissing) {
		t.Skip("SKIPPED: " + err.Error())
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Stop)
	return c
}

// TestCluster runs on two shards of two replicas. The servers are killed last.
func TestCluster(t *testing.T) {
	c := startCluster(t)
	t.Run("a batch beyond the window is in doubt", func(t *testing.T) { clusterDoubts(t, c) })
	t.Run("the cases of every store", func(t *testing.T) { clusterStores(t, c) })
	t.Run("servers and ZooKeeper are killed, and each batch counts once", func(t *testing.T) { clusterKilled(t, c) })
}

// clusterStores runs the cases on replicated tables, each in a database of its own.
func clusterStores(t *testing.T, c *clicktest.Cluster) {
	storetest.Run(t, func(t *testing.T, dir string) storetest.Store {
		t.Cleanup(func() { ask(t, c.Nodes[0], "drop database if exists "+database(dir)+" on cluster oboro") })
		return open(t, c.DSN(database(dir)))
	})
}

// clusterDoubts: a batch of which nobody knows whether it is in is added again as long as its
// block would be known, and refused once so many came after it that it may be forgotten. Seen
// to fail when the window was not looked at.
func clusterDoubts(t *testing.T, c *clicktest.Cluster) {
	s := open(t, c.DSN("doubt"))
	batch := identical("pages")
	batch.Period = statistic.Day(time.Now().Unix() / 86400)
	for n := range 3 {
		add(t, s, n, batch)
	}
	batch.Again = true
	add(t, s, 1, batch) // as after a restart
	s.SetWindow(4)      // the blocks of 3 batches in 4 sites are more
	if err := s.Add(t.Context(), numbered(1, "pages"), batch); !errors.Is(err, store.ErrDoubt) {
		t.Errorf("Add(batch that the window may not reach) = %v, want %v", err, store.ErrDoubt)
	}
	batch.Again = false
	add(t, s, 4, batch) // a new one is none that could be forgotten
	s.SetWindow(1000)
	batch.Again, batch.Period = true, batch.Period-8
	if err := s.Add(t.Context(), numbered(5, "pages"), batch); !errors.Is(err, store.ErrDoubt) {
		t.Errorf("Add(batch that may have been sent a week ago) = %v, want %v", err, store.ErrDoubt)
	}
}
