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
		at.settled += uint32(at.counts[statistic.Visitors])
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
	var list []store.Batch
	for i, cells := range append(t.cellsOf(""), t.metersOf("")) {
		if len(cells) == 0 {
			continue
		}
		b := store.Batch{Statistic: store.Meters, Period: t.day, Cells: ordered(cells)}
		if i < len(t.all) {
			b.Statistic, b.Grain, b.Period = t.all[i].ID, t.all[i].Grain, t.all[i].Grain.Period(t.day)
		}
		list = append(list, b)
	}
	return list
}

// Cells returns the changes of one site by statistic, as a seal takes them. Only the
// meters stand in order: what else a seal keeps it sorts itself.
func (t *Tally) Cells(site string) map[string][]store.Cell {
	t.mu.Lock()
	defer t.mu.Unlock()
	list := map[string][]store.Cell{store.Meters: ordered(t.metersOf(site))}
	for i, cells := range t.cellsOf(site) {
		list[t.all[i].ID] = cells
	}
	return list
}

// cellsOf returns the cells that have changed, by statistic: of a site, or of all where
// none is named.
func (t *Tally) cellsOf(site string) [][]store.Cell {
	t.spreadAll()
	sizes, texts := make([]int, len(t.all)), 0
	for _, index := range t.changed {
		at := t.cells.at(index)
		sizes[at.table]++
		texts += len(t.all[at.table].Dimensions)
	}
	list, room := make([][]store.Cell, len(t.all)), make([]string, 0, texts)
	for i, n := range sizes {
		list[i] = make([]store.Cell, 0, n)
	}
	for _, index := range t.changed {
		at := t.cells.at(index)
		if at.counts.IsZero() || site != "" && t.sites[at.site] != site {
			continue
		}
		c := store.Cell{Site: t.sites[at.site], Counts: at.counts}
		if t.each[at.table].met {
			c.Counts[statistic.Met] = at.met()
		}
		if from := len(room); len(t.all[at.table].Dimensions) > 0 {
			room = t.keys(room, at)
			c.Keys = room[from:len(room):len(room)]
		}
		list[at.table] = append(list[at.table], c)
	}
	return list
}

// ordered returns the cells of a batch in order, so that a batch tells nothing of the order
// in which its cells came to be. A cell is large: they are sorted where they stand, and moved once.
func ordered(cells []store.Cell) []store.Cell {
	order := make([]*store.Cell, len(cells))
	for i := range cells {
		order[i] = &cells[i]
	}
	slices.SortFunc(order, func(x, y *store.Cell) int {
		if c := cmp.Compare(x.Site, y.Site); c != 0 {
			return c
		}
		return slices.Compare(x.Keys, y.Keys)
	})
	list := make([]store.Cell, len(cells))
	for i, c := range order {
		list[i] = *c
	}
	return list
}

// keys appends the keys of a cell to room.
func (t *Tally) keys(room []string, at *cell) []string {
	dimensions := t.all[at.table].Dimensions
	if t.each[at.table].crossed {
		return append(room, t.firstKey(dimensions[0], at), t.values.text(dimensions[1], at.second))
	}
	if at.named {
		room = append(room, t.values.labels[at.value].text)
		if len(dimensions) > 1 {
			room = append(room, t.values.labels[at.value].next)
		}
		return room
	}
	for _, by := range dimensions {
		room = append(room, t.values.text(by, at.value))
	}
	return room
}

// metersOf returns the meters as cells, of a site or of all.
func (t *Tally) metersOf(site string) (cells []store.Cell) {
	for _, m := range t.meters {
		for i, n := range m.counts {
			c := store.Cell{Keys: []string{m.reason}}
			if i > 0 {
				c.Site = t.sites[i-1]
			}
			if n == 0 || site != "" && c.Site != site {
				continue
			}
			c.Counts[statistic.Hits] = n
			cells = append(cells, c)
		}
	}
	return cells
}
