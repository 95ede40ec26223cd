package visitors_test

import (
	"slices"

	"oboro/collector/hit"
	"oboro/collector/internal/visitors"
)

// A reference is the table once more, slow and obvious: it keeps every sighting
// and works each hit out of the whole list. It holds no state but that list.
type reference struct {
	plan  hit.Plan
	later hit.Day // days after the first
	all   []visitors.Sighting
}

// element is what a set tells apart. left is the page before, in sets by next page.
type element struct {
	hour       hit.Hour
	left, page hit.Page
	source     hit.Host
	channel    hit.Channel
	tag        hit.Tag
}

// add returns the hit of the next sighting, and whether it counts: a report of
// engagement does not where it is the first of its visitor.
func (r *reference) add(s visitors.Sighting) (h hit.Hit, counts bool) {
	if s.Kind == hit.Engaged && len(r.of(s.Visitor)) == 0 {
		return hit.Hit{}, false
	}
	r.all = append(r.all, s)
	own := r.of(s.Visitor)
	visit := r.visits(own)
	last := len(own) - 1
	h = hit.Hit{Site: s.Site, Kind: s.Kind, Day: day + r.later, Hour: s.Hour, Env: own[0].Env}
	if s.Kind == hit.Engaged {
		h.Seconds = s.Seconds
	}
	if r.plan.Computes.Has(hit.ByPage) && (s.Kind != hit.Engaged || r.viewed(s)) {
		h.Page = s.Page
		if r.pageListed(s) {
			h.Listed |= hit.Of(hit.ByPage)
		}
	}
	opening := own[visit[last]]
	source := opening.Source
	if r.plan.Computes.Has(hit.ByChannel) {
		h.Channel = opening.Channel
	}
	if r.plan.Computes&hit.OfTags != 0 {
		h.Tags = opening.Tags
	}
	if r.plan.Computes.Has(hit.BySource) {
		h.Source = source
		if r.sourceListed(s.Site, source) {
			h.Listed |= hit.Of(hit.BySource)
		}
	}
	if r.plan.Computes.Has(hit.ByNetwork) {
		h.Network = own[0].Domain
		if r.networkListed(s.Site, h.Network) {
			h.Listed |= hit.Of(hit.ByNetwork)
		}
	}
	r.moves(own, visit, &h)
	r.first(own, visit, &h)
	return h, true
}

// viewed reports whether anybody has viewed the page of a sighting so far.
func (r *reference) viewed(s visitors.Sighting) bool {
	for _, other := range r.all {
		if other.Site == s.Site && other.Kind == hit.View && other.Page == s.Page {
			return true
		}
	}
	return false
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
// opened its visit. A visit opens 30 minutes after the latest time seen so far. A
// report of engagement opens none, and after such a pause it changes nothing.
func (r *reference) visits(own []visitors.Sighting) []int {
	opened := make([]int, len(own))
	latest := own[0].At
	for i, s := range own {
		if i > 0 {
			opened[i] = opened[i-1]
		}
		if s.At > latest+30*60 {
			if s.Kind == hit.Engaged {
				continue
			}
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
	for i, s := range own[:last] {
		if s.Kind == hit.View && visit[i] == visit[last] {
			before = append(before, s)
		}
	}
	switch {
	case len(before) == 0 && r.capped(own, visit)[visit[last]]:
		h.Moves = hit.Begins | hit.Capped
	case len(before) == 0:
		h.Moves = hit.Begins
	case len(before) == 1:
		h.Moves = hit.Follows | hit.Second
	default:
		h.Moves = hit.Follows
	}
	if r.viewCapped(own) {
		h.Moves |= hit.ViewCapped
	}
	if len(before) > 0 {
		left := before[len(before)-1]
		h.Left.Hour = left.Hour
		if r.plan.Computes.Has(hit.ByPage) {
			h.Left.Page = left.Page
		}
		if r.plan.Computes.Has(hit.ByNext) && left.Page != own[last].Page {
			h.Moves |= hit.Onward
			if r.pairListed(own[last].Site, left, own[last]) {
				h.Listed |= hit.Of(hit.ByNext)
			}
		}
	}
}

// capped returns which visits of one visitor count for publication: of the first ones those
// that begin under no earlier label than one that counts, and under none that has its number.
func (r *reference) capped(own []visitors.Sighting, visit []int) map[int]bool {
	begun, counts := map[int]bool{}, map[int]bool{}
	var labels []hit.Hour // of those that count
	for i, s := range own {
		if s.Kind != hit.View || begun[visit[i]] {
			continue
		}
		begun[visit[i]] = true
		same, back := 0, false
		for _, label := range labels {
			if label == s.Hour {
				same++
			}
			back = back || s.Hour < label
		}
		if len(begun) <= int(r.plan.Visits) && (r.plan.PerHour == 0 || !back && same < int(r.plan.PerHour)) {
			counts[visit[i]] = true
			labels = append(labels, s.Hour)
		}
	}
	return counts
}

// viewCapped reports whether the last sighting is among the first views of one of the first
// pages.
func (r *reference) viewCapped(own []visitors.Sighting) bool {
	last := own[len(own)-1]
	var pages []hit.Page
	views := 0
	for _, s := range own {
		if s.Kind != hit.View {
			continue
		}
		if !slices.Contains(pages, s.Page) {
			pages = append(pages, s.Page)
		}
		if s.Page == last.Page {
			views++
		}
	}
	return views <= int(r.plan.Views) && slices.Index(pages, last.Page) < int(r.plan.Pages)
}

// before returns the view that the i-th sighting of one visitor follows in its visit,
// and whether that is of another page.
func before(own []visitors.Sighting, visit []int, i int) (left visitors.Sighting, onward bool) {
	if own[i].Kind != hit.View {
		return left, false
	}
	for j := i - 1; j >= 0; j-- {
		if own[j].Kind == hit.View && visit[j] == visit[i] {
			return own[j], own[j].Page != own[i].Page
		}
	}
	return left, false
}

// pairListed reports whether both pages are declared or three networks have gone from
// the one to the other.
func (r *reference) pairListed(site hit.Site, left, next visitors.Sighting) bool {
	networks := map[visitors.Mark]bool{}
	done := map[visitors.Mark]bool{}
	for _, s := range r.all {
		if s.Site != site || done[s.Visitor] {
			continue
		}
		done[s.Visitor] = true
		own := r.of(s.Visitor)
		visit := r.visits(own)
		for i := range own {
			if from, onward := before(own, visit, i); onward && from.Page == left.Page && own[i].Page == next.Page {
				networks[s.Network] = true
			}
		}
	}
	return left.Declared && next.Declared || len(networks) >= 3
}

// first works out what the last sighting is the first of.
func (r *reference) first(own []visitors.Sighting, visit []int, h *hit.Hit) {
	last := len(own) - 1
	for bit, set := range r.plan.Sets {
		if set.Of != own[last].Kind {
			continue
		}
		if _, onward := before(own, visit, last); set.By.Has(hit.ByNext) && !onward {
			continue
		}
		if tagless(set, own[visit[last]]) {
			continue
		}
		earlier := map[element]bool{}
		for i, s := range own[:last] {
			if _, onward := before(own, visit, i); set.By.Has(hit.ByNext) && !onward || tagless(set, own[visit[i]]) {
				continue
			}
			if s.Kind == set.Of {
				earlier[elementOf(set, own, visit, i)] = true
			}
		}
		if earlier[elementOf(set, own, visit, last)] {
			continue
		}
		h.Seen |= 1 << bit
		if len(earlier) < int(set.Cap) {
			h.Reach |= 1 << bit
		}
	}
}

// tagless reports whether a visit has no tag of those that a set is by.
func tagless(set hit.Set, opening visitors.Sighting) bool {
	for _, by := range (set.By & hit.OfTags).All() {
		if opening.Tags.Of(by) == (hit.Tag{}) {
			return true
		}
	}
	return false
}

func elementOf(set hit.Set, own []visitors.Sighting, visit []int, i int) element {
	var e element
	if set.By.Has(hit.ByHour) {
		e.hour = own[i].Hour
	}
	if set.By.Has(hit.ByPage) {
		e.page = own[i].Page
	}
	if set.By.Has(hit.ByNext) {
		left, _ := before(own, visit, i)
		e.left = left.Page
	}
	if set.By.Has(hit.BySource) {
		e.source = own[visit[i]].Source
	}
	if set.By.Has(hit.ByChannel) {
		e.channel = own[visit[i]].Channel
	}
	for _, by := range (set.By & hit.OfTags).All() {
		e.tag = own[visit[i]].Tags.Of(by)
	}
	return e
}

// pageListed reports whether the page is declared or three networks have sent it.
// Reports of engagement are looked at as their page's views let them.
func (r *reference) pageListed(s visitors.Sighting) bool {
	if s.Kind == hit.Engaged {
		s.Kind, s.Declared = hit.View, s.Declared && r.viewed(s)
	}
	networks := map[visitors.Mark]bool{}
	for _, other := range r.all {
		if other.Site == s.Site && other.Kind == s.Kind && other.Page == s.Page {
			networks[other.Network] = true
		}
	}
	return s.Declared || len(networks) >= 3
}

// networkListed reports whether it is unknown, or visitors of three truncated networks
// are in it, by their first sightings.
func (r *reference) networkListed(site hit.Site, domain hit.Host) bool {
	networks, done := map[visitors.Mark]bool{}, map[visitors.Mark]bool{}
	for _, s := range r.all {
		if s.Site == site && !done[s.Visitor] && s.Domain == domain {
			networks[s.Network] = true
		}
		done[s.Visitor] = true
	}
	return domain == hit.Host{} || len(networks) >= 3
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
