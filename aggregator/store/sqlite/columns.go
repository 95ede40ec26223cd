package sqlite

import (
	"database/sql"

	"oboro/aggregator/statistic"
)

// counters appends the counters to args, in the order of their columns.
func counters(args []any, c statistic.Counts) []any {
	for _, n := range c {
		args = append(args, n)
	}
	return args
}

// intoCounters appends the places of the counters to into.
func intoCounters(into []any, c *statistic.Counts) []any {
	for m := range c {
		into = append(into, &c[m])
	}
	return into
}

// keyColumns takes in the keys of a row: their number and their texts.
type keyColumns struct {
	number int
	texts  [maxKeys]sql.NullString
}

func (k *keyColumns) into(into []any) []any {
	into = append(into, &k.number)
	for i := range k.texts {
		into = append(into, &k.texts[i])
	}
	return into
}

// keys returns the keys of the row.
func (k *keyColumns) keys() ([]string, error) {
	var keys []string
	for _, text := range k.texts[:k.number] {
		if !text.Valid {
			return nil, errLabel
		}
		keys = append(keys, text.String)
	}
	return keys, nil
}

const errLabel = refusal("a label is missing, the store is damaged: stop oboro, keep the file, and go back to a copy")
