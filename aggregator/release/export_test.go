package release

import (
	"math/big"

	"oboro/aggregator/statistic"
)

// ThresholdIn returns the threshold of a measure in a table by the dimensions.
func ThresholdIn(k int64, m statistic.Measure, by []string, sigma2 *big.Rat) int64 {
	return threshold(k, mostInCell(m, by), sigma2)
}
