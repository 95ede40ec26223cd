package sqlite

import (
	"cmp"
	"database/sql"
	"iter"
	"slices"

	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
)

// openCells are the open cells of a table, as they are read: of many, texts are the dearest,
// so that each is held once, and cells are put in order by the places of their texts.
type openCells struct {
	texts  []string        // in their order
	places map[int64]int32 // of the ids of texts in texts, from 1
	chunks [][]openCell
	order  []orderOfCell
}

// openChunk is how many cells openCells has together.
const openChunk = 4096

type openCell struct {
	keys   [maxKeys]int32 // places of texts; 0 stands for no key
	counts statistic.Counts
}

// An orderOfCell says what a cell is ordered by, and which it is of all.
type orderOfCell struct {
	keys [maxKeys]int32
	at   int32
}

// readTexts reads the texts of the keys.
func (o *openCells) readTexts(t *transaction, place []any) error {
	o.places = map[int64]int32{0: 0}
	return t.each(openLabelsQuery, func(rows *sql.Rows) error {
		var id int64
		var text string
		if err := rows.Scan(&id, &text); err != nil {
			return err
		}
		o.texts = append(o.texts, text)
		if _, twice := o.places[id]; twice {
			return errLabel
		}
		o.places[id] = int32(len(o.texts))
		return nil
	}, place...)
}

// read reads the cells. Those whose counters are all zero are left out.
func (o *openCells) read(t *transaction, place []any) error {
	var ids [maxKeys]int64
	var c openCell
	into := []any{&ids[0], &ids[1], &ids[2]}
	into = intoCounters(into, &c.counts)
	return t.each(openCellsQuery, func(rows *sql.Rows) error {
		if err := rows.Scan(into...); err != nil || c.counts.IsZero() {
			return err
		}
		for i, id := range ids {
			var known bool
			if c.keys[i], known = o.places[id]; !known {
				return errLabel
			}
		}
		if n := len(o.chunks); n == 0 || len(o.chunks[n-1]) == openChunk {
			o.chunks = append(o.chunks, nil)
		}
		last := &o.chunks[len(o.chunks)-1]
		*last = append(*last, c)
		o.order = append(o.order, orderOfCell{c.keys, int32(len(o.order))})
		return nil
	}, place...)
}

// inOrder yields the cells of a site in the order of their keys.
func (o *openCells) inOrder(site string) iter.Seq[store.Cell] {
	return func(yield func(store.Cell) bool) {
		slices.SortFunc(o.order, func(a, b orderOfCell) int {
			return cmp.Or(cmp.Compare(a.keys[0], b.keys[0]), cmp.Compare(a.keys[1], b.keys[1]), cmp.Compare(a.keys[2], b.keys[2]))
		})
		var keys []string // of several cells
		for n, at := range o.order {
			c := &o.chunks[at.at/openChunk][at.at%openChunk]
			if cap(keys)-len(keys) < maxKeys {
				keys = make([]string, 0, maxKeys*min(openChunk, len(o.order)-n))
			}
			first := len(keys)
			for _, place := range c.keys {
				if place > 0 {
					keys = append(keys, o.texts[place-1])
				}
			}
			cell := store.Cell{Site: site, Counts: c.counts}
			if len(keys) > first {
				cell.Keys = keys[first:len(keys):len(keys)]
			}
			if !yield(cell) {
				return
			}
		}
	}
}
