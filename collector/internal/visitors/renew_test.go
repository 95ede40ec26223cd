package visitors_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"oboro/collector/hit"
	"oboro/collector/internal/visitors"
)

// A table that was destroyed has only zeros in its memory, and renewed in it, is as a new
// one: the hits of a day are those that they would be. Seen to fail when Destroy leaves the
// visitors, the words of a set, how full it was, the pairs of pages, or how many labels
// wait, and when it leaves a visitor's mark in memory.
func TestRenewedTableIsNew(t *testing.T) {
	used, hits, size := newTable(t, capped), 0, 0
	take := func(table *visitors.Table, seed uint64, each func(hit.Hit)) {
		a := newAdversary(t, seed, 40, 2, 30)
		for range 3000 {
			if h, err := add(table, of(a.next(a.random.IntN(200), 4))); err == nil {
				each(h)
			} else if !errors.Is(err, visitors.ErrNoView) {
				t.Fatal(err)
			}
		}
	}
	for seed := range uint64(8) {
		fresh := newTable(t, capped)
		var want []hit.Hit
		take(fresh, seed, func(h hit.Hit) { want = append(want, h) })
		take(used, seed, func(h hit.Hit) {
			if hits++; len(want) == 0 || h != want[0] {
				t.Fatalf("seed %d: a renewed table makes another hit than a new one: %+v", seed, h)
			}
			want = want[1:]
		})
		used.Destroy()
		if slices.ContainsFunc(used.Words(), func(w uint64) bool { return w != 0 }) {
			t.Error("something of a day is in memory after Destroy")
		}
		_, got, _ := strings.Cut(visitors.Everything(used), "\n") // behind day and key
		if _, none, _ := strings.Cut(visitors.Everything(newTable(t, capped)), "\n"); got != none {
			t.Errorf("after Destroy a table knows\n%s\nwant\n%s", got, none)
		}
		if size == 0 {
			size = len(used.Words())
		}
		if n := len(used.Words()); n > size*3/2 {
			t.Errorf("the table has grown from %d to %d words, on days that are alike", size, n)
		}
		if err := used.Renew(fresh.Day(), bytesOf(byte(seed))); err != nil {
			t.Fatal(err)
		}
	}
	if hits < 5000 {
		t.Errorf("only %d hits were compared", hits)
	}
}
