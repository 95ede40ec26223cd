package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestCollectorsThatAreRefused: names that could not be told apart, and times to wait that would
// never end, or end before a day is written. Seen to fail when checkCollectors was not asked.
func TestCollectorsThatAreRefused(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"a name twice", "collectors: [one, one]", `collector "one"`},
		{"a name that is none", "collectors: [One]", `collector "One"`},
		{"no time to wait", "collectors: [one]\ncollectors_wait: 1s", "collectors_wait"},
		{"a day to wait", "collectors: [one]\ncollectors_wait: 24h", "collectors_wait"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "oboro.yaml")
			if err := os.WriteFile(path, []byte(tt.text+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := loadConfig(path); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%q is read with %v, want an error that says %s", tt.text, err, tt.want)
			}
		})
	}
}

// TestRolesThatAreRefused: collectors need a store that several can write to, and no process that
// does everything beside them. Seen to fail when roles let either through.
func TestRolesThatAreRefused(t *testing.T) {
	several := config{Collectors: []string{"one"}, CollectorsWait: duration(time.Hour)}
	everything := listen{Collect: "127.0.0.1:0", Dashboards: "127.0.0.1:0"}
	servers := process{store: "clickhouse://one/oboro"}
	if err := everything.roles(servers, several); err == nil || !strings.Contains(err.Error(), "oboro aggregate") {
		t.Errorf("everything in one process beside collectors: %v, want an error that says what to run", err)
	}
	if err := (listen{Collect: "127.0.0.1:0", name: "one"}).roles(process{}, several); err == nil || !strings.Contains(err.Error(), "ClickHouse") {
		t.Errorf("a collector on a file: %v, want an error that names ClickHouse", err)
	}
	for _, l := range []listen{{Collect: "127.0.0.1:0", name: "one"}, {Dashboards: "127.0.0.1:0"}} {
		if err := l.roles(servers, several); err != nil {
			t.Errorf("%+v is refused: %v", l, err)
		}
	}
	if err := everything.roles(process{}, config{}); err != nil {
		t.Errorf("one process without collectors is refused: %v", err)
	}
}
