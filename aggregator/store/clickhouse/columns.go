package clickhouse

import (
	"oboro/aggregator/statistic"
)

// The bounds of what a row may hold: as many keys as there are columns, and the longest
// label that any store takes, in bytes.
const (
	maxKeys  = 3
	maxLabel = 256
)

// checkKeys refuses keys that no store takes.
func checkKeys(keys []string) error {
	if len(keys) > maxKeys {
		return refusal("a cell has more than 3 keys")
	}
	for _, key := range keys {
		if key == "" {
			return refusal("a key of a cell is empty")
		}
		if len(key) > maxLabel {
			return refusal("a label is longer than 256 bytes")
		}
	}
	return nil
}

// keyColumns holds the keys of rows by column; "" is no key.
type keyColumns [maxKeys][]string

// sizedKeys returns the keys of so many rows, none of which has one yet.
func sizedKeys(rows int) (k keyColumns) {
	for i := range k {
		k[i] = make([]string, rows)
	}
	return k
}

func (k *keyColumns) add(keys []string) {
	for i := range k {
		key := ""
		if i < len(keys) {
			key = keys[i]
		}
		k[i] = append(k[i], key)
	}
}

// A keyRow takes in the keys of one row.
type keyRow [maxKeys]string

// keys returns the keys that there are.
func (k *keyRow) keys() []string {
	for i := range k {
		if k[i] == "" {
			return append([]string(nil), k[:i]...)
		}
	}
	return append([]string(nil), k[:]...)
}

// counterColumns holds the counters of rows by column.
type counterColumns [statistic.Measures][]int64

// sizedCounters returns the counters of so many rows, all of them 0.
func sizedCounters(rows int) (c counterColumns) {
	for m := range c {
		c[m] = make([]int64, rows)
	}
	return c
}

func (c *counterColumns) add(counts statistic.Counts) {
	for m, n := range counts {
		c[m] = append(c[m], n)
	}
}

// shown returns the columns of what sealed cells keep.
func (c *counterColumns) shown() (columns [][]int64) {
	for m, column := range c {
		if statistic.Measure(m).Shown() {
			columns = append(columns, column)
		}
	}
	return columns
}

// with returns columns in the order of a statement: those before the keys, the keys, those
// between, the counters, those after.
func with(before []any, keys *keyColumns, between []any, counters [][]int64, after ...any) []any {
	columns := before
	for i := range keys {
		columns = append(columns, keys[i])
	}
	columns = append(columns, between...)
	for _, column := range counters {
		columns = append(columns, column)
	}
	return append(columns, after...)
}

// into returns the places of a row: those before the keys, the keys, those after.
func into(before []any, keys *keyRow, after ...any) []any {
	for i := range keys {
		before = append(before, &keys[i])
	}
	return append(before, after...)
}

// openCounters returns the places of all counters, and sealedCounters of those that sealed
// cells keep.
func openCounters(counts *statistic.Counts) (places []any) {
	for m := range counts {
		places = append(places, &counts[m])
	}
	return places
}

func sealedCounters(counts *statistic.Counts) (places []any) {
	for m := range counts {
		if statistic.Measure(m).Shown() {
			places = append(places, &counts[m])
		}
	}
	return places
}

// repeated returns n times the same value, as a column.
func repeated[T any](value T, n int) []T {
	column := make([]T, n)
	for i := range column {
		column[i] = value
	}
	return column
}
