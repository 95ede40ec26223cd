package main

import (
	"database/sql"
	"path/filepath"

	"github.com/rogpeppe/go-internal/testscript"
)

// lose deletes the open cells of a statistic from the store, as an error on the way to the
// seal would, of which there must be some, or, negated, none: lose STATISTIC
func lose(ts *testscript.TestScript, neg bool, args []string) {
	db, err := sql.Open("sqlite", filepath.Join(ts.Getenv("OBORO_DATA"), "oboro.db"))
	ts.Check(err)
	defer db.Close()
	done, err := db.Exec("delete from open_cells where statistic = (select id from labels where scope = 1 and text = ?)", args[0])
	ts.Check(err)
	if n, err := done.RowsAffected(); err != nil || (n == 0) != neg {
		ts.Fatalf("%d open cells of %s were there to lose: %v", n, args[0], err)
	}
}
