package public_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"oboro/dashboards/public"
)

// TestRanksAreSharedWhereRangesOverlap was seen to fail when figures are ranked by
// their values, and when ranges that touch are told apart.
func TestRanksAreSharedWhereRangesOverlap(t *testing.T) {
	tests := []struct {
		name   string
		ranges [][2]int64
		want   [][2]int
	}{
		{"none", nil, nil},
		{"one", [][2]int64{{5, 9}}, [][2]int{{1, 1}}},
		{"three apart", [][2]int64{{30, 39}, {20, 29}, {10, 19}}, [][2]int{{1, 1}, {2, 2}, {3, 3}}},
		{"two share the first rank", [][2]int64{{180, 184}, {179, 183}, {92, 96}}, [][2]int{{1, 2}, {1, 2}, {3, 3}}},
		{"touching ranges overlap", [][2]int64{{20, 30}, {10, 20}}, [][2]int{{1, 2}, {1, 2}}},
		{"a chain: the ends are apart, the middle is not", [][2]int64{{30, 40}, {22, 32}, {15, 25}}, [][2]int{{1, 2}, {1, 3}, {2, 3}}},
		{"all overlap", [][2]int64{{0, 9}, {0, 9}, {5, 20}}, [][2]int{{1, 3}, {1, 3}, {1, 3}}},
		{"the order given does not matter", [][2]int64{{10, 19}, {30, 39}, {20, 29}}, [][2]int{{3, 3}, {1, 1}, {2, 2}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := public.Bands(tt.ranges); !slices.Equal(got, tt.want) {
				t.Errorf("the ranks of %v are %v, want %v", tt.ranges, got, tt.want)
			}
		})
	}
}

// TestRanksHoldTheTruth holds that, wherever in their ranges the true counts are, each
// has a rank of its band; and that each end of a band is reached somewhere, so that a
// band is no wider than it must be. Seen to fail when worst counts those above, and
// when every band begins at 1.
func TestRanksHoldTheTruth(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		ranges := make([][2]int64, 1+random.IntN(6))
		for i := range ranges {
			low := random.Int64N(30)
			ranges[i] = [2]int64{low, low + random.Int64N(15)}
		}
		bands := public.Bands(ranges)
		truth := make([]int64, len(ranges))
		for i, r := range ranges {
			truth[i] = r[0] + random.Int64N(r[1]-r[0]+1)
		}
		for i := range ranges {
			// Ties are broken both ways: equal counts share what lies between.
			if best, worst := rankOf(i, truth); best > bands[i][1] || worst < bands[i][0] || best < bands[i][0] || worst > bands[i][1] {
				t.Fatalf("of %v in %v, number %d has rank %d to %d, not one of %v", truth, ranges, i, best, worst, bands[i])
			}
			if best, worst := extremes(i, ranges); [2]int{best, worst} != bands[i] {
				t.Fatalf("in %v, number %d can have rank %d to %d; its band is %v", ranges, i, best, worst, bands[i])
			}
		}
	}
}

// rankOf returns the ranks of count i where ties are broken for it and against it.
func rankOf(i int, counts []int64) (best, worst int) {
	best, worst = 1, 1
	for j, c := range counts {
		if c > counts[i] {
			best++
		}
		if j != i && c >= counts[i] {
			worst++
		}
	}
	return best, worst
}

// extremes returns the best rank of i, where it is as large and all others are as
// small as can be, and its worst.
func extremes(i int, ranges [][2]int64) (best, worst int) {
	lucky, unlucky := make([]int64, len(ranges)), make([]int64, len(ranges))
	for j, r := range ranges {
		lucky[j], unlucky[j] = r[0], r[1]
	}
	lucky[i], unlucky[i] = ranges[i][1], ranges[i][0]
	best, _ = rankOf(i, lucky)
	_, worst = rankOf(i, unlucky)
	return best, worst
}
