package intake

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"oboro/collector/hit"
	"oboro/collector/internal/logline"
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

// A hit by a link that is known allocates nothing. Seen to fail when a tag is parsed anew.
func TestKnownLinksAllocateNothing(t *testing.T) {
	in := everything()
	in.Plan.Computes |= hit.OfOrigin
	in.sites[0].Campaigns, _, _ = source.NewCampaigns(source.Declaration{Source: []string{"広報誌"}, Campaign: []string{"spring*"}})
	var s visitors.Sighting
	come := func() {
		if !in.come(&s, "https://www.google.com/", "/a?id=5&utm_source=%E5%BA%83%E5%A0%B1%E8%AA%8C&utm_medium=email&utm_campaign=Spring-5") {
			t.Fatal("the link is refused")
		}
	}
	come()
	if n := testing.AllocsPerRun(100, come); n != 0 || s.Tags.Source.Name() != "広報誌" || s.Tags.Campaign.Name() != "spring*" || s.Channel != hit.Mail {
		t.Errorf("%v allocations for %+v by %s, want none for its source, its campaign and mail", n, s.Tags, s.Channel.Code())
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

// Lines tell of their link what its page would: where the query is a part of the target, in a
// field of its own, or a whole URL's, encoded as the format has it. Seen to fail when the field
// of the query is left out.
func TestLinesTellTheirLinks(t *testing.T) {
	const agents = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
	query := "id=5&utm_medium=leaflet-a&utm_campaign=Spring-5"
	for _, tt := range []struct{ name, fields, line string }{
		{"combined", "", `192.0.2.1 - - [01/Apr/2026:12:00:00 +0000] "GET /a?` + query + ` HTTP/1.1" 200 1 "https://www.google.com/" "` + agents + `"`},
		{"combined", "", `192.0.2.1 - - [01/Apr/2026:12:00:00 +0000] "GET https://a.example/a?` + query + ` HTTP/1.1" 200 1 "-" "` + agents + `"`},
		{"w3c", "#Fields: date time c-ip cs-method cs-uri-stem cs-uri-query sc-status cs(User-Agent)", `2026-04-01 00:00:00 192.0.2.1 GET /a ` + query + ` 200 ` + strings.ReplaceAll(agents, " ", "+")},
	} {
		in := logIntake()
		in.Plan.Computes |= hit.Of(hit.ByChannel) | hit.OfTags
		in.sites[0].Campaigns, _, _ = source.NewCampaigns(source.Declaration{Medium: []string{"leaflet-a"}, Campaign: []string{"spring*"}})
		format, fault := logline.NewFormat(tt.name, in.Zone)
		if fault != "" {
			t.Fatal(fault)
		}
		key, clock := newTable(t, in.Plan).Key, new(Clock)
		var l Parsed
		if tt.fields != "" {
			Parse(format, []byte(tt.fields), &l, clock)
		}
		at, outcome := Parse(format, []byte(tt.line), &l, clock)
		s := visitors.Sighting{At: at}
		if outcome == Kept {
			outcome = read(in, []byte(tt.line), &l, &s, key)
		}
		if outcome != Kept || s.Tags.Medium.Name() != "leaflet-a" || s.Tags.Campaign.Name() != "spring*" || s.Channel != hit.Campaign {
			t.Errorf("%s: %q, %+v by %s, want its medium, its campaign and that channel", tt.name, outcome.Word(), s.Tags, s.Channel.Code())
		}
	}
}
