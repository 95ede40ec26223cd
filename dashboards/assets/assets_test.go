package assets_test

import (
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"oboro/dashboards/assets"
)

func TestStyleIsServedUnderItsNameAlone(t *testing.T) {
	if !regexp.MustCompile(`^/assets/oboro-[0-9a-f]{12}\.css$`).MatchString(assets.StyleURL()) {
		t.Errorf("the style sheet is at %q", assets.StyleURL())
	}
	w := httptest.NewRecorder()
	assets.Handler().ServeHTTP(w, httptest.NewRequest("GET", assets.StyleURL(), nil))
	if w.Code != 200 || w.Header().Get("Content-Type") != "text/css; charset=utf-8" || w.Body.Len() != len(assets.Style()) {
		t.Errorf("the style sheet is answered %d, %s, %d bytes", w.Code, w.Header().Get("Content-Type"), w.Body.Len())
	}
	if !strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
		t.Errorf("the style sheet is not kept: %q", w.Header().Get("Cache-Control"))
	}
	for _, other := range []string{"/assets/oboro-000000000000.css", "/assets/oboro.css", "/assets/"} {
		w := httptest.NewRecorder()
		assets.Handler().ServeHTTP(w, httptest.NewRequest("GET", other, nil))
		if w.Code != 404 {
			t.Errorf("%s answers %d, want 404: an old name must not be kept with new content", other, w.Code)
		}
	}
}

// Seen to fail when a font was loaded from another host.
func TestStyleLoadsNothing(t *testing.T) {
	css := string(assets.Style())
	if len(css) < 2000 {
		t.Fatalf("the style sheet has %d bytes: it is lost", len(css))
	}
	for _, word := range []string{"url(", "@import", "@font-face", "http:", "https:", "//"} {
		if strings.Contains(css, word) {
			t.Errorf("the style sheet holds %q: it must load nothing", word)
		}
	}
	for _, need := range []string{"forced-colors: active", ".chart text, .chart .chart-tick { fill: CanvasText;", "prefers-color-scheme: dark", "@media print", "details-content", ":focus-visible", ".skip"} {
		if !strings.Contains(css, need) {
			t.Errorf("the style sheet has no rule for %s", need)
		}
	}
}
