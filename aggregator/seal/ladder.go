package seal

import (
	"cmp"
	"slices"

	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
)

// A rung is what a table hides within one value of the coarser dimension: others in
// Chrome, beside the versions of Chrome that are shown.
type rung struct {
	value  string
	counts statistic.Counts
	merged int
}

// rungs returns the rungs of a table of which all is hidden that has to be. Beside the
// table by the coarser dimension they tell nothing new: each is what that shows, less what
// this one shows of it, which the fold has seen to. A section of pages, or a channel of
// sources, that no other table tells of stands on as much as (other) has to: so does what
// is left for (other), or a rung goes back into it, the smallest first.
func (t *table) rungs(tables []*table, kin Kin) []rung {
	if t.closed || t.merged == 0 || len(t.st.Dimensions) != 1 {
		return nil
	}
	coarser, ok := statistic.Coarser(t.st.Dimensions[0])
	if !ok {
		return nil
	}
	var list []rung
	if t.st.Overlaps() {
		list = t.gathered(kin)
	} else {
		list = t.lessShown(tables, coarser, kin)
	}
	slices.SortFunc(list, func(a, b rung) int {
		return cmp.Or(cmp.Compare(t.size(b.counts), t.size(a.counts)), cmp.Compare(a.value, b.value))
	})
	for len(list) > 0 {
		if rest, _ := t.without(list); rest[statistic.Visitors] == 0 || t.isEnough(rest) {
			break
		}
		list = list[:len(list)-1]
	}
	return list
}

// size returns by what rungs are put in order.
func (t *table) size(c statistic.Counts) int64 {
	if t.st.Overlaps() {
		return c[statistic.Reach]
	}
	return c[statistic.Visitors]
}

// without returns what a table hides beside its rungs, and of how many cells at least.
func (t *table) without(list []rung) (rest statistic.Counts, merged int) {
	rest, merged = t.hidden, t.merged
	for _, r := range list {
		rest.Less(r.counts)
		merged -= r.merged
	}
	return rest, max(merged, 1)
}

// gathered returns the rungs of a table in which a visitor-day may have several cells.
// One that counts visitor-days alone has none to show.
func (t *table) gathered(kin Kin) (list []rung) {
	if len(t.st.Measures) == 1 {
		return nil
	}
	places := map[string]int{}
	shown := make([]bool, len(t.all))
	for _, c := range t.shown() {
		shown[c.at] = true
	}
	for i := range t.all {
		c := &t.all[i]
		if c.Counts.IsZero() || c.Keys[0] == statistic.Unlisted || shown[i] {
			continue
		}
		value, ok := rungOf(t.st.Dimensions[0], c.Keys[0], kin)
		if !ok {
			continue
		}
		at, known := places[value]
		if !known {
			at = len(list)
			places[value] = at
			list = append(list, rung{value: value})
		}
		list[at].counts.Add(c.Counts)
		list[at].merged++
	}
	return slices.DeleteFunc(list, func(r rung) bool { return !t.isEnough(r.counts) })
}

// rungOf returns the section of a page, and the usual channel of a source.
func rungOf(d statistic.Dimension, key string, kin Kin) (value string, ok bool) {
	switch {
	case d == statistic.ByPage && kin.Section != nil:
		return kin.Section(key)
	case d == statistic.ByPage:
		return statistic.Section(key)
	}
	if channels := kin.Channels(key); key != statistic.None && len(channels) > 0 {
		return channels[0], true
	}
	return "", false
}

// lessShown returns the rungs of a table beside that by the coarser dimension, if that has the same
// measures: of each value that it shows, what is not shown here. Where something that is
// shown here may lie in several values, nobody can tell; nor, of a week, on which of its days
// the visitor-days of a difference met.
func (t *table) lessShown(tables []*table, coarser statistic.Dimension, kin Kin) (list []rung) {
	y, ok := beside(tables, t, coarser)
	i := slices.IndexFunc(pairs, func(p pair) bool { return p.x == t.st.Dimensions[0] && p.y == coarser })
	if !ok || y.closed || i < 0 || t.week || slices.ContainsFunc(t.st.Measures, func(m statistic.Measure) bool { return !y.st.Has(m) }) {
		return nil
	}
	f := fit(pairs[i], t, y, kin)
	f.gather()
	for i, c := range y.shown() {
		r := rung{value: c.Keys[0], counts: c.Counts, merged: 0}
		sure := true
		for _, g := range f.groups {
			if !g.places[i+1] {
				continue
			}
			sure = sure && (g.kind == whole || len(g.shown) == 0)
			for _, shown := range g.shown {
				r.counts.Less(shown.Counts)
			}
			if g.kind == whole {
				r.merged += g.all - len(g.shown)
			}
		}
		if r.merged = max(r.merged, 1); sure && r.counts[statistic.Visitors] >= t.k {
			list = append(list, r)
		}
	}
	return list
}

// withRungs returns the rows of what a table hides: its rungs, and (other).
func (t *table) withRungs(list []rung) (rows []store.Folded) {
	for _, r := range list {
		rows = append(rows, t.merge(statistic.OtherIn(r.value), r.counts, r.merged))
	}
	if rest, merged := t.without(list); rest[statistic.Visitors] > 0 {
		rows = append(rows, t.merge(statistic.Other, rest, merged))
	}
	return rows
}
