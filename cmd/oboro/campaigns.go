package main

import (
	"slices"

	"oboro/collector"
)

// declared returns the campaigns as the collector reads them.
func (c campaignsConfig) declared() collector.Campaigns {
	return collector.Campaigns{Sources: c.Sources, Mediums: c.Mediums, Names: c.Names}
}

// off returns the statistics that are not counted: those that are switched off, and those of
// campaigns for which no site declares a value.
func (c *config) off() []string {
	off := slices.Clone(c.Statistics.Off)
	var all campaignsConfig
	for _, s := range c.Sites {
		all.Sources = append(all.Sources, s.Campaigns.Sources...)
		all.Mediums = append(all.Mediums, s.Campaigns.Mediums...)
		all.Names = append(all.Names, s.Campaigns.Names...)
	}
	for _, of := range []struct {
		values []string
		id     string
	}{{all.Names, "campaigns"}, {all.Sources, "campaign-sources"}, {all.Mediums, "campaign-mediums"}} {
		if len(of.values) == 0 {
			off = append(off, of.id)
		}
	}
	return off
}
