package tally

import (
	"cmp"
	"slices"

	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
)

// Cut returns what has changed since the last cut, one batch a statistic that
// changed, in order of the catalogue, meters last.
func (t *Tally) Cut() []store.Batch {
	t.mu.Lock()
	defer t.mu.Unlock()
	batches := t.batches()
	t.settle()
	return batches
}

// Settle takes the changes as written: the next ones begin from here. Nothing may
// be counted between Changes and Settle.
func (t *Tally) Settle() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.settle()
}

func (t *Tally) settle() {
	t.spreadAll()
	for _, index := range t.changed {
		at := t.cells.at(index)
		at.counts, at.changed = statistic.Counts{}, false
	}
	t.changed = t.changed[:0]
	for _, m := range t.meters {
		clear(m.counts)
	}
}

// Changes returns what Cut would, and leaves it as it is.
func (t *Tally) Changes() []store.Batch {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.batches()
}

func (t *Tally) batches() []store.Batch {
	t.spreadAll()
	batches := make([]store.Batch, len(t.all))
	for _, index := range t.changed {
		at := t.cells.at(index)
		if at.counts.IsZero() {
			continue
		}
		b := &batches[at.table]
		b.Cells = append(b.Cells, store.Cell{Site: t.sites[at.site], Keys: t.keys(at), Counts: at.counts})
	}
	var list []store.Batch
	for i, b := range append(batches, t.metered()) {
		if len(b.Cells) == 0 {
			continue
		}
		if i < len(t.all) {
			b.Statistic, b.Period = t.all[i].ID, t.all[i].Grain.Period(t.day)
		}
		list = append(list, ordered(b))
	}
	return list
}

// ordered sorts the cells of a batch, so that a batch tells nothing of the order
// in which its cells came to be.
func ordered(b store.Batch) store.Batch {
	slices.SortFunc(b.Cells, func(x, y store.Cell) int {
		return cmp.Or(cmp.Compare(x.Site, y.Site), slices.Compare(x.Keys, y.Keys))
	})
	return b
}

func (t *Tally) keys(at *cell) []string {
	dimensions := t.all[at.table].Dimensions
	switch {
	case len(dimensions) == 0:
		return nil
	case at.named && len(dimensions) > 1:
		return []string{t.values.labels[at.value].text, t.values.labels[at.value].next}
	case at.named:
		return []string{t.values.labels[at.value].text}
	}
	keys := make([]string, len(dimensions))
	for i, by := range dimensions {
		keys[i] = t.values.text(by, at.value)
	}
	return keys
}

func (t *Tally) metered() store.Batch {
	b := store.Batch{Statistic: store.Meters, Period: t.day}
	for _, m := range t.meters {
		for i, n := range m.counts {
			if n == 0 {
				continue
			}
			c := store.Cell{Keys: []string{m.reason}}
			if i > 0 {
				c.Site = t.sites[i-1]
			}
			c.Counts[statistic.Hits] = n
			b.Cells = append(b.Cells, c)
		}
	}
	return b
}
