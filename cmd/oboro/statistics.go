package main

import (
	"os"
	"slices"

	"oboro/aggregator/statistic"
)

// catalogue returns the enabled statistics.
func (c *config) catalogue() (*statistic.Catalogue, error) {
	catalogue, err := c.declares(c.off())
	if err != nil {
		return nil, err
	}
	if catalogue.Plan().Computes.Has(statistic.ByRegion) && c.Countries == "" {
		return nil, misuse("statistics: one counts by region, which the built-in country table does not know; " +
			"name a City database (GeoLite2, GeoIP2 or DB-IP) in countries, or leave it out")
	}
	return catalogue, nil
}

// declares returns the statistics of the built-in catalogue and of the files, but those that are off.
func (c *config) declares(off []string) (*statistic.Catalogue, error) {
	var more [][]byte
	for _, file := range c.Statistics.Files {
		text, err := os.ReadFile(absolute(file, c.dir))
		if err != nil {
			return nil, misuse("statistics: %w", err)
		}
		more = append(more, text)
	}
	catalogue, err := statistic.Built(off, more...)
	if err != nil {
		return nil, misuse("statistics: %w", err)
	}
	return catalogue, nil
}

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
