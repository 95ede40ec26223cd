package seal_test

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"oboro/aggregator/seal"
	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
)

func find(t *testing.T, id string) *statistic.Statistic {
	t.Helper()
	c, err := statistic.Built(nil)
	if err != nil {
		t.Fatal(err)
	}
	st, ok := c.Find(id)
	if !ok {
		t.Fatalf("the catalogue has no statistic %s", id)
	}
	return st
}

func cellOf(key string, visitors, reach int64) store.Cell {
	c := store.Cell{Site: "s", Keys: []string{key}}
	c.Counts[statistic.Visitors] = visitors
	c.Counts[statistic.Reach] = reach
	c.Counts[statistic.Views] = 2 * visitors
	return c
}

func TestFold(t *testing.T) {
	type row struct {
		key      string
		visitors int64
		merged   int
	}
	for _, tt := range []struct {
		name, statistic string
		cells           []store.Cell
		want            []row
	}{
		{"nothing to fold", "devices", []store.Cell{cellOf("phone", 30, 0), cellOf("desktop", 10, 0)},
			[]row{{"desktop", 10, 0}, {"phone", 30, 0}}},
		{"small cells that make k together", "devices", []store.Cell{cellOf("phone", 30, 0), cellOf("tv", 4, 0), cellOf("tablet", 6, 0)},
			[]row{{"phone", 30, 0}, {"(other)", 10, 2}}},
		{"one small cell takes the next smallest with it", "devices", []store.Cell{cellOf("phone", 30, 0), cellOf("tv", 1, 0), cellOf("tablet", 12, 0)},
			[]row{{"phone", 30, 0}, {"(other)", 13, 2}}},
		{"below k in all", "devices", []store.Cell{cellOf("phone", 5, 0), cellOf("tv", 4, 0)}, nil},
		{"an overlapping rest needs k times its reach", "pages", []store.Cell{cellOf("/a", 50, 50), cellOf("/b", 9, 9), cellOf("/c", 60, 60), cellOf("/d", 70, 70)},
			[]row{{"/d", 70, 0}, {"(other)", 0, 3}}},
		{"an overlapping rest that never proves k", "pages", []store.Cell{cellOf("/a", 50, 50), cellOf("/b", 9, 9)}, nil},
		{"unlisted is never kept as such", "pages", []store.Cell{cellOf("/a", 50, 50), cellOf("(unlisted)", 200, 200)},
			[]row{{"/a", 50, 0}, {"(other)", 0, 1}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []row
			for _, f := range seal.Fold(find(t, tt.statistic), 10, tt.cells) {
				got = append(got, row{f.Keys[0], f.Counts[statistic.Visitors], f.Merged})
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("Fold = %v, want %v", got, tt.want)
			}
		})
	}
}

// TestFoldInvariants holds the rule of the fold on random tables of random
// visitors: what is hidden stands on no visitor-day or on at least k of them, and
// views add up. Seen to fail when (other) of pages needs k instead of k times
// reach, and when one small cell alone makes (other).
func TestFoldInvariants(t *testing.T) {
	st, k := find(t, "pages"), int64(10)
	random := rand.New(rand.NewPCG(1, 2))
	for round := range 2000 {
		visitors := map[string]map[int]bool{}
		reach := map[string]int64{}
		for v := range 5 + random.IntN(120) {
			for n := range 1 + random.IntN(14) {
				key := "/" + strconv.Itoa(int(20*random.ExpFloat64()/5))
				if visitors[key] == nil {
					visitors[key] = map[int]bool{}
				}
				if !visitors[key][v] && n < int(st.Reach) {
					reach[key]++
				}
				visitors[key][v] = true
			}
		}
		checkFold(t, round, st, k, visitors, reach)
	}
}

func checkFold(t *testing.T, round int, st *statistic.Statistic, k int64, visitors map[string]map[int]bool, reach map[string]int64) {
	t.Helper()
	var cells []store.Cell
	views := int64(0)
	for key, of := range visitors {
		cells = append(cells, cellOf(key, int64(len(of)), reach[key]))
		views += 2 * int64(len(of))
	}
	folded := seal.Fold(st, k, cells)
	if folded == nil {
		return
	}
	hidden := map[int]bool{}
	for key, of := range visitors {
		if !slices.ContainsFunc(folded, func(f store.Folded) bool { return f.Keys[0] == key }) {
			for v := range of {
				hidden[v] = true
			}
		}
	}
	if n := int64(len(hidden)); n > 0 && n < k {
		t.Fatalf("round %d: (other) stands on %d visitor-days, fewer than %d", round, n, k)
	}
	for _, f := range folded {
		if f.Merged == 0 && f.Counts[statistic.Visitors] < k {
			t.Fatalf("round %d: a cell of %d visitor-days is kept", round, f.Counts[statistic.Visitors])
		}
		views -= f.Counts[statistic.Views]
	}
	if views != 0 {
		t.Fatalf("round %d: parts and whole differ by %d views", round, views)
	}
}
