package main

import (
	"errors"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"oboro/aggregator/store/clickhouse/clicktest"
)

// TestClickHouseScripts runs the scripts on a ClickHouse server, each in a database for
// each data directory: what users see is the same on either store. Seen to fail when the store left
// sealed cells out.
func TestClickHouseScripts(t *testing.T) {
	server, err := clicktest.Single(t.TempDir(), "../../deploy/clickhouse")
	if errors.Is(err, clicktest.ErrMissing) {
		t.Skip("SKIPPED: " + err.Error())
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Kill) // its folder goes with it, and an orderly end takes half a minute
	setup := func(env *testscript.Env) error {
		env.Setenv("OBORO_TEST_STORE", "clickhouse://default@"+server.Address())
		return prepare(env)
	}
	runScripts(t, server.Address(), setup)
	runScriptsOf(t, "testdata/clickhouse", server.Address(), setup) // what no file can do
}

// TestClickHouseCluster runs the script of a cluster, two shards of two replicas, and those of
// several processes.
func TestClickHouseCluster(t *testing.T) {
	c, err := clicktest.Start(t.TempDir(), "../../deploy/clickhouse")
	if errors.Is(err, clicktest.ErrMissing) {
		t.Skip("SKIPPED: " + err.Error())
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Stop)
	setup := func(env *testscript.Env) error {
		env.Setenv("OBORO_TEST_STORE", "clickhouse://default@"+c.Nodes[0].Address()+","+c.Nodes[3].Address()+"?cluster=oboro")
		return prepare(env)
	}
	runScriptsOf(t, "testdata/cluster", "cluster", setup)
	runScriptsOf(t, "testdata/clickhouse", "cluster", setup)
}
