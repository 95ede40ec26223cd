package attack

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"oboro/aggregator/release"
	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
	"oboro/collector/hit"
)

// lived is how many days the readers of the team's tables look at.
const lived = 60

// frozen are the statistics of which a visitor-day is in one cell.
func frozen(c *statistic.Catalogue) (list []*statistic.Statistic) {
	for _, st := range c.All() {
		if st.Of == hit.View && !st.Overlaps() {
			list = append(list, st)
		}
	}
	return list
}

// crowdOf returns the open cells of a day of n visitor-days, each with values of its own:
// a few that are usual, and many that are not.
func crowdOf(random *rand.Rand, c *statistic.Catalogue, n int) map[string][]store.Cell {
	cells := map[string][]store.Cell{store.Meters: {}}
	for _, st := range c.All() {
		cells[st.ID] = []store.Cell{}
	}
	for _, st := range frozen(c) {
		keys := [][]string{{}}
		if len(st.Dimensions) > 0 {
			keys = valuesOf(st)
			keys = keys[:min(len(keys), 20)]
		}
		counts := make([]int64, len(keys))
		for range n {
			// Zipf: half of all have the first three.
			at := int(float64(len(keys)) * random.Float64() * random.Float64() * random.Float64())
			counts[at]++
		}
		for i, key := range keys {
			if counts[i] > 0 {
				cells[st.ID] = append(cells[st.ID], cellOf(counts[i], key...))
			}
		}
	}
	return cells
}

// cellName is what the reader calls a cell.
func cellName(st *statistic.Statistic, day statistic.Day, keys []string) string {
	return fmt.Sprintf("%s %d %s", st.ID, day, strings.Join(keys, " "))
}

// A reader holds all of the team's tables of a statistic, and knows which cells there are.
type reader struct {
	System
	st     *statistic.Statistic
	hidden map[string]int64 // the truth of cells that no table shows
}

// look tells the reader what a day's table shows, as the program shows it: the total, which
// another table has, cells, and what is hidden together.
func (r *reader) look(day statistic.Day, open []store.Cell, sealed store.Sealed, total int64) {
	of := release.Sealed{Period: day, Epochs: 1}
	for _, c := range sealed.Cells {
		of.Cells = append(of.Cells, release.Folded(c))
	}
	table := release.Policy{K: k}.OfSealed(r.st, "s", day, day, []release.Sealed{of})
	rest := map[string]int64{}
	var all []string
	for _, c := range open {
		name := cellName(r.st, day, c.Keys)
		rest[name] = c.Counts[statistic.Visitors]
		all = append(all, name)
	}
	if total > 0 {
		r.Tell(total, all...)
	}
	var others []release.Row
	for _, row := range table.Rows() {
		if row.Merged > 0 {
			others = append(others, row)
			continue
		}
		name := cellName(r.st, day, row.Keys)
		n, _ := row.Count(statistic.Visitors)
		r.Tell(n, name)
		delete(rest, name)
	}
	for _, row := range others {
		n, shown := row.Count(statistic.Visitors)
		if names := r.behind(row, rest); shown && len(names) > 0 {
			r.Tell(n, names...)
		}
	}
	for name, n := range rest {
		r.hidden[name] = n
	}
}

// behind returns the cells that a row of several stands for: all that are hidden, or, where
// it names a coarser value, those of that one.
func (r *reader) behind(row release.Row, rest map[string]int64) (names []string) {
	coarser, named := strings.CutPrefix(row.Keys[0], statistic.Other+" ")
	for name := range rest {
		key := name[strings.LastIndexByte(name, ' ')+1:]
		if !named || slices.Contains(kin.Classes(key), coarser) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// readers seal the days and let a reader of each statistic look at the team's tables.
func readers(t *testing.T, days []map[string][]store.Cell) (list []*reader) {
	t.Helper()
	w := newWorld(t, builtIn(t), k, 4)
	for _, st := range frozen(w.Catalogue) {
		list = append(list, &reader{st: st, hidden: map[string]int64{}})
	}
	for i, cells := range days {
		of := w.sealed(t, cells)
		total := int64(0)
		for _, table := range of.Tables {
			if table.Statistic == "days" && len(table.Cells) > 0 {
				total = table.Cells[0].Counts[statistic.Visitors]
			}
		}
		for _, r := range list {
			at := slices.IndexFunc(of.Tables, func(s store.Sealed) bool { return s.Statistic == r.st.ID })
			r.look(statistic.Day(i), cells[r.st.ID], of.Tables[at], total)
		}
	}
	return list
}

// crowds returns the open cells of all days.
func crowds(c *statistic.Catalogue) (days []map[string][]store.Cell) {
	random := rand.New(rand.NewPCG(10, 60))
	for range lived {
		days = append(days, crowdOf(random, c, 5+random.IntN(400)))
	}
	return days
}

// TestTeamTablesTellNoDifference: who has all of the team's tables of sixty days, and knows
// which cells there are, can work out no sum of cells of 1 to k-1 visitor-days by any
// difference of them.
//
// TestRollingTablesTell shows what it would find. Seen to fail when (other) is not filled up
// to k.
func TestTeamTablesTellNoDifference(t *testing.T) {
	t.Parallel()
	derived, hidden := 0, 0
	for _, r := range readers(t, crowds(builtIn(t))) {
		for _, d := range r.Derive() {
			derived++
			if d.Value < k && d.Value != 0 {
				t.Errorf("%s: %d visitor-days follow, those of %q", r.st.ID, d.Value, d.Cells)
			}
		}
		hidden += len(r.hidden)
	}
	if derived < 5000 || hidden < 3000 {
		t.Errorf("%d sums follow, and %d cells are hidden: too few to say anything", derived, hidden)
	}
}

// TestRollingTablesTell is the same with a mutant: a report of the last seven days, of every
// day, of cells that at least k visitor-days of those days stand behind. It would give away a good
// part of what the tables of days hide, each cell exactly.
func TestRollingTablesTell(t *testing.T) {
	t.Parallel()
	days := crowds(builtIn(t))
	found, hidden := 0, 0
	for _, r := range readers(t, days) {
		if r.st.ID != "countries" && r.st.ID != "browsers" {
			continue
		}
		for last := 6; last < lived; last++ {
			sums, of := map[string]int64{}, map[string][]string{}
			for day := last - 6; day <= last; day++ {
				for _, c := range days[day][r.st.ID] {
					sums[c.Keys[0]] += c.Counts[statistic.Visitors]
					of[c.Keys[0]] = append(of[c.Keys[0]], cellName(r.st, statistic.Day(day), c.Keys))
				}
			}
			for key, n := range sums {
				if n >= k {
					r.Tell(n, of[key]...)
				}
			}
		}
		for _, d := range r.Derive() {
			if len(d.Cells) == 1 && r.hidden[d.Cells[0]] == d.Value && d.Value > 0 {
				found++
				delete(r.hidden, d.Cells[0])
				hidden++
			}
		}
		hidden += len(r.hidden)
	}
	t.Logf("%d of %d hidden cells are found", found, hidden)
	if found*5 < hidden {
		t.Errorf("with rolling reports %d of %d hidden cells are found: this reader is a bad one", found, hidden)
	}
}
