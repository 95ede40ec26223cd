package seal_test

import (
	"bytes"
	"slices"
	"testing"

	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
)

// TestOutcomeDoesNotTellTheOrder: the outcome, whose hash is in the ledger and so is published, is
// the same to the last byte in whatever order a store yields the cells. Seen to fail when the meters are left
// as they come.
func TestOutcomeDoesNotTellTheOrder(t *testing.T) {
	outcome := func(turn func([]store.Cell)) []byte {
		b := newBench(t)
		d := openDay(40, 12)
		for _, word := range []string{"kept", "objection", "ask"} {
			meter := store.Cell{Site: "s", Keys: []string{word}}
			meter.Counts[statistic.Hits] = 3
			d.Cells[store.Meters] = append(d.Cells[store.Meters], meter)
		}
		d.Cells["pages"] = []store.Cell{cellOf("/a/", 30, 90), cellOf("/b/", 30, 90), cellOf("/few", 9, 100), cellOf("/fewer", 9, 100)}
		for _, cells := range d.Cells {
			turn(cells)
		}
		if _, err := b.Seal(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		return b.result(t)
	}
	as, turned := outcome(func([]store.Cell) {}), outcome(slices.Reverse[[]store.Cell])
	if len(as) == 0 || !bytes.Equal(as, turned) {
		t.Errorf("of cells in another order the outcome is\n%s\nwant\n%s", turned, as)
	}
}
