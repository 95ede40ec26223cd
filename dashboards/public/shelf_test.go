package public_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"oboro/aggregator/release"
	"oboro/dashboards/public"
)

// spoil changes a byte of a file.
func spoil(t *testing.T, path string) {
	t.Helper()
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	file[len(file)/2] ^= 1
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestArchiveIsReadOnce holds that a data set which stands published is not read again: its
// table may even be damaged in the archive. A folder that needs it is refused then, and a
// page that needs it too. Seen to fail when the index is not written, when it is not read, when stands always says
// no, and when file does not compare the hash.
func TestArchiveIsReadOnce(t *testing.T) {
	w := newWorld(t)
	out := filepath.Join(t.TempDir(), "out")
	if err := public.Write(out, w.publication(w.all()...)); err != nil {
		t.Fatal(err)
	}
	before := read(t, out)
	table := filepath.Join(w.dir, "archive", "demo", "countries", "2026-10", "1", release.TableCSV)
	spoil(t, table)
	again := w.publication()
	again.Statistics = append(again.Statistics, days, devices, countries)
	if err := public.Write(out, again); err != nil {
		t.Errorf("Write where nothing is new = %v, want the archive not to be read", err)
	}
	if !maps.EqualFunc(before, read(t, out), bytes.Equal) {
		t.Error("the folder changed")
	}
	err := public.Write(filepath.Join(t.TempDir(), "new"), again)
	if err == nil || !strings.Contains(err.Error(), "table.csv in the archive is not what was published") {
		t.Errorf("Write of a new folder from a damaged archive = %v, want an error that names the file", err)
	}
}

// TestIndexIsRebuilt holds that an index which is damaged, gone or of another program changes
// nothing of what is published. Seen to fail when the hash of the index is not compared (one
// digit of a file's hash was changed, and stood in SHA256SUMS).
func TestIndexIsRebuilt(t *testing.T) {
	w := newWorld(t)
	out := filepath.Join(t.TempDir(), "out")
	if err := public.Write(out, w.publication(w.all()...)); err != nil {
		t.Fatal(err)
	}
	before, index := read(t, out), filepath.Join(w.dir, "index.jsonl")
	whole, err := os.ReadFile(index)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{
		"none": nil, "cut": whole[:len(whole)/2], "another program's": bytes.Replace(whole, []byte(`"checks":1`), []byte(`"checks":9`), 1),
		"a changed hash": bytes.Replace(whole, []byte(`"sha256":"`), []byte(`"sha256":"0`), 1),
	} {
		if err := os.WriteFile(index, text, 0o600); err != nil {
			t.Fatal(err)
		}
		p := w.publication()
		p.Statistics = append(p.Statistics, days, devices, countries)
		if err := public.Write(out, p); err != nil {
			t.Errorf("%s: Write = %v", name, err)
		}
		if !maps.EqualFunc(before, read(t, out), bytes.Equal) {
			t.Errorf("%s: the folder changed", name)
		}
		if now, err := os.ReadFile(index); err != nil || !bytes.Equal(now, whole) {
			t.Errorf("%s: the index was not written anew, %v", name, err)
		}
	}
	if files := build(t, w.publication(w.all()...)); !slices.Equal(slices.Sorted(maps.Keys(files)), slices.Sorted(maps.Keys(before))) {
		t.Error("Build and Write do not make the same files")
	}
}

// TestStandingFileIsMendedWhereItsSizeChanged holds that the folder is brought back to what
// it lists. Seen to fail when stands asks the list alone.
func TestStandingFileIsMendedWhereItsSizeChanged(t *testing.T) {
	w := newWorld(t)
	out := filepath.Join(t.TempDir(), "out")
	p := w.publication(w.all()...)
	if err := public.Write(out, p); err != nil {
		t.Fatal(err)
	}
	before := read(t, out)
	for _, name := range []string{"sites/demo/2026-10/index.html", "data/v1/demo/days/2026-10/1/table.csv", "methodology/index.html"} {
		if err := os.WriteFile(filepath.Join(out, name), []byte("short"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Remove(filepath.Join(out, "en/index.html")); err != nil {
		t.Fatal(err)
	}
	if err := public.Write(out, w.publication(w.all()...)); err != nil {
		t.Fatal(err)
	}
	if !maps.EqualFunc(before, read(t, out), bytes.Equal) {
		t.Error("the folder was not mended")
	}
}

// TestRestoredReleasesAreThoseThatWerePublished holds that what is read again of a table is
// what it was made of. Seen to fail when Restore forgets which days were imported, and when
// it gives a figure of a day the noise of the period.
func TestRestoredReleasesAreThoseThatWerePublished(t *testing.T) {
	w := newWorld(t)
	for _, r := range w.all() {
		one, err := r.Envelope(release.Edition{Day: w.period.Last() + 10})
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(one)
		if err != nil {
			t.Fatal(err)
		}
		var read release.Envelope
		if err := json.Unmarshal(text, &read); err != nil {
			t.Fatal(err)
		}
		back, ok := release.Restore(r.Statistic(), read)
		if !ok || !reflect.DeepEqual(back.Figures(), r.Figures()) || !reflect.DeepEqual(back.Totals(), r.Totals()) {
			t.Errorf("%s: %t, or other figures than were published", r.Name(), ok)
		}
		two, err := back.Envelope(release.Edition{Day: w.period.Last() + 10})
		if err != nil {
			t.Fatal(err)
		}
		if again, err := json.Marshal(two); err != nil || !bytes.Equal(text, again) {
			t.Errorf("%s: another table than was published, %v", r.Name(), err)
		}
		if _, ok := release.Restore(countries, read); ok != (r.Statistic() == countries) {
			t.Errorf("%s was restored as a table of countries", r.Name())
		}
	}
}
