package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"oboro/collector"
)

// zipped returns text packed with gzip.
func zipped(t testing.TB, text []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// urlset and index return a sitemap of the locations, and an index of them.
func urlset(locations ...string) string { return elements("urlset", "url", locations) }
func index(locations ...string) string  { return elements("sitemapindex", "sitemap", locations) }

func elements(root, each string, locations []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "<?xml version=\"1.0\"?>\n<%s>\n", root)
	for _, l := range locations {
		fmt.Fprintf(&b, "<%s><loc>%s</loc></%s>\n", each, l, each)
	}
	fmt.Fprintf(&b, "</%s>\n", root)
	return b.String()
}

// sitemaps answers like the web server of a site with sitemaps of all kinds; elsewhere is
// the address of another server, and asked what was asked for.
func sitemaps(t *testing.T, elsewhere string, asked *[]string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		*asked = append(*asked, r.URL.Path)
		base := "http://" + r.Host
		switch r.URL.Path {
		case "/sitemap.xml":
			fmt.Fprint(w, urlset(base+"/b", base+"/a?x=1", "https://127.0.0.1/c", "https://elsewhere.example/d"))
		case "/list.txt":
			fmt.Fprintln(w, "# a list\n/z\n/open/*\n"+base+"/y")
		case "/index.xml":
			fmt.Fprint(w, index(base+"/sitemap.xml", "packed/more.xml.gz", "/list.txt"))
		case "/packed/more.xml.gz":
			w.Write(zipped(t, []byte(urlset(base+"/packed"))))
		case "/moved":
			http.Redirect(w, r, "/sitemap.xml", http.StatusMovedPermanently)
		case "/away":
			http.Redirect(w, r, elsewhere+"/secret", http.StatusFound)
		case "/away.xml":
			fmt.Fprint(w, index(elsewhere+"/secret"))
		case "/around.xml":
			fmt.Fprint(w, index(base+"/around.xml"))
		case "/many.xml":
			fmt.Fprint(w, index(strings.Split(strings.Repeat(base+"/nothing.txt ", mostPageFiles)+base+"/last.txt", " ")...))
		case "/nothing.txt":
		case "/large":
			for range largestFile >> 20 {
				w.Write(make([]byte, 1<<20))
			}
			fmt.Fprint(w, "!")
		case "/bomb.gz":
			w.Write(zipped(t, make([]byte, largestFile+1)))
		case "/cut":
			w.Header().Set("Content-Length", "100")
			fmt.Fprint(w, "<urlset>")
		case "/page.html":
			fmt.Fprint(w, "<html><body>not found</body></html>")
		case "/entity.xml":
			fmt.Fprint(w, `<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>`+urlset(base+"/&e;"))
		case "/sjis.xml":
			fmt.Fprint(w, `<?xml version="1.0" encoding="Shift_JIS"?><urlset></urlset>`)
		case "/bad.txt":
			fmt.Fprint(w, "/fine\n/taro@example.jp\n")
		default:
			http.NotFound(w, r)
		}
	}
}

// A sitemap is read from its own host, within bounds, and what is wrong is said. Seen to fail
// when a host is not compared with that of the command, when redirects are followed anywhere,
// when the depth, the number of files or the bytes unpacked are not bound, and when a status
// is not looked at.
func TestPagesFromTheWeb(t *testing.T) {
	stranger := 0
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { stranger++ }))
	defer other.Close()
	var asked []string
	server := httptest.NewServer(sitemaps(t, other.URL, &asked))
	defer server.Close()
	for _, tt := range []struct {
		name, path string
		status     int
		out, err   string // the pages, and a part of what is said
		most       int    // requests
	}{
		{"a sitemap", "/sitemap.xml", done, "/a /b /c", "1 addresses of other hosts, 0 that are no page", 1},
		{"a list", "/list.txt", done, "/open/* /y /z", "", 1},
		{"an index", "/index.xml", done, "/a /b /c /open/* /packed /y /z", "left out of", 4},
		{"a sitemap that has moved", "/moved", done, "/a /b /c", "", 2},
		{"a sitemap on another host", "/away", failed, "", "sends on to another host", 1},
		{"an index of another host", "/away.xml", failed, "", "is on another host", 1},
		{"an index of itself", "/around.xml", failed, "", "index within an index", 3},
		{"an index of very many", "/many.xml", failed, "", "more than 1000 files", mostPageFiles},
		{"nothing", "/nothing.txt", nothing, "", "holds no page of the site demo", 1},
		{"no such file", "/none.xml", failed, "", "the server answered 404", 1},
		{"too large a file", "/large", failed, "", "is larger than 64 MiB", 1},
		{"too large a file, packed", "/bomb.gz", failed, "", "is larger than 64 MiB unpacked", 1},
		{"a connection that ends early", "/cut", failed, "", "fetch: ", 1},
		{"a page", "/page.html", failed, "", "is no sitemap", 1},
		{"a reference to a file", "/entity.xml", failed, "", "invalid character entity", 1},
		{"another encoding", "/sjis.xml", failed, "", "must be in UTF-8", 1},
		{"a list with an address of a person", "/bad.txt", failed, "", `bad.txt:2: "/taro@example.jp" is no page`, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			asked = nil
			var out, errs bytes.Buffer
			p := process{args: []string{"pages", server.URL + tt.path}, getenv: func(string) string { return "" }, stdout: &out, stderr: &errs}
			status := p.run(t.Context())
			pages := strings.Fields(out.String()[strings.IndexByte(out.String(), '\n')+1:])
			if status != tt.status || strings.Join(pages, " ") != tt.out || !strings.Contains(errs.String(), tt.err) {
				t.Errorf("status %d, pages %q, said %q; want %d, %q and %q", status, pages, errs.String(), tt.status, tt.out, tt.err)
			}
			if len(asked) > tt.most || stranger > 0 {
				t.Errorf("%d requests, and %d of the other host; want at most %d and none", len(asked), stranger, tt.most)
			}
		})
	}
}

// A list that is written takes the place of the old one whole, or not at all. Seen to fail
// when the file is opened before the sitemap is read.
func TestPagesAreWrittenWholeOrNotAtAll(t *testing.T) {
	server := httptest.NewServer(sitemaps(t, "", new([]string)))
	defer server.Close()
	folder := t.TempDir()
	list := filepath.Join(folder, "pages.txt")
	for _, tt := range []struct{ path, want string }{
		{"/sitemap.xml", "/a\n/b\n/c\n"}, {"/cut", "/a\n/b\n/c\n"}, {"/nothing.txt", "/a\n/b\n/c\n"}, {"/list.txt", "/open/*\n/y\n/z\n"},
	} {
		var errs bytes.Buffer
		p := process{args: []string{"pages", "--out", list, server.URL + tt.path}, getenv: func(string) string { return "" }, stdout: &errs, stderr: &errs}
		p.run(t.Context())
		text, err := os.ReadFile(list)
		if _, pages, _ := strings.Cut(string(text), "\n"); err != nil || pages != tt.want {
			t.Errorf("after %s the list is %q, %v, want %q; said: %s", tt.path, pages, err, tt.want, errs.String())
		}
		if left, _ := os.ReadDir(folder); len(left) != 1 {
			t.Errorf("after %s there are %d files in the folder", tt.path, len(left))
		}
	}
}

// Of what a file says is wrong at most ten entries are shown, however many there are.
// Seen to fail when all are.
func TestFaultsAreBounded(t *testing.T) {
	rules, err := collector.Addresses{}.Rules()
	if err != nil {
		t.Fatal(err)
	}
	r := newPageReader([]string{"a.example"}, rules)
	r.read = func(string) ([]byte, error) { return []byte(strings.Repeat("no page\n", 1000)), nil }
	if err := r.place("list"); err != nil {
		t.Fatal(err)
	}
	said := r.faults().Error()
	if lines := strings.Split(said, "\n"); len(lines) != mostFaults+1 || lines[0] != `list:1: "no page" is no page: a path like /guide/ is meant` || lines[mostFaults] != "and 990 more" {
		t.Errorf("faults = %s", said)
	}
}

// FuzzPages holds that no list or sitemap breaks its reader, and that what it declares is
// in the form that pages are counted in.
func FuzzPages(f *testing.F) {
	for _, seed := range []string{
		urlset("https://a.example/b", "http://a.example:80/%E7%A8%8E?lang=ja&amp;x=1"), index("b.xml", "https://a.example/c.xml"), "/a\n# b\n/c/*\n", "\ufeff/a",
		"<urlset><url><loc><![CDATA[https://a.example/a]]></loc></url></urlset>", "<urlset><url>", "<html>", "\x1f\x8b", "https://a.example\nhttps://a.example#x",
		string(zipped(f, []byte(urlset("https://a.example/b")))),
	} {
		f.Add([]byte(seed))
	}
	rules, err := collector.Addresses{Parameters: []string{"lang"}, Slash: "strip", Case: "lower"}.Rules()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		r := newPageReader([]string{"a.example"}, rules)
		first := true
		r.read = func(string) ([]byte, error) {
			if first {
				first = false
				return text, nil
			}
			return nil, nil
		}
		r.named = func(_, name string) (string, error) { return name, nil }
		if err := r.place("list"); err != nil && !strings.HasPrefix(err.Error(), "list") && !strings.Contains(err.Error(), ": ") {
			t.Errorf("place = %v, which names no place", err)
		}
		for _, entry := range r.list() {
			if again, why := rules.Entry(entry); why != "" || again != entry {
				t.Errorf("declared is %q, which as an entry is %q: %s", entry, again, why)
			}
		}
	})
}

// BenchmarkPages reads a sitemap of 100,000 pages, and the list that comes of it.
func BenchmarkPages(b *testing.B) {
	rules, err := collector.Addresses{}.Rules()
	if err != nil {
		b.Fatal(err)
	}
	var locations, paths []string
	for i := range 100_000 {
		path := fmt.Sprintf("/soshiki/section-%d/page-%d.html", i%400, i)
		locations, paths = append(locations, "https://a.example"+path), append(paths, path)
	}
	for _, bb := range []struct{ name, text string }{{"sitemap", urlset(locations...)}, {"list", strings.Join(paths, "\n")}} {
		b.Run(bb.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r := newPageReader([]string{"a.example"}, rules)
				r.read = func(string) ([]byte, error) { return []byte(bb.text), nil }
				if err := r.place("list"); err != nil || len(r.pages) != 100_000 {
					b.Fatalf("%d pages, %v", len(r.pages), err)
				}
			}
		})
	}
}
