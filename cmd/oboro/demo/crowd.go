package demo

import (
	"math/rand/v2"
	"net/netip"
)

// A network is a range of a consumer provider, in a country that the public
// tables agree on for the whole of it.
type network struct {
	weight  int
	prefix  netip.Prefix
	accepts []string // Accept-Language; the first is as likely as all others
}

var (
	japanese = []string{"ja-JP,ja;q=0.9", "ja,en-US;q=0.9,en;q=0.8", "ja-JP,ja;q=0.9,en-US;q=0.8,en;q=0.7", "ja-JP"}
	// Of those in Japan who read another language, in about these shares.
	settled = []string{"en-US,en;q=0.9", "zh-CN,zh;q=0.9,ja;q=0.8", "vi-VN,vi;q=0.9", "pt-BR,pt;q=0.9", "ko-KR,ko;q=0.9", "ne-NP,ne;q=0.9,en;q=0.8"}
	english = []string{"en-US,en;q=0.9", "en-GB,en;q=0.9", "en-US,en;q=0.9,ja;q=0.8"}
	chinese = []string{"zh-CN,zh;q=0.9", "zh-CN,zh;q=0.9,en;q=0.8"}
)

// networks: nine visitors in ten are in Japan, the first thirteen ranges. Each was
// looked up in the iptoasn table of 2026-06-17, 3,000 random addresses a range:
// all of them answered the same country.
var networks = []network{
	{110, netip.MustParsePrefix("153.128.0.0/10"), japanese},
	{70, netip.MustParsePrefix("114.144.0.0/12"), japanese},
	{60, netip.MustParsePrefix("60.32.0.0/12"), japanese},
	{60, netip.MustParsePrefix("180.0.0.0/10"), japanese},
	{90, netip.MustParsePrefix("106.128.0.0/10"), japanese},
	{50, netip.MustParsePrefix("27.80.0.0/12"), japanese},
	{90, netip.MustParsePrefix("14.8.0.0/14"), japanese},
	{70, netip.MustParsePrefix("126.112.0.0/12"), japanese},
	{40, netip.MustParsePrefix("221.16.0.0/12"), japanese},
	{90, netip.MustParsePrefix("2400:4050::/28"), japanese},
	{70, netip.MustParsePrefix("240b:10::/28"), japanese},
	{40, netip.MustParsePrefix("2400:2410::/28"), japanese},
	{60, netip.MustParsePrefix("118.0.0.0/12"), settled},
	{26, netip.MustParsePrefix("73.0.0.0/8"), english}, // United States
	{8, netip.MustParsePrefix("2601::/20"), english},
	{20, netip.MustParsePrefix("113.64.0.0/10"), chinese},                              // China
	{14, netip.MustParsePrefix("175.192.0.0/10"), []string{"ko-KR,ko;q=0.9"}},          // Korea
	{18, netip.MustParsePrefix("114.32.0.0/12"), []string{"zh-TW,zh;q=0.9,en;q=0.8"}},  // Taiwan
	{10, netip.MustParsePrefix("113.160.0.0/11"), []string{"vi-VN,vi;q=0.9,en;q=0.8"}}, // Viet Nam
	{4, netip.MustParsePrefix("171.96.0.0/13"), []string{"th-TH,th;q=0.9"}},            // Thailand
	{4, netip.MustParsePrefix("86.128.0.0/10"), []string{"en-GB,en;q=0.9"}},            // United Kingdom
	{3, netip.MustParsePrefix("79.192.0.0/10"), []string{"de-DE,de;q=0.9,en;q=0.8"}},   // Germany
	{3, netip.MustParsePrefix("36.64.0.0/12"), []string{"id-ID,id;q=0.9,en-US;q=0.8"}}, // Indonesia
}

// An agent is a browser as it names itself, and how wide its window may be.
type agent struct {
	weight int
	name   string
	widths []int
}

var (
	narrow = []int{360, 375, 384, 390, 393, 402, 412, 430}
	medium = []int{768, 810, 820, 834, 1024}
	wide   = []int{1280, 1366, 1440, 1536, 1707, 1920, 2560}
)

// agents: phones 60 in 100, desktops 35, tablets 5.
var agents = []agent{
	{220, "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.6 Mobile/15E148 Safari/604.1", narrow},
	{60, "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1", narrow},
	{30, "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/155.0.8040.62 Mobile/15E148 Safari/604.1", narrow},
	{40, "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 Safari Line/16.2.0", narrow},
	{30, "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 YJApp-IOS jp.co.yahoo.ipn.appli/4.168.0", narrow},
	{140, "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/155.0.0.0 Mobile Safari/537.36", narrow},
	{20, "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/154.0.0.0 Mobile Safari/537.36", narrow},
	{20, "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/30.0 Chrome/146.0.0.0 Mobile Safari/537.36", narrow},
	{15, "Mozilla/5.0 (Linux; Android 16; SO-51F Build/69.2.A.2.30; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/155.0.8040.61 Mobile Safari/537.36 Line/16.2.1/IAB", narrow},
	{15, "Mozilla/5.0 (Linux; Android 16; SH-54F Build/S3021; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/155.0.8040.61 Mobile Safari/537.36 YJApp-ANDROID jp.co.yahoo.android.yjtop/3.204.0", narrow},
	{10, "Mozilla/5.0 (Android 16; Mobile; rv:157.0) Gecko/157.0 Firefox/157.0", narrow},
	{150, "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/155.0.0.0 Safari/537.36", wide},
	{25, "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/154.0.0.0 Safari/537.36", wide},
	{80, "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/155.0.0.0 Safari/537.36 Edg/155.0.0.0", wide},
	{20, "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:157.0) Gecko/20100101 Firefox/157.0", wide},
	{40, "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.6 Safari/605.1.15", wide},
	{20, "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/155.0.0.0 Safari/537.36", wide},
	{5, "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/155.0.0.0 Safari/537.36", wide},
	{10, "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:157.0) Gecko/20100101 Firefox/157.0", wide},
	{30, "Mozilla/5.0 (iPad; CPU OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.6 Mobile/15E148 Safari/604.1", medium},
	{20, "Mozilla/5.0 (Linux; Android 15; SM-X210) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/155.0.0.0 Safari/537.36", medium},
}

// robots read the site too, from the ranges that their owners publish. They send
// no language.
var robots = []struct {
	prefix netip.Prefix
	name   string
}{
	{netip.MustParsePrefix("66.249.64.0/20"), "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; Googlebot/2.1; +http://www.google.com/bot.html) Chrome/155.0.8040.60 Safari/537.36"},
	{netip.MustParsePrefix("157.55.39.0/24"), "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm) Chrome/136.0.0.0 Safari/537.36"},
	{netip.MustParsePrefix("20.171.207.0/24"), "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.3; +https://openai.com/gptbot)"},
	{netip.MustParsePrefix("54.36.148.0/23"), "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)"},
}

// A referrer is where a visit came from; none is the empty one.
type referrer struct {
	weight int
	url    string
}

// referrers: none 40 in 100. Small sites, which only one or two visitors come
// from, are made up on the way.
var referrers = []referrer{
	{400, ""},
	{290, "https://www.google.com/"},
	{140, "https://search.yahoo.co.jp/"},
	{50, "https://www.bing.com/"},
	{20, "https://x.com/"},
	{10, "https://t.co/"},
	{30, "https://www.digital.go.jp/"},
	{30, "https://www.city.asagiri.oboro.lg.jp/"}, // a city of the prefecture, as unreal as it is
	{10, "https://duckduckgo.com/"},
	{20, small},
}

// small stands for one of many small sites.
const small = "small"

// addressIn returns an address of the range. Of IPv6 the provider's part, the
// home's and the device's are all drawn.
func addressIn(r *rand.Rand, p netip.Prefix) netip.Addr {
	raw := p.Addr().AsSlice()
	for bit := p.Bits(); bit < 8*len(raw); bit++ {
		if r.IntN(2) == 1 {
			raw[bit/8] |= 0x80 >> (bit % 8)
		}
	}
	a, _ := netip.AddrFromSlice(raw)
	return a
}

// pick returns an element of the list, each as likely as its weight says.
func pick[T any](r *rand.Rand, list []T, weight func(T) int) T {
	var sum int
	for _, e := range list {
		sum += weight(e)
	}
	n := r.IntN(sum)
	for _, e := range list {
		if n -= weight(e); n < 0 {
			return e
		}
	}
	return list[len(list)-1]
}
