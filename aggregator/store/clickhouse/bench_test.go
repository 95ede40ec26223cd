package clickhouse_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
	"oboro/aggregator/store/clickhouse"
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

// BenchmarkAdd adds batches one after another, of 10,000 cells, and of 20, as most statistics have.
// It tells the processor time of each in the program and in the server: with others on the
// machine that is what stays.
func BenchmarkAdd(b *testing.B) {
	needServer(b)
	for _, cells := range []int{10_000, 20} {
		b.Run(fmt.Sprintf("cells=%d", cells), func(b *testing.B) {
			s := open(b, single(b.TempDir()))
			batch := flushed(cells)
			b.ReportAllocs()
			own, servers := spent(b)
			n := 0
			for b.Loop() {
				n++
				if err := s.Add(b.Context(), numbered(n, "bench"), batch); err != nil {
					b.Fatal(err)
				}
			}
			ownAfter, serversAfter := spent(b)
			each := func(d time.Duration) float64 { return float64(d.Microseconds()) / float64(n) }
			b.ReportMetric(float64(n*cells)/b.Elapsed().Seconds(), "cells/s")
			b.ReportMetric(each(ownAfter-own), "µs-here")
			b.ReportMetric(each(serversAfter-servers), "µs-server")
		})
	}
}

// load returns what the kernel says of how busy the machine is.
func load(b *testing.B) string {
	b.Helper()
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		b.Fatal(err)
	}
	return strings.TrimSpace(string(text))
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

// filledSites is how many sites the store of BenchmarkSeals has: 11 make 10 million cells, 190 make 100.
var filledSites = flag.Int("sites", 11, "sites of BenchmarkSeals, of 500,000 sealed cells each, the first of 5,000,000")

// What the store of BenchmarkSeals holds: of each site and day as many tables, with so many cells
// each. The first site has ten times as many cells.
const (
	filledDays   = 30
	filledTables = 22
	filledCells  = 760
)

// sealedOf returns the cells of a table of a day, of all sites.
func sealedOf(sites int) map[string][]store.Folded {
	tables := map[string][]store.Folded{}
	for site := range sites {
		cells := filledCells
		if site == 0 {
			cells *= 10
		}
		list := make([]store.Folded, cells)
		for i := range list {
			list[i].Keys = []string{fmt.Sprintf("/guide/section-%d/page-%d.html", i%20, i)}
			counts := &list[i].Counts
			counts[statistic.Visitors], counts[statistic.Views], counts[statistic.Visits] = int64(40+i%1000), int64(100+i%5000), 50
		}
		tables[fmt.Sprintf("site-%d", site)] = list
	}
	return tables
}

// fillSealed writes sealed cells and their seals by the inserts of the store, but those of a day and
// statistic at once: seal by seal, each with a part of each table, it would take hours.
func fillSealed(b *testing.B, s *clickhouse.Store, sites int) (rows int) {
	b.Helper()
	tables := sealedOf(sites)
	for day := monday; day < monday+filledDays; day++ {
		for i := range filledTables {
			n, err := s.FillSealed(b.Context(), fmt.Sprintf("statistic-%d", i), day, tables)
			if err != nil {
				b.Fatal(err)
			}
			rows += n
		}
		if err := s.FillSeals(b.Context(), filledTables, day, tables); err != nil {
			b.Fatal(err)
		}
	}
	return rows
}

// BenchmarkSeals reads 30 days of one statistic of one site among many sealed cells, as many as
// -sites says, and tells what it took to write them. -benchtime 60x reads 60 times.
func BenchmarkSeals(b *testing.B) {
	needServer(b)
	dir := b.TempDir()
	s := open(b, single(dir))
	begun := time.Now()
	own, servers := spent(b)
	rows := fillSealed(b, s, *filledSites)
	ownAfter, serversAfter := spent(b)
	each := func(d time.Duration) float64 { return float64(d.Microseconds()) / float64(rows) }
	written := fmt.Sprintf("written: %d rows, %.0f rows/s, %.2f µs here and %.2f µs of the server each, %s bytes each on disk; load %s",
		rows, float64(rows)/time.Since(begun).Seconds(), each(ownAfter-own), each(serversAfter-servers),
		ask(b, server, "select round(sum(bytes_on_disk) / sum(rows), 1) from system.parts where active and database = '"+
			database(dir)+"' and table = 'sealed_cells'"), load(b))
	for _, of := range []struct {
		name, site string
		cells      int
	}{{"usual", "site-7", filledCells}, {"large", "site-0", 10 * filledCells}} {
		b.Run(of.name, func(b *testing.B) {
			var took []time.Duration
			own, servers := spent(b)
			for b.Loop() {
				begun := time.Now()
				seals, err := s.Seals(b.Context(), of.site, "statistic-3", monday, monday+filledDays-1)
				took = append(took, time.Since(begun))
				if err != nil || len(seals) != filledDays || len(seals[9].Tables[0].Cells) != of.cells {
					b.Fatalf("Seals = %d seals, %v, want %d of %d cells", len(seals), err, filledDays, of.cells)
				}
			}
			ownAfter, serversAfter := spent(b)
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "median-ms")
			b.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, "p95-ms")
			b.ReportMetric(float64((ownAfter-own).Microseconds())/1000/float64(len(took)), "ms-here")
			b.ReportMetric(float64((serversAfter-servers).Microseconds())/1000/float64(len(took)), "ms-server")
			b.Log(written + "\nread: load " + load(b))
		})
	}
}
