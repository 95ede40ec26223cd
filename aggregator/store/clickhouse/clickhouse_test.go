package clickhouse_test

import (
	"errors"
	"fmt"
	"hash/fnv"
	"os"
	"testing"

	"go.uber.org/goleak"

	"oboro/aggregator/store/clickhouse"
	"oboro/aggregator/store/clickhouse/clicktest"
	"oboro/aggregator/store/storetest"
)

// shipped is the configuration that every server of the tests runs with.
const shipped = "../../../deploy/clickhouse"

// server is the one server that the tests of this package share, each in a database of its
// own. It is nil where none is installed.
var server *clicktest.Node

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "oboro-clickhouse-")
	if err != nil {
		panic(err)
	}
	if os.Getenv(namespace) == "" {
		server, err = clicktest.Single(dir, shipped)
	}
	if err != nil && !errors.Is(err, clicktest.ErrMissing) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(status int) {
		if server != nil {
			server.Stop()
		}
		os.RemoveAll(dir)
		os.Exit(status)
	}), goleak.IgnoreCurrent()) // the goroutine that started the server
}

// needServer skips a test where there is no server, which fails where CI is set.
func needServer(t testing.TB) {
	t.Helper()
	if server == nil || server.TCP == 0 {
		t.Skip("SKIPPED: " + clicktest.ErrMissing.Error())
	}
}

// database returns a name that stands for a folder.
func database(dir string) string {
	h := fnv.New64a()
	h.Write([]byte(dir))
	return fmt.Sprintf("test_%x", h.Sum64())
}

func single(dir string) string {
	return "clickhouse://default@" + server.Address() + "/" + database(dir)
}

func open(t testing.TB, dsn string) *clickhouse.Store {
	t.Helper()
	s, err := clickhouse.Open(t.Context(), dsn)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestStore(t *testing.T) {
	needServer(t)
	storetest.Run(t, func(t *testing.T, dir string) storetest.Store {
		t.Cleanup(func() { ask(t, server, "drop database if exists "+database(dir)) })
		return open(t, single(dir))
	})
}

// ask runs a statement past the store and returns the answer.
func ask(t testing.TB, n *clicktest.Node, statement string) string {
	t.Helper()
	answer, err := n.Ask(statement)
	if err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
	return answer
}
