package logline_test

import (
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
		if !logline.Asset([]byte(target)) {
			t.Errorf("Asset(%q) = false, want true", target)
		}
	}
	for _, target := range []string{
		"", "/", "*", "/a", "/a/", "/a.html", "/index.php?file=a.css", "/a.aspx#b.js", "/a.css/", "/v1.2", "/v1.2.3/", "/a.png/b", "/feedback", "/feed/a",
		"/news.cgi", "/a.shtml", "/a.", "/.a", "/css", "/jquery.js/about", "/a.averyveryverylongextension", "/%E3%81%82",
	} {
		if logline.Asset([]byte(target)) {
			t.Errorf("Asset(%q) = true, want false", target)
		}
	}
}
