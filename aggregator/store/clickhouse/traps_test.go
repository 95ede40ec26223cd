package clickhouse_test

import (
	"context"
	"errors"
	"testing"

	driver "github.com/ClickHouse/clickhouse-go/v2"
)

// TestDriverTraps holds what this driver and a server as old as Debian's do with each other,
// by which the store is written as it is. Its maintainers do not test such servers: where a
// new version of the driver changes one of these, look at the store again.
func TestDriverTraps(t *testing.T) {
	needServer(t)
	conn, err := driver.Open(&driver.Options{Addr: []string{server.Address()}, Compression: &driver.Compression{Method: driver.CompressionLZ4}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if v, err := conn.ServerVersion(); err != nil || v.Revision > 54429 {
		t.Skipf("SKIPPED: the server is none of the old ones: %v, %v", v, err)
	}
	ask(t, server, "create table if not exists default.traps (n Int64, s String) engine = Memory")
	code := func(err error) int32 {
		if e, ok := errors.AsType[*driver.Exception](err); ok {
			return e.Code
		}
		return 0
	}
	ctx := t.Context()
	var n uint64
	t.Run("an insert without its columns fails", func(t *testing.T) {
		batch, err := conn.PrepareBatch(ctx, "insert into default.traps")
		if err == nil {
			err = batch.Append(int64(1), "x")
			batch.Abort()
		}
		if err == nil {
			t.Error("it is taken now")
		}
	})
	t.Run("a slice is no set", func(t *testing.T) {
		err := conn.QueryRow(ctx, "select count() from default.traps where s in ?", []string{"a", "b"}).Scan(&n)
		if code(err) != 53 {
			t.Errorf("it is answered with %v, want code 53", err)
		}
		if err := conn.QueryRow(ctx, "select count() from default.traps where s in ?", driver.GroupSet{Value: []any{"a", "it's"}}).Scan(&n); err != nil {
			t.Errorf("a GroupSet is answered with %v", err)
		}
	})
	t.Run("a setting that is not known is refused, and the connection goes on", func(t *testing.T) {
		with := driver.Context(ctx, driver.WithSettings(driver.Settings{"async_insert": 0}))
		if err := conn.QueryRow(with, "select 1").Scan(new(uint8)); code(err) != 115 {
			t.Errorf("it is answered with %v, want code 115", err)
		}
		if err := conn.Ping(ctx); err != nil {
			t.Error(err)
		}
	})
	t.Run("a setting that is a text is refused by the driver", func(t *testing.T) {
		with := driver.Context(ctx, driver.WithSettings(driver.Settings{"load_balancing": "random"}))
		if err := conn.QueryRow(with, "select 1").Scan(new(uint8)); err == nil || code(err) != 0 {
			t.Errorf("it is answered with %v, want an error of the driver", err)
		}
	})
	t.Run("parameters of the server are not there", func(t *testing.T) {
		with := driver.Context(ctx, driver.WithParameters(driver.Parameters{"s": "x"}))
		if err := conn.QueryRow(with, "select count() from default.traps where s = {s:String}").Scan(&n); code(err) != 62 {
			t.Errorf("it is answered with %v, want code 62", err)
		}
	})
	t.Run("an ended context ends a statement", func(t *testing.T) {
		ended, end := context.WithCancel(ctx)
		end()
		if err := conn.QueryRow(ended, "select 1").Scan(new(uint8)); !errors.Is(err, context.Canceled) {
			t.Errorf("it is answered with %v", err)
		}
	})
}
