package logline_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"oboro/collector/internal/logline"
)

// Seen to fail when the extension is looked for in the query, when capitals are
// not lowered, and when a feed's name is not looked for.
func TestAsset(t *testing.T) {
	for _, target := range []string{
		"/a.css", "/a/b.min.js", "/logo.PNG?v=1.html", "/favicon.ico", "/robots.txt", "/sitemap.xml", "/feed", "/feed/", "/blog/RSS",
		"/index.atom", "/report.pdf#page=2", "/r.XLSX", "/a.tar.gz", "/font.woff2;v=1", "/manifest.webmanifest", "/.well-known/security.txt",
		"/.well-known/change-password", "https://example.jp/a.css", "/data.csv", "/form.jtd",
	} {
		if !asset(t, target) {
			t.Errorf("Asset(%q) = false, want true", target)
		}
	}
	for _, target := range []string{
		"/", "*", "/a", "/a/", "/a.html", "/index.php?file=a.css", "/a.aspx#b.js", "/a.css/", "/v1.2", "/v1.2.3/", "/a.png/b", "/feedback", "/feed/a",
		"/news.cgi", "/a.shtml", "/a.", "/.a", "/css", "/jquery.js/about", "/a.averyveryverylongextension", "/%E3%81%82",
	} {
		if asset(t, target) {
			t.Errorf("Asset(%q) = true, want false", target)
		}
	}
}

func asset(t *testing.T, target string) bool {
	line := []byte(`192.0.2.1 - - [` + stamp + `] "GET ` + target + ` HTTP/1.1" 200 1`)
	l, ok := logline.Parse(line)
	if got := string(l.Target.In(line)); !ok || got != target {
		t.Fatalf("the target %q is read as %q, %v", target, got, ok)
	}
	return assets.Has(&l, line)
}

var assets, _, _ = logline.NewAssets(nil, nil)

// Targets made of what matters to an asset, in any order, are told apart as by the plain
// way. Seen to fail when a dot of the query is looked at, when a dot before the last
// slash is, when the path is read up to a word's end, and when a folder is named by
// its last slash.
func TestAssetAgreesWithThePlainWay(t *testing.T) {
	parts := strings.Fields("/ / / . . ? # ; feed RSS atom css CSS webmanifest 7z %41 a abcdefg \x1b[ .well-known @ \x17z \xae \x01 0")
	r := rand.New(rand.NewPCG(1, 2))
	met := 0
	for range 200_000 {
		target := ""
		for n := r.IntN(9); n >= 0; n-- {
			target += parts[r.IntN(len(parts))]
		}
		got, want := asset(t, target), isAsset(target)
		if got != want {
			t.Fatalf("Asset(%q) = %v, want %v", target, got, want)
		}
		if got {
			met++
		}
	}
	if met < 10_000 {
		t.Errorf("%d assets met, want more", met)
	}
}

// isAsset is Asset the plain way.
func isAsset(target string) bool {
	if i := strings.IndexAny(target, "?#;"); i >= 0 {
		target = target[:i]
	}
	if strings.HasPrefix(target, "/.well-known/") {
		return true
	}
	name, folder := strings.CutSuffix(target, "/")
	name = name[strings.LastIndexByte(name, '/')+1:]
	dot := strings.LastIndexByte(name, '.')
	if dot < 0 {
		return slices.Contains([]string{"feed", "rss", "atom"}, lowered(name))
	}
	return !folder && slices.Contains(strings.Fields(logline.Extensions), lowered(name[dot+1:]))
}

// lowered lowers the capitals of ASCII.
func lowered(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}
