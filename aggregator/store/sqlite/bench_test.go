package sqlite_test

import (
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"testing"

	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
	"oboro/aggregator/store/sqlite"
)

// BenchmarkSeal writes the seals of one day after another, as an import does: ten
// statistics of 40 cells, of which some labels are new each day, and 280 measurements.
func BenchmarkSeal(b *testing.B) {
	s, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "oboro.db"))
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	b.ReportAllocs()
	for day := statistic.Day(20_000); b.Loop(); day++ {
		if err := s.WriteSeal(b.Context(), sealOf(day)); err != nil {
			b.Fatal(err)
		}
	}
}

func sealOf(day statistic.Day) store.Seal {
	seal := store.Seal{Site: "s", Grain: statistic.Daily, Period: day, Reservation: uint64(day), Epochs: 1, Imported: true}
	for n := range 10 {
		table := store.Sealed{Statistic: fmt.Sprint("statistic-", n)}
		for i := range 40 {
			key := fmt.Sprintf("/page/%d", i)
			if i > 30 {
				key = fmt.Sprintf("/page/%d/%d", day%100, i)
			}
			table.Cells = append(table.Cells, store.Folded{Keys: []string{key}, Counts: statistic.Counts{40, 0, 100, 50}})
		}
		for i := range 28 {
			table.Measurements = append(table.Measurements, store.Measurement{
				Keys: []string{fmt.Sprintf("/page/%d", i)}, Measure: statistic.Visitors, Value: int64(i), Sigma2: big.NewRat(495, 1),
			})
		}
		seal.Tables = append(seal.Tables, table)
	}
	return seal
}

// BenchmarkSealedCells writes one table a day, mostly of labels of the day before, and
// reads it. It tells the time of a cell, and the file's bytes of each cell and label.
func BenchmarkSealedCells(b *testing.B) {
	for _, n := range []int{40, 100_000} {
		b.Run(fmt.Sprint("write-", n), func(b *testing.B) {
			path := filepath.Join(b.TempDir(), "oboro.db")
			s, err := sqlite.Open(b.Context(), path)
			if err != nil {
				b.Fatal(err)
			}
			days := 0
			b.ReportAllocs()
			for b.Loop() {
				if err := s.WriteSeal(b.Context(), dayOf(days, n)); err != nil {
					b.Fatal(err)
				}
				days++
			}
			if err := s.Close(); err != nil { // the last one to close empties the log
				b.Fatal(err)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(days*n), "ns/cell")
			info, err := os.Stat(path)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(info.Size())/float64(days*n), "B/cell")
		})
		b.Run(fmt.Sprint("read-", n), func(b *testing.B) {
			s, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "oboro.db"))
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			for day := range 3 {
				if err := s.WriteSeal(b.Context(), dayOf(day, n)); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportAllocs()
			for b.Loop() {
				seals, err := s.Seals(b.Context(), "s", "pages", 0, 3)
				if err != nil || len(seals) != 3 || len(seals[0].Tables[0].Cells) != n {
					b.Fatal(len(seals), err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*3*n), "ns/cell")
		})
	}
}

// dayOf returns the seal of a table of n cells, of which one in ten is of the day alone.
func dayOf(day, n int) store.Seal {
	table := store.Sealed{Statistic: "pages"}
	for i := range n {
		key := fmt.Sprintf("/some/page/of/the/site/%d", i)
		if i%10 == 0 {
			key = fmt.Sprintf("/of/the/day/%d/%d", day, i)
		}
		table.Cells = append(table.Cells, store.Folded{Keys: []string{key},
			Counts: statistic.Counts{int64(10 + i%90), 0, int64(20 + i%500), int64(10 + i%200)}})
	}
	return store.Seal{Site: "s", Grain: statistic.Daily, Period: statistic.Day(day), Tables: []store.Sealed{table}}
}
