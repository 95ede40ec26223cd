package dashboards_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"oboro/aggregator/statistic"
	"oboro/dashboards"
	"oboro/dashboards/team"
	"oboro/internal/audit"
)

func handler(folder string) http.Handler {
	return dashboards.New(dashboards.Config{
		Published: folder,
		Team: team.Config{
			Sites: []string{"demo"}, Today: func() statistic.Day { return 20779 }, K: 10, Flush: time.Minute,
			Audit: func(audit.Leaf) error { return nil },
		},
	})
}

func get(h http.Handler, method, target string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(method, target, nil))
	return w
}

func folder(t *testing.T) string {
	t.Helper()
	base := t.TempDir()
	dir := filepath.Join(base, "releases")
	for name, text := range map[string]string{
		"index.html": "public", "en/index.html": "public en", "data/v1/table.csv": "a,b", "embed/demo/days.svg": "<svg/>",
		"../secret.txt": "secret",
	} {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("../secret.txt", filepath.Join(dir, "link.txt")); err != nil {
		t.Fatal(err)
	}
	return dir
}

// Seen to fail when the folder was served through os.DirFS (the symbolic link was
// followed), and when files.Open did not ask for an index page.
func TestPublished(t *testing.T) {
	h := handler(folder(t))
	tests := []struct {
		name, method, target string
		status               int
		body, frames         string
	}{
		{"front page", "GET", "/stats/", 200, "public", "'none'"},
		{"English page", "GET", "/stats/en/", 200, "public en", "'none'"},
		{"file", "GET", "/stats/data/v1/table.csv", 200, "a,b", "'none'"},
		{"embedded drawing in any frame", "GET", "/stats/embed/demo/days.svg", 200, "<svg/>", "*"},
		{"no directory is listed", "GET", "/stats/data/v1/", 404, "", "'none'"},
		{"nothing outside by dots", "GET", "/stats/%2e%2e/secret.txt", 404, "", "'none'"},
		{"nothing outside by a link", "GET", "/stats/link.txt", 404, "", "'none'"},
		{"nothing is written", "POST", "/stats/", 405, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := get(h, tt.method, tt.target)
			if w.Code != tt.status {
				t.Errorf("%s %s answers %d, want %d", tt.method, tt.target, w.Code, tt.status)
			}
			if tt.status == 200 && w.Body.String() != tt.body {
				t.Errorf("%s = %q, want %q", tt.target, w.Body, tt.body)
			}
			if strings.Contains(w.Body.String(), "secret") || strings.Contains(w.Body.String(), "table.csv") {
				t.Errorf("%s shows what it must not: %q", tt.target, w.Body)
			}
			policy := w.Header().Get("Content-Security-Policy")
			if tt.frames != "" && !strings.HasSuffix(policy, "frame-ancestors "+tt.frames) {
				t.Errorf("%s has the policy %q, want frame-ancestors %s", tt.target, policy, tt.frames)
			}
		})
	}
}

// TestFilesHaveTheirTypes holds that files are told as what harvesters and readers of feeds
// ask for; nosniff keeps browsers from guessing. Seen to fail when published sets another type;
// where the machine has a table of types of its own, setting none can pass.
func TestFilesHaveTheirTypes(t *testing.T) {
	dir := folder(t)
	for name, kind := range map[string]string{
		"data/v1/dcat.jsonld": "application/ld+json", "feed.atom": "application/atom+xml", "data/v1/latest.csv": "text/csv; charset=utf-8",
		"data/v1/README.ja.md": "text/markdown; charset=utf-8", "data/v1/table.parquet": "application/vnd.apache.parquet",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("{}"), 0o600); err != nil {
			t.Fatal(err)
		}
		w := get(handler(dir), "GET", "/stats/"+name)
		if got := w.Header().Get("Content-Type"); w.Code != http.StatusOK || got != kind {
			t.Errorf("%s answers %d as %q, want 200 as %s", name, w.Code, got, kind)
		}
	}
}

func TestNothingPublishedYet(t *testing.T) {
	for name, dir := range map[string]string{"no folder named": "", "folder missing": filepath.Join(t.TempDir(), "none")} {
		if w := get(handler(dir), "GET", "/stats/"); w.Code != http.StatusNotFound {
			t.Errorf("%s: /stats/ answers %d, want 404", name, w.Code)
		}
	}
}

func TestTeamIsAtTheRoot(t *testing.T) {
	if w := get(handler(""), "GET", "/"); w.Code != 200 || !strings.Contains(w.Body.String(), "Oboro") {
		t.Errorf("/ answers %d", w.Code)
	}
}
