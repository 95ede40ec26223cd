package clickhouse_test

import (
	"crypto/sha256"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
	"oboro/aggregator/store/clickhouse"
	"oboro/aggregator/store/clickhouse/clicktest"
)

// giveRights has a server take a file of users, and has it go with the test.
func giveRights(t *testing.T, n *clicktest.Node, name, text string) {
	t.Helper()
	path := filepath.Join(n.Dir, "users.d", name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	ask(t, n, "system reload config")
	t.Cleanup(func() {
		if os.Remove(path) == nil {
			ask(t, n, "system reload config")
		}
	})
}

// shippedRights returns the file of rights as an operator has filled it in.
func shippedRights(t *testing.T, password string) string {
	t.Helper()
	text := read(t, filepath.Join(shipped, "rights.xml"))
	text = strings.ReplaceAll(text, "192.0.2.0/28", "127.0.0.1")
	return regexp.MustCompile(`0{64}`).ReplaceAllString(text, fmt.Sprintf("%x", sha256.Sum256([]byte(password))))
}

// TestShippedRights: with precisely the rights of rights.xml all that the two roles do is done,
// and no other database is theirs. Seen to fail without allow_ddl of the collectors, with
// oboro's databases left open, and while migrations began in the database "default".
func TestShippedRights(t *testing.T) {
	needServer(t)
	giveRights(t, server, "rights.xml", shippedRights(t, "correct horse"))
	password := written(t, "password", []byte("correct horse\n"))
	t.Cleanup(func() { ask(t, server, "drop database if exists oboro") })
	dsn := func(user, name string) string {
		return "clickhouse://" + user + "@" + server.Address() + "/" + name + "?password_file=" + password
	}
	ask(t, server, "create table if not exists default.others (n Int64) engine = Memory")

	if _, err := clickhouse.Open(t.Context(), dsn("oboro_collect", "oboro")); err == nil || !strings.Contains(err.Error(), "rights") {
		t.Errorf("tables are made by who collects: %v, want an error that names the rights", err)
	}
	all := open(t, dsn("oboro", "oboro"))
	collects := open(t, dsn("oboro_collect", "oboro"))
	if err := everyRole(t, all, collects); err != nil {
		t.Error(err)
	}
	for _, user := range []string{"oboro", "oboro_collect"} {
		if _, err := clickhouse.Open(t.Context(), dsn(user, "another")); err == nil || !strings.Contains(err.Error(), "rights") {
			t.Errorf("Open of another database as %s = %v, want an error that names the rights", user, err)
		}
	}
}

// everyRole does once what the roles do: who collects with one store, the others with the other.
func everyRole(t *testing.T, all, collects *clickhouse.Store) error {
	ctx := t.Context()
	batch := identical("pages")
	batch.Again = true
	share := store.Share{Statistic: "pages", Period: monday, Days: 1,
		Values: []store.Measurement{{Keys: []string{"/a"}, Measure: statistic.Reach, Value: 7, Sigma2: big.NewRat(1, 1)}}}
	seal := sealOf("alpha", "/kept")
	steps := []func() error{
		func() error { return all.Claim(ctx, "aa") },
		func() error { _, err := collects.BeginEpoch(ctx, monday); return err },
		func() error { return collects.GoOn(ctx, monday) },
		func() error { return collects.Add(ctx, numbered(1, "pages"), batch) },
		func() error { _, err := collects.Enter(ctx, "one", [16]byte{1}); return err },
		func() error { _, err := collects.Latest(ctx, "one"); return err },
		func() error { _, err := collects.Closed(ctx, monday); return err },
		func() error { return collects.Mark(ctx, "one", monday) },
		func() error { _, err := all.Marks(ctx); return err },
		func() error { return all.BeginPeriod(ctx, "alpha", "pages", monday, 1, [][]string{{"/a"}}) },
		func() error { return all.AddShare(ctx, "alpha", monday, share) },
		func() error { _, err := all.Settled(ctx); return err },
		func() error { return all.SealWithout(ctx, monday, []string{"two"}) },
		func() error { _, err := all.Absent(ctx); return err },
		func() error { return all.WriteSeal(ctx, seal) },
		func() error {
			return all.DropOpen(ctx, store.Table{Statistic: "pages", Site: "beta", Period: monday}, []string{"pages"})
		},
		func() error { return all.ClosePeriod(ctx, "alpha", "pages", monday) },
		func() error { return all.Forget(ctx, "pages", monday+1) },
		func() error {
			_, err := all.Seals(ctx, "alpha", "pages", monday, monday+statistic.Day(1))
			return err
		},
		func() error { return all.Claim(ctx, "aa") },
	}
	for i, step := range steps {
		if err := step(); err != nil {
			return fmt.Errorf("step %d: %w", i+1, err)
		}
	}
	return nil
}
