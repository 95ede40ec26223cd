package seal_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"oboro/aggregator/seal"
	"oboro/aggregator/seal/attack"
	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
)

// crossed are crossed statistics that somebody could declare.
const crossed = `
- {id: language-devices, title: {ja: a, en: a}, purpose: {ja: a, en: a}, dimensions: [language, device], measures: [visitors, visits, views], grain: day, retention: 13, audience: team}
- {id: browser-themes, title: {ja: a, en: a}, purpose: {ja: a, en: a}, dimensions: [browser, theme], measures: [visitors, views], grain: day, retention: 13, audience: team}
- {id: page-devices, title: {ja: a, en: a}, purpose: {ja: a, en: a}, dimensions: [page, device], measures: [visitors], grain: day, retention: 13, reach: 10, audience: team}
`

func crossedCatalogue(t *testing.T) *statistic.Catalogue {
	t.Helper()
	c, err := statistic.Built(nil, []byte(more), []byte(crossed))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// A joint is how many visitor-days there are of each pair of values.
type joint map[[2]string]int64

// newJoint returns a random table, most of whose rows are small.
func newJoint(random *rand.Rand, rows, columns []string) joint {
	j := joint{}
	width := make([]float64, len(columns))
	for c := range columns {
		width[c] = 0.05 + random.Float64()
	}
	for _, row := range rows {
		size := random.ExpFloat64() * random.ExpFloat64() * 40
		for c, column := range columns {
			j[[2]string{row, column}] = int64(size * width[c] * random.Float64() * 2)
		}
	}
	return j
}

// tables returns the cells of a crossed statistic and those of its two dimensions alone.
func (j joint) tables(ids [3]string) map[string][]store.Cell {
	t := counters{}
	for keys, n := range j {
		var c statistic.Counts
		c[statistic.Visitors], c[statistic.Visits], c[statistic.Views] = n, n+n/2, 3*n
		t.add(ids[0], keys[0]+">"+keys[1], c)
		t.add(ids[1], keys[0], c)
		t.add(ids[2], keys[1], c)
		t.add("days", "", c)
	}
	cells := t.cells()
	for i := range cells[ids[0]] {
		cells[ids[0]][i].Keys = strings.Split(cells[ids[0]][i].Keys[0], ">")
	}
	return cells
}

// seen returns the truth of what the tables show and hide, as an attacker with the tables
// by one dimension has it: a row and a column for each key shown there, and one for the
// rest.
func (j joint) seen(folded map[string][]store.Folded, ids [3]string) attack.Table {
	rows, columns, cells := viewOf(folded[ids[1]]).shown, viewOf(folded[ids[2]]).shown, map[[2]string]bool{}
	for _, f := range folded[ids[0]] {
		if f.Merged == 0 {
			cells[[2]string{f.Keys[0], f.Keys[1]}] = true
		}
	}
	place := func(shown map[string]int64, key string) int {
		list := []string{}
		for k := range shown {
			list = append(list, k)
		}
		slices.Sort(list)
		if i := slices.Index(list, key); i >= 0 {
			return i
		}
		return len(list)
	}
	var t attack.Table
	for range len(rows) + 1 {
		t.Values, t.Hidden = append(t.Values, make([]int64, len(columns)+1)), append(t.Hidden, make([]bool, len(columns)+1))
		for i := range t.Hidden[0] {
			t.Hidden[len(t.Hidden)-1][i] = true
		}
	}
	for keys, n := range j {
		r, c := place(rows, keys[0]), place(columns, keys[1])
		t.Values[r][c] += n
		if cells[keys] {
			t.Hidden[r][c] = false
		}
	}
	return t
}

// shapes are the crossed statistics of random tables: 24 by 4, and 12 by 3.
var shapes = []struct {
	ids           [3]string
	rows, columns []string
}{
	{[3]string{"language-devices", "languages", "devices"}, strings.Fields("ja en zh ko de fr es pt it ru ar hi th vi id nl sv pl tr uk cs da fi el"), []string{"phone", "desktop", "tablet", "tv"}},
	{[3]string{"browser-themes", "browsers", "themes"}, strings.Fields("chrome safari edge firefox opera brave vivaldi line yahoo-japan facebook instagram silk"), []string{"light", "dark", "unknown"}},
}

// TestCrossedTablesHideEveryCell holds, on random tables of 24 by 4 and of 12 by 3, that who has
// a crossed table and both tables by one dimension, and solves for each hidden cell exactly,
// is left with at least k values more than one for each cell of fewer than k, and knows of none that
// it is fewer than k. Seen to fail when only cells below k are hidden, when known finds
// nothing, and when it asks for three values fewer.
func TestCrossedTablesHideEveryCell(t *testing.T) {
	t.Parallel()
	c, k := crossedCatalogue(t), int64(10)
	for _, shape := range shapes {
		random := rand.New(rand.NewPCG(8, 8))
		shown, asked := 0, 0
		for round := range 400 / share {
			j := newJoint(random, shape.rows, shape.columns)
			folded := seal.FoldAll(c, kin, k, j.tables(shape.ids))
			if len(folded[shape.ids[0]]) == 0 {
				continue
			}
			shown += shownOf(folded[shape.ids[0]])
			for _, i := range attack.Intervals(j.seen(folded, shape.ids)) {
				if i.Value == 0 {
					continue
				}
				asked++
				if i.High < k || i.Value < k && i.Width() < k {
					t.Fatalf("%s, round %d: %v", shape.ids[0], round, i)
				}
			}
		}
		if shown < 2000/share || asked < 2000/share {
			t.Errorf("%s: %d cells were shown and %d asked for: too few to say anything", shape.ids[0], shown, asked)
		}
	}
}

// TestRestsAreSettledBeforeTheyAreSolvedFor holds that crossed tables show as many cells as they did:
// what a row or a column tells by itself is hidden there, at the least cost, and the attacker is
// asked only then. Seen to fail without settle in foldCube, which then shows 1197 and 377.
func TestRestsAreSettledBeforeTheyAreSolvedFor(t *testing.T) {
	t.Parallel()
	c := crossedCatalogue(t)
	for i, want := range []int{1198, 390} {
		shape, random, shown := shapes[i], rand.New(rand.NewPCG(10, 10)), 0
		for range 40 {
			shown += shownOf(seal.FoldAll(c, kin, 10, newJoint(random, shape.rows, shape.columns).tables(shape.ids))[shape.ids[0]])
		}
		if shown < want {
			t.Errorf("%s: %d cells are shown of 40 tables, want %d at least", shape.ids[0], shown, want)
		}
	}
}

// TestCrossedTablesTellNoSum holds the same without the attacker: whichever rows are added and
// whichever columns are taken off, if that leaves a sum of hidden cells, these are nobody
// or at least k visitor-days. Seen to fail as the one above.
func TestCrossedTablesTellNoSum(t *testing.T) {
	t.Parallel()
	c, k, shape := crossedCatalogue(t), int64(10), shapes[1]
	random := rand.New(rand.NewPCG(9, 9))
	sums := 0
	for round := range 150 / share {
		j := newJoint(random, shape.rows, shape.columns)
		folded := seal.FoldAll(c, kin, k, j.tables(shape.ids))
		if len(folded[shape.ids[0]]) == 0 {
			continue
		}
		table := j.seen(folded, shape.ids)
		for rows := range 1 << len(table.Values) {
			for columns := range 1 << len(table.Values[0]) {
				left, ok := leaves(table, rows, columns)
				if !ok {
					continue
				}
				sums++
				if left > 0 && left < k {
					t.Fatalf("round %d: rows %b less columns %b leave %d visitor-days", round, rows, columns, left)
				}
			}
		}
	}
	if sums < 10_000/share {
		t.Errorf("only %d sums were looked at", sums)
	}
}

// leaves returns what some rows less some columns leave of the hidden cells, and whether
// that is a sum of such.
func leaves(t attack.Table, rows, columns int) (sum int64, ok bool) {
	for r := range t.Values {
		for c, n := range t.Values[r] {
			switch in, off := rows>>r&1 != 0, columns>>c&1 != 0; {
			case !t.Hidden[r][c] || in == off:
			case in:
				sum += n
			default:
				return 0, false
			}
		}
	}
	return sum, true
}

// TestCrossedTablesShareTheFold holds that a crossed table shows no row and no column that
// the table by that dimension hides, adds up to it, and hides the rows of what is hidden for the sake of
// yet another table. Seen to fail when the tables by one dimension are those before FoldAll.
func TestCrossedTablesShareTheFold(t *testing.T) {
	c, err := statistic.Built(nil, []byte(more), []byte(strings.NewReplacer("language-devices", "country-devices", "[language, device]", "[country, device]").Replace(crossed)))
	if err != nil {
		t.Fatal(err)
	}
	hidden := 0
	for seed := range uint64(200) {
		all := newCrowd(seed, 60+int(seed)*5)
		cells := all.cells()
		random := rand.New(rand.NewPCG(seed, 1))
		devices, both := counters{}, counters{}
		for _, p := range all {
			var sum statistic.Counts
			sum[statistic.Visitors] = 1
			for _, v := range p.visits {
				sum[statistic.Visits]++
				sum[statistic.Views] += v.views
			}
			device := []string{"phone", "desktop", "tablet"}[min(random.IntN(5), 2)]
			devices.add("devices", device, sum)
			both.add("country-devices", p.country+">"+device, sum)
		}
		cells["devices"], cells["country-devices"] = devices.cells()["devices"], both.cells()["country-devices"]
		for i := range cells["country-devices"] {
			cells["country-devices"][i].Keys = strings.Split(cells["country-devices"][i].Keys[0], ">")
		}
		folded := seal.FoldAll(c, kin, 10, cells)
		rows, columns, sum := viewOf(folded["countries"]).shown, viewOf(folded["devices"]).shown, map[string]int64{}
		for _, f := range folded["country-devices"] {
			if f.Keys[0] != statistic.Other && rows[f.Keys[0]] == 0 || f.Keys[1] != statistic.Other && columns[f.Keys[1]] == 0 {
				t.Fatalf("day %d: %v is shown, but not its row or column", seed, f.Keys)
			}
			sum[f.Keys[0]] += f.Counts[statistic.Visitors]
		}
		for _, cell := range cells["countries"] {
			if cell.Counts[statistic.Visitors] >= 10 && rows[cell.Keys[0]] == 0 {
				hidden++
			}
		}
		for key, n := range sum {
			if key != statistic.Other && n != rows[key] {
				t.Fatalf("day %d: the row of %s comes to %d, of %d", seed, key, n, rows[key])
			}
		}
	}
	if hidden < 20 {
		t.Errorf("only %d countries of k visitor-days were hidden", hidden)
	}
}

// TestCrossedTablesAgree holds that a crossed table that misses somebody of the tables by one dimension, as
// it does on the day when it is switched on, is not kept. Seen to fail when agrees is not
// asked.
func TestCrossedTablesAgree(t *testing.T) {
	c := crossedCatalogue(t)
	for id, of := range map[string][3]string{"language-devices": {"languages", "ja", "en"}, "page-devices": {"pages", "/a", "/b"}} {
		for missing := range int64(2) {
			cells := map[string][]store.Cell{
				"devices": tableOf("phone 60", "desktop 60"), "days": tableOf(" 120"),
				of[0]: tableOf(of[1]+" 80", of[2]+" 40"),
				id:    tableOf(of[1]+">phone 40", of[1]+">desktop 40", of[2]+">phone 20", of[2]+">desktop 20"),
			}
			cells[id][0].Counts[statistic.Visitors] -= missing
			if rows := seal.FoldAll(c, kin, 10, cells)[id]; (len(rows) == 0) != (missing > 0) {
				t.Errorf("%s, of which %d visitor-days are missing, keeps %d rows", id, missing, len(rows))
			}
		}
	}
}

// TestCrossedWithPages holds, on random visitor-days with a device and some pages each, that
// of each page, and of each page and device that are shown, and of what is left of each when
// what is shown is taken off, there is nobody or k visitor-days; and of those who are in a hidden
// page. Seen to fail when settleRow does nothing, or does not look at those outside of the
// row, and when (other) of pages needs k instead of k times reach.
func TestCrossedWithPages(t *testing.T) {
	t.Parallel()
	c, k, shown := crossedCatalogue(t), 10, 0
	for seed := range uint64(1500 / share) {
		random := rand.New(rand.NewPCG(seed, 3))
		pages, devices := map[string]set{}, map[string]set{}
		put := func(in map[string]set, key string, i int) {
			if in[key] == nil {
				in[key] = set{}
			}
			in[key][i] = true
		}
		cells := counters{}
		n := 30 + random.IntN(400)
		for i := range n {
			device := []string{"phone", "desktop", "tablet", "tv"}[min(int(random.ExpFloat64()*1.2), 3)]
			put(devices, device, i)
			cells.add("devices", device, cellOf("", 1, 0).Counts)
			cells.add("days", "", cellOf("", 1, 0).Counts)
			for reach := range 1 + random.IntN(14) {
				page := fmt.Sprintf("/%d", int(random.ExpFloat64()*3)%(2+int(seed%9)))
				if i < 4 { // who reads what nobody else does
					page = fmt.Sprintf("/rare/%d", random.IntN(20))
				}
				if pages[page][i] {
					continue
				}
				one := cellOf("", 1, int64((10-min(reach, 10)+9)/10))
				put(pages, page, i)
				cells.add("pages", page, one.Counts)
				cells.add("page-devices", page+">"+device, one.Counts)
			}
		}
		day := cells.cells()
		for i := range day["page-devices"] {
			day["page-devices"][i].Keys = strings.Split(day["page-devices"][i].Keys[0], ">")
		}
		folded := seal.FoldAll(c, kin, int64(k), day)
		shown += pageDevices(t, seed, k, folded, pages, devices)
	}
	if shown < 2000/share {
		t.Errorf("only %d cells were shown", shown)
	}
}

func pageDevices(t *testing.T, seed uint64, k int, folded map[string][]store.Folded, pages, devices map[string]set) (shown int) {
	t.Helper()
	of := viewOf(folded["pages"]).shown
	columns := viewOf(folded["devices"]).shown
	in, rest := map[string][]string{}, map[string]int64{}
	for _, f := range folded["page-devices"] {
		if f.Merged > 0 {
			rest[f.Keys[0]] = f.Counts[statistic.Visitors]
			continue
		}
		shown++
		if of[f.Keys[0]] == 0 || columns[f.Keys[1]] == 0 {
			t.Fatalf("day %d: %v is shown, but not its page or device", seed, f.Keys)
		}
		in[f.Keys[0]] = append(in[f.Keys[0]], f.Keys[1])
	}
	few := func(n int, what ...any) {
		if n > 0 && n < k {
			t.Fatalf("day %d: %v: %d visitor-days", seed, fmt.Sprint(what...), n)
		}
	}
	unseen := set{}
	for page, behind := range pages {
		if of[page] == 0 {
			for i := range behind {
				unseen[i] = true
			}
			continue
		}
		hiddenIn, hiddenOut := 0, 0
		for device, all := range devices {
			out := all.less(behind)
			if !slices.Contains(in[page], device) {
				hiddenOut += out
				hiddenIn += len(all) - out
				continue
			}
			few(len(all)-out, page, " on ", device)
			few(out, device, " and not ", page)
			few(len(behind)-(len(all)-out), page, " and not ", device)
		}
		few(hiddenIn, page, " on what is hidden")
		few(hiddenOut, "not ", page, " on what is hidden")
		if len(folded["page-devices"]) > 0 && rest[page] != int64(hiddenIn) {
			t.Fatalf("day %d: the rest of %s is said to be %d, and is %d", seed, page, rest[page], hiddenIn)
		}
	}
	if len(folded["pages"]) > 0 {
		few(len(unseen), "hidden pages")
	}
	return shown
}
