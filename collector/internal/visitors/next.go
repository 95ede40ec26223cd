package visitors

import "oboro/collector/hit"

// A pair is two pages, of which the second was viewed after the first.
type pair struct{ from, to label }

// onward reports whether a step is a view of another page than the view before it in
// its visit, and some statistic asks for that. Two pages for which there was no room
// cannot be told apart.
func (t *Table) onward(p *step) bool {
	if !t.plan.Computes.Has(hit.ByNext) || !p.known || p.kind != hit.View {
		return false
	}
	v := t.crowd.at(p.visitor)
	return v.views > 0 && v.page != p.page && !v.opens(p.at)
}

// resolvePair finds the label of the two pages of a step that goes onward.
func (t *Table) resolvePair(p *step) (err error) {
	key := labelKey{site: p.site, of: ofPair, pair: pair{t.crowd.at(p.visitor).page, p.page}}
	var ok bool
	if p.pair, ok = t.labels.pair(key); !ok {
		p.pair, err = t.label(key, t.labels.declaredPair(key.pair))
	}
	return err
}

// pair returns the label of two pages, if that is known or there is no room for it.
// Where one of the pages had no room, the pair has none.
func (l *labels) pair(key labelKey) (label, bool) {
	if key.pair.from <= unlisted || key.pair.to <= unlisted {
		return unlisted, true
	}
	if at, ok := l.pairs[key.pair]; ok {
		return at, true
	}
	return l.full(l.site(key.site).pairs, l.declaredPair(key.pair))
}

// declaredPair reports whether both pages of a pair are declared.
func (l *labels) declaredPair(p pair) bool {
	return l.proofs[p.from].declared && l.proofs[p.to].declared
}

// holds reports whether the pages of a pair are there and are of its site.
func (l *labels) holds(key labelKey) bool {
	for _, at := range []label{key.pair.from, key.pair.to} {
		if at <= unlisted || int(at) >= len(l.proofs) || l.proofs[at].site != key.site || l.pages[at] == (hit.Page{}) {
			return false
		}
	}
	return true
}
