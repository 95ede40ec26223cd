// Package sqlite keeps cells in one SQLite file, without cgo: the store of a
// single machine.
//
// What the file tells to someone who copies it is no more than the contract of
// package store allows. All text stands in one dictionary, and that of open cells in one of
// their own; its ids are random and are shared neither by two statistics nor by open and sealed cells. No table has
// a rowid or a time, a batch is written in random order in its own transaction, and
// what a seal deletes is overwritten in the file, and cut out of the log, before
// [Store.WriteSeal] returns; so is what [Store.Forget] deletes. Errors never quote the driver, which may quote a label.
//
// One process at a time may open a store. The package takes no lock for that; who
// opens the store holds the lock of the data directory.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"modernc.org/sqlite"

	"oboro/aggregator/store"
)

var (
	_ store.Adder     = (*Store)(nil)
	_ store.Open      = (*Store)(nil)
	_ store.Sealer    = (*Store)(nil)
	_ store.Forgetter = (*Store)(nil)
	_ store.Lives     = (*Store)(nil)
	_ store.Periods   = (*Store)(nil)
)

// patience is how long a statement waits for another process.
const patience = 5 * time.Second

// A Store keeps cells in one SQLite file. Its methods may be called at once; one
// writes at a time, while others read.
type Store struct {
	writer  *sql.DB // one connection
	readers *sql.DB

	writing    sync.Mutex // held for the whole of a writing transaction
	dictionary dictionary // guarded by writing

	// unclean says that a seal has deleted what may still be on the disk. Open leaves nothing.
	unclean atomic.Bool

	// reading is held shared by readers, and alone while the log is emptied, which
	// a reader would prevent.
	reading sync.RWMutex
}

// Open opens the store in the file of that path, and makes it where there is none.
// The folder must be there. Nobody but the owner of the file may read it.
func Open(ctx context.Context, path string) (*Store, error) {
	return open(ctx, path, patience)
}

func open(ctx context.Context, path string, patience time.Duration) (*Store, error) {
	if err := prepareFile(path); err != nil {
		return nil, fmt.Errorf("open the store: %w", err)
	}
	op := "open the store " + path
	version, err := schemaVersion(ctx, path, patience) // before anything is changed
	if err != nil {
		return nil, classified(ctx, op, err)
	}
	s, err := connect(path, patience, version == 0)
	if err != nil {
		return nil, classified(ctx, op, err)
	}
	if err := s.start(ctx, version); err != nil {
		s.Close()
		return nil, classified(ctx, op, err)
	}
	return s, nil
}

// connect makes the pools. No connection is opened yet.
func connect(path string, patience time.Duration, isNew bool) (*Store, error) {
	write, err := writerName(path, patience, isNew)
	if err != nil {
		return nil, err
	}
	read, err := readerName(path, patience)
	if err != nil {
		return nil, err
	}
	s := &Store{}
	s.dictionary.forget()
	if s.writer, err = pool(write, 1); err != nil {
		return nil, err
	}
	if s.readers, err = pool(read, 4); err != nil {
		return nil, err
	}
	return s, nil
}

func pool(name string, connections int) (*sql.DB, error) {
	connector, err := sqlite.NewConnector(name)
	if err != nil {
		return nil, err // of a setting of ours; no connection is opened yet
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db, nil
}

// start brings the store up to date. A process killed within a seal may have left
// deleted cells in the log: they go now.
func (s *Store) start(ctx context.Context, version int) error {
	if err := s.checkSettings(ctx); err != nil {
		return err
	}
	if err := migrate(ctx, s.writer, version); err != nil {
		return err
	}
	return s.wipe(ctx)
}

// Close closes the store. It must not be used any more.
func (s *Store) Close() error {
	// The readers go first: the last connection of all empties the log.
	err := errors.Join(s.readers.Close(), s.writer.Close())
	return classified(context.Background(), "close the store", err)
}
