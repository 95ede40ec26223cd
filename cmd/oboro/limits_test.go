package main

import (
	"bytes"
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"oboro/internal/ramlog"
)

// Limits that are left out have their defaults, also where the other one is there; and
// none can be switched off. Seen to fail when 0 is let through, and when a rate takes
// the place of both.
func TestLimits(t *testing.T) {
	for _, tt := range []struct {
		name, config string
		want         limitsConfig
		refused      string
	}{
		{"none", "k: 10\n", limitsConfig{200, 1000}, ""},
		{"nothing in them", "limits: {}\n", limitsConfig{200, 1000}, ""},
		{"the rate alone", "limits: {rate: 5}\n", limitsConfig{5, 1000}, ""},
		{"connections alone", "limits:\n  connections: 7\n", limitsConfig{200, 7}, ""},
		{"the most", "limits: {rate: 100000, connections: 1000000}\n", limitsConfig{100_000, 1_000_000}, ""},
		{"a rate of 0", "limits: {rate: 0}\n", limitsConfig{}, "limits: rate is 0: 1 to 100000 is allowed; it cannot be switched off"},
		{"a rate below 0", "limits: {rate: -1}\n", limitsConfig{}, "limits: rate is -1"},
		{"a rate too high", "limits: {rate: 100001}\n", limitsConfig{}, "limits: rate is 100001"},
		{"connections of 0", "limits: {connections: 0}\n", limitsConfig{}, "limits: connections is 0"},
		{"connections too many", "limits: {connections: 1000001}\n", limitsConfig{}, "limits: connections is 1000001"},
		{"something else", "limits: {burst: 5}\n", limitsConfig{}, "burst"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "oboro.yaml")
			if err := os.WriteFile(path, []byte(tt.config), 0o600); err != nil {
				t.Fatal(err)
			}
			c, err := loadConfig(path)
			if tt.refused != "" {
				if err == nil || !strings.Contains(err.Error(), tt.refused) {
					t.Errorf("%q = %v, want an error with %q", tt.config, err, tt.refused)
				}
				return
			}
			if err != nil || c.Limits != tt.want {
				t.Errorf("%q = %+v, %v, want %+v", tt.config, c.Limits, err, tt.want)
			}
		})
	}
}

// Whatever the system allows, some descriptors are left to the rest of the process.
// Seen to fail when what is left is all there is.
func TestOpenLeavesDescriptors(t *testing.T) {
	for files, want := range map[uint64]int{
		0: 1, 1: 1, 64: 32, 256: 128, 512: 256, 1024: 768, 4096: 3840, 65792: 65536, 1 << 20: 65536, ^uint64(0): 65536,
	} {
		if got := openOf(files); got != want {
			t.Errorf("with %d files %d connections may be open, want %d", files, got, want)
		}
	}
}

// A flood of what is refused takes a part of the RAM log, and the rest is left to hits.
// Seen to fail when notes are written as long as hits are.
func TestNotesLeaveTheLogToHits(t *testing.T) {
	log, err := ramlog.Open(filepath.Join(t.TempDir(), "log"), rand.Reader, 4<<20)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	if err := log.Replay(func([]byte) error { return nil }); err != nil {
		t.Fatal(err)
	}
	j := &journal{log: log}
	fill := func(record []byte) (n int) {
		for ; n < 1_000_000; n++ {
			if err := j.Append(record); errors.Is(err, ramlog.ErrFull) {
				return n
			} else if err != nil {
				t.Fatal(err)
			}
		}
		t.Fatal("the log is never full")
		return n
	}
	note, hit := []byte{'m', 2, 0, 0}, append([]byte{'h'}, bytes.Repeat([]byte{1}, 70)...)
	notes := fill(note)
	if used, limit := j.size(); notes < 10_000 || used > limit/3 {
		t.Errorf("%d notes take %d bytes of %d, want at most a third, and 10,000 of them or more", notes, used, limit)
	}
	if hits := fill(hit); hits < 15_000 {
		t.Errorf("after a flood of notes there is room for %d hits, want 15,000 or more", hits)
	}
	if err := j.begin(nil); err != nil {
		t.Fatal(err)
	}
	if again := fill(note); again != notes {
		t.Errorf("in the log of the next day there is room for %d notes, want %d", again, notes)
	}
}

// TestRateOfANetwork holds that the configured rate reaches the collector: beyond it the
// hits of a network are refused with 429 and metered, and those of another are taken. Seen to fail when the wiring leaves the limits out.
func TestRateOfANetwork(t *testing.T) {
	p := newProgram(t, "flush: 1s\nlimits: {rate: 1}\n")
	p.start()
	taken := 0
	for p.view(1, "/page/") == 202 && taken < 1000 { // the clock goes on meanwhile
		taken++
	}
	if taken < 60 || taken > 90 {
		t.Errorf("%d hits of a network are taken at once, want about 60", taken)
	}
	if status := p.view(2, "/page/"); status != 429 {
		t.Errorf("another address of the network is answered %d, want 429", status)
	}
	if status := p.view(201, "/page/"); status != 202 {
		t.Errorf("another network is answered %d, want 202", status)
	}
	if n := p.metric(`oboro_collector_hits_total{outcome="rate"}`); n != 2 {
		t.Errorf("the metrics count %.0f hits beyond the rate, want 2", n)
	}
	p.ready(200)
	p.stop(syscall.SIGTERM)
	p.expect(today, 2, int64(taken)+1, 1)
}

// TestBacklog keeps the store locked over midnight, with more cells waiting than the RAM
// log should carry on: hits are then refused with 503 and a word of their own, readiness
// says so, and once the store is free all that was answered 202 is in it, also after a
// kill. Seen to fail when the bound does not reach the collector.
func TestBacklog(t *testing.T) {
	p := newProgram(t, "sites: [{id: demo, hosts: [localhost], pages: [\"/*\"]}]\nflush: 1s\nstate_limit: 4MB\n")
	p.start()
	p.views(202, 1)
	p.ready(200)
	unlock := p.lockStore()
	most := int(p.metric("oboro_aggregator_queue_limit_cells"))
	if most < 2000 || most > 9000 {
		t.Fatalf("%d cells may wait, want some thousands", most)
	}
	for n := range most + 100 { // each page is a cell, and is written down at once
		if status := p.view(n%150, "/"+words(n+1)); status != 202 {
			t.Fatalf("hit %d is answered %d before the bound is reached", n, status)
		}
	}
	if status, body := p.get("operators", "/readyz"); status != 200 && !strings.Contains(body, "kept in memory") {
		t.Errorf("readiness before midnight: %d %q", status, body)
	}
	p.setClock(13 * time.Hour)
	taken := int64(0)
	again := func(status int) func() bool {
		return func() bool {
			got := p.view(0, "/page/")
			if got == 202 {
				taken++
			}
			return got == status
		}
	}
	p.await("refusal", again(503)) // once a flush has failed
	p.views(503, 5)
	if n := p.metric(`oboro_collector_hits_total{outcome="backlog"}`); n < 6 {
		t.Errorf("the metrics count %.0f hits refused for the backlog, want 6 or more", n)
	}
	if cells := p.metric("oboro_aggregator_queue_cells"); int(cells) <= most || int(cells) > 4*most {
		t.Errorf("%.0f cells wait, want more than %d, and not many times that", cells, most)
	}
	if _, body := p.get("operators", "/readyz"); !strings.Contains(body, "no more can wait for it; hits are refused") {
		t.Errorf("readiness says %q", body)
	}
	p.stop(syscall.SIGKILL)
	unlock()
	p.start()
	p.ready(200)
	p.await("hit that is taken again", again(202))
	if row := p.sealed(today); row.Views != int64(most)+101 {
		t.Errorf("the day is sealed with %d views, want the %d answered 202", row.Views, most+101)
	}
	p.stop(syscall.SIGTERM)
	p.expect(tomorrow, 1, taken, 1)
}

// A start that cannot open the store says why, and ends in order. Seen to fail (it
// panicked) when what is closed then is the app that is returned, which is none.
func TestStoreInUseAtTheStart(t *testing.T) {
	p := newProgram(t, "flush: 1s\n")
	p.start()
	p.stop(syscall.SIGTERM)
	defer p.lockStore()()
	if status, words := p.refused(); status != 1 || !strings.Contains(words, "another process uses the store") || strings.Contains(words, "goroutine") {
		t.Errorf("a start with the store in use ends with status %d:\n%s", status, words)
	}
}
