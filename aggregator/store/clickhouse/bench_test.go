package clickhouse_test

import (
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
)

// flushed returns a batch of so many cells in the order in which a tally has them, as a large
// site's flush does.
func flushed(cells int) store.Batch {
	batch := store.Batch{Statistic: "pages", Period: monday}
	for i := range cells {
		c := store.Cell{Site: "a", Keys: []string{fmt.Sprintf("/some/page/of/the/site-%05d", i)}}
		c.Counts[statistic.Visitors], c.Counts[statistic.Views], c.Counts[statistic.Exits] = 1, int64(i%7), int64(i%3-1)
		batch.Cells = append(batch.Cells, c)
	}
	return batch
}

// BenchmarkAdd adds batches of 10,000 cells one after another, and tells the processor time of
// each cell in the program and in the server: with others on the machine that is what stays.
func BenchmarkAdd(b *testing.B) {
	needServer(b)
	s := open(b, single(b.TempDir()))
	const cells = 10_000
	batch := flushed(cells)
	own, servers := spent(b)
	n := 0
	for b.Loop() {
		n++
		if err := s.Add(b.Context(), numbered(n, "bench"), batch); err != nil {
			b.Fatal(err)
		}
	}
	ownAfter, serversAfter := spent(b)
	each := func(d time.Duration) float64 { return float64(d.Microseconds()) / float64(n*cells) }
	b.ReportMetric(float64(n)*cells/b.Elapsed().Seconds(), "cells/s")
	b.ReportMetric(each(ownAfter-own), "µs-here/cell")
	b.ReportMetric(each(serversAfter-servers), "µs-server/cell")
}

// spent returns the processor time that this process has taken, and that of the server.
func spent(b *testing.B) (own, servers time.Duration) {
	b.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	servers, err := server.CPU()
	if err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano()), servers
}

// fillSealed has the server write sealed cells of so many sites, days and statistics, and the
// seals that they belong to, past the store, which takes its time.
func fillSealed(b *testing.B, name string, sites, days, statistics, cells int) {
	b.Helper()
	var ids []string
	for i := range statistics {
		ids = append(ids, fmt.Sprintf("'statistic-%d'", i))
	}
	for day := range days {
		period := int(monday) + day
		ask(b, server, fmt.Sprintf(`insert into %s.seals (site, period, grain, reservation, epochs, statistics, seal)
			select concat('site-', toString(number)), %d, 0, 1, 1, [%s], toFixedString('%d', 16) from numbers(%d)`,
			name, period, strings.Join(ids, ", "), period, sites))
		for _, id := range ids {
			ask(b, server, fmt.Sprintf(`insert into %s.sealed_cells (site, statistic, period, key1, visitors, views, visits, seal)
				select concat('site-', toString(intDiv(number, %[2]d))), %[3]s, %[4]d,
					concat('/guide/section-', toString(number %% 20), '/page-', toString(number %% %[2]d), '.html'),
					40 + number %% 1000, 100 + number %% 5000, 50, toFixedString('%[4]d', 16) from numbers(%[5]d)`,
				name, cells, id, period, cells*sites))
		}
	}
}

// BenchmarkSeals reads 30 days of one statistic of one site among 10 million sealed cells.
func BenchmarkSeals(b *testing.B) {
	needServer(b)
	dir := b.TempDir()
	s := open(b, single(dir))
	fillSealed(b, database(dir), 20, 30, 22, 760)
	var took []time.Duration
	for b.Loop() {
		begun := time.Now()
		seals, err := s.Seals(b.Context(), "site-7", "statistic-3", monday, monday+29)
		took = append(took, time.Since(begun))
		if err != nil || len(seals) != 30 || len(seals[9].Tables[0].Cells) != 760 {
			b.Fatalf("Seals = %d seals, %v, want 30 of 760 cells", len(seals), err)
		}
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Milliseconds()), "median-ms")
	b.ReportMetric(float64(took[len(took)*95/100].Milliseconds()), "p95-ms")
	b.Log(ask(b, server, "select sum(rows), round(sum(bytes_on_disk) / sum(rows), 1) from system.parts where active and database = '"+
		database(dir)+"' and table = 'sealed_cells'"), "rows, and bytes for each")
}
