// Package oboro holds no code: it says how the program is built, and its tests
// hold that it stays so.
//
// Oboro (朧, hazy) counts visits without knowing visitors. Data flows one way,
// and each stage hands the next one a type that it alone can make, so that nothing
// behind it can ask for more:
//
//	requests, log lines
//	        │
//	    collector     truncates, in RAM
//	        ║
//	     hit.Hit      coarse, and without identifier
//	        ║
//	    aggregator    counts in tables declared in advance, draws noise, folds small cells
//	        ║
//	  release.Table   what may be disclosed
//	        ║
//	    dashboards    pages for the team, files for everyone
//
// The collector (oboro/collector) is the only tree that ever sees a person: an
// address, a User-Agent, a URL, a referrer. What reads them is under
// collector/internal, where no other tree can import it; only
// collector/internal/intake does. A hit.Hit leaves it, made of closed vocabularies.
//
// The aggregator (oboro/aggregator) knows hits and cells. Every table there may be
// is declared in its catalogue, with its purpose; from that the collector's
// hit.Plan is made, so that what no table needs is not worked out at all.
//
// The dashboards (oboro/dashboards) are given a release.Table, and see no store.
//
// Only oboro/cmd/oboro knows all three. boundaries_test.go is the drawing of who
// may import whom; words_test.go holds which words may stand where.
package oboro
