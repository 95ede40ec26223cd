package intake

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"oboro/collector/hit"
	"oboro/collector/internal/page"
)

func registry(t testing.TB, rules *page.Rules, entries ...string) Registry {
	t.Helper()
	r, bad, why := NewRegistry(entries, rules)
	if why != "" {
		t.Fatalf("NewRegistry refuses %q: %s", bad, why)
	}
	return r
}

// Seen to fail when the branch of any segment is not tried after the named one, when of
// the beginnings only those that are equal are found, and when sort keeps a beginning of
// another.
func TestRegistry(t *testing.T) {
	r := registry(t, &page.Rules{Parameters: []string{"category"}}, "/", "/guide/*", "/news/2026", "/手続き/*", "/a*", "/a/b*", "/a/*",
		"/office/*/hours", "/office/tokyo/map", "/office/*/*/staff*", "/ward/*/", "/ward/*/*", "/search?category=tax", "/find?category=*", "/m/ab*", "/m/a*", "/m/c*")
	for path, want := range map[string]bool{
		"/": true, "/guide/": true, "/guide/a/b": true, "/guide": false, "/guided": false,
		"/news/2026": true, "/news/2026/": false, "/news/": false, "/手続き/引越し": true,
		"/about": true, "/a": true, "/A": false, "/other": false,
		"/office/tokyo/hours": true, "/office/大阪/hours": true, "/office//hours": false, "/office/hours": false, "/office/a/b/hours": false,
		"/office/tokyo/hours/": false, "/office/tokyo/hours2": false, "/office/tokyo/map": true, "/office/osaka/map": false,
		"/office/tokyo/2/staff": true, "/office/tokyo/2/staff/x": true, "/office/tokyo/staff": false, "/office/tokyo/2/3/staff": false,
		"/ward/x/": true, "/ward/x": false, "/ward/": false, "/ward/x/y": true, "/ward/x/y/z": true,
		"/search?category=tax": true, "/search": false, "/search?category=taxes": false,
		"/find?category=tax": true, "/find": false, "/guide/x?category=tax": true, "/office/tokyo/hours?category=tax": false,
		"/m/a": true, "/m/abc": true, "/m/az": true, "/m/b": false, "/m/c": true, "/m/d": false, "/m/": false,
	} {
		p, ok := hit.ParsePage(path)
		if !ok && !strings.Contains(path, "//") {
			t.Fatalf("%q is no page", path)
		}
		if r.Has(p) != want {
			t.Errorf("Has(%s) = %v, want %v", path, !want, want)
		}
	}
	if r.Has(hit.Page{}) || new(Registry).Has(hit.Page{}) {
		t.Error("the zero page is declared")
	}
}

func TestRegistryOfEverything(t *testing.T) {
	r := registry(t, new(page.Rules), "/*")
	if p, _ := hit.ParsePage("/any/page"); !r.Has(p) || r.Has(hit.Page{}) {
		t.Errorf("the registry of /* has /any/page: %v, and the zero page: %v", r.Has(p), r.Has(hit.Page{}))
	}
}

// What is declared is what is counted, however it is written. Seen to fail when entries
// are not read by the site's rules, when a star matches no segment or parameters, when a slash that is added stands behind the open end of a
// pattern, and when /guide/* does not hold its folder where slashes are taken off.
func TestEntriesAreReadAsAddressesAre(t *testing.T) {
	strip, add := page.Rules{Slash: page.Strip, Lower: true, Parameters: []string{"b"}}, page.Rules{Slash: page.Add}
	keep := page.Rules{Parameters: []string{"b", "lang"}, Index: []string{"home.asp"}}
	for _, tt := range []struct {
		name, entry string
		rules       *page.Rules
		addresses   []string
		not         string
	}{
		{"encoding", "/%E4%BB%A4/", &keep, []string{"/令/", "/%e4%bb%a4/"}, "/令"},
		{"index file", "/a/index.html", &strip, []string{"/a/", "/a", "/A/INDEX.HTML"}, "/a/b"},
		{"index file of the site", "/a/Home.asp", &keep, []string{"/a/", "/a/home.asp"}, "/a/index.html"},
		{"dots and slashes", "//a/./b/../c", &keep, []string{"/a/c"}, "/a/b"},
		{"order of parameters", "/s?lang=ja&b=1", &keep, []string{"/s?b=1&lang=ja", "/s?lang=ja&x=2&b=1#c"}, "/s?b=1"},
		{"case", "/Guide/*", &strip, []string{"/guide/X", "/GUIDE/", "/guide"}, "/guided"},
		{"one segment, slash stripped", "/office/*/", &strip, []string{"/office/tokyo", "/office/tokyo/"}, "/office/tokyo/x"},
		{"one segment without parameters", "/office/*/", &strip, []string{"/office/tokyo?x=1"}, "/office/tokyo?b=1"},
		{"one segment, not none", "/*/", &strip, []string{"/office/"}, "/"},
		{"slash added", "/guide", &add, []string{"/guide", "/guide/"}, "/guide/x"},
		{"slash added behind one segment", "/office/*/hours", &add, []string{"/office/a/hours", "/office/a/hours/"}, "/office/hours"},
		{"no slash added to what is open", "/gui*", &add, []string{"/guide", "/guilt/x.html"}, "/gu"},
		{"no slash added to a file", "/a.html", &add, []string{"/a.html"}, "/a"},
		{"scrubbed by its own name", "/tel/:number", &keep, []string{"/tel/090-1234-5678"}, "/tel/1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := registry(t, tt.rules, tt.entry)
			for _, a := range tt.addresses {
				if p, ok := tt.rules.Of(a); !ok || !r.Has(p) {
					t.Errorf("%s does not declare %s, which is counted as %q", tt.entry, a, p.Path())
				}
			}
			if p, ok := tt.rules.Of(tt.not); !ok || r.Has(p) {
				t.Errorf("%s declares %s, which is counted as %q", tt.entry, tt.not, p.Path())
			}
		})
	}
}

// Seen to fail when the empty path passes for "no bad path": it then emptied the
// whole registry, and said nothing; and, each at its lines, for each case of Entry that
// is left out.
func TestRegistryRefuses(t *testing.T) {
	for _, tt := range []struct{ why, bad string }{
		{page.NoPath, ""}, {page.NoPath, "*"}, {page.NoPath, "guide/"}, {page.NoPath, "https://a.example/"}, {page.NoPath, "/a%zz"}, {page.NoPath, "/a\x00*"},
		{page.NotKept, "/a?b"}, {page.NotKept, "/a?b=1&c=2"}, {page.NotKept, "/a?b=1&b=2"}, {page.NotKept, "/a#b"}, {page.NotKept, "/a?b="},
		{page.NotKept, "/a?c=*"},
		{page.WrongStar, "/a**"}, {page.WrongStar, "/a/b*c/d"}, {page.WrongStar, "/a/*b"}, {page.WrongStar, "/*/**"}, {page.WrongStar, "/a/*?b=1"},
		{page.WrongStar, "/a?b=*&d=1"}, {page.WrongStar, "/a?d=1&b=*"}, {page.WrongStar, "/a/../*/../b"}, {page.WrongStar, "/a;*"},
		{page.Scrubbed + "/:number", "/123456789"}, {page.Scrubbed + "/:email", "/a@b"}, {page.Scrubbed + "/n/:number", "/n/090-1234-5678*"},
		{page.Scrubbed + "/:token", "/a b"}, {page.Scrubbed + "/s?b=:email", "/s?b=x@y"},
	} {
		rules := page.Rules{Parameters: []string{"b", "d"}}
		if r, got, why := NewRegistry([]string{"/", tt.bad, "/ok"}, &rules); why != tt.why || got != tt.bad || r.exact != nil {
			t.Errorf("NewRegistry with %q names %q: %q, want %q", tt.bad, got, why, tt.why)
		}
	}
}

// The registry says what the same patterns say as regular expressions. Seen to fail when
// a branch gives up after its named segment, and when beginnings are not sorted.
func TestRegistryIsThePatterns(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	pick := func(of ...string) string { return of[random.IntN(len(of))] }
	declared := 0
	for range 3000 {
		var entries []string
		var patterns []*regexp.Regexp
		for range 1 + random.IntN(6) {
			entry := ""
			for range 1 + random.IntN(4) {
				entry += "/" + pick("a", "b", "*", "ab")
			}
			entry += pick("", "", "/", "/*", "c*")
			pattern := strings.ReplaceAll(regexp.QuoteMeta(entry), `/\*/`, `/[^/]+/`)
			pattern = strings.ReplaceAll(pattern, `/\*/`, `/[^/]+/`) // two in turn share a slash
			pattern = strings.Replace(pattern, `\*`, `.*`, 1)
			if strings.Count(pattern, `*c.*`) > 0 {
				continue // a star within a segment
			}
			entries, patterns = append(entries, entry), append(patterns, regexp.MustCompile("^"+pattern+"$"))
		}
		r, _, why := NewRegistry(entries, new(page.Rules))
		if why == page.WrongStar {
			continue
		}
		for range 20 {
			path := ""
			for range 1 + random.IntN(5) {
				path += "/" + pick("a", "b", "ab", "c", "abc")
			}
			p, _ := hit.ParsePage(path + pick("", "", "/"))
			want := false
			for _, pattern := range patterns {
				want = want || pattern.MatchString(p.Path())
			}
			if got := r.Has(p); got != want {
				t.Fatalf("of %q, Has(%s) = %v, want %v", entries, p.Path(), got, want)
			} else if got {
				declared++
			}
		}
	}
	if declared < 5000 {
		t.Errorf("%d pages are declared, too few to tell", declared)
	}
}

// large are a registry of 100,000 pages and, where asked for, 1,000 patterns, and some
// pages, of which every second one is declared.
func large(b testing.TB, patterns bool) (Registry, []hit.Page) {
	var entries []string
	for i := range 100_000 {
		entries = append(entries, fmt.Sprintf("/soshiki/section-%d/page-%d.html", i%400, i))
	}
	for i := 0; patterns && i < 1000; i++ {
		entries = append(entries, fmt.Sprintf("/office-%d/*/hours", i), fmt.Sprintf("/archive-%d/*", i))
	}
	var pages []hit.Page
	for i := range 1024 {
		p, ok := hit.ParsePage(fmt.Sprintf("/soshiki/section-%d/page-%d.html", i%400, i*193+i%2*900_000))
		if !ok {
			b.Fatal("no page")
		}
		pages = append(pages, p)
	}
	return registry(b, new(page.Rules), entries...), pages
}

// Seen to fail when Has splits the path into a list.
func TestRegistryDoesNotAllocate(t *testing.T) {
	r, pages := large(t, true)
	i := 0
	if n := testing.AllocsPerRun(1000, func() { r.Has(pages[i%1024]); i++ }); n != 0 {
		t.Errorf("Has allocated %v times, want 0", n)
	}
}

func BenchmarkRegistry(b *testing.B) {
	for _, bb := range []struct {
		name     string
		patterns bool
	}{{"100000 pages", false}, {"100000 pages and 2000 patterns", true}} {
		b.Run(bb.name, func(b *testing.B) {
			r, pages := large(b, bb.patterns)
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				r.Has(pages[i&1023])
				i++
			}
		})
	}
}
