package release_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"oboro/aggregator/release"
)

func record(version int) release.Record {
	return release.Record{Dataset: "demo/days", Period: "2026-10", Version: version, Manifest: release.Hash([]byte{byte(version)})}
}

func openLog(t *testing.T, path string) *release.Log {
	t.Helper()
	l, err := release.OpenLog(path)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestLogKeepsEachReleaseOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log.jsonl")
	l := openLog(t, path)
	for _, version := range []int{1, 2, 1, 2, 3} {
		if err := l.Append(record(version)); err != nil {
			t.Fatal(err)
		}
	}
	again := openLog(t, path)
	// Seen to fail when Append does not look for the record first.
	if got := strings.Count(string(again.Entries()), "\n"); got != 3 {
		t.Errorf("the log holds %d records after five appends of three, want 3", got)
	}
	other := record(2)
	other.Manifest = release.Hash([]byte("other"))
	if err := again.Append(other); err == nil {
		t.Error("another manifest under version 2 was taken")
	}
}

func TestLogDropsATornLine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log.jsonl")
	if err := openLog(t, path).Append(record(1)); err != nil {
		t.Fatal(err)
	}
	whole, _ := os.ReadFile(path)
	if err := os.WriteFile(path, append(whole, `{"dataset":"demo`...), 0o600); err != nil {
		t.Fatal(err)
	}
	l := openLog(t, path)
	if err := l.Append(record(2)); err != nil {
		t.Fatal(err)
	}
	if got := string(openLog(t, path).Entries()); strings.Count(got, "\n") != 2 || !strings.HasPrefix(got, string(whole)) {
		t.Errorf("log after a torn line = %q, want two whole records", got)
	}
}

func TestLogRefusesAnotherSpelling(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log.jsonl")
	line := `{"period":"2026-10","dataset":"demo/days","version":1,"manifest":"00"}` + "\n"
	if err := os.WriteFile(path, []byte(line), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := release.OpenLog(path); err == nil {
		t.Error("a record in another order of fields was taken")
	}
}
