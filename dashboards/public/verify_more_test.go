package public_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"oboro/aggregator/release"
	"oboro/aggregator/statistic"
	"oboro/dashboards/public"
)

// TestVerifyFindsEachByte changes each byte of the files that say what was published, one
// at a time: manifest, table, log, head of the ledger. The long form changes each byte of
// every file. Seen to fail when sums takes another list than the signed one.
func TestVerifyFindsEachByte(t *testing.T) {
	w := newWorld(t)
	w.period = release.WeekOf(w.period.First() + 7)
	files := build(t, w.publication(w.release(devices)))
	short := []string{
		"data/v1/demo/devices/2026-W41/1/manifest.note", "data/v1/demo/devices/2026-W41/1/table.csv",
		release.LogEntries, release.Checkpoint, release.LedgerCheckpoint, release.SumsNote, release.SumsSig,
	}
	fsys := fstest.MapFS{}
	for name, file := range files {
		fsys[name] = &fstest.MapFile{Data: file}
	}
	if report, err := release.Verify(fsys, w.key); err != nil || !report.OK() {
		t.Fatalf("the folder itself does not verify: %v, %v", err, report.Findings)
	}
	changed := 0
	for name, file := range files {
		if !slices.Contains(short, name) && os.Getenv("OBORO_LONG") == "" {
			continue
		}
		for i := range file {
			fsys[name].Data = bytes.Clone(file)
			fsys[name].Data[i] ^= 1
			changed++
			if report, err := release.Verify(fsys, w.key); err != nil || report.OK() {
				t.Fatalf("byte %d of %s was changed, and Verify finds nothing: %v", i, name, err)
			}
		}
		fsys[name].Data = file
	}
	if changed < 1500 {
		t.Errorf("%d bytes were changed, want all of the files that matter: %q", changed, short)
	}
}

// withFigure returns the folder with an element for a figure on a page, sealed anew.
func withFigure(t *testing.T, w *world, files map[string][]byte, element string) map[string][]byte {
	t.Helper()
	page := "en/sites/demo/2026-10/index.html"
	files[page] = bytes.Replace(files[page], []byte("</main>"), []byte(element+"</main>"), 1)
	if err := release.Seal(files, w.signer, w.second); err != nil {
		t.Fatal(err)
	}
	return files
}

// TestVerifyComparesFiguresOfPages holds that a figure which a page says is of a table is
// that of the table. Seen to fail when marks is not called, when it asks only whether the
// table is there, and when totals are left out.
func TestVerifyComparesFiguresOfPages(t *testing.T) {
	w := newWorld(t)
	const phone = `<data class="figure" value="12500" data-low="12250" data-high="12770" data-status="F" data-table="demo/devices/2026-10/1" data-measure="visitors" data-key="phone" data-start="2026-10-01" data-end="2026-10-31">about 12,500</data>`
	r := w.release(devices)
	right := phone
	for _, f := range r.Figures() {
		if f.Keys[0] == "phone" {
			right = strings.NewReplacer("12500", strconv.FormatInt(f.Value, 10), "12250", strconv.FormatInt(f.Low, 10), "12770", strconv.FormatInt(f.High, 10)).Replace(phone)
		}
	}
	sum := w.release(days).Totals()[0]
	total := `<data value="` + strconv.FormatInt(sum.Value, 10) + `" data-low="` + strconv.FormatInt(sum.Low, 10) + `" data-high="` + strconv.FormatInt(sum.High, 10) +
		`" data-status="F" data-table="demo/days/2026-10/1" data-measure="visitors" data-key="" data-start="2026-10-01" data-end="2026-10-31">`
	missed := `<data value="" data-status="N" data-table="demo/days/2026-10/1" data-measure="visits" data-key="" data-start="2026-10-12" data-end="2026-10-12">`
	own := verify(t, build(t, w.publication(w.release(days), r)), w.key).Figures
	if own < 50 {
		t.Errorf("%d figures of the pages themselves are compared, want all of them", own)
	}
	for _, c := range []struct {
		name, element string
		ok            bool
	}{
		{"the figure of the table", right, true},
		{"a sum", total, true},
		{"a day that was not measured", missed, true},
		{"another value", strings.Replace(right, `value="`, `value="1`, 1), false},
		{"another range", strings.Replace(right, `data-high="`, `data-high="1`, 1), false},
		{"another key", strings.Replace(right, "phone", "fone", 1), false},
		{"another table", strings.Replace(right, "/devices/", "/browsers/", 1), false},
		{"another day", strings.Replace(missed, `"2026-10-12" data-end`, `"2026-10-13" data-end`, 1), false},
		{"a number where nothing was measured", strings.Replace(missed, `value=""`, `value="7"`, 1), false},
		{"another status", strings.Replace(missed, `"N"`, `"B"`, 1), false},
	} {
		files := withFigure(t, w, build(t, w.publication(w.release(days), r)), c.element)
		report := verify(t, files, w.key)
		if report.OK() != c.ok || report.Figures != own+1 {
			t.Errorf("%s: ok %t, %d figures compared, want %t and %d; %v", c.name, report.OK(), report.Figures, c.ok, own+1, report.Findings)
		}
	}
}

// TestTilesProveOneRelease reads the tiles as somebody does who wants to know of one data
// set alone: the checkpoint, the bundle, and the few tiles of a proof. Seen to fail when a
// bundle has its lines' newlines, and when tiles are those of a smaller tree.
func TestTilesProveOneRelease(t *testing.T) {
	w := newWorld(t)
	files := build(t, w.publication(w.all()...))
	verifier, err := note.NewVerifier(w.key)
	if err != nil {
		t.Fatal(err)
	}
	n, err := note.Open(files[release.Checkpoint], note.VerifierList(verifier))
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(n.Text, "\n")
	size, err := strconv.ParseInt(parts[1], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	root, err := tlog.ParseHash(parts[2])
	if err != nil {
		t.Fatal(err)
	}
	bundle, found := files["log/tile/entries/000.p/"+parts[1]], int64(-1)
	manifest := release.Hash(files["data/v1/demo/devices/2026-10/1/manifest.note"])
	var leaf []byte
	for i := int64(0); len(bundle) > 0; i++ {
		length := int(binary.BigEndian.Uint16(bundle))
		if bytes.Contains(bundle[2:2+length], []byte(manifest)) {
			found, leaf = i, bundle[2:2+length]
		}
		bundle = bundle[2+length:]
	}
	if found < 0 {
		t.Fatal("the bundle does not hold the release")
	}
	hashes := tlog.TileHashReader(tlog.Tree{N: size, Hash: root}, tileReader(files))
	proof, err := tlog.ProveRecord(size, found, hashes)
	if err != nil {
		t.Fatal(err)
	}
	if err := tlog.CheckRecord(proof, size, root, found, tlog.RecordHash(leaf)); err != nil {
		t.Errorf("the tiles do not prove that the release is in the log: %v", err)
	}
}

// tileReader reads the tiles of a folder as C2SP lays them out.
type tileReader map[string][]byte

func (tileReader) Height() int                     { return 8 }
func (tileReader) SaveTiles([]tlog.Tile, [][]byte) {}
func (r tileReader) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var out [][]byte
	for _, t := range tiles {
		out = append(out, r[path.Join("log/tile", strings.TrimPrefix(t.Path(), "tile/8/"))])
	}
	return out, nil
}

// TestWithdrawnIsForGood holds that a withdrawn table has its reason in place of figures,
// that no later version follows, and that Verify tells what the ledger and the table do not
// say alike. Seen to fail when Versioned does not ask, when withdrawal is not called, and
// when takenBack is not.
func TestWithdrawnIsForGood(t *testing.T) {
	w := newWorld(t)
	p := w.publication(w.release(devices))
	build(t, p)
	shelf, err := public.OpenShelf(p.Archive, w.key)
	if err != nil {
		t.Fatal(err)
	}
	reason := statistic.Text{JA: "集計の誤り", EN: "Counted wrongly"}
	taken, err := shelf.TakeBack("demo", devices, w.period, reason)
	if err != nil {
		t.Fatal(err)
	}
	publish := func(said any) (release.Report, map[string][]byte) {
		t.Helper()
		if err := os.RemoveAll(path.Join(p.Archive, "demo/devices/2026-10/2")); err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(path.Join(w.dir, "log.jsonl")); err != nil {
			t.Fatal(err)
		}
		q := w.publication(taken)
		q.Ledger = func() ([][]byte, error) {
			l := lines{}
			text, err := w.ledger()
			if err != nil || said == nil {
				return text, err
			}
			for _, line := range text {
				l.again(line)
			}
			l.add(map[string]any{"withdraw": said})
			return l.text, nil
		}
		files := build(t, q)
		return verify(t, files, w.key), files
	}
	said := map[string]any{"dataset": "demo/devices", "period": "2026-10", "reason": map[string]any{"ja": reason.JA, "en": reason.EN}}
	report, files := publish(said)
	if !report.OK() || len(report.Withdrawn) != 1 || report.Withdrawn[0].Reason != reason {
		t.Errorf("Verify of a withdrawn table = %v, %v", report.Withdrawn, report.Findings)
	}
	if csv := string(files["data/v1/demo/devices/latest.csv"]); strings.Contains(csv, ",F,") || !strings.Contains(csv, ",,,,W,2026-10-r2") {
		t.Errorf("latest.csv of a withdrawn table:\n%s", csv)
	}
	if !strings.Contains(string(files["sites/demo/2026-10/index.html"]), reason.JA) {
		t.Error("the page does not say why")
	}
	if shelf, err = public.OpenShelf(p.Archive, w.key); err != nil {
		t.Fatal(err)
	}
	delete(w.missed, w.period.First()+11)
	if _, err := shelf.Versioned(w.release(devices)); !errors.Is(err, public.ErrWithdrawn) {
		t.Errorf("Versioned of a withdrawn period = %v, want ErrWithdrawn", err)
	}
	w.missed[w.period.First()+11] = true
	for name, lie := range map[string]any{
		"a ledger that knows nothing":  nil,
		"a ledger of another reason":   map[string]any{"dataset": "demo/devices", "period": "2026-10", "reason": map[string]any{"ja": "x", "en": "y"}},
		"a ledger of another data set": map[string]any{"dataset": "demo/days", "period": "2026-10", "reason": said["reason"]},
	} {
		if report, _ := publish(lie); report.OK() {
			t.Errorf("%s: Verify accepts it", name)
		}
	}
	// The ledger says so, and the folder shows the figures.
	taken = w.release(devices)
	if report, _ := publish(said); report.OK() {
		t.Error("the ledger calls a table withdrawn that shows its figures, and Verify accepts it")
	}
}

// again adds a line that another ledger has.
func (l *lines) again(line []byte) {
	hashes, err := tlog.StoredHashes(int64(len(l.text)), line, l)
	if err != nil {
		panic(err)
	}
	l.text, l.hashes = append(l.text, line), append(l.hashes, hashes...)
}

// TestBudgetKnowsShares holds that the share of a sum over n days has 1/n of its variance
// and all that the day adds, and that noise alone spends nothing. Seen to fail when a share
// grows by itself (factor / n), which would leave the sum short.
func TestBudgetKnowsShares(t *testing.T) {
	number := func(num, den int64) map[string]any { return map[string]any{"num": num, "den": den} }
	for _, c := range []struct {
		name       string
		drawn, rho map[string]any
		fill       bool
		epochs     int
		ok         bool
	}{
		{"a share of seven days", number(1000, 21), number(3, 200), false, 1, true},
		{"a share of a day of two epochs", number(22000, 21), number(3, 200), false, 2, true},
		{"a share that grew by itself", number(4000, 21), number(3, 200), false, 2, false},
		{"noise alone", number(1000, 21), number(0, 1), true, 1, true},
		{"noise alone that spends", number(1000, 21), number(3, 200), true, 1, false},
	} {
		l := lines{}
		l.add(map[string]any{"period": map[string]any{
			"cells": 1, "days": 7, "domain": "00", "first": "2026-11-09", "measure": "reach", "site": "demo", "statistic": "pages",
		}})
		l.add(map[string]any{"reserve": map[string]any{
			"draws": []any{map[string]any{
				"cells": 1, "delta2": number(10, 1), "drawn": c.drawn, "measure": "reach", "rho": c.rho, "share": 7,
				"sigma2": number(1000, 3), "statistic": "pages",
			}},
			"epochs": c.epochs, "fill": c.fill, "grain": "day", "imported": false, "marked": false, "period": "2026-11-09", "site": "demo",
		}})
		if _, err := release.ReadBudget(l.text); (err == nil) != c.ok {
			t.Errorf("%s: ReadBudget error %v, want ok %t", c.name, err, c.ok)
		}
	}
}
