package intake

import (
	"net/netip"
	"testing"
	"time"

	"oboro/collector/hit"
	"oboro/collector/internal/source"
	"oboro/collector/internal/visitors"
)

// A hit keeps of where it came from what source.Find tells of its whole referrer and query,
// as far as the plan asks, whatever was remembered before; and it is refused as spam where
// the plan asks for what a referrer tells. Seen to fail when the query is cut at another
// sign, when the campaigns are another site's, when a detail is kept that the plan does not ask
// for, when spam is let through, when a visit without a referrer has no channel, and when the tags
// of the hit before stay.
func TestOriginIsWhatIsAskedFor(t *testing.T) {
	campaigns, _, ok := source.NewCampaigns(source.Declaration{Source: []string{"kouhou"}, Medium: []string{"leaflet-a"}, Campaign: []string{"spring*"}})
	if !ok {
		t.Fatal("the declaration of the test is refused")
	}
	sites := []Site{{Hosts: []string{"a.example"}}, {Hosts: []string{"b.example"}, Campaigns: campaigns}}
	referrers := []string{"", "-", "https://www.google.com/", "https://blog.c.example/x?y", "https://a.example/", "https://b.example/x", "https://1-99seo.com/", "android-app://no.such.app/"}
	targets := []string{
		"/a", "/a?b=c", "/a?utm_source=kouhou", "/a?b&utm_source=taro&utm_medium=leaflet-a&utm_campaign=spring-5", "/a?utm_medium=email",
		"/a?utm_source=chatgpt.com", "/?utm_campaign=winter", "/utm_source=kouhou", "/a?x=?utm_source=kouhou",
	}
	for _, wants := range []hit.Dimensions{
		0, hit.OfOrigin, hit.Of(hit.BySource), hit.Of(hit.ByChannel), hit.Of(hit.ByCampaign), hit.Of(hit.ByCampaignSource, hit.ByCampaignMedium), hit.Of(hit.ByChannel, hit.ByCampaignMedium),
	} {
		in := New(sites)
		in.Plan.Computes, in.Plan.Kinds, in.Zone = wants, [hit.Kinds]bool{true, true, true}, time.UTC
		key := newTable(t, in.Plan).Key
		var s visitors.Sighting // of the hit before, as an import has it
		for range 2 {
			for _, referrer := range referrers {
				for _, target := range targets {
					for site := range hit.Site(2) {
						r := raw{address: netip.MustParseAddr("198.51.100.7"), agent: firefox, referrer: referrer, path: target}
						s.Site = site
						o := in.fill(&s, r, key)
						found := source.Find(referrer, queryOf(target), func(host string) bool { return in.own(site, host) }, sites[site].Campaigns)
						if wants&ofReferrer == 0 {
							found = source.Find("", queryOf(target), nil, sites[site].Campaigns)
						}
						if found.Spam != (o == Spam) || !found.Spam && o != Kept {
							t.Fatalf("%s, %s of site %d by %s: %s, spam is %v", referrer, target, site, wants, o.Word(), found.Spam)
						}
						if found.Spam {
							continue
						}
						var host hit.Host
						var channel hit.Channel
						if wants.Has(hit.BySource) {
							host = found.Host
						}
						if wants.Has(hit.ByChannel) {
							channel = found.Channel
						}
						if want := found.Tags.Only(wants); s.Source != host || s.Channel != channel || s.Tags != want {
							t.Errorf("%s, %s of site %d by %s: kept of it are %s, %s and %+v, want %s, %s and %+v", referrer, target, site, wants,
								s.Source.Name(), s.Channel.Code(), s.Tags, host.Name(), channel.Code(), want)
						}
					}
				}
			}
		}
	}
}

// queryOf returns what stands behind the first question mark.
func queryOf(target string) string {
	for i := range len(target) {
		if target[i] == '?' {
			return target[i+1:]
		}
	}
	return ""
}
