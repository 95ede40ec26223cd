package agent_test

import (
	"slices"
	"strings"
	"testing"

	"oboro/collector/hit"
	"oboro/collector/internal/agent"
)

var languages = []struct{ name, header, want string }{
	{"Japanese of a browser", "ja,en-US;q=0.9,en;q=0.8", "ja"},
	{"region cut off", "pt-BR,pt;q=0.9", "pt"},
	{"script and region cut off", "zh-Hant-TW", "zh"},
	{"capital letters", "JA-JP", "ja"},
	{"one language alone", "fr", "fr"},
	{"highest weight, not the first", "en;q=0.7,ja;q=0.9", "ja"},
	{"first of equal weights", "de;q=0.8,ja;q=0.8", "de"},
	{"no weight before a weight", "en;q=0.9,ko", "ko"},
	{"blanks about", "  en ; q=0.5 ,\tja ; q=0.8 ", "ja"},
	{"weight in thousandths", "en;q=0.998,ja;q=0.999", "ja"},
	{"weight of zero is a refusal", "en;q=0,ja;q=0.1", "ja"},
	{"refusals alone", "en;q=0", "unknown"},
	{"weight over one counts as one", "en;q=1.5,ja", "en"},
	{"unreadable weight is passed over", "en;q=high,ja;q=0.2", "ja"},
	{"unreadable parameter is passed over", "en;v=1,ja;q=0.2", "ja"},
	{"underscore for a hyphen", "ja_JP", "ja"},
	{"three letters, and no second choice instead", "fil,en;q=0.8", "unknown"},
	{"two letters of no language", "xx-YY,en;q=0.8", "unknown"},
	{"any language", "*", "unknown"},
	{"any language before others", "*,ja;q=0.5", "unknown"},
	{"one letter", "j", "unknown"},
	{"private use", "x-klingon", "unknown"},
	{"language and garbage", "ja\x00", "unknown"},
	{"address for a language", "192.0.2.1", "unknown"},
	{"nothing", "", "unknown"},
	{"commas alone", ",,,,", "unknown"},
	{"very long", strings.Repeat("en;q=0.1,", 1<<16) + "ja", "en"},
	{"long word", strings.Repeat("j", 1<<16), "unknown"},
}

func TestLanguage(t *testing.T) {
	for _, tt := range languages {
		if got := agent.Language(tt.header).Code(); got != tt.want {
			t.Errorf("%s: Language(%.60q) = %s, want %s", tt.name, tt.header, got, tt.want)
		}
	}
}

// FuzzLanguage holds that no header panics or gives a code outside ISO 639-1.
func FuzzLanguage(f *testing.F) {
	codes := hit.LanguageCodes()
	for _, tt := range languages {
		if len(tt.header) < 1024 {
			f.Add(tt.header)
		}
	}
	f.Fuzz(func(t *testing.T, header string) {
		if got := agent.Language(header).Code(); !slices.Contains(codes, got) {
			t.Errorf("Language gives %q, which is no code of the vocabulary", got)
		}
	})
}
