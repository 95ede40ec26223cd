package source_test

import (
	"strings"
	"testing"

	"oboro/collector/hit"
	"oboro/collector/internal/source"
)

// declare returns the campaigns of a declaration of the tests' own.
func declare(d source.Declaration) *source.Campaigns {
	c, refused, ok := source.NewCampaigns(d)
	if !ok {
		panic("the declaration of the tests is refused at " + refused)
	}
	return c
}

var declaredHere = declare(source.Declaration{
	Source:   []string{"kouhou", "広報誌", "LINE", "cafe\u0301"},
	Medium:   []string{"qr", "web"},
	Campaign: []string{"spring-2026", "vaccine*", "vaccine-kids*"},
})

// Seen to fail when a value comes out as it was typed, when the shorter of two patterns
// wins, when case or normal form count, when a value is decoded twice, and when the
// last of two equal parameters counts.
func TestTags(t *testing.T) {
	long := strings.Repeat("a", 5000)
	for _, tt := range []struct{ name, query, want string }{
		{"no query", "", "  "},
		{"no parameter of ours", "id=5&q=secret", "  "},
		{"declared", "utm_source=kouhou&utm_medium=qr&utm_campaign=spring-2026", "kouhou qr spring-2026"},
		{"question mark", "?utm_medium=qr", " qr "},
		{"between others", "a=b&utm_medium=qr&c=d", " qr "},
		{"capitals", "UTM_Source=KouHou&utm_medium=QR", "kouhou qr "},
		{"declared in capitals", "utm_source=line", "line  "},
		{"encoded", "utm_source=%E5%BA%83%E5%A0%B1%E8%AA%8C", "広報誌  "},
		{"not encoded", "utm_source=広報誌", "広報誌  "},
		{"another normal form", "utm_source=CAF%C3%89", "caf\u00e9  "},
		{"spaces around", "utm_source=+kouhou%20", "kouhou  "},
		{"pattern", "utm_campaign=vaccine-autumn", "  vaccine*"},
		{"longest pattern", "utm_campaign=vaccine-kids-5", "  vaccine-kids*"},
		{"pattern does not let its rest out", "utm_campaign=vaccine-taro@example.jp", "  vaccine*"},
		{"pattern's beginning alone", "utm_campaign=vaccine", "  vaccine*"},
		{"less than a pattern's beginning", "utm_campaign=vaccin", "  other"},
		{"value that is not declared", "utm_source=taro@example.jp", "other  "},
		{"declared for another parameter", "utm_medium=kouhou", " other "},
		{"encoded twice", "utm_medium=%2571r", " other "},
		{"broken encoding", "utm_medium=qr%2", " other "},
		{"broken encoding in the middle", "utm_medium=q%zzr", " other "},
		{"invalid UTF-8", "utm_source=%ff", "other  "},
		{"empty value", "utm_source=", "  "},
		{"no value", "utm_source", "  "},
		{"first of two", "utm_medium=qr&utm_medium=web", " qr "},
		{"fragment left on", "utm_medium=qr#top", " qr "},
		{"value too long", "utm_source=" + long, "other  "},
		{"behind what is looked at", "a=" + long + "&utm_medium=qr", "  "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := source.Find("", tt.query, nil, declaredHere)
			if got := f.Tags.Source.Name() + " " + f.Tags.Medium.Name() + " " + f.Tags.Campaign.Name(); got != tt.want {
				t.Errorf("Find of %.80q tells %q, want %q", tt.query, got, tt.want)
			}
		})
	}
}

// Without a declaration no tag is told, but a medium is a word for its channel.
// Seen to fail when a nil declaration tells "other".
func TestNothingDeclared(t *testing.T) {
	f := source.Find("", "utm_source=kouhou&utm_medium=qr&utm_campaign=x", nil, nil)
	if f != (source.Found{Channel: hit.Print}) {
		t.Errorf("Find without a declaration = %+v, want the channel print alone", f)
	}
}

// Of a parameter for which nothing is declared no tag is told, whatever is declared for
// others. Seen to fail when it tells "other".
func TestNothingDeclaredForOne(t *testing.T) {
	c := declare(source.Declaration{Campaign: []string{"spring-2026"}})
	f := source.Find("", "utm_source=kouhou&utm_medium=x&utm_campaign=spring-2026", nil, c)
	if f.Tags.Source != (hit.Tag{}) || f.Tags.Medium != (hit.Tag{}) || f.Tags.Campaign.Name() != "spring-2026" {
		t.Errorf("Find tells %+v, want the campaign alone", f.Tags)
	}
}

// Seen to fail when the refused value is let through.
func TestDeclarationIsRefused(t *testing.T) {
	many := make([]string, 501)
	for i := range many {
		many[i] = "a" + strings.Repeat("b", i%60)
	}
	many[500] = "last"
	for _, tt := range []struct {
		name        string
		declaration source.Declaration
		want        string
	}{
		{"empty value", source.Declaration{Source: []string{"a", ""}}, ""},
		{"star alone", source.Declaration{Medium: []string{"*"}}, "*"},
		{"star inside", source.Declaration{Medium: []string{"a*b"}}, "a*b"},
		{"two stars", source.Declaration{Medium: []string{"a**"}}, "a**"},
		{"address of a person", source.Declaration{Campaign: []string{"a@b"}}, "a@b"},
		{"long number", source.Declaration{Campaign: []string{"123456789"}}, "123456789"},
		{"control character", source.Declaration{Campaign: []string{"a\x00"}}, "a\x00"},
		{"invalid UTF-8", source.Declaration{Campaign: []string{"\xff"}}, "\xff"},
		{"too long", source.Declaration{Campaign: []string{strings.Repeat("a", 65)}}, strings.Repeat("a", 65)},
		{"key of a table", source.Declaration{Campaign: []string{"(other)"}}, "(other)"},
		{"too many", source.Declaration{Source: many}, "last"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, refused, ok := source.NewCampaigns(tt.declaration)
			if ok || c != nil || refused != tt.want {
				t.Errorf("NewCampaigns(%+.80v) = %v, %q, %v, want it refused at %q", tt.declaration, c, refused, ok, tt.want)
			}
		})
	}
}
