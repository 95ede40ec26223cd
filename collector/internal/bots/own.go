package bots

import "slices"

// table is what decides: the list of isbot with our exceptions, and our additions.
var table = newMatcher(excepting(isbot, pardons), own)

// pardons are what browsers of people say and the list takes for a program. Each
// adds its exceptions to the patterns of its text.
var pardons = []pattern{
	// Apps and browsers.
	{text: "chromeframe", before: []string{""}},                                         // wherever it stands: Internet Explorer with Chrome Frame
	{text: "google", behind: []string{"com."}, before: []string{" nexus", " tv", "tv"}}, // com.google.android; telephones and televisions
	{text: "news", behind: []string{"smart", "apple", "."}, before: []string{"day_"}},   // SmartNews, Apple News, jp.co.yahoo.android.news; a telephone
	{text: "sogou", before: []string{"mse", "mobilebrowser"}},                           // Sogou's browser
	{text: "download", behind: []string{"qq"}},                                          // an addition to Internet Explorer

	// Televisions: HbbTV, and Opera's of Hisense.
	{text: "/1.0;", behind: []string{"ce-html", "nettv", "bada"}, before: []string{" u; bada", " profile/"}},
	{text: "catch", behind: []string{"."}},

	// Telephones.
	{text: "discovery", behind: []string{"; ", " gm ", "s60 "}},
	{text: "java", before: []string{"platform/"}},
	{text: "http", before: []string{" pgdl"}},
}

// apps begin headers of people's apps that have a form of no browser: UC Browser on
// iPhones, Facebook.
var apps = []string{"dv(iph", "[fban/"}

// pardoned reports whether the forms are not to be asked.
func pardoned(header []byte) bool {
	for _, app := range apps {
		if begins(header, app) {
			return true
		}
	}
	return false
}

// own are programs that the list finds by their links alone.
var own = []pattern{
	{text: "python-"}, {text: "puppeteer"}, {text: "lighthouse"}, {text: "wget"},
	{text: "slurp"}, {text: "scrapy"}, {text: "facebookexternalhit"}, {text: "ichiro/"},
	{text: "claude-user"}, {text: "chatgpt-user"}, {text: "perplexity-user"}, {text: "mistralai-user"},
	{text: "cohere-"}, {text: "anthropic"}, {text: "gtmetrix"}, {text: "miniature.io"}, {text: "uptime"}, {text: "zabbix"},
	{text: "nagios"}, {text: "site24"}, {text: "thumbnail"},
}

// excepting returns the patterns with the exceptions added.
func excepting(list, pardons []pattern) []pattern {
	list = slices.Clone(list)
	for i := range list {
		for _, p := range pardons {
			if p.text == list[i].text {
				list[i].behind = slices.Concat(list[i].behind, p.behind)
				list[i].before = slices.Concat(list[i].before, p.before)
			}
		}
	}
	return list
}
