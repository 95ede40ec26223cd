package hit_test

import (
	"strings"
	"testing"
	"unsafe"

	"oboro/collector/hit"
)

// Codes are written to stores and published files, so each stays what it is, where it
// is. Seen to fail when two codes change places.
func TestChannelCodes(t *testing.T) {
	const want = "unknown direct search social government other-site mail ai-assistant campaign print internal"
	if got := strings.Join(hit.ChannelCodes(), " "); got != want {
		t.Errorf("ChannelCodes() = %q, want %q", got, want)
	}
	for i, code := range hit.ChannelCodes() {
		if c, ok := hit.ParseChannel(code); !ok || c != hit.Channel(i) || c.Code() != code {
			t.Errorf("ParseChannel(%q) = %d, %v", code, c, ok)
		}
	}
	for _, code := range []string{"", "Search", "spam", "search "} {
		if c, ok := hit.ParseChannel(code); ok || c != hit.UnknownChannel {
			t.Errorf("ParseChannel(%q) = %d, %v, want it refused", code, c, ok)
		}
	}
}

// Seen to fail when "@", a long number, a star inside or "(" at the beginning is let through.
func TestParseTag(t *testing.T) {
	for _, name := range []string{"kouhou", "spring-2026", "広報誌", "vaccine*", "a b", "other", "x.y/z_(1)", strings.Repeat("a", 64)} {
		if tag, ok := hit.ParseTag(name); !ok || tag.Name() != name {
			t.Errorf("ParseTag(%q) = %q, %v", name, tag.Name(), ok)
		}
	}
	for _, name := range []string{
		"", "*", "a**", "a*b", "A", "a@b", "123456789", " a", "a ", "a  b", "a\x00", "a\u200bb", "a\U000E0101", "\xff", "a%20b",
		strings.Repeat("a", 65), "a?b", "a&b", "a=b", "a#b", "<b>", "(other)", "(",
	} {
		if tag, ok := hit.ParseTag(name); ok || tag != (hit.Tag{}) {
			t.Errorf("ParseTag(%q) = %q, want it refused", name, tag.Name())
		}
	}
	if name := (hit.Tag{}).Name(); name != "" {
		t.Errorf("the zero Tag is %q", name)
	}
}

// Seen to fail when ParseTag keeps its argument.
func TestTagsAreCopies(t *testing.T) {
	raw := []byte("kouhou")
	tag, _ := hit.ParseTag(unsafe.String(&raw[0], len(raw)))
	raw[0] = 'x'
	if tag.Name() != "kouhou" {
		t.Errorf("the tag changed to %q with its buffer", tag.Name())
	}
}

// Seen to fail when two of the dimensions are of one tag, and when a tag is kept that is
// not asked for.
func TestTagsOfDimensions(t *testing.T) {
	of := func(name string) hit.Tag { tag, _ := hit.ParseTag(name); return tag }
	all := hit.Tags{Source: of("source"), Medium: of("medium"), Campaign: of("campaign")}
	for by, want := range map[hit.Dimension]string{hit.ByCampaignSource: "source", hit.ByCampaignMedium: "medium", hit.ByCampaign: "campaign"} {
		if got := all.Of(by).Name(); got != want {
			t.Errorf("the tag of %s is %q, want %q", by, got, want)
		}
		only := all.Only(hit.Of(by, hit.ByPage))
		for other := range map[hit.Dimension]bool{hit.ByCampaignSource: true, hit.ByCampaignMedium: true, hit.ByCampaign: true} {
			if got := only.Of(other); other == by && got.Name() != want || other != by && got != (hit.Tag{}) {
				t.Errorf("asked for %s, the tag of %s is %q", by, other, got.Name())
			}
		}
	}
}
