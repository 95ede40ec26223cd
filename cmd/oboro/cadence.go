package main

import (
	"fmt"
	"slices"

	"oboro/aggregator/release"
	"oboro/dashboards/public"
)

// cadence returns the kind of period that the site is published by: that of the
// releases before, else the configured one, else the month. A site has one for
// ever: weeks taken from months would give single days, to which no threshold was
// applied. So it is settled before anything is archived.
func (a *app) cadence(site string, shelf *public.Shelf) (release.Cadence, error) {
	before := a.publishedBy(site, shelf)
	wanted := release.Cadence(a.config.Publish.Every)
	switch {
	case len(before) > 1:
		return "", fmt.Errorf("site %s was published by the month and by the week: nothing more can be published "+
			"from this data directory; begin a new one, and leave the published folder as it stands", site)
	case len(before) == 0 && wanted == "":
		return release.Monthly, nil
	case len(before) == 0:
		return wanted, nil
	case wanted != "" && wanted != before[0]:
		return "", misuse("publish: every is %s, but site %s was published by the %s before, and one taken from the other "+
			"would show single days; nothing was changed: leave the option out to go on by the %s, or begin a new data directory",
			wanted, site, before[0], before[0])
	}
	return before[0], nil
}

// publishedBy returns the kinds of the site's releases: those of the ledger, and of
// the archive, which may have one that a killed publication did not record yet.
func (a *app) publishedBy(site string, shelf *public.Shelf) []release.Cadence {
	kinds := append(shelf.PublishedBy(site), public.CadencesOf(a.ledger.PublishedPeriods(site))...)
	slices.Sort(kinds)
	return slices.Compact(kinds)
}
