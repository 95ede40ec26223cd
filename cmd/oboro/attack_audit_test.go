package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"oboro/internal/audit"
)

// What the looked-at store holds, in which no other number of these tests looks alike: visitors,
// and their views of the one page.
const (
	lookedVisitors = 1237
	lookedViews    = 3 * lookedVisitors
	lookedPage     = "/zqxlabel/"
)

// lookedAt returns a program with one sealed day, on which everybody came by the same page.
func lookedAt(t *testing.T, data string) *program {
	t.Helper()
	p := newProgram(t, "flush: 15m\n")
	if data != "" {
		p.data = data
	}
	var lines strings.Builder
	at := time.Date(2026, 4, 10, 9, 0, 0, 0, tokyo)
	for i := range lookedViews {
		visitor := i / 3
		fmt.Fprintf(&lines, "133.%d.%d.7 - - [%s] \"GET %s HTTP/1.1\" 200 512 \"-\" \"%s\"\n", 200+visitor/200, visitor%200,
			at.Add(time.Duration(i)*time.Second).Format("02/Jan/2006:15:04:05 -0700"), lookedPage, browsers[visitor%2])
	}
	p.write("access.log", lines.String())
	if out, err := p.command("import", "--site", "demo", "access.log").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return p
}

// looks are the addresses at which the figures of that store are shown, one of each kind.
var looks = []string{
	"/", "/statistics/days?from=2026-04-10&to=2026-04-10", "/statistics/pages?from=2026-04-10&to=2026-04-10", "/quality?lang=en",
	"/api/v1/sites/demo/statistics/days?from=2026-04-10&to=2026-04-10", "/api/v1/sites/demo/statistics/pages.csv?from=2026-04-10&to=2026-04-10",
	"/api/v1/sites/demo/quality",
}

// ask is the command that shows them.
var ask = []string{"query", "--site", "demo", "--statistic", "pages", "--from", "2026-04-10", "--to", "2026-04-10"}

// figures reports whether text holds what the store counted.
func figures(text string) bool {
	text = strings.ReplaceAll(text, ",", "")
	return strings.Contains(text, fmt.Sprint(lookedVisitors)) || strings.Contains(text, fmt.Sprint(lookedViews)) || strings.Contains(text, lookedPage)
}

// trail returns the entries of the program's trail as they stand, which other processes may
// add to meanwhile.
func (p *program) trail() (leaves []audit.Leaf) {
	p.t.Helper()
	if _, err := audit.Read(trailDir(p.data), func(l audit.Leaf) error { leaves = append(leaves, l); return nil }); err != nil {
		p.t.Error(err)
	}
	return leaves
}

// TestAttackLooksWithoutEntry looks at everything that shows figures, by pages, files and
// commands, beside a running program and without one: when the first byte is there the entry
// is, and it is one. Meanwhile lookers are cut off by kills: each answer that one of them got
// has its entry, and the trail goes on. Seen to fail when entries are written behind their
// answers, when commands of the control socket have none, and when those without a running
// program have none.
func TestAttackLooksWithoutEntry(t *testing.T) {
	p := lookedAt(t, "")
	shown := 0
	look := func(what string, show func() string) {
		t.Helper()
		before := len(p.trail())
		text := show()
		if figures(text) {
			shown++
		}
		if n := len(p.trail()) - before; n != 1 {
			t.Errorf("%s makes %d entries", what, n)
		}
	}
	command := func() string {
		out, err := p.command(ask...).Output()
		if err != nil {
			t.Error(err)
		}
		return string(out)
	}
	look("a command by itself", command)
	p.start()
	look("a command beside a program", command)
	for _, path := range looks {
		look(path, func() string {
			before := len(p.trail())
			answer, err := http.Get("http://" + p.addresses["dashboards"] + path)
			if err != nil {
				t.Fatal(err)
			}
			defer answer.Body.Close()
			if n := len(p.trail()) - before; answer.StatusCode != 200 || n != 1 {
				t.Errorf("%s answers %d, and %d entries stand when its head is there", path, answer.StatusCode, n)
			}
			body, _ := io.ReadAll(answer.Body)
			return string(body)
		})
	}
	if shown < 6 {
		t.Errorf("%d looks show figures: too few to say anything", shown)
	}
	for range 3 {
		p.killedLooks()
	}
	p.stop(syscall.SIGTERM)
	if out, err := p.command("audit", "verify").CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// killedLooks kills the program while many look, and starts it again.
func (p *program) killedLooks() {
	p.t.Helper()
	before := len(p.trail())
	var answered atomic.Int64
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			client := http.Client{Transport: &http.Transport{}}
			defer client.CloseIdleConnections()
			for {
				answer, err := client.Get("http://" + p.addresses["dashboards"] + looks[4])
				if err != nil {
					return // it is killed
				}
				if answer.StatusCode == 200 {
					answered.Add(1)
				}
				io.Copy(io.Discard, answer.Body)
				answer.Body.Close()
			}
		})
	}
	p.await("twenty answers", func() bool { return answered.Load() >= 20 })
	p.stop(syscall.SIGKILL)
	group.Wait()
	p.start()
	if stand := int64(len(p.trail()) - before); stand < answered.Load() || stand > answered.Load()+4 {
		p.t.Errorf("%d looks of 4 at a time were answered, and %d entries stand", answered.Load(), stand)
	}
}

// TestAttackFullTrail fills the disk of the trail, so that looks could go unseen: each is
// refused, by pages, files and commands alike, and shows no figure; each that was answered
// before has its entry. With room again all is shown. Seen to fail when a failed write is
// passed over.
func TestAttackFullTrail(t *testing.T) {
	p := lookedAt(t, filepath.Join(mount(t, 16<<20), "data"))
	p.start()
	before, answered, stuffing := len(p.trail()), 0, ""
	for {
		if answered%20 == 0 { // what the store lets go of meanwhile is filled too
			stuffing = stuff(t, filepath.Dir(p.data))
		}
		status, _ := p.get("dashboards", looks[1])
		if status == http.StatusServiceUnavailable {
			break
		}
		if answered++; status != 200 || answered > 400 {
			t.Fatalf("with a full disk look %d is answered %d", answered, status)
		}
	}
	if n := len(p.trail()) - before; n != answered {
		t.Errorf("%d looks were answered, and %d entries stand", answered, n)
	}
	for _, path := range looks {
		if status, body := p.get("dashboards", path); status != http.StatusServiceUnavailable || figures(body) {
			t.Errorf("with a full disk %s is answered %d:\n%s", path, status, body)
		}
	}
	var errs bytes.Buffer
	cmd := p.command(ask...)
	cmd.Stderr = &errs
	if out, err := cmd.Output(); err == nil || cmd.ProcessState.ExitCode() != failed || figures(string(out)) || !strings.Contains(errs.String(), "nothing is shown") {
		t.Errorf("with a full disk a query ends with %v and shows %q, %q", err, out, errs.String())
	}
	if n := len(p.trail()) - before; n != answered {
		t.Errorf("%d looks were answered, and %d entries stand in the end", answered, n)
	}
	if err := os.Remove(stuffing); err != nil {
		t.Fatal(err)
	}
	if status, body := p.get("dashboards", looks[1]); status != 200 || !figures(body) {
		t.Errorf("with room again the answer is %d:\n%s", status, body)
	}
	p.stop(syscall.SIGTERM)
}

// TestAttackTrailHoldsNoFigure looks at everything, in vain too, changes what can be changed,
// and reads the trail as one who wants to know what was shown: no figure, label or text of a
// request is there, and no number at all but those of the entries. Seen to fail when the number
// of rows is put into an entry, when the site or the statistic is taken as it was asked for,
// and when the reason of a withdrawal is.
func TestAttackTrailHoldsNoFigure(t *testing.T) {
	p := lookedAt(t, "")
	p.start()
	for _, path := range slices.Concat(looks, []string{
		"/?site=zqxwords", "/statistics/zqxwords", "/statistics/pages?from=zqxwords&q=zqxwords", "/api/v1/sites/zqxwords/statistics/zqxwords.csv",
	}) {
		p.get("dashboards", path)
	}
	for _, args := range [][]string{
		ask, append(slices.Clone(ask), "--format", "csv"), {"query", "--site", "zqxwords", "--statistic", "zqxwords", "--from", "zqxwords", "--to", "zqxwords"},
		{"publish", "--out", "zqxwords"}, {"publish", "--out", "zqxwords", "--correct", "demo/zqxwords/2026-04"},
		{"withdraw", "--site", "demo", "--statistic", "days", "--period", "2026-04", "--reason", "zqxwords"},
		{"seal", "--give-up", "2026-04-11", "--site", "demo", "--reason", "zqxwords"}, {"seal", "--through", "zqxwords"},
		{"import", "--site", "demo", "access.log"},
	} {
		p.command(args...).Run() // some have nothing to do
	}
	p.stop(syscall.SIGTERM)
	entries := 0
	for name, content := range filesOf(t, trailDir(p.data)) {
		if found := regexp.MustCompile(`(?i)zqx|1,?237|3,?711`).Find(withoutHashes(content)); found != nil {
			t.Errorf("%s holds %q:\n%s", name, found, content)
		}
		if name == checkpointName {
			continue
		}
		for line := range bytes.Lines(content) {
			if entries++; entries > 1 { // the first line begins the month
				onlyWords(t, line, entries-2)
			}
		}
	}
	if entries < 22 {
		t.Errorf("%d lines: too few to say anything", entries)
	}
}

// withoutHashes returns a text without what could hold any digits by chance.
func withoutHashes(text []byte) []byte {
	return regexp.MustCompile(`[0-9a-f]{64}|[A-Za-z0-9+/]{43}=|[A-Za-z0-9+/=]{80,}`).ReplaceAll(text, nil)
}

// trailWords are what an entry may hold, by its keys.
var trailWords = map[string]string{
	"action": `look|export|query|publish|correct|withdraw|seal|give-up|import|config`, "actor": `dashboards|uid:\d+`,
	"role": `team|operator`, "result": `answered|refused|asked|done`, "format": `page|table|csv|json`,
	"report": `overview|quality`, "site": `demo`, "statistic": `days|pages`, "period": `2026-04`,
	"from": `2026-0[45]-\d\d`, "to": `2026-0[45]-\d\d`, "time": `2026-05-01T03:0\d:\d\dZ`,
	"root": `[A-Za-z0-9+/]{43}=`, "config": `[0-9a-f]{64}`,
}

// onlyWords holds that an entry is of such values, and that its one number counts entries.
func onlyWords(t *testing.T, line []byte, seq int) {
	t.Helper()
	var walk func(key string, of any)
	walk = func(key string, of any) {
		switch of := of.(type) {
		case map[string]any:
			for key, value := range of {
				walk(key, value)
			}
		case string:
			if want := trailWords[key]; want == "" || !regexp.MustCompile(`^(`+want+`)$`).MatchString(of) {
				t.Errorf("%s is %q in %s", key, of, line)
			}
		case float64:
			if key != "seq" || of != float64(seq) {
				t.Errorf("%s is %v in %s", key, of, line)
			}
		default:
			t.Errorf("%s is %v in %s", key, of, line)
		}
	}
	var leaf any
	if err := json.Unmarshal(line, &leaf); err != nil {
		t.Fatal(err)
	}
	walk("", leaf)
}

// TestAttackTrailIsChanged changes a bit of each byte of the trail, and each bit of its signed
// head, one at a time: oboro audit verify finds each, with the status that says so. Seen to fail
// when the trail is not held to its head. That reading finds most without the head,
// internal/audit.TestChangesAreFound holds.
func TestAttackTrailIsChanged(t *testing.T) {
	r := newRig(t, may(2, 12, 0), map[string]string{"oboro.yaml": "sites: [{id: demo, hosts: [localhost]}]\n"})
	for _, day := range []int{2, 3, 40} { // over two months
		r.set(may(day, 12, 0))
		if err := r.app.audit(audit.Leaf{Action: audit.Query, Actor: r.app.trail.by, Role: audit.Operator, Result: audit.Answered}); err != nil {
			t.Fatal(err)
		}
	}
	r.app.signTrail(true)
	verify := func() int { // without parsing arguments, which takes longer
		return r.app.process.report(auditVerifyCommand{}.Run(t.Context(), r.app.process, r.app.options))
	}
	if status := verify(); status != done {
		t.Fatalf("as it was written the trail ends with status %d", status)
	}
	files := filesOf(t, trailDir(r.app.options.Data))
	if len(files) != 3 {
		t.Errorf("%d files are in the trail, want two months and a head", len(files))
	}
	for name, whole := range files {
		path := filepath.Join(trailDir(r.app.options.Data), name)
		for i := range 8 * len(whole) {
			if name != checkpointName && i%8 != i/8%8 {
				continue
			}
			changed := bytes.Clone(whole)
			changed[i/8] ^= 1 << (i % 8)
			if err := os.WriteFile(path, changed, 0o600); err != nil {
				t.Fatal(err)
			}
			if status := verify(); status != unverified {
				t.Errorf("%s with bit %d of byte %d changed ends with status %d, want %d", name, i%8, i/8, status, unverified)
			}
		}
		if err := os.WriteFile(path, whole, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
