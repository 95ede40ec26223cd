package intake

import (
	"strings"

	"oboro/collector/hit"
)

// A Registry is the list of a site's declared pages: their labels need no
// admission.
type Registry struct {
	exact    map[hit.Page]bool
	prefixes []string
}

// NewRegistry returns the registry of the given paths; one that ends in "*"
// declares every page that begins with what stands before it. Where one is no page
// it is returned, with false.
func NewRegistry(paths []string) (r Registry, bad string, ok bool) {
	r.exact = map[hit.Page]bool{}
	for _, path := range paths {
		prefix, open := strings.CutSuffix(path, "*")
		p, ok := hit.ParsePage(prefix)
		switch {
		case !ok:
			return Registry{}, path, false
		case open:
			r.prefixes = append(r.prefixes, prefix)
		default:
			r.exact[p] = true
		}
	}
	return r, "", true
}

// Has reports whether p is declared.
func (r Registry) Has(p hit.Page) bool {
	if r.exact[p] {
		return true
	}
	for _, prefix := range r.prefixes {
		if strings.HasPrefix(p.Path(), prefix) {
			return true
		}
	}
	return false
}
