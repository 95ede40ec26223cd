package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"

	"oboro/aggregator/store"
)

// A refusal is an error in our own words. It holds no value of a cell, so it may be
// shown and logged.
type refusal string

func (r refusal) Error() string { return string(r) }

// classified says what went wrong in op. Only refusals and the ends of contexts are
// wrapped: the words of the driver, and of database/sql where a value does not fit,
// may quote a label.
func classified(ctx context.Context, op string, err error) error {
	if err == nil {
		return nil
	}
	own, isOwn := errors.AsType[refusal](err)
	driver, isDriver := errors.AsType[*sqlite.Error](err)
	switch {
	case contractual(err) != nil:
		return fmt.Errorf("%s: %w", op, contractual(err))
	case isOwn:
		return fmt.Errorf("%s: %w", op, own)
	case ctx.Err() != nil:
		return fmt.Errorf("%s: %w", op, ctx.Err())
	case errors.Is(err, sql.ErrConnDone), errors.Is(err, sql.ErrTxDone):
		return fmt.Errorf("%s: the store is closed", op)
	case isDriver:
		return fmt.Errorf("%s: %s (SQLite code %d)", op, wayOut(driver.Code()), driver.Code())
	}
	return fmt.Errorf("%s: the store did not answer as it should", op)
}

// contractual returns the error of the store's contract that err is, if any.
func contractual(err error) error {
	for _, known := range []error{store.ErrSealed, store.ErrOwner, store.ErrDomain, store.ErrShort} {
		if errors.Is(err, known) {
			return known
		}
	}
	return nil
}

// wayOut says what an SQLite result code means here, and what to do.
func wayOut(code int) string {
	switch code & 0xff {
	case codes.SQLITE_BUSY, codes.SQLITE_LOCKED, codes.SQLITE_PROTOCOL:
		return "another process uses the store: end that process, then try again"
	case codes.SQLITE_FULL:
		return "the disk is full: free some space, then try again"
	case codes.SQLITE_READONLY, codes.SQLITE_PERM, codes.SQLITE_CANTOPEN, codes.SQLITE_AUTH:
		return "the store cannot be written: give the user that oboro runs as write access to the file, " +
			"to the -wal and -shm files beside it, and to the folder"
	case codes.SQLITE_NOTADB:
		return "it is not a store of oboro: name another file, or move this one away"
	case codes.SQLITE_CORRUPT:
		return "the store is damaged: stop oboro, keep the file, and go back to a copy"
	case codes.SQLITE_IOERR:
		return "the disk cannot be read or written: see to the disk, then start again"
	case codes.SQLITE_NOMEM:
		return "there is too little memory"
	case codes.SQLITE_CONSTRAINT, codes.SQLITE_MISMATCH, codes.SQLITE_TOOBIG:
		return "a value is not one that the store takes; nothing was written"
	}
	return "SQLite refused the statement"
}
