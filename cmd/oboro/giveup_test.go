package main

import (
	"context"

	"github.com/rogpeppe/go-internal/testscript"

	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
)

// lose deletes the open cells of a statistic of the demo site from the store, as an error on the
// way to the seal would, of which there must be some, or, negated, none: lose STATISTIC DAY [GRAIN]
func lose(ts *testscript.TestScript, neg bool, args []string) {
	data := ts.Getenv("OBORO_DATA")
	day, err := statistic.ParseDay(args[1])
	ts.Check(err)
	s, err := openStore(context.Background(), process{store: databaseOf(ts.Getenv("OBORO_TEST_STORE"), data)}, options{Data: data}, config{})
	ts.Check(err)
	defer s.Close()
	n := 0
	table := store.Table{Statistic: args[0], Site: "demo", Period: day}
	if len(args) > 2 {
		table.Grain = statistic.Grain(args[2])
	}
	for _, err := range s.Open(context.Background(), table) {
		ts.Check(err)
		n++
	}
	if (n == 0) != neg {
		ts.Fatalf("%d open cells of %s were there to lose", n, args[0])
	}
	ts.Check(s.DropOpen(context.Background(), table, args[:1]))
}
