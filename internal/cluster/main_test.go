package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"oboro/internal/loopback"
)

// TestMissing: what is not here is named, with the packages that have it. Seen to fail when
// nginx was not asked for.
func TestMissing(t *testing.T) {
	for _, tt := range []struct {
		name string
		gone []string
		want []string // of what is said; nothing where all is here
	}{
		{"all is here", nil, nil},
		{"no program", []string{"bin/oboro"}, []string{"make build"}},
		{"no nginx", []string{"nginx"}, []string{"not installed: nginx.", "apt-get install nginx-light"}},
		{"nothing of Debian's", []string{"nginx", "java", "clickhouse-server", "/usr/share/java/zookeeper.jar"},
			[]string{"apt-get install clickhouse-server default-jre-headless libzookeeper-java nginx-light"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := missing("bin/oboro", func(name string) bool { return !slices.Contains(tt.gone, name) })
			if (err == nil) != (tt.want == nil) {
				t.Fatalf("missing = %v, want an error: %t", err, tt.want != nil)
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("missing = %v, want it to say %q", err, want)
				}
			}
		})
	}
}

// A screen is what the command has said so far.
type screen struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all.Write(p)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all.String()
}

// TestClusterRunsAndStops starts all of it, sees visitors counted by both collectors and shown by
// the API, and stops it: no process, no listener and no file is left. Seen to fail when nginx was not
// ended, and when the folder of the state was left.
func TestClusterRunsAndStops(t *testing.T) {
	if err := missing("/", found); err != nil {
		t.Skip("SKIPPED: " + err.Error())
	}
	program := filepath.Join(t.TempDir(), "oboro")
	if out, err := exec.Command("go", "build", "-o", program, "oboro/cmd/oboro").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	files := t.TempDir()
	t.Setenv("TMPDIR", files)
	before := states(t)
	ctx, cancel := context.WithCancel(t.Context())
	said, ended := &screen{}, make(chan error, 1)
	go func() {
		ended <- options{program: program, deploy: "../../deploy", days: 1, rate: 100, out: said}.run(ctx)
	}()
	shown := regexp.MustCompile(`the API shows [1-9]\d* views`)
	for begun := time.Now(); !shown.MatchString(said.String()); {
		select {
		case err := <-ended:
			t.Fatalf("it ended: %v\n%s", err, said)
		case <-time.After(100 * time.Millisecond):
		}
		if time.Since(begun) > 3*time.Minute {
			t.Fatalf("no views are shown after three minutes:\n%s", said)
		}
	}
	look(t, said.String())
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("it ended with %v\n%s", err, said)
	}
	for _, address := range regexp.MustCompile(`127\.0\.0\.1:\d+`).FindAllString(said.String(), -1) {
		if loopback.Listens(address) {
			t.Errorf("somebody still listens at %s of\n%s", address, said)
		}
	}
	for _, process := range regexp.MustCompile(`process (\d+)`).FindAllStringSubmatch(said.String(), -1) {
		if _, err := os.Stat("/proc/" + process[1]); err == nil {
			t.Errorf("process %s is still there, of\n%s", process[1], said)
		}
	}
	if left, err := os.ReadDir(files); err != nil || len(left) > 0 {
		t.Errorf("%v is left, %v", left, err)
	}
	if after := states(t); !slices.Equal(after, before) {
		t.Errorf("states are left: %q, before there were %q", after, before)
	}
}

// look looks at the addresses that were told.
func look(t *testing.T, said string) {
	t.Helper()
	for _, at := range regexp.MustCompile(`(\w+) +(http://\S+/\S*)`).FindAllStringSubmatch(said, -1) {
		if page := get(t, at[2]); at[1] == "beacon" && !strings.Contains(page, "/oboro.js") {
			t.Error("the site does not load the beacon")
		}
	}
	collectors := regexp.MustCompile(`(http://\S+/metrics)   \(collect`).FindAllStringSubmatch(said, -1)
	if len(collectors) != 2 {
		t.Fatalf("the metrics of %d collectors are told of, want 2:\n%s", len(collectors), said)
	}
	for _, at := range collectors {
		if !strings.Contains(get(t, at[1]), `oboro_collector_hits_total{outcome="kept"} `) {
			t.Errorf("%s: nobody was sent to this collector", at[1])
		}
	}
}

func get(t *testing.T, address string) string {
	t.Helper()
	answer, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s answers %d, %v", address, answer.StatusCode, err)
	}
	return string(body)
}

// states returns the folders of states in memory.
func states(t *testing.T) []string {
	t.Helper()
	list, err := filepath.Glob("/dev/shm/oboro-cluster-*")
	if err != nil {
		t.Fatal(err)
	}
	return list
}
