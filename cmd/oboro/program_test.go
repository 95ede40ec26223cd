package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
	"oboro/aggregator/store/sqlite"
	"oboro/collector/hit"
	"oboro/internal/loopback"
)

// A program is the real program in a folder of its own, started and stopped as the
// test likes.
type program struct {
	t           *testing.T
	role        []string // the command that it is run as
	env         []string // more of its environment
	work, state string
	data        string
	now         string
	lives       int // each has random bytes of its own, as in truth
	cmd         *exec.Cmd
	logs        bytes.Buffer // of all its lives; read it while none is under way
	addresses   map[string]string
}

// noonOf is when programs start unless a test says otherwise.
const noonOf = "2026-05-01T12:00:00+09:00"

func newProgram(t *testing.T, config string) *program {
	t.Helper()
	p := &program{t: t, role: []string{"serve"}, work: t.TempDir(), now: noonOf, addresses: map[string]string{}}
	p.data = filepath.Join(p.work, "data")
	var err error
	if p.state, err = os.MkdirTemp("/dev/shm", "oboro-program-"); err != nil {
		t.Fatal(err)
	}
	state := p.state // a test may choose another
	t.Cleanup(func() { os.RemoveAll(state) })
	p.configure(config)
	return p
}

// configure writes the configuration. Unless it says otherwise, tests may send from a
// few networks as much as they like.
func (p *program) configure(config string) {
	p.t.Helper()
	if !strings.Contains(config, "limits:") {
		config += "limits: {rate: 100000}\n"
	}
	p.write("oboro.yaml", config)
}

func (p *program) write(name, text string) {
	p.t.Helper()
	if err := os.WriteFile(filepath.Join(p.work, name), []byte(text), 0o600); err != nil {
		p.t.Fatal(err)
	}
}

// setClock sets the clock of the running program forward, or back, at once: an empty file would be
// a clock that is set back for a moment.
func (p *program) setClock(by time.Duration) {
	p.t.Helper()
	p.write("next", strconv.Itoa(int(by/time.Second)))
	if err := os.Rename(filepath.Join(p.work, "next"), filepath.Join(p.work, "clock")); err != nil {
		p.t.Fatal(err)
	}
}

func (p *program) command(args ...string) *exec.Cmd {
	cmd := exec.Command("oboro", append(args, "--config", "oboro.yaml", "--data", p.data, "--state", p.state)...)
	cmd.Dir = p.work
	cmd.Env = append(os.Environ(), fmt.Sprintf("OBORO_TEST_NOISE=%s %d", p.data, p.lives), "OBORO_TEST_NOW="+p.now,
		"OBORO_TEST_CLOCK="+filepath.Join(p.work, "clock"), "TMPDIR="+p.work)
	cmd.Env = append(cmd.Env, p.env...)
	return cmd
}

// start starts a life of the program, and waits until it answers.
func (p *program) start() {
	p.t.Helper()
	names := p.listeners()
	addresses, err := loopback.Addresses(len(names))
	if err != nil {
		p.t.Fatal(err)
	}
	for i, name := range names {
		p.addresses[name] = addresses[i]
	}
	p.startAgain()
}

// listeners returns what the program listens for in its role.
func (p *program) listeners() []string {
	switch p.role[0] {
	case "collect":
		return []string{"collect", "operators"}
	case "aggregate":
		return []string{"dashboards", "operators"}
	}
	return []string{"collect", "dashboards", "operators"}
}

// startAgain is start with the addresses of the life before.
func (p *program) startAgain() {
	p.t.Helper()
	p.lives++
	args := slices.Clone(p.role)
	for _, name := range p.listeners() {
		args = append(args, "--"+name, p.addresses[name])
	}
	cmd := p.command(args...)
	cmd.Stderr = &p.logs
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.cmd = cmd
	p.t.Cleanup(func() { cmd.Process.Kill() })
	p.await("an answer", func() bool {
		answer, err := http.Get("http://" + p.addresses["operators"] + "/healthz")
		if err == nil {
			answer.Body.Close()
		}
		return err == nil
	})
}

// await waits until something is so.
func (p *program) await(what string, so func() bool) {
	p.t.Helper()
	for range 400 {
		if so() {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	p.cmd.Process.Kill()
	p.cmd.Wait()
	p.t.Fatalf("there is no %s after 20 s; the log is\n%s", what, p.logs.String())
}

// refused runs a life that must not come about, and returns its status and words.
func (p *program) refused() (status int, words string) {
	p.t.Helper()
	cmd := p.command("serve", "--collect", "127.0.0.1:0", "--dashboards", "127.0.0.1:0", "--operators", "127.0.0.1:0")
	ended := make(chan struct{})
	go func() {
		select {
		case <-ended:
		case <-time.After(20 * time.Second):
			cmd.Process.Kill()
		}
	}()
	out, _ := cmd.CombinedOutput()
	close(ended)
	return cmd.ProcessState.ExitCode(), string(out)
}

func (p *program) stop(sig syscall.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(sig); err != nil {
		p.t.Fatal(err)
	}
	p.cmd.Wait()
	if sig == syscall.SIGTERM && p.cmd.ProcessState.ExitCode() != 0 {
		p.t.Fatalf("the program ended with status %d:\n%s", p.cmd.ProcessState.ExitCode(), p.logs.String())
	}
}

// view sends one view of a visitor and returns the status of the answer.
func (p *program) view(visitor int, path string) int {
	p.t.Helper()
	r, err := http.NewRequest(http.MethodPost, "http://"+p.addresses["collect"]+"/hit", strings.NewReader(`{"u":"http://localhost`+path+`"}`))
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("X-Forwarded-For", fmt.Sprintf("133.200.%d.%d", visitor/200, visitor%200))
	r.Header.Set("User-Agent", browsers[0])
	r.Header.Set("Accept-Language", "ja")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	io.Copy(io.Discard, answer.Body)
	answer.Body.Close()
	return answer.StatusCode
}

// views has each of n visitors look at a page once, which is answered with status.
func (p *program) views(status, n int) {
	p.t.Helper()
	for visitor := range n {
		if got := p.view(visitor, "/page/"); got != status {
			p.t.Fatalf("the collector answered %d, want %d", got, status)
		}
	}
}

// get returns status and body of one of the program's own pages.
func (p *program) get(name, path string) (int, string) {
	p.t.Helper()
	answer, err := http.Get("http://" + p.addresses[name] + path)
	if err != nil {
		p.t.Fatal(err)
	}
	defer answer.Body.Close()
	body, _ := io.ReadAll(answer.Body)
	return answer.StatusCode, string(body)
}

func (p *program) ready(status int) {
	p.t.Helper()
	p.await(fmt.Sprintf("readiness of %d", status), func() bool {
		got, _ := p.get("operators", "/readyz")
		return got == status
	})
}

// metric returns the value of a metric, by its name with labels.
func (p *program) metric(name string) float64 {
	p.t.Helper()
	_, body := p.get("operators", "/metrics")
	for line := range strings.Lines(body) {
		if value, ok := strings.CutPrefix(line, name+" "); ok {
			n, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
			if err != nil {
				p.t.Fatal(err)
			}
			return n
		}
	}
	p.t.Fatalf("there is no metric %s", name)
	return 0
}

// sealed waits until a day is sealed and returns its row of the statistic days.
func (p *program) sealed(day string) (row struct{ Visitors, Views int64 }) {
	p.t.Helper()
	var table struct {
		Data []struct {
			Bucket          string
			Visitors, Views int64
		}
	}
	p.await("seal of "+day, func() bool {
		out, err := p.command("query", "--site", "demo", "--statistic", "days", "--from", day, "--to", day, "--format", "json").Output()
		if err == nil {
			err = json.Unmarshal(out, &table)
		}
		return err == nil && len(table.Data) == 1
	})
	row.Visitors, row.Views = table.Data[0].Visitors, table.Data[0].Views
	return row
}

// open returns what the store holds open of a day: the sum of a statistic, and the
// epochs. No life is under way.
func (p *program) open(id, day string) (sum statistic.Counts, epochs int) {
	p.t.Helper()
	s, err := sqlite.Open(p.t.Context(), filepath.Join(p.data, "oboro.db"))
	if err != nil {
		p.t.Fatal(err)
	}
	defer s.Close()
	of, err := hit.ParseDay(day)
	if err != nil {
		p.t.Fatal(err)
	}
	for c, err := range s.Open(p.t.Context(), store.Table{Statistic: id, Site: "demo", Period: of}) {
		if err != nil {
			p.t.Fatal(err)
		}
		sum.Add(c.Counts)
	}
	all, err := s.Epochs(context.Background(), of, of)
	if err != nil {
		p.t.Fatal(err)
	}
	return sum, all[of]
}

// expect compares visitor-days, views and epochs of a day that is open. What is
// counted by hour, page and browser must add up to the same.
func (p *program) expect(day string, visitors, views int64, epochs int) {
	p.t.Helper()
	sum, n := p.open("days", day)
	if sum[statistic.Visitors] != visitors || sum[statistic.Views] != views || n != epochs {
		p.t.Errorf("%s has %d visitor-days, %d views and %d epochs, want %d, %d and %d",
			day, sum[statistic.Visitors], sum[statistic.Views], n, visitors, views, epochs)
	}
	for _, id := range []string{"traffic", "pages"} {
		if sum, _ := p.open(id, day); sum[statistic.Views] != views {
			p.t.Errorf("%s: %s has %d views, want %d", day, id, sum[statistic.Views], views)
		}
	}
	for _, id := range []string{"browsers", "systems", "devices"} {
		if sum, _ := p.open(id, day); sum[statistic.Visitors] != visitors {
			p.t.Errorf("%s: %s has %d visitor-days, want %d", day, id, sum[statistic.Visitors], visitors)
		}
	}
}

// generation returns the folder of the log that stands.
func (p *program) generation() string {
	p.t.Helper()
	name, err := os.Readlink(filepath.Join(p.state, "log", "current"))
	if err != nil {
		p.t.Fatal(err)
	}
	return filepath.Join(p.state, "log", name)
}
