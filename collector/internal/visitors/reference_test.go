package visitors_test

import (
	"oboro/collector/hit"
	"oboro/collector/internal/visitors"
)

// A reference is the table once more, slow and obvious: it keeps every sighting
// and works each hit out of the whole list. It holds no state but that list.
type reference struct {
	plan hit.Plan
	all  []visitors.Sighting
}

// element is what a set tells apart.
type element struct {
	hour   hit.Hour
	page   hit.Page
	source hit.Host
}

// add returns the hit of the next sighting.
func (r *reference) add(s visitors.Sighting) hit.Hit {
	r.all = append(r.all, s)
	own := r.of(s.Visitor)
	visit := r.visits(own)
	last := len(own) - 1
	h := hit.Hit{Site: s.Site, Kind: s.Kind, Day: day, Hour: s.Hour, Env: own[0].Env}
	if r.plan.Computes.Has(hit.ByPage) {
		h.Page = s.Page
		if r.pageListed(s) {
			h.Listed |= hit.Of(hit.ByPage)
		}
	}
	source := own[visit[last]].Source
	if r.plan.Computes.Has(hit.BySource) {
		h.Source = source
		if r.sourceListed(s.Site, source) {
			h.Listed |= hit.Of(hit.BySource)
		}
	}
	r.moves(own, visit, &h)
	r.first(own, visit, &h)
	return h
}

// of returns what one visitor has sent, in order of arrival.
func (r *reference) of(visitor visitors.Mark) []visitors.Sighting {
	var own []visitors.Sighting
	for _, s := range r.all {
		if s.Visitor == visitor {
			own = append(own, s)
		}
	}
	return own
}

// visits returns, for each sighting of one visitor, the index of the one that
// opened its visit. A visit opens 30 minutes after the latest time seen so far.
func (r *reference) visits(own []visitors.Sighting) []int {
	opened := make([]int, len(own))
	latest := own[0].At
	for i, s := range own {
		if i > 0 {
			opened[i] = opened[i-1]
		}
		if s.At > latest+30*60 {
			opened[i] = i
		}
		latest = max(latest, s.At)
	}
	return opened
}

// moves works out what the last sighting changes in the counts of visits.
func (r *reference) moves(own []visitors.Sighting, visit []int, h *hit.Hit) {
	last := len(own) - 1
	if own[last].Kind != hit.View {
		return
	}
	var before []visitors.Sighting // earlier views of this visit
	begun := map[int]bool{}        // earlier visits with a view
	for i, s := range own[:last] {
		switch {
		case s.Kind != hit.View:
		case visit[i] == visit[last]:
			before = append(before, s)
		default:
			begun[visit[i]] = true
		}
	}
	switch {
	case len(before) == 0 && len(begun) < int(r.plan.Visits):
		h.Moves = hit.Begins | hit.Capped
	case len(before) == 0:
		h.Moves = hit.Begins
	case len(before) == 1:
		h.Moves = hit.Follows | hit.Second
	default:
		h.Moves = hit.Follows
	}
	if len(before) > 0 {
		left := before[len(before)-1]
		h.Left.Hour = left.Hour
		if r.plan.Computes.Has(hit.ByPage) {
			h.Left.Page = left.Page
		}
	}
}

// first works out what the last sighting is the first of.
func (r *reference) first(own []visitors.Sighting, visit []int, h *hit.Hit) {
	last := len(own) - 1
	for bit, set := range r.plan.Sets {
		if set.Of != own[last].Kind {
			continue
		}
		earlier := map[element]bool{}
		for i, s := range own[:last] {
			if s.Kind == set.Of {
				earlier[elementOf(set, s, own[visit[i]].Source)] = true
			}
		}
		if earlier[elementOf(set, own[last], own[visit[last]].Source)] {
			continue
		}
		h.Seen |= 1 << bit
		if len(earlier) < int(set.Cap) {
			h.Reach |= 1 << bit
		}
	}
}

func elementOf(set hit.Set, s visitors.Sighting, source hit.Host) element {
	var e element
	if set.By.Has(hit.ByHour) {
		e.hour = s.Hour
	}
	if set.By.Has(hit.ByPage) {
		e.page = s.Page
	}
	if set.By.Has(hit.BySource) {
		e.source = source
	}
	return e
}

// pageListed reports whether the page is declared or three networks have sent it.
func (r *reference) pageListed(s visitors.Sighting) bool {
	networks := map[visitors.Mark]bool{}
	for _, other := range r.all {
		if other.Site == s.Site && other.Kind == s.Kind && other.Page == s.Page {
			networks[other.Network] = true
		}
	}
	return s.Declared || len(networks) >= 3
}

// sourceListed reports whether it is none or visits of three networks had it.
func (r *reference) sourceListed(site hit.Site, source hit.Host) bool {
	networks := map[visitors.Mark]bool{}
	done := map[visitors.Mark]bool{}
	for _, s := range r.all {
		if s.Site != site || done[s.Visitor] {
			continue
		}
		done[s.Visitor] = true
		own := r.of(s.Visitor)
		for _, opened := range r.visits(own) {
			if own[opened].Source == source {
				networks[s.Network] = true
			}
		}
	}
	return source == hit.Host{} || len(networks) >= 3
}
