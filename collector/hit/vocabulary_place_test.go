package hit_test

import (
	"fmt"
	"slices"
	"testing"

	"oboro/collector/hit"
)

// Codes stand in stores and published files: a renumbered or renamed one would make
// old figures those of another place. Seen to fail when Abroad comes before the
// prefectures, and when two prefectures have one code.
func TestRegionsStayAsTheyAre(t *testing.T) {
	want := []string{"unknown"}
	for i := 1; i <= 47; i++ {
		want = append(want, fmt.Sprintf("JP-%02d", i))
	}
	want = append(want, "abroad")
	if got := hit.RegionCodes(); !slices.Equal(got, want) {
		t.Errorf("the regions are %q, want %q", got, want)
	}
	for i, code := range want {
		if r, ok := hit.ParseRegion(code); !ok || r != hit.Region(i) || r.Code() != code {
			t.Errorf("ParseRegion(%q) = %d, %v, want %d", code, r, ok, i)
		}
	}
}

// Seen to fail when the number is not held to 1 to 47.
func TestParseRegionRefuses(t *testing.T) {
	for _, code := range []string{"", "JP-00", "JP-48", "JP-99", "JP-1", "JP-013", "jp-13", "US-13", "JP-1a", "JP-１３", "13"} {
		if r, ok := hit.ParseRegion(code); ok {
			t.Errorf("ParseRegion(%q) = %s, want none", code, r.Code())
		}
	}
}

// Seen to fail when a class is put between two others.
func TestNetworkClassesStayAsTheyAre(t *testing.T) {
	want := []string{"unknown", "go.jp", "lg.jp", "ac.jp", "ed.jp", "co.jp", "or.jp", "ne.jp", "jp", "operator", "foreign"}
	if got := hit.NetworkClassCodes(); !slices.Equal(got, want) {
		t.Errorf("the classes are %q, want %q", got, want)
	}
	for i, code := range want {
		if c, ok := hit.ParseNetworkClass(code); !ok || c != hit.NetworkClass(i) || c.Code() != code {
			t.Errorf("ParseNetworkClass(%q) = %d, %v, want %d", code, c, ok, i)
		}
	}
	if c, ok := hit.ParseNetworkClass("ad.jp"); ok {
		t.Errorf("ParseNetworkClass of what is no class = %s", c.Code())
	}
	if got := hit.ForeignNetworks.Code() + hit.LocalGovernment.Code(); got != "foreignlg.jp" {
		t.Errorf("the constants read %q, want foreign and lg.jp", got)
	}
}
