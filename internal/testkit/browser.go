package testkit

import (
	"context"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// browserLimit is how long one test may keep a browser.
const browserLimit = 2 * time.Minute

// Browser starts a Chromium without a window and returns the context of its first
// tab; chromedp.NewContext of it opens another. The browser has a profile of its
// own, asks nobody for updates, and ends with the test. Where there is none the
// test is skipped, and fails if CI is set.
func Browser(t *testing.T) context.Context {
	t.Helper()
	path, ok := findBrowser()
	if !ok {
		const how = "no Chromium in PATH: install one, on Debian with `apt-get install chromium`"
		if os.Getenv("CI") != "" {
			t.Fatal(how)
		}
		t.Skip("SKIPPED: " + how)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.NoSandbox, // a container's root cannot have one; the tests' pages are our own
		chromedp.DisableGPU,
		chromedp.NoFirstRun,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true),
	)
	limited, release := context.WithTimeout(context.Background(), browserLimit)
	t.Cleanup(release)
	allocator, stop := chromedp.NewExecAllocator(limited, options...)
	t.Cleanup(stop)
	ctx, closeTab := chromedp.NewContext(allocator)
	t.Cleanup(closeTab)
	// The first run binds the browser to its context, so it must be this one, not
	// a shorter one of a test.
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start %s: %v", path, err)
	}
	return ctx
}

// findBrowser returns the path of the first Chromium or Chrome in PATH.
func findBrowser() (string, bool) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, true
		}
	}
	return "", false
}
