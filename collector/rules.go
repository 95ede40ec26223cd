package collector

import (
	"fmt"
	"strings"

	"oboro/collector/hit"
	"oboro/collector/internal/page"
)

// Addresses say how the addresses of a site's pages are read. The zero value keeps no
// parameter, knows the built-in index files, and leaves slashes and case as they are.
type Addresses struct {
	Parameters []string // names of query parameters that are kept as parts of pages
	IndexFiles []string // which stand for their folder; nil for [IndexFiles]
	Slash      string   // at the end of a path: "keep", the same as "", "strip" or "add"
	Case       string   // "keep", the same as "", or "lower"
}

// IndexFiles are those of sites that declare none.
func IndexFiles() []string { return page.BuiltIn() }

// Rules read the addresses of a site as hits' are read.
type Rules struct{ rules page.Rules }

// Rules returns the rules of the addresses. An error quotes what was declared.
func (a Addresses) Rules() (*Rules, error) {
	rules := page.Rules{Parameters: a.Parameters, Index: a.IndexFiles}
	switch a.Slash {
	case "", "keep":
	case "strip":
		rules.Slash = page.Strip
	case "add":
		rules.Slash = page.Add
	default:
		return nil, fmt.Errorf("trailing_slash is %q: keep, strip or add is allowed", a.Slash)
	}
	switch a.Case {
	case "", "keep":
	case "lower":
		rules.Lower = true
	default:
		return nil, fmt.Errorf("case is %q: keep or lower is allowed", a.Case)
	}
	settled, bad, ok := rules.Settle()
	switch {
	case ok:
		return &Rules{settled}, nil
	case len(a.Parameters) > hit.MaxParameters:
		return nil, fmt.Errorf("parameters are %s: at most %d are kept", strings.Join(a.Parameters, ", "), hit.MaxParameters)
	}
	return nil, fmt.Errorf("%q is neither a parameter, of at most 32 letters, digits, - and _, nor the name of an index file", bad)
}

// Page returns the page that an address of the site, from its path on, is counted as.
func (r *Rules) Page(target string) (path string, ok bool) {
	p, ok := r.rules.Of(target)
	return p.Path(), ok
}

// Entry returns an entry of a site's pages as addresses are read, or why it is none. A
// pattern is returned as it stands.
func (r *Rules) Entry(text string) (entry, why string) {
	e, why := r.rules.Entry(text)
	if e.Pattern {
		return text, why
	}
	return e.Path, why
}
