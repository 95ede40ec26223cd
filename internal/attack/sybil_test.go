package attack

import (
	"fmt"
	"math"
	"math/big"
	"slices"
	"testing"

	"oboro/aggregator/release"
	"oboro/aggregator/seal"
	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
)

// guessed returns how often the best attacker, who sent all hits but the victim's, is right
// about whether the victim came, where each is as likely: with the victim figures are about
// the halves of what it adds above what they were, weighed by their variance.
func guessed(seen [2][][]int32, moved []float64, middle float64) (right float64) {
	n := 0
	for world, runs := range seen {
		for _, r := range runs {
			sum := 0.0
			for j, w := range moved {
				sum += w * float64(r[j])
			}
			if (sum > middle) == (world == 1) {
				n++
			}
		}
	}
	return float64(n) / float64(len(seen[0])+len(seen[1]))
}

// middleOf returns the attacker's threshold: what it knows lies between the two worlds.
func middleOf(moved []float64, truth [2][]int64) (middle float64) {
	for j, w := range moved {
		middle += w * float64(truth[0][j]+truth[1][j]) / 2
	}
	return middle
}

// bound returns the most that may be guessed for a budget, with three standard errors of so
// many guesses.
func bound(spent *big.Rat, guesses int) float64 {
	return release.Accuracy(spent) + 3*0.5/math.Sqrt(float64(guesses))
}

// TestSybilAgainstTablesOfADay: someone sends k-1 visitor-days of each cell, and guesses from
// all that is measured of that day whether one victim came: right 53.5 % of the time at most. Seen
// to fail when the noise has a tenth of the variance.
func TestSybilAgainstTablesOfADay(t *testing.T) {
	n := theNeighbours(t)
	truth := n.truth
	got, guesses := guessed(n.seen, n.moved, middleOf(n.moved, truth)), len(n.seen[0])+len(n.seen[1])
	t.Logf("%d guesses are right %.2f %% of the time, at most %.2f %%", guesses, 100*got, 100*bound(n.spent, guesses))
	if got > bound(n.spent, guesses) || bound(n.spent, guesses) > 0.535+3*0.5/math.Sqrt(float64(guesses)) {
		t.Errorf("an attacker who knows all else is right %.2f %% of the time", 100*got)
	}
	if got < 0.51 {
		t.Errorf("the attacker is right %.2f %% of the time, which is worse than it can", 100*got)
	}
}

// TestSybilAgainstTheTeam is an expected failure: the team's tables are exact, so k-1 fake
// visitor-days tell whether a victim came, every time. It is said at promise 5.
func TestSybilAgainstTheTeam(t *testing.T) {
	c := builtIn(t)
	for _, id := range []string{"countries", "pages"} {
		st, _ := c.Find(id)
		shown := func(victim bool) bool {
			cells := dayOf(c, k-1, k+3, victim)
			key := cells[id][1].Keys
			folded := seal.FoldAll(c, kin, k, cells)[id]
			return slices.ContainsFunc(folded, func(f store.Folded) bool { return slices.Equal(f.Keys, key) })
		}
		if shown(false) || !shown(true) {
			t.Errorf("%s: the victim does not show any more: good; say so in docs/privacy.md", st.ID)
		}
	}
}

// summing returns the catalogue with pages summed over weeks, alone, as they are declared or else with
// the numbers of the disclosure control, and with noise for so much in place of what one visitor-day adds.
func summing(t *testing.T, cheat int64) *statistic.Catalogue {
	t.Helper()
	var off []string
	for _, st := range builtIn(t).All() {
		if st.ID != "pages" {
			off = append(off, st.ID)
		}
	}
	c, err := statistic.Built(off)
	if err != nil {
		t.Fatal(err)
	}
	st, _ := c.Find("pages")
	if len(st.Published) == 0 {
		st.Published = []statistic.Published{{
			Measure: statistic.Reach, Delta2: big.NewRat(10, 1), Sigma2: big.NewRat(1000, 3), Summed: true, Calibration: 2,
		}}
	}
	for i := range st.Published {
		p := &st.Published[i]
		p.Delta2 = new(big.Rat).Quo(p.Delta2, big.NewRat(cheat, 1))
		p.Sigma2 = new(big.Rat).Quo(p.Sigma2, big.NewRat(cheat, 1))
	}
	return c
}

// week seals a week of which only the first day has hits, and returns the sums of the pages, and of
// what is measured beside them.
func (w *world) week(t *testing.T, pages []string, cells map[string][]store.Cell) []store.Measurement {
	t.Helper()
	st, _ := w.Catalogue.Find("pages")
	first := statistic.Weekly.Period(w.next + 6)
	w.next = first + 7
	of := seal.Span{Site: "s", First: first, Days: 7}
	if err := w.Begin(t.Context(), of, st, pages); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Seal(t.Context(), seal.Day{Site: "s", Day: first, Cells: cells, Epochs: 1}); err != nil {
		t.Fatal(err)
	}
	for day := first + 1; day < first+7; day++ {
		if err := w.Fill(t.Context(), of, st, day); err != nil {
			t.Fatal(err)
		}
	}
	p := w.shelf.periods[first]
	delete(w.shelf.periods, first)
	delete(w.shelf.seals, first)
	if p.Done != 7 || len(p.Values) != len(p.Keys) {
		t.Fatalf("%d days have given their share of %d keys, and %d sums stand", p.Done, len(p.Keys), len(p.Values))
	}
	return p.Values
}

// sybil guesses from sums of pages, over so many weeks with and without the victim, who looks
// at ten pages that k-1 fake visitor-days look at too. The auditor looks at the same.
func sybil(t *testing.T, c *statistic.Catalogue, trials int) (right float64, found Finding) {
	t.Helper()
	w := newWorld(t, c, k, 3)
	var pages []string
	for i := range 12 {
		pages = append(pages, fmt.Sprintf("/%c", 'a'+i))
	}
	st, _ := c.Find("pages")
	sigma2, _ := st.Published[0].Sigma2.Float64()
	var seen [2][][]int32
	var moved []float64
	middle := 10 * (k - 0.5) / sigma2
	for trial := range trials {
		world := trial % 2
		cells := map[string][]store.Cell{store.Meters: {}, "pages": {}}
		for _, page := range pages[:10] {
			cells["pages"] = append(cells["pages"], cellOf(k-1+int64(world), page))
		}
		if w.next > mostDays {
			w.end(t)
			w.begin(t)
			w.next = 1
		}
		var sums []int32
		moved = nil
		for _, m := range w.week(t, pages, cells) {
			weight := 0.0
			if slices.Contains(pages[:10], m.Keys[0]) {
				weight = 1 / sigma2
			}
			sums, moved = append(sums, int32(m.Value)), append(moved, weight)
		}
		seen[world] = append(seen[world], sums)
	}
	return guessed(seen, moved, middle), Audit(seen[1], seen[0], moved, release.Delta)
}

// TestSybilAgainstPages: the same with pages that are summed over a week, which the victim
// sees ten of; nor does the auditor find more than is declared. The second part shows that it would be seen
// if the noise were made for one page: the square root of ten that is forgotten.
func TestSybilAgainstPages(t *testing.T) {
	t.Parallel()
	trials := 3000
	if long() {
		trials = 20_000
	}
	spent := big.NewRat(3, 200)
	got, found := sybil(t, summing(t, 1), trials)
	if declared := release.EpsilonExact(spent); found.Epsilon > declared {
		t.Errorf("epsilon is at least %.3f by %s, declared %.3f", found.Epsilon, found.Event, declared)
	}
	t.Logf("%d guesses are right %.2f %% of the time, at most %.2f %%", trials, 100*got, 100*bound(spent, trials))
	if got > bound(spent, trials) {
		t.Errorf("an attacker who knows all else is right %.2f %% of the time", 100*got)
	}
	if got, _ := sybil(t, summing(t, 10), trials); got <= bound(spent, trials) {
		t.Errorf("with noise for one page the attacker is right %.2f %% of the time only: it is a bad attacker", 100*got)
	}
}
