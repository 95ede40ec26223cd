package public_test

import (
	"bytes"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"oboro/aggregator/release"
	"oboro/dashboards/public"
)

// TestSiteKeepsItsCadence holds that a site which was published by the month is not
// archived, recorded or logged by the week, whatever the table: the folder would
// never verify again. Seen to fail when check does not look into the archive (the
// release was archived and logged before it was refused), and when it looks for
// releases of the same table alone.
func TestSiteKeepsItsCadence(t *testing.T) {
	w := newWorld(t)
	out := filepath.Join(t.TempDir(), "out")
	monthly := w.publication(w.release(days))
	if err := public.Write(out, monthly); err != nil {
		t.Fatal(err)
	}
	before, told := read(t, w.dir), len(w.told)
	month := w.period
	for _, st := range []string{"days", "devices"} {
		w.period = release.WeekOf(month.First() + 7)
		r := w.release(days)
		if st == "devices" {
			r = w.release(devices)
		}
		err := public.Write(out, w.publication(r))
		if err == nil || !strings.Contains(err.Error(), "published by the month before") {
			t.Errorf("Write of a week of %s after a month = %v, want an error that names the month", st, err)
		}
		if !maps.EqualFunc(before, read(t, w.dir), bytes.Equal) || len(w.told) != told {
			t.Errorf("a week of %s was archived, recorded or logged before it was refused", st)
		}
	}
	w.period = month
	if err := public.Write(out, w.publication(w.release(days), w.release(devices))); err != nil {
		t.Errorf("Write of the month again = %v, want nil", err)
	}
}

// TestLicences. Seen to fail when a word that is not known gives all terms.
func TestLicences(t *testing.T) {
	if words := public.LicenceWords(); !slices.Equal(words, []string{"CC-BY-4.0", "PDL-1.0"}) {
		t.Errorf("LicenceWords() = %q", words)
	}
	for _, tt := range []struct {
		word, first string
		number      int
	}{
		{"", "Creative Commons", 2}, {"CC-BY-4.0", "Creative Commons", 1}, {"PDL-1.0", "公共データ利用規約", 1},
		{"cc-by-4.0", "", 0}, {"MIT", "", 0},
	} {
		got, ok := public.Licences(tt.word)
		if len(got) != tt.number || ok != (tt.number > 0) || ok && !strings.HasPrefix(got[0].Title, tt.first) {
			t.Errorf("Licences(%q) = %v, %v, want %d, the first of %q", tt.word, got, ok, tt.number, tt.first)
		}
	}
}
