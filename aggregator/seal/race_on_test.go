//go:build race

package seal_test

// underRace says that the race detector looks on, which makes all take ten times as long.
const underRace = true
