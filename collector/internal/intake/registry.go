package intake

import (
	"slices"
	"strings"

	"oboro/collector/hit"
	"oboro/collector/internal/page"
)

// A Registry is the list of a site's declared pages: their labels need no
// admission. A look-up allocates nothing.
type Registry struct {
	exact    map[hit.Page]struct{}
	patterns *branch // from behind the first slash on; nil where there are none
}

// A branch is where patterns that share their first segments part.
type branch struct {
	next   map[string]*branch // by the next segment
	any    *branch            // whatever that is
	ends   bool               // a pattern ends with the segment that led here
	begins []string           // what may follow; sorted, and none begins with another
}

// NewRegistry returns the registry of the given entries, read by the rules of their
// site: a page, or a pattern as [page.Rules.Entry] knows them. Where one is none it is
// returned, with why.
func NewRegistry(entries []string, rules *page.Rules) (r Registry, bad, why string) {
	r.exact = make(map[hit.Page]struct{}, len(entries))
	for _, text := range entries {
		e, why := rules.Entry(text)
		if why != "" {
			return Registry{}, text, why
		}
		if e.Pattern {
			r.declare(e, rules.Slash)
		} else if p, ok := hit.ParsePage(e.Path); ok {
			r.exact[p] = struct{}{}
		}
	}
	if r.patterns != nil {
		r.patterns.sort()
	}
	return r, "", ""
}

// declare adds a pattern.
func (r *Registry) declare(e page.Entry, slash page.Slash) {
	if r.patterns == nil {
		r.patterns = new(branch)
	}
	list := strings.Split(e.Path[1:], "/")
	last := list[len(list)-1]
	if !e.Open {
		r.patterns.at(list).ends = true
		return
	}
	folder := r.patterns.at(list[:len(list)-1])
	folder.begins = append(folder.begins, last)
	// What begins with /guide/ is in the folder /guide/, which this site writes /guide.
	if last == "" && len(list) > 1 && slash == page.Strip {
		folder.ends = true
	}
}

// at returns the branch that the segments lead to.
func (b *branch) at(segments []string) *branch {
	for _, s := range segments {
		if s == page.Any {
			if b.any == nil {
				b.any = new(branch)
			}
			b = b.any
			continue
		}
		if b.next == nil {
			b.next = map[string]*branch{}
		}
		if b.next[s] == nil {
			b.next[s] = new(branch)
		}
		b = b.next[s]
	}
	return b
}

// sort brings what may follow into its order, here and behind, and leaves out what
// begins with something else of it.
func (b *branch) sort() {
	slices.Sort(b.begins)
	kept := b.begins[:0]
	for _, s := range b.begins {
		if len(kept) == 0 || !strings.HasPrefix(s, kept[len(kept)-1]) {
			kept = append(kept, s)
		}
	}
	b.begins = kept
	for _, next := range b.next {
		next.sort()
	}
	if b.any != nil {
		b.any.sort()
	}
}

// Has reports whether p is declared.
func (r *Registry) Has(p hit.Page) bool {
	if _, ok := r.exact[p]; ok {
		return true
	}
	return r.patterns != nil && p != hit.Page{} && r.patterns.has(p.Path()[1:])
}

// has reports whether a pattern from here on is that of rest. It comes to each branch at
// most once.
func (b *branch) has(rest string) bool {
	if i, found := slices.BinarySearch(b.begins, rest); found || i > 0 && strings.HasPrefix(rest, b.begins[i-1]) {
		return true
	}
	segment, behind, more := strings.Cut(rest, "/")
	if b.next[segment].goesOn(behind, more) {
		return true
	}
	// Whatever a segment is, it is neither nothing nor has parameters behind it.
	return segment != "" && strings.IndexByte(segment, '?') < 0 && b.any.goesOn(behind, more)
}

// goesOn reports whether a pattern that led here goes on with rest, where there is more,
// or ends.
func (b *branch) goesOn(rest string, more bool) bool {
	return b != nil && (!more && b.ends || more && b.has(rest))
}
