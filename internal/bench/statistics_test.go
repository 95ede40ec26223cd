package main

import (
	"math"
	"strings"
	"testing"
)

// Seen to fail when the values are not sorted.
func TestMedian(t *testing.T) {
	for _, tt := range []struct {
		name   string
		values []float64
		want   float64
	}{
		{"the middle of an odd number", []float64{5, 1, 3}, 3},
		{"between the two of an even number", []float64{4, 1, 2, 10}, 3},
		{"one is its own", []float64{7}, 7},
		{"a starved round does not move it", []float64{1.1, 1.2, 50, 1.0, 1.15}, 1.15},
	} {
		t.Run(tt.name, func(t *testing.T) {
			given := append([]float64(nil), tt.values...)
			if got := median(given); got != tt.want || given[0] != tt.values[0] {
				t.Errorf("median(%v) = %v, want %v, and the values as they were", tt.values, got, tt.want)
			}
		})
	}
}

// A pair is as disturbed as its worse run. Seen to fail with min in place of max.
func TestPair(t *testing.T) {
	got := ratio(reading{12, 0.1}, reading{10, 0.4})
	if got.value != 1.2 || got.foreign != 0.4 || got.clean() {
		t.Errorf("ratio = %+v, want 1.2, disturbed by 0.4 of a core", got)
	}
	if r := (reading{1, math.NaN()}); r.clean() {
		t.Error("a round that nobody watched is called clean")
	}
}

// Seen to fail when all rounds are judged by, and when one clean round is enough.
func TestJudged(t *testing.T) {
	for _, tt := range []struct {
		name string
		s    series
		want float64
	}{
		{"clean rounds alone count where there are enough", series{{1, 0}, {2, 0}, {3, 0.24}, {40, 0.25}, {50, 1}}, 2},
		{"all count where few are clean", series{{1, 0}, {2, 0.1}, {40, 0.5}, {50, 1}, {60, 1}}, 40},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.s.judged(); got != tt.want {
				t.Errorf("judged = %v, want %v", got, tt.want)
			}
		})
	}
}

// Seen to fail when least and most are mixed up.
func TestVerdict(t *testing.T) {
	for _, tt := range []struct {
		name string
		row  row
		want string
	}{
		{"below a floor", row{required: atLeast(0.8), aim: atLeast(0.95), found: series{{0.79, 0}}}, "SHORT"},
		{"on the floor", row{required: atLeast(0.8), aim: atLeast(0.95), found: series{{0.8, 0}}}, "pass"},
		{"above the aim", row{required: atLeast(0.8), aim: atLeast(0.95), found: series{{1, 0}}}, "pass, aim met"},
		{"above a ceiling", row{required: atMost(1.3), aim: atMost(1.1), found: series{{1.31, 0}}}, "SHORT"},
		{"below the ceiling", row{required: atMost(1.3), aim: atMost(1.1), found: series{{1.2, 0}}}, "pass"},
		{"nothing was found", row{required: atMost(1.3)}, "not measured"},
		{"nothing is asked for", row{found: series{{1, 0}}}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.row.verdict(); got != tt.want {
				t.Errorf("verdict = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestTable(t *testing.T) {
	var r report
	r.add(row{measure: "G1", required: atLeast(0.8), aim: atLeast(0.95), found: series{{0.9, 0.1}, {0.7, 0.5}, {0.8, 0.1}}})
	r.add(row{measure: "G2", required: atMost(1.3), found: series{{2, math.NaN()}}})
	r.add(row{measure: "of no program that is there"})
	r.skip("AWStats", "it is not installed")
	var out strings.Builder
	r.print(&out)
	for _, want := range []string{
		"G1       >= 0.80   >= 0.95  0.80 [0.70-0.90]  3  0.85 (2)   pass\n", "2.00 [2.00-2.00]  1  none",
		"used 0.10 cores (median), 0.50 at the worst", "NOT MEASURED: AWStats: it is not installed.\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the table lacks %q:\n%s", want, out.String())
		}
	}
	if strings.Contains(out.String(), "no program that is there") {
		t.Error("a row without a figure or a goal is printed")
	}
}
