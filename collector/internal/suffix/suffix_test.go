package suffix_test

import (
	"testing"

	"oboro/collector/internal/suffix"
)

// Seen to fail when a company's suffix is returned as it is, and when a top domain that
// nobody listed counts as one.
func TestOf(t *testing.T) {
	for name, want := range map[string]string{
		"www.example.ac.jp":             "ac.jp",
		"city.yokohama.jp":              "yokohama.jp",
		"ec2-1.compute-1.amazonaws.com": "com",
		"writer.blogspot.com":           "com",
		"machine.internal":              "",
		"localhost":                     "",
		"someone.example":               "",
		"":                              "",
	} {
		got, ok := suffix.Of(name)
		if got != want || ok != (want != "") {
			t.Errorf("Of(%s) = %q, %v, want %q", name, got, ok, want)
		}
	}
}
