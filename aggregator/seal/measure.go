package seal

import (
	"fmt"
	"io"
	"strings"

	"oboro/aggregator/ledger"
	"oboro/aggregator/noise"
	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
)

// Measure draws the noisy counts of one published measure of a statistic from its
// unsealed cells: one for each declared key, zeros included, with the variance
// that the ledger has reserved.
func Measure(st *statistic.Statistic, m statistic.Measure, sigma2 ledger.Ratio, cells []store.Cell, random io.Reader) ([]store.Measurement, error) {
	domain := st.Domain(nil)
	counts, err := within(st, domain, cells)
	if err != nil {
		return nil, err
	}
	g, err := noise.New(sigma2.Num, sigma2.Den)
	if err != nil {
		return nil, fmt.Errorf("statistic %s: %w", st.ID, err)
	}
	var list []store.Measurement
	for i, key := range domain {
		drawn, err := g.Draw(random)
		if err != nil {
			return nil, fmt.Errorf("statistic %s: %w", st.ID, err)
		}
		list = append(list, store.Measurement{
			Keys: key, Measure: m, Value: counts[i][m] + drawn, Sigma2: sigma2.Rat(),
		})
	}
	return list, nil
}

// within returns the counts of each key of the domain. Cells outside of it are refused:
// their visitors would be missing from what is published. It is found before anything
// is drawn.
func within(st *statistic.Statistic, domain [][]string, cells []store.Cell) ([]statistic.Counts, error) {
	counts, places := make([]statistic.Counts, len(domain)), make(map[string]int, len(domain))
	for i, key := range domain {
		places[joined(key)] = i
	}
	for _, c := range cells {
		i, ok := places[joined(c.Keys)]
		if !ok {
			return nil, fmt.Errorf("statistic %s: a cell is outside the declared keys", st.ID)
		}
		counts[i].Add(c.Counts)
	}
	return counts, nil
}

// joined returns keys as one text, in which words of ours hold no separator.
func joined(keys []string) string { return strings.Join(keys, "\x00") }
