package main

import (
	"strings"
	"testing"
	"time"
)

func TestFlags(t *testing.T) {
	for _, tt := range []struct {
		name string
		args string
		ok   bool
	}{
		{"nothing measures everything", "", true},
		{"one part", "--only import --rounds 1 --lines 2000", true},
		{"two parts", "--only ingest,connect", true},
		{"a part that is none is refused", "--only disk", false},
		{"no rounds are refused", "--rounds 0", false},
		{"arguments are refused", "ingest", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := parse(strings.Fields(tt.args)); (err == nil) != tt.ok {
				t.Errorf("parse(%s) = %v, want an error: %v", tt.args, err, !tt.ok)
			}
		})
	}
}

func TestCores(t *testing.T) {
	for list, want := range map[string]string{"0-7": "0 1", "2": "2", "1,3-5": "1 3", "": ""} {
		if got := strings.Join(parseCores(list), " "); got != want {
			t.Errorf("parseCores(%q) = %q, want %q", list, got, want)
		}
	}
}

// Seen to fail when waiting for a disk is taken for work, and when guests count twice.
func TestBusy(t *testing.T) {
	got, err := parseBusy("cpu  100 10 20 5000 700 1 2 3 50 0")
	if want := 136 * 10 * time.Millisecond; got != want || err != nil {
		t.Errorf("parseBusy = %v, %v, want %v", got, err, want)
	}
	if _, err := parseBusy("cpu 1 2 3"); err == nil {
		t.Error("a line of another form is read")
	}
}

func TestSample(t *testing.T) {
	s, err := readSample("Running 1s test\nbench 5000 500000 0\n")
	if err != nil || s.requests != 5000 || s.rate != 10_000 || s.fault != "" {
		t.Errorf("readSample = %+v, %v, want 5000 requests at 10000 a second", s, err)
	}
	if s, err := readSample("bench 5000 500000 2\n"); err != nil || s.fault == "" {
		t.Errorf("readSample = %+v, %v, want a fault where two answers failed", s, err)
	}
	for _, out := range []string{"", "bench 0 1000 0\n", "unable to connect"} {
		if _, err := readSample(out); err == nil {
			t.Errorf("readSample(%q) is taken for a run", out)
		}
	}
}

// A server that refuses quickly is no faster than one that counts. Seen to fail
// when the comparison is turned round.
func TestRunOfUncountedHitsIsFaulty(t *testing.T) {
	for _, tt := range []struct {
		name, counted, queued string
		faulty                bool
	}{
		{"all are counted and stored", "1003", "0", false},
		{"some are not counted", "999", "0", true},
		{"some are not stored", "1000", "2", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := sample{requests: 1000}
			err := s.check([]byte("# HELP\n" + kept + " " + tt.counted + "\n" + waiting + " " + tt.queued + "\n"))
			if err != nil || (s.fault != "") != tt.faulty {
				t.Errorf("check = %v with fault %q, want faulty: %v", err, s.fault, tt.faulty)
			}
		})
	}
	if err := new(sample).check(nil); err == nil {
		t.Error("a server without metrics passes")
	}
}

func TestFigures(t *testing.T) {
	out := "pkg: oboro/collector\nBenchmarkHit          \t  350000\t       912.5 ns/op\t       0 B/op\t       0 allocs/op\nBenchmarkHits\t 1\t 5 ns/op\n"
	if got := figures([]byte(out), "ns/op"); len(got) != 1 || got[0].value != 912.5 || got[0].clean() {
		t.Errorf("ns/op = %v, want 912.5, not called clean", got)
	}
	if got := figures([]byte(out), "allocs/op"); len(got) != 1 || got[0].value != 0 {
		t.Errorf("allocs/op = %v, want 0", got)
	}
}
