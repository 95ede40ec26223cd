package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"path/filepath"

	"oboro/aggregator"
	"oboro/aggregator/store"
	"oboro/aggregator/store/clickhouse"
	"oboro/aggregator/store/sqlite"
)

// A cellStore is what the program needs of a store of cells.
type cellStore interface {
	aggregator.Store
	store.Owner
	io.Closer
}

// openStore opens the store that the configuration names, or the file in the data directory.
func openStore(ctx context.Context, p process, o options, c config) (cellStore, error) {
	if dsn := cmp.Or(c.Store, p.store); dsn != "" {
		s, err := clickhouse.Open(ctx, dsn)
		if err != nil {
			return nil, err // and no store: a nil one of a type would be one
		}
		return s, nil
	}
	s, err := sqlite.Open(ctx, filepath.Join(o.Data, "oboro.db"))
	if err != nil {
		return nil, err
	}
	return s, nil
}

// checkStore refuses the name of a store that no store has. Nobody is asked.
func (c *config) checkStore() error {
	if c.Store == "" {
		return nil
	}
	if _, err := clickhouse.ParseDSN(c.Store); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	return nil
}
