package page_test

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
	"unsafe"

	"oboro/collector/hit"
	"oboro/collector/internal/page"
)

// Seen to fail when the query is not cut, when nothing is decoded, when the
// parameters after ";" stay, when an index file is not dropped, and when letters
// are not composed.
func TestPathsOfOnePageAreOne(t *testing.T) {
	for _, tt := range []struct{ name, path, want string }{
		{"no path is the root", "", "/"},
		{"query alone is the root", "?q=1", "/"},
		{"fragment alone is the root", "#top", "/"},
		{"root stays", "/", "/"},
		{"query is cut", "/a?mail=x", "/a"},
		{"fragment is cut", "/a#b?c", "/a"},
		{"folder keeps its slash", "/a/", "/a/"},
		{"page keeps its case", "/Docs/Readme.html", "/Docs/Readme.html"},
		{"encoding is undone", "/%E4%BB%A4%E5%92%8C/caf%c3%a9", "/令和/café"},
		{"encoding is undone once", "/a%2562", "/:token"},
		{"decomposed letters are composed", "/cafe\u0301/%E3%81%8B%E3%82%99", "/café/が"},
		{"full-width signs become ASCII", "/令和８年度（案）", "/令和8年度(案)"},
		{"invisible signs are dropped", "/葛\U000E0100城\u200b市\u202e", "/葛城市"},
		{"slashes are merged", "//a///b", "/a/b"},
		{"encoded slash is a slash", "/a%2Fb", "/a/b"},
		{"dot segments are resolved", "/a/./b/../c", "/a/c"},
		{"encoded dot segments are resolved", "/a/%2e%2E/c", "/c"},
		{"dots above the root stay at the root", "/../../a", "/a"},
		{"dots at the end leave a folder", "/a/b/..", "/a/"},
		{"parameters are dropped", "/a;jsessionid=1A2B/b;v=1", "/a/b"},
		{"encoded parameters are dropped", "/a%3Bjsessionid=1A2B", "/a"},
		{"index.html is its folder", "/a/index.html", "/a/"},
		{"index.htm at the root is the root", "/index.htm", "/"},
		{"index.php in capitals is its folder", "/a/INDEX.PHP?p=1", "/a/"},
		{"default.aspx is its folder", "/a/Default.aspx", "/a/"},
		{"index with parameters is its folder", "/a/index.html;s=1", "/a/"},
		{"index in a folder of that name is dropped once", "/index.html/index.html", "/index.html/"},
		{"full-width slash is a slash", "/a／b", "/a/b"},
		{"index inside is a folder's name", "/index.html/a", "/index.html/a"},
		{"space becomes a token", "/a/my%20file.pdf/b", "/a/:token/b"},
		{"plus stays", "/a+b", "/a+b"},
	} {
		t.Run(tt.name, func(t *testing.T) { wantPage(t, tt.path, tt.want) })
	}
}

// Seen to fail when scrub lets "@" or "%40" pass, when plain leaves full-width
// digits or invisible signs, when "-" does not join digit groups, when ten digits
// are needed, when a date excuses any number beside it, when hexadecimal digits,
// UUIDs or addresses are not looked for, when isDense is never true, when joint knows
// no vowel mark, when isPhone or isByFours is never true, and when an address must
// be a whole segment.
func TestPersonalPartsAreScrubbed(t *testing.T) {
	for _, tt := range []struct{ name, path, want string }{
		{"e-mail", "/u/taro@example.jp/edit", "/u/:email/edit"},
		{"e-mail with an encoded sign", "/u/taro%40example.jp", "/u/:email"},
		{"e-mail encoded twice", "/u/taro%2540example.jp", "/u/:email"},
		{"e-mail with a full-width sign", "/u/taro＠example.jp", "/u/:email"},
		{"phone", "/tel/0312345678", "/tel/:number"},
		{"phone with hyphens", "/tel/090-1234-5678", "/tel/:number"},
		{"phone with dots", "/tel/090.1234.5678", "/tel/:number"},
		{"phone with brackets", "/tel/(03)1234-5678", "/tel/:number"},
		{"phone with brackets and hyphen", "/tel/(03)-1234-5678", "/tel/:number"},
		{"phone with country code", "/tel/+81-90-1234-5678.html", "/tel/:number"},
		{"phone in full-width digits", "/tel/０９０－１２３４－５６７８", "/tel/:number"},
		{"phone with invisible signs", "/tel/0901\u200b2345\u20606789", "/tel/:number"},
		{"phone in enclosing marks", "/tel/0\u20e39\u20e30\u20e312345678", "/tel/:number"},
		{"phone beside Japanese", "/tel/電話090-1234-5678まで", "/tel/:number"},
		{"12 digits with a valid check digit", "/n/123456789018", "/n/:number"},
		{"12 digits with another check digit", "/n/123456789012.html", "/n/:number"},
		{"12 digits in groups", "/n/1234-5678-9018", "/n/:number"},
		{"9 digits", "/n/123456789", "/n/:number"},
		{"13 digits", "/n/1234567890123", "/n/:number"},
		{"16 digits", "/n/1234567890123456", "/n/:number"},
		{"digits inside letters", "/n/id123456789012x", "/n/:number"},
		{"date and a person's number", "/n/19850401-1234", "/n/:number"},
		{"many small groups", "/n/1-2-3-4-5-6-7-8-9", "/n/:number"},
		{"IPv4 address", "/whois/192.0.2.55", "/whois/:number"},
		{"IPv4 address in a name", "/whois/host-192.0.2.55.html", "/whois/:number"},
		{"IPv6 address", "/whois/2001:db8::1", "/whois/:number"},
		{"IPv6 address in a name", "/whois/host-2001:db8::1.html", "/whois/:number"},
		{"IPv6 address behind an equals sign", "/whois/ip=2001:db8:a:b:c:d:e:f", "/whois/:number"},
		{"IPv6 address with hyphens", "/whois/2001-db8-1-2-3-4-5-6.v6", "/whois/:number"},
		{"IPv6 address with hyphens and zeros", "/whois/2a0b-c0-a1b--d3", "/whois/:number"},
		{"phone with low lines", "/tel/090_1234_5678", "/tel/:number"},
		{"phone with low lines in a name", "/tel/fax_03_1234_5678.html", "/tel/:number"},
		{"phone with tildes", "/tel/0120~123~456", "/tel/:number"},
		{"phone with signs of its own kind", "/tel/0466・12・3456", "/tel/:number"},
		{"phone with long vowel marks", "/tel/０９０ー１２３４ー５６７８", "/tel/:number"},
		{"phone with half-width vowel marks", "/tel/090ｰ1234ｰ5678", "/tel/:number"},
		{"12 digits with low lines", "/n/1234_5678_9018", "/n/:number"},
		{"UUID", "/s/550e8400-e29b-41d4-a716-446655440000", "/s/:token"},
		{"UUID in a name", "/s/item_550E8400-E29B-41D4-A716-446655440000.html", "/s/:token"},
		{"16 hexadecimal digits", "/s/d41d8cd98f00b204", "/s/:token"},
		{"digest with an extension", "/s/d41d8cd98f00b204e9800998ecf8427e.html", "/s/:token"},
		{"JSON web token", "/s/eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abcdefghij", "/s/:token"},
		{"token of mixed case", "/s/kX9aB2vQ7LmZ4tRw8YpC", "/s/:token"},
		{"token after words", "/s/reset-password-kX9aB2vQ7LmZ4tRw8YpC", "/s/:token"},
		{"token of capitals", "/s/01ARZ3NDEKTSV4RRFFQ69G5FAV", "/s/:token"},
		{"backslash", `/s/a\b`, "/s/:token"},
		{"quote", `/s/a"b`, "/s/:token"},
		{"emoji", "/s/😀", "/s/:token"},
		{"digits of another script", "/s/١٢٣٤٥٦٧٨٩", "/s/:token"},
		{"encoded question mark", "/s/a%3Fq=1", "/s/:token"},
		{"scrubbed only where needed", "/a/taro@example.jp/123456789/x", "/a/:email/:number/x"},
	} {
		t.Run(tt.name, func(t *testing.T) { wantPage(t, tt.path, tt.want) })
	}
}

// Seen to fail when mixed case and entropy alone make a token, when the bound of
// nine digits is eight, and when a date does not excuse the number beside it.
func TestOrdinaryPagesAreLeftAlone(t *testing.T) {
	for _, path := range []string{
		"/2026/04/", "/2026/04/01/news", "/20261121.html", "/R08", "/r8-2026-04-01.html",
		"/news/20261121-02.html", "/news/2026-11-21-1", "/news/no3-20261121", "/2026.11.21.01",
		"/page000001.html", "/page001_000123.html", "/kanko/page/page_000123.html",
		"/150-0001", "/v1.2.3", "/docs/10.15.7/", "/1.2.3.400", "/report-2025-2026",
		"/NewsRelease20261121Final.html", "/Press_Release_2026_Tokyo.html", "/R08_Youkou_Yoshiki01.html",
		"/kouhou2026nen11gatsu1gou.html", "/the-3rd-quarter-report-of-2026-for-q4", "/deadbeef", "/facade-decade-cafe",
		"/2025_2026_2027", "/page_01_0012_0345.html", "/03_1234_56", "/2026_0401_0001.html", "/12年1234月5678", "/face--2026", "/2026-04-01--02",
		"/std::vector2", "/cafe-bad-4-you", "/01:23:45", "/令和8年度第3回会議", "/ごみ・リサイクル", "/a=b,c:d", "/:email/:number/:token", "/~taro/", "/index", "/ああ/index.html.bak",
	} {
		wantPage(t, path, path)
	}
}

// Seen to fail when a broken encoding is let through as it stands, when control
// characters are not looked for, and when invalid UTF-8 is not.
func TestBrokenPathsAreRefused(t *testing.T) {
	for _, tt := range []struct{ name, path string }{
		{"no slash first", "a/b"},
		{"whole URL", "http://www.example.jp/"},
		{"star", "*"},
		{"encoding cut short", "/a%4"},
		{"percent sign alone", "/100%"},
		{"encoding of no byte", "/a%zz"},
		{"NUL", "/a\x00"},
		{"encoded NUL", "/a%00"},
		{"line break", "/a%0d%0aSet-Cookie:x"},
		{"DEL", "/a%7f"},
		{"C1 control", "/a%C2%85"},
		{"invalid UTF-8", "/a\xff"},
		{"encoded Shift JIS", "/%83%65%83%58"},
		{"overlong slash", "/a%C0%AF"},
		{"only invisible signs", "\u200b"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if p, ok := page.Of(tt.path); ok {
				t.Errorf("Of(%q) = %q, want it refused", tt.path, p.Path())
			}
		})
	}
}

// Seen to fail when fit cuts inside a segment, and when a cut page does not say
// that it is one.
func TestLongPagesAreCut(t *testing.T) {
	word := strings.Repeat("w", 60)
	kanji := strings.Repeat("漢", 30)
	for _, tt := range []struct{ name, path, want string }{
		{"15 segments and a slash fit", strings.Repeat("/a", 15) + "/", strings.Repeat("/a", 15) + "/"},
		{"16 segments fit", strings.Repeat("/a", 16), strings.Repeat("/a", 16)},
		{"16 segments and a slash are cut", strings.Repeat("/a", 16) + "/", strings.Repeat("/a", 15) + "/:token"},
		{"17 segments are cut", strings.Repeat("/a", 17), strings.Repeat("/a", 15) + "/:token"},
		{"256 bytes fit", "/" + strings.Repeat("w", 255), "/" + strings.Repeat("w", 255)},
		{"257 bytes in one segment are a token", "/" + strings.Repeat("w", 256), "/:token"},
		{"segments over 256 bytes are cut", strings.Repeat("/"+word, 5), strings.Repeat("/"+word, 4) + "/:token"},
		{"segments of kanji are cut whole", strings.Repeat("/"+kanji, 3), strings.Repeat("/"+kanji, 2) + "/:token"},
		{"over 4096 bytes are cut", "/a/b" + strings.Repeat("/c;x", 1100), "/a/b" + strings.Repeat("/c", 13) + "/:token"},
		{"over 4096 bytes that become few end in a token", "/a/" + strings.Repeat("%41", 1500), "/a/:token"},
		{"over 4096 bytes in one segment are a token", "/" + strings.Repeat("w", 5000), "/:token"},
	} {
		t.Run(tt.name, func(t *testing.T) { wantPage(t, tt.path, tt.want) })
	}
}

func wantPage(t *testing.T, path, want string) {
	t.Helper()
	p, ok := page.Of(path)
	if !ok || p.Path() != want {
		t.Errorf("Of(%q) = %q, %v, want %q", path, p.Path(), ok, want)
	}
}

// A page must not share memory with the request that it came from. Seen to fail
// when hit.ParsePage keeps its argument instead of a copy.
func TestPagesAreCopies(t *testing.T) {
	for _, path := range []string{"/plain", "/a/123456789", "/caf%c3%a9", "/a/b/index.html"} {
		raw := []byte(path)
		p, ok := page.Of(unsafe.String(&raw[0], len(raw)))
		if !ok {
			t.Fatalf("Of(%q) refused", path)
		}
		before := strings.Clone(p.Path())
		for i := range raw {
			raw[i] = 'X'
		}
		if p.Path() != before {
			t.Errorf("Of(%q) changed to %q when its buffer was overwritten", path, p.Path())
		}
	}
}

var nineDigits = regexp.MustCompile(`\p{Nd}{9}`)

// check holds what is promised of every page.
func check(t *testing.T, path string) {
	t.Helper()
	p, ok := page.Of(path)
	if !ok {
		return
	}
	out := p.Path()
	if _, ok := hit.ParsePage(out); !ok {
		t.Errorf("Of(%q) = %q, outside the grammar", path, out)
	}
	if again, ok := page.Of(out); !ok || again != p {
		t.Errorf("Of(%q) = %q, and Of of that = %q, %v: not idempotent", path, out, again.Path(), ok)
	}
	if strings.ContainsAny(out, "@?#%;\\ \x00") || nineDigits.MatchString(out) || !utf8.ValidString(out) {
		t.Errorf("Of(%q) = %q, which holds what a page must not", path, out)
	}
}

// Seen to fail when normal runs after segments (a full-width slash then makes a
// page of two segments on the second run only).
func TestScrubbingTwiceIsScrubbingOnce(t *testing.T) {
	pieces := []string{
		"/", "/", "/", "//", "/./", "/../", "..", ".", ";", ";a=1", "%2e", "%2f", "%3b", "%25", "%2540", "%40", "%3f", "@", "?", "#",
		"index.html", "default.aspx", "a", "Z", "eyJ", "news", "2026", "11", "21", "090", "1234", "5678", "9", "-", ".", "(", ")", "+", ":", "_",
		"deadbeef", "d41d8cd98f00b204", "550e8400-e29b-41d4-a716-446655440000", "kX9aB2vQ7LmZ4tRw8YpC", ":email", ":number", ":token",
		"／", "．", "；", "＠", "％", "９", "\u037e", "\u0301", "\u0338", "=", "\u200b", "\u202e", "\ufe0f", "\u20e3", "\u212a", "が", "か\u3099", "\u1100\u1161",
		"ﬁ", "漢", "葛\U000E0100", "😀", " ", "\u3164", "٣", strings.Repeat("long", 40), strings.Repeat("/a", 9),
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 50_000 {
		var b strings.Builder
		b.WriteByte('/')
		for range random.IntN(14) {
			b.WriteString(pieces[random.IntN(len(pieces))])
		}
		check(t, b.String())
		if t.Failed() {
			return
		}
	}
}

func FuzzOf(f *testing.F) {
	for _, seed := range []string{
		"", "/", "/a/b?c=d#e", "/taro%40example.jp/", "/090-1234-5678", "/２０２６/０４", "/a/../b/./c//d;e=f/index.html",
		"/550e8400-e29b-41d4-a716-446655440000", "/kX9aB2vQ7LmZ4tRw8YpC.html", "/%00", "/%zz", "/\u037ea", "/か\u3099",
		strings.Repeat("/a", 20), "/" + strings.Repeat("x", 5000), "/2001:db8::1", "/葛\U000E0100城",
	} {
		f.Add(seed)
	}
	f.Fuzz(check)
}

// How many of the tokens that programs draw are seen: 1,000 of each alphabet, 24
// characters long. Not all are: a rule that took them all would take words too. Seen to fail when a token must have small letters and capitals.
func TestRandomTokensAreSeen(t *testing.T) {
	const lower, upper, digits = "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789"
	for _, tt := range []struct {
		name, alphabet string
		atLeast        int
	}{
		{"base 64 for URLs", lower + upper + digits + "-_", 850},
		{"base 62", lower + upper + digits, 870},
		{"base 36", lower + digits, 800},
		{"base 32 of Crockford", "0123456789ABCDEFGHJKMNPQRSTVWXYZ", 870},
		{"hexadecimal", "0123456789abcdef", 1000},
	} {
		t.Run(tt.name, func(t *testing.T) {
			random := rand.New(rand.NewPCG(3, 4))
			seen := 0
			for range 1000 {
				b := []byte("/")
				for range 24 {
					b = append(b, tt.alphabet[random.IntN(len(tt.alphabet))])
				}
				if p, ok := page.Of(string(b)); ok && p.Path()[1] == ':' {
					seen++
				}
			}
			t.Logf("%d of 1000 seen", seen)
			if seen < tt.atLeast {
				t.Errorf("%d of 1000 random tokens were scrubbed, want at least %d", seen, tt.atLeast)
			}
		})
	}
}

func BenchmarkOf(b *testing.B) {
	for _, bb := range []struct{ name, path string }{
		{"no digit", "/news/kouhou/"},
		{"date", "/news/2026/04/20261121-02.html"},
		{"scrubbed", "/tel/090-1234-5678"},
		{"encoded", "/%E4%BB%A4%E5%92%8C%EF%BC%98%E5%B9%B4/"},
	} {
		b.Run(bb.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				page.Of(bb.path)
			}
		})
	}
}

// The short way comes to the same page as the long one. Seen to fail when it does not
// look for index files, for dots at the head of a segment, for empty segments, for
// numbers and tokens, or at how many segments there are.
func TestShortWayIsTheLongWay(t *testing.T) {
	parts := []string{
		"a", "guide", "index.html", "INDEX.HTM", "index.php", "default.aspx", "index", ".", "..", ".well-known", "a.b", "...", "a_b", "a-b",
		"2026", "20261121", "090-1234-5678", "0123456789", "a0123456789abcdef", "192.0.2.1", "1.2.3", "x1y2z3x1y2z3x1y2z3x1y2", "", "", "a;b", "a@b", ":token",
		"%41", "~a", "a+b", "a,b", strings.Repeat("x", 100), strings.Repeat("long", 30), "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9eyJhbGciOiJI",
		"550e8400-e29b-41d4-a716-446655440000", "あ", "\x01", "NewsRelease2026Final", "a b",
	}
	r := rand.New(rand.NewPCG(1, 2))
	short := 0
	for range 100_000 {
		path := ""
		for range r.IntN(4) + 14*r.IntN(8)/7 {
			part := parts[r.IntN(len(parts))]
			if r.IntN(2) == 0 {
				part = parts[r.IntN(2)]
			}
			path += "/" + part
		}
		path += []string{"", "/", "?a=b"}[r.IntN(3)]
		got, ok := page.Of(path)
		want, fine := new(page.Rules).Slowly(path)
		if got != want || ok != fine {
			t.Fatalf("Of(%q) = %q, %v, the long way comes to %q, %v", path, got.Path(), ok, want.Path(), fine)
		}
		if new(page.Rules).Plainly(path) {
			short++
		}
	}
	if short < 10_000 {
		t.Errorf("%d paths took the short way, too few to tell", short)
	}
}
