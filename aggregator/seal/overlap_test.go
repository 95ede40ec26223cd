package seal_test

import (
	"slices"
	"testing"

	"oboro/aggregator/seal"
	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
	"oboro/collector"
)

// A set is visitor-days of a crowd, by their places in it.
type set map[int]bool

func (s set) less(other set) int {
	n := 0
	for i := range s {
		if !other[i] {
			n++
		}
	}
	return n
}

// sets returns who stands behind each cell of the tables in which a visitor-day may have
// several, and behind visits without a tag.
func (all crowd) sets() (behind map[string]map[string]set, untagged map[string]set) {
	behind = map[string]map[string]set{"sources": {}, "channels": {}, "campaigns": {}, "pages": {}}
	untagged = map[string]set{}
	put := func(in map[string]set, key string, i int) {
		if in[key] == nil {
			in[key] = set{}
		}
		in[key][i] = true
	}
	for i, p := range all {
		for _, v := range p.visits {
			put(behind["sources"], v.source, i)
			put(behind["channels"], v.channel, i)
			for _, page := range v.pages {
				put(behind["pages"], page, i)
			}
			if v.tag != "" {
				put(behind["campaigns"], v.tag, i)
				continue
			}
			put(untagged, "", i)
			put(untagged, v.channel, i)
		}
	}
	return behind, untagged
}

// TestOverlappingTablesTogether holds, for the tables in which a visitor-day may be in
// several cells, that the visitor-days behind each difference that can be told from what
// is shown are none or at least k: who is hidden in one table, who is not in a cell, who is
// in a channel and not in a source that lies in it, who came without a tag. Seen to fail
// when each table is folded for itself, when (other) needs k instead of k times reach,
// and when hideSource or hidesUnsourced does nothing.
func TestOverlappingTablesTogether(t *testing.T) {
	t.Parallel()
	c, k, compared := wide(t), 10, 0
	few := func(n int) bool { return n > 0 && n < k }
	for seed := range uint64(1500 / share) {
		all := newCrowd(seed, 15+int(seed)%400)
		folded := seal.FoldAll(c, kin, int64(k), all.cells())
		behind, untagged := all.sets()
		for id, sets := range behind {
			shown, hidden := viewOf(folded[id]).shown, set{}
			for key, s := range sets {
				if shown[key] == 0 {
					for i := range s {
						hidden[i] = true
					}
				} else if few(len(all) - len(s)) {
					t.Errorf("day %d: all but %d of %d visitor-days are in %s of %s", seed, len(all)-len(s), len(all), key, id)
				}
			}
			if len(folded[id]) > 0 && few(len(hidden)) {
				t.Errorf("day %d: %s hides %d visitor-days", seed, id, len(hidden))
			}
		}
		compared += within(t, seed, k, folded, behind)
		if len(folded["campaigns"]) > 0 && few(len(untagged[""])) {
			t.Errorf("day %d: %d visitor-days came without a tag", seed, len(untagged[""]))
		}
	}
	if compared < 500/share {
		t.Errorf("only %d differences were looked at", compared)
	}
}

// within looks at channels and the sources that lie in them, and at no source and the
// channels that lie in that.
func within(t *testing.T, seed uint64, k int, folded map[string][]store.Folded, behind map[string]map[string]set) (compared int) {
	t.Helper()
	sources, channels := viewOf(folded["sources"]).shown, viewOf(folded["channels"]).shown
	difference := func(outer, inner set, name string) {
		if inner.less(outer) > 0 {
			return // it does not lie in it
		}
		compared++
		if n := outer.less(inner); n > 0 && n < k {
			t.Errorf("day %d: %s are %d visitor-days", seed, name, n)
		}
	}
	shares := map[string]int64{}
	for source := range sources {
		for channel := range channels {
			if source == statistic.None {
				difference(behind["sources"][source], behind["channels"][channel], "no source and not "+channel)
			} else if slices.Contains(collector.ChannelsOf(source), channel) {
				difference(behind["channels"][channel], behind["sources"][source], channel+" and not "+source)
			}
		}
		if source != statistic.None {
			usual := collector.ChannelsOf(source)[0]
			shares[usual] += sources[source]
		}
	}
	for channel, sum := range shares {
		if n := channels[channel] - sum; n > 0 && n < int64(k) {
			t.Errorf("day %d: %s less its sources are %d", seed, channel, n)
		}
	}
	return compared
}
