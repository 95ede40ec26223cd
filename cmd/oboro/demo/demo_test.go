package demo_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"oboro/cmd/oboro/demo"
)

const origin = "http://127.0.0.1:8080"

func get(t *testing.T, path string) (*http.Response, string) {
	t.Helper()
	w := httptest.NewRecorder()
	demo.Site(origin).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://localhost:8083"+path, nil))
	return w.Result(), w.Body.String()
}

// TestEveryPage walks the declared pages. Seen to fail when the layout loses the
// script, when it puts a style attribute on the body, and when a slug in links has
// no page (500).
func TestEveryPage(t *testing.T) {
	inline := regexp.MustCompile(`(?i)<style|\sstyle=|\son\w+=|<script[^>]*>[^<]|javascript:`)
	for _, path := range demo.Pages() {
		resp, body := get(t, path)
		if resp.StatusCode != http.StatusOK {
			t.Errorf("%s answers %d, want 200", path, resp.StatusCode)
		}
		language := "ja"
		if strings.HasPrefix(path, "/en") {
			language = "en"
		}
		for _, want := range []string{
			`<html lang="` + language + `">`,
			`<script defer src="` + origin + `/oboro.js"></script>`,
			`<noscript><img src="` + origin + `/hit.gif?u=http%3A%2F%2Flocalhost%3A8083` + strings.ReplaceAll(path, "/", "%2F") + `"`,
			`id="told"`, origin + `/transparency`,
		} {
			if !strings.Contains(body, want) {
				t.Errorf("%s does not say %s", path, want)
			}
		}
		if found := inline.FindString(body); found != "" {
			t.Errorf("%s holds inline style or script: %q", path, found)
		}
		if strings.Contains(body, "oboro-status") {
			t.Errorf("%s declares a status, want none", path)
		}
		if policy := resp.Header.Get("Content-Security-Policy"); !strings.HasPrefix(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
			t.Errorf("%s has the policy %q", path, policy)
		}
	}
}

// Seen to fail when the layout loses the meta element.
func TestBrokenPagesSayTheirStatus(t *testing.T) {
	for _, path := range demo.Broken() {
		resp, body := get(t, path)
		if resp.StatusCode != http.StatusNotFound || !strings.Contains(body, `<meta name="oboro-status" content="404">`) {
			t.Errorf("%s answers %d, want 404 and the meta element that says so", path, resp.StatusCode)
		}
		if !strings.Contains(body, "/hit.gif?st=404&amp;u=") {
			t.Errorf("the pixel of %s does not tell the status", path)
		}
	}
}

// TestLinks follows every link of every page: one in each language is broken, and
// meant to be. Seen to fail when the mark's address in the layout is misspelt.
func TestLinks(t *testing.T) {
	link := regexp.MustCompile(`(?:href|src)="([^"]*)"`)
	var dead []string
	for _, path := range demo.Pages() {
		_, body := get(t, path)
		for _, m := range link.FindAllStringSubmatch(body, -1) {
			target := strings.ReplaceAll(m[1], "&amp;", "&")
			if strings.HasPrefix(target, "#") || strings.HasPrefix(target, origin) {
				continue
			}
			if !strings.HasPrefix(target, "/") {
				t.Errorf("%s links to %s, another site", path, target)
				continue
			}
			if resp, _ := get(t, target); resp.StatusCode != http.StatusOK {
				dead = append(dead, target)
			}
		}
	}
	if want := []string{"/garbage/calendar-2025", "/en/garbage/calendar-2025"}; !slices.Equal(dead, want) {
		t.Errorf("broken links = %q, want %q", dead, want)
	}
}

func TestPathsAreEscaped(t *testing.T) {
	resp, body := get(t, "/%3Cscript%3Ealert(1)%3C/script%3E")
	if resp.StatusCode != http.StatusNotFound || strings.Contains(body, "<script>alert") {
		t.Errorf("a path of markup answers %d and comes back as markup", resp.StatusCode)
	}
}
