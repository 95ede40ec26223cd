package sqlite_test

import (
	"path/filepath"
	"testing"

	"oboro/aggregator/store/sqlite"
	"oboro/aggregator/store/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T, dir string) storetest.Store {
		return open(t, filepath.Join(dir, "oboro.db"))
	})
}

// open opens a store that the end of the test closes.
func open(t *testing.T, path string) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}
