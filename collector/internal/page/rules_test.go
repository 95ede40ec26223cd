package page_test

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode"

	"oboro/collector/hit"
	"oboro/collector/internal/page"
)

func settled(t testing.TB, r page.Rules) *page.Rules {
	t.Helper()
	r, bad, ok := r.Settle()
	if !ok {
		t.Fatalf("Settle refuses %q", bad)
	}
	return &r
}

// Seen to fail, each at its lines, when the parameters are not sorted, when the last of
// two values is taken, when a fragment is read as part of the query, when a name is not
// decoded, when a value is not scrubbed, not brought into its case or not bounded, when an
// encoded "&" or "?" is let through, and when no rule is asked about slash, case or index
// file on the short way.
func TestRulesOfASite(t *testing.T) {
	asks := page.Rules{Parameters: []string{"lang", "category"}}
	for _, tt := range []struct {
		name       string
		rules      page.Rules
		path, want string
	}{
		{"declared parameters, sorted", asks, "/s?lang=ja&x=1&category=tax", "/s?category=tax&lang=ja"},
		{"no declared parameter", asks, "/s?x=1", "/s"},
		{"root", asks, "?lang=ja", "/?lang=ja"},
		{"folder", asks, "/a/?lang=ja", "/a/?lang=ja"},
		{"index file", asks, "/a/index.html?lang=ja", "/a/?lang=ja"},
		{"the first of two values", asks, "/s?lang=ja&lang=en", "/s?lang=ja"},
		{"the first that is not empty", asks, "/s?lang=&lang&lang=en", "/s?lang=en"},
		{"empty pairs", asks, "/s?&&=&lang=ja&", "/s?lang=ja"},
		{"another case is another name", asks, "/s?Lang=ja", "/s"},
		{"a longer name is another", asks, "/s?lang2=ja&xlang=ja", "/s"},
		{"fragment behind", asks, "/s?category=tax#lang=ja", "/s?category=tax"},
		{"fragment in front", asks, "/s#x?lang=ja", "/s"},
		{"question mark in the query", asks, "/s?x?lang=ja&lang=en", "/s?lang=en"},
		{"slash in the query", asks, "/s?x=/a/b&lang=en", "/s?lang=en"},
		{"encoded name", asks, "/s?%6Cang=ja", "/s?lang=ja"},
		{"encoded value", asks, "/s?category=%E7%A8%8E", "/s?category=税"},
		{"decomposed value", asks, "/s?category=%E3%81%8B%E3%82%99", "/s?category=が"},
		{"broken value", asks, "/s?category=%zz", "/s?category=:token"},
		{"value with a control character", asks, "/s?category=a%00", "/s?category=:token"},
		{"value that cannot be seen", asks, "/s?category=%E2%80%8B", "/s?category=:token"},
		{"plus is a space", asks, "/s?category=a+b", "/s?category=:token"},
		{"space", asks, "/s?category=a%20b", "/s?category=:token"},
		{"slash", asks, "/s?category=a/b", "/s?category=:token"},
		{"encoded ampersand", asks, "/s?category=a%26lang=xx", "/s?category=:token"},
		{"encoded question mark", asks, "/s?category=a%3Flang=xx", "/s?category=:token"},
		{"full-width ampersand", asks, "/s?category=a＆lang", "/s?category=:token"},
		{"e-mail", asks, "/s?category=taro%40example.jp", "/s?category=:email"},
		{"telephone", asks, "/s?category=090-1234-5678", "/s?category=:number"},
		{"full-width digits", asks, "/s?category=０９０１２３４５６７８", "/s?category=:number"},
		{"address", asks, "/s?category=192.0.2.55", "/s?category=:number"},
		{"token", asks, "/s?category=kX9aB2vQ7LmZ4tRw8YpC", "/s?category=:token"},
		{"64 bytes", asks, "/s?category=" + strings.Repeat("w", 64), "/s?category=" + strings.Repeat("w", 64)},
		{"65 bytes", asks, "/s?category=" + strings.Repeat("w", 65), "/s?category=:token"},
		{"very long", asks, "/s?category=" + strings.Repeat("%41", 65), "/s?category=:token"},
		{"page full of path", asks, "/" + strings.Repeat("w", 250) + "?lang=ja", "/" + strings.Repeat("w", 250)},
		{"path that is cut", asks, strings.Repeat("/a", 20) + "?lang=ja", strings.Repeat("/a", 15) + "/:token?lang=ja"},
		{"encoded question mark in the path", asks, "/s%3Flang=ja", "/:token"},
		{"full-width question mark in the path", asks, "/s？lang=ja", "/:token"},
		{"encoded question mark without rules", page.Rules{}, "/a%3Fb=secret", "/:token"},

		{"slash kept", page.Rules{}, "/a/", "/a/"},
		{"slash stripped", page.Rules{Slash: page.Strip}, "/a/b/", "/a/b"},
		{"slash stripped of the root", page.Rules{Slash: page.Strip}, "/", "/"},
		{"slash stripped of an index file", page.Rules{Slash: page.Strip}, "/a/index.html", "/a"},
		{"slash stripped of an index file at the root", page.Rules{Slash: page.Strip}, "/index.html", "/"},
		{"slash stripped of a folder named as an index file", page.Rules{Slash: page.Strip}, "/index.html/index.php", "/"},
		{"slash added", page.Rules{Slash: page.Add}, "/a/b", "/a/b/"},
		{"slash added to no file", page.Rules{Slash: page.Add}, "/a/b.html", "/a/b.html"},
		{"slash kept behind a file", page.Rules{Slash: page.Add}, "/a/b.html/", "/a/b.html/"},
		{"slash added to the root once", page.Rules{Slash: page.Add}, "/", "/"},
		{"slash added to what is scrubbed", page.Rules{Slash: page.Add}, "/a/x@y.example", "/a/:email/"},
		{"slash added to a path that is cut", page.Rules{Slash: page.Add}, strings.Repeat("/a", 17), strings.Repeat("/a", 14) + "/:token/"},
		{"slash added where there is no room", page.Rules{Slash: page.Add}, strings.Repeat("/a", 16), strings.Repeat("/a", 14) + "/:token/"},
		{"slash before parameters", page.Rules{Slash: page.Add, Parameters: []string{"b"}}, "/a?b=c", "/a/?b=c"},

		{"case lowered", page.Rules{Lower: true}, "/Docs/ReadMe.HTML", "/docs/readme.html"},
		{"case lowered beyond ASCII", page.Rules{Lower: true}, "/%C3%89T%C3%89/Ｄocs", "/été/docs"},
		{"case lowered of parameters", page.Rules{Lower: true, Parameters: []string{"Lang"}}, "/A?LANG=JA&lang=EN", "/a?lang=ja"},
		{"token seen before its capitals go", page.Rules{Lower: true}, "/s/kXaBvQLm1ZtRwYpCbNsDg", "/s/:token"},
		{"what is scrubbed in small letters", page.Rules{Lower: true}, "/X@Y.EXAMPLE", "/:email"},

		{"index file declared", page.Rules{Index: []string{"Home.asp"}}, "/a/HOME.asp", "/a/"},
		{"built-in one no more", page.Rules{Index: []string{"Home.asp"}}, "/a/index.html", "/a/index.html"},
		{"none", page.Rules{Index: []string{}}, "/a/index.html", "/a/index.html"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, ok := settled(t, tt.rules).Of(tt.path)
			if !ok || p.Path() != tt.want {
				t.Errorf("Of(%q) = %q, %v, want %q", tt.path, p.Path(), ok, tt.want)
			}
		})
	}
}

// Seen to fail when names are not looked at, and when their number is not.
func TestRulesRefuse(t *testing.T) {
	for _, tt := range []struct {
		name  string
		rules page.Rules
		bad   string
	}{
		{"empty name", page.Rules{Parameters: []string{"a", ""}}, ""},
		{"name with brackets", page.Rules{Parameters: []string{"q[]"}}, "q[]"},
		{"name that begins with a digit", page.Rules{Parameters: []string{"1a"}}, "1a"},
		{"name not in ASCII", page.Rules{Parameters: []string{"言語"}}, "言語"},
		{"name of 33 bytes", page.Rules{Parameters: []string{strings.Repeat("n", 33)}}, strings.Repeat("n", 33)},
		{"five names", page.Rules{Parameters: []string{"e", "d", "c", "b", "a"}}, "a"},
		{"index file with a slash", page.Rules{Index: []string{"a/b"}}, "a/b"},
		{"index file that is a dot segment", page.Rules{Index: []string{".."}}, ".."},
		{"index file without a name", page.Rules{Index: []string{""}}, ""},
		{"index file of 65 bytes", page.Rules{Index: []string{strings.Repeat("n", 65)}}, strings.Repeat("n", 65)},
	} {
		if r, bad, ok := tt.rules.Settle(); ok || bad != tt.bad || r.Parameters != nil || r.Index != nil {
			t.Errorf("%s: Settle = %+v, %q, %v, want it refused because of %q", tt.name, r, bad, ok, tt.bad)
		}
	}
}

// all returns rules of each kind.
func all(t testing.TB) []*page.Rules {
	var rules []*page.Rules
	for i := range 3 * 2 * 3 {
		r := page.Rules{Slash: page.Slash(i % 3), Lower: i/3%2 == 1}
		switch i / 6 {
		case 1:
			r.Parameters, r.Index = []string{"lang", "a"}, []string{"home", "v1.2"}
		case 2:
			r.Parameters, r.Index = []string{"category", "x_1", "B-b", "q"}, []string{}
		}
		rules = append(rules, settled(t, r))
	}
	return rules
}

// hold holds what is promised of every page of a site with these rules.
func hold(t *testing.T, r *page.Rules, target string) {
	t.Helper()
	p, ok := r.Of(target)
	path, values := r.Cut(target)
	if again, fine := r.Page(path, &values); again != p || fine != ok {
		t.Errorf("%+v: Page(Cut(%q)) = %q, %v, but Of = %q, %v", r, target, again.Path(), fine, p.Path(), ok)
	}
	if !ok {
		return
	}
	out := p.Path()
	if _, ok := hit.ParsePage(out); !ok {
		t.Errorf("%+v: Of(%q) = %q, outside the grammar", r, target, out)
	}
	if again, ok := r.Of(out); !ok || again != p {
		t.Errorf("%+v: Of(%q) = %q, and Of of that = %q, %v: not idempotent", r, target, out, again.Path(), ok)
	}
	if e, why := r.Entry(out); why != "" || e.Path != out || e.Pattern {
		t.Errorf("%+v: Of(%q) = %q, which as an entry is %+v: %s", r, target, out, e, why)
	}
	way, query, asks := strings.Cut(out, "?")
	if strings.ContainsAny(out, "@#%;\\ \x00") || nineDigits.MatchString(out) || strings.ContainsAny(way, "?&") {
		t.Errorf("%+v: Of(%q) = %q, which holds what a page must not", r, target, out)
	}
	if r.Slash == page.Strip && len(way) > 1 && strings.HasSuffix(way, "/") ||
		r.Slash == page.Add && !strings.HasSuffix(way, "/") && !strings.Contains(way[strings.LastIndexByte(way, '/'):], ".") {
		t.Errorf("%+v: Of(%q) = %q: its end is not by the rules", r, target, out)
	}
	if r.Lower && strings.ToLower(out) != out {
		t.Errorf("%+v: Of(%q) = %q: not in small letters", r, target, out)
	}
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		if asks && (!slices.Contains(r.Parameters, name) || value == "") {
			t.Errorf("%+v: Of(%q) = %q: the parameter %q is not declared", r, target, out, name)
		}
	}
}

// The pieces of addresses that might be read in two ways.
var pieces = []string{
	"/", "/", "/", "//", "/./", "/../", "..", ".", ";", ";a=1", "%2e", "%2f", "%3b", "%25", "%2540", "%40", "%3f", "%26", "%3d", "%23", "@", "?", "?", "?", "#", "&", "&", "=", "=",
	"lang=ja", "lang", "LANG=", "category=", "x_1=", "B-b=", "q=", "a=", "%6Cang=EN", "&lang=x&a=y", "+", "%2b", "home", "HOME/", "v1.2",
	"index.html", "default.aspx", "a", "Z", "eyJ", "news", "2026", "11", "21", "090", "1234", "5678", "9", "-", ".", "(", ")", ":", "_", "ー", "::", "--", "2001:db8", "*",
	"deadbeef", "d41d8cd98f00b204", "550e8400-e29b-41d4-a716-446655440000", "kX9aB2vQ7LmZ4tRw8YpC", ":email", ":number", ":token", ":any",
	"／", "．", "；", "＠", "％", "９", "？", "＆", "\u037e", "\u0301", "\u0338", "\u200b", "\u202e", "\ufe0f", "\u20e3", "\u212a", "İ", "ſ", "ǅ", "Σ", "J\u030c", "Å", "が", "か\u3099", "\u1100\u1161",
	"ﬁ", "漢", "葛\U000E0100", "😀", " ", "\u3164", "٣", strings.Repeat("long", 40), strings.Repeat("/a", 9), strings.Repeat("/A", 7),
}

// Seen to fail when what was lowered is not composed, when an index file is
// taken off once where slashes are stripped, when a page that is cut gets no slash, when
// "?" is let through in a segment, and when a value may hold "&".
func TestRulesTwiceAreRulesOnce(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	rules := all(t)
	for range 60_000 {
		target := "/"
		for range random.IntN(14) {
			target += pieces[random.IntN(len(pieces))]
		}
		if hold(t, rules[random.IntN(len(rules))], target); t.Failed() {
			return
		}
	}
}

func FuzzRules(f *testing.F) {
	for i, seed := range []string{
		"", "/", "/a/b?c=d#e", "/s?lang=ja&category=tax", "?a=1&lang=%E7%A8%8E", "/A%3Fq=x?q=x%26y", "/index.html/home?", "/J\u030c/İndex.html", "/Σ/ΑΣ", "/090_1234_5678",
		"/2001:db8::1.html", "/a?x_1=090-1234-5678&B-b=x@y", strings.Repeat("/a", 20) + "?lang=ja", "/" + strings.Repeat("w", 250) + "?q=ja",
	} {
		f.Add(seed, uint8(i))
	}
	rules := all(f)
	f.Fuzz(func(t *testing.T, target string, of uint8) { hold(t, rules[int(of)%len(rules)], target) })
}

// The short way comes to the same page as the long one, by whatever rules. Seen to fail when
// it does not ask about slash, case or index files of the site.
func TestShortWayIsTheLongWayByRules(t *testing.T) {
	parts := []string{"a", "guide", "Guide", "index.html", "HOME", "v1.2", "index.php", ".", "b.html", "2026", "090-1234-5678", "", "あ", ":token", strings.Repeat("x", 60)}
	random := rand.New(rand.NewPCG(3, 4))
	rules := all(t)
	short := 0
	for range 50_000 {
		path := ""
		for range random.IntN(5) + 14*(random.IntN(8)/7) {
			path += "/" + parts[random.IntN(len(parts))]
		}
		path += []string{"", "/"}[random.IntN(2)]
		r := rules[random.IntN(len(rules))]
		got, ok := r.Of(path)
		want, fine := r.Slowly(path)
		if got != want || ok != fine {
			t.Fatalf("%+v: Of(%q) = %q, %v, the long way comes to %q, %v", r, path, got.Path(), ok, want.Path(), fine)
		}
		if r.Plainly(path) {
			short++
		}
	}
	if short < 5_000 {
		t.Errorf("%d paths took the short way, too few to tell", short)
	}
}

// What a visitor typed and nobody declared is in no page, however it is written: each
// secret is a word that is nothing else. Seen to fail when Cut takes parameters by a
// part of their name, when "?" in a segment or "&" in a value is let through, when the
// fragment is read with the query, and when a path parameter stays.
func TestNoUndeclaredValueSurvives(t *testing.T) {
	const secret = "himitsu"
	random := rand.New(rand.NewPCG(5, 6))
	pick := func(of ...string) string { return of[random.IntN(len(of))] }
	rules, met := all(t), 0
	for range 40_000 {
		r := rules[random.IntN(len(rules))]
		target := pick("", "/", "/s", "/a/b/", "/index.html", "/S;x="+secret)
		for i := range 1 + random.IntN(6) {
			sign := pick("&", "&", "&amp;", "?", "%26", "＆", "#", ";")
			if i == 0 {
				sign = pick("?", "?", "?", "%3F", "？", "#", ";")
			}
			name := pick("q2", "xlang", "Lang2", "name", "", "lang%20", "lang[]", "sid", "%6Cangx", "l%61ng.", "a.a", "CATEGORY2", "x_1_")
			target += sign + name + pick("=", "=", "%3D", "＝") + pick(secret, secret+".", "(%68imitsu)", "ｈimitsu", "HIMITSU", "himi%E2%80%8Btsu")
			if random.IntN(3) == 0 { // a declared one between, whose value is no secret
				target += "&" + pick("lang=ja", "category=tax", "a=b", "q=x", "x_1=1", "B-b=2")
			}
		}
		p, ok := r.Of(target)
		if !ok {
			continue
		}
		met++
		if found := strings.ToLower(p.Path()); strings.Contains(found, secret) || strings.Contains(found, "imits") {
			t.Fatalf("%+v: Of(%q) = %q, with what nobody declared", r, target, p.Path())
		}
	}
	if met < 20_000 {
		t.Errorf("%d addresses have a page, too few to tell", met)
	}
}

// addresses returns ways to write a random address, each with the digits of it that
// may not be met again.
func addresses(random *rand.Rand) []string {
	b := func() int { return random.IntN(256) }
	four := []int{1 + b()%223, b(), b(), b()}
	dotted := fmt.Sprintf("%d.%d.%d.%d", four[0], four[1], four[2], four[3])
	groups := make([]string, 8)
	for i := range groups {
		groups[i] = fmt.Sprintf("%x", random.IntN(1<<16))
	}
	groups[0] = fmt.Sprintf("2%03x", random.IntN(1<<12))
	long := strings.Join(groups, ":")
	short := strings.Join(groups[:2+random.IntN(4)], ":") + "::" + groups[7]
	wide := strings.Map(func(r rune) rune { return r + '０' - '0' }, strings.ReplaceAll(dotted, ".", ""))
	return []string{
		dotted, "::ffff:" + dotted, long, short, strings.ToUpper(long),
		fmt.Sprintf("%d-%d-%d-%d.example", 100+four[0]%100, 100+four[1]%100, 100+four[2]%100, four[3]),
		fmt.Sprint(uint32(1<<31) | random.Uint32()), fmt.Sprintf("%012d", random.IntN(1e12)), "1" + wide + "00000",
	}
}

// No page holds four digits in a row of an address that is written into the path or into
// a declared parameter, nor an "@": the digits that are looked for are those of the
// address, its signs left out or as they stand. Hexadecimal digits without signs are out
// of it: eight of them are also names. Seen to fail when holdsNumber does not join groups by
// dots and hyphens, when isQuad is never true, when holdsAddress looks at whole segments
// alone, and when values are not scrubbed.
func TestNoDigitsOfAnAddressSurvive(t *testing.T) {
	random := rand.New(rand.NewPCG(9, 10))
	rules, met := all(t), 0
	for range 5_000 {
		for _, address := range addresses(random) {
			written := []string{address, address, url.PathEscape(address), "[" + address + "]", address + ":443", "ip=" + address, "(" + address + ")"}[random.IntN(7)]
			target := []string{"/whois/%s", "/whois/host-%s", "/%s/x?lang=ja", "/s?lang=%s&q=%s&a=%s&category=%s", "/taro@%s/", "/%s@example.jp", "/x_%s.html"}[random.IntN(7)]
			target = strings.ReplaceAll(target, "%s", written)
			r := rules[random.IntN(len(rules))]
			p, ok := r.Of(target)
			if !ok {
				continue
			}
			met++
			if part := shared(p.Path(), address); part != "" || strings.Contains(p.Path(), "@") {
				t.Fatalf("%+v: Of(%q) = %q, which holds %q of the address", r, target, p.Path(), part)
			}
		}
	}
	if met < 20_000 {
		t.Errorf("%d addresses have a page, too few to tell", met)
	}
}

// shared returns a part of out that is four digits of the address, joined by what joins
// them there, or nothing.
func shared(out, address string) string {
	out = strings.ToLower(out)
	address = strings.ToLower(address)
	for from := range address {
		digits := 0
		for to, r := range address[from:] {
			if unicode.IsDigit(r) || 'a' <= r && r <= 'f' {
				digits++
			}
			if part := address[from : from+to]; digits > 4 {
				if strings.ContainsFunc(part, unicode.IsDigit) && strings.Contains(out, part) {
					return part
				}
				break
			}
		}
	}
	return ""
}

func BenchmarkRulesOf(b *testing.B) {
	r := settled(b, page.Rules{Parameters: []string{"lang", "category"}})
	for _, bb := range []struct{ name, target string }{
		{"nothing asked", "/news/kouhou/"},
		{"nothing kept", "/news/kouhou/?utm_source=mail&fbclid=IwAR0123456789abcdefghij"},
		{"two kept", "/search/?lang=ja&category=tax&sid=1"},
	} {
		b.Run(bb.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r.Of(bb.target)
			}
		})
		b.Run(bb.name+", cut", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r.Cut(bb.target)
			}
		})
	}
}

// What is remembered is found by the parts that Cut returns: it must not allocate.
// Seen to fail when Cut splits the query into a list.
func TestCutDoesNotAllocate(t *testing.T) {
	r := settled(t, page.Rules{Parameters: []string{"lang", "category"}, Lower: true})
	if n := testing.AllocsPerRun(100, func() { r.Cut("/a/b?utm_source=x&lang=ja&LANG=en&category=%E7%A8%8E#c") }); n != 0 {
		t.Errorf("Cut allocated %v times, want 0", n)
	}
}
