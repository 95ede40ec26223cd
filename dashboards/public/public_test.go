package public_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"oboro/aggregator/release"
	"oboro/aggregator/statistic"
	"oboro/dashboards/public"
)

var update = flag.Bool("update", false, "write the golden files")

func build(t *testing.T, p public.Publication) map[string][]byte {
	t.Helper()
	files, err := public.Build(p)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// golden are the files of one publication that a person reads or a program takes.
var golden = []string{
	"index.html", "en/index.html", "sites/demo/2026-10/index.html", "en/sites/demo/2026-10/index.html",
	"methodology/index.html", "en/methodology/index.html", "definitions/index.html", "en/definitions/index.html",
	"data/v1/catalog.json", "data/v1/dcat.jsonld", "log/entries.jsonl", "log/checkpoint",
	"data/v1/demo/devices/2026-10/1/table.csv", "data/v1/demo/devices/2026-10/1/table.json",
	"data/v1/demo/devices/2026-10/1/datapackage.json", "data/v1/demo/devices/2026-10/1/manifest.note",
	"data/v1/demo/days/2026-10/1/table.csv", "data/v1/demo/days/2026-10/1/README.ja.md", "data/v1/demo/days/2026-10/1/README.en.md",
	"data/v1/demo/devices/2026-10/1/README.ja.md", "data/v1/demo/devices/2026-10/1/README.en.md",
}

func TestGolden(t *testing.T) {
	w := newWorld(t)
	files := build(t, w.publication(w.release(days), w.release(devices)))
	checkGolden(t, "", files, golden)
}

func TestSamePublicationGivesTheSameBytes(t *testing.T) {
	one, two := newWorld(t), newWorld(t)
	a, b := build(t, one.publication(one.all()...)), build(t, two.publication(two.all()...))
	// Seen to fail when taken_at is the day of a clock.
	if !maps.EqualFunc(a, b, bytes.Equal) {
		for name := range a {
			if !bytes.Equal(a[name], b[name]) {
				t.Errorf("%s differs between two builds of the same publication", name)
			}
		}
	}
}

func TestWriteTwiceChangesNothing(t *testing.T) {
	w := newWorld(t)
	out := filepath.Join(t.TempDir(), "out")
	var before map[string][]byte
	for range 2 {
		if err := public.Write(out, w.publication(w.all()...)); err != nil {
			t.Fatal(err)
		}
		now := read(t, out)
		if before != nil && !maps.EqualFunc(before, now, bytes.Equal) {
			t.Error("the second Write of the same publication changed the folder")
		}
		before = now
	}
	// Seen to fail when keep records before it looks in the log.
	if len(w.told) != 3 {
		t.Errorf("the ledger was told of %d releases, want each of 3 once", len(w.told))
	}
}

func read(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, _ := filepath.Rel(dir, path)
		files[filepath.ToSlash(name)], err = os.ReadFile(path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestPublishedVersionIsReusedAsItStands(t *testing.T) {
	w := newWorld(t)
	first := build(t, w.publication(w.release(devices)))
	later := w.publication(w.release(devices))
	later.Day, later.Agency = later.Day+20, statistic.Text{JA: "改組後の庁", EN: "Agency, renamed"}
	second := build(t, later)
	for name, file := range first {
		// Seen to fail when find is skipped and the data set is made anew.
		if strings.HasPrefix(name, "data/v1/demo/") && !bytes.Equal(second[name], file) {
			t.Errorf("%s changed with a later publication", name)
		}
	}
}

func TestChangedFiguresNeedANewVersion(t *testing.T) {
	w := newWorld(t)
	build(t, w.publication(w.release(devices)))
	w.missed[w.period.First()+20] = true // another set of measured days
	changed := w.release(devices)
	// Seen to fail when sameFigures is not asked.
	if _, err := public.Build(w.publication(changed)); !errors.Is(err, public.ErrChanged) {
		t.Errorf("version 1 with other figures: error %v, want ErrChanged", err)
	}
	files := build(t, w.publication(changed.Revised(2)))
	if !bytes.Equal(files["data/v1/demo/devices/latest.csv"], files["data/v1/demo/devices/2026-10/2/table.csv"]) {
		t.Error("latest.csv is not version 2")
	}
	if files["data/v1/demo/devices/2026-10/1/table.csv"] == nil {
		t.Error("version 1 is not in the folder any more")
	}
}

func TestWriteLeavesOtherFoldersAlone(t *testing.T) {
	w := newWorld(t)
	out := t.TempDir()
	if err := os.WriteFile(filepath.Join(out, "theirs.txt"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := public.Write(out, w.publication(w.release(days))); err == nil {
		t.Error("Write took a folder that holds other files")
	}
}

func TestWriteRemovesWhatIsNotListedAnyMore(t *testing.T) {
	w := newWorld(t)
	out := filepath.Join(t.TempDir(), "out")
	if err := public.Write(out, w.publication(w.all()...)); err != nil {
		t.Fatal(err)
	}
	gone := w.publication(w.all()...)
	gone.Releases = nil
	if err := public.Write(out, gone); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(out, "sites")); err == nil {
		t.Error("the pages of releases that are not given any more are still there")
	}
	if _, err := os.Stat(filepath.Join(out, "data/v1/demo/days/2026-10/1/table.csv")); err != nil {
		t.Error("a published data set was removed")
	}
}

func TestOneCadenceForATable(t *testing.T) {
	w := newWorld(t)
	month := w.release(days)
	w.period = release.WeekOf(w.period.First() + 7)
	if _, err := public.Build(w.publication(month, w.release(days))); err == nil {
		t.Error("a table was published by the month and by the week")
	}
}

func TestTablesAgree(t *testing.T) {
	w := newWorld(t)
	files := build(t, w.publication(w.all()...))
	for _, id := range []string{"days", "devices", "countries"} {
		folder := "data/v1/demo/" + id + "/2026-10/1/"
		records, err := csv.NewReader(bytes.NewReader(files[folder+"table.csv"])).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		var table struct{ Data []map[string]any }
		dec := json.NewDecoder(bytes.NewReader(files[folder+"table.json"]))
		dec.UseNumber()
		if err := dec.Decode(&table); err != nil || len(table.Data) != len(records)-1 {
			t.Fatalf("%s: table.json has %d rows, %v; table.csv %d", id, len(table.Data), err, len(records)-1)
		}
		for i, row := range table.Data {
			for c, name := range records[0] {
				want := ""
				switch v := row[name].(type) {
				case string:
					want = v
				case json.Number:
					want = v.String()
				}
				if got := records[i+1][c]; got != want {
					t.Errorf("%s row %d: %s is %q in CSV and %q in JSON", id, i+1, name, got, want)
				}
			}
			checkRow(t, id, row)
		}
		excel := "\ufeff" + strings.ReplaceAll(string(files[folder+"table.csv"]), "\n", "\r\n")
		if string(files[folder+"table-excel.csv"]) != excel {
			t.Errorf("%s: table-excel.csv is not table.csv with byte order mark and CRLF", id)
		}
	}
}

// checkRow holds that numbers stand only beside F, and that only measured is
// negative.
func checkRow(t *testing.T, id string, row map[string]any) {
	t.Helper()
	for _, name := range []string{"value", "ci95_low", "ci95_high", "measured"} {
		n, shown := row[name].(json.Number)
		if shown != (row["status"] == "F") {
			t.Errorf("%s: %s is %v beside status %v", id, name, row[name], row["status"])
		}
		if strings.HasPrefix(n.String(), "-") && name != "measured" {
			t.Errorf("%s: %s is %s, below 0", id, name, n)
		}
	}
}

func TestDataPackage(t *testing.T) {
	w := newWorld(t)
	files := build(t, w.publication(w.all()...))
	for name, file := range files {
		if filepath.Base(name) != "datapackage.json" {
			continue
		}
		var p struct {
			Schema    string `json:"$schema"`
			Name      string
			Licenses  []struct{ Name, Path, Title string }
			Resources []struct {
				Name, Path, Hash, Encoding string
				Bytes                      int
				Schema                     *struct {
					Fields        []struct{ Name, Type string }
					PrimaryKey    []string
					MissingValues []string
				}
			}
		}
		if err := json.Unmarshal(file, &p); err != nil {
			t.Fatal(err)
		}
		if p.Schema != "https://datapackage.org/profiles/2.0/datapackage.json" || !regexp.MustCompile(`^[-a-z0-9._/]+$`).MatchString(p.Name) {
			t.Errorf("%s: $schema %q, name %q", name, p.Schema, p.Name)
		}
		if len(p.Licenses) < 1 || p.Licenses[0].Name == "" && p.Licenses[0].Path == "" || len(p.Resources) != 4 {
			t.Errorf("%s: licences %v, %d resources; want a licence with name or path, and 4", name, p.Licenses, len(p.Resources))
		}
		for _, r := range p.Resources {
			data := files[filepath.Dir(name)+"/"+r.Path]
			if r.Name == "" || strings.ContainsAny(r.Path, "/~\\") || r.Bytes != len(data) || r.Hash != "sha256:"+release.Hash(data) {
				t.Errorf("%s: resource %q is not the file %q", name, r.Name, r.Path)
			}
			if r.Schema != nil && (len(r.Schema.Fields) < 9 || len(r.Schema.PrimaryKey) == 0 || !slices.Equal(r.Schema.MissingValues, []string{""})) {
				t.Errorf("%s: resource %q has no whole schema", name, r.Name)
			}
		}
	}
}

var (
	cell  = regexp.MustCompile(`<data class="figure"[^>]*>([^<]*)</data>`)
	words = regexp.MustCompile(`^(約[\d,]+（[\d,]+〜[\d,]+）|[\d,]+未満|about [\d,]+ \([\d,]+ to [\d,]+\)|under [\d,]+|` +
		`少数のため非公表|測定なし|not published: small number|not measured)$`)
	tagged = regexp.MustCompile(`<[^>]*>`)
)

func TestEveryFigureHasItsRange(t *testing.T) {
	w := newWorld(t)
	files := build(t, w.publication(w.all()...))
	for _, name := range []string{"sites/demo/2026-10/index.html", "en/sites/demo/2026-10/index.html"} {
		cells := cell.FindAllStringSubmatch(string(files[name]), -1)
		if len(cells) < 70 {
			t.Fatalf("%s holds %d figures, want one for each row of its tables", name, len(cells))
		}
		for _, c := range cells {
			// Seen to fail when figure returns the value alone.
			if !words.MatchString(c[1]) {
				t.Errorf("%s: the figure %q is not in words with its range", name, c[1])
			}
		}
	}
	// Every published value of the files is on the page with the range beside it.
	page := string(files["sites/demo/2026-10/index.html"])
	records, _ := csv.NewReader(bytes.NewReader(files["data/v1/demo/devices/2026-10/1/table.csv"])).ReadAll()
	for _, r := range records[1:] {
		if r[7] == "F" && !strings.Contains(page, "約"+grouped(r[3])+"（") {
			t.Errorf("%s: value %s of the file is not on the page", r[2], r[3])
		}
	}
}

func grouped(digits string) string {
	n, _ := strconv.Atoi(digits)
	if n < 1000 {
		return digits
	}
	return digits[:len(digits)-3] + "," + digits[len(digits)-3:]
}

// block is the data that search engines read. It is no script: no browser runs it.
var block = regexp.MustCompile(`<script type="application/ld\+json">([^<]*)</script>`)

// TestPagesAskNobodyElse was seen to fail when a page loads a script or holds one.
func TestPagesAskNobodyElse(t *testing.T) {
	w := newWorld(t)
	for name, file := range build(t, w.publication(w.all()...)) {
		if filepath.Ext(name) != ".html" {
			continue
		}
		text := block.ReplaceAllString(string(file), "")
		if !strings.Contains(text, `content="default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'"`) {
			t.Errorf("%s has no policy", name)
		}
		for _, tag := range tagged.FindAllString(text, -1) {
			loads := strings.HasPrefix(tag, "<link") || strings.Contains(tag, " src=") || strings.HasPrefix(tag, "<script")
			if loads && strings.Contains(tag, "//") || strings.HasPrefix(tag, "<script") || strings.Contains(tag, " style=") || strings.Contains(tag, " on") && strings.Contains(tag, "=\"javascript") {
				t.Errorf("%s holds %s", name, tag)
			}
		}
	}
}

func TestHostileTitlesAreEscaped(t *testing.T) {
	w := newWorld(t)
	p := w.publication(w.all()...)
	hostile := `"><script>alert(1)</script>&<img src=x onerror=y>`
	p.Agency = statistic.Text{JA: hostile, EN: hostile}
	p.Sites[0].Title = p.Agency
	for name, file := range build(t, p) {
		file = block.ReplaceAll(file, nil) // which holds no "<"
		shown := slices.Contains([]string{".html", ".svg", ".atom"}, filepath.Ext(name))
		if shown && (bytes.Contains(file, []byte("<script")) || bytes.Contains(file, []byte("<img"))) {
			t.Errorf("%s holds the markup of a title", name)
		}
	}
}

// TestPromiseIsWhatWasSpent holds that the guarantee is worked out from the ledger:
// 3/990 + 4/989 a day, rounded up.
func TestPromiseIsWhatWasSpent(t *testing.T) {
	w := newWorld(t)
	page := string(build(t, w.publication(w.all()...))["en/methodology/index.html"])
	for _, want := range []string{"rho = 0.0071 zCDP", "(0.69, 1e-7)", "at most 53% accuracy", "at most 54%"} {
		if !strings.Contains(page, want) {
			t.Errorf("the guarantee does not say %q", want)
		}
	}
	for _, never := range []string{"anonymous", "cannot be identified", "unique visitors"} {
		if strings.Contains(page, never) {
			t.Errorf("the methodology says %q", never)
		}
	}
}
