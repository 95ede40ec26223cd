package demo_test

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"oboro/cmd/oboro/demo"
	"oboro/internal/testkit"
)

// TestReflow opens the site in a real browser: at 320 pixels nothing needs
// scrolling sideways, and the policy blocks nothing that the page asks for. Seen
// to fail when the tables get a fixed width, and when the policy forgets the style
// sheet. OBORO_TEST_SCREENSHOTS names a folder for pictures of what it saw.
func TestReflow(t *testing.T) {
	browser := testkit.Browser(t)
	server := httptest.NewServer(demo.Site("http://127.0.0.1:9")) // nobody answers there
	defer server.Close()
	for _, width := range []int64{320, 1280} {
		for _, path := range append(demo.Pages(), demo.Broken()[1]) {
			if err := chromedp.Do(browser, chromedp.EmulateViewport(width, 800), chromedp.Navigate(server.URL+path)); err != nil {
				t.Fatalf("open %s: %v", path, err)
			}
			got, err := chromedp.Run(browser, chromedp.Evaluate[[]int64](
				`[document.documentElement.scrollWidth, document.styleSheets.length && document.styleSheets[0].cssRules.length]`))
			if err != nil {
				t.Fatalf("%s at %d pixels has no style sheet to read: %v", path, width, err)
			}
			if got[0] > width || got[1] == 0 {
				t.Errorf("%s at %d pixels is %d wide with %d style rules, want as wide, and some", path, width, got[0], got[1])
			}
			if folder := os.Getenv("OBORO_TEST_SCREENSHOTS"); folder != "" {
				picture, err := chromedp.Run(browser, chromedp.FullScreenshot(100))
				if err != nil {
					t.Fatalf("take a picture of %s: %v", path, err)
				}
				name := strings.ReplaceAll(path, "/", "-") + "-" + map[int64]string{320: "narrow", 1280: "wide"}[width] + ".png"
				if err := os.WriteFile(filepath.Join(folder, name), picture, 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}
