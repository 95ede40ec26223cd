//go:build race

package visitors_test

// slowness divides the work of the largest tests, which the race detector slows down.
const slowness = 4
