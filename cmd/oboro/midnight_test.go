package main

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestMidnightDuringASeal: whenever midnight passes while a day is sealed, the day that ends then
// is sealed with the next tick, and not a day later. Seen to fail when the day that is noted as done is
// asked of the clock after the seal.
func TestMidnightDuringASeal(t *testing.T) {
	for look := 1; ; look++ {
		r := newRig(t, time.Date(2026, 5, 1, 23, 0, 0, 0, time.FixedZone("", 9*3600)), map[string]string{"oboro.yaml": ""})
		s := &server{app: r.app}
		r.serve()
		s.collector = r.app.collector
		r.pass(30)
		next := s.today() - 1
		looks := 0
		r.look = func() {
			if looks++; looks == look {
				r.set(time.Unix(0, r.clock.Load()).Add(2 * time.Hour))
			}
		}
		s.turn()
		s.seal(t.Context(), &next)
		r.look = nil
		if looks < look {
			if look < 4 {
				t.Fatalf("a seal looks %d times at the clock only", looks)
			}
			return
		}
		s.turn()
		s.seal(t.Context(), &next)
		got := r.printed(queryCommand{Site: "demo", Statistic: "days", From: "2026-05-01", To: "2026-05-01", Format: "csv"})
		if !strings.Contains(got, "2026-05-01,30,") {
			t.Errorf("midnight passes at look %d, and the day has\n%s", look, got)
		}
	}
}

// pass has n visitors, each of a network of its own, look at the first page.
func (r *rig) pass(n int) {
	r.t.Helper()
	var requests []byte
	for i := range n {
		h := report{fmt.Sprintf("133.200.%d.7", i), browsers[i%2], "", map[string]any{"u": "http://localhost/"}}
		requests = h.write(requests)
	}
	if got := r.send(requests, n); got[202] != n {
		r.t.Fatalf("%d hits are answered %v, want 202", n, got)
	}
}
