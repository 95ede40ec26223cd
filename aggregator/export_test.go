package aggregator

import (
	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
)

// Recode reads a record of frozen batches, and returns it written anew.
func Recode(record []byte) ([]byte, error) {
	next, batches, err := decodeFrozen(record)
	return encodeFrozen(next, batches), err
}

// A Batch is a frozen batch, as the tests see it.
type Batch struct {
	ID store.BatchID
	store.Batch
}

// Frozen returns the record of batches.
func Frozen(next uint64, batches []Batch) []byte {
	var list []frozen
	for _, b := range batches {
		list = append(list, frozen{id: b.ID, batch: b.Batch})
	}
	return encodeFrozen(next, list)
}

// Unfrozen returns what a record of batches holds.
func Unfrozen(record []byte) (next uint64, batches []Batch, err error) {
	next, list, err := decodeFrozen(record)
	for _, f := range list {
		batches = append(batches, Batch{f.id, f.batch})
	}
	return next, batches, err
}

// Begun returns the days whose epochs the store does not know of yet.
func Begun(a *Aggregator) (days []statistic.Day) {
	for _, b := range a.begun {
		days = append(days, b.day)
	}
	return days
}
