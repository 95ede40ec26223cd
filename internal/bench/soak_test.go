package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestSoakFlags(t *testing.T) {
	for args, ok := range map[string]bool{
		"": true, "--minutes 3 --ceiling 2 --every 1s": true, "--minutes 0": false, "--minutes 1201": false,
		"--ceiling 0": false, "--every 10ms": false, "now": false,
	} {
		if _, err := parseSoak(strings.Fields(args)); (err == nil) != ok {
			t.Errorf("parseSoak(%q) = %v, want an error: %v", args, err, !ok)
		}
	}
}

// No day ends within 22 hours of a start, at whatever hour that is. Seen to fail when the
// sign of the zone's name is the other one.
func TestSoakStaysWithinADay(t *testing.T) {
	for hour := range 24 {
		at := time.Date(2026, 11, 26, hour, 30, 0, 0, time.UTC)
		name, zone := morning(at)
		known, err := time.LoadLocation(name)
		if err != nil {
			t.Skipf("SKIPPED: no time zones here: %v", err)
		}
		if got := at.In(known); got.Hour() != 1 || got.Day() != at.In(zone).Day() {
			t.Errorf("at %d hours UTC it is %v in %s, want between 1 and 2 of the day of %v", hour, got, name, at.In(zone))
		}
	}
}

// straight returns an hour of looks whose memory begins so and grows by so much an hour,
// with the teeth of a garbage collector on it.
func straight(begin, perHour, teeth float64) soakReport {
	r := soakReport{lasted: time.Hour, sent: 100, accepted: 100, stored: 100}
	for i := range 721 {
		at := time.Duration(i) * 5 * time.Second
		r.samples = append(r.samples, look{at: at, resident: begin + perHour*at.Hours() + teeth*float64(i%10)/10})
	}
	return r
}

// A run fails where hits are lost, are too many, or memory rises beyond the bound. Seen
// to fail when the slope is of the whole run, and when the growth is that of an hour.
func TestSoakVerdict(t *testing.T) {
	with := func(change func(*soakReport)) soakReport {
		r := straight(100, 0, 0)
		change(&r)
		return r
	}
	early := straight(100, 0, 0)
	for i := range early.samples[:200] { // until all visitors are known
		early.samples[i].resident = 40 + float64(i)*0.3
	}
	short := straight(100, 1000, 0)
	short.lasted = judged - time.Second
	for _, tt := range []struct {
		name string
		of   soakReport
		want string
	}{
		{"flat", straight(100, 0, 0), ""},
		{"flat, with teeth of 20 MiB", straight(100, 0, 20), ""},
		{"growth at the beginning", early, ""},
		{"growth within the bound", straight(100, 25, 0), ""},
		{"growth beyond it", straight(100, 29, 0), "memory grew by 14.5 MiB in the second half, more than 13.7"},
		{"growth beyond it, with teeth", straight(100, 60, 20), "memory grew by"},
		{"a short run that grows", short, ""},
		{"an answer other than 202", with(func(r *soakReport) { r.other = 1 }), "1 answers were not 202"},
		{"a request without an answer", with(func(r *soakReport) { r.lost = 1 }), "1 requests were not answered"},
		{"one too few in the store", with(func(r *soakReport) { r.stored-- }), "the store holds 99 views, and 100 hits were answered 202"},
		{"one too many in the store", with(func(r *soakReport) { r.stored++ }), "the store holds 101"},
		{"nothing sent", with(func(r *soakReport) { r.sent = 0 }), "nothing was measured"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.of.verdict()
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("verdict = %v, want %q", err, tt.want)
			}
			var out strings.Builder
			if tt.of.print(&out); strings.Contains(out.String(), "%!") || strings.Contains(out.String(), "NOT") != (tt.want != "") {
				t.Errorf("the table is\n%s", &out)
			}
		})
	}
}

// serving answers requests on loopback with status until the test ends, and returns its
// address and the number of requests that were whole.
func serving(t *testing.T, answer string) (address string, whole *atomic.Int64) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	whole = &atomic.Int64{}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				for in := bufio.NewReader(conn); ; {
					r, err := http.ReadRequest(in)
					if err != nil {
						return
					}
					if body, _ := io.ReadAll(r.Body); len(body) == bodyLength && r.URL.Path == "/hit" {
						whole.Add(1)
					}
					io.WriteString(conn, answer)
				}
			}()
		}
	}()
	return l.Addr().String(), whole
}

// Every request that goes out is waited for, and what comes back is counted by its
// status; the rate is not exceeded. Seen to fail when the senders do not wait for their
// turn, and when they stop within a round.
func TestSendersCountAnswers(t *testing.T) {
	for _, tt := range []struct {
		answer   string
		rate     float64
		accepted bool
	}{
		{"HTTP/1.1 202 Accepted\r\nCache-Control: no-store\r\nContent-Length: 0\r\n\r\n", 2000, true},
		{"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 5\r\n\r\nshed\n", 2000, false},
		{"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n", 0, true},
	} {
		address, whole := serving(t, tt.answer)
		ctx, cancel := context.WithCancel(t.Context())
		var got tally
		began := time.Now()
		go func() {
			for got.sent.Load() < 800 && ctx.Err() == nil {
				time.Sleep(time.Millisecond)
			}
			cancel()
		}()
		err := send(ctx, address, tt.rate, &got)
		lasted := time.Since(began).Seconds()
		sent := got.sent.Load()
		if err != nil || sent < 800 || sent != whole.Load() || sent != got.accepted.Load()+got.other.Load() || (got.other.Load() == 0) != tt.accepted {
			t.Errorf("%.12s: %d sent, %d arrived, %d accepted, %d other, %v", tt.answer, sent, whole.Load(), got.accepted.Load(), got.other.Load(), err)
		}
		if most := tt.rate*lasted + 2*senders*perSender; tt.rate > 0 && float64(sent) > most {
			t.Errorf("%d hits went out at %v a second, want %.0f at most", sent, tt.rate, most)
		}
	}
	address, _ := serving(t, "nonsense\r\n\r\n")
	if err := send(t.Context(), address, 0, &tally{}); err == nil {
		t.Error("an answer that is none is taken for one")
	}
}

// The soak's visitors are no bots, its bodies are whole, and each visitor comes back to a
// few pages. Seen to fail when robots are drawn, and when the page does not depend on who
// views it.
func TestSoakSendsWhatCounts(t *testing.T) {
	g := &crowd{generator: newGenerator(1_000_000, begin)}
	seen := map[string]map[string]bool{}
	for range 20_000 {
		l := g.hit()
		if seen[l.visitor.address] == nil {
			seen[l.visitor.address] = map[string]bool{}
		}
		seen[l.visitor.address][l.target] = true
		r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(string(appendRequest(nil, l)))))
		if err != nil {
			t.Fatal(err)
		}
		if body, _ := io.ReadAll(r.Body); len(body) != bodyLength || l.visitor.agent.robot || fmt.Sprint(r.Header["X-Forwarded-For"]) == "[]" {
			t.Fatalf("a request of %d bytes by %q", len(body), l.visitor.agent.name)
		}
	}
	if len(seen) < 5000 {
		t.Errorf("only %d visitors in 20,000 hits", len(seen))
	}
	pages := map[string]bool{}
	for _, own := range seen {
		for page := range own {
			pages[page] = true
		}
		if len(own) > favourites {
			t.Errorf("a visitor has seen %d pages", len(own))
		}
	}
	if len(pages) < 1000 {
		t.Errorf("only %d pages in 20,000 hits", len(pages))
	}
}
