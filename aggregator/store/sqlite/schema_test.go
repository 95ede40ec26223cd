package sqlite_test

import (
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/modfile"

	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
	"oboro/aggregator/store/sqlite"
)

var update = flag.Bool("update", false, "write testdata/schema.sql anew")

// released holds the checksums of the migrations that users have run. Append; a
// migration in this list is never edited.
var released = []string{
	"4ea78f785b6331dcf5355b8383c1d914e7de09962166dc1834cc3d869ef28f24",
	"796d8ceefcfa5b3390866a373a528d9e978bc94f82be31e6bcf18f01a7736f37",
	"0ac68ef4513295b3dbcab20903c3ff2d183f94829aea46905f6577a443ce5504",
	"ad47e2e2370e8149abe5a89677665caaf2aa65b62aa6e821983b8c12db60849f",
	"b348b2b99fcc3d9bcc5691d6d23a52202ebfed0d9981b003b0c0246ebf1e9be1",
	"d359acc2b2b533c7a3118fb8089408998e518e2d747cd8c4bf21523ec487b3dc",
	"746628139a19112351134b7d0f5a5478b36156c7a4bfb80943fd1536efc9a5a0",
	"c23045af2ffc8bb2f4b39508d289d2fb11eb3dde923f52a0863286e689f0e37f",
	"02928e7fa99bca2d1e15cbc9a35981312212be4db1926b7241d166d4d4dc6f7e",
	"273e13c3645e1e9aae2dc8cdf984ebae87bf2c7ee7d09c29dd3f42cac92c72b0",
}

func TestReleasedMigrationsStay(t *testing.T) {
	texts := sqlite.Migrations()
	if len(texts) < len(released) {
		t.Fatalf("%d migrations are embedded, %d were released: one is gone", len(texts), len(released))
	}
	for i, text := range texts {
		sum := sha256.Sum256([]byte(text))
		got := hex.EncodeToString(sum[:])
		if i >= len(released) {
			t.Errorf("migration %d has no checksum: add %s to the list", i+1, got)
		} else if got != released[i] {
			t.Errorf("migration %d was edited: its checksum is %s, want %s; write a new migration", i+1, got, released[i])
		}
	}
}

func TestMigrationsSetTheirVersion(t *testing.T) {
	files, err := filepath.Glob("schema/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatalf("no migrations found: %v", err)
	}
	for i, text := range sqlite.Migrations() {
		number := regexp.MustCompile(`schema/0*(\d+)_`).FindStringSubmatch(files[i])
		version := regexp.MustCompile(`(?m)^pragma user_version = (\d+);$`).FindStringSubmatch(text)
		if number == nil || version == nil || number[1] != version[1] {
			t.Errorf("%s sets user_version to %v, want its number", files[i], version)
		}
	}
}

// TestOldStoreIsBroughtForward opens a store as each migration left it. Seen to fail
// when the tables of the older schema came back as forgotten.
func TestOldStoreIsBroughtForward(t *testing.T) {
	path := filepath.Join(t.TempDir(), "oboro.db")
	write(t, path, nil)
	execute(t, path, `pragma auto_vacuum = incremental; pragma journal_mode = wal;`+sqlite.Migrations()[0]+`
		insert into labels (scope, id, text) values (0, 1, 'a'), (1, 2, 'pages');
		insert into seals (site, period, grain, reservation, epochs, imported) values (1, 20773, 0, 7, 1, 0);
		insert into sealed_tables (statistic, site, period, grain) values (2, 1, 20773, 0)`)
	s := open(t, path)
	seals, err := s.Seals(t.Context(), "a", "pages", monday, monday)
	if err != nil || len(seals) != 1 || len(seals[0].Tables) != 1 || seals[0].Tables[0].Forgotten {
		t.Errorf("Seals of a store of the first schema = %+v, %v, want its one table, not forgotten", seals, err)
	}
}

// TestOldCountersAreBroughtForward opens a store of the second schema, with open and
// sealed cells and a measurement of each of its nine measures: they come back as they
// were, with no seconds engaged, the open ones as those of a day, whose batches are known; and
// seconds add to an open cell of before. Seen to fail when the migration puts the new column at
// 1, when seconds and hits change places, when open cells of before are of a week, and when the
// ids of batches are not taken along.
func TestOldCountersAreBroughtForward(t *testing.T) {
	path := filepath.Join(t.TempDir(), "oboro.db")
	write(t, path, nil)
	migrations := sqlite.Migrations()
	execute(t, path, `pragma auto_vacuum = incremental; pragma journal_mode = wal;`+migrations[0]+migrations[1]+`
		insert into labels (scope, id, text) values (0, 1, 'a'), (1, 2, 'pages'), (4, 3, '/'), (5, 4, '/');
		insert into open_cells values (2, 20780, 1, 3, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
		insert into batches values (2, 20780, x'ff000000000000000000000000000000');
		insert into seals (site, period, grain, reservation, epochs, imported) values (1, 20773, 0, 7, 1, 0);
		insert into sealed_tables (statistic, site, period, grain) values (2, 1, 20773, 0);
		insert into sealed_cells values (2, 1, 20773, 0, 4, 0, 0, 0, 9, 8, 7, 6, 5, 4, 3, 2, 1);
		insert into measurements values (2, 1, 20773, 0, 8, 4, 0, 0, -5, 495, 1)`)
	s := open(t, path)
	seals, err := s.Seals(t.Context(), "a", "pages", monday, monday)
	if err != nil || len(seals) != 1 || len(seals[0].Tables) != 1 {
		t.Fatalf("Seals of a store of the second schema = %+v, %v, want one table", seals, err)
	}
	sealed := seals[0].Tables[0]
	if len(sealed.Cells) != 1 || sealed.Cells[0].Counts != (statistic.Counts{9, 8, 7, 6, 5, 4, 3, 2, 1}) {
		t.Errorf("the sealed cells are %+v, want one of 9, 8 and so on, without seconds", sealed.Cells)
	}
	if len(sealed.Measurements) != 1 || sealed.Measurements[0].Measure != statistic.Hits || sealed.Measurements[0].Value != -5 {
		t.Errorf("the measurements are %+v, want one of hits", sealed.Measurements)
	}
	counts := statistic.Counts{1, 2, 3, 4, 5, 6, 7, 8, 9}
	known := store.Batch{Statistic: "pages", Period: 20780, Cells: []store.Cell{{Site: "a", Keys: []string{"/"}, Counts: counts}}}
	must(t, s.Add(t.Context(), store.BatchID{0xff}, known)) // it is in
	for n := range 2 {
		for c, err := range s.Open(t.Context(), store.Table{Statistic: "pages", Site: "a", Period: 20780}) {
			if err != nil || c.Counts != counts {
				t.Errorf("after %d batches the open cell has %v, %v, want %v", n, c.Counts, err, counts)
			}
		}
		more := statistic.Counts{statistic.Seconds: 30}
		counts.Add(more)
		batch := store.Batch{Statistic: "pages", Period: 20780, Cells: []store.Cell{{Site: "a", Keys: []string{"/"}, Counts: more}}}
		if err := s.Add(t.Context(), store.BatchID{byte(n)}, batch); err != nil {
			t.Fatal(err)
		}
	}
}

// TestOldMeasurementsAreBroughtForward opens a store of the fourth schema, with rows of
// measurements: packed, they give what the rows gave, in the same order, also once the
// sealed cells are forgotten, and each label that they use is there for them alone. Seen to fail when the migration left out the third
// key, when it told variances apart by their numerator alone, when it put the keys into
// another scope, and when what it wrote was not sorted at reading.
func TestOldMeasurementsAreBroughtForward(t *testing.T) {
	path := filepath.Join(t.TempDir(), "oboro.db")
	write(t, path, nil)
	execute(t, path, `pragma auto_vacuum = incremental; pragma journal_mode = wal;`+strings.Join(sqlite.Migrations()[:4], "")+`
		insert into labels (scope, id, text) values (0, 1, 'a'), (1, 2, 'x'), (1, 3, 'y'),
			(5, 2147483647, '朧'), (5, 9, 'b'), (5, 1, 'c'), (5, 7, '/gone'), (7, 9, 'of y');
		insert into seals (site, period, grain, reservation, epochs, imported)
			values (1, 20773, 0, 7, 1, 0), (1, 20773, 1, 8, 1, 0), (1, 20774, 0, 9, 1, 0);
		insert into sealed_tables (statistic, site, period, grain)
			values (2, 1, 20773, 0), (2, 1, 20773, 1), (2, 1, 20774, 0), (3, 1, 20774, 0);
		insert into sealed_cells values (2, 1, 20773, 0, 7, 0, 0, 0, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
		insert into measurements values
			(2, 1, 20773, 0, 0, 0, 0, 0, -9223372036854775808, 9223372036854775807, 2),
			(2, 1, 20773, 0, 3, 2147483647, 0, 0, -5, 495, 1),
			(2, 1, 20773, 0, 3, 9, 0, 0, 9223372036854775807, 495, 1),
			(2, 1, 20773, 0, 3, 9, 2147483647, 1, -1, 495, 2),
			(2, 1, 20773, 0, 3, 1, 0, 0, 6, 495, 2),
			(2, 1, 20773, 1, 3, 9, 0, 0, 70, 495, 1),
			(2, 1, 20774, 0, 9, 1, 9, 0, 0, 1, 3),
			(3, 1, 20774, 0, 9, 9, 0, 0, 4, 1, 3)`)
	s := open(t, path)
	must(t, s.Forget(t.Context(), "", 20775)) // which lets labels go that nothing uses
	seals, err := s.Seals(t.Context(), "a", "x", monday, monday+1)
	must(t, err)
	var got []string
	for _, seal := range seals {
		for _, m := range seal.Tables[0].Measurements {
			got = append(got, fmt.Sprintln(int(seal.Period-monday), seal.Grain, m.Measure, m.Keys, m.Value, m.Sigma2))
		}
	}
	want := []string{
		"0 day visitors [] -9223372036854775808 9223372036854775807/2\n",
		"0 day visits [b] 9223372036854775807 495/1\n", "0 day visits [b 朧 c] -1 495/2\n", "0 day visits [c] 6 495/2\n",
		"0 day visits [朧] -5 495/1\n",
		"0 week visits [b] 70 495/1\n", "1 day engaged_seconds [c b] 0 1/3\n",
	}
	if !slices.Equal(got, want) {
		t.Errorf("the measurements are\n%s\nwant\n%s", strings.Join(got, ""), strings.Join(want, ""))
	}
	if labels := texts(t, raw(t, path), `select scope || ' ' || text from labels where scope < 0 order by scope, text`); !slices.Equal(labels,
		[]string{"-3 of y", "-2 b", "-2 c", "-2 朧"}) {
		t.Errorf("the labels are %q, want those of measurements in scopes of their own", labels)
	}
}

// TestOldCellsAreBroughtForward opens a store of the fifth schema, with rows of sealed cells:
// packed, they give what the rows gave, in the order of keys, in as many rows as they need;
// their labels stay, and go once their cells are forgotten. Seen to fail when the migration
// put the second key after the third, when it left a column out, when it packed all cells into one row, and when groups stood in another order.
func TestOldCellsAreBroughtForward(t *testing.T) {
	path := filepath.Join(t.TempDir(), "oboro.db")
	write(t, path, nil)
	execute(t, path, `pragma auto_vacuum = incremental; pragma journal_mode = wal;`+strings.Join(sqlite.Migrations()[:5], "")+`
		insert into labels (scope, id, text) values (0, 1, 'a'), (1, 2, 'x'), (1, 3, 'y'),
			(5, 2147483647, '朧'), (5, 9, 'b'), (5, 1, 'c'), (7, 9, 'of y');
		insert into seals (site, period, grain, reservation, epochs, imported)
			values (1, 20773, 0, 7, 1, 0), (1, 20773, 1, 8, 1, 0), (1, 20774, 0, 9, 1, 0), (1, 20775, 0, 9, 1, 0);
		insert into sealed_tables (statistic, site, period, grain)
			values (2, 1, 20773, 0), (2, 1, 20773, 1), (2, 1, 20774, 0), (3, 1, 20774, 0), (2, 1, 20775, 0);
		insert into sealed_cells values
			(2, 1, 20773, 0, 9, 2147483647, 1, 7, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10),
			(2, 1, 20773, 0, 2147483647, 0, 0, 0, 9223372036854775807, -9223372036854775808, -1, 0, 1, 127, 128, 255, 256, 65536),
			(2, 1, 20773, 0, 0, 0, 0, 5, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0),
			(2, 1, 20773, 0, 1, 9, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0),
			(2, 1, 20773, 0, 9, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0),
			(2, 1, 20773, 1, 9, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0),
			(2, 1, 20774, 0, 9, 1, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0),
			(3, 1, 20774, 0, 9, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0);
		with recursive n(i) as (select 100 union all select i + 1 from n where i < 50100)
		insert into labels (scope, id, text) select 5, i, 'many' || i from n;
		insert into sealed_cells
		select 2, 1, 20775, 0, id, 0, 0, 0, id, 0, 0, 0, 0, 0, 0, 0, 0, 0 from labels where scope = 5 and text like 'many%'`)
	s := open(t, path)
	seals, err := s.Seals(t.Context(), "a", "x", monday, monday+1)
	must(t, err)
	var got []string
	for _, seal := range seals {
		for _, c := range seal.Tables[0].Cells {
			got = append(got, fmt.Sprintln(int(seal.Period-monday), seal.Grain, c.Keys, c.Merged, c.Counts))
		}
	}
	want := []string{
		"0 day [] 5 [1 0 0 0 0 0 0 0 0 0 0 0 0]\n",
		"0 day [b] 0 [3 0 0 0 0 0 0 0 0 0 0 0 0]\n",
		"0 day [b 朧 c] 7 [1 2 3 4 5 6 7 8 9 10 0 0 0]\n",
		"0 day [c b] 0 [2 0 0 0 0 0 0 0 0 0 0 0 0]\n",
		"0 day [朧] 0 [9223372036854775807 -9223372036854775808 -1 0 1 127 128 255 256 65536 0 0 0]\n",
		"0 week [b] 0 [4 0 0 0 0 0 0 0 0 0 0 0 0]\n",
		"1 day [b c] 0 [5 0 0 0 0 0 0 0 0 0 0 0 0]\n",
	}
	if !slices.Equal(got, want) {
		t.Errorf("the cells are\n%s\nwant\n%s", strings.Join(got, ""), strings.Join(want, ""))
	}
	seals, err = s.Seals(t.Context(), "a", "x", monday+2, monday+2)
	must(t, err)
	if n := len(seals[0].Tables[0].Cells); n != 50_001 {
		t.Errorf("%d cells of the large table are there, want 50,001", n)
	}
	db := raw(t, path)
	if rows := texts(t, db, `select part from packed_cells where period = 20775 order by part`); !slices.Equal(rows, []string{"0", "1"}) {
		t.Errorf("the rows of the large table are %q, want two", rows)
	}
	must(t, s.Forget(t.Context(), "x", monday+1))
	if labels := texts(t, db, `select text from labels where scope in (5, 7) and text not like 'many%' order by text`); !slices.Equal(labels,
		[]string{"b", "c", "of y"}) {
		t.Errorf("the labels are %q, want those of cells that stay", labels)
	}
}

// TestOldOpenLabelsAreBroughtForward opens a store of the ninth schema, in which the texts of open
// cells stood among those of sealed ones, of two statistics, two days and two sites that share some: each
// table's cells come back as they were, the dictionary has none of their texts any more, and a label of one
// table alone is in no byte once that is sealed. Seen to fail when the migration took the first keys' texts
// alone, when it put all texts into the table of one day, and when it left the old ones where they were.
func TestOldOpenLabelsAreBroughtForward(t *testing.T) {
	path := filepath.Join(t.TempDir(), "oboro.db")
	write(t, path, nil)
	const counters = `, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)`
	execute(t, path, `pragma auto_vacuum = incremental; pragma journal_mode = wal;`+strings.Join(sqlite.Migrations()[:9], "")+`
		insert into labels (scope, id, text) values (0, 1, 'a'), (0, 2, 'b'), (1, 2, 'pages'), (1, 3, 'crossed'),
			(4, 7, '/both'), (4, 8, '`+canary+`'), (4, 9, '/z'), (5, 7, '/sealed'), (6, 7, 'one'), (6, 8, 'two'), (6, 9, 'three'), (-2, 7, '/drawn');
		insert into open_cells values (2, 20773, 0, 1, 7, 0, 0`+counters+`, (2, 20773, 0, 1, 8, 0, 0`+counters+`,
			(2, 20774, 0, 1, 7, 0, 0`+counters+`, (2, 20774, 0, 2, 9, 0, 0`+counters+`, (3, 20773, 0, 1, 7, 8, 9`+counters+`, (3, 20773, 0, 1, 0, 0, 0`+counters)
	s := open(t, path)
	for _, c := range []struct {
		of   store.Table
		want string
	}{
		{store.Table{Statistic: "pages", Site: "a", Period: monday}, "[[/both] [" + canary + "]]"},
		{store.Table{Statistic: "pages", Site: "a", Period: monday + 1}, "[[/both]]"},
		{store.Table{Statistic: "pages", Site: "b", Period: monday + 1}, "[[/z]]"},
		{store.Table{Statistic: "crossed", Site: "a", Period: monday}, "[[] [one two three]]"},
	} {
		if got := fmt.Sprint(openKeys(t, s, c.of)); got != c.want {
			t.Errorf("the open cells of %+v are %s, want %s", c.of, got, c.want)
		}
	}
	if got := texts(t, raw(t, path), `select text from labels order by scope, text`); !slices.Equal(got, []string{"/drawn", "a", "b", "crossed", "pages", "/sealed"}) {
		t.Errorf("the dictionary has %q, want no text of open cells", got)
	}
	must(t, s.WriteSeal(t.Context(), seal("/both")))
	if found := onDisk(t, path, canary); len(found) != 0 {
		t.Errorf("after the seal the label still stands in %v", found)
	}
}

// openKeys returns the keys of the open cells of a table, in the order of the store.
func openKeys(t *testing.T, s *sqlite.Store, of store.Table) (keys [][]string) {
	t.Helper()
	for c, err := range s.Open(t.Context(), of) {
		if err != nil {
			t.Fatalf("Open(%+v): %v", of, err)
		}
		keys = append(keys, c.Keys)
	}
	return keys
}

// inBytes are the columns that hold bytes: none of them of text.
var inBytes = []string{"batches.id BLOB", "owner.ledger BLOB", "measured.packed BLOB", "packed_cells.packed BLOB", "periods.domain BLOB", "periods.packed BLOB"}

// TestSchema holds the promise that free text has two places in the store, open and sealed, and that
// nothing in it tells order or time. Seen to fail when batches got a column
// "note text", and when epochs lost "without rowid".
func TestSchema(t *testing.T) {
	path := filepath.Join(t.TempDir(), "oboro.db")
	open(t, path)
	db := raw(t, path)
	wantGolden(t, dump(t, db))
	for _, name := range texts(t, db, `select name from sqlite_schema where type = 'table' order by name`) {
		withoutRowid := texts(t, db, `select 'yes' from pragma_table_list where name = ? and wr = 1 and strict = 1`, name)
		if len(withoutRowid) == 0 {
			t.Errorf("table %s is not strict and without rowid", name)
		}
		for _, column := range texts(t, db, `select name || ' ' || type from pragma_table_info(?)`, name) {
			at := name + "." + column
			if !strings.HasSuffix(at, " INTEGER") && at != "labels.text TEXT" && at != "open_labels.text TEXT" && !slices.Contains(inBytes, at) {
				t.Errorf("%s: only labels.text and open_labels.text may hold text, and %v bytes", at, inBytes)
			}
			if regexp.MustCompile(`time|stamp|_at\b|created|written|order|sequence`).MatchString(at) {
				t.Errorf("%s: a column that tells time or order", at)
			}
		}
	}
}

// TestMeasuresAreColumns holds the order of the counters, which are bound by their
// place, and the numbers under which measurements are stored.
func TestMeasuresAreColumns(t *testing.T) {
	path := filepath.Join(t.TempDir(), "oboro.db")
	open(t, path)
	db := raw(t, path)
	want := []string{"visitors", "reach", "views", "visits", "capped_visits", "entries", "exits", "single_views", "hits", "engaged_seconds",
		"capped_views", "met", "arrivals"}
	var measures []string
	for m := range statistic.Measures {
		measures = append(measures, statistic.Measure(m).String())
	}
	if !slices.Equal(measures, want) {
		t.Errorf("the measures are %v, the store was made for %v: write a migration", measures, want)
	}
	columns := texts(t, db, `select name from pragma_table_info('open_cells') order by cid`)
	if got := columns[len(columns)-len(want):]; !slices.Equal(got, want) {
		t.Errorf("the last columns of open_cells are %v, want %v", got, want)
	}
}

// TestLibc holds the C library that the driver was made for: raised alone, it
// breaks it.
func TestLibc(t *testing.T) {
	made := map[string]string{"v1.61.1": "v1.79.0"}
	text, err := os.ReadFile("../../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	file, err := modfile.Parse("go.mod", text, nil)
	if err != nil {
		t.Fatal(err)
	}
	version := map[string]string{}
	for _, r := range file.Require {
		version[r.Mod.Path] = r.Mod.Version
	}
	driver, libc := version["modernc.org/sqlite"], version["modernc.org/libc"]
	if made[driver] == "" || libc != made[driver] {
		t.Errorf("modernc.org/sqlite %s with modernc.org/libc %s: its own go.mod says which libc it is made for; note the pair here",
			driver, libc)
	}
}

// raw opens the database of a store past the store.
func raw(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// texts returns the one column of a query.
func texts(t *testing.T, db *sql.DB, query string, args ...any) []string {
	t.Helper()
	rows, err := db.Query(query, args...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	var list []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		list = append(list, s)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return list
}

func dump(t *testing.T, db *sql.DB) string {
	statements := texts(t, db, `select sql from sqlite_schema where sql is not null order by type, name`)
	return "-- The schema after all migrations. Written by go test -run TestSchema -update.\n\n" +
		strings.Join(statements, ";\n\n") + ";\n"
}

func wantGolden(t *testing.T, got string) {
	t.Helper()
	const golden = "testdata/schema.sql"
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the schema is\n%s\nwant as in %s (-update writes it)", got, golden)
	}
}
