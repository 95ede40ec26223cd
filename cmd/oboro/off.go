package main

import "slices"

// off returns the statistics that are not counted: those that are switched off, and those of
// which nothing could be said: of campaigns for which no site declares a value, and of
// networks that nobody could tell.
func (c *config) off() []string {
	off := slices.Clone(c.Statistics.Off)
	var all campaignsConfig
	for _, s := range c.Sites {
		all.Sources = append(all.Sources, s.Campaigns.Sources...)
		all.Mediums = append(all.Mediums, s.Campaigns.Mediums...)
		all.Names = append(all.Names, s.Campaigns.Names...)
	}
	for _, of := range []struct {
		told bool
		id   string
	}{
		{len(all.Names) > 0, "campaigns"}, {len(all.Sources) > 0, "campaign-sources"}, {len(all.Mediums) > 0, "campaign-mediums"},
		{c.tellsNetworks(), "networks"}, {c.tellsNetworks(), "network-classes"},
	} {
		if !of.told {
			off = append(off, of.id)
		}
	}
	return off
}

// tellsNetworks reports whether anything says whose network an address is in.
func (c *config) tellsNetworks() bool {
	return c.Networks != (networksConfig{}) || c.ReverseDNS != ""
}
