package public_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"oboro/aggregator/release"
	"oboro/dashboards/public"
)

func verify(t *testing.T, files map[string][]byte, key string) release.Report {
	t.Helper()
	fsys := fstest.MapFS{}
	for name, file := range files {
		fsys[name] = &fstest.MapFile{Data: file}
	}
	report, err := release.Verify(fsys, key)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func TestVerifyAccepts(t *testing.T) {
	w := newWorld(t)
	report := verify(t, build(t, w.publication(w.all()...)), w.key)
	if !report.OK() || report.Releases != 3 || report.Records != 3 || !report.Listed || report.Spent.Cmp(total) != 0 {
		t.Errorf("Verify of a folder as it was written = %+v, want 3 releases, rho %s and nothing wrong", report, total)
	}
}

// TestVerifyRejectsEveryByte flips a bit in every file: at several places, and at
// every place of the notes, which nothing else vouches for.
func TestVerifyRejectsEveryByte(t *testing.T) {
	w := newWorld(t)
	files := build(t, w.publication(w.release(devices)))
	for name, file := range files {
		places := []int{0, len(file) / 3, len(file) / 2, len(file) - 2, len(file) - 1}
		if name == release.SumsNote || name == release.SumsSig {
			for i := range file {
				places = append(places, i)
			}
		}
		for _, i := range places {
			// Seen to fail when the hash of a file is not compared, and when checkMinisig
			// does not compare the spelling.
			if verify(t, with(files, name, i, file[i]^1), w.key).OK() {
				t.Errorf("byte %d of %s was changed and Verify accepts it", i, name)
			}
		}
	}
	// The letter before the padding has spare bits. Seen to fail when notes are not
	// compared with their one spelling.
	signed := files[release.SumsNote]
	last := bytes.LastIndexByte(signed, '=') - 1
	for _, letter := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") {
		if letter != signed[last] && verify(t, with(files, release.SumsNote, last, letter), w.key).OK() {
			t.Errorf("the last letter of the signature was changed to %q and Verify accepts it", letter)
		}
	}
}

// with returns files with one byte of one of them changed.
func with(files map[string][]byte, name string, i int, b byte) map[string][]byte {
	changed := maps.Clone(files)
	changed[name] = bytes.Clone(files[name])
	changed[name][i] = b
	return changed
}

func TestVerifyNamesWhatIsWrong(t *testing.T) {
	w := newWorld(t)
	folder := "data/v1/demo/devices/2026-10/1/"
	for _, c := range []struct {
		name, path string
		change     func(files map[string][]byte)
	}{
		{"a changed table", folder + "table.csv", func(f map[string][]byte) { f[folder+"table.csv"] = []byte("x\n") }},
		{"a missing table", folder + "table.json", func(f map[string][]byte) { delete(f, folder+"table.json") }},
		{"a file too many", "extra.html", func(f map[string][]byte) { f["extra.html"] = []byte("x") }},
		{"another list", release.SumsFile, func(f map[string][]byte) { f[release.SumsFile] = f[release.SumsFile][100:] }},
		{"no second signature", release.SumsSig, func(f map[string][]byte) { delete(f, release.SumsSig) }},
		{"no columns", folder + release.TableParquet, func(f map[string][]byte) { delete(f, folder+release.TableParquet) }},
		{"no description", folder + release.ReadmeJA, func(f map[string][]byte) { delete(f, folder+release.ReadmeJA) }},
		{"no second key", release.MinisignKey, func(f map[string][]byte) { delete(f, release.MinisignKey) }},
		{"no second signature of a manifest", folder + "manifest.minisig", func(f map[string][]byte) { delete(f, folder+"manifest.minisig") }},
		{"no list", release.SumsFile, func(f map[string][]byte) { delete(f, release.SumsFile) }},
	} {
		files := build(t, w.publication(w.release(devices)))
		c.change(files)
		report := verify(t, files, w.key)
		if !slices.ContainsFunc(report.Findings, func(f release.Finding) bool { return f.Path == c.path }) {
			t.Errorf("%s: findings %v, want one at %s", c.name, report.Findings, c.path)
		}
	}
}

func TestVerifyNeedsTheRightKey(t *testing.T) {
	w := newWorld(t)
	files := build(t, w.publication(w.release(devices)))
	_, other, err := note.GenerateKey(bytes.NewReader(bytes.Repeat([]byte{7}, 64)), "example.test/oboro")
	if err != nil {
		t.Fatal(err)
	}
	if verify(t, files, other).OK() {
		t.Error("Verify accepts a folder with another's key")
	}
	if _, err := release.Verify(fstest.MapFS{}, "no key"); err == nil {
		t.Error("Verify took a key that is none")
	}
	if verify(t, nil, w.key).OK() {
		t.Error("Verify accepts an empty folder")
	}
}

// TestVerifyFindsLies changes what a folder says and signs it again, as someone
// with the key could: the numbers must contradict each other. The lines on minisign were
// seen to fail when Verify does not look at the signatures of the manifests, those on
// descriptions when readmes looks for the rest alone.
func TestVerifyFindsLies(t *testing.T) {
	w := newWorld(t)
	device := "data/v1/demo/devices/2026-10/1/table.json"
	page := "en/sites/demo/2026-10/index.html"
	columns := "data/v1/demo/devices/2026-10/1/table.parquet"
	readme := "data/v1/demo/devices/2026-10/1/README.en.md"
	for _, c := range []struct{ name, file, old, new, problem string }{
		{"sigma smaller than rho allows", device, `"num": 495,`, `"num": 100,`, "rho is not delta2"},
		{"a rounder epsilon", device, `"eps_provable": 0.2563`, `"eps_provable": 0.1`, "epsilon does not follow"},
		{"a smaller exact epsilon", device, `"eps_exact": 0.1923`, `"eps_exact": 0.1922`, "the exact epsilon does not follow"},
		{"a smaller exact epsilon of all tables", device, `"eps_exact_all_tables": 0.5372`, `"eps_exact_all_tables": 0.5371`, "the exact epsilon does not follow"},
		{"another ledger at publication", device, `"root": "`, `"root": "AAAA`, "is not a table"},
		{"a shorter ledger at publication", device, `"lines": 61`, `"lines": 60`, "the ledger is not the one, grown"},
		{"a longer ledger at publication", device, `"lines": 61`, `"lines": 62`, "the ledger is not the one, grown"},
		{"another threshold", device, `"tau": 728`, `"tau": 628`, "tau does not follow"},
		{"a value that is not the measured one", device, `"value": 4900`, `"value": 5000`, "do not follow from what was measured"},
		{"another measurement", device, `"measured": 4864`, `"measured": 5864`, "do not follow from what was measured"},
		{"a number that is not published", device, "\"status\": \"F\",\n   \"release\"", "\"status\": \"B\",\n   \"release\"", "shows a number but is not published"},
		{"fewer epochs", device, `"epochs": 2`, `"epochs": 1`, "the ledger says other epochs"},
		{"a day called live", device, `"imported": true`, `"imported": false`, "the ledger says"},
		{"a reservation that is not there", device, `"reserve_seq": 3,`, `"reserve_seq": 999,`, "no committed reservation"},
		{"all tables spend less", device, `"den": 326370`, `"den": 926370`, "the ledger spent more"},
		{"a table that says another site", device, `"site": "demo"`, `"site": "other"`, "another table than its folder"},
		{"a ledger with another draw", release.LedgerLines, `"cells":5`, `"cells":6`, "does not go with the lines before"},
		{"a log without its release", release.LogEntries, `demo/devices`, `demo/browsers`, "is not in the log"},
		{"a pointer to something else", "data/v1/demo/devices/latest.csv", "phone", "fone", "not the table of the newest release"},
		{"another minisign signature", "data/v1/demo/devices/2026-10/1/manifest.minisig", "trusted comment: oboro release demo devices", "trusted comment: oboro release demo browsers", "manifest.minisig: the minisign signature does not verify"},
		{"the minisign signature of another release", "data/v1/demo/devices/2026-10/1/manifest.note", "oboro release", "oboro-release", "manifest.minisig: the minisign signature does not verify"},
		{"a description with another sigma", readme, "| 495 |", "| 490 |", "README.en.md: does not say"},
		{"a description without an incident", readme, "- Not measured: 2026-10-12\n", "", `README.en.md: does not say "2026-10-12"`},
		{"a description with another licence", readme, "licenses/by/4.0/", "licenses/by-nc/4.0/", "README.en.md: does not say"},
		{"a description without a column", readme, "| `measured` | integer |", "| `exact` | integer |", "README.en.md: does not say"},
		{"a catalogue with another period", release.Catalogue, `"@value": "2026-10-31"`, `"@value": "2026-10-30"`, "dcat.jsonld: demo/devices/2026-10/1: the period"},
		{"a catalogue with another licence", release.Catalogue, "licenses/by/4.0/", "licenses/by-nc/4.0/", "dcat.jsonld: demo/devices/2026-10/1: the licences"},
		{"a catalogue with another day", release.Catalogue, `"@value": "2026-11-10"`, `"@value": "2026-11-09"`, "dcat.jsonld: demo/devices/2026-10/1: the day of publication"},
		{"a catalogue of other files", release.Catalogue, `"@id": "demo/devices/2026-10/1/table.csv"`, `"@id": "demo/devices/2026-10/1/table.txt"`, "dcat.jsonld: data/v1/demo/devices/2026-10/1/table.txt is not the file"},
		{"a catalogue without a title", release.Catalogue, `"@value": "端末の種類（demo、2026-10）"`, `"@value": ""`, "dcat.jsonld: demo/devices/2026-10/1: title"},
		{"a catalogue of nothing", release.Catalogue, `"dcat:Dataset"`, `"dcat:Resource"`, "dcat.jsonld: does not list data/v1/demo/devices/2026-10/1"},
		{"a page that tells another period", page, `"temporalCoverage":"2026-10-01/`, `"temporalCoverage":"2026-10-02/`, "data block: period"},
		{"a page that tells another hash", page, `"sha256":"`, `"sha256":"0`, page + ": data/v1/demo/devices/2026-10/1/table.csv is not the file"},
		{"a page that tells of another table", page, `"identifier":"demo/devices/2026-10/1"`, `"identifier":"demo/devices/2026-10/2"`, "data block: demo/devices/2026-10/2 is no data set"},
		{"a page that tells nothing", page, "application/ld+json\">", "application/ld\">", page + ": holds no data block"},
		{"a page with a script", "methodology/index.html", "<h1>", "<Script>1</Script><h1>", "methodology/index.html: holds a script"},
		{"columns that are damaged", columns, "desktop", "desktip", "table.parquet: is damaged"},
		{"columns that are none", columns, "PAR1", "PAR2", "table.parquet: is no Parquet file"},
		{"a format that is not known", device, `"format": 2`, `"format": 4`, "has format 4"},
		{"a table of days that says it is one of sums", device, `"format": 2`, `"format": 3`, "are published as sums over a period, and nothing else is"},
		{"another CSV", "data/v1/demo/devices/2026-10/1/table.csv", "4900", "4800", "row 2 is not that"},
	} {
		files := build(t, w.publication(w.release(devices)))
		if !strings.Contains(string(files[c.file]), c.old) {
			t.Fatalf("%s: %s does not hold %s", c.name, c.file, c.old)
		}
		files[c.file] = []byte(strings.Replace(string(files[c.file]), c.old, c.new, -1))
		if err := release.Seal(files, w.signer, w.second); err != nil {
			t.Fatal(err)
		}
		report := verify(t, files, w.key)
		if !slices.ContainsFunc(report.Findings, func(f release.Finding) bool { return strings.Contains(f.Path+": "+f.Problem, c.problem) }) {
			t.Errorf("%s: findings %v, want one with %q", c.name, report.Findings, c.problem)
		}
	}
}

func TestVerifyAddsUpTheBudget(t *testing.T) {
	draw := map[string]any{
		"cells": 1, "delta2": map[string]any{"num": 1, "den": 1}, "drawn": map[string]any{"num": 50, "den": 1},
		"measure": "visitors", "rho": map[string]any{"num": 1, "den": 100}, "sigma2": map[string]any{"num": 50, "den": 1}, "statistic": "days",
	}
	day := func(grain, period string) map[string]any {
		return map[string]any{"reserve": map[string]any{
			"draws": []any{draw}, "epochs": 1, "grain": grain, "imported": false, "marked": false, "period": period, "site": "demo",
		}}
	}
	for _, c := range []struct {
		name    string
		records []map[string]any
		ok      bool
	}{
		{"three times 1/100 on one day", []map[string]any{day("day", "2026-11-09"), day("week", "2026-11-09"), day("month", "2026-11-01")}, true},
		{"four times", []map[string]any{day("day", "2026-11-10"), day("day", "2026-11-10"), day("week", "2026-11-09"), day("month", "2026-11-01")}, false},
		{"a week that begins on a Tuesday", []map[string]any{day("week", "2026-11-10")}, false},
	} {
		l := lines{}
		for _, r := range c.records {
			l.add(r)
		}
		// Seen to fail when a week's reservation counts for its first day alone, and
		// when the sum is compared with >= instead of >.
		if _, err := release.ReadBudget(l.text); (err == nil) != c.ok {
			t.Errorf("%s: ReadBudget error %v, want ok %t", c.name, err, c.ok)
		}
	}
}

func FuzzVerifyTable(f *testing.F) {
	f.Add([]byte(`{"name":"a/b/2026-10/1","version":1,"site":"a","statistic":"b","period":{"name":"2026-10"},"data":[{"value":1}]}`))
	f.Fuzz(func(t *testing.T, table []byte) {
		files := map[string][]byte{"data/v1/a/b/2026-10/1/table.json": table}
		files[release.SumsFile] = []byte(release.Sums(files))
		if verify(t, files, fuzzKey(t)).OK() {
			t.Error("Verify accepts a folder that nobody signed")
		}
		var e release.Envelope
		if json.Unmarshal(table, &e) == nil {
			if _, err := json.Marshal(e); err != nil {
				t.Errorf("an envelope that was read cannot be written: %v", err)
			}
		}
	})
}

func fuzzKey(t *testing.T) string {
	_, key := fixedKey(t)
	return key
}

// TestVerifyFindsAForkedLog gives the folder a signed head of another log: what the
// holder of the key would show to some readers and not to others.
func TestVerifyFindsAForkedLog(t *testing.T) {
	w := newWorld(t)
	files := build(t, w.publication(w.release(devices)))
	head := w.signer.Name() + "\n1\n" + tlog.RecordHash([]byte("another")).String() + "\n"
	forked, err := release.Sign(head, w.signer)
	if err != nil {
		t.Fatal(err)
	}
	files[release.Checkpoint] = forked
	if err := release.Seal(files, w.signer, w.second); err != nil {
		t.Fatal(err)
	}
	report := verify(t, files, w.key)
	// Seen to fail when the text of the checkpoint is not compared with the log.
	if len(report.Findings) != 1 || report.Findings[0].Path != release.Checkpoint {
		t.Errorf("findings = %v, want one at %s", report.Findings, release.Checkpoint)
	}
}

// TestFirstFormatStays holds that a data set which was published with fewer files stays as
// it is, verifies, and is linked to no file that it has not. Seen to fail when Verify asks
// every data set for its descriptions, and when a page links to them whatever there is.
func TestFirstFormatStays(t *testing.T) {
	w := newWorld(t)
	p, r := w.publication(w.release(devices)), w.release(devices)
	licences, _ := public.Licences("")
	files, err := r.Files(release.Edition{Day: p.Day, Timezone: p.Timezone, Agency: p.Agency, Licences: licences})
	if err != nil {
		t.Fatal(err)
	}
	asFirst(t, files)
	if files[release.ManifestOf], err = release.Sign(r.Manifest(files), w.signer); err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(p.Archive, filepath.FromSlash(r.Name()))
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, file := range files {
		if err := os.WriteFile(filepath.Join(folder, name), file, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	built := build(t, p)
	if report := verify(t, built, w.key); !report.OK() {
		t.Errorf("a data set of the first format does not verify: %v", report.Findings)
	}
	for name, file := range files {
		if !bytes.Equal(built["data/v1/"+r.Name()+"/"+name], file) {
			t.Errorf("%s is not as it was published", name)
		}
	}
	page := string(built["sites/demo/2026-10/index.html"])
	if strings.Contains(page, "README") || !strings.Contains(page, r.Name()+"/table.csv") {
		t.Error("the page links to other files than the data set has")
	}
}

var parquetResource = regexp.MustCompile(`,\s*{\s*"name": "table-parquet"[^}]*}`)

// asFirst makes files what the first format had: five with the manifest.
func asFirst(t *testing.T, files map[string][]byte) {
	t.Helper()
	old := release.Hash(files[release.TableJSON])
	size := len(files[release.TableJSON])
	files[release.TableJSON] = bytes.Replace(files[release.TableJSON], []byte(" \"format\": 2,\n"), nil, 1)
	for name := range files {
		if !slices.Contains([]string{release.TableCSV, release.TableExcel, release.TableJSON, release.DataPackage}, name) {
			delete(files, name)
		}
	}
	text := parquetResource.ReplaceAllString(string(files[release.DataPackage]), "")
	text = strings.ReplaceAll(text, old, release.Hash(files[release.TableJSON]))
	text = strings.ReplaceAll(text, fmt.Sprintf(`"bytes": %d`, size), fmt.Sprintf(`"bytes": %d`, len(files[release.TableJSON])))
	files[release.DataPackage] = []byte(text)
}
