package clickhouse_test

import (
	"errors"
	"testing"

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

// TestClusterPassesTheCasesOfEveryStore runs them on replicated tables, each case in a
// database of its own.
func TestClusterPassesTheCasesOfEveryStore(t *testing.T) {
	c := startCluster(t)
	storetest.Run(t, func(t *testing.T, dir string) storetest.Store {
		t.Cleanup(func() { ask(t, c.Nodes[0], "drop database if exists "+database(dir)+" on cluster oboro") })
		return open(t, c.DSN(database(dir)))
	})
}
