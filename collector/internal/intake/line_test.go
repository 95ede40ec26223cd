package intake

import (
	"bytes"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"oboro/collector/hit"
	"oboro/collector/internal/logline"
	"oboro/collector/internal/page"
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
			outcome = read(in, line, &l, &s, key)
		}
		if outcome != Kept {
			s = visitors.Sighting{At: at}
		}
		all = append(all, told{outcome, s})
	}
	return all
}

func logIntake() *Intake {
	pages, _, _ := NewRegistry(nil, new(page.Rules))
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
		met[w.outcome.Whole()]++
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
					if w.outcome.Whole() == Bot {
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

// Where a line names a host, in a field or in a whole URL, the site's own lines count and no
// others. Seen to fail when the host is not looked at, when one of a whole URL is not, and when a
// port makes another host of it.
func TestLinesOfOtherHosts(t *testing.T) {
	in := logIntake()
	key := newTable(t, in.Plan).Key
	const rest = ` - - [01/Apr/2026:12:00:00 +0000] "GET `
	for _, tt := range []struct {
		name, line string
		want       Outcome
	}{
		{"no host", "192.0.2.1" + rest + `/ HTTP/1.1" 200 1`, Kept},
		{"own host", "a.example:80 192.0.2.1" + rest + `/ HTTP/1.1" 200 1`, Kept},
		{"own host in capitals", "WWW.A.example.:443 192.0.2.1" + rest + `/ HTTP/1.1" 200 1`, Kept},
		{"another site's host", "b.example:80 192.0.2.1" + rest + `/ HTTP/1.1" 200 1`, OtherSite},
		{"nobody's host", "c.example:80 192.0.2.1" + rest + `/ HTTP/1.1" 200 1`, OtherSite},
		{"what is no host", "a/b:80 192.0.2.1" + rest + `/ HTTP/1.1" 200 1`, OtherSite},
		{"another site's picture", "b.example:80 192.0.2.1" + rest + `/a.png HTTP/1.1" 200 1`, OtherSite},
		{"own URL", "192.0.2.1" + rest + `https://www.a.example:443/ HTTP/1.1" 200 1`, Kept},
		{"another's URL", "192.0.2.1" + rest + `http://c.example/ HTTP/1.1" 200 1`, OtherSite},
		{"own URL at another's host", "b.example:80 192.0.2.1" + rest + `http://a.example/ HTTP/1.1" 200 1`, OtherSite},
		{"no page", "192.0.2.1" + rest + `* HTTP/1.1" 200 1`, BadPage},
	} {
		if got := outcomeOf(t, in, nil, tt.line, key); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got.Word(), tt.want.Word())
		}
	}
	in.Lines, _, _ = NewLines(Rules{AnyHost: true})
	if got := outcomeOf(t, in, nil, "b.example:80 192.0.2.1"+rest+`/ HTTP/1.1" 200 1`, key); got != Kept {
		t.Errorf("with any host a line of another counts as %q", got.Word())
	}
}

// read reads the hit that a line stands for, as it is read in its turn.
func read(in *Intake, line []byte, l *Parsed, s *visitors.Sighting, key *visitors.Key) Outcome {
	g := Glance{Site: s.Site, Key: key}
	in.Glance(&g, line, l)
	return in.Line(&g, line, l, s)
}

func outcomeOf(t *testing.T, in *Intake, f *Format, line string, key *visitors.Key) Outcome {
	t.Helper()
	var l Parsed
	at, outcome := Parse(f, []byte(line), &l, new(Clock))
	if outcome != Kept {
		return outcome
	}
	s := visitors.Sighting{At: at}
	return read(in, []byte(line), &l, &s, key)
}

// X-Forwarded-For of a line is believed as that of a request is: where the peer is trusted.
// Seen to fail when any peer's word is taken.
func TestForwardedInLines(t *testing.T) {
	in := logIntake()
	key := newTable(t, in.Plan).Key
	f, fault := logline.NewFormat(`$msec $remote_addr "$request" $status "$http_user_agent" "$http_x_forwarded_for"`, in.Zone)
	if fault != "" {
		t.Fatal(fault)
	}
	mark := func(peer, forwarded string) visitors.Mark {
		t.Helper()
		line := []byte(`1 ` + peer + ` "GET / HTTP/1.1" 200 "` + firefox + `" "` + forwarded + `"`)
		var l Parsed
		if _, o := Parse(f, line, &l, new(Clock)); o != Kept {
			t.Fatalf("%s: %q", line, o.Word())
		}
		var s visitors.Sighting
		if o := read(in, line, &l, &s, key); o != Kept {
			t.Fatalf("%s: %q", line, o.Word())
		}
		return s.Visitor
	}
	direct := mark("192.0.2.1", "-")
	for _, tt := range []struct {
		name, peer, forwarded string
		same                  bool
	}{
		{"a trusted peer's word", "10.0.0.9", "192.0.2.1", true},
		{"the last word that is not a proxy's", "10.0.0.9", "198.51.100.1, 192.0.2.1, 10.0.0.8", true},
		{"a stranger's word", "192.0.2.1", "198.51.100.1", true},
		{"a trusted peer without a word", "10.0.0.9", "-", false},
		{"a stranger's word on another", "198.51.100.1", "192.0.2.1", false},
	} {
		if got := mark(tt.peer, tt.forwarded); (got == direct) != tt.same {
			t.Errorf("%s: the visitor is the same: %v, want %v", tt.name, got == direct, tt.same)
		}
	}
	if o := outcomeOf(t, in, f, `1 10.0.0.9 "GET / HTTP/1.1" 200 "`+firefox+`" "unknown"`, key); o != NoAddress {
		t.Errorf("a trusted peer's word that cannot be read: %q, want address", o.Word())
	}
}

// Rules say what is a page, and rules that cannot be are refused. Seen to fail when a status of
// both lists is taken.
func TestLineRules(t *testing.T) {
	in := logIntake()
	key := newTable(t, in.Plan).Key
	lines, bad, ok := NewLines(Rules{
		Methods: []string{"POST", "GET"}, Statuses: []int{206}, NotFound: []int{451}, Assets: []string{"xyz"}, Pages: []string{"pdf"},
	})
	if !ok {
		t.Fatalf("%q is refused", bad)
	}
	in.Lines = lines
	const line = `192.0.2.1 - - [01/Apr/2026:12:00:00 +0000] "METHOD /a.EXT HTTP/1.1" STATUS 1`
	for _, tt := range []struct {
		method, ext, status string
		want                Outcome
	}{
		{"GET", "pdf", "206", Kept}, {"POST", "html", "451", Kept}, {"HEAD", "pdf", "206", Method}, {"GET", "xyz", "206", Asset},
		{"GET", "pdf", "200", Status}, {"GET", "pdf", "404", Status}, {"GET", "pdf", "999", Status},
	} {
		text := strings.NewReplacer("METHOD", tt.method, "EXT", tt.ext, "STATUS", tt.status).Replace(line)
		if got := outcomeOf(t, in, nil, text, key); got != tt.want {
			t.Errorf("%s of .%s with %s: %q, want %q", tt.method, tt.ext, tt.status, got.Word(), tt.want.Word())
		}
	}
	for name, r := range map[string]Rules{
		"get": {Methods: []string{"get"}}, "": {Methods: []string{""}}, "99": {Statuses: []int{99}}, "600": {NotFound: []int{600}},
		".pdf": {Pages: []string{".pdf"}},
	} {
		if _, bad, ok := NewLines(r); ok || bad != name {
			t.Errorf("the rule %q is taken, or %q is named in its place", name, bad)
		}
	}
	if _, _, ok := NewLines(Rules{Statuses: []int{200}, NotFound: []int{200}}); ok {
		t.Error("a status of both lists is taken")
	}
}

// The block of an address is what its memory is asked for by, and only that. Seen to fail
// when the second number is taken for the first.
func TestBlockOf(t *testing.T) {
	for text, want := range map[string]string{"192.0.2.1": "192.0.0.0", "8.255.1.2": "8.255.0.0", "203.0.": "203.0.0.0"} {
		if got, ok := blockOf(text); !ok || got.String() != want {
			t.Errorf("blockOf(%q) = %v, %v, want %s", text, got, ok, want)
		}
	}
	for _, text := range []string{"", "1", "1.2", "2001:db8::1", "host.example.jp", "[::1]"} {
		if got, ok := blockOf(text); ok {
			t.Errorf("blockOf(%q) = %v, want none", text, got)
		}
	}
}
