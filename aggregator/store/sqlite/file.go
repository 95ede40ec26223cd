package sqlite

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// application is the application id in the header of our files: "OBRO".
const application = 'O'<<24 | 'B'<<16 | 'R'<<8 | 'O'

// prepareFile makes the file where there is none, readable by its owner alone (the
// log beside it takes over that mode), and refuses what cannot be a store.
func prepareFile(path string) error {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return cannotOpen(path, err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return cannotOpen(path, err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		if err := file.Chmod(0o600); err != nil {
			return refusal(fmt.Sprintf("%s may be read by others than its owner, and that cannot be changed: "+
				"give the file to the user that oboro runs as", path))
		}
	}
	magic := make([]byte, 16)
	n, err := io.ReadFull(file, magic)
	switch {
	case n == 0 && errors.Is(err, io.EOF):
		return nil
	case err != nil && !errors.Is(err, io.ErrUnexpectedEOF):
		return cannotOpen(path, err)
	case !bytes.Equal(magic, []byte("SQLite format 3\x00")):
		return refusal(fmt.Sprintf("%s is not a store of oboro: name another file, or move this one away", path))
	}
	return nil
}

// cannotOpen says why the file cannot be opened, and what to do.
func cannotOpen(path string, err error) error {
	if info, e := os.Stat(path); e == nil && info.IsDir() {
		return refusal(fmt.Sprintf("%s is a folder: name a file in it", path))
	}
	switch {
	case errors.Is(err, fs.ErrPermission):
		return refusal(fmt.Sprintf("%s cannot be written: give the user that oboro runs as write access "+
			"to the file and to its folder", path))
	case errors.Is(err, fs.ErrNotExist):
		return refusal(fmt.Sprintf("the folder %s does not exist: make it first", filepath.Dir(path)))
	}
	return fmt.Errorf("%s: %w", path, err) // of the operating system; it names only the path
}

// schemaVersion refuses a database that is not ours, or too new, and returns the
// version of its schema, 0 where it is a new file. It uses a connection of its own
// without any setting, since a setting such as the log would change the file.
func schemaVersion(ctx context.Context, path string, patience time.Duration) (int, error) {
	name, err := dataSource(path, url.Values{"mode": {"rw"}, "_busy_timeout": {milliseconds(patience)}})
	if err != nil {
		return 0, err
	}
	db, err := pool(name, 1)
	if err != nil {
		return 0, err
	}
	defer db.Close()
	var id, version, objects int
	if err := db.QueryRowContext(ctx, identityQuery).Scan(&id, &version, &objects); err != nil {
		return 0, err
	}
	isNew := id == 0 && version == 0 && objects == 0
	switch known := len(migrations()); {
	case !isNew && id != application:
		return 0, refusal("it is a database of another program: name another file, or move this one away")
	case version < 0 || version > known:
		return 0, refusal(fmt.Sprintf("it was written by a newer oboro (schema %d, this one knows %d): "+
			"run that version, or go back to a copy from before", version, known))
	}
	return version, nil
}

// writerName is the data source of the one connection that writes.
func writerName(path string, patience time.Duration, isNew bool) (string, error) {
	settings := url.Values{
		"mode":          {"rw"},
		"_busy_timeout": {milliseconds(patience)},
		"_txlock":       {"immediate"},
		"_dqs":          {"0"},
		"_pragma": {
			"journal_mode(wal)",
			"synchronous(full)",   // a power loss takes no batch that was acknowledged
			"secure_delete(on)",   // what is deleted is overwritten
			"temp_store(memory)",  // no label in a temporary file
			"trusted_schema(off)", // the file cannot make us run functions
			"cell_size_check(on)", // damage is noticed early
			"cache_size(-65536)",  // KiB: a seal of many cells writes all over the file
		},
	}
	if isNew { // later it would be a write that changes nothing
		settings.Set("_auto_vacuum", "incremental")
	}
	return dataSource(path, settings)
}

// readerName is the data source of the connections that read.
func readerName(path string, patience time.Duration) (string, error) {
	return dataSource(path, url.Values{
		"mode":          {"ro"},
		"_busy_timeout": {milliseconds(patience)},
		"_query_only":   {"1"},
		"_dqs":          {"0"},
		"_pragma":       {"temp_store(memory)", "trusted_schema(off)", "cell_size_check(on)"},
	})
}

// dataSource returns the name under which the driver opens the file: a URI, in
// which no character of the path can pass for a setting.
func dataSource(path string, settings url.Values) (string, error) {
	whole, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	name := url.URL{Scheme: "file", Path: whole, RawQuery: settings.Encode()}
	return name.String(), nil
}

func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

// checkSettings sees whether SQLite took the settings on which promises rest: it
// passes over what it cannot do without a word.
func (s *Store) checkSettings(ctx context.Context) error {
	var journal string
	var synchronous, secureDelete, tempStore, autoVacuum int64
	err := s.writer.QueryRowContext(ctx, settingsQuery).
		Scan(&journal, &synchronous, &secureDelete, &tempStore, &autoVacuum)
	switch {
	case err != nil:
		return err
	case journal != "wal":
		return refusal("this file system cannot hold a write-ahead log: choose a folder on a local disk")
	case synchronous != 2, secureDelete != 1, tempStore != 2:
		return refusal("SQLite did not take synchronous=full, secure_delete=on or temp_store=memory: " +
			"this build of oboro must not be used")
	case autoVacuum != 2:
		return refusal("the file was not made by oboro: name another file, or move this one away")
	}
	return nil
}
