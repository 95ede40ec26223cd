package sqlite_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
	"oboro/aggregator/store/sqlite"
)

const monday statistic.Day = 20773 // 2026-11-16

// canary is the label that must be gone from the disk.
const canary = "/unmistakable-canary"

// batch returns a batch of one visitor-day on each page of one site.
func batch(period statistic.Day, pages ...string) store.Batch {
	b := store.Batch{Statistic: "pages", Period: period}
	for _, page := range pages {
		c := store.Cell{Site: "a", Keys: []string{page}}
		c.Counts[statistic.Visitors], c.Counts[statistic.Views] = 1, 2
		b.Cells = append(b.Cells, c)
	}
	return b
}

// numbered returns n labels with the prefix.
func numbered(prefix string, n int) []string {
	var list []string
	for i := range n {
		list = append(list, fmt.Sprintf("%s-%02d", prefix, i))
	}
	return list
}

// seal returns the seal of monday that keeps one page.
func seal(page string) store.Seal {
	kept := store.Folded{Keys: []string{page}}
	kept.Counts[statistic.Visitors] = 10
	return store.Seal{Site: "a", Grain: statistic.Daily, Period: monday, Tables: []store.Sealed{
		{Statistic: "pages", Cells: []store.Folded{kept}},
	}}
}

// onDisk reports in which of the store's files the text stands.
func onDisk(t *testing.T, path, text string) []string {
	t.Helper()
	files, err := filepath.Glob(path + "*")
	if err != nil || len(files) == 0 {
		t.Fatalf("the store has no files: %v", err)
	}
	var found []string
	for _, name := range files {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(content, []byte(text)) {
			found = append(found, filepath.Base(name))
		}
	}
	return found
}

// fill adds canaries in several batches: among labels that stay, so that pages
// with deleted rows in them live on, and enough to fill pages that become free.
func fill(t *testing.T, s *sqlite.Store) {
	t.Helper()
	add(t, s, 1, batch(monday, append(numbered(canary, 20), "/kept", "/low")...))
	add(t, s, 2, batch(monday+1, numbered("/tomorrow", 20)...))
	add(t, s, 3, batch(monday, numbered(canary+"-again", 600)...))
	add(t, s, 4, batch(monday, canary))
}

func add(t *testing.T, s *sqlite.Store, n byte, b store.Batch) {
	t.Helper()
	if err := s.Add(t.Context(), store.BatchID{n}, b); err != nil {
		t.Fatalf("Add(batch %d) = %v, want nil", n, err)
	}
}

// TestSealedLabelsAreGone holds the promise that a label which does not pass the
// seal leaves the disk with it. Seen to fail, each alone, when secure_delete was
// off (the deleted rows stood in the pages), without the checkpoint (they stood in
// the log and in the file), without drop_open_labels, (free pages) without the
// vacuum, and when a seal that deleted something did not say so.
func TestSealedLabelsAreGone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "oboro.db")
	s := open(t, path)
	fill(t, s)
	if len(onDisk(t, path, canary)) == 0 {
		t.Fatal("the label is not on the disk before the seal: this test tests nothing")
	}
	if err := s.WriteSeal(t.Context(), seal("/kept")); err != nil {
		t.Fatalf("WriteSeal: %v", err)
	}
	if found := onDisk(t, path, canary); len(found) != 0 {
		t.Errorf("after the seal the label still stands in %v", found)
	}
	for _, text := range []string{"/kept", "/tomorrow-00"} {
		if len(onDisk(t, path, text)) == 0 {
			t.Errorf("%s is not on the disk any more", text)
		}
	}
	tomorrow := seal("/kept")
	tomorrow.Period++
	if err := s.WriteSeal(t.Context(), tomorrow); err != nil {
		t.Fatalf("WriteSeal: %v", err)
	}
	if found := onDisk(t, path, "/tomorrow"); len(found) != 0 {
		t.Errorf("after the last seal an open label still stands in %v", found)
	}
	db := raw(t, path)
	if free := texts(t, db, `select freelist_count from pragma_freelist_count`); free[0] != "0" {
		t.Errorf("%s free pages are left in the file after the seal, want none", free[0])
	}
}

// TestForgottenLabelsAreGone holds the promise that retention reaches the disk:
// labels of forgotten cells are in no byte of the store's files. Seen to fail, each
// alone, without the wipe, without forget_labels, and (by the numbers of free pages)
// without the vacuum.
func TestForgottenLabelsAreGone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "oboro.db")
	s := open(t, path)
	old, later := seal("/old-and-new"), seal("/old-and-new")
	for _, label := range append(numbered(canary, 600), canary) {
		old.Tables[0].Cells = append(old.Tables[0].Cells, store.Folded{Keys: []string{label}})
	}
	later.Period = monday + 1
	for _, of := range []store.Seal{old, later} {
		must(t, s.WriteSeal(t.Context(), of))
	}
	if len(onDisk(t, path, canary)) == 0 {
		t.Fatal("the label is not on the disk before it is forgotten: this test tests nothing")
	}
	must(t, s.Forget(t.Context(), "pages", monday+1))
	if found := onDisk(t, path, canary); len(found) != 0 {
		t.Errorf("after it is forgotten the label still stands in %v", found)
	}
	if len(onDisk(t, path, "/old-and-new")) == 0 {
		t.Error("the label of a cell that stays is not on the disk any more")
	}
	if free := texts(t, raw(t, path), `select freelist_count from pragma_freelist_count`); free[0] != "0" {
		t.Errorf("%s free pages are left in the file, want none", free[0])
	}
}

// TestForgetWaitsForTheDiskToBeClean: as with a seal, a reading process is named, and
// forgetting again does the rest. Seen to fail when Forget wiped only after it had
// deleted something.
func TestForgetWaitsForTheDiskToBeClean(t *testing.T) {
	path := filepath.Join(t.TempDir(), "oboro.db")
	s, err := sqlite.OpenWithPatience(t.Context(), path, 50*time.Millisecond)
	must(t, err)
	t.Cleanup(func() { s.Close() })
	must(t, s.WriteSeal(t.Context(), seal(canary)))
	release := holdRead(t, path)
	if err := s.Forget(t.Context(), "pages", monday+1); err == nil || !strings.Contains(err.Error(), "another process") {
		t.Errorf("Forget beside a reading process = %v, want an error that names it", err)
	}
	release()
	must(t, s.Forget(t.Context(), "pages", monday+1))
	if found := onDisk(t, path, canary); len(found) != 0 {
		t.Errorf("after it is forgotten the label still stands in %v", found)
	}
}

// TestSealWaitsForTheDiskToBeClean: another process that reads prevents the log from
// being emptied; the seal says so, and does the rest when it is written again. Seen
// to fail when the answer of the checkpoint was not looked at, and when what is unclean
// was taken for clean before it was.
func TestSealWaitsForTheDiskToBeClean(t *testing.T) {
	path := filepath.Join(t.TempDir(), "oboro.db")
	s, err := sqlite.OpenWithPatience(t.Context(), path, 50*time.Millisecond)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() { s.Close() })
	fill(t, s)
	release := holdRead(t, path)
	if err := s.WriteSeal(t.Context(), seal("/kept")); err == nil || !strings.Contains(err.Error(), "another process") {
		t.Errorf("WriteSeal beside a reading process = %v, want an error that names it", err)
	}
	release()
	if err := s.WriteSeal(t.Context(), seal("/kept")); err != nil {
		t.Errorf("WriteSeal again = %v, want nil", err)
	}
	if found := onDisk(t, path, canary); len(found) != 0 {
		t.Errorf("after the seal the label still stands in %v", found)
	}
}

// TestOpenCleansTheDisk: a process killed between the seal's commit and its cleaning
// leaves deleted rows in the log. Seen to fail when Open did not empty the log.
func TestOpenCleansTheDisk(t *testing.T) {
	path := filepath.Join(t.TempDir(), "oboro.db")
	s, err := sqlite.OpenWithPatience(t.Context(), path, 10*time.Millisecond)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() { s.Close() })
	fill(t, s)
	release := holdRead(t, path)
	if err := s.WriteSeal(t.Context(), seal("/kept")); err == nil {
		t.Fatal("WriteSeal beside a reading process = nil: this test tests nothing")
	}
	// The files as they stand are what a killed process leaves.
	left := filepath.Join(t.TempDir(), "oboro.db")
	for _, suffix := range []string{"", "-wal"} {
		content, err := os.ReadFile(path + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(left+suffix, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	release()
	if len(onDisk(t, left, canary)) == 0 {
		t.Fatal("the killed process left no label: this test tests nothing")
	}
	// Beside an idle reader no closing connection empties the log on its own.
	texts(t, raw(t, left), `select text from labels`)
	open(t, left)
	if found := onDisk(t, left, canary); len(found) != 0 {
		t.Errorf("after opening the label still stands in %v", found)
	}
}

// holdRead reads in a transaction that stays open until release is called.
func holdRead(t *testing.T, path string) (release func()) {
	t.Helper()
	tx, err := raw(t, path).Begin()
	if err != nil {
		t.Fatal(err)
	}
	var n int
	if err := tx.QueryRow(`select count(id) from labels`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := tx.Rollback(); err != nil {
			t.Error(err)
		}
	}
}

// TestWritingOrderDoesNotShow writes labels in a known order and looks where they
// stand in the file, since rows fill a page in the order in which they are written.
// Seen to fail when Add did not shuffle.
func TestWritingOrderDoesNotShow(t *testing.T) {
	path := filepath.Join(t.TempDir(), "oboro.db")
	s := open(t, path)
	labels := numbered("/order", 40)
	add(t, s, 1, batch(monday, labels...))
	if err := s.Close(); err != nil { // the last one to close empties the log
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var places []int
	for _, label := range labels {
		at := bytes.Index(content, []byte(label))
		if at < 0 {
			t.Fatalf("%s is not in the file", label)
		}
		places = append(places, at)
	}
	ascents := 0
	for i := range places[1:] {
		if places[i+1] > places[i] {
			ascents++
		}
	}
	if math.Abs(float64(ascents)-19.5) > 12 { // by chance once in 10^10
		t.Errorf("of 40 labels added in order, %d stand after the one before: the order of writing shows", ascents)
	}
}

// TestIDsAreSharedByNothing holds that ids join nothing: the same label has another id in every statistic and
// day, and another one in sealed cells. Seen to fail when all open labels were those of one statistic, and when
// all were of one day.
func TestIDsAreSharedByNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "oboro.db")
	s := open(t, path)
	b := batch(monday, "/kept", "/low")
	add(t, s, 1, b)
	b.Statistic, b.Period = "not-found", monday+1
	add(t, s, 2, b)
	add(t, s, 3, batch(monday+1, "/kept"))
	if err := s.WriteSeal(t.Context(), seal("/kept")); err != nil {
		t.Fatal(err)
	}
	db := raw(t, path)
	const ids = `select distinct cast(id as text) from (
		select id, text from labels union all select id, text from open_labels
	) where text = ?`
	if got := texts(t, db, ids, "/kept"); len(got) != 3 {
		t.Errorf("/kept has the ids %v, want one for each of pages, not-found and sealed pages", got)
	}
	if got := texts(t, db, ids, "/low"); len(got) != 1 {
		t.Errorf("/low has the ids %v after pages is sealed without it, want only the one of not-found", got)
	}
	if got := texts(t, db, `select cast(period as text) from batches order by period`); len(got) != 2 || got[0] == "20773" {
		t.Errorf("batch ids are kept for the periods %v, want only those still open", got)
	}
}

// TestAnotherWriterIsNoticed: a command that held the store in between may have
// sealed, and deleted labels whose ids the first writer remembers. Seen to fail when
// the data version was not looked at.
func TestAnotherWriterIsNoticed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "oboro.db")
	first, second := open(t, path), open(t, path)
	add(t, first, 1, batch(monday, "/kept", "/low"))
	if err := second.WriteSeal(t.Context(), seal("/kept")); err != nil {
		t.Fatal(err)
	}
	add(t, first, 2, batch(monday+1, "/kept", "/low"))
	cells := 0
	for c, err := range second.Open(t.Context(), store.Table{Statistic: "pages", Site: "a", Period: monday + 1}) {
		if err != nil || len(c.Keys) != 1 {
			t.Fatalf("Open = %v, %v, want cells of one key", c, err)
		}
		cells++
	}
	if cells != 2 {
		t.Errorf("%d cells are open, want 2", cells)
	}
}

func TestFilesAreForTheOwnerAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "oboro.db")
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	s := open(t, path)
	add(t, s, 1, batch(monday, "/"))
	files, err := filepath.Glob(path + "*")
	if err != nil || len(files) != 3 {
		t.Fatalf("the files are %v (%v), want the store, its -wal and its -shm", files, err)
	}
	for _, name := range files {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != 0o600 {
			t.Errorf("%s has mode %o, want 600", filepath.Base(name), got)
		}
	}
}

// TestErrorsQuoteNoLabel. Seen to fail when classified wrapped what it did not know.
func TestErrorsQuoteNoLabel(t *testing.T) {
	path := filepath.Join(t.TempDir(), "oboro.db")
	s := open(t, path)
	add(t, s, 1, batch(monday, "/kept"))
	db := raw(t, path)
	// The driver's error then quotes the label.
	for _, table := range []string{"labels", "open_labels"} {
		_, err := db.Exec(`create trigger quote_` + table + ` before insert on ` + table + `
			begin select raise(abort, 'refused ' || new.text); end`)
		must(t, err)
	}
	if _, err := db.Exec(`insert into labels (scope, id, text) values (9, 9, ?)`, canary); !strings.Contains(err.Error(), canary) {
		t.Fatalf("the driver says %v: this test tests nothing", err)
	}
	for name, err := range map[string]error{
		"a trigger that quotes":  s.Add(t.Context(), store.BatchID{2}, batch(monday, canary)),
		"a seal that quotes":     s.WriteSeal(t.Context(), seal(canary)),
		"a label that is long":   s.Add(t.Context(), store.BatchID{3}, batch(monday, strings.Repeat(canary, 20))),
		"a value of no use":      sqlite.Classified(t.Context(), "read", scanError(t, db)),
		"an error of the system": sqlite.Classified(t.Context(), "read", errors.New(canary)),
	} {
		if err == nil || strings.Contains(err.Error(), "canary") || strings.Contains(fmt.Sprintf("%+v %#v", err, err), "canary") {
			t.Errorf("%s: the error is %v, want one that quotes nothing", name, err)
		}
	}
}

// scanError returns what database/sql says of a text that is not a number.
func scanError(t *testing.T, db *sql.DB) error {
	t.Helper()
	var n int
	err := db.QueryRow(`select ?`, canary).Scan(&n)
	if err == nil || !strings.Contains(err.Error(), canary) {
		t.Fatalf("scan error = %v: this test tests nothing", err)
	}
	return err
}

func TestCancelledContextsAreTold(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "oboro.db"))
	ctx, end := context.WithTimeout(t.Context(), 0)
	defer end()
	if err := s.Add(ctx, store.BatchID{1}, batch(monday, "/")); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Add after its deadline = %v, want %v", err, context.DeadlineExceeded)
	}
}
