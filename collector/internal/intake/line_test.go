package intake

import (
	"bytes"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"oboro/collector/hit"
	"oboro/collector/internal/logline"
	"oboro/collector/internal/visitors"
)

// A logFile is a log of testdata.
type logFile struct {
	file, format string
	guessed      string
	bare         bool // the format has no referrer
	nameless     bool // nor a User-Agent
}

// logs are the twelve requests of testdata in each format: the text that names it, or ""
// where it is the one that a guess must find.
var logs = []logFile{
	{file: "combined.log", guessed: "combined"},
	{file: "vhost_combined.log", guessed: "combined"},
	{file: "common.log", guessed: "combined", bare: true, nameless: true},
	{file: "traefik.log", guessed: "combined"},
	{file: "nginx.json", guessed: "json"},
	{file: "nginx-default.json", guessed: "json"},
	{file: "apache.json", guessed: "json"},
	{file: "caddy.json", guessed: "json"},
	{file: "traefik.json", guessed: "json"},
	{file: "iis.log", guessed: "w3c"},
	{file: "w3c.log", guessed: "w3c"},
	{file: "cloudfront.log", guessed: "cloudfront"},
	{file: "s3.log", guessed: "s3"},
	{file: "elb.log", guessed: "elb", bare: true},
	{file: "alb.log", guessed: "alb", bare: true},
	{file: "haproxy.log", guessed: "haproxy", bare: true, nameless: true},
	{file: "apache-custom.log", format: `LogFormat "%{msec}t|%a|%m|%{Host}i|%U%q|%>s|\"%{Referer}i\"|\"%{User-Agent}i\"|%{Content-Type}o" own`},
	{file: "nginx-custom.log", format: "log_format own '$msec $host [$remote_addr] \"$request\" $status $bytes_sent '\n" +
		`    '"$http_referer" "$http_user_agent" "$http_x_forwarded_for" rt=$request_time';`},
	{file: "ltsv.log", format: `time:$time_local\thost:$remote_addr\treq:$request\tstatus:$status\treferer:$http_referer\tua:$http_user_agent\tsize:$bytes_sent`},
}

// A told is what a line came to.
type told struct {
	outcome  Outcome
	sighting visitors.Sighting
}

// readLog reads a log of testdata.
func readLog(t *testing.T, in *Intake, name string, format *Format, key *visitors.Key) (all []told) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../logline/testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	clock := new(Clock)
	for line := range bytes.Lines(text) {
		var l Parsed
		at, outcome := Parse(format, line, &l, clock)
		if outcome == Comment {
			continue
		}
		s := visitors.Sighting{At: at}
		if outcome == Kept {
			outcome = in.Line(line, &l, &s, key)
		}
		if outcome != Kept {
			s = visitors.Sighting{At: at}
		}
		all = append(all, told{outcome, s})
	}
	return all
}

func logIntake() *Intake {
	pages, _, _ := NewRegistry(nil)
	in := New([]Site{{Hosts: []string{"a.example", "www.a.example"}, Pages: pages}, {Hosts: []string{"b.example"}, Pages: pages}})
	in.Plan = everything().Plan
	in.Zone = time.FixedZone("", 9*3600)
	in.Trusted = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	in.Lines, _, _ = NewLines(Rules{})
	return in
}

// Every format tells the same of the same requests, and is found by a guess. Seen to fail
// when pluses stay in the User-Agent of W3C, when CloudFront's encoding is not undone, when
// W3C's time is taken for the deployment's, when HAProxy's is taken for UTC, when the first
// of a list's values gives way to the last, when the port stays at a balancer's address, and when a
// trusted peer's word is not taken.
func TestFormatsTellTheSame(t *testing.T) {
	in := logIntake()
	key := newTable(t, in.Plan).Key
	want := readLog(t, in, "combined.log", nil, key)
	met := map[Outcome]int{}
	for _, w := range want {
		met[w.outcome]++
	}
	if len(want) != 12 || !maps.Equal(met, map[Outcome]int{Kept: 8, Bot: 1, Status: 1, Method: 1, Asset: 1}) {
		t.Fatalf("the requests come to %v", met)
	}
	for _, tt := range logs {
		t.Run(tt.file, func(t *testing.T) {
			in := logIntake()
			format := formatOf(t, in, tt.file, tt.format, tt.guessed)
			got := readLog(t, in, tt.file, format, key)
			if len(got) != len(want) {
				t.Fatalf("%d lines, want %d", len(got), len(want))
			}
			for i := range got {
				w := want[i]
				if tt.bare {
					w.sighting.Source = hit.Host{}
				}
				if tt.nameless {
					w.sighting.Visitor, w.sighting.Env = got[i].sighting.Visitor, got[i].sighting.Env
					if w.outcome == Bot {
						w = got[i]
					}
				}
				if got[i] != w {
					t.Errorf("line %d comes to %q, page %q, source %q\n%+v\nwant %q, page %q, source %q\n%+v", i+1,
						got[i].outcome.Word(), got[i].sighting.Page.Path(), got[i].sighting.Source.Name(), got[i].sighting,
						w.outcome.Word(), w.sighting.Page.Path(), w.sighting.Source.Name(), w.sighting)
				}
			}
		})
	}
}

func formatOf(t *testing.T, in *Intake, file, text, guessed string) *Format {
	t.Helper()
	if text != "" {
		f, fault := logline.NewFormat(text, in.Zone)
		if fault != "" {
			t.Fatal(fault)
		}
		return f
	}
	head, err := os.ReadFile(filepath.Join("../logline/testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	g := logline.Guesses(head, true, in.Zone)
	if !g.Sure || g.Format.Name() != guessed || g.Fits != 12 || g.Of != 12 {
		t.Fatalf("guess: %s, %d of %d, %v, want %s for sure, of all 12", g.Format.Name(), g.Fits, g.Of, g.Sure, guessed)
	}
	return g.Format
}

// The logs of testdata are all read here.
func TestLogsAreRead(t *testing.T) {
	files, err := filepath.Glob("../logline/testdata/*.*")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if !slices.ContainsFunc(logs, func(l logFile) bool { return l.file == filepath.Base(file) }) {
			t.Errorf("%s is read by no test", file)
		}
	}
}
