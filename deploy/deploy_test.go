// Package deploy_test holds what deploy/ says against the tools that read it: the
// configuration against oboro, the unit against systemd, the proxy's snippet
// against nginx. There is no package deploy.
package deploy_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/goccy/go-yaml"
)

// program is where the units expect oboro.
const program = "/usr/local/bin/oboro"

// built builds oboro once, into a folder that is removed with the first test's.
var built = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "oboro-deploy-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "oboro")
	out, err := exec.Command("go", "build", "-buildvcs=false", "-o", path, "oboro/cmd/oboro").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build oboro: %w\n%s", err, out)
	}
	return path, nil
})

func TestMain(m *testing.M) {
	status := m.Run()
	if path, err := built(); err == nil {
		os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(status)
}

func oboro(t *testing.T) string {
	t.Helper()
	path, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// need returns the path of a tool that is not part of Go, or skips.
func need(t *testing.T, tool string) string {
	t.Helper()
	path, err := exec.LookPath(tool)
	if err != nil {
		t.Skipf("SKIPPED: there is no %s here", tool)
	}
	return path
}

// TestExampleConfiguration holds that oboro takes the example as it stands. Seen
// to fail when an option of the example is misspelt.
func TestExampleConfiguration(t *testing.T) {
	command := exec.Command(oboro(t), "config", "check", "--config", "oboro.yaml")
	command.Env = []string{}
	out, err := command.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "1 sites, 19 statistics, k = 10, time zone Asia/Tokyo") {
		t.Errorf("oboro config check of the example: %v\n%s", err, out)
	}
}

// TestExampleIsWhole holds that the example has every option that
// cmd/oboro/config.go reads, and that each says something of itself. Seen to fail
// when dnt is missing, and when publish.every has no comment above it.
func TestExampleIsWhole(t *testing.T) {
	source := read(t, "../cmd/oboro/config.go")
	example := read(t, "oboro.yaml")
	known := map[string]bool{}
	for _, part := range strings.Split(source, "`yaml:\"")[1:] {
		name, _, _ := strings.Cut(part, "\"")
		known[name] = true
	}
	if len(known) < 15 {
		t.Fatalf("config.go has only %d options: its form has changed, and this test with it", len(known))
	}
	written := map[string]bool{}
	commented := false
	for number, line := range strings.Split(example, "\n") {
		bare := strings.TrimPrefix(strings.TrimSpace(line), "- ")
		name, _, ok := strings.Cut(bare, ":")
		switch {
		case strings.HasPrefix(bare, "#"):
			commented = true
			continue
		case !ok:
		case !known[name]:
			t.Errorf("oboro.yaml:%d: %q is no option of config.go", number+1, name)
		case !commented && name != "statistics" && name != "publish":
			t.Errorf("oboro.yaml:%d: %s stands without a comment on its effect", number+1, name)
		}
		written[name] = written[name] || ok
		commented = false
	}
	for name := range known {
		if !written[name] {
			t.Errorf("oboro.yaml does not show the option %s", name)
		}
	}
}

// TestExampleKeepsTheDefaults holds that what the example calls a default is the
// one of the program: with the options that the text says are not defaults taken
// out, it means the same as an empty file. Seen to fail when k is 20.
func TestExampleKeepsTheDefaults(t *testing.T) {
	var example map[string]any
	if err := yaml.Unmarshal([]byte(read(t, "oboro.yaml")), &example); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"k": uint64(10), "flush": "5m", "timezone": "Asia/Tokyo",
		"trusted_proxies": []any{"127.0.0.0/8", "::1/128"}, "countries": "",
	}
	source := read(t, "../cmd/oboro/config.go")
	for _, line := range []string{
		"K:        10,", "duration(5 * time.Minute)", `"Asia/Tokyo"`, `MustParsePrefix("127.0.0.0/8")`,
		`MustParsePrefix("::1/128")`,
	} {
		if !strings.Contains(source, line) {
			t.Errorf("config.go no longer has the default %s: change oboro.yaml and this list", line)
		}
	}
	for name, value := range want {
		if !reflect.DeepEqual(example[name], value) {
			t.Errorf("oboro.yaml: %s is %#v, and the default is %#v", name, example[name], value)
		}
	}
}
