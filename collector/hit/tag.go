package hit

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Tag is what the maker of a link wrote into it (utm_source, utm_medium,
// utm_campaign), in the words of the declaration: a declared value, a declared
// pattern with its final "*", or [OtherTag]. The zero Tag stands for none. It is a
// struct so that only [ParseTag] can make one; what a visitor's address says never
// becomes a Tag, it only finds one.
type Tag struct{ name string }

// OtherTag is the name of the tag of links whose value is not declared.
const OtherTag = "other"

// MaxTag is the longest tag, in bytes.
const MaxTag = 64

// Tags are those of one link.
type Tags struct{ Source, Medium, Campaign Tag }

// Of returns the tag that a dimension of OfTags is of.
func (t *Tags) Of(by Dimension) Tag {
	switch by {
	case ByCampaignSource:
		return t.Source
	case ByCampaignMedium:
		return t.Medium
	}
	return t.Campaign
}

// Only returns the tags that the dimensions ask for.
func (t Tags) Only(wants Dimensions) Tags {
	if !wants.Has(ByCampaignSource) {
		t.Source = Tag{}
	}
	if !wants.Has(ByCampaignMedium) {
		t.Medium = Tag{}
	}
	if !wants.Has(ByCampaign) {
		t.Campaign = Tag{}
	}
	return t
}

// ParseTag returns the tag of a declared value: small letters, digits, marks that
// can be seen, single spaces inside, and a few signs. It holds neither "@" nor nine
// digits in a row, and "*" at its end alone; nor does it begin with "(", as the keys of
// tables do that stand for no value.
func ParseTag(name string) (Tag, bool) {
	text := strings.TrimSuffix(name, "*")
	if text == "" || text[0] == '(' || len(name) > MaxTag || !utf8.ValidString(text) || holdsNumber(text) ||
		text != strings.ToLower(text) || text != strings.TrimSpace(text) || strings.Contains(text, "  ") {
		return Tag{}, false
	}
	if strings.ContainsFunc(text, func(r rune) bool { return !inTag(r) }) {
		return Tag{}, false
	}
	return Tag{strings.Clone(name)}, true
}

func inTag(r rune) bool {
	switch {
	case r >= 0x80 && unicode.In(r, invisible...):
		return false
	case unicode.IsLetter(r), unicode.IsMark(r), '0' <= r && r <= '9':
		return true
	}
	return strings.ContainsRune(" -_.~+:/()・「」、。〇", r)
}

// Name returns the tag's text.
func (t Tag) Name() string { return t.name }
