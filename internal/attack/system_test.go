package attack

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestDerive holds what follows from a few sums. Seen to fail when rows that stand are not
// reduced by later ones, and when sums of rows are left out.
func TestDerive(t *testing.T) {
	type told struct {
		value int64
		cells string
	}
	for _, tt := range []struct {
		name string
		told []told
		want []string
	}{
		{"a total less its parts", []told{{30, "a b c"}, {12, "a"}, {13, "b"}}, []string{"a=12", "b=13", "c=5"}},
		{"two that are hidden together", []told{{30, "a b c"}, {12, "a"}}, []string{"a=12", "b c=18"}},
		{"windows of three days", []told{{9, "a b c"}, {14, "b c d"}, {6, "d"}}, []string{"a=1", "b c=8", "d=6"}},
		{"a sum within a sum", []told{{30, "a b c d"}, {21, "a b"}}, []string{"a b=21", "c d=9"}},
		{"pairs of three", []told{{5, "a b"}, {7, "b c"}, {8, "a c"}}, []string{"a=3", "b=2", "c=5"}},
		{"nothing but a cycle of four", []told{{5, "a b"}, {7, "b c"}, {9, "c d"}, {7, "a d"}}, []string{"a b=5", "a d=7", "b c=7", "c d=9"}},
		{"a chain of six", []told{{5, "a b"}, {7, "b c"}, {9, "c d"}, {8, "d e"}, {4, "e f"}}, []string{"a d=7", "b e=6", "c f=5", "a f=3"}},
		{"the same twice", []told{{5, "a b"}, {5, "a b"}}, []string{"a b=5"}},
	} {
		var s System
		for _, told := range tt.told {
			s.Tell(told.value, strings.Fields(told.cells)...)
		}
		var got []string
		for _, d := range s.Derive() {
			slices.Sort(d.Cells)
			got = append(got, fmt.Sprintf("%s=%d", strings.Join(d.Cells, " "), d.Value))
		}
		for _, want := range tt.want {
			if !slices.Contains(got, want) {
				t.Errorf("%s: %q follow, want %s too", tt.name, got, want)
			}
		}
	}
}
