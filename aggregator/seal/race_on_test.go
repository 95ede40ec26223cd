//go:build race

package seal_test

// share is what part of the random days are looked at: the race detector makes all take ten times as long.
const share = 5
