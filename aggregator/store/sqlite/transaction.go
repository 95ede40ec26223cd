package sqlite

import (
	"context"
	"database/sql"
)

// A transaction is one transaction with its statements, each prepared once.
type transaction struct {
	ctx        context.Context // of the one call that the transaction serves; see statements
	tx         *sql.Tx
	prepared   map[string]*sql.Stmt
	dictionary *dictionary           // nil where the transaction only reads
	given      map[int64]labelIDs    // found or given within the transaction, by scope
	givenOpen  map[tableKey]labelIDs // likewise, of open cells
	deleted    int64                 // rows of open periods, and sums that were replaced
}

// write runs do in a transaction that is kept as a whole, or, where do says that
// there is nothing to keep or fails, not at all.
func (s *Store) write(ctx context.Context, op string, do func(*transaction) (keep bool, err error)) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	tx, err := s.writer.BeginTx(ctx, nil)
	if err != nil {
		return classified(ctx, op, err)
	}
	defer tx.Rollback() // does nothing after a commit
	t := &transaction{
		ctx: statements(ctx), tx: tx, prepared: map[string]*sql.Stmt{},
		dictionary: &s.dictionary, given: map[int64]labelIDs{}, givenOpen: map[tableKey]labelIDs{},
	}
	if err := t.checkDictionary(); err != nil {
		return classified(ctx, op, err)
	}
	keep, err := do(t)
	if err != nil || !keep {
		return classified(ctx, op, err)
	}
	if err := tx.Commit(); err != nil {
		return classified(ctx, op, err)
	}
	s.dictionary.learn(t)
	return nil
}

// statements returns the context of a transaction's statements. The driver starts a
// goroutine for each statement whose context can end, which costs as much as the
// statement; that of the transaction ends it as a whole.
func statements(ctx context.Context) context.Context { return context.WithoutCancel(ctx) }

// read runs do on one state of the store. It must not last: no log is emptied
// meanwhile.
func (s *Store) read(ctx context.Context, op string, do func(*transaction) error) error {
	s.reading.RLock()
	defer s.reading.RUnlock()
	tx, err := s.readers.BeginTx(ctx, nil)
	if err != nil {
		return classified(ctx, op, err)
	}
	defer tx.Rollback()
	return classified(ctx, op, do(&transaction{ctx: ctx, tx: tx, prepared: map[string]*sql.Stmt{}}))
}

func (t *transaction) prepare(query string) (*sql.Stmt, error) {
	if st, ok := t.prepared[query]; ok {
		return st, nil
	}
	st, err := t.tx.PrepareContext(t.ctx, query)
	if err != nil {
		return nil, err
	}
	t.prepared[query] = st
	return st, nil
}

// exec runs a statement and returns how many rows it changed.
func (t *transaction) exec(query string, args ...any) (int64, error) {
	st, err := t.prepare(query)
	if err != nil {
		return 0, err
	}
	result, err := st.ExecContext(t.ctx, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// number runs a statement that yields one number. ok is false where it yields none.
func (t *transaction) number(query string, args ...any) (n int64, ok bool, err error) {
	st, err := t.prepare(query)
	if err != nil {
		return 0, false, err
	}
	switch err := st.QueryRowContext(t.ctx, args...).Scan(&n); err {
	case nil:
		return n, true, nil
	case sql.ErrNoRows:
		return 0, false, nil
	default:
		return 0, false, err
	}
}

// each calls scan for every row.
func (t *transaction) each(query string, scan func(*sql.Rows) error, args ...any) error {
	st, err := t.prepare(query)
	if err != nil {
		return err
	}
	rows, err := st.QueryContext(t.ctx, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
