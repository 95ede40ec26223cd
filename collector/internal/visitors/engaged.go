package visitors

import "oboro/collector/hit"

// engage works out the hit of a report of engagement. It keeps a visit going, as any
// hit does, but begins none and admits no label. One that comes after the visit has
// ended counts for it all the same.
func (t *Table) engage(v *state, p *step, h *hit.Hit) {
	h.Seconds = p.seconds
	if !v.opens(p.at) {
		v.last = max(v.last, p.at)
	}
	if t.plan.Computes.Has(hit.ByPage) {
		h.Page, h.Numbers.Page = t.labels.pages[p.page], uint32(p.page)
		if t.labels.proofs[p.page].admitted {
			h.Listed |= hit.Of(hit.ByPage)
		}
	}
	if t.plan.Computes.Has(hit.BySource) {
		h.Source = t.labels.hosts[v.source]
		if t.labels.proofs[v.source].admitted {
			h.Listed |= hit.Of(hit.BySource)
		}
	}
	t.origin(v, t.tagsOf(p.visitor), h)
}

// shown returns the label of a page that was viewed today, or unlisted.
func (l *labels) shown(s *Sighting) label {
	if at, ok := l.site(s.Site).pages[hit.View][s.Page]; ok {
		return at
	}
	return unlisted
}
