package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"oboro/aggregator/release"
	"oboro/internal/audit"
)

// entries are commands, and what the trail is told of them. None of what is not declared gets
// there.
var entries = []struct {
	name string
	job  job
	want audit.Leaf
}{
	{"query", queryCommand{"demo", "pages", "2026-05-01", "2026-05-02", "csv"}, audit.Leaf{
		Action: audit.Query, Object: audit.Object{Site: "demo", Statistic: "pages"},
		Params: audit.Params{From: "2026-05-01", To: "2026-05-02", Format: audit.CSV},
	}},
	{"query of what is not declared", queryCommand{"zqx", "zqx", "zqx", "zqx", "table"}, audit.Leaf{
		Action: audit.Query, Params: audit.Params{Format: audit.Table},
	}},
	{"seal", sealCommand{Through: "2026-05-01"}, audit.Leaf{Action: audit.Seal, Params: audit.Params{To: "2026-05-01"}}},
	{"day given up", sealCommand{GiveUp: "2026-05-01", Site: "demo", Reason: "zqx"}, audit.Leaf{
		Action: audit.GiveUp, Object: audit.Object{Site: "demo"}, Params: audit.Params{From: "2026-05-01", To: "2026-05-01"},
	}},
	{"week given up", sealCommand{GiveUp: "2026-04-27", Week: true, Site: "zqx", Reason: "zqx"}, audit.Leaf{
		Action: audit.GiveUp, Params: audit.Params{From: "2026-04-27", To: "2026-05-03"},
	}},
	{"publish", publishCommand{Out: "zqx"}, audit.Leaf{Action: audit.Publish}},
	{"correct what was not published", publishCommand{Out: "zqx", Correct: "zqx/days/2026-04"}, audit.Leaf{Action: audit.Correct}},
	{"withdraw what was not published", withdrawCommand{"zqx", "days", "2026-04", "zqx", "zqx"}, audit.Leaf{Action: audit.Withdraw}},
	{"import", importCommand{Site: "demo", Files: []string{"zqx"}}, audit.Leaf{Action: audit.Import, Object: audit.Object{Site: "demo"}}},
}

// TestEntriesOfCommands holds what each command that works on the data tells the trail. Seen to
// fail when a site is taken as it was named, and when a command is left out here.
func TestEntriesOfCommands(t *testing.T) {
	r := newRig(t, may(2, 12, 0), map[string]string{"oboro.yaml": "sites: [{id: demo, hosts: [localhost]}]\n"})
	known := map[reflect.Type]bool{}
	for _, tt := range entries {
		known[reflect.TypeOf(tt.job)] = true
		if got := tt.job.entry(r.app); got != tt.want {
			t.Errorf("%s is told as %+v, want %+v", tt.name, got, tt.want)
		}
	}
	jobs := 0
	for _, field := range reflect.VisibleFields(reflect.TypeFor[grammar]()) {
		if !field.Type.Implements(reflect.TypeFor[job]()) {
			continue
		}
		if jobs++; !known[field.Type] {
			t.Errorf("of %s it is not known what the trail is told", field.Name)
		}
	}
	if jobs != 5 {
		t.Errorf("%d commands work on the data", jobs)
	}
}

// TestControlKnowsWhoAsks holds that the system's word on who asks is taken, and that nobody
// else's is: over a connection that says nothing of it a command is refused. Seen to fail when
// withPeer is left out, and when control answers all the same.
func TestControlKnowsWhoAsks(t *testing.T) {
	r := newRig(t, may(2, 12, 0), map[string]string{"oboro.yaml": "sites: [{id: demo, hosts: [localhost]}]\n"})
	for network, address := range map[string]string{"unix": filepath.Join(r.app.options.State, "control.sock"), "tcp": "127.0.0.1:0"} {
		l, err := net.Listen(network, address)
		if err != nil {
			t.Fatal(err)
		}
		server := &http.Server{Handler: &control{app: r.app}, ConnContext: withPeer}
		done := make(chan struct{})
		go func() { defer close(done); server.Serve(l) }()
		client := http.Client{Transport: &http.Transport{
			DisableKeepAlives: true,
			DialContext:       func(context.Context, string, string) (net.Conn, error) { return net.Dial(network, l.Addr().String()) },
		}}
		request, err := http.NewRequest(http.MethodPost, "http://oboro/", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set(argsHeader, `"[\"query\",\"--site\",\"demo\",\"--statistic\",\"days\",\"--from\",\"2026-05-01\",\"--to\",\"2026-05-01\"]"`)
		request.Header.Set(dirHeader, `"/"`)
		before, _ := r.app.trail.Tree()
		answer, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		server.Close()
		<-done
		after, _ := r.app.trail.Tree()
		want, entries := http.StatusOK, int64(1)
		if network == "tcp" {
			want, entries = http.StatusForbidden, 0
		}
		if answer.StatusCode != want || after-before != entries {
			t.Errorf("over %s the answer is %d and makes %d entries, want %d and %d", network, answer.StatusCode, after-before, want, entries)
		}
	}
	var by []string
	if _, err := audit.Read(trailDir(r.app.options.Data), func(l audit.Leaf) error { by = append(by, l.Actor); return nil }); err != nil {
		t.Fatal(err)
	}
	if own := audit.UID(uint32(os.Getuid())); by[len(by)-1] != own {
		t.Errorf("a command is written down as of %s, want %s", by[len(by)-1], own)
	}
}

// TestRefusedStartSignsNothing holds that a start which refuses a shortened trail leaves its
// signed head as it is: else the next would take the trail for whole. Seen to fail when the
// trail is the app's before it is held to its head.
func TestRefusedStartSignsNothing(t *testing.T) {
	r := newRig(t, may(2, 12, 0), map[string]string{"oboro.yaml": "sites: [{id: demo, hosts: [localhost]}]\n"})
	for range 2 {
		if err := r.app.audit(audit.Leaf{Action: audit.Query, Actor: r.app.trail.by, Role: audit.Operator, Result: audit.Answered}); err != nil {
			t.Fatal(err)
		}
	}
	r.app.signTrail(true)
	dir := trailDir(r.app.options.Data)
	month := filepath.Join(dir, "2026-05.jsonl")
	whole, err := os.ReadFile(month)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(whole), "\n")
	if err := os.WriteFile(month, []byte(strings.Join(lines[:len(lines)-2], "")), 0o600); err != nil {
		t.Fatal(err)
	}
	head, err := os.ReadFile(filepath.Join(dir, checkpointName))
	if err != nil {
		t.Fatal(err)
	}
	again := &app{process: r.app.process, options: r.app.options, config: r.app.config, catalogue: r.app.catalogue, log: r.app.log}
	if err := again.openTrail(); !errors.Is(err, release.ErrForked) || again.trail != nil {
		t.Errorf("a shortened trail is opened as %v: %v", again.trail, err)
	}
	if now, err := os.ReadFile(filepath.Join(dir, checkpointName)); err != nil || string(now) != string(head) {
		t.Errorf("a refused start signs %q, %v", now, err)
	}
}
