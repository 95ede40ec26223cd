package statistic_test

import (
	"slices"
	"testing"

	"oboro/aggregator/statistic"
	"oboro/collector/hit"
)

// TestDomainOfPages: of pages, and of nothing else, the keys are what a site declares; and
// no page is a calibration key. Seen to fail when sources had the same list, and when the
// calibration keys began with a slash.
func TestDomainOfPages(t *testing.T) {
	declared := []string{"/", "/about"}
	for _, tt := range []struct {
		id   string
		keys int
	}{{"pages", 2}, {"sources", 0}, {"networks", 0}, {"days", 1}, {"devices", 5}} {
		if got := find(t, tt.id).Domain(declared); len(got) != tt.keys {
			t.Errorf("%s has the keys %q beside declared pages, want %d", tt.id, got, tt.keys)
		}
	}
	if got := find(t, "pages").Domain(declared); !slices.Equal(got[0], declared[:1]) || !slices.Equal(got[1], declared[1:]) {
		t.Errorf("the keys of pages are %q, want each declared page", got)
	}
	keys := statistic.Published{Calibration: 32}.CalibrationKeys()
	seen := map[string]bool{}
	for _, key := range keys {
		seen[key[0]] = true
		if _, isPage := hit.ParsePage(key[0]); isPage || len(key) != 1 {
			t.Errorf("the calibration key %q may be a page", key)
		}
	}
	if len(seen) != 32 {
		t.Errorf("there are %d calibration keys, want 32", len(seen))
	}
}
