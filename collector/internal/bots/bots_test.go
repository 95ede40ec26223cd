package bots_test

import (
	"strings"
	"testing"

	"oboro/collector/internal/bots"
)

const (
	chrome = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"
	iphone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
	agents = "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; "
)

var programs = []struct{ name, header string }{
	{"no header", ""}, {"blanks", "  \t "}, {"a dash", "-"}, {"digits", "1.2.3 (4)"}, {"Japanese alone", "巡回"},
	// Search engines, of 2015 and after.
	{"Googlebot", "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"},
	{"Googlebot on a phone", "Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/154.0.0.0 Mobile Safari/537.36 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"},
	{"Googlebot on a phone before smartphones", "DoCoMo/2.0 N905i(c100;TB;W24H16) (compatible; Googlebot-Mobile/2.1; +http://www.google.com/bot.html)"},
	{"GoogleOther", "GoogleOther"},
	{"Google's inspection", agents + "Google-InspectionTool/1.0;)"},
	{"Google's preview", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko; Google Web Preview) Chrome/27.0.1453 Safari/537.36"},
	{"bingbot", agents + "bingbot/2.0; +http://www.bing.com/bingbot.htm) Chrome/116.0.1938.76 Safari/537.36"},
	{"Baidu", "Mozilla/5.0 (compatible; Baiduspider/2.0; +http://www.baidu.com/search/spider.html)"},
	{"Yahoo! Slurp", "Mozilla/5.0 (compatible; Yahoo! Slurp; http://help.yahoo.com/help/us/ysearch/slurp)"},
	{"Applebot", "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15 (Applebot/0.1)"},
	{"goo", "ichiro/3.0 (http://search.goo.ne.jp/option/use/sub4/sub4-1/)"},
	{"Internet Archive", "Mozilla/5.0 (compatible; archive.org_bot +http://www.archive.org/details/archive.org_bot)"},
	{"MJ12", "Mozilla/5.0 (compatible; MJ12bot/v1.4.4; http://www.majestic12.co.uk/bot.php?+)"},
	{"a bot with letters after an underscore", "Mozilla/5.0 (compatible; Linux x86_64; Mail.RU_Bot/2.0)"},
	// Crawlers and helpers of AI services.
	{"GPTBot", agents + "GPTBot/1.2; +https://openai.com/gptbot)"},
	{"OAI-SearchBot", agents + "OAI-SearchBot/1.0; +https://openai.com/searchbot"},
	{"ChatGPT-User", agents + "ChatGPT-User/1.0; +https://openai.com/bot"},
	{"ClaudeBot", agents + "ClaudeBot/1.0; +claudebot@anthropic.com)"},
	{"Claude-User", agents + "Claude-User/1.0; +Claude-User@anthropic.com)"},
	{"PerplexityBot", agents + "PerplexityBot/1.0; +https://perplexity.ai/perplexitybot)"},
	{"Perplexity-User", agents + "Perplexity-User/1.0; +https://perplexity.ai/perplexity-user)"},
	{"Bytespider", "Mozilla/5.0 (Linux; Android 5.0) AppleWebKit/537.36 (KHTML, like Gecko) Mobile Safari/537.36 (compatible; Bytespider; spider-feedback@bytedance.com)"},
	{"CCBot", "CCBot/2.0 (https://commoncrawl.org/faq/)"},
	{"Amazonbot", agents + "Amazonbot/0.1; +https://developer.amazon.com/support/amazonbot) Chrome/119.0.6045.214 Safari/537.36"},
	{"Meta", "meta-externalagent/1.1 (+https://developers.facebook.com/docs/sharing/webmasters/crawler)"},
	{"Mistral", agents + "MistralAI-User/1.0; +https://docs.mistral.ai/robots)"},
	{"Cohere", "cohere-ai"},
	// Previews of links, feeds, monitors.
	{"Facebook's preview", "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)"},
	{"X's preview", "Twitterbot/1.0"},
	{"Slack's preview", "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)"},
	{"LINE's preview", "facebookexternalhit/1.1;line-poker/1.0"},
	{"WhatsApp's preview", "WhatsApp/2.23.20.0"},
	{"Google's image proxy", "Mozilla/5.0 (Windows; U; Windows NT 5.1; de; rv:1.9.0.7) Gecko/2009021910 Firefox/3.0.7 (via ggpht.com GoogleImageProxy)"},
	{"Tiny Tiny RSS", "Tiny Tiny RSS/1.11 (http://tt-rss.org/)"},
	{"feed parser", "UniversalFeedParser/4.2-pre-314-svn +http://feedparser.org/"},
	{"Feedbin", "Feedbin - 1 subscribers"},
	{"Feedly", "Feedly/1.0 (+http://www.feedly.com/fetcher.html; like FeedFetcher-Google)"},
	{"Pingdom", "Pingdom.com_bot_version_1.4_(http://www.pingdom.com/)"},
	{"UptimeRobot", "Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)"},
	{"Lighthouse", "Mozilla/5.0 (Linux; Android 11; moto g power (2022)) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/119.0.0.0 Mobile Safari/537.36 Chrome-Lighthouse"},
	// Libraries and tools.
	{"curl", "curl/8.5.0"}, {"wget", "Wget/1.21.4"}, {"wget of its system", "Wget/1.12 (linux-gnu)"},
	{"requests", "python-requests/2.32.3"}, {"urllib", "Python-urllib/3.12"}, {"aiohttp", "Python/3.11 aiohttp/3.9.1"},
	{"Go", "Go-http-client/2.0"}, {"Java", "Java/17.0.9"}, {"OkHttp", "okhttp/4.12.0"}, {"Perl", "libwww-perl/6.67"},
	{"Ruby", "Ruby"}, {"axios", "axios/1.6.2"}, {"Apache's client", "Apache-HttpClient/4.5.14 (Java/11.0.21)"},
	{"Scrapy", "Scrapy/2.11.0 (+https://scrapy.org)"}, {"zgrab", "Mozilla/5.0 zgrab/0.x"}, {"Nutch", "nutch-1.4/Nutch-1.4"},
	{"headless Chrome", strings.Replace(chrome, "Chrome/", "HeadlessChrome/", 1)},
	{"PhantomJS", "Mozilla/5.0 (Unknown; Linux x86_64) AppleWebKit/534.34 (KHTML, like Gecko) PhantomJS/1.9.8 Safari/534.34"},
	// Forms that no browser sends.
	{"Mozilla alone", "Mozilla/5.0"}, {"an old Mozilla alone", "Mozilla/4.0"}, {"nothing in the bracket", "Mozilla/4.0 (compatible;)"},
	{"one product in the bracket", "Mozilla/5.0 (compatible; Ezooms/1.0)"}, {"one word after Mozilla", "Mozilla/5.0 Jorgee"},
	{"a name and a version", "portscout/0.8.1"}, {"words and a version", "Example Reader/1.2.3"}, {"words", "Maui Browser"},
	{"an address of mail", "Mozilla/5.0 (Windows NT 6.1) Superblock-Denim (ops@superblock.example)"},
	{"a number first", "8484 Boston Project (a; b)"}, {"a search of its own", "Exampleseek_search (a; b)"},
	{"a loose end", "Mozilla/5.0 (X11; Linux x86_64) Gecko; probe;"},
	{"a name and a word", "nuhk/beta"}, {"a name, a version and a word", "Tool/1.0 (build_7)"},
	{"a bar", "Mozilla/5.0 (Windows NT 6.1) a|b"}, {"a long word", strings.Repeat("a", 60)},
	{"a very long word", strings.Repeat("a", 1<<20)}, {"a bracket first", "(Mozilla/5.0 of Windows; a, b)"},
	{"a shell's trick", "() { :; }; echo x"},
}

// TestPrograms holds that programs are not counted as people. Seen to fail with forms
// of shape.go switched off, and without the look for a letter.
func TestPrograms(t *testing.T) {
	for _, tt := range programs {
		if !bots.Is(tt.header) {
			t.Errorf("%s: Is(%.200q) = false, want true", tt.name, tt.header)
		}
		if upper := strings.ToUpper(tt.header); !bots.Is(upper) {
			t.Errorf("%s: in capitals, Is(%.200q) = false, want true", tt.name, upper)
		}
	}
}

var people = []struct{ name, header string }{
	{"Chrome", chrome},
	{"Chrome on Android, reduced", "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/154.0.0.0 Mobile Safari/537.36"},
	{"Chrome of 2014", "Mozilla/5.0 (Windows NT 6.1; WOW64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/32.0.1700.107 Safari/537.36"},
	{"Chromium of Ubuntu", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Ubuntu Chromium/32.0.1700.102 Chrome/32.0.1700.102 Safari/537.36"},
	{"Edge", chrome + " Edg/156.0.0.0"},
	{"Opera", chrome + " OPR/136.0.0.0 (Edition std-2)"},
	{"Opera of Presto", "Opera/9.80 (X11; Linux x86_64) Presto/2.12.388 Version/12.16"},
	{"Opera Mini", "Opera/9.80 (J2ME/MIDP; Opera Mini/7.1.32052/34.1244; U; en) Presto/2.8.119 Version/11.10"},
	{"Firefox", "Mozilla/5.0 (X11; Linux x86_64; rv:27.0) Gecko/20100101 Firefox/27.0"},
	{"Iceweasel", "Mozilla/5.0 (X11; Linux x86_64; rv:24.0) Gecko/20140205 Firefox/24.0 Iceweasel/24.3.0"},
	{"Safari", iphone + "Version/26.6.1 Mobile/15E148 Safari/604.1"},
	{"Safari on macOS", "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.6.1 Safari/605.1.15"},
	{"Samsung Internet", "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/30.0 Chrome/143.0.0.0 Mobile Safari/537.36"},
	{"Internet Explorer 6", "Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1; SV1; .NET CLR 2.0.50727)"},
	{"Internet Explorer 7, short", "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 6.0)"},
	{"Internet Explorer 9", "Mozilla/5.0 (compatible; MSIE 9.0; Windows NT 6.1; Trident/5.0)"},
	{"Internet Explorer 11", "Mozilla/5.0 (Windows NT 6.3; WOW64; Trident/7.0; ASU2JS; rv:11.0) like Gecko"},
	{"Internet Explorer with Chrome Frame", "Mozilla/5.0 (compatible; MSIE 9.0; Windows NT 6.1; WOW64; Trident/5.0; chromeframe/19.0.1084.52)"},
	{"Cubot, a phone", "Mozilla/5.0 (Linux; Android 11; CUBOT NOTE 20) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/96.0.4664.104 Mobile Safari/537.36"},
	{"Google Pixel", "Mozilla/5.0 (Linux; Android 13; Google Pixel 7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Mobile Safari/537.36"},
	{"Google TV", "Mozilla/5.0 (Linux; Android 12; Google TV Streamer) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36"},
	{"Google's app", iphone + "GSA/439.4.980558000 Mobile/15E148 Safari/604.1"},
	{"LINE", iphone + "Mobile/15E148 Safari Line/14.21.2"},
	{"Yahoo! JAPAN", iphone + "Mobile/15E148 YJApp-IOS jp.co.yahoo.ipn.appli/4.124.0"},
	{"Yahoo! JAPAN News", "Mozilla/5.0 (Linux; Android 14; SO-51D; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/131.0.0.0 Mobile Safari/537.36 YJApp-ANDROID jp.co.yahoo.android.news/5.36.0"},
	{"SmartNews", iphone + "Mobile/15E148 SmartNews 24.11.0"},
	{"Instagram on a Pixel", "Mozilla/5.0 (Linux; Android 14; Pixel 7; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/131.0.0.0 Mobile Safari/537.36 Instagram 360.0.0.52.192 Android (34/14; 420dpi; 1080x2170; Google/google; Pixel 7; panther; panther; ja_JP; 672)"},
	{"Facebook", iphone + "Mobile/22G86 [FBAN/FBIOS;FBAV/492.0.0.61.108;FBBV/678;FBDV/iPhone14,2;FBMD/iPhone;FBSN/iOS;FBSV/18.6;FBSS/3;FBLC/ja_JP]"},
	{"Facebook, of itself", "[FBAN/FB4A;FBAV/130.0.321;FBBV/149649;FBDM/{density=1.5,width=480,height=800};FBLC/ja_JP;FBCR/;FBPN/com.facebook.katana;FBSV/2.2.2;]"},
	{"UC Browser on an iPhone", "dv(iPh12,3);pr(UCBrowser/11.3.5.1203);ov(14_4_2);ss(375x812);bt(GJ);pm(0);bv(0);nm(0);im(0);nt(1);"},
	{"Apple News", "Mozilla/5.0 (iPhone; CPU iPhone OS 10_0_2 like Mac OS X) AppleWebKit/602.1.50 (KHTML, like Gecko) AppleNews/608.0.1 Version/2.0.1"},
	{"a television", "Opera/9.80 (Linux armv6l; U; NETRANGEMMH;HbbTV/1.1.1;CE-HTML/1.0;THOMSON LF1V017; en) Presto/2.10.250 Version/11.60"},
	{"a television of Hisense", "Mozilla/5.0 (Linux armv7l) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/84.0.4147.140 Safari/537.36 OPR/46.0.2207.0 OMI/4.21.4.112.Catcher4.69 Model/Hisense-MT9602 VIDAA/5.0(Hisense;SmartTV;55A52FEVS)"},
	{"X", iphone + "Mobile/15E148 Twitter for iPhone/10.68"},
	{"NAVER", iphone + "Mobile/15E148 NAVER(inapp; search; 2000; 12.9.4; 14PRO)"},
	{"DuckDuckGo", iphone + "Version/26.6 Mobile/15E148 Safari/604.1 Ddg/26.6"},
	{"Silk", "Mozilla/5.0 (Linux; Android 9; KFMAWI) AppleWebKit/537.36 (KHTML, like Gecko) Silk/102.2.1 like Chrome/102.0.5005.125 Safari/537.36"},
	{"model with the head of a word of the table", "Mozilla/5.0 (Linux; Android 13; Bothwell X1) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Mobile Safari/537.36"},
	{"product with the tail of a word of the table", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36 Comfort/2"},
	{"phone before smartphones", "DoCoMo/2.0 P07A3(c500;TB;W24H15)"},
	{"phone of au", "KDDI-TS3V UP.Browser/6.2_7.2.7.1.K.1.401 (GUI) MMP/2.0"},
	{"Vodafone's phone of 2015", "SAMSUNG-GT-E2232/1.0 Openwave/6.2.3 Profile/MIDP-2.0 Configuration/CLDC-1.1 UP.Browser/6.2.3.3.c.1.101 (GUI) MMP/2.0"},
	{"Links", "Links (2.7; CYGWIN_NT-5.1 1.7.15(0.260/5/3) i686; GNU C 4.5.3; text)"},
	{"PlayStation", "Mozilla/5.0 (PlayStation; PlayStation 5/8.20) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/15.4 Safari/605.1.15"},
	{"a bot's name past what is read", chrome + strings.Repeat(" a", 600) + " Googlebot"},
}

// TestPeople holds that browsers are counted. Seen to fail when the exceptions of a
// pattern were passed over (Cubot, Pixel, SmartNews), when edges were (Bothwell,
// Comfort), and when forms are asked of the apps that have one (Facebook).
func TestPeople(t *testing.T) {
	for _, tt := range people {
		if bots.Is(tt.header) {
			t.Errorf("%s: Is(%.200q) = true, want false", tt.name, tt.header)
		}
	}
}

// TestAllocations holds that no copy of a header is made that could outlive the
// request. Seen to fail with strings.ToLower instead of the room on the stack.
func TestAllocations(t *testing.T) {
	for _, tt := range append(programs[:len(programs):len(programs)], people...) {
		if n := testing.AllocsPerRun(10, func() { bots.Is(tt.header) }); n != 0 {
			t.Errorf("%s: Is allocates %.0f times, want 0", tt.name, n)
		}
	}
	if n := testing.AllocsPerRun(10, func() { bots.Prefetch("Prefetch;prerender", "x;y") }); n != 0 {
		t.Errorf("Prefetch allocates %.0f times, want 0", n)
	}
}

func TestPrefetch(t *testing.T) {
	tests := []struct {
		name, secPurpose, purpose string
		want                      bool
	}{
		{"nothing said", "", "", false},
		{"prefetch of today", "prefetch", "", true},
		{"prerender of today", "prefetch;prerender", "", true},
		{"prefetch through a proxy", "prefetch;anonymous-client-ip", "", true},
		{"prefetch of before", "", "prefetch", true},
		{"both", "prefetch", "prefetch", true},
		{"preview of Safari's top sites", "", "preview", true},
		{"prerender alone", "prerender", "", true},
		{"capitals and blanks", " Prefetch ; a=b", "", true},
		{"in a list", "", "a, preview", true},
		{"another purpose", "navigate", "view", false},
		{"the word inside another", "noprefetch", "previews", false},
		{"very long", strings.Repeat("a;", 1<<16), strings.Repeat("b", 1<<16), false},
	}
	for _, tt := range tests {
		if got := bots.Prefetch(tt.secPurpose, tt.purpose); got != tt.want {
			t.Errorf("%s: Prefetch(%.40q, %.40q) = %v, want %v", tt.name, tt.secPurpose, tt.purpose, got, tt.want)
		}
	}
}

// FuzzIs holds that no header panics, that capitals do not matter, and that blanks
// around it do not.
func FuzzIs(f *testing.F) {
	for _, tt := range append(programs[:len(programs):len(programs)], people...) {
		if len(tt.header) < 1024 {
			f.Add(tt.header)
		}
	}
	f.Fuzz(func(t *testing.T, header string) {
		got := bots.Is(header)
		swapped := strings.Map(func(r rune) rune {
			if r >= 'a' && r <= 'z' {
				return r - 'a' + 'A'
			}
			return r
		}, strings.ToValidUTF8(header, "?"))
		if strings.ToValidUTF8(header, "?") == header && bots.Is(swapped) != got {
			t.Errorf("Is(%.200q) = %v, but not in capitals", header, got)
		}
		if len(header) < 1000 && bots.Is(" "+header+"\t") != got {
			t.Errorf("Is(%.200q) = %v, but not with blanks around it", header, got)
		}
		bots.Prefetch(header, header)
	})
}

func BenchmarkIs(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		bots.Is(chrome)
	}
}
