package page_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"oboro/collector/internal/page"
)

// Seen to fail when user and password are left in the host, when the fragment
// stays, and when the port stays.
func TestSplit(t *testing.T) {
	for _, tt := range []struct{ name, url, host, path string }{
		{"host alone", "http://example.jp", "example.jp", ""},
		{"host and slash", "https://example.jp/", "example.jp", "/"},
		{"path and query", "https://example.jp/a/b?c=d", "example.jp", "/a/b?c=d"},
		{"query without path", "https://example.jp?c=d/e", "example.jp", "?c=d/e"},
		{"fragment is cut", "https://example.jp/a?b#c", "example.jp", "/a?b"},
		{"fragment without path is cut", "https://example.jp#a/b@c", "example.jp", ""},
		{"capitals become small letters", "HTTPS://WWW.Example.JP/A", "www.example.jp", "/A"},
		{"port is cut", "http://localhost:8080/a", "localhost", "/a"},
		{"empty port is cut", "http://localhost:/a", "localhost", "/a"},
		{"user and password are cut", "https://taro:secret@example.jp:443/a", "example.jp", "/a"},
		{"at sign in the password", "https://taro:s@cret@example.jp/a", "example.jp", "/a"},
		{"at sign in the path stays", "https://example.jp/@taro", "example.jp", "/@taro"},
		{"final dot is cut", "https://example.jp./a", "example.jp", "/a"},
		{"IPv4", "http://127.0.0.1:8080/", "127.0.0.1", "/"},
		{"IPv6", "http://[::1]:8080/", "::1", "/"},
		{"punycode", "https://xn--wgv71a119e.jp/", "xn--wgv71a119e.jp", "/"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			host, path, ok := page.Split(tt.url)
			if !ok || host != tt.host || path != tt.path {
				t.Errorf("Split(%q) = %q, %q, %v, want %q, %q", tt.url, host, path, ok, tt.host, tt.path)
			}
		})
	}
}

func TestSplitRefuses(t *testing.T) {
	for _, url := range []string{
		"", "/a/b", "example.jp/a", "//example.jp/a", "ftp://example.jp/", "file:///etc/passwd", "data:text/html,a", "about:blank",
		"javascript:alert(1)", "http:", "http:/", "http://", "http:///a", "http://:80/", "http://.", "http://@/", "http:example.jp",
		" http://example.jp/", "http://exa mple.jp/", "http://example.jp\\@evil.example/", "http://example.jp:80a/", "http://a:b:c/",
		"http://ex%61mple.jp/", "http://例え.jp/", "http://a\x00b/", "http://[::1/", "http://[::1]x/", "http://[]/", "http://[::1%25eth0]/",
		"http://" + strings.Repeat("a", 254) + "/", "blob:https://example.jp/a", "https//example.jp",
	} {
		if host, path, ok := page.Split(url); ok {
			t.Errorf("Split(%q) = %q, %q, want it refused", url, host, path)
		}
	}
}

func FuzzSplit(f *testing.F) {
	for _, seed := range []string{"http://example.jp/a?b#c", "https://u:p@[::1]:8/x", "HTTP://A.B.:80?q", "http://a/b@c", "http://"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, url string) {
		host, path, ok := page.Split(url)
		if of, _, is := page.Split(page.Origin(url)); of != host || is != ok {
			t.Errorf("Split(Origin(%q)) = %q, %v, want %q, %v", url, of, is, host, ok)
		}
		if !ok {
			if host != "" || path != "" {
				t.Errorf("Split(%q) = %q, %q, false: a refusal that tells", url, host, path)
			}
			return
		}
		if host == "" || strings.ContainsAny(host, "/?#@%\\ []") || strings.ToLower(host) != host {
			t.Errorf("Split(%q): host %q", url, host)
		}
		if path != "" && path[0] != '/' && path[0] != '?' || strings.Contains(path, "#") || !strings.Contains(url, path) {
			t.Errorf("Split(%q): path %q", url, path)
		}
	})
}

// What is found by eight bytes is what is found by one. Seen to fail when the last bytes
// are not looked at, and when '?' or '#' is left out.
func TestOriginAndCutAgreeWithBytes(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 100_000 {
		b := make([]byte, r.IntN(40))
		for i := range b {
			b[i] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/?#\"$>.\x0f\x1f\x00\x01\xaf\xbf\xa3"[r.IntN(49)]
		}
		for _, scheme := range []string{"", "http://a", "https://"} {
			url, want := scheme+string(b), scheme+string(b)
			if i := strings.IndexAny(string(b), "/?#"); scheme != "" && i >= 0 {
				want = url[:len(scheme)+i]
			}
			if got := page.Origin(url); got != want {
				t.Fatalf("Origin(%q) = %q, want %q", url, got, want)
			}
		}
		want := string(b)
		if i := strings.IndexAny(want, "?#"); i >= 0 {
			want = want[:i]
		}
		if want == "" {
			want = "/"
		}
		if got := page.Cut(string(b)); got != want {
			t.Fatalf("Cut(%q) = %q, want %q", b, got, want)
		}
	}
}

func TestSplitDoesNotAllocate(t *testing.T) {
	if n := testing.AllocsPerRun(100, func() { page.Split("https://taro@www.example.jp:443/a/b?c#d") }); n != 0 {
		t.Errorf("Split allocated %v times, want 0", n)
	}
}
