package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// TestTranslate holds what a pattern becomes, and that one which texts with edges
// cannot say is refused. Seen to fail without the look at the edges of words (fits),
// and when a class with a range is spelt out.
func TestTranslate(t *testing.T) {
	for _, tt := range []struct {
		pattern string
		want    []entry
	}{
		{`crawl`, []entry{{text: "crawl"}}},
		{`mail\.ru/`, []entry{{text: "mail.ru/"}}},
		{`^wget`, []entry{{text: "wget", edges: []string{"head"}}}},
		{`\bperl\b`, []entry{{text: "perl", edges: []string{"left", "right"}}}},
		{`\b\w+/1\.0;`, []entry{{text: "/1.0;", edges: []string{"joined"}}}},
		{`ptst[ /]\d`, []entry{{text: "ptst ", edges: []string{"digit"}}, {text: "ptst/", edges: []string{"digit"}}}},
		{`^ddg[_-]android`, []entry{{text: "ddg_android", edges: []string{"head"}}, {text: "ddg-android", edges: []string{"head"}}}},
		{`(?<! cu)bots?(?:\b|_)`, []entry{
			{text: "bot", edges: []string{"loose"}, behind: []string{" cu"}}, {text: "bots", edges: []string{"loose"}, behind: []string{" cu"}},
		}},
		{`(?:^|[^g])news(?!sapphire)`, []entry{{text: "news", behind: []string{"g"}, before: []string{"sapphire"}}}},
		{`(?<!a/|b)google(?!(?:wv|app))`, []entry{{text: "google", behind: []string{"a/", "b"}, before: []string{"wv", "app"}}}},
		{`ab`, nil}, {`Crawl`, nil}, {`crawl.`, nil}, {`crawl+`, nil}, {`cra\wl`, nil}, {`cra[a-z]l`, nil}, {`cra[^x]l`, nil},
		{`cra(w|v)l`, nil}, {`(?<!a.)crawl`, nil}, {`crawl(?!a+)`, nil}, {`crawl/\b`, nil}, {`\b/crawl`, nil}, {`crawl$`, nil}, {`crawl\`, nil},
	} {
		got, ok := translate(tt.pattern)
		if ok != (tt.want != nil) || ok && !reflect.DeepEqual(got, tt.want) {
			t.Errorf("translate(%s) = %+v, %v, want %+v", tt.pattern, got, ok, tt.want)
		}
	}
}

// TestNames holds the texts of the patterns of crawlers. Seen to fail when a pattern with a
// gap is told by its first part, and when "^" is left out.
func TestNames(t *testing.T) {
	for _, tt := range []struct {
		pattern string
		want    []string
	}{
		{`Googlebot\/`, []string{"googlebot/"}},
		{`[wW]get`, []string{"wget"}},
		{`^Seekbot`, []string{"^seekbot"}},
		{`Ahrefs(Bot|SiteAudit)`, []string{"ahrefsbot", "ahrefssiteaudit"}},
		{`(^| )sentry\/`, []string{"^sentry/", " sentry/"}},
		{`Netumo|netumo`, []string{"netumo"}},
		{`AdsBot-Google([^-]|$)`, []string{"adsbot-google"}},
		{`ContextualBot[\s\S]*outcomes\.net`, []string{"contextualbot"}},
		{`Short[\s\S]*Longest`, []string{"longest"}},
		{`Mediapartners \(Googlebot\)`, []string{"mediapartners (googlebot)"}},
		{`BlogTraffic\/\d\.\d+ Feed-Fetcher`, nil},
	} {
		if got := names(tt.pattern); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("names(%s) = %q, want %q", tt.pattern, got, tt.want)
		}
	}
}

// packedAs writes a package as npm packs it, and returns its path.
func packedAs(t *testing.T, files map[string]string) string {
	t.Helper()
	var data bytes.Buffer
	pack := gzip.NewWriter(&data)
	archive := tar.NewWriter(pack)
	for name, content := range files {
		if err := archive.WriteHeader(&tar.Header{Name: "package/" + name, Mode: 0o600, Size: int64(len(content))}); err != nil {
			t.Fatal(err)
		}
		if _, err := archive.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if archive.Close() != nil || pack.Close() != nil {
		t.Fatal("the package was not packed")
	}
	path := filepath.Join(t.TempDir(), "p.tgz")
	if err := os.WriteFile(path, data.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// module returns an index.mjs whose list has every form, and these patterns.
func module(t *testing.T, more ...string) string {
	t.Helper()
	list := more
	for p := range forms {
		list = append(list, p)
	}
	for i, p := range list {
		list[i] = `"` + strings.ReplaceAll(p, `\`, `\\`) + `"`
	}
	return "var patterns_default = [\n" + strings.Join(list, ",\n") + "\n];\nvar x = 1;"
}

// TestFromIsbot holds that a list that the table cannot hold whole is refused. Seen
// to fail when a pattern that is not translated is passed over, and when one that has a form
// of its own may be gone.
func TestFromIsbot(t *testing.T) {
	const manifest = `{"version": "9.9.9"}`
	files := map[string][]byte{}
	if err := fromIsbot(packedAs(t, map[string]string{"package.json": manifest, "index.mjs": module(t, `crawl`, `^wget`)}), files); err != nil {
		t.Fatal(err)
	}
	for name, wants := range map[string][]string{
		"isbot.go":           {"isbot 9.9.9", `{text: "crawl"},`, `{text: "wget", edges: head},`},
		"testdata/isbot.txt": {"isbot 9.9.9", "\ncrawl\n", "\n^wget\n", "\n" + `\|` + "\n"},
	} {
		for _, want := range wants {
			if !bytes.Contains(files[name], []byte(want)) {
				t.Errorf("%s has no %q:\n%s", name, want, files[name])
			}
		}
	}
	for name, bad := range map[string]map[string]string{
		"a pattern that nothing can say": {"package.json": manifest, "index.mjs": module(t, `a.*b`)},
		"a form that is gone":            {"package.json": manifest, "index.mjs": `var patterns_default = ["crawl"];`},
		"no list":                        {"package.json": manifest, "index.mjs": "export {}"},
		"no version":                     {"index.mjs": module(t)},
	} {
		files := map[string][]byte{}
		if err := fromIsbot(packedAs(t, bad), files); err == nil || len(files) > 0 {
			t.Errorf("%s: error %v, and %d files", name, err, len(files))
		}
	}
}

// TestFromCrawlers holds the table and the sample of a small list. Seen to fail when a
// crawler without a word is passed over, and when the first of its tags decides.
func TestFromCrawlers(t *testing.T) {
	const manifest, list = `{"version": "9.9.9"}`, `[
		{"pattern": "Good[bB]ot", "instances": ["Goodbot/1", "goodBot/2"], "tags": ["search-engine", "ai-crawler"]},
		{"pattern": "^Bad\\/", "instances": [], "tags": ["seo"]}]`
	files := map[string][]byte{}
	if err := fromCrawlers(packedAs(t, map[string]string{"package.json": manifest, "crawler-user-agents.json": list}), files); err != nil {
		t.Fatal(err)
	}
	if _, table, _ := strings.Cut(string(files["crawlers.txt"]), "\n"); table != "ai\tgoodbot\nseo\t^bad/\n" {
		t.Errorf("the table is %q", table)
	}
	sample, err := gzip.NewReader(bytes.NewReader(files["testdata/crawlers.txt.gz"]))
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if _, err := text.ReadFrom(sample); err != nil || !strings.HasSuffix(text.String(), "\nai\tGoodbot/1\nai\tgoodBot/2\n") {
		t.Errorf("the sample is %q, %v", text.String(), err)
	}
	unknown := strings.ReplaceAll(list, `"seo"`, `"new"`)
	if err := fromCrawlers(packedAs(t, map[string]string{"package.json": manifest, "crawler-user-agents.json": unknown}), files); err == nil {
		t.Error("a tag without a word of ours is let through")
	}
}

// TestItems holds how the lists of isbot's repository are read. Seen to fail when a line
// that is no item is passed over, and when quotes stay.
func TestItems(t *testing.T) {
	list := strings.Repeat("A:\n  - a b\n  - \"c: \\\"d\\\"\"\n\"8\":\n  - e\n", 40)
	got, err := items(list)
	if err != nil || len(got) != 120 || got[0] != "a b" || got[1] != `c: "d"` || got[2] != "e" {
		t.Errorf("items = %d, %q, %v", len(got), got[:min(3, len(got))], err)
	}
	if _, err := items(list + "    more\n"); err == nil {
		t.Error("a line that is no item is let through")
	}
}
