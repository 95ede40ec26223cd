package bots_test

import (
	"net/url"
	"strings"
	"testing"

	"oboro/collector/internal/bots"
)

var guesses = []struct {
	name, path        string
	answered, missing bool // what Scanner says of a page, and of a path that has none
}{
	{"settings", "/.env", true, true},
	{"settings in a folder", "/blog/.env", true, true},
	{"settings of a name", "/config/prod.env", true, true},
	{"settings of a stage", "/.env.production", true, true},
	{"settings of WordPress", "/wp-config.php.bak", true, true},
	{"a repository", "/.git/config", true, true},
	{"a dot written otherwise", "/%2egit/HEAD", true, true},
	{"a slash written otherwise", "/app%2F.env", true, true},
	{"a backslash", `\app\.git\config`, true, true},
	{"capitals", "/.ENV", true, true},
	{"no slash at the head", ".git/config", true, true},
	{"two slashes", "//.env", true, true},
	{"a query behind it", "/.env?a=b", true, true},
	{"a way up", "/a/%2e%2e%2fb", true, true},
	{"the users of a system", "/a/etc/passwd", true, true},
	{"a way in", "/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php", true, true},
	{"a shell", "/images/wso.php", true, true},
	{"the door of WordPress", "/wp-login.php", false, true},
	{"the door of WordPress in a folder", "/blog/wp-login.php", false, true},
	{"the back of WordPress", "/wp-admin/setup-config.php", false, true},
	{"remote calls", "/xmlrpc.php", false, true},
	{"a list of WordPress", "//shop/wp-includes/wlwmanifest.xml", false, true},
	{"a tool for databases", "/phpMyAdmin-5.1/index.php", false, true},

	{"the first page", "/", false, false},
	{"nothing", "", false, false},
	{"what is for everybody", "/.well-known/security.txt", false, false},
	{"a guide to git", "/guide/git/config", false, false},
	{"a word that goes on", "/news/environment", false, false},
	{"a name with the word behind it", "/xmlrpc.php5-guide", false, false},
	{"a picture of a site that was made with WordPress", "/wp-content/uploads/2015/map.pdf", false, false},
	{"a page of a site that was in such a folder", "/wordpress/2012/05/", false, false},
	{"a page about machines", "/products/actuator/", false, false},
	{"a script of long ago", "/cgi-bin/search.cgi", false, false},
	{"the word in a query", "/search?q=/.env", false, false},
	{"the word in a fragment", "/page#/.env", false, false},
	{"a percent sign at the end", "/100%", false, false},
	{"a percent sign and no digits", "/100%zz/", false, false},
	{"Japanese", "/%E7%92%B0%E5%A2%83/", false, false},
	{"past what is read", "/" + strings.Repeat("a", 1100) + "/.env", false, false},
}

// TestScanner holds what is a guess of a program and what is a person's, for a page
// and for a path that has none. Seen to fail when doors count for pages, when the
// encoding is not undone, when segments have no end, when the query is read, and when
// backslashes and the missing slash are left as they are.
func TestScanner(t *testing.T) {
	for _, tt := range guesses {
		if got := bots.Scanner(tt.path, false); got != tt.answered {
			t.Errorf("%s: Scanner(%.100q) of a page = %v, want %v", tt.name, tt.path, got, tt.answered)
		}
		if got := bots.Scanner(tt.path, true); got != tt.missing {
			t.Errorf("%s: Scanner(%.100q) of no page = %v, want %v", tt.name, tt.path, got, tt.missing)
		}
		if n := testing.AllocsPerRun(10, func() { bots.Scanner(tt.path, true) }); n != 0 {
			t.Errorf("%s: Scanner allocates %.0f times, want 0", tt.name, n)
		}
	}
}

// FuzzScanner holds that no path panics, that a page's secrets are no page's too, and
// that neither capitals nor one more encoding of it hides a path.
func FuzzScanner(f *testing.F) {
	for _, tt := range guesses {
		if len(tt.path) < 200 {
			f.Add(tt.path)
		}
	}
	f.Fuzz(func(t *testing.T, path string) {
		page, none := bots.Scanner(path, false), bots.Scanner(path, true)
		if page && !none {
			t.Errorf("Scanner(%q) is true of a page and false of none", path)
		}
		if len(path) > 300 || strings.ContainsAny(path, "?#%") {
			return
		}
		if bots.Scanner(url.PathEscape(path), true) != none {
			t.Errorf("Scanner(%q) = %v, but not encoded", path, none)
		}
		if bots.Scanner(path+"?/a#b", true) != none {
			t.Errorf("Scanner(%q) = %v, but not with a query", path, none)
		}
	})
}

func BenchmarkScanner(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		bots.Scanner("/guide/2026/waste-collection/index.html", true)
	}
}

// TestDataCentre holds which numbers are of servers for rent. Seen to fail when the
// list is out of order.
func TestDataCentre(t *testing.T) {
	for _, tt := range []struct {
		name   string
		system uint32
		want   bool
	}{
		{"AWS", 16509, true}, {"AWS", 14618, true}, {"Google Cloud", 396982, true}, {"Google", 15169, true}, {"Azure", 8075, true},
		{"OVH", 16276, true}, {"Hetzner", 24940, true}, {"DigitalOcean", 14061, true}, {"Sakura", 7684, true}, {"Sakura", 9370, true},
		{"Sakura", 9371, true}, {"Linode", 63949, true}, {"Vultr", 20473, true}, {"Oracle", 31898, true}, {"Alibaba", 45102, true},
		{"Tencent", 132203, true}, {"GMO", 7506, true}, {"NTT SmartConnect", 7671, true},
		{"nothing known", 0, false}, {"OCN", 4713, false}, {"KDDI", 2516, false}, {"SoftBank", 17676, false}, {"docomo", 9605, false},
		{"IIJ", 2497, false}, {"SINET", 2907, false}, {"a relay of browsers", 13335, false}, {"a gateway of offices", 53813, false},
		{"the greatest number", 1<<32 - 1, false},
	} {
		if got := bots.DataCentre(tt.system); got != tt.want {
			t.Errorf("%s: DataCentre(%d) = %v, want %v", tt.name, tt.system, got, tt.want)
		}
	}
	if n := testing.AllocsPerRun(10, func() { bots.DataCentre(16509) }); n != 0 {
		t.Errorf("DataCentre allocates %.0f times, want 0", n)
	}
}
