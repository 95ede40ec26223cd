package i18n_test

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"oboro/aggregator/statistic"
	"oboro/collector/hit"
	"oboro/dashboards/i18n"
)

func read(t *testing.T, lang string) map[string]string {
	t.Helper()
	file, err := os.ReadFile(lang + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var texts map[string]string
	if err := json.Unmarshal(file, &texts); err != nil {
		t.Fatalf("%s.json is not flat: %v", lang, err)
	}
	if len(texts) < 50 {
		t.Fatalf("%s.json holds %d texts: it is lost", lang, len(texts))
	}
	return texts
}

// constants returns the keys that keys.go declares, by name.
func constants(t *testing.T) map[string]string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "keys.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		for i, name := range spec.Names {
			text, err := strconv.Unquote(spec.Values[i].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			keys[name.Name] = text
		}
		return true
	})
	return keys
}

// ofCode are the groups of keys that are made of a code, and so have no constant.
var ofCode = regexp.MustCompile(`^(browser|system|device|channel|viewport|input|motion|contrast|colours|theme|region|network-class|dimension|measure|reason|meaning|day-state)\.`)

// Seen to fail when a key was taken out of en.json, when {0} was taken out of one
// text, when a template ceased to say one, and when two constants had one key.
func TestKeys(t *testing.T) {
	ja, en, declared := read(t, "ja"), read(t, "en"), constants(t)
	for _, key := range slices.Sorted(maps.Keys(ja)) {
		if _, ok := en[key]; !ok {
			t.Errorf("%q has a text in ja and none in en", key)
		}
	}
	byKey := map[string]string{}
	for name, key := range declared {
		if other, ok := byKey[key]; ok {
			t.Errorf("%s and %s are the same key %q", name, other, key)
		}
		byKey[key] = name
	}
	holder := regexp.MustCompile(`\{\d\}`)
	for _, key := range slices.Sorted(maps.Keys(en)) {
		if _, ok := ja[key]; !ok {
			t.Errorf("%q has a text in en and none in ja", key)
		}
		if a, b := places(holder, ja[key]), places(holder, en[key]); !slices.Equal(a, b) {
			t.Errorf("%q has the places %v in ja and %v in en", key, a, b)
		}
		if strings.TrimSpace(ja[key]) == "" || strings.TrimSpace(en[key]) == "" {
			t.Errorf("%q is empty in a language", key)
		}
		if byKey[key] == "" && !ofCode.MatchString(key) {
			t.Errorf("%q has no constant", key)
		}
	}
	said := use(t)
	for name, key := range declared {
		if _, ok := en[key]; !ok {
			t.Errorf("constant %s: there is no text of key %q", name, key)
		}
		if !said[name] && !said[key] {
			t.Errorf("nothing says %s (%q)", name, key)
		}
	}
	for key := range said {
		if _, ok := en[key]; !ok && strings.Contains(key, ".") {
			t.Errorf("a template says %q, which has no text", key)
		}
	}
}

func places(holder *regexp.Regexp, text string) []string {
	found := holder.FindAllString(text, -1)
	slices.Sort(found)
	return slices.Compact(found)
}

// use returns the names of constants that code of the dashboards mentions, and the
// keys that its templates say.
func use(t *testing.T) map[string]bool {
	t.Helper()
	said := map[string]bool{}
	files, err := filepath.Glob("../*/*.go")
	if err != nil {
		t.Fatal(err)
	}
	mention := regexp.MustCompile(`\bi18n\.([A-Z]\w+)`)
	inside := regexp.MustCompile(`\bSay\(([A-Z]\w+)`)
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		note(t, said, name, mention)
		if strings.HasPrefix(name, "../i18n/") {
			note(t, said, name, inside)
		}
	}
	templates, err := filepath.Glob("../team/templates/*.html")
	if err != nil || len(templates) == 0 {
		t.Fatalf("no templates found: %v", err)
	}
	for _, name := range templates {
		note(t, said, name, regexp.MustCompile(`\bSay "([^"]+)"`))
	}
	return said
}

func note(t *testing.T, said map[string]bool, name string, pattern *regexp.Regexp) {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range pattern.FindAllStringSubmatch(string(text), -1) {
		said[m[1]] = true
	}
}

// Seen to fail when language.NewMatcher chose: zh-CN became Japanese.
func TestMatch(t *testing.T) {
	tests := []struct{ name, header, want string }{
		{"nothing asked for is English", "", "en"},
		{"Japanese", "ja", "ja"},
		{"Japanese of Japan first", "ja-JP,ja;q=0.9,en;q=0.8", "ja"},
		{"Japanese second to English", "en-US,en;q=0.9,ja;q=0.8", "en"},
		{"Japanese after a language we have no texts in", "fr,ja;q=0.5", "ja"},
		{"Chinese is not Japanese", "zh-CN,zh;q=0.9", "en"},
		{"Korean is not Japanese", "ko", "en"},
		{"anything is English", "*", "en"},
		{"Japanese refused", "ja;q=0", "en"},
		{"nonsense is English", "\x00,;;q=x", "en"},
		{"too long to be looked at", strings.Repeat("ja,", 1000), "en"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := i18n.Match(tt.header); got != tt.want {
				t.Errorf("Match(%.40q) = %q, want %q", tt.header, got, tt.want)
			}
		})
	}
}

func TestNumberAndDay(t *testing.T) {
	ja, en := i18n.For("ja"), i18n.For("en")
	for n, want := range map[int64]string{0: "0", 7: "7", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1234: "-1,234"} {
		if got := ja.Number(n); got != want {
			t.Errorf("Number(%d) = %q, want %q", n, got, want)
		}
	}
	day, err := statistic.ParseDay("2026-11-22")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, got, want string }{
		{"day in ja", ja.Day(day), "2026年11月22日（日）"},
		{"day in en", en.Day(day), "22 November 2026"},
		{"short in ja", ja.Short(day), "11月22日"},
		{"short in en", en.Short(day), "22 Nov"},
		{"range in ja", ja.Range(day, day+1), "2026年11月22日（日）〜2026年11月23日（月）"},
		{"range in en", en.Range(day, day+1), "22 November 2026 to 23 November 2026"},
		{"range of one day", en.Range(day, day), "22 November 2026"},
		{"another language is English", i18n.For("fr").Day(day), "22 November 2026"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.got != tt.want {
				t.Errorf("got %q, want %q", tt.got, tt.want)
			}
		})
	}
}

func TestSayFillsPlacesOnce(t *testing.T) {
	got := i18n.For("en").Say(i18n.FindingTop, "{1}{2}", "views", "{0}", int64(12345))
	if want := "“{1}{2}” comes first, with {0} of views (12,345)."; got != want {
		t.Errorf("Say = %q, want %q: what an argument holds is not filled in", got, want)
	}
}

func TestEveryValueHasAName(t *testing.T) {
	dimensions := []statistic.Dimension{statistic.ByHour, statistic.ByCountry, statistic.ByBrowser,
		statistic.BySystem, statistic.ByDevice, statistic.ByLanguage}
	for _, lang := range i18n.Languages {
		texts := i18n.For(lang)
		for _, d := range dimensions {
			if texts.Dimension(d) == d.String() {
				t.Errorf("%s: dimension %s has no name", lang, d)
			}
			for _, code := range statistic.Values(d) {
				if name := texts.Value(d, code); name == "" || name == code && code != "unknown" {
					t.Errorf("%s: %s %q has no name", lang, d, code)
				}
			}
		}
		for m := range statistic.Measures {
			if measure := statistic.Measure(m); texts.Measure(measure) == measure.String() {
				t.Errorf("%s: measure %s has no name", lang, measure)
			}
		}
	}
}

// What the script tells of how a page is shown has a name in both languages, by the words
// of the vocabularies. Seen to fail when a text of each group was taken out of both files.
func TestEveryDisplayValueHasAName(t *testing.T) {
	for _, lang := range i18n.Languages {
		texts := read(t, lang)
		for name, codes := range map[string][]string{
			"viewport": hit.ViewportCodes(), "input": hit.InputCodes(), "motion": hit.MotionCodes(),
			"contrast": hit.ContrastCodes(), "colours": hit.ColoursCodes(), "theme": hit.ThemeCodes(),
		} {
			if texts["dimension."+name] == "" {
				t.Errorf("%s: dimension %s has no name", lang, name)
			}
			for _, code := range codes {
				if code != hit.Unknown && texts[name+"."+code] == "" {
					t.Errorf("%s: %s %q has no name", lang, name, code)
				}
			}
		}
	}
}

// Seen to fail when a channel's text is taken out of both languages.
func TestEveryChannelHasAName(t *testing.T) {
	for _, lang := range i18n.Languages {
		for _, code := range hit.ChannelCodes() {
			if name := i18n.For(lang).Value(statistic.ByChannel, code); name == "" || name == code && code != "unknown" {
				t.Errorf("%s: channel %q has no name", lang, code)
			}
		}
		if got := i18n.For(lang).Value(statistic.ByChannel, "smoke-signal"); got != "smoke-signal" {
			t.Errorf("%s: a code of tomorrow is named %q", lang, got)
		}
		for _, d := range []statistic.Dimension{statistic.ByChannel, statistic.ByCampaign, statistic.ByCampaignSource, statistic.ByCampaignMedium} {
			if i18n.For(lang).Dimension(d) == d.String() {
				t.Errorf("%s: dimension %s has no name", lang, d)
			}
		}
	}
}

func TestValue(t *testing.T) {
	tests := []struct {
		name     string
		d        statistic.Dimension
		code, ja string
		en       string
	}{
		{"country", statistic.ByCountry, "JP", "日本", "Japan"},
		{"language", statistic.ByLanguage, "ko", "韓国語", "Korean"},
		{"browser", statistic.ByBrowser, "chrome", "Chrome", "Chrome"},
		{"device", statistic.ByDevice, "phone", "スマートフォン", "Phone"},
		{"hour", statistic.ByHour, "09", "9時", "09:00"},
		{"page as it is", statistic.ByPage, "/a/<b>", "/a/<b>", "/a/<b>"},
		{"host as it is", statistic.BySource, "www.example.jp", "www.example.jp", "www.example.jp"},
		{"merged", statistic.ByPage, "(other)", "その他", "Other"},
		{"merged of a browser", statistic.ByVersion, "(other) chrome", "Chromeのその他", "Others in Chrome"},
		{"merged of a country", statistic.ByRegion, "(other) JP", "日本のその他", "Others in Japan"},
		{"merged of a section", statistic.ByPage, "(other) /news/", "/news/のその他", "Others in /news/"},
		{"no source", statistic.BySource, "(none)", "（参照元なし）", "(no source)"},
		{"channel", statistic.ByChannel, "print", "印刷物・QRコード", "Print and QR codes"},
		{"campaign as declared", statistic.ByCampaign, "spring*", "spring*", "spring*"},
		{"campaign not declared", statistic.ByCampaignMedium, "other", "宣言にない値", "Not declared"},
		{"unknown", statistic.ByCountry, "unknown", "不明", "unknown"},
		{"a code of tomorrow as it is", statistic.ByBrowser, "netscape", "netscape", "netscape"},
		{"no country", statistic.ByCountry, "<script>", "<script>", "<script>"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := fmt.Sprint(i18n.For("ja").Value(tt.d, tt.code), " ", i18n.For("en").Value(tt.d, tt.code))
			if want := tt.ja + " " + tt.en; got != want {
				t.Errorf("Value(%s, %q) = %q, want %q", tt.d, tt.code, got, want)
			}
		})
	}
}

// Every prefecture and every class of networks has a name in both languages, and no two
// have the same. Seen to fail when one is taken out of a language.
func TestRegionsAndNetworkClassesHaveNames(t *testing.T) {
	for _, lang := range i18n.Languages {
		texts := i18n.For(lang)
		seen := map[string]string{}
		for _, code := range hit.RegionCodes() {
			name := texts.Region(code)
			if name == code && code != hit.Unknown || seen[name] != "" {
				t.Errorf("%s: the name of %s is %q, as that of %q", lang, code, name, seen[name])
			}
			seen[name] = code
		}
		clear(seen)
		for _, code := range hit.NetworkClassCodes() {
			name := texts.NetworkClass(code)
			if name == code && code != hit.Unknown || seen[name] != "" {
				t.Errorf("%s: the name of %s is %q, as that of %q", lang, code, name, seen[name])
			}
			seen[name] = code
		}
	}
	if ja, en := i18n.For("ja"), i18n.For("en"); ja.Region("JP-13") != "東京都" || en.Region("JP-13") != "Tokyo" ||
		ja.Region("JP-47") != "沖縄県" || en.Region("JP-01") != "Hokkaido" || en.Region("unknown") != "unknown" || en.Region("JP-48") != "JP-48" {
		t.Error("a prefecture has the name of another")
	}
}
