package deploy_test

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestNginxServesThePublishedFolder runs nginx with the snippet before a folder: charts may
// stand in frames of other pages and nothing else may, files have the types that readers ask
// for, and who looked is written nowhere. Seen to fail when charts have the policy of pages,
// when pages have that of charts, without the types, and without error_log.
func TestNginxServesThePublishedFolder(t *testing.T) {
	nginx := need(t, "nginx")
	dir, err := os.MkdirTemp("", "oboro-published-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	address := free(t)
	for name, text := range map[string]string{
		"oboro.conf":                strings.ReplaceAll(read(t, "nginx/published.conf"), "/srv/stats/", dir+"/stats/"),
		"nginx.conf":                fmt.Sprintf(server, dir, address),
		"stats/index.html":          "<!DOCTYPE html><title>t</title>",
		"stats/feed.atom":           "<feed/>",
		"stats/SHA256SUMS":          "",
		"stats/data/v1/dcat.jsonld": "{}",
		"stats/embed/a/b.ja.html":   "<!DOCTYPE html><title>t</title>",
		"stats/embed/a/b.ja.svg":    "<svg/>",
	} {
		at := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(dir, 0o755); err != nil { // nginx's own user has to enter it
		t.Fatal(err)
	}
	start(t, exec.Command(nginx, "-p", dir, "-c", filepath.Join(dir, "nginx.conf")), address)
	for _, tt := range []struct{ path, kind, frames string }{
		{"", "text/html", "frame-ancestors 'none'"},
		{"feed.atom", "application/atom+xml", "frame-ancestors 'none'"},
		{"SHA256SUMS", "text/plain; charset=utf-8", "frame-ancestors 'none'"},
		{"data/v1/dcat.jsonld", "application/ld+json", "frame-ancestors 'none'"},
		{"embed/a/b.ja.html", "text/html", "frame-ancestors *"},
		{"embed/a/b.ja.svg", "image/svg+xml", "frame-ancestors *"},
	} {
		answer, err := http.Get("http://" + address + "/stats/" + tt.path)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		h := answer.Header
		if answer.StatusCode != 200 || !strings.HasPrefix(h.Get("Content-Type"), tt.kind) || !strings.HasSuffix(h.Get("Content-Security-Policy"), tt.frames) || h.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("/stats/%s: %d, %v; want %s and %s", tt.path, answer.StatusCode, h, tt.kind, tt.frames)
		}
	}
	const canary = "oboro-canary-6c1d"
	answer, err := http.Get("http://" + address + "/stats/" + canary)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	wantNowhere(t, dir, canary)
}
