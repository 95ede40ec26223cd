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

// pairOf returns the page before a step that goes onward, and its own.
func (t *Table) pairOf(p *step) pair { return pair{t.crowd.at(p.visitor).page, p.page} }

// resolvePair finds the label of the two pages of a step that goes onward; a new one
// will have the number next. It reports whether networks are counted for it. Where one of
// the pages had no room, the pair has none.
func (t *Table) resolvePair(p *step, fresh *fresh, next label) (waits bool) {
	key := t.pairOf(p)
	if p.pair = unlisted; key.from <= unlisted || key.to <= unlisted {
		return false
	}
	if at, ok := t.labels.pairs[key]; ok {
		p.pair = at
		return t.labels.waits(at)
	}
	declared := t.declaredPair(key, *fresh)
	if _, full := t.labels.full(t.labels.site(p.site).pairs, declared); full {
		return false
	}
	p.pair, fresh.pair = next, true
	return !declared
}

// declaredPair reports whether both pages of a pair are declared, of which the second
// may be new.
func (t *Table) declaredPair(key pair, fresh fresh) bool {
	if !t.labels.proofs[key.from].declared {
		return false
	}
	if fresh.page && int(key.to) >= len(t.labels.proofs) {
		return fresh.declared
	}
	return t.labels.proofs[key.to].declared
}
