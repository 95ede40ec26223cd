package sqlite_test

import (
	"fmt"
	"math/big"
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

// BenchmarkSealLarge writes the seal of a day with 100,000 cells of one table, whose labels
// are new.
func BenchmarkSealLarge(b *testing.B) {
	s, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "oboro.db"))
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		table := store.Sealed{Statistic: "pages"}
		for i := range 100_000 {
			key := fmt.Sprintf("/some/section/of-the-site/%d/%d", n, i)
			table.Cells = append(table.Cells, store.Folded{Keys: []string{key}, Counts: statistic.Counts{40, 0, 100, 50}})
		}
		of := store.Seal{Site: "s", Grain: statistic.Daily, Period: statistic.Day(20_000 + n), Epochs: 1, Tables: []store.Sealed{table}}
		if err := s.WriteSeal(b.Context(), of); err != nil {
			b.Fatal(err)
		}
	}
}
