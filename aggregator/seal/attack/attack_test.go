package attack_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"oboro/aggregator/seal/attack"
)

// fixture is a table of which bounds that are handed on from row to column and back say
// no more of cell (1,2) than that it is 13 at most.
var fixture = attack.Table{
	Values: [][]int64{{5, 6, 50, 60}, {7, 4, 3, 80}, {90, 70, 8, 6}, {40, 30, 5, 9}},
	Hidden: [][]bool{{true, true, false, false}, {true, true, true, false}, {false, false, true, true}, {false, false, true, true}},
}

// TestFixture holds that the attacker sees what rows 0 and 1 less columns 0 and 1 are. Seen to fail when
// a way may lead through the cell itself, and when the cell's own row is counted among the others.
func TestFixture(t *testing.T) {
	for _, got := range attack.Intervals(fixture) {
		if got.Row == 1 && got.Column == 2 {
			if got.Low != 3 || got.High != 3 {
				t.Errorf("cell (1,2) lies in [%d,%d], want exactly 3", got.Low, got.High)
			}
			return
		}
	}
	t.Error("nothing is said of cell (1,2)")
}

// TestIntervalsAreExact holds the attacker to all tables that agree with what is shown,
// one after the other. Seen to fail when rows that hide different columns are taken for one
// node, when a cell's own row is counted in its kind, and when ways are followed no further than one
// row beyond the cell's own.
func TestIntervalsAreExact(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	narrow := 0
	for round := range 400 {
		table := small(random)
		want := bruteForce(table)
		for _, got := range attack.Intervals(table) {
			w := want[got.Row][got.Column]
			if got.Low != w[0] || got.High != w[1] {
				t.Fatalf("round %d: %+v: cell (%d,%d) lies in [%d,%d], want [%d,%d]", round, table, got.Row, got.Column, got.Low, got.High, w[0], w[1])
			}
			if got.Width() < got.High {
				narrow++
			}
		}
	}
	if narrow < 100 {
		t.Errorf("only %d intervals began above zero: too few to say anything", narrow)
	}
}

// small returns a table of three rows and three or four columns of small values, about two thirds
// hidden.
func small(random *rand.Rand) (t attack.Table) {
	columns := 3 + random.IntN(2)
	for range 3 {
		values, hidden := make([]int64, columns), make([]bool, columns)
		for c := range values {
			values[c], hidden[c] = random.Int64N(4), random.IntN(3) > 0
		}
		t.Values, t.Hidden = append(t.Values, values), append(t.Hidden, hidden)
	}
	return t
}

// bruteForce returns the least and the most of each hidden cell over all tables of the
// same sums.
func bruteForce(t attack.Table) [][][2]int64 {
	rows, columns := len(t.Values), len(t.Values[0])
	want := make([][][2]int64, rows)
	lines, stacks := make([]int64, rows), make([]int64, columns)
	for r := range rows {
		want[r] = make([][2]int64, columns)
		for c := range columns {
			want[r][c] = [2]int64{1 << 40, -1}
			if t.Hidden[r][c] {
				lines[r] += t.Values[r][c]
				stacks[c] += t.Values[r][c]
			}
		}
	}
	now := make([]int64, rows*columns)
	var fill func(at int)
	fill = func(at int) {
		if at == rows*columns {
			if slices.ContainsFunc(stacks, func(n int64) bool { return n != 0 }) {
				return
			}
			for i, n := range now {
				w := &want[i/columns][i%columns]
				w[0], w[1] = min(w[0], n), max(w[1], n)
			}
			return
		}
		r, c := at/columns, at%columns
		most := int64(0)
		if t.Hidden[r][c] {
			most = min(lines[r], stacks[c])
		}
		for n := range most + 1 {
			now[at] = n
			lines[r] -= n
			stacks[c] -= n
			if c < columns-1 || lines[r] == 0 {
				fill(at + 1)
			}
			lines[r] += n
			stacks[c] += n
		}
		now[at] = 0
	}
	fill(0)
	return want
}
