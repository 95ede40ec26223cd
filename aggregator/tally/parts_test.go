package tally_test

import (
	"maps"
	"testing"

	"oboro/aggregator/statistic"
	"oboro/aggregator/tally"
	"oboro/collector/hit"
)

// TestPartsAreTheWhole: hits whose part of networks comes later, in any order, come to the same
// cells as hits that are whole, and until then the tables by network and its class have nothing of
// them, and the others all. Seen to fail when a group or a table counts a part that is not its
// own, and when the class of the network is summed with the rest of the environment.
func TestPartsAreTheWhole(t *testing.T) {
	for seed := range uint64(5) {
		c := newCrowd(t, seed)
		whole, parts, counted := tally.New(catalogue(t), sites, day), tally.New(catalogue(t), sites, day), tally.New(catalogue(t), sites, day)
		var late []hit.Hit
		for range 200 {
			h := c.next(c.random.IntN(9)).Hit
			whole.Take(h)
			if c.random.IntN(3) > 0 {
				later := h
				later.Part, h.Part = hit.NetworkAlone, hit.ButNetwork
				env := h.Env.Unpack()
				env.Class = 0
				h.Network, h.Env = hit.Host{}, hit.Pack(env)
				h.Listed &^= hit.Of(hit.ByNetwork)
				late = append(late, later)
			} else {
				counted.Take(h)
			}
			parts.Take(h)
		}
		of := func(from *tally.Tally, network bool) count {
			got := count{}
			got.add(from.Changes())
			maps.DeleteFunc(got, func(at place, _ statistic.Counts) bool {
				return (at.statistic == "networks" || at.statistic == "network-classes" || at.statistic == "network-themes") != network
			})
			return got
		}
		compare(t, "but for networks", of(parts, false), of(whole, false))
		compare(t, "networks of those who do not wait", of(parts, true), of(counted, true))
		c.random.Shuffle(len(late), func(i, j int) { late[i], late[j] = late[j], late[i] })
		for _, h := range late {
			parts.Take(h)
		}
		compare(t, "networks in the end", of(parts, true), of(whole, true))
		compare(t, "all others in the end", of(parts, false), of(whole, false))
	}
}
