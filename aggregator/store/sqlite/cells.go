package sqlite

import (
	"cmp"
	"encoding/binary"
	"slices"

	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
)

// cellPacking is the first byte of packed sealed cells: the version of what follows.
//
// The number of groups (a byte) and the groups follow, one for each number of keys that
// cells have, the smallest first: the number of keys (a byte), the width of each column in bytes (a byte each: 0 where no cell has
// other than 0 in it; else 1, 2, 4 or 8), and the number of cells (4 bytes); then, of each
// cell, the ids of its keys (4 bytes each) and its columns: what it was merged of, and the
// counters. Numbers are big-endian, and those of the columns two's complement. Cells stand in
// the order of their keys, which tells nothing; those that the migration packed, in that
// of ids, which are random.
const cellPacking = 1

// cellsInRow is how many cells a row holds, but for the last of a table.
const cellsInRow = 50_000

// cellColumns are the columns of a cell: what it was merged of, and the counters that may
// be shown, which are sealedMeasures in their order.
const cellColumns = 1 + 10

var sealedMeasures = func() (list []statistic.Measure) {
	for m := range statistic.Measure(statistic.Measures) {
		if m.Shown() {
			list = append(list, m)
		}
	}
	return list
}()

// shapeHead is the length of a group before its cells.
const shapeHead = 1 + cellColumns + 4

// A shape is what the cells of a group have in common.
type shape struct {
	keys   int
	widths [cellColumns]byte
}

// length is that of a cell.
func (s shape) length() int {
	n := 4 * s.keys
	for _, w := range s.widths {
		n += int(w)
	}
	return n
}

// addCells writes the cells of a table.
func (t *transaction) addCells(place tableKey, cells []store.Folded) error {
	list := make([]*store.Folded, len(cells))
	for i := range cells {
		list[i] = &cells[i]
	}
	slices.SortFunc(list, byShape)
	for i := 1; i < len(list); i++ {
		if byShape(list[i-1], list[i]) == 0 {
			return refusal("it has two cells of the same keys")
		}
	}
	scope := sealedScope(place.statistic)
	err := t.meet(scope, func(yield func([]string) bool) {
		for i := 0; i < len(list) && yield(list[i].Keys); i++ {
		}
	}, len(list))
	if err != nil {
		return err
	}
	for part := 0; part*cellsInRow < len(list); part++ {
		packed, err := t.packCells(scope, list[part*cellsInRow:min(len(list), (part+1)*cellsInRow)])
		if err != nil {
			return err
		}
		if _, err := t.exec(addPackedCellsQuery, place.with(part, packed)...); err != nil {
			return err
		}
	}
	return nil
}

// byShape orders cells by their number of keys, and by these.
func byShape(a, b *store.Folded) int {
	return cmp.Or(cmp.Compare(len(a.Keys), len(b.Keys)), slices.Compare(a.Keys, b.Keys))
}

// packCells returns cells that are ordered by shape in the form of [cellPacking], their
// keys in the scope.
func (t *transaction) packCells(scope int64, cells []*store.Folded) ([]byte, error) {
	out := []byte{cellPacking, 0}
	for ; len(cells) > 0; out[1]++ {
		n, _ := slices.BinarySearchFunc(cells, len(cells[0].Keys)+1, func(c *store.Folded, keys int) int {
			return cmp.Compare(len(c.Keys), keys)
		})
		s := shapeOf(cells[:n])
		out = s.append(slices.Grow(out, shapeHead+n*s.length()), n)
		for _, c := range cells[:n] {
			ids, err := t.ids(scope, c.Keys)
			if err != nil {
				return nil, err
			}
			for _, id := range ids[:s.keys] {
				out = binary.BigEndian.AppendUint32(out, uint32(id))
			}
			for i, value := range columnsOf(c) {
				out = appendNumber(out, value, s.widths[i])
			}
		}
		cells = cells[n:]
	}
	return out, nil
}

// shapeOf returns the smallest shape into which the cells fit. They have one number of keys.
func shapeOf(cells []*store.Folded) shape {
	s := shape{keys: len(cells[0].Keys)}
	for _, c := range cells {
		for i, value := range columnsOf(c) {
			s.widths[i] = max(s.widths[i], widthOf(value))
		}
	}
	return s
}

// append appends the head of a group of n cells.
func (s shape) append(out []byte, n int) []byte {
	out = append(out, byte(s.keys))
	out = append(out, s.widths[:]...)
	return binary.BigEndian.AppendUint32(out, uint32(n))
}

func columnsOf(c *store.Folded) (columns [cellColumns]int64) {
	columns[0] = int64(c.Merged)
	for i, m := range sealedMeasures {
		columns[1+i] = c.Counts[m]
	}
	return columns
}

func widthOf(n int64) byte {
	switch {
	case n == 0:
		return 0
	case int64(int8(n)) == n:
		return 1
	case int64(int16(n)) == n:
		return 2
	case int64(int32(n)) == n:
		return 4
	}
	return 8
}

func appendNumber(out []byte, n int64, width byte) []byte {
	for i := int(width) - 1; i >= 0; i-- {
		out = append(out, byte(n>>(8*i)))
	}
	return out
}

// number reads what appendNumber has written.
func number(b []byte) int64 {
	if len(b) == 0 {
		return 0
	}
	n := int64(int8(b[0]))
	for _, low := range b[1:] {
		n = n<<8 | int64(low)
	}
	return n
}

const errCells = refusal("sealed cells cannot be read, the store is damaged: stop oboro, keep the file, and go back to a copy")

// unpackCells appends the cells of a row to those of the rows before. texts are the texts
// of the scope by their ids.
func unpackCells(cells []store.Folded, packed []byte, texts map[int64]string) ([]store.Folded, error) {
	err := eachGroup(packed, func(s shape, n int, body []byte) error {
		cells = slices.Grow(cells, n)
		keys := make([]string, 0, n*s.keys) // of all cells
		for range n {
			var c store.Folded
			first := len(keys)
			for range s.keys {
				text, ok := texts[int64(binary.BigEndian.Uint32(body))]
				if !ok {
					return errLabel
				}
				keys, body = append(keys, text), body[4:]
			}
			if s.keys > 0 {
				c.Keys = keys[first:len(keys):len(keys)]
			}
			c.Merged, body = int(number(body[:s.widths[0]])), body[s.widths[0]:]
			for i, width := range s.widths[1:] {
				m := sealedMeasures[i]
				c.Counts[m], body = number(body[:width]), body[width:]
			}
			cells = append(cells, c)
		}
		return nil
	})
	return cells, err
}

// eachGroup calls do with the groups of a row: their shapes, the numbers of their cells,
// and the bytes of these, which are as many as they need.
func eachGroup(packed []byte, do func(s shape, n int, body []byte) error) error {
	if len(packed) < 2 || packed[0] != cellPacking || packed[1] == 0 {
		return errCells
	}
	keys, rest := -1, packed[2:] // keys of the group before
	for range packed[1] {
		s, n, err := readShape(rest)
		if err != nil || s.keys <= keys {
			return errCells
		}
		keys = s.keys
		end := shapeHead + n*s.length()
		if err := do(s, n, rest[shapeHead:end]); err != nil {
			return err
		}
		rest = rest[end:]
	}
	if len(rest) > 0 {
		return errCells
	}
	return nil
}

// readShape reads the head of a group, and sees that its cells are there, n of them.
func readShape(rest []byte) (s shape, n int, err error) {
	if len(rest) < shapeHead {
		return shape{}, 0, errCells
	}
	s.keys = int(rest[0])
	copy(s.widths[:], rest[1:])
	n = int(binary.BigEndian.Uint32(rest[1+cellColumns:]))
	known := func(width byte) bool { return width <= 2 || width == 4 || width == 8 }
	for _, width := range s.widths {
		if !known(width) {
			return shape{}, 0, errCells
		}
	}
	// No two cells have the same keys, so that one alone can have none.
	if s.keys > maxKeys || n < 1 || s.keys == 0 && n > 1 || n*s.length() > len(rest)-shapeHead {
		return shape{}, 0, errCells
	}
	return s, n, nil
}
