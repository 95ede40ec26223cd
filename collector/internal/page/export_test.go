package page

import "oboro/collector/hit"

// Of is that of a site without rules.
func Of(target string) (hit.Page, bool) { return new(Rules).Of(target) }

// Slowly is Of without its short way.
func (r *Rules) Slowly(path string) (hit.Page, bool) {
	path, long := shorten(Cut(path))
	return r.slowly(path, long)
}

// Plainly reports whether Of takes its short way.
func (r *Rules) Plainly(path string) bool { return r.plainly(Cut(path)) }
