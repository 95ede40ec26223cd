package main

import (
	"bytes"
	"encoding/json"
	"hash/fnv"
	"math"
	"net/netip"
	"strings"
	"testing"
	"time"
)

var begin = time.Date(2026, 10, 1, 0, 0, 0, 0, time.FixedZone("JST", 9*60*60))

// Figures of different days are of one log. Seen to fail with another seed.
func TestLogIsAlwaysTheSame(t *testing.T) {
	sum := fnv.New64a()
	if err := writeLines(sum, newGenerator(1_000_000, begin), 20_000); err != nil {
		t.Fatal(err)
	}
	if got, want := sum.Sum64(), uint64(0x470421558e55c355); got != want {
		t.Errorf("the first 20,000 lines sum up to %#x, want %#x: figures from before are of another log", got, want)
	}
}

// Seen to fail when assets carry queries, and when the skew of the pages is 0.8.
func TestLogHasItsShape(t *testing.T) {
	const n = 100_000
	g := newGenerator(n, begin)
	count := map[string]float64{}
	for range n {
		l := g.next()
		for name, is := range map[string]bool{
			"assets": l.asset, "queries": strings.Contains(l.target, "utm_source="),
			"without referrer": l.referrer == "", "status 200": l.status == 200, "status 404": l.status == 404,
			"most read page": strings.HasPrefix(l.target, g.pages[0]),
		} {
			if is {
				count[name]++
			}
		}
		if a := netip.MustParseAddr(l.visitor.address); a.IsPrivate() || a.IsLoopback() || l.size < 200 || l.size > 60_000 {
			t.Fatalf("a line of %s with %d bytes", a, l.size)
		}
	}
	for name, want := range map[string]float64{
		"assets": 0.30, "queries": 0.07, "without referrer": 0.50, "status 200": 0.90, "status 404": 0.04, "most read page": 0.083,
	} {
		if got := count[name] / n; math.Abs(got-want) > 0.01 {
			t.Errorf("%s: %.3f of the lines, want %.3f", name, got, want)
		}
	}
	last := begin.Add(days * 24 * time.Hour)
	if after := g.next(); !after.at.Equal(last) {
		t.Errorf("the line after the last is of %v, want %v", after.at, last)
	}
}

func TestAgents(t *testing.T) {
	names, robots := map[string]bool{}, 0
	for _, a := range newGenerator(1000, begin).agents() {
		names[a.name] = true
		if a.robot {
			robots++
		}
		if strings.Contains(a.name, "%!") {
			t.Errorf("%q is not filled in", a.name)
		}
	}
	if len(names) != agentCount || robots != robotCount {
		t.Errorf("%d names with %d bots, want %d with %d", len(names), robots, agentCount, robotCount)
	}
}

func TestBodyIsJSONOfItsLength(t *testing.T) {
	g, whole := newGenerator(1000, begin), 0
	for range 1000 {
		body, ok := g.next().body()
		if !ok {
			continue
		}
		whole++
		fields := map[string]any{}
		if err := json.Unmarshal([]byte(body), &fields); err != nil || len(fields) != 10 || len(body) != bodyLength {
			t.Fatalf("%s: %d fields in %d bytes, %v", body, len(fields), len(body), err)
		}
	}
	if whole < 990 {
		t.Errorf("%d of 1000 lines fit into a body", whole)
	}
}

// Seen to fail when the query stays on the path.
func TestFloorCountsByPath(t *testing.T) {
	var log bytes.Buffer
	g := newGenerator(1000, begin)
	if err := writeLines(&log, g, 1000); err != nil {
		t.Fatal(err)
	}
	log.WriteString(`192.0.2.1 - - [01/Oct/2026:00:00:00 +0900] "GET /a?id=1 HTTP/1.1" 200 5 "-" "x"` + "\n")
	log.WriteString(`192.0.2.1 - - [01/Oct/2026:00:00:00 +0900] "GET /a HTTP/1.1" 200 5 "-" "x"` + "\n")
	counts, err := countPaths(&log)
	if err != nil || counts["/a"] == nil || *counts["/a"] != 2 {
		t.Fatalf("/a was not counted twice: %v", err)
	}
	sum := 0
	for _, n := range counts {
		sum += *n
	}
	if sum != 1002 {
		t.Errorf("%d lines counted, want 1002", sum)
	}
}

// A log whose last day is today or later could not be imported.
func TestLogIsOver(t *testing.T) {
	now := time.Date(2026, 3, 1, 0, 30, 0, 0, time.UTC)
	if end := firstDay(now).AddDate(0, 0, days); now.Sub(end) < 24*time.Hour {
		t.Errorf("the log ends %v, a day or less before %v", end, now)
	}
}
