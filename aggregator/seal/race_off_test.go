//go:build !race

package seal_test

// underRace says that the race detector looks on.
const underRace = false
