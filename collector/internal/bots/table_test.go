package bots

import (
	"strings"
	"testing"
)

// TestTables holds what the index takes for granted of the tables: two bytes or
// more, small letters, no pattern twice.
func TestTables(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range patterns {
		if len(p.text) < 2 {
			t.Errorf("the pattern %q is shorter than two bytes", p.text)
		}
		if p.text != strings.ToLower(p.text) {
			t.Errorf("the pattern %q is not in small letters and never matches", p.text)
		}
		if seen[p.text] {
			t.Errorf("the pattern %q stands twice", p.text)
		}
		seen[p.text] = true
	}
	for _, head := range heads {
		if head == "" || head != strings.ToLower(head) {
			t.Errorf("the head %q is empty or not in small letters", head)
		}
	}
}
