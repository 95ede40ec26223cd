package bots_test

import (
	"bufio"
	"compress/gzip"
	"os"
	"slices"
	"strings"
	"testing"

	"oboro/collector/hit"
	"oboro/collector/internal/bots"
)

// TestCategory holds the kinds of well-known programs, and of programs that only a
// word tells. Seen to fail when the shortest and when the first name wins, when "^"
// is read as a letter, and without the words.
func TestCategory(t *testing.T) {
	for _, tt := range []struct {
		name, header string
		want         hit.Robot
	}{
		{"Googlebot", "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", hit.SearchRobot},
		{"bingbot", agents + "bingbot/2.0; +http://www.bing.com/bingbot.htm) Chrome/116.0.1938.76 Safari/537.36", hit.SearchRobot},
		{"Applebot", "Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15 (Applebot/0.1)", hit.SearchRobot},
		{"GPTBot", agents + "GPTBot/1.2; +https://openai.com/gptbot)", hit.AIRobot},
		{"OAI-SearchBot, which two tags fit", agents + "OAI-SearchBot/1.0; +https://openai.com/searchbot", hit.AIRobot},
		{"ClaudeBot", agents + "ClaudeBot/1.0; +claudebot@anthropic.com)", hit.AIRobot},
		{"PerplexityBot", agents + "PerplexityBot/1.0; +https://perplexity.ai/perplexitybot)", hit.AIRobot},
		{"Pingdom", "Pingdom.com_bot_version_1.4_(http://www.pingdom.com/)", hit.MonitorRobot},
		{"UptimeRobot", "Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)", hit.MonitorRobot},
		{"Censys", "Mozilla/5.0 (compatible; CensysInspect/1.1; +https://about.censys.io/)", hit.ScannerRobot},
		{"zgrab", "Mozilla/5.0 zgrab/0.x", hit.ScannerRobot},
		{"Facebook's preview", "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)", hit.PreviewRobot},
		{"X's preview", "Twitterbot/1.0", hit.PreviewRobot},
		{"Slack's preview", "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)", hit.PreviewRobot},
		{"Feedly", "Feedly/1.0 (+http://www.feedly.com/fetcher.html; like FeedFetcher-Google)", hit.FeedRobot},
		{"Ahrefs", "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)", hit.SEORobot},
		{"Google's check of advertisements", "AdsBot-Google (+http://www.google.com/adsbot.html)", hit.AdsRobot},
		{"Internet Archive", "Mozilla/5.0 (compatible; archive.org_bot +http://www.archive.org/details/archive.org_bot)", hit.ArchiveRobot},
		{"curl", "curl/8.5.0", hit.ToolRobot},
		{"requests", "python-requests/2.32.3", hit.ToolRobot},
		{"headless Chrome", strings.Replace(chrome, "Chrome/", "HeadlessChrome/", 1), hit.ToolRobot},
		{"capitals", "GOOGLEBOT/2.1", hit.SearchRobot},
		{"blanks around it", " curl/8.5.0\t", hit.ToolRobot},
		{"a reader that only a word tells", "Example Feed Reader/1.2", hit.FeedRobot},
		{"a library that only a word tells", "Python/3.14 example/1.0", hit.ToolRobot},
		{"a long name behind a short one", "Python/3.14 (compatible; AhrefsSiteAudit/6.1; +http://ahrefs.com/robot/site-audit)", hit.SEORobot},
		{"a bot that nobody knows", "Exemplary-Bot/1.0", hit.OtherRobot},
		{"a name that must be first", "LCC (+http://corpora.informatik.uni-leipzig.de/crawler_faq.html)", hit.ArchiveRobot},
		{"a name that must be first, elsewhere", "Some-Bot/1.0 (a; LCC b)", hit.OtherRobot},
		{"no header", "", hit.OtherRobot},
		{"two bytes", "ab", hit.OtherRobot},
		{"past what is read", strings.Repeat("a ", 600) + "Googlebot/2.1", hit.OtherRobot},
	} {
		if got := bots.Category(tt.header); got != tt.want {
			t.Errorf("%s: Category(%.200q) = %s, want %s", tt.name, tt.header, got.Code(), tt.want.Code())
		}
		if n := testing.AllocsPerRun(10, func() { bots.Category(tt.header) }); n != 0 {
			t.Errorf("%s: Category allocates %.0f times, want 0", tt.name, n)
		}
	}
}

// TestCategoriesOfTheList holds that the kind of at least 99 % of the headers of
// crawler-user-agents is the one that its tags give. Seen to fail when the shortest
// name of a header wins.
func TestCategoriesOfTheList(t *testing.T) {
	file, err := os.Open("testdata/crawlers.txt.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	unpacked, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	all, right := 0, 0
	for s := bufio.NewScanner(unpacked); s.Scan(); {
		code, header, found := strings.Cut(s.Text(), "\t")
		if !found {
			continue
		}
		all++
		if got := bots.Category(header).Code(); got == code {
			right++
		} else if testing.Verbose() {
			t.Logf("Category(%q) = %s, want %s", header, got, code)
		}
	}
	t.Logf("%d of %d kinds are right", right, all)
	if all < 2000 || right*100 < all*99 {
		t.Errorf("%d of %d kinds are right, want 99 %%", right, all)
	}
}

// FuzzCategory holds that no header panics, and that neither capitals nor blanks
// around it change its kind.
func FuzzCategory(f *testing.F) {
	for _, tt := range programs {
		if len(tt.header) < 1024 {
			f.Add(tt.header)
		}
	}
	f.Fuzz(func(t *testing.T, header string) {
		got := bots.Category(header)
		if !slices.Contains(hit.RobotCodes(), got.Code()) {
			t.Errorf("Category(%.200q) = %d", header, got)
		}
		if len(header) > 1000 {
			return
		}
		if bots.Category(" "+header+"\t") != got {
			t.Errorf("Category(%.200q) = %s, but not with blanks around it", header, got.Code())
		}
		capitals := []byte(header)
		for i, c := range capitals {
			if 'a' <= c && c <= 'z' {
				capitals[i] = c - 'a' + 'A'
			}
		}
		if bots.Category(string(capitals)) != got {
			t.Errorf("Category(%.200q) = %s, but not in capitals", header, got.Code())
		}
	})
}

func BenchmarkCategory(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		bots.Category("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)")
	}
}
