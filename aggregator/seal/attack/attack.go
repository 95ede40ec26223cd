// Package attack works out what a folded table with two dimensions still tells of the
// cells that it hides.
//
// Who holds such a table knows the sums of its rows and columns from the tables with one
// dimension. Each hidden cell then lies in an interval, which is computed here exactly, in
// integers: how far a cell can rise is the largest flow from its row to its column through
// the other hidden cells, and how far it can fall is that of the other direction. The
// package is told the truth, which an attacker is not, but says nothing that an attacker
// could not say.
package attack

import "math"

// A Table is a table with two dimensions. Its rows are of one length.
type Table struct {
	Values [][]int64 // by row and column; none is negative
	Hidden [][]bool  // which of these are not shown, and could be anything but negative
}

// An Interval is what is known of one hidden cell: it is Low at least and High at most, and
// each of both is what it is in some table that agrees with all that is shown.
type Interval struct {
	Row, Column      int
	Value, Low, High int64
}

// Width returns how many values the cell can have, less one.
func (i Interval) Width() int64 { return i.High - i.Low }

// Intervals returns what is known of each hidden cell, by row and column.
func Intervals(t Table) (list []Interval) {
	return All(t, func(int, int) bool { return true })
}

// All is Intervals of those hidden cells that are asked for.
func All(t Table, asked func(row, column int) bool) (list []Interval) {
	g := graphOf(t)
	for row, hidden := range t.Hidden {
		for column, yes := range hidden {
			if yes && asked(row, column) {
				list = append(list, g.interval(row, column))
			}
		}
	}
	return list
}

// A graph is the hidden cells of a table: rows and columns are its nodes. Rows that hide
// the same columns are one node as far as another row's cell is concerned: what passes
// through one of them passes through all.
type graph struct {
	Table
	columns int
	kind    []int     // of each row, the index of its kind
	hides   [][]bool  // by kind, and column
	sums    [][]int64 // of the hidden cells of all rows of a kind, by column
}

func graphOf(t Table) *graph {
	g := &graph{Table: t}
	known := map[string]int{}
	for row, hidden := range t.Hidden {
		g.columns = len(hidden)
		name := make([]byte, len(hidden))
		for column, yes := range hidden {
			if yes {
				name[column] = 1
			}
		}
		kind, ok := known[string(name)]
		if !ok {
			kind = len(g.hides)
			known[string(name)] = kind
			g.hides, g.sums = append(g.hides, hidden), append(g.sums, make([]int64, len(hidden)))
		}
		g.kind = append(g.kind, kind)
		for column, yes := range hidden {
			if yes {
				g.sums[kind][column] += t.Values[row][column]
			}
		}
	}
	return g
}

// interval returns what is known of one hidden cell.
func (g *graph) interval(row, column int) Interval {
	x := g.Values[row][column]
	rise, _ := g.flow(row, column, rising)
	fall, _ := g.flow(row, column, falling)
	high := int64(math.MaxInt64)
	if rise < high-x {
		high = x + rise
	}
	return Interval{Row: row, Column: column, Value: x, Low: x - min(fall, x), High: high}
}

// Bound returns what keeps a hidden cell from being more (rise), or less, than it can be: the
// rows and columns that can be reached from its row through hidden cells that have room.
// Its column is not one of them. A cell that is shown where one of these meets one of the
// others would make room, were it hidden.
func Bound(t Table, row, column int, rise bool) (rows, columns []bool) {
	g, arcs := graphOf(t), falling
	if rise {
		arcs = rising
	}
	_, n := g.flow(row, column, arcs)
	for r := range t.Hidden {
		rows = append(rows, r == row || n.fromColumn[1+g.kind[r]] != unseen)
	}
	for _, from := range n.fromRow {
		columns = append(columns, from != unseen)
	}
	return rows, columns
}

// rising and falling say how much passes through a cell from its row to its column, and
// back, as one cell rises or falls: no cell can be less than nobody.
func rising(value int64) (down, up int64)  { return value, math.MaxInt64 }
func falling(value int64) (down, up int64) { return math.MaxInt64, value }

// flow returns the largest flow from a row to a column past the cell where they meet, and
// what room it leaves.
func (g *graph) flow(row, column int, arcs func(value int64) (down, up int64)) (sum int64, n *network) {
	n = &network{columns: g.columns, fromRow: make([]int, g.columns), fromColumn: make([]int, 1+len(g.hides))}
	own := make([]int64, g.columns)
	for c, yes := range g.Hidden[row] {
		if yes {
			own[c] = g.Values[row][c]
		}
	}
	n.add(g.Hidden[row], own, arcs)
	n.down[0][column], n.up[0][column] = 0, 0
	for kind, hides := range g.hides {
		values := g.sums[kind]
		if kind == g.kind[row] {
			values = make([]int64, g.columns)
			for c := range values {
				values[c] = g.sums[kind][c] - own[c]
			}
		}
		n.add(hides, values, arcs)
	}
	for {
		pushed := n.push(column)
		if pushed == 0 {
			return sum, n
		}
		if pushed > math.MaxInt64-sum {
			return math.MaxInt64, n
		}
		sum += pushed
	}
}

// A network is a graph with what still can pass through it. Its first row is where the
// flow begins.
type network struct {
	columns    int
	down, up   [][]int64 // by row and column: from the row to the column, and back
	fromRow    []int     // of each column, the row that it was last reached from, or unseen
	fromColumn []int     // of each row but the first, the column
}

const unseen = -1

func (n *network) add(hides []bool, values []int64, arcs func(int64) (down, up int64)) {
	down, up := make([]int64, n.columns), make([]int64, n.columns)
	for c, yes := range hides {
		if yes {
			down[c], up[c] = arcs(values[c])
		}
	}
	n.down, n.up = append(n.down, down), append(n.up, up)
}

// push sends as much as can pass along one of the shortest ways to a column, and returns
// how much that was.
func (n *network) push(to int) int64 {
	fromRow, fromColumn := n.fromRow, n.fromColumn
	for c := range fromRow {
		fromRow[c] = unseen
	}
	for r := range fromColumn {
		fromColumn[r] = unseen
	}
	for rows := []int{0}; len(rows) > 0 && fromRow[to] == unseen; {
		row := rows[0]
		rows = rows[1:]
		for c, room := range n.down[row] {
			if room == 0 || fromRow[c] != unseen {
				continue
			}
			fromRow[c] = row
			for r := range n.up {
				if r != 0 && n.up[r][c] > 0 && fromColumn[r] == unseen {
					fromColumn[r] = c
					rows = append(rows, r)
				}
			}
		}
	}
	if fromRow[to] == unseen {
		return 0
	}
	least := int64(math.MaxInt64)
	for c := to; ; c = fromColumn[fromRow[c]] {
		least = min(least, n.down[fromRow[c]][c])
		if fromRow[c] == 0 {
			break
		}
		least = min(least, n.up[fromRow[c]][fromColumn[fromRow[c]]])
	}
	for c := to; ; c = fromColumn[fromRow[c]] {
		row := fromRow[c]
		pass(&n.down[row][c], &n.up[row][c], least)
		if row == 0 {
			return least
		}
		pass(&n.up[row][fromColumn[row]], &n.down[row][fromColumn[row]], least)
	}
}

// pass moves room from one direction to the other. What is without bound stays so.
func pass(from, back *int64, n int64) {
	if *from != math.MaxInt64 {
		*from -= n
	}
	if *back != math.MaxInt64 {
		*back += n
	}
}
