package tally

import (
	"slices"

	"oboro/collector/hit"
)

// A crossing is the cells of a statistic by two dimensions, of which the second has codes
// and is fixed for the day.
type crossing struct {
	second hit.Dimension
	cells  map[crossed]uint32
	codes  []uint32 // of the second dimension, those that were met
}

// crossed are the two values of a cell: the first a label if named, else a code of a site.
type crossed struct {
	first, second uint32
	site          hit.Site
	named         bool
}

func newCrossing(second hit.Dimension) crossing {
	return crossing{second: second, cells: map[crossed]uint32{}}
}

func (c *crossing) forget() {
	clear(c.cells)
	c.codes = c.codes[:0]
}

// place returns the cell of a value without free text.
func (t *Tally) place(own *table, site hit.Site, code uint32, env hit.Packed) uint32 {
	if !own.crossed {
		return t.coded(own, site, code)
	}
	return t.cross(own, crossed{code, t.secondOf(own, env), site, false})
}

// placeNamed returns the cell of a label.
func (t *Tally) placeNamed(own *table, label uint32, env hit.Packed) uint32 {
	if !own.crossed {
		return t.named(own, label)
	}
	return t.cross(own, crossed{label, t.secondOf(own, env), t.values.labels[label].site, true})
}

// secondOf returns the code of the second dimension.
func (t *Tally) secondOf(own *table, env hit.Packed) uint32 {
	unpacked := env.Unpack()
	return t.values.codeBy(own.second, &unpacked, 0)
}

func (t *Tally) cross(own *table, key crossed) uint32 {
	at, ok := own.cells[key]
	if !ok {
		at = t.cells.add(cell{table: own.index, site: key.site, value: key.first, second: key.second, named: key.named})
		own.cells[key] = at
		if !slices.Contains(own.codes, key.second) {
			own.codes = append(own.codes, key.second)
		}
	}
	return at
}

// admitCrossed moves what a label has counted to its own cells, each from (unlisted) with
// the same second value.
func (t *Tally) admitCrossed(own *table, label uint32) {
	key := crossed{first: label, site: t.values.labels[label].site, named: true}
	for _, key.second = range own.codes {
		index, ok := own.cells[key]
		if !ok {
			continue
		}
		at := t.cells.at(index)
		t.change(index, at)
		from := t.cross(own, crossed{unlisted, key.second, key.site, false})
		t.cells.at(from).counts.Less(at.counts)
		t.change(from, t.cells.at(from))
	}
}

// firstKey returns the first key of a crossed cell.
func (t *Tally) firstKey(by hit.Dimension, at *cell) string {
	if at.named {
		return t.values.labels[at.value].text
	}
	return t.values.text(by, at.value)
}
