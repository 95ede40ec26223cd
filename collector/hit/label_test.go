package hit_test

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
	"unsafe"

	"oboro/collector/hit"
)

func TestParsePageAccepts(t *testing.T) {
	for _, path := range []string{
		"/", "/a", "/a/", "/2026/04/01/", "/20261121.html", "/R08/a_b-c~d", "/令和8年度/ごみ・リサイクル", "/café/cafe\u0301",
		"/:email/:number/:token", "/a=b,c:d;e(f)!+", "/12345678", "/...", "/a.b/..c",
		"/?a=b", "/search?category=tax&lang=ja", "/a/?B-b=1&a_1=2&c=:number&d=(税・金)", "/a?n=" + strings.Repeat("w", 64), "/a?" + strings.Repeat("n", 32) + "=1",
		"/" + strings.Repeat("w", 255), strings.Repeat("/a", 16), strings.Repeat("/a", 15) + "/",
	} {
		if p, ok := hit.ParsePage(path); !ok || p.Path() != path {
			t.Errorf("ParsePage(%q) = %q, %v, want it as it is", path, p.Path(), ok)
		}
	}
}

// Seen to fail, each at its lines, when the bound on digits is ten, when "@" is
// among the signs, when dot segments are not looked for, when invisible letters and
// marks are taken for letters and marks, and for each condition of a query that is
// left out.
func TestParsePageRefuses(t *testing.T) {
	for _, tt := range []struct{ name, path string }{
		{"nothing", ""},
		{"no slash first", "a"},
		{"257 bytes", "/" + strings.Repeat("w", 256)},
		{"17 segments", strings.Repeat("/a", 17)},
		{"two slashes", "/a//b"},
		{"dot segment", "/a/./b"},
		{"dot segment at the end", "/a/."},
		{"parent segment", "/a/../b"},
		{"parent segment at the end", "/.."},
		{"e-mail", "/taro@example.jp"},
		{"full-width at sign", "/taro＠example.jp"},
		{"nine digits", "/a123456789b"},
		{"full-width digits", "/１２３４５６７８９"},
		{"digits of another script", "/٣٤"},
		{"superscript digits", "/a²"},
		{"query without a value", "/a?b"},
		{"empty query", "/a?"},
		{"empty value", "/a?b="},
		{"empty name", "/a?=b"},
		{"empty pair", "/a?b=c&"},
		{"two question marks", "/a?b=c?d"},
		{"parameters out of order", "/a?c=1&b=2"},
		{"a parameter twice", "/a?b=1&b=2"},
		{"five parameters", "/a?a=1&b=2&c=3&d=4&e=5"},
		{"name that begins with a digit", "/a?1=b"},
		{"name with a dot", "/a?b.c=d"},
		{"name with brackets", "/a?b[]=d"},
		{"name not in ASCII", "/a?é=d"},
		{"name of 33 bytes", "/a?" + strings.Repeat("n", 33) + "=1"},
		{"value of 65 bytes", "/a?b=" + strings.Repeat("w", 65)},
		{"slash in a value", "/a?b=/c"},
		{"plus in a value", "/a?b=c+d"},
		{"equals sign in a value", "/a?b=c=d"},
		{"semicolon in a value", "/a?b=c;d=e"},
		{"e-mail in a value", "/a?b=taro@example.jp"},
		{"nine digits in a value", "/a?b=123456789"},
		{"percent sign in a value", "/a?b=%41"},
		{"invisible sign in a value", "/a?b=c\u200b"},
		{"only a query", "?a=b"},
		{"fragment", "/a#b"},
		{"percent sign", "/a%20b"},
		{"space", "/a b"},
		{"no-break space", "/a\u00a0b"},
		{"ideographic space", "/a\u3000b"},
		{"line break", "/a\nb"},
		{"NUL", "/a\x00"},
		{"DEL", "/a\x7f"},
		{"C1 control", "/a\u0085"},
		{"line separator", "/a\u2028b"},
		{"bidi override", "/a\u202eb"},
		{"bidi isolate", "/a\u2066b"},
		{"zero-width space", "/a\u200bb"},
		{"zero-width joiner", "/a\u200db"},
		{"soft hyphen", "/a\u00adb"},
		{"byte order mark", "/\ufeffa"},
		{"variation selector", "/葛\U000E0100"},
		{"variation selectors that carry text", "/a\ufe00\ufe01\U000E0150"},
		{"Mongolian variation selector", "/a\u180b"},
		{"tag characters", "/a\U000E0074"},
		{"grapheme joiner", "/1\u034f2"},
		{"Hangul filler", "/\u3164"},
		{"half-width Hangul filler", "/\uffa0"},
		{"enclosing keycap", "/1\u20e3"},
		{"private use", "/\ue000"},
		{"emoji", "/😀"},
		{"backslash", `/a\b`},
		{"quotes", `/"a"`},
		{"markup", "/<a>"},
		{"apostrophe", "/a'b"},
		{"ampersand", "/a&b"},
		{"template", "/{a}"},
		{"dollar", "/$a"},
		{"star", "/*"},
		{"bar", "/a|b"},
		{"invalid UTF-8", "/a\xff"},
		{"overlong encoding", "/a\xc0\xaf"},
		{"surrogate", "/a\xed\xa0\x80"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if p, ok := hit.ParsePage(tt.path); ok || p != (hit.Page{}) {
				t.Errorf("ParsePage(%q) = %q, %v, want it refused", tt.path, p.Path(), ok)
			}
		})
	}
}

func TestParseHostAccepts(t *testing.T) {
	for _, name := range []string{
		"example.jp", "www.city.chiyoda.lg.jp", "google.co.jp", "xn--wgv71a119e.jp", "xn--8dbc0a1e2d3.jp", "example.xn--p1ai", "t.co", "b.hatena.ne.jp",
		"5ch.net", "web1.srv2.example.com", "a-b-c-d.example", "x--y.example", "_dmarc.example.com", "facade.example", "cafe.bad.ace.dad.example", "feedbeef.com",
		"a1b2.c3.example", "abc123.example.jp",
	} {
		if h, ok := hit.ParseHost(name); !ok || h.Name() != name {
			t.Errorf("ParseHost(%q) = %q, %v, want it as it is", name, h.Name(), ok)
		}
	}
}

// Seen to fail when spellsAddress is not asked, and when hostNumber is not.
func TestParseHostRefuses(t *testing.T) {
	for _, tt := range []struct{ name, host string }{
		{"nothing", ""},
		{"one label", "localhost"},
		{"capitals", "Example.jp"},
		{"final dot", "example.jp."},
		{"first dot", ".example.jp"},
		{"empty label", "example..jp"},
		{"over 100 bytes", strings.Repeat("abcdefghi.", 10) + "jp"},
		{"label over 63 bytes", strings.Repeat("x", 64) + ".jp"},
		{"hyphen at the end of a label", "a-.example.jp"},
		{"hyphen at the front of a label", "-a.example.jp"},
		{"IPv4", "192.0.2.55"},
		{"IPv4 in two parts", "10.1"},
		{"IPv6", "2001:db8::1"},
		{"IPv6 in brackets", "[2001:db8::1]"},
		{"port", "example.jp:80"},
		{"user", "taro@example.jp"},
		{"path", "example.jp/a"},
		{"percent sign", "ex%61mple.jp"},
		{"space", "exa mple.jp"},
		{"line break at the end", "example.jp\n"},
		{"NUL", "example.jp\x00"},
		{"not ASCII", "例え.jp"},
		{"full-width", "ｅxample.jp"},
		{"bidi mark", "example\u200e.jp"},
		{"invalid UTF-8", "\xffexample.jp"},
		{"four digits in a row", "user1234.example.jp"},
		{"IPv4 with hyphens", "192-0-2-55.example.jp"},
		{"IPv4 with dots", "55.2.0.192.in-addr.arpa"},
		{"IPv4 in hexadecimal", "p4fd1a2b3.dip0.example.de"},
		{"IPv4 in hexadecimal alone", "c0a80a1f.example.jp"},
		{"IPv6 with hyphens", "240b-c0-a1b2-c3d4.v6.example.jp"},
		{"IPv6 with hyphens and zeros", "fe80--1ff-fe23-45a.example.jp"},
		{"reverse name of IPv6", "8.b.d.a.1.c.d.2.ip6.arpa"},
		{"digest", "d41d8cd98f00b204e9800998ecf8427e.example.jp"},
		{"UUID", "550e8a0e-e29b-41d-a716-44665a44c0d0.example.jp"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if h, ok := hit.ParseHost(tt.host); ok || h != (hit.Host{}) {
				t.Errorf("ParseHost(%q) = %q, %v, want it refused", tt.host, h.Name(), ok)
			}
		})
	}
}

// What is parsed must not share memory with what it was parsed from. Seen to
// fail when the strings are kept instead of copied.
func TestLabelsAreCopies(t *testing.T) {
	raw := []byte("/a/b.example.jp")
	p, _ := hit.ParsePage(unsafe.String(&raw[0], len(raw)))
	h, _ := hit.ParseHost(unsafe.String(&raw[3], len(raw)-3))
	for i := range raw {
		raw[i] = 'x'
	}
	if p.Path() != "/a/b.example.jp" || h.Name() != "b.example.jp" {
		t.Errorf("the labels changed to %q and %q when their buffer was overwritten", p.Path(), h.Name())
	}
}

var nineDigits = regexp.MustCompile(`\p{Nd}{9}`)

// The form of a page, but for the signs that its parts are made of.
var pageGrammar = regexp.MustCompile(`^/[^?&]*(\?[A-Za-z][A-Za-z0-9_-]{0,31}=[^?&=/+;]{1,64}(&[A-Za-z][A-Za-z0-9_-]{0,31}=[^?&=/+;]{1,64}){0,3})?$`)

// FuzzParsePage holds the grammar of pages in other words than the code's.
func FuzzParsePage(f *testing.F) {
	for _, seed := range []string{"/", "/a/b.html", "/令和8年度/", "/:email", "/a//b", "/123456789", "/a\u202e", "/葛\U000E0100", "/\xff", strings.Repeat("/a", 16), "/a?b=c&d=e", "/?a=b?c"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, path string) {
		p, ok := hit.ParsePage(path)
		if !ok {
			if p != (hit.Page{}) {
				t.Errorf("ParsePage(%q) = %q, false: a refusal that tells", path, p.Path())
			}
			return
		}
		if p.Path() != path {
			t.Errorf("ParsePage(%q) = %q, want it as it is", path, p.Path())
		}
		if !pageGrammar.MatchString(path) {
			t.Errorf("ParsePage(%q) let a page through that is not of its form", path)
		}
		if len(path) > 256 || path[0] != '/' || strings.ContainsAny(path, "@#%'\"\\<>{}|^`$* ") || nineDigits.MatchString(path) || !utf8.ValidString(path) {
			t.Errorf("ParsePage(%q) let a page through that holds what it must not", path)
		}
		for _, r := range path {
			if !unicode.IsPrint(r) || unicode.In(r, unicode.C, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point) {
				t.Errorf("ParsePage(%q) let %U through, which cannot be seen", path, r)
			}
		}
	})
}

// FuzzParseHost holds the grammar of hosts in other words than the code's.
func FuzzParseHost(f *testing.F) {
	for _, seed := range []string{"example.jp", "xn--wgv71a119e.jp", "192.0.2.1", "a.b.c1", "p4fd1a2b3.a.de", "Example.jp", "a..b", "a\n.jp"} {
		f.Add(seed)
	}
	fourDigits := regexp.MustCompile(`[0-9]{4}`)
	f.Fuzz(func(t *testing.T, name string) {
		h, ok := hit.ParseHost(name)
		if !ok {
			if h != (hit.Host{}) {
				t.Errorf("ParseHost(%q) = %q, false: a refusal that tells", name, h.Name())
			}
			return
		}
		if h.Name() != name || len(name) > 100 || !strings.Contains(name, ".") || fourDigits.MatchString(name) ||
			strings.ContainsFunc(name, outsideHost) {
			t.Errorf("ParseHost(%q) = %q, which a host must not be", name, h.Name())
		}
		for label := range strings.SplitSeq(name, ".") {
			if label == "" || len(label) > 63 {
				t.Errorf("ParseHost(%q) let a label of %d bytes through", name, len(label))
			}
		}
	})
}

// The grammar of hosts, as patterns: what ParseHost reads by hand. Whether a name
// spells an address is not part of them.
var (
	hostGrammar = regexp.MustCompile(`^([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$`)
	hostNumber  = regexp.MustCompile(`[0-9]{4}|[0-9]+[.-][0-9]+[.-][0-9]+`)
)

// ParseHost takes no name that the patterns refuse, and all that they let through but
// for those that could spell an address: names without hexadecimal digits among them.
// Seen to fail when a label may end in a hyphen, when the last label may hold an
// underscore or have one byte, when a label may have 64 bytes, when five groups are
// waited for, and when a hyphen does not join groups.
func TestParseHostIsThePattern(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	const letters = "gz19_-.xA\n"
	taken := 0
	check := func(name string) {
		want := len(name) <= 100 && hostGrammar.MatchString(name) && !hostNumber.MatchString(name)
		if _, got := hit.ParseHost(name); got != want {
			t.Errorf("ParseHost(%q) = %v, the patterns say %v", name, got, want)
		} else if got {
			taken++
		}
	}
	for range 300_000 {
		name := make([]byte, 1+r.IntN(14))
		for i := range name {
			name[i] = letters[r.IntN(len(letters)-2*r.IntN(2))]
		}
		check(string(name))
	}
	for n := 60; n < 68; n++ {
		for _, pattern := range []string{"x.jp", "x.y.jp", "jp.x"} {
			check(strings.Replace(pattern, "x", strings.Repeat("x", n), 1))
		}
		check(strings.Repeat("x", 97-n) + "." + strings.Repeat("y", n+2))
	}
	if taken < 1000 {
		t.Errorf("%d names are taken, too few to tell", taken)
	}
}

func outsideHost(r rune) bool {
	return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyz0123456789-_.", r)
}
