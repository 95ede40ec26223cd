package seal_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"

	"oboro/aggregator/seal"
	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
)

// BenchmarkMillionCells folds a site and day of a million cells: nearly all are pages, alone and by
// device, steps between them, sources and networks, of which a few are large and most small.
func BenchmarkMillionCells(b *testing.B) {
	c, err := statistic.Built(nil, []byte(more), []byte(crossed))
	if err != nil {
		b.Fatal(err)
	}
	cells := millionCells(1_000_000)
	b.ReportAllocs()
	for b.Loop() {
		seal.FoldAll(c, kin, 10, cells)
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	b.ReportMetric(float64(m.HeapSys)/(1<<20), "MiB-heap")
}

func millionCells(n int) map[string][]store.Cell {
	all := newCrowd(1, 50_000).cells()
	random := rand.New(rand.NewPCG(9, 9))
	for i, key := range []string{"phone", "desktop", "tablet", "tv"} {
		c := cellOf(key, int64(n/(1+i)), 0)
		all["devices"] = append(all["devices"], c)
	}
	add := func(id string, share int, key func(int) []string) {
		for i := range n / 100 * share {
			visitors := 1 + int64(float64(n)/float64(10+10*i))
			if i%3 == 0 {
				visitors += random.Int64N(20)
			}
			c := store.Cell{Site: "s", Keys: key(i)}
			c.Counts[statistic.Visitors], c.Counts[statistic.Reach] = visitors, visitors
			c.Counts[statistic.Views], c.Counts[statistic.Visits] = 2*visitors, visitors
			all[id] = append(all[id], c)
		}
	}
	add("pages", 15, func(i int) []string { return []string{fmt.Sprintf("/section-%d/page-%d", i%100, i)} })
	for _, page := range all["pages"] {
		left := page.Counts[statistic.Visitors]
		for i, device := range []string{"tv", "tablet", "desktop", "phone"} {
			c := cellOf("", left>>(4-i), 0)
			if i == 3 {
				c = cellOf("", left, 0)
			}
			left -= c.Counts[statistic.Visitors]
			c.Keys = []string{page.Keys[0], device}
			all["page-devices"] = append(all["page-devices"], c)
		}
	}
	add("next-pages", 10, func(i int) []string {
		return []string{fmt.Sprintf("/section-%d/page-%d", i%100, i), fmt.Sprintf("/section-%d/page-%d", (i+1)%100, i+1)}
	})
	add("sources", 5, func(i int) []string { return []string{fmt.Sprintf("host-%d.example", i)} })
	add("networks", 5, func(i int) []string { return []string{fmt.Sprintf("net-%d.ne.jp", i)} })
	return all
}
