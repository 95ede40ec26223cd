package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"io/fs"
)

// schema holds the migrations, numbered from 0001 without a gap. One that was
// released is never edited.
//
//go:embed schema/*.sql
var schema embed.FS

// migrations returns the texts of the migrations in their order. The embedded
// files cannot be missing, so an error is a broken build.
func migrations() []string {
	names, err := fs.Glob(schema, "schema/*.sql")
	if err != nil || len(names) == 0 {
		panic("sqlite: no migrations are embedded")
	}
	var texts []string
	for _, name := range names { // sorted by Glob
		text, err := schema.ReadFile(name)
		if err != nil {
			panic("sqlite: a migration cannot be read: " + name)
		}
		texts = append(texts, string(text))
	}
	return texts
}

// migrate brings the schema up from a version: each migration in a transaction of
// its own, which also sets the version. It goes forward only.
func migrate(ctx context.Context, db *sql.DB, version int) error {
	for _, text := range migrations()[version:] {
		if err := migrateOne(ctx, db, text); err != nil {
			return err
		}
	}
	return nil
}

func migrateOne(ctx context.Context, db *sql.DB, text string) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(ctx, text); err != nil {
		return err
	}
	return tx.Commit()
}
