package main

import "oboro/collector"

// declared returns the campaigns as the collector reads them.
func (c campaignsConfig) declared() collector.Campaigns {
	return collector.Campaigns{Sources: c.Sources, Mediums: c.Mediums, Names: c.Names}
}
