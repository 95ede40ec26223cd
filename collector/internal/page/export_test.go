package page

import "oboro/collector/hit"

// Slowly is Of without its short way.
func Slowly(path string) (hit.Page, bool) {
	path, long := shorten(Cut(path))
	return slowly(path, long)
}

// Plainly reports whether Of takes its short way.
func Plainly(path string) bool { return plainly(Cut(path)) }
