package statistic_test

import (
	"math/big"
	"slices"
	"testing"

	"oboro/aggregator/statistic"
	"oboro/collector/hit"
)

// Seen to fail when Domain forgets the unknown country, and when the key of a
// statistic without dimensions is left out.
func TestDomain(t *testing.T) {
	for _, tt := range []struct {
		id       string
		size     int
		has, not []string
	}{
		{"days", 1, nil, []string{"(other)"}},
		{"traffic", 24, []string{"00", "23"}, []string{"24", "0"}},
		{"countries", 250, []string{"JP", "unknown"}, []string{"XX", "jp"}},
		{"browsers", 26, []string{"chrome", "other"}, []string{"unknown"}},
		{"systems", 10, []string{"windows", "other"}, []string{"unknown"}},
		{"devices", 5, []string{"phone", "other"}, []string{"unknown"}},
		{"languages", 184, []string{"ja", "unknown"}, []string{"xx", "JA"}},
		{"viewports", 6, []string{"360-599", "unknown"}, []string{"other"}},
		{"inputs", 4, []string{"touch", "other", "unknown"}, []string{"finger"}},
		{"motion", 3, []string{"reduced", "unknown"}, []string{"forced"}},
		{"contrast", 3, []string{"more", "unknown"}, []string{"reduced"}},
		{"colours", 3, []string{"forced", "unknown"}, []string{"more"}},
		{"themes", 3, []string{"dark", "unknown"}, []string{"no-preference"}},
		{"network-classes", 11, []string{"go.jp", "foreign", "unknown"}, []string{"com", "other"}},
		{"networks", 0, nil, []string{"unknown"}},
		{"pages", 0, nil, []string{"/"}},
		{"sources", 0, nil, []string{"(none)"}},
	} {
		t.Run(tt.id, func(t *testing.T) {
			domain := find(t, tt.id).Domain(nil)
			if len(domain) != tt.size {
				t.Errorf("%s has %d keys, want %d", tt.id, len(domain), tt.size)
			}
			seen := map[string]bool{}
			for _, key := range domain {
				if len(key) > 1 || len(key) == 1 && seen[key[0]] {
					t.Errorf("%s has the key %q twice, or of several parts", tt.id, key)
				}
				if len(key) == 1 {
					seen[key[0]] = true
				}
			}
			for _, key := range tt.has {
				if !seen[key] {
					t.Errorf("%s lacks the key %q", tt.id, key)
				}
			}
			for _, key := range tt.not {
				if seen[key] {
					t.Errorf("%s has the key %q", tt.id, key)
				}
			}
		})
	}
}

// TestNoTextFromOutsideHasADomain holds that what a release may hold, which is the list of
// keys that Domain gives, names no page, source or network: releases refuse every other
// key. Seen to fail when pages are listed as a vocabulary.
func TestNoTextFromOutsideHasADomain(t *testing.T) {
	labels := hit.Labels.All()
	for _, d := range labels {
		if st := (&statistic.Statistic{Dimensions: []hit.Dimension{d}}); len(st.Domain(nil)) != 0 {
			t.Errorf("by %s there are %d keys that can be published, want none", hit.Of(d), len(st.Domain(nil)))
		}
	}
	if len(labels) < 4 {
		t.Errorf("there are %d dimensions of free text, want page, next, source and network at least", len(labels))
	}
}

// TestBudget holds the exact spending of the built-in catalogue. Seen to fail when
// Rho forgets the factor 2.
func TestBudget(t *testing.T) {
	sum := new(big.Rat)
	for _, st := range built(t).All() {
		for _, p := range st.Published {
			want := big.NewRat(1, 990)
			switch {
			case p.Measure == statistic.Capped && st.ID == "traffic":
				want = big.NewRat(4, 1399)
			case p.Measure == statistic.Capped:
				want = big.NewRat(4, 989)
			case p.Measure == statistic.Reach:
				want = big.NewRat(3, 200)
			}
			if p.Rho().Cmp(want) != 0 {
				t.Errorf("%s of %s spends %s, want %s", p.Measure, st.ID, p.Rho(), want)
			}
			sum.Add(sum, p.Rho())
		}
	}
	// The total, seven tables of one cell, visits and their hours, and pages.
	want := new(big.Rat).Add(big.NewRat(8, 990), new(big.Rat).Add(big.NewRat(4, 989), big.NewRat(4, 1399)))
	want.Add(want, big.NewRat(3, 200))
	spent, most := built(t).Rho()
	if sum.Cmp(want) != 0 || spent.Cmp(want) != 0 || most.Cmp(big.NewRat(3, 100)) != 0 || want.FloatString(6) != "0.029984" {
		t.Errorf("the built-in catalogue spends %s on one visitor-day and says %s of %s, want %s (0.029984) of 3/100", sum, spent, most, want)
	}
}

// Seen to fail when ByVersion, ByViewport, ByInput, ByNetworkClass or ByNetwork is taken out of
// hit.Frozen, and ByNetwork out of hit.Labels.
func TestVaryingAndLabel(t *testing.T) {
	for _, tt := range []struct {
		id      string
		varying hit.Dimensions
		label   int
	}{
		{"days", 0, -1}, {"traffic", hit.Of(hit.ByHour), -1}, {"pages", hit.Of(hit.ByPage), 0},
		{"channels", hit.Of(hit.ByChannel), -1}, {"campaigns", hit.Of(hit.ByCampaign), -1},
		{"campaign-sources", hit.Of(hit.ByCampaignSource), -1}, {"campaign-mediums", hit.Of(hit.ByCampaignMedium), -1},
		{"sources", hit.Of(hit.BySource), 0}, {"not-found", hit.Of(hit.ByPage), 0},
		{"countries", 0, -1}, {"browsers", 0, -1}, {"systems", 0, -1}, {"devices", 0, -1}, {"languages", 0, -1},
		{"viewports", 0, -1}, {"inputs", 0, -1}, {"motion", 0, -1}, {"contrast", 0, -1}, {"colours", 0, -1}, {"themes", 0, -1},
		{"network-classes", 0, -1}, {"networks", 0, 0},
	} {
		st := find(t, tt.id)
		if st.Varying() != tt.varying || st.Overlaps() != (tt.varying != 0) || st.Label() != tt.label {
			t.Errorf("%s: varies by %q, overlaps %v, label %d; want %q and label %d",
				tt.id, st.Varying(), st.Overlaps(), st.Label(), tt.varying, tt.label)
		}
	}
	c, err := statistic.Built(nil, []byte(good))
	if err != nil {
		t.Fatal(err)
	}
	if st, _ := c.Find("versions"); st.Overlaps() {
		t.Error("a statistic by version may count a visitor-day in several cells, though the environment is frozen")
	}
}

// Seen to fail when weeks begin on Thursday, as 1970-01-01 did.
func TestWeeksBeginOnMonday(t *testing.T) {
	monday, err := statistic.ParseDay("2026-11-16")
	if err != nil {
		t.Fatal(err)
	}
	for n := range statistic.Day(7) {
		if got := statistic.Weekly.Period(monday + n); got != monday {
			t.Errorf("the week of %s begins on %s, want %s", monday+n, got, monday)
		}
		if got := statistic.Daily.Period(monday + n); got != monday+n {
			t.Errorf("the day of %s begins on %s", monday+n, got)
		}
	}
	if got := statistic.Weekly.End(monday); got != monday+6 {
		t.Errorf("the week of %s ends on %s", monday, got)
	}
}

// Seen to fail when Less adds, and when two measures share a name.
func TestCounts(t *testing.T) {
	var a, b statistic.Counts
	var names []string
	for m := range a {
		a[m], b[m] = int64(m)+1, int64(10*m)
		name := statistic.Measure(m).String()
		if got, ok := statistic.ParseMeasure(name); !ok || int(got) != m || slices.Contains(names, name) {
			t.Errorf("the measure %q is not found by its name", name)
		}
		names = append(names, name)
	}
	sum := a
	sum.Add(b)
	sum.Less(a)
	if sum != b || sum.IsZero() {
		t.Errorf("adding and taking off gives %v, want %v", sum, b)
	}
	if sum.Less(b); !sum.IsZero() {
		t.Errorf("taking all off leaves %v", sum)
	}
}
