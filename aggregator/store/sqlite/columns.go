package sqlite

import "oboro/aggregator/statistic"

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

const errLabel = refusal("a label is missing, the store is damaged: stop oboro, keep the file, and go back to a copy")
