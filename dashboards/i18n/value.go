package i18n

import (
	"strings"

	"golang.org/x/text/language"

	"oboro/aggregator/statistic"
)

// Value returns the name of a value of dimension d: Chrome for "chrome", 日本 for
// "JP"; others in Chrome for what a table by version hides of it. Pages, hosts, campaigns and what has no name
// are returned as they are.
func (t *Texts) Value(d statistic.Dimension, code string) string {
	switch code {
	case statistic.Other:
		return t.Say(ValueOther)
	case statistic.Unlisted:
		return t.Say(ValueUnlisted)
	case statistic.None:
		return t.Say(ValueNone)
	case statistic.UnknownValue:
		return t.Say(ValueUnknown)
	}
	if value, ok := statistic.InOther(code); ok {
		coarser, _ := statistic.Coarser(d)
		return t.Say(ValueOtherIn, t.Value(coarser, value))
	}
	switch d {
	case statistic.ByCountry:
		return t.country(code)
	case statistic.ByLanguage:
		return t.language(code)
	case statistic.ByHour:
		return t.hour(code)
	case statistic.ByBrowser:
		return t.named("browser.", browsers, code)
	case statistic.BySystem:
		return t.named("system.", systems, code)
	case statistic.ByDevice:
		return t.named("device.", nil, code)
	case statistic.ByViewport, statistic.ByInput, statistic.ByMotion, statistic.ByContrast, statistic.ByColours, statistic.ByTheme:
		return t.named(Key(d.String()+"."), nil, code)
	case statistic.ByChannel:
		return t.named("channel.", nil, code)
	case statistic.ByCampaign, statistic.ByCampaignSource, statistic.ByCampaignMedium:
		if code == statistic.OtherTag {
			return t.Say(ValueUndeclared)
		}
	case statistic.ByRegion:
		return t.Region(code)
	case statistic.ByNetworkClass:
		return t.NetworkClass(code)
	}
	return code
}

// Region returns the name of a prefecture of Japan, 東京都 for "JP-13", or of abroad.
func (t *Texts) Region(code string) string {
	if code == statistic.UnknownValue {
		return t.Say(ValueUnknown)
	}
	return t.named("region.", nil, code)
}

// NetworkClass returns the name of a class of networks, such as "go.jp".
func (t *Texts) NetworkClass(code string) string {
	if code == statistic.UnknownValue {
		return t.Say(ValueUnknown)
	}
	return t.named("network-class.", nil, code)
}

// Dimension returns the name of d, as a column is headed.
func (t *Texts) Dimension(d statistic.Dimension) string {
	return t.named("dimension.", nil, d.String())
}

// Measure returns the name of m, as a column is headed.
func (t *Texts) Measure(m statistic.Measure) string {
	return t.named("measure.", nil, m.String())
}

// Inline returns the name of m as it stands within a sentence.
func (t *Texts) Inline(m statistic.Measure) string {
	name := t.Measure(m)
	if t.lang == "en" {
		return strings.ToLower(name[:1]) + name[1:]
	}
	return name
}

// Space returns what stands between two sentences.
func (t *Texts) Space() string {
	if t.lang == "ja" {
		return ""
	}
	return " "
}

// Comma returns what stands between the parts of a list.
func (t *Texts) Comma() string {
	if t.lang == "ja" {
		return "、"
	}
	return ", "
}

// named returns a proper name, or the text whose key is group and code, or code.
func (t *Texts) named(group Key, proper map[string]string, code string) string {
	if name, ok := proper[code]; ok {
		return name
	}
	if text, ok := t.texts[group+Key(code)]; ok {
		return text
	}
	return code
}

// hour names an hour of the day: 9時, 09:00.
func (t *Texts) hour(code string) string {
	if t.lang == "ja" && len(code) == 2 {
		code = strings.TrimPrefix(code, "0")
	}
	return t.Say(ValueHour, code)
}

func (t *Texts) country(code string) string {
	region, err := language.ParseRegion(code)
	if err != nil {
		return code
	}
	if name := t.regions.Name(region); name != "" {
		return name
	}
	return code
}

func (t *Texts) language(code string) string {
	tag, err := language.Parse(code)
	if err != nil {
		return code
	}
	if name := t.languages.Name(tag); name != "" {
		return name
	}
	return code
}

// browsers and systems are names that are the same in both languages; the other
// codes have texts.
var browsers = map[string]string{
	"chrome": "Chrome", "safari": "Safari", "edge": "Edge", "firefox": "Firefox",
	"samsung-internet": "Samsung Internet", "opera": "Opera", "internet-explorer": "Internet Explorer",
	"line": "LINE", "smartnews": "SmartNews", "facebook": "Facebook", "instagram": "Instagram", "x": "X",
	"duckduckgo": "DuckDuckGo", "vivaldi": "Vivaldi", "brave": "Brave", "uc-browser": "UC Browser",
	"silk": "Amazon Silk", "wechat": "WeChat",
}

var systems = map[string]string{
	"windows": "Windows", "macos": "macOS", "ios": "iOS / iPadOS", "android": "Android", "linux": "Linux",
	"chromeos": "ChromeOS", "harmonyos": "HarmonyOS", "tizen": "Tizen", "kaios": "KaiOS",
}

// Reason returns the name of a meter's reason.
func (t *Texts) Reason(code string) string { return t.named("reason.", nil, code) }

// Meaning says what a meter's reason means and what to do about it, or nothing
// where there is no text for it.
func (t *Texts) Meaning(code string) string { return t.texts["meaning."+Key(code)] }

// DayState returns the name of what became of a day, where fewer than k
// visitor-days are too few.
func (t *Texts) DayState(code string, k int64) string {
	if _, ok := t.texts["day-state."+Key(code)]; !ok {
		return code
	}
	return t.Say("day-state."+Key(code), k)
}
