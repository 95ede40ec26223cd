package hit

import "unsafe"

// Recent remembers numbers that were given to pages, each on its site and in its kind of
// hit, for as long as no other takes their place. It looks where the text of a page
// stands before it looks at the text: the same page mostly comes from one place, where it
// was remembered once, and is found without being read. The zero Recent is empty.
type Recent struct{ places [recentPlaces]numbered }

const (
	recentBits   = 12
	recentPlaces = 1 << recentBits
)

type numbered struct {
	page   Page
	number uint32
	site   Site
	kind   Kind
}

// at returns the place where a page can be, which is never the empty page.
func (r *Recent) at(page Page) *numbered {
	const odd = 0x9e3779b97f4a7c15 // spreads places that lie side by side
	stands := uint64(uintptr(unsafe.Pointer(unsafe.StringData(page.path))))
	return &r.places[stands*odd>>(64-recentBits)]
}

// Find returns the number of a page, or 0 where that is not remembered.
func (r *Recent) Find(page Page, site Site, kind Kind) uint32 {
	if n := r.at(page); n.page == page && n.site == site && n.kind == kind {
		return n.number
	}
	return 0
}

// Keep remembers the number of a page. It is not 0.
func (r *Recent) Keep(page Page, site Site, kind Kind, number uint32) {
	*r.at(page) = numbered{page, number, site, kind}
}

// Forget forgets all pages.
func (r *Recent) Forget() { clear(r.places[:]) }
