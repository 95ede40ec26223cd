package seal

import (
	"fmt"
	"io"
	"slices"

	"oboro/aggregator/ledger"
	"oboro/aggregator/noise"
	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
)

// Measure draws the noisy counts of one published measure of a statistic from its
// unsealed cells: one for each declared key, zeros included, with the variance
// that the ledger has reserved.
func Measure(st *statistic.Statistic, m statistic.Measure, sigma2 ledger.Ratio, cells []store.Cell, random io.Reader) ([]store.Measurement, error) {
	domain := st.Domain()
	if err := within(st, domain, cells); err != nil {
		return nil, err
	}
	g, err := noise.New(sigma2.Num, sigma2.Den)
	if err != nil {
		return nil, fmt.Errorf("statistic %s: %w", st.ID, err)
	}
	var list []store.Measurement
	for _, key := range domain {
		drawn, err := g.Draw(random)
		if err != nil {
			return nil, fmt.Errorf("statistic %s: %w", st.ID, err)
		}
		list = append(list, store.Measurement{
			Keys: key, Measure: m, Value: count(cells, key)[m] + drawn, Sigma2: sigma2.Rat(),
		})
	}
	return list, nil
}

// within refuses cells outside the declared domain: their visitors would be
// missing from what is published. It is found before anything is drawn.
func within(st *statistic.Statistic, domain [][]string, cells []store.Cell) error {
	for _, c := range cells {
		if !slices.ContainsFunc(domain, func(key []string) bool { return slices.Equal(key, c.Keys) }) {
			return fmt.Errorf("statistic %s: a cell is outside the declared keys", st.ID)
		}
	}
	return nil
}

func count(cells []store.Cell, key []string) statistic.Counts {
	var sum statistic.Counts
	for _, c := range cells {
		if slices.Equal(c.Keys, key) {
			sum.Add(c.Counts)
		}
	}
	return sum
}
