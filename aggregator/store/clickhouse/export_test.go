package clickhouse

// SetWindow has the store take the window for one of so many blocks.
func (s *Store) SetWindow(blocks uint64) { s.window = blocks }

// Queries are the embedded statements, and Migrations those of a kind.
var (
	Queries    = queries
	Migrations = migrations
	Classified = classified
)
