package release

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"math/big"
	"path"
	"slices"
	"strings"

	"oboro/aggregator/statistic"
)

// A Sum is what is kept of a table of sums, to hold its other versions, and those of other
// periods, against it.
type Sum struct {
	Days        string  `json:"days"`    // hash of its days, and of the noise
	Figures     string  `json:"figures"` // hash of its figures; empty where they were taken back
	Calibration []int64 `json:"calibration"`
	Sigma2      Ratio   `json:"sigma2"` // of each of them
}

// summed reports whether the figures of the table are sums over its period.
func (e Envelope) summed() bool { return e.Format == FormatSummed }

// sum returns what is kept of a table of sums, or nil.
func (e Envelope) sum() *Sum {
	if !e.summed() || len(e.Privacy.Measures) != 1 {
		return nil
	}
	days, _ := json.Marshal([]any{e.Days, e.Calibration, e.Privacy.Measures[0].Sigma2Sum}) // numbers and texts
	s := &Sum{Days: Hash(days), Calibration: e.Calibration, Sigma2: e.Privacy.Measures[0].Sigma2Sum}
	if e.withdrawn() {
		return s
	}
	var b strings.Builder
	for _, r := range e.Data {
		r.Release = ""
		row, _ := json.Marshal(r)
		fmt.Fprintf(&b, "%s\n", row)
	}
	s.Figures = Hash([]byte(b.String()))
	return s
}

// form checks that a table says of itself what it is. Pages are published as sums alone, since
// days have figures of too little noise; and what the ledger sums, too.
func (v *verification) form(at string, e Envelope) bool {
	said := slices.ContainsFunc(e.Privacy.Measures, func(m MeasurePrivacy) bool { return m.Summed })
	paged := slices.Contains(e.Query.Dimensions, statistic.ByPage.String())
	known := v.budget.summings[subject{e.Site, e.Statistic}] != nil
	if e.summed() == said && e.summed() == paged && e.summed() == known && (!said || len(e.Privacy.Measures) == 1) {
		return true
	}
	v.found(at, "figures of pages, and what the ledger sums, are published as sums over a period, and nothing else is")
	return false
}

// summedTable checks a table of sums: the ledger's word on it, and its keys without hits.
func (v *verification) summedTable(folder, at string, e Envelope) {
	for _, problem := range v.budget.sums(e) {
		v.found(at, "%s", problem)
	}
	if len(e.Calibration) != statistic.Calibration {
		v.found(at, "has %d values of calibration, not %d", len(e.Calibration), statistic.Calibration)
	}
	if c, ok := e.Query.Caps["C"]; !ok || e.Privacy.Measures[0].Delta2.Rat().Cmp(big.NewRat(int64(c), 1)) < 0 {
		v.found(at, "delta2 is less than one visitor-day may add to so many pages")
	}
	if len(e.Totals) > 0 {
		v.found(at, "sums over pages have no total: one visitor-day counts for several")
	}
	v.sumsOf[folder] = e.sum()
}

// sameSums checks that all versions of a table of sums hold the same days and figures, and
// tests the noise of each table over all its periods.
func (v *verification) sameSums() {
	first := map[string]string{} // folder of the first version, by folder of the period
	noise := map[string]*calibration{}
	for _, folder := range slices.SortedFunc(maps.Keys(v.sumsOf), func(a, b string) int { return v.tables[a].Version - v.tables[b].Version }) {
		own, period := v.sumsOf[folder], path.Dir(folder)
		if own == nil {
			continue
		}
		before, later := first[period]
		if later {
			old := v.sumsOf[before]
			if own.Days != old.Days || own.Figures != old.Figures && own.Figures != "" && old.Figures != "" {
				v.found(folder+"/"+TableJSON, "versions of sums over one period differ in their days, noise or figures")
			}
			continue
		}
		first[period] = folder
		table := path.Dir(period)
		if noise[table] == nil {
			noise[table] = &calibration{}
		}
		noise[table].add(own)
	}
	for _, table := range slices.Sorted(maps.Keys(noise)) {
		if c := noise[table]; !c.plausible() {
			v.found(table, "the noise of %d values of calibration is not that of the variances that the tables state: its squares are %.2f times as large",
				c.n, c.sum/float64(c.n))
		}
	}
}

// A calibration is the sum of the squares of n values of noise, each over the variance that
// is stated of it.
type calibration struct {
	n   int
	sum float64
}

func (c *calibration) add(s *Sum) {
	sigma2 := s.Sigma2.Rat()
	if sigma2 == nil || sigma2.Sign() <= 0 {
		return // it was found before
	}
	variance, _ := sigma2.Float64()
	for _, x := range s.Calibration {
		square, _ := new(big.Rat).SetInt64(x).Float64()
		c.sum += square * square / variance
		c.n++
	}
}

// certain is how unlikely chance alone is to be taken for a lie: e^-40 on either side, or
// once in 10^17.
const certain = 40

// plausible reports whether such noise gives such a sum. For n values of a Gaussian it lies
// between n - 2 sqrt(n t) and n + 2 sqrt(n t) + 2 t but with a probability of e^-t on either
// side (Laurent and Massart 2000, Annals of Statistics 28, Lemma 1). The upper bound holds for
// whatever is subgaussian (Hsu, Kakade and Zhang 2012, Electronic Communications in Probability
// 17, no. 52), as sums of discrete Gaussians are (Canonne, Kamath and Steinke 2020); for the lower
// one they cannot be told from the continuous, with shares of a standard deviation of 3 or
// more. A variance that is stated 3.3 times too small, or drawn so, is seen in 160 values at the latest:
// five tables.
func (c *calibration) plausible() bool {
	n := float64(c.n)
	reach := float64(2 * math.Sqrt(n*certain))
	return c.sum <= n+reach+2*certain && c.sum >= n-reach
}
