//go:build !race

package seal_test

// share is what part of the random days are looked at: all.
const share = 1
