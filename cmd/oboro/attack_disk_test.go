package main

import (
	"bytes"
	"database/sql"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
	"oboro/collector/hit"
	"oboro/internal/audit"
)

// A disk is what somebody finds who has every file of the data directory, of what is published and
// of the state. Each file is of a kind that is named here, and is read by its rules.
type disk struct {
	*rig
	day    statistic.Day
	sealed bool           // the day is
	rows   map[string]int // of each table of the store, and lines and rows of other files
	sums   map[string]int // of the store's one period of pages, by page
	labels map[string]bool
}

// kinds are the kinds of files by their names, and how each is read. The first that fits counts.
var kinds = []struct {
	name string
	read func(d *disk, name string, content []byte) error
}{
	{`^data/lock$|^data/ledger/lock$`, (*disk).empty},
	{`^data/oboro\.db$`, (*disk).store},
	{`^data/oboro\.db-(wal|shm)$`, (*disk).journal},
	{`^data/(signing|minisign)\.key(\.pub)?$|^public/minisign\.pub$`, (*disk).key},
	{`^data/ledger/entries\.jsonl$|^public/ledger/entries\.jsonl$`, (*disk).ledger},
	{`^data/audit/\d{4}-\d\d\.jsonl$`, (*disk).trail},
	{`^data/ledger/results/`, (*disk).result},
	{`^data/releases/(log|index)\.jsonl$|^public/log/entries\.jsonl$`, (*disk).lines},
	{`^public/log/tile/`, (*disk).tile},
	{`/table(-excel)?\.csv$|/latest\.csv$`, (*disk).csv},
	{`/table\.parquet$`, (*disk).parquet}, // its rows are those of the CSV: public.TestTablesAgree
	{`\.(json|jsonld)$`, (*disk).json},
	{`\.(html|svg|css|md|atom)$`, (*disk).text},
	{`\.(note|minisig)$|/checkpoint$|^public/SHA256SUMS$`, (*disk).text},
}

// walk reads every file below the folders.
func (d *disk) walk(folders ...string) {
	d.t.Helper()
	d.rows, d.labels = map[string]int{}, map[string]bool{}
	files := 0
	for _, folder := range folders {
		for name, content := range filesOf(d.t, folder) {
			files++
			name = filepath.Base(folder) + "/" + filepath.ToSlash(name)
			if err := d.read(name, content); err != nil {
				d.t.Errorf("%s: %v", name, err)
			}
		}
	}
	if files < 4 {
		d.t.Errorf("only %d files are there", files)
	}
}

func (d *disk) read(name string, content []byte) error {
	for _, kind := range kinds {
		if regexp.MustCompile(kind.name).MatchString(name) {
			return kind.read(d, name, content)
		}
	}
	return fmt.Errorf("nobody knows what kind of file this is")
}

func (d *disk) empty(_ string, content []byte) error {
	if len(content) > 0 {
		return fmt.Errorf("a lock holds %d bytes", len(content))
	}
	return nil
}

// journal is what SQLite has not put into its file yet: the rows that are read are with it.
func (d *disk) journal(string, []byte) error { return nil }

func (d *disk) key(_ string, content []byte) error {
	if len(content) > 300 {
		return fmt.Errorf("a key of %d bytes", len(content))
	}
	return nil
}

// clock is a time finer than a day.
var clock = regexp.MustCompile(`\d\d:\d\d:\d\d|\b1[5-9]\d{8}(\d{3}){0,3}\b`)

// text holds no time finer than a day; in feeds days are written as their beginning.
func (d *disk) text(_ string, content []byte) error {
	if !utf8.Valid(content) {
		return fmt.Errorf("no text")
	}
	content = regexp.MustCompile(`\d{4}-\d\d-\d\dT00:00:00Z`).ReplaceAll(content, nil)
	content = regexp.MustCompile(`[0-9a-f]{32,}|[A-Za-z0-9+/=]{40,}`).ReplaceAll(content, nil) // hashes, signatures
	if found := clock.Find(content); found != nil {
		return fmt.Errorf("a time finer than a day: %q", found)
	}
	return nil
}

func (d *disk) json(name string, content []byte) error {
	if !json.Valid(content) {
		return fmt.Errorf("no JSON")
	}
	return d.text(name, content)
}

var hashLine = regexp.MustCompile(`^[0-9a-f]{64}\n$`)

func (d *disk) lines(name string, content []byte) error {
	for line := range bytes.Lines(content) {
		if hashLine.Match(line) {
			continue // an index ends with that of its lines
		}
		if err := d.json(name, line); err != nil {
			return err
		}
		d.rows[name]++
	}
	return nil
}

// ledger holds records of a closed list of kinds.
func (d *disk) ledger(name string, content []byte) error {
	for line := range bytes.Lines(content) {
		var record map[string]json.RawMessage
		if err := json.Unmarshal(line, &record); err != nil {
			return err
		}
		for kind := range record {
			if !slices.Contains([]string{"ledger", "reserve", "commit", "gap", "period", "close", "publish", "withdraw", "root", "seq"}, kind) {
				return fmt.Errorf("a record of the kind %s", kind)
			}
		}
	}
	return d.lines(name, content)
}

// trail holds entries of what people did with the program. Their times are to the second, since
// they are of no visitor; the rest of them is text without a time.
func (d *disk) trail(name string, content []byte) error {
	for line := range bytes.Lines(content) {
		var of struct {
			audit.Leaf
			Format int      // of the first line, which has these three
			Hashes []string // of the tree
			Size   int
		}
		decoder := json.NewDecoder(bytes.NewReader(line))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&of); err != nil {
			return err
		}
		d.rows[name]++
		if err := d.text(name, bytes.Replace(line, []byte(of.Time), nil, 1)); err != nil {
			return err
		}
	}
	return nil
}

// result is the outcome of a seal, which has each day's share by itself: once the store has it,
// it must be gone.
func (d *disk) result(_ string, content []byte) error {
	var of store.Seal
	if err := json.Unmarshal(content, &of); err != nil {
		return err
	}
	return fmt.Errorf("the outcome of the seal of %s still stands, with %d shares", of.Period, len(of.Shares))
}

func (d *disk) tile(name string, content []byte) error {
	if len(content)%32 != 0 && !strings.Contains(name, "/entries/") {
		return fmt.Errorf("a tile of %d bytes", len(content))
	}
	return nil
}

func (d *disk) csv(name string, content []byte) error {
	rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(content, []byte("\ufeff")))).ReadAll()
	if err != nil {
		return err
	}
	d.rows[name] = len(rows)
	return d.text(name, content)
}

func (d *disk) parquet(_ string, content []byte) error {
	if !bytes.HasPrefix(content, []byte("PAR1")) || !bytes.HasSuffix(content, []byte("PAR1")) {
		return fmt.Errorf("no Parquet")
	}
	return nil
}

// columns are those of the store. A word says what may stand in it: a label's number, a day, a small number or a
// blob, which is read by the program's own reader, and of which nothing but a length is known here.
var columns = map[string]string{
	"scope": "label", "id": "label", "text": "text", "statistic": "label", "site": "label", "key1": "label", "key2": "label", "key3": "label",
	"period": "day", "day": "day",
	"visitors": "count", "reach": "count", "views": "count", "visits": "count", "capped_visits": "count", "entries": "count",
	"exits": "count", "single_views": "count", "hits": "count", "engaged_seconds": "count", "capped_views": "count", "met": "count", "arrivals": "count",
	"grain": "small", "reservation": "small", "epochs": "small", "imported": "small", "forgotten": "small", "part": "small", "days": "small", "closed": "small", "one": "small",
	"packed": "blob", "domain": "blob", "ledger": "blob",
}

// store reads each row of each table of the store, and then its seals.
func (d *disk) store(string, []byte) error {
	db, err := sql.Open("sqlite", filepath.Join(d.app.options.Data, "oboro.db"))
	if err != nil {
		return err
	}
	defer db.Close()
	var tables []string
	rows, err := db.Query("select name from sqlite_master where type = 'table'")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return err
		}
		tables = append(tables, name)
	}
	for _, table := range tables {
		if err := d.table(db, table); err != nil {
			return fmt.Errorf("%s: %w", table, err)
		}
	}
	seals, err := d.app.store.Seals(d.t.Context(), "demo", "", d.day, d.day)
	if err != nil || d.sealed != (len(seals) > 0) {
		return fmt.Errorf("%d seals of the day: %v", len(seals), err)
	}
	for _, st := range d.app.catalogue.All() {
		seals, err := d.app.store.Seals(d.t.Context(), "demo", st.ID, d.day, d.day)
		if err != nil {
			return err
		}
		for _, of := range seals {
			if err := d.seal(of); err != nil {
				return err
			}
		}
	}
	return d.periods()
}

// periods reads what is summed of pages over the month of the day: of those that are declared
// and of those without hits, and nothing before the first seal. With all shares each has the
// whole noise, and no key of a page that nobody declared is there.
func (d *disk) periods() error {
	sums, err := d.app.store.Sums(d.t.Context(), "demo", "pages", d.day-40, d.day+40)
	if err != nil || len(sums) != 1 || sums[0].Closed != d.sealed {
		return fmt.Errorf("the periods of pages are %+v: %v", sums, err)
	}
	st, _ := d.app.catalogue.Find("pages")
	p := st.Published[0]
	want := append(p.CalibrationKeys(), []string{"/declared/"})
	d.sums = map[string]int{}
	for _, v := range sums[0].Values {
		known := slices.ContainsFunc(want, func(keys []string) bool { return slices.Equal(keys, v.Keys) })
		if !known || v.Measure != p.Measure || v.Sigma2.Cmp(p.Sigma2) != 0 {
			return fmt.Errorf("%q of a variance of %s is summed", v.Keys, v.Sigma2)
		}
		d.sums[v.Keys[0]] = int(v.Value)
	}
	if len(sums[0].Keys) != len(want) || d.sealed && len(d.sums) != len(want) || !d.sealed && len(d.sums) > 0 {
		return fmt.Errorf("%d pages are summed of %d, want %d", len(d.sums), len(sums[0].Keys), len(want))
	}
	return nil
}

func (d *disk) table(db *sql.DB, table string) error {
	rows, err := db.Query("select * from " + table)
	if err != nil {
		return err
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return err
	}
	for rows.Next() {
		values, into := make([]any, len(names)), make([]any, len(names))
		for i := range into {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			return err
		}
		for i, name := range names {
			if err := d.value(table, name, values[i]); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
		d.rows[table]++
	}
	if n := d.rows[table]; table == "open_cells" && d.sealed && n > 0 {
		return fmt.Errorf("%d cells are open behind the seal", n)
	}
	return rows.Err()
}

// value holds one value to what its column may hold.
func (d *disk) value(table, column string, value any) error {
	number, isNumber := value.(int64)
	switch kind := columns[column]; {
	case kind == "blob":
		return nil
	case kind == "label" && (isNumber || table == "batches"): // the id of a batch is an HMAC
		return nil
	case kind == "text" && (table == "labels" || table == "open_labels"):
		d.labels[fmt.Sprint(value)] = true
		return nil
	case kind == "day" && isNumber && d.mayName(table, statistic.Day(number)):
		return nil
	case kind == "count" && isNumber && number <= 20_000:
		return nil
	case kind == "small" && isNumber && number <= 31:
		return nil
	case kind == "":
		return fmt.Errorf("nobody knows this column")
	}
	return fmt.Errorf("%v is none of what the column may hold", value)
}

// mayName reports whether a day may stand in the table: one beside the rig's, the beginning of
// its week, today, and of shares each of its month.
func (d *disk) mayName(table string, day statistic.Day) bool {
	if table == "shares" {
		return day >= d.day-1 && day < d.day+30
	}
	return day >= d.day-1 && day <= d.day+1 || day == statistic.Weekly.Period(d.day) || day == hit.DayOf(d.now().In(tokyo))
}

// seal holds sealed tables to promise 5: no cell of fewer than k visitor-days.
func (d *disk) seal(of store.Seal) error {
	for _, table := range of.Tables {
		if table.Statistic == store.Meters {
			continue
		}
		st, ok := d.app.catalogue.Find(table.Statistic)
		switch {
		case !ok && len(table.Cells)+len(table.Measurements) == 0:
			continue // it is switched off
		case !ok:
			return fmt.Errorf("a table of %s, which is not declared", table.Statistic)
		}
		for _, c := range table.Cells {
			n := c.Counts[statistic.Visitors]
			if n < d.app.config.K && (n > 0 || c.Merged == 0 || !st.Overlaps()) {
				return fmt.Errorf("%s: a cell of %d visitor-days, of %d merged", st.ID, n, c.Merged)
			}
			d.rows["cells of "+st.ID]++
		}
		d.rows["measurements"] += len(table.Measurements)
		if want := len(st.Published) * len(st.Domain(nil)); len(table.Measurements) != want {
			return fmt.Errorf("%s: %d measurements, want the declared %d", st.ID, len(table.Measurements), want)
		}
	}
	return nil
}

// liveDay sends a day's hits: of each visitor so many views of the same pages. One page is
// declared, one is shared, and two, and their sources, are those of one visitor.
func (r *rig) liveDay(views int) {
	r.t.Helper()
	for i := range 3 * views {
		r.set(may(2, 10, i))
		var requests []byte
		n := 0
		for visitor := range 60 {
			path := []string{"shared", "declared", "shared"}[i%3]
			if visitor < 2 && i%3 == 2 {
				path = fmt.Sprintf("zqxlonely-%c", 'a'+visitor)
			}
			h := report{fmt.Sprintf("133.200.%d.9", visitor), browsers[visitor%2], "ja", map[string]any{"u": "http://localhost/" + path + "/"}}
			if visitor == 3 {
				h.body["r"] = "https://zqxlonely.example/"
			}
			requests = h.write(requests)
			n++
		}
		if statuses := r.send(requests, n); statuses[202] != n {
			r.t.Fatalf("hits are answered %v", statuses)
		}
	}
	r.flush()
}

// TestAttackDiskContent reads every file of data, state and what is published: with the day open, sealed,
// and published. No sealed cell stands on fewer than k visitor-days; measurements are those of the declared
// keys; no number is a time, none but declared and shared labels are there; and thrice the hits of the same
// visitors make not one row, line or file more anywhere, and change no sum of a page. What is summed has its noise and the
// declared keys; the outcome of a seal, in which a day's share of each page stands by itself, is in no file once it is sealed, nor
// published. A file, a table or a column that nobody knows fails.
//
// Seen to fail when a cell of fewer than k is shown, when keys without a cell are not measured, when open cells are
// left behind the seal, when a label of one network is admitted, when the store has a column
// for the time, when an entry of the audit trail has a second time, and when a file is left beside the others. Of sums: when shares have no noise, when they count
// views in place of capped reach, when a page that is not declared is summed, and when seals, or what fills in for days, leave
// their outcomes in the ledger.
func TestAttackDiskContent(t *testing.T) {
	var rows, sums [2]map[string]int
	for i, views := range []int{1, 3} {
		r := newRig(t, may(2, 0, 0), map[string]string{
			"oboro.yaml": "state_limit: 64MB\nsites: [{id: demo, hosts: [localhost], pages: [/declared/]}]\nlimits: {rate: 100000}\n",
		})
		r.serve()
		if err := r.app.aggregator.BeginPeriods(t.Context()); err != nil {
			t.Fatal(err)
		}
		d := &disk{rig: r, day: hit.DayOf(may(2, 0, 0))}
		r.liveDay(views)
		d.walk(r.app.options.Data)
		if !d.labels["/declared/"] || !d.labels["/shared/"] || d.rows["open_cells"] < 20 {
			t.Errorf("%d open cells with the labels %v: too few to say anything", d.rows["open_cells"], len(d.labels))
		}
		d.admitted()
		rows[i] = map[string]int{"open": d.rows["open_cells"], "open labels": d.rows["open_labels"]}
		r.set(may(3, 0, 1))
		r.close()
		r.dump() // fails on what nobody knows
		r.set(may(33, 12, 0))
		r.close()
		r.printed(publishCommand{Out: "public"})
		d.sealed = true
		d.walk(r.app.options.Data, filepath.Join(r.app.config.dir, "public"))
		d.admitted()
		for name, n := range d.rows {
			rows[i][name] = n
		}
		sums[i] = d.sums
		if d.rows["measurements"] < 300 || d.rows["cells of pages"] < 1 {
			t.Errorf("%d measurements and %d cells of pages: too few to say anything", d.rows["measurements"], d.rows["cells of pages"])
		}
	}
	for name, n := range rows[0] {
		if rows[1][name] != n {
			t.Errorf("%s: %d rows, and %d with thrice the hits of the same visitors", name, n, rows[1][name])
		}
	}
	if exact := sums[0]["/declared/"] == 60; exact || !maps.Equal(sums[0], sums[1]) {
		t.Errorf("what is summed of pages is %v, and %v with thrice the hits of the same visitors", sums[0], sums[1])
	}
	if len(rows[0]) != len(rows[1]) || len(rows[0]) < 30 {
		t.Errorf("%d and %d kinds of rows", len(rows[0]), len(rows[1]))
	}
}

// admitted fails where a label of one network is there.
func (d *disk) admitted() {
	d.t.Helper()
	for label := range d.labels {
		if strings.Contains(label, "zqxlonely") {
			d.t.Errorf("%s was told by one network and is on the disk", label)
		}
	}
}
