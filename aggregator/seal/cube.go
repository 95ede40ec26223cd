package seal

import (
	"cmp"
	"slices"

	"oboro/aggregator/seal/attack"
	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
)

// A cube is a table with two dimensions being folded, beside the tables by each of them
// alone, which are folded before it and whose fold it shares: what is hidden there is one
// row, or one column, of what is hidden here.
type cube struct {
	st            *statistic.Statistic
	k             int64 // of a week, as many as are enough for any difference
	rows, columns *margin
	sum           [][]int64 // visitors by row and column
	hidden        [][]bool
	rests         [2][]int64 // visitors that are hidden: by row, by column
}

// A margin is a table by one dimension, as the crossed one sees it: its keys that are
// shown, and one place more for all that are not.
type margin struct {
	*table
	keys     []string
	visitors []int64 // of these, and of the rest
	place    map[string]int
}

func marginOf(t *table) *margin {
	m := &margin{table: t, place: map[string]int{}}
	for _, c := range t.shown() {
		m.place[c.Keys[0]] = len(m.keys)
		m.keys, m.visitors = append(m.keys, c.Keys[0]), append(m.visitors, c.visitors())
	}
	m.visitors = append(m.visitors, t.hidden[statistic.Visitors])
	return m
}

// at returns the place of a key.
func (m *margin) at(key string) int {
	if i, ok := m.place[key]; ok {
		return i
	}
	return len(m.keys)
}

// foldCube returns the cells of a crossed statistic that may be kept, and for each row
// that is shown what is hidden in it. Rows and columns are the tables by one dimension,
// folded.
//
// Where a visitor-day has one cell, the rest of each row and column is nobody or k
// visitor-days, and an attacker who solves for a hidden cell of fewer than k is left with
// at least k values more than one. Then all that can be told of hidden cells by adding and
// taking off what is shown is nobody or k visitor-days, too: a sum of fewer would bound
// each cell in it. If hiding does not help, nothing is kept.
func foldCube(own, rows, columns *table) []store.Folded {
	if own.k < statistic.LeastK || rows == nil || columns == nil || rows.closed || columns.closed {
		return nil
	}
	c := &cube{st: own.st, k: max(own.apart, rows.apart, columns.apart), rows: marginOf(rows), columns: marginOf(columns)}
	if c.fill(own.all); !c.agrees() {
		return nil
	}
	if c.st.Overlaps() {
		for row := range c.rows.keys {
			for c.settleRow(row) {
			}
		}
		return c.folded(own.all)
	}
	for {
		for c.settle() {
		}
		known := c.known(func(int, int) bool { return true })
		if len(known) == 0 {
			return c.folded(own.all)
		}
		if !c.resist(known) {
			return nil
		}
	}
}

func (c *cube) fill(cells []store.Cell) {
	height, width := len(c.rows.keys)+1, len(c.columns.keys)+1
	sums, hides := make([]int64, height*width), make([]bool, height*width)
	for row := range height {
		c.sum, c.hidden = append(c.sum, sums[row*width:][:width]), append(c.hidden, hides[row*width:][:width])
	}
	for i := range cells {
		c.sum[c.rows.at(cells[i].Keys[0])][c.columns.at(cells[i].Keys[1])] += cells[i].Counts[statistic.Visitors]
	}
	c.rests = [2][]int64{make([]int64, height), make([]int64, width)}
	for row := range c.sum {
		for column, n := range c.sum[row] {
			if row == height-1 || column == width-1 || n < c.k {
				c.hide(row, column)
			}
		}
	}
}

// agrees reports whether the crossed table adds up to those by one dimension. It does not
// where it was switched on during the day: what is missing would be told by the difference.
func (c *cube) agrees() bool {
	columns := make([]int64, len(c.columns.visitors))
	for row := range c.sum {
		sum := int64(0)
		for column, n := range c.sum[row] {
			sum, columns[column] = sum+n, columns[column]+n
		}
		if sum != c.rows.visitors[row] && (row < len(c.rows.keys) || !c.st.Overlaps()) {
			return false
		}
	}
	return c.st.Overlaps() || slices.Equal(columns, c.columns.visitors)
}

// hide hides a cell, if it is shown. It reports whether it was.
func (c *cube) hide(row, column int) bool {
	if c.hidden[row][column] {
		return false
	}
	c.hidden[row][column] = true
	c.rests[0][row] += c.sum[row][column]
	c.rests[1][column] += c.sum[row][column]
	return true
}

// settle hides cells of rows and of columns of which the rest is somebody, but fewer than
// k. It reports whether there were any. An attacker who solves for them finds these too, so
// known does; here it takes no solving, and a few cells more are shown.
func (c *cube) settle() (changed bool) {
	for row := range c.sum {
		for isFew(c.rests[0][row], c.k) && c.hide(row, c.leastOfRow(row)) {
			changed = true
		}
	}
	for column := range c.sum[0] {
		for isFew(c.rests[1][column], c.k) && c.hide(c.leastOfColumn(column), column) {
			changed = true
		}
	}
	return changed
}

// leastOfRow returns the column of that cell of a row that is hidden at the least cost: one whose
// column needs it, else the smallest; or any, if none is shown.
func (c *cube) leastOfRow(row int) int {
	return c.least(len(c.sum[row]), func(column int) (shown bool, size, across int64) {
		return !c.hidden[row][column], c.sum[row][column], c.rests[1][column]
	})
}

// leastOfColumn returns the row of such a cell of a column.
func (c *cube) leastOfColumn(column int) int {
	return c.least(len(c.sum), func(row int) (shown bool, size, across int64) {
		return !c.hidden[row][column], c.sum[row][column], c.rests[0][row]
	})
}

func (c *cube) least(n int, at func(int) (shown bool, size, across int64)) (best int) {
	found, needed, least := false, false, int64(0)
	for i := range n {
		shown, size, across := at(i)
		need := isFew(across, c.k)
		if shown && (!found || need && !needed || need == needed && size < least) {
			best, found, needed, least = i, true, need, size
		}
	}
	return best
}

// known returns what an attacker knows too well of the cells that are asked for: of those
// of fewer than k visitor-days, that they are one of k numbers or fewer.
func (c *cube) known(asked func(row, column int) bool) (list []attack.Interval) {
	t := attack.Table{Values: c.sum, Hidden: c.hidden}
	few := func(row, column int) bool { return isFew(c.sum[row][column], c.k) && asked(row, column) }
	for _, i := range attack.All(t, few) {
		if i.Width() < c.k {
			list = append(list, i)
		}
	}
	return list
}

// resist hides a cell for each that is known too well: the smallest of those that would
// let it be more, or less, or else of all. It reports whether there was one.
func (c *cube) resist(known []attack.Interval) (changed bool) {
	for n, i := range known {
		own := func(row, column int) bool { return row == i.Row && column == i.Column }
		if n > 0 && len(c.known(own)) == 0 { // what was hidden for another does for it
			continue
		}
		changed = c.release(i, true) || c.release(i, false) || c.hideAny() || changed
	}
	return changed
}

// release hides the smallest cell that would let another be more (rise) or less.
func (c *cube) release(known attack.Interval, rise bool) bool {
	rows, columns := attack.Bound(attack.Table{Values: c.sum, Hidden: c.hidden}, known.Row, known.Column, rise)
	at := [2]int{-1}
	for row, in := range rows {
		for column, n := range c.sum[row] {
			if in != columns[column] && !c.hidden[row][column] && (at[0] < 0 || n < c.sum[at[0]][at[1]]) {
				at = [2]int{row, column}
			}
		}
	}
	return at[0] >= 0 && c.hide(at[0], at[1])
}

// hideAny hides the smallest cell that is shown, if there is one.
func (c *cube) hideAny() bool {
	row, least := -1, int64(0)
	for i := range c.sum {
		if column := c.leastOfRow(i); !c.hidden[i][column] && (row < 0 || c.sum[i][column] < least) {
			row, least = i, c.sum[i][column]
		}
	}
	return row >= 0 && c.hide(row, c.leastOfRow(row))
}

// settleRow hides a cell of a row whose visitor-days may be in other rows too. They add up
// within the row, and each of its cells lies in its column, where those that are not in it
// add up as well. It reports whether there was one to hide.
func (c *cube) settleRow(row int) bool {
	outside := int64(0) // of the columns in which the row is hidden, who is not in it
	for column, hidden := range c.hidden[row] {
		rest := c.columns.visitors[column] - c.sum[row][column]
		if hidden {
			outside += rest
		} else if isFew(rest, c.k) {
			return c.hide(row, column)
		}
	}
	return (isFew(c.rests[0][row], c.k) || isFew(outside, c.k)) && c.hide(row, c.leastOfRow(row))
}

// folded returns the cells that are shown, and of each row what is not.
func (c *cube) folded(cells []store.Cell) (list []store.Folded) {
	rest := make([]store.Folded, len(c.sum))
	for i := range cells {
		own := &cells[i]
		row, column := c.rows.at(own.Keys[0]), c.columns.at(own.Keys[1])
		if own.Counts.IsZero() {
			continue
		}
		if !c.hidden[row][column] {
			list = append(list, store.Folded{Keys: own.Keys, Counts: declared(c.st, own.Counts)})
			continue
		}
		rest[row].Counts.Add(own.Counts)
		rest[row].Merged++
	}
	slices.SortFunc(list, func(a, b store.Folded) int {
		return cmp.Or(cmp.Compare(a.Counts[statistic.Visitors], b.Counts[statistic.Visitors]), slices.Compare(a.Keys, b.Keys))
	})
	for row := range rest {
		r := &rest[row]
		if r.Merged == 0 {
			continue
		}
		key := statistic.Other
		if row < len(c.rows.keys) {
			key = c.rows.keys[row]
		}
		r.Keys, r.Counts = []string{key, statistic.Other}, declared(c.st, r.Counts)
		if c.st.Blurs(r.Keys) {
			r.Counts[statistic.Visitors] = 0
		}
		list = append(list, *r)
	}
	return list
}
