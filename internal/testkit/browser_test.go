package testkit_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"oboro/internal/testkit"
)

func TestBrowserRunsScript(t *testing.T) {
	ctx := testkit.Browser(t)
	got, err := chromedp.Run(ctx, chromedp.Evaluate[int](`6 * 7`))
	if err != nil || got != 42 {
		t.Errorf("6 * 7 in the browser = %d, %v, want 42", got, err)
	}
}

// TestWithoutBrowser runs the test above in a process that finds no browser. Seen
// to fail when Browser skips whatever CI says.
func TestWithoutBrowser(t *testing.T) {
	for _, tt := range []struct {
		name, ci, want string
		fails          bool
	}{
		{name: "skips aloud on a desk", want: "--- SKIP"},
		{name: "fails where CI is set", ci: "true", want: "--- FAIL", fails: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cmd := exec.Command(os.Args[0], "-test.run=^TestBrowserRunsScript$", "-test.v")
			cmd.Env = []string{"PATH=" + t.TempDir(), "CI=" + tt.ci}
			out, err := cmd.CombinedOutput()
			if failed := err != nil; failed != tt.fails {
				t.Errorf("the test failed: %v, want %v", failed, tt.fails)
			}
			if !strings.Contains(string(out), tt.want) || !strings.Contains(string(out), "apt-get install chromium") {
				t.Errorf("the test said\n%s\nwant %q and how to get a browser", out, tt.want)
			}
		})
	}
}
