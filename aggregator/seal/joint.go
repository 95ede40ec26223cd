package seal

import (
	"slices"

	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
)

// FoldAll returns the cells of all tables of one site and day that may be kept, by
// statistic, so that who holds all of them learns of no visitor-days fewer than k: not
// from a table and its total, as [Fold] has it, and not from what one table says of a
// part of another. A source is of a channel, a version of a browser, a network of a
// class: a channel of 31 less its one source of 30 would be one visitor-day.
//
// Each rule looks at what two tables show and hides cells where a difference is
// neither nobody nor k visitor-days. Hiding changes the differences of other rules,
// so they are gone through until none hides anything more. That ends, since nothing is
// ever shown again. The outcome depends on the cells alone.
func FoldAll(c *statistic.Catalogue, kin Kin, k int64, cells map[string][]store.Cell) map[string][]store.Folded {
	return foldAll(tablesOf(c, statistic.Daily, k, cells), kin)
}

// FoldWeek does the same for all tables of one site and week. A cell then also needs a day on
// which 3 visitor-days met in it. What two tables tell together needs more visitor-days than
// any that could come two a day: of a difference of cells nobody knows how many met.
func FoldWeek(c *statistic.Catalogue, kin Kin, k int64, cells map[string][]store.Cell) map[string][]store.Folded {
	return foldAll(tablesOf(c, statistic.Weekly, k, cells), kin)
}

// tablesOf returns the tables of a grain: those of the statistics that have it, and of others
// what was counted before their grain was changed.
func tablesOf(c *statistic.Catalogue, grain statistic.Grain, k int64, cells map[string][]store.Cell) (tables []*table) {
	for _, st := range c.All() {
		switch own := cells[st.ID]; {
		case st.Grain != grain && len(own) == 0:
		case st.Crossed():
			tables = append(tables, tableOf(st, max(k, st.K), grain, own))
		default:
			tables = append(tables, newTable(st, max(k, st.K), grain, own))
		}
	}
	return tables
}

func foldAll(all []*table, kin Kin) map[string][]store.Folded {
	tables := slices.DeleteFunc(slices.Clone(all), func(t *table) bool { return t.st.Crossed() })
	kin = kin.remembered()
	rules := rulesOf(tables, kin)
	for changed := true; changed; {
		changed = false
		for _, t := range tables {
			for t.settle() {
				changed = true
			}
		}
		for _, rule := range rules {
			for rule() {
				changed = true
			}
		}
	}
	folded := make(map[string][]store.Folded, len(tables))
	for _, t := range tables {
		folded[t.st.ID] = t.folded(t.rungs(tables, kin))
	}
	for _, t := range all {
		if t.st.Crossed() {
			folded[t.st.ID] = foldCube(t, alone(tables, t.st, t.st.Dimensions[0]), alone(tables, t.st, t.st.Dimensions[1]))
		}
	}
	return folded
}

// A rule hides cells, or closes a table, where the tables it looks at show too much
// together. It reports whether it has.
type rule func() bool

func rulesOf(tables []*table, kin Kin) (rules []rule) {
	for _, t := range tables {
		if total, ok := totalOf(tables, t); ok && t.st.Overlaps() {
			rules = append(rules, func() bool { return t.missing(total) })
		}
	}
	for _, p := range pairs {
		for _, x := range by(tables, p.x) {
			if y, ok := beside(tables, x, p.y); ok {
				rules = append(rules, fit(p, x, y, kin).fold)
			}
		}
	}
	for _, x := range by(tables, statistic.BySource) {
		if y, ok := beside(tables, x, statistic.ByChannel); ok {
			rules = append(rules, func() bool { return hideSource(x, y, kin) })
		}
	}
	for _, x := range by(tables, statistic.ByPage, statistic.ByNext) {
		if y, ok := beside(tables, x, statistic.ByPage); ok {
			rules = append(rules, func() bool { return hidePair(x, y) })
		}
	}
	for _, d := range []statistic.Dimension{statistic.ByCampaign, statistic.ByCampaignSource, statistic.ByCampaignMedium} {
		for _, x := range by(tables, d) {
			y, ok := beside(tables, x, statistic.ByChannel)
			if ok {
				rules = append(rules, func() bool { return closeTagsOf(x, y) })
			}
			if total, ok := totalOf(tables, x); ok {
				rules = append(rules, func() bool { return closeTags(x, y, total) })
			}
		}
	}
	return rules
}

// by returns the tables by just these dimensions.
func by(tables []*table, dimensions ...statistic.Dimension) (list []*table) {
	for _, t := range tables {
		if slices.Equal(t.st.Dimensions, dimensions) {
			list = append(list, t)
		}
	}
	return list
}

// alone returns the table by one dimension of a crossed statistic, which the catalogue has
// seen to be there; or, where its grain was changed and that one had nothing to count, nil.
func alone(tables []*table, st *statistic.Statistic, dimension statistic.Dimension) *table {
	i := slices.IndexFunc(tables, func(t *table) bool {
		return t.st.Of == st.Of && slices.Equal(t.st.Dimensions, []statistic.Dimension{dimension})
	})
	if i < 0 {
		return nil
	}
	return tables[i]
}

// beside returns the table by that dimension that counts the same kind of hits as t.
func beside(tables []*table, t *table, dimension statistic.Dimension) (*table, bool) {
	for _, y := range by(tables, dimension) {
		if y.st.Of == t.st.Of {
			return y, true
		}
	}
	return nil, false
}

// totalOf returns the counts of the whole day, of the kind of hits that t counts. Each
// table in which a visitor-day has one cell tells them, at least in part.
func totalOf(tables []*table, t *table) (total statistic.Counts, ok bool) {
	for _, y := range tables {
		if y.st.Of != t.st.Of || y.st.Overlaps() {
			continue
		}
		ok = true
		sum := sumOf(y.all)
		for m := range total {
			total[m] = max(total[m], sum[m])
		}
	}
	return total, ok
}

// isFew reports whether n visitor-days may not be told of.
func isFew(n, k int64) bool { return n > 0 && n < k }

// missing hides the cells that all visitor-days of the day are in, but for a few: who
// takes one off the total would know of these that they are not.
func (t *table) missing(total statistic.Counts) (changed bool) {
	for i := len(t.cells) - 1; !t.closed && i >= 0 && total[statistic.Visitors]-t.cells[i].visitors() < t.apart; i-- {
		if c := t.cells[i]; !c.hidden && isFew(total[statistic.Visitors]-c.visitors(), t.apart) {
			t.hide(c)
			changed = true
		}
	}
	return changed
}

// channels that a visit without a source may have, and those of them that nothing else
// has.
var (
	unsourced = []string{"direct", "internal", unknown, "print", "campaign", "mail", "social", "ai-assistant"}
	unnamed   = unsourced[:3]
)

// hideSource hides the sources of x that differ from a channel of y that it may be in by
// a few visitor-days, or leaves a few of its usual one with the other sources that are
// shown. Both tables count a visitor-day in several cells. So x shows visitors alone:
// visits add up over sources and channels alike, and how many of a source a link's words
// have put into which channel would follow from both.
func hideSource(x, y *table, kin Kin) (changed bool) {
	k := max(x.apart, y.apart)
	channels := map[string]*cell{}
	for _, c := range y.shown() {
		channels[c.Keys[0]] = c
	}
	within := map[string][]*cell{}
	for _, c := range x.shown() {
		if c.Keys[0] == statistic.None {
			if hidesUnsourced(c, channels, k) {
				x.hide(c)
				changed = true
			}
			continue
		}
		usual := ""
		for i, name := range kin.Channels(c.Keys[0]) {
			channel := channels[name]
			if channel == nil && i == 0 || channel != nil && differ(channel, c, k) {
				usual = ""
				break
			}
			if i == 0 {
				usual = name
			}
		}
		if usual == "" {
			x.hide(c)
			changed = true
			continue
		}
		within[usual] = append(within[usual], c)
	}
	for name, cells := range within {
		rest := channels[name].visitors() - visitorsOf(cells)
		for ; isFew(rest, k); cells = cells[1:] {
			x.hide(cells[0])
			rest += cells[0].visitors()
			changed = true
		}
	}
	return changed
}

// hidesUnsourced reports whether the cell of no source tells of a few visitor-days
// beside the channels of which it is made.
func hidesUnsourced(none *cell, channels map[string]*cell, k int64) bool {
	var parts []*cell
	for _, name := range unsourced {
		c := channels[name]
		if c == nil {
			continue
		}
		if differ(none, c, k) {
			return true
		}
		if slices.Contains(unnamed, name) {
			parts = append(parts, c)
		}
	}
	return isFew(none.visitors()-visitorsOf(parts), k)
}

func differ(a, b *cell, k int64) bool {
	n := a.visitors() - b.visitors()
	return isFew(max(n, -n), k)
}

func visitorsOf(cells []*cell) (sum int64) {
	for _, c := range cells {
		sum += c.visitors()
	}
	return sum
}

// hidePair hides the steps from page to page of x, unless y shows both pages, and neither
// has a few visitor-days more than the step.
func hidePair(x, y *table) (changed bool) {
	k := max(x.apart, y.apart)
	pages := map[string]*cell{}
	for _, c := range y.shown() {
		pages[c.Keys[0]] = c
	}
	for _, c := range x.shown() {
		for _, key := range c.Keys {
			if page := pages[key]; page == nil || differ(page, c, k) {
				x.hide(c)
				changed = true
				break
			}
		}
	}
	return changed
}

// closeTags closes a table of links' tags, if all visitor-days but a few came by a tag.
// Visits without one are not in the table; its sum, off the total, is what they are. At
// least as many came without as are in a channel of y that links with tags never have;
// there may be no y.
func closeTags(x, y *table, total statistic.Counts) bool {
	least := total[statistic.Visitors] - sumOf(x.all)[statistic.Visitors]
	if y != nil {
		least = max(least, y.untagged(func(string) bool { return true }))
	}
	return x.closeBeside(total, least)
}

// untagged returns the visitor-days of the largest of these channels of which links
// with tags are never.
func (t *table) untagged(of func(channel string) bool) (most int64) {
	for i := range t.all {
		if c := &t.all[i]; !slices.Contains(tagged, c.Keys[0]) && of(c.Keys[0]) {
			most = max(most, c.Counts[statistic.Visitors])
		}
	}
	return most
}

// closeTagsOf closes it, if that is so of the channels that a link with a tag may have: of
// those that are shown, and of all that are hidden.
func closeTagsOf(x, y *table) bool {
	if y.closed {
		return false
	}
	sum, least := y.hidden, y.hidden[statistic.Reach]/int64(y.st.Reach)
	for _, c := range y.shown() {
		if slices.Contains(tagged, c.Keys[0]) {
			sum.Add(c.Counts)
			least = max(least, c.visitors())
		}
	}
	least -= sumOf(x.all)[statistic.Visitors]
	return x.closeBeside(sum, max(least, y.untagged(func(channel string) bool { return !y.shows(channel) })))
}

// tagged are the channels that a visit by a link with a tag may have.
var tagged = []string{"internal", "campaign", "print", "mail", "social", "ai-assistant"}

// closeBeside closes x, if something of sum is left without it, and fewer than enough
// visitor-days are sure to stand behind that.
func (t *table) closeBeside(sum statistic.Counts, least int64) bool {
	if t.closed {
		return false
	}
	own, left := sumOf(t.all), false
	for _, m := range []statistic.Measure{statistic.Views, statistic.Visits, statistic.Entries, statistic.Singles} {
		left = left || t.st.Has(m) && sum[m] > own[m]
	}
	if own.IsZero() || !left || least >= t.apart {
		return false
	}
	t.closed = true
	return true
}

func sumOf(cells []store.Cell) (sum statistic.Counts) {
	for i := range cells {
		sum.Add(cells[i].Counts)
	}
	return sum
}
