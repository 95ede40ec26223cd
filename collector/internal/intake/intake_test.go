package intake

import (
	"net/netip"
	"strconv"
	"strings"
	"testing"

	"oboro/collector/hit"
	"oboro/collector/internal/network"
	"oboro/collector/internal/visitors"
)

// What no statistic needs is not computed here, though the visitor table would
// drop it too: nothing is asked of the tables of countries and networks, and nothing of a path or a
// referrer is in the sighting. Seen to fail when the page, the source, the country, the network,
// the language, the window or the media are worked out without asking the plan.
func TestTruncateComputesNothingElse(t *testing.T) {
	in := everything()
	in.Plan.Computes = 0
	in.Place = func(netip.Addr) (hit.Country, hit.Region) {
		t.Error("the country table is asked, though no statistic counts by country")
		return hit.Country{}, 0
	}
	in.Network = func(netip.Addr, string, hit.Country) network.Network {
		t.Error("the tables of networks are asked, though no statistic counts by network")
		return network.Network{}
	}
	key := newTable(t, in.Plan).Key
	s, outcome := in.truncate(raw{
		address: netip.MustParseAddr("198.51.100.7"), agent: firefox, language: "ja",
		referrer: "https://search.example/", path: "/guide/x", viewport: hit.From360, media: hit.MediaOf("tfrcd"),
	}, 0, now, key)
	if outcome != Kept {
		t.Fatalf("outcome %q, want kept", outcome.Word())
	}
	s.Visitor, s.Network = visitors.Mark{}, visitors.Mark{}
	if want := (visitors.Sighting{At: now.Unix(), Hour: 12}); s != want {
		t.Errorf("sighting %+v, want the time alone", s)
	}
}

func TestOutcomeWords(t *testing.T) {
	seen := map[string]bool{}
	for o := range Outcome(Outcomes) {
		word := o.Word()
		if word == "" || seen[word] || strings.Trim(word, "abcdefghijklmnopqrstuvwxyz-") != "" {
			t.Errorf("the word of outcome %d is %q, want one of its own in small letters", o, word)
		}
		seen[word] = true
		if !strings.Contains("202 204 400 413 429 503", strconv.Itoa(o.Code())) {
			t.Errorf("%s answers %d", word, o.Code())
		}
	}
}
