package hit

import "unsafe"

// Recent remembers numbers that were given to pages, each on its site and in its kind of
// hit, and to the hosts that visits to a site came from, for as long as no other takes their
// place. It looks where a text stands before it looks at the text: the same page mostly
// comes from one place, where it was remembered once, and is found without being read. The
// zero Recent is empty.
type Recent struct{ places [recentPlaces]numbered }

const (
	recentBits   = 12
	recentPlaces = 1 << recentBits
)

type numbered struct {
	text   string
	number uint32
	site   Site
	kind   Kind // kinds, where the text is a host's
}

// at returns the place where a text can be, which is never empty.
func (r *Recent) at(text string) *numbered {
	const odd = 0x9e3779b97f4a7c15 // spreads places that lie side by side
	stands := uint64(uintptr(unsafe.Pointer(unsafe.StringData(text))))
	return &r.places[stands*odd>>(64-recentBits)]
}

func (r *Recent) find(text string, site Site, kind Kind) uint32 {
	if n := r.at(text); n.text == text && n.site == site && n.kind == kind {
		return n.number
	}
	return 0
}

// Find returns the number of a page, or 0 where that is not remembered.
func (r *Recent) Find(page Page, site Site, kind Kind) uint32 { return r.find(page.path, site, kind) }

// Keep remembers the number of a page. It is not 0.
func (r *Recent) Keep(page Page, site Site, kind Kind, number uint32) {
	*r.at(page.path) = numbered{page.path, number, site, kind}
}

// FindHost returns the number of a host, or 0 where that is not remembered.
func (r *Recent) FindHost(host Host, site Site) uint32 { return r.find(host.name, site, kinds) }

// KeepHost remembers the number of a host. It is not 0.
func (r *Recent) KeepHost(host Host, site Site, number uint32) {
	*r.at(host.name) = numbered{host.name, number, site, kinds}
}

// Forget forgets all of them.
func (r *Recent) Forget() { clear(r.places[:]) }
