package main

import (
	"cmp"
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
// the archive, which may have one that a killed publication did not record yet. Tables of sums
// have a kind of their own.
func (a *app) publishedBy(site string, shelf *public.Shelf) []release.Cadence {
	kinds := shelf.PublishedBy(site, false)
	for id, periods := range a.ledger.PublishedPeriods(site) {
		if len(a.ledger.Periods(site, id)) == 0 {
			kinds = append(kinds, public.CadencesOf(periods)...)
		}
	}
	slices.Sort(kinds)
	return slices.Compact(kinds)
}

// sumsWeeks reports whether figures of pages are summed over weeks: as they were before, else
// as configured, else over months. There is one kind for ever: a week taken from a month would
// show its other days, with less noise than they need. So it is settled before any period
// begins.
func (a *app) sumsWeeks() (bool, error) {
	if a.ledger == nil { // of one of several collectors, which sums nothing
		return false, nil
	}
	wanted := release.Cadence(a.config.Publish.PagesEvery)
	var before release.Cadence
	for _, site := range a.config.siteIDs() {
		for _, st := range a.catalogue.All() {
			for _, p := range a.ledger.Periods(site, st.ID) {
				kind := release.Monthly
				if p.Days == 7 {
					kind = release.Weekly
				}
				if before != "" && before != kind {
					return false, fmt.Errorf("figures of pages were summed by the month and by the week: nothing more can be "+
						"published from this data directory; begin a new one (statistic %s of site %s)", st.ID, site)
				}
				before = kind
			}
		}
	}
	if before != "" && wanted != "" && before != wanted {
		return false, misuse("publish: pages_every is %s, but figures of pages are summed by the %s, and one taken from the other "+
			"would show days with less noise than they need; nothing was changed: leave the option out to go on by the %s, or begin "+
			"a new data directory", wanted, before, before)
	}
	return cmp.Or(before, wanted) == release.Weekly, nil
}
