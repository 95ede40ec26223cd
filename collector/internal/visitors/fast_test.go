//go:build !race

package visitors_test

const slowness = 1
