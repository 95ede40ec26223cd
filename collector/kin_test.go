package collector_test

import (
	"slices"
	"testing"

	"oboro/collector"
	"oboro/collector/hit"
)

// TestClassesOf holds the classes by which the fold takes networks off their class. Seen
// to fail when the country is left out.
func TestClassesOf(t *testing.T) {
	for domain, want := range map[string][]string{
		"example.ac.jp": {"ac.jp", "ac.jp", "ac.jp"}, "example.com": {"jp", "foreign", "foreign"},
		"bbtec.net": {"operator", "foreign", "operator"}, hit.Unknown: {"unknown", "foreign", "unknown"},
	} {
		if got := collector.ClassesOf(domain); !slices.Equal(got, want) {
			t.Errorf("ClassesOf(%s) = %v, want %v", domain, got, want)
		}
	}
}
