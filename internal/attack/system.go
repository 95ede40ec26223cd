package attack

import (
	"maps"
	"math/bits"
	"slices"
)

// A System is what a reader of tables knows of cells that are not negative: sums of some of
// them. Solving it is exact arithmetic modulo a prime, so that no fraction is rounded; what
// is said is true of the integers unless a determinant is a multiple of that prime.
type System struct {
	places map[string]int // of cells, by their names
	names  []string
	rows   []sum
}

// A sum is a combination of cells, and what it comes to.
type sum struct {
	of    []uint64 // by place, modulo prime; shorter where the rest is 0
	value uint64
}

const prime = 1<<61 - 1

// Tell tells the reader that the cells come to so many together.
func (s *System) Tell(value int64, cells ...string) {
	if s.places == nil {
		s.places = map[string]int{}
	}
	row := sum{value: residue(value)}
	for _, name := range cells {
		at, ok := s.places[name]
		if !ok {
			at = len(s.names)
			s.places[name] = at
			s.names = append(s.names, name)
		}
		for len(row.of) <= at {
			row.of = append(row.of, 0)
		}
		row.of[at] = plus(row.of[at], 1)
	}
	s.rows = append(s.rows, row)
}

// A Derived is a sum of cells that the reader can work out, each of them once.
type Derived struct {
	Cells []string
	Value int64
}

// Derive returns what follows: each cell that is known, and each sum of others that is told, that
// the reduced form of the system has, or that is the sum of two rows of it. (Their difference never is
// one: what each row begins with is in no other.)
func (s *System) Derive() (list []Derived) {
	rows := s.reduced()
	take := func(row sum) {
		if d, ok := s.derived(row); ok {
			list = append(list, d)
		}
	}
	for _, row := range s.rows {
		take(row)
	}
	for i, row := range rows {
		take(row)
		for _, other := range rows[:i] {
			if meet(row, other) {
				take(row.less(other, prime-1))
			}
		}
	}
	return list
}

// meet reports whether two sums have a cell in common. Else nothing is told by both together.
func meet(a, b sum) bool {
	for i := range min(len(a.of), len(b.of)) {
		if a.of[i] != 0 && b.of[i] != 0 {
			return true
		}
	}
	return false
}

// derived returns the sum if each of its cells is in it once.
func (s *System) derived(row sum) (d Derived, ok bool) {
	for at, c := range row.of {
		switch c {
		case 0:
		case 1:
			d.Cells = append(d.Cells, s.names[at])
		default:
			return d, false
		}
	}
	d.Value = int64(row.value)
	if row.value > prime/2 {
		d.Value -= prime
	}
	return d, len(d.Cells) > 0
}

// reduced returns the reduced row echelon form of the system: what is known alone first, which
// leaves few cells to the rest.
func (s *System) reduced() []sum {
	leads := map[int]sum{}
	rows := make([]sum, len(s.rows))
	for i, row := range s.rows {
		rows[i] = sum{make([]uint64, len(s.names)), row.value}
		copy(rows[i].of, row.of)
	}
	slices.SortStableFunc(rows, func(a, b sum) int { return a.cells() - b.cells() })
	for _, row := range rows {
		for at := range row.of {
			if lead, ok := leads[at]; ok && row.of[at] != 0 {
				row = row.less(lead, row.of[at])
			}
		}
		at := slices.IndexFunc(row.of, func(c uint64) bool { return c != 0 })
		if at < 0 {
			continue // it says nothing new
		}
		row = row.times(inverse(row.of[at]))
		for other, lead := range leads {
			if c := lead.of[at]; c != 0 {
				leads[other] = lead.less(row, c)
			}
		}
		leads[at] = row
	}
	var list []sum
	for _, at := range slices.Sorted(maps.Keys(leads)) {
		list = append(list, leads[at])
	}
	return list
}

func (a sum) cells() (n int) {
	for _, c := range a.of {
		if c != 0 {
			n++
		}
	}
	return n
}

// less returns a less so often b.
func (a sum) less(b sum, often uint64) sum {
	of := make([]uint64, max(len(a.of), len(b.of)))
	copy(of, a.of)
	for i, c := range b.of {
		if c != 0 {
			of[i] = plus(of[i], prime-times(c, often))
		}
	}
	return sum{of, plus(a.value, prime-times(b.value, often))}
}

func (a sum) times(by uint64) sum {
	of := make([]uint64, len(a.of))
	for i, c := range a.of {
		of[i] = times(c, by)
	}
	return sum{of, times(a.value, by)}
}

func residue(x int64) uint64 {
	if x < 0 {
		return prime - uint64(-x)
	}
	return uint64(x)
}

func plus(a, b uint64) uint64 { return (a + b) % prime }

func times(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return bits.Rem64(hi, lo, prime)
}

// inverse returns what a, which is not 0, is to be multiplied by to give 1.
func inverse(a uint64) uint64 {
	r := uint64(1)
	for e := uint64(prime - 2); e > 0; e >>= 1 {
		if e&1 == 1 {
			r = times(r, a)
		}
		a = times(a, a)
	}
	return r
}
