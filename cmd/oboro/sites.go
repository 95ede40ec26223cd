package main

import (
	"strings"

	"oboro/aggregator/statistic"
	"oboro/collector"
)

func (c *config) siteIDs() []string {
	var ids []string
	for _, s := range c.Sites {
		ids = append(ids, s.ID)
	}
	return ids
}

// pagesOf returns the pages that a site declares one by one: a pattern is no list of pages.
func (c *config) pagesOf(site string) []string {
	var pages []string
	for _, s := range c.Sites {
		for _, page := range s.Pages {
			if s.ID == site && !strings.Contains(page, "*") {
				pages = append(pages, page)
			}
		}
	}
	return pages
}

// titles returns the titles of the sites by id.
func (c *config) titles() map[string]statistic.Text {
	titles := map[string]statistic.Text{}
	for _, s := range c.Sites {
		titles[s.ID] = s.Title
	}
	return titles
}

// site returns the index of the site of that id.
func (c *config) site(id string) (int, error) {
	for i, s := range c.Sites {
		if s.ID == id {
			return i, nil
		}
	}
	return 0, misuse("there is no site %q; declared are %q", id, c.siteIDs())
}

func (c *config) collectorSites() []collector.Site {
	var sites []collector.Site
	for _, s := range c.Sites {
		sites = append(sites, collector.Site{ID: s.ID, Hosts: s.Hosts, Pages: s.Pages, DNT: s.DNT, Addresses: s.addresses(), Campaigns: s.Campaigns.declared()})
	}
	return sites
}

// declared returns the campaigns as the collector reads them.
func (c campaignsConfig) declared() collector.Campaigns {
	return collector.Campaigns{Sources: c.Sources, Mediums: c.Mediums, Names: c.Names}
}
