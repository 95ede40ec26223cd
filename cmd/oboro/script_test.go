package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"go.uber.org/goleak"
)

var update = flag.Bool("update", false, "write what the commands print into the scripts")

// TestMain registers the program for the scripts, with a clock and a noise source
// that they set. The shipped main has no such switch: words_test.go holds that.
func TestMain(m *testing.M) {
	testscript.Main(whole{m}, map[string]func(){"oboro": func() { os.Exit(ran()) }})
}

// leaking is the status of a program that has ended and left goroutines behind.
const leaking = 97

// caretaker is fasthttp's own goroutine, which looks every 10 seconds whether its server
// has ended.
var caretaker = goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2")

// ran runs the program to its end, and sees to it that nothing of it is left: each life
// that a test stops in order has let go of everything. Seen to fail on the connections that
// the commands import and verify left open, and when serve begins a goroutine that waits.
func ran() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	end := tellDumpable()
	status := wired().run(ctx)
	end()
	stop()
	if err := goleak.Find(caretaker); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return leaking
	}
	return status
}

// whole are the tests, with a look at what they leave behind.
type whole struct{ *testing.M }

// Run runs the tests. It returns the status that the process is to end with.
func (w whole) Run() int {
	status := w.M.Run()
	http.DefaultClient.CloseIdleConnections()
	if err := goleak.Find(caretaker); err != nil && status == 0 {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return status
}

// wired returns the process as a script wants it: OBORO_TEST_NOW is when it
// starts, OBORO_TEST_CLOCK a file with the seconds by which its clock is set forward,
// OBORO_TEST_NOISE the seed of its random bytes, OBORO_TEST_LEDGER a ledger whose reservations
// are the seeds of the noise alone, OBORO_TEST_STORE another store than a file,
// and OBORO_TEST_KILL the number of the step of a publication at which it is killed.
func wired() process {
	p := process{
		args: os.Args[1:], getenv: os.Getenv, stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr,
		now: time.Now, random: &stream{seed: os.Getenv("OBORO_TEST_NOISE")}, store: storeOf(os.Args[1:]),
	}
	if ledger := os.Getenv("OBORO_TEST_LEDGER"); ledger != "" {
		p.random = &reservedNoise{ledger: ledger, rest: p.random}
	}
	if last, err := strconv.Atoi(os.Getenv("OBORO_TEST_KILL")); err == nil {
		p.at = killer(last)
	}
	if base, err := time.Parse(time.RFC3339, os.Getenv("OBORO_TEST_NOW")); err == nil {
		started := time.Now()
		p.now = func() time.Time { return base.Add(time.Since(started) + offset(os.Getenv("OBORO_TEST_CLOCK"))) }
	}
	return p
}

// storeOf returns the store that OBORO_TEST_STORE names: a database for each data directory.
func storeOf(args []string) string {
	data := os.Getenv("OBORO_DATA")
	for i, arg := range args[1:] {
		if args[i] == "--data" {
			data = arg
		}
	}
	return databaseOf(os.Getenv("OBORO_TEST_STORE"), data)
}

// databaseOf returns the name of the database on the servers for a data directory.
func databaseOf(servers, data string) string {
	if servers == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(data))
	servers, options, _ := strings.Cut(servers, "?")
	return fmt.Sprintf("%s/script_%x?%s", servers, sum[:8], options)
}

// offset reads how far the clock is set forward, or back. No file means not at all.
func offset(path string) time.Duration {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0
	}
	seconds, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 0 // it is being written
	}
	return time.Duration(seconds) * time.Second
}

// A stream gives the same bytes for the same seed.
type stream struct {
	mu   sync.Mutex
	seed string
	next uint64
	rest []byte
}

func (s *stream) Read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.rest) < len(p) {
		block := sha256.Sum256(binary.BigEndian.AppendUint64([]byte(s.seed), s.next))
		s.next++
		s.rest = append(s.rest, block[:]...)
	}
	n := copy(p, s.rest)
	s.rest = s.rest[n:]
	return n, nil
}

// TestScripts runs them on the store of one machine.
func TestScripts(t *testing.T) { runScripts(t, "", prepare) }

// runScripts runs all scripts. What one says of the store's file alone it says where no other
// store is named.
func runScripts(t *testing.T, store string, setup func(*testscript.Env) error) {
	runScriptsOf(t, "testdata/script", store, setup)
}

func runScriptsOf(t *testing.T, dir, store string, setup func(*testscript.Env) error) {
	testscript.Run(t, testscript.Params{
		Dir:                 dir,
		RequireExplicitExec: true,
		UpdateScripts:       *update,
		Setup:               setup,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"visits": visits, "start": start, "halt": halt, "post": post, "get": get, "flip": flip,
			"retell": retell, "pack": pack, "until": until, "networks": networks, "hup": hup,
			"tamper": tamper, "crashes": crashes, "lose": lose, "daily": daily, "summed": summed,
		},
		// What a machine lacks is skipped; where CI is set, nothing is.
		Condition: func(name string) (bool, error) {
			switch name {
			case "ci":
				return os.Getenv("CI") != "", nil
			case "clickhouse":
				return store != "", nil
			}
			return false, fmt.Errorf("there is no condition %q", name)
		},
	})
}

// prepare gives each script a RAM state directory, a day and a noise seed.
func prepare(env *testscript.Env) error {
	state, err := os.MkdirTemp("/dev/shm", "oboro-test-")
	if err != nil {
		return err
	}
	env.Defer(func() { os.RemoveAll(state) })
	env.Setenv("OBORO_STATE", state)
	env.Setenv("OBORO_DATA", filepath.Join(env.WorkDir, "data"))
	env.Setenv("OBORO_TEST_NOW", "2026-05-01T12:00:00+09:00")
	env.Setenv("OBORO_TEST_NOISE", "1")
	env.Values[running{}] = map[string]*background{}
	return nil
}

// browsers of the visitors that "visits" makes, in turn.
var browsers = []string{
	"Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1",
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
}

// visits appends a line for each of n visitors to an access log:
// visits FILE TIME N PATH [REFERRER [STATUS]]. Visitor i has an address of its own network,
// the same for each call, and asks for its own number where PATH has %d.
func visits(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) < 4 {
		ts.Fatalf("usage: visits file time n path [referrer [status]]")
	}
	at, err := time.Parse(time.RFC3339, args[1])
	ts.Check(err)
	n, err := strconv.Atoi(args[2])
	ts.Check(err)
	referrer, status := "-", "200"
	if len(args) > 4 {
		referrer = args[4]
	}
	if len(args) > 5 {
		status = args[5]
	}
	f, err := os.OpenFile(ts.MkAbs(args[0]), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	ts.Check(err)
	for i := range n {
		fmt.Fprintf(f, "133.%d.%d.7 - - [%s] \"GET %s HTTP/1.1\" %s 512 \"%s\" \"%s\"\n", 200+i/200, i%200,
			at.Add(time.Duration(i)*time.Second).Format("02/Jan/2006:15:04:05 -0700"),
			strings.ReplaceAll(args[3], "%d", strconv.Itoa(i)), status, referrer, browsers[i%2])
	}
	ts.Check(f.Close())
}

type running struct{}

// A background is a serving program of a script.
type background struct {
	cmd  *exec.Cmd
	out  *bytes.Buffer
	done chan struct{}
}

// start runs "oboro ARGS…" in the background on free ports, waits until it is
// ready, and sets $COLLECT, $DASHBOARDS and $OPERATORS: start NAME ARGS...
func start(ts *testscript.TestScript, _ bool, args []string) {
	listeners := []string{"--operators", "127.0.0.1:0"}
	if args[1] != "aggregate" {
		listeners = append(listeners, "--collect", "127.0.0.1:0")
	}
	if args[1] != "collect" {
		listeners = append(listeners, "--dashboards", "127.0.0.1:0")
	}
	cmd := exec.Command("oboro", append(args[1:], listeners...)...)
	cmd.Dir = ts.Getenv("WORK")
	for _, name := range []string{"PATH", "HOME", "OBORO_STATE", "OBORO_DATA", "OBORO_TEST_NOW", "OBORO_TEST_CLOCK", "OBORO_TEST_NOISE", "OBORO_TEST_STORE", "OBORO_CONFIG"} {
		cmd.Env = append(cmd.Env, name+"="+ts.Getenv(name))
	}
	if args[1] == "collect" { // batches of two collectors have the same ids by the same random bytes
		cmd.Env = append(cmd.Env, "OBORO_TEST_NOISE="+ts.Getenv("OBORO_TEST_NOISE")+" "+args[0])
	}
	exe, err := exec.LookPath(filepath.Join(filepath.SplitList(ts.Getenv("PATH"))[0], "oboro"))
	ts.Check(err)
	cmd.Path, cmd.Err = exe, nil
	logs, err := cmd.StderrPipe()
	ts.Check(err)
	b := &background{cmd: cmd, out: &bytes.Buffer{}, done: make(chan struct{})}
	ts.Check(cmd.Start())
	ts.Value(running{}).(map[string]*background)[args[0]] = b
	ts.Defer(func() { cmd.Process.Kill(); <-b.done })
	lines := bufio.NewScanner(logs)
	ready := false
	for !ready && lines.Scan() {
		fmt.Fprintln(b.out, lines.Text())
		var line map[string]any
		if json.Unmarshal(lines.Bytes(), &line) == nil && line["msg"] == "ready" {
			for _, role := range []string{"collect", "dashboards", "operators"} {
				if at, _ := line[role].(string); at != "" { // what the process does not listen for stays another's
					ts.Setenv(strings.ToUpper(role), at)
				}
			}
			ready = true
		}
	}
	go func() {
		for lines.Scan() {
			fmt.Fprintln(b.out, lines.Text())
		}
		cmd.Wait()
		close(b.done)
	}()
	if !ready {
		<-b.done
		ts.Fatalf("the program ended before it was ready:\n%s", b.out)
	}
}

// halt ends a background program with SIGTERM (or the signal named KILL) and
// writes its log to NAME.log: halt NAME [KILL]. Its name is not stop, which ends a
// script as passed.
func halt(ts *testscript.TestScript, _ bool, args []string) {
	b := ts.Value(running{}).(map[string]*background)[args[0]]
	sig := syscall.SIGTERM
	if len(args) > 1 {
		sig = syscall.SIGKILL
	}
	ts.Check(b.cmd.Process.Signal(sig))
	select {
	case <-b.done:
	case <-time.After(30 * time.Second):
		ts.Fatalf("the program does not stop")
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]+".log"), b.out.Bytes(), 0o600))
	if sig == syscall.SIGTERM && b.cmd.ProcessState.ExitCode() != 0 {
		ts.Fatalf("the program ended with status %d:\n%s", b.cmd.ProcessState.ExitCode(), b.out)
	}
}

// post sends a hit of each of n visitors and checks the status:
// post STATUS N BODY [HEADER...]. Visitor i comes from a network of its own.
func post(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	for i := range n {
		r, err := http.NewRequest(http.MethodPost, "http://"+ts.Getenv("COLLECT")+"/hit", strings.NewReader(args[2]))
		ts.Check(err)
		r.Header.Set("X-Forwarded-For", fmt.Sprintf("133.%d.%d.7", 200+i/200, i%200))
		r.Header.Set("User-Agent", browsers[i%2])
		r.Header.Set("Accept-Language", "ja,en;q=0.5")
		for _, h := range args[3:] {
			name, value, _ := strings.Cut(h, ": ")
			r.Header.Set(name, value)
		}
		answer, err := http.DefaultClient.Do(r)
		ts.Check(err)
		body, _ := io.ReadAll(answer.Body)
		answer.Body.Close()
		if strconv.Itoa(answer.StatusCode) != args[0] {
			ts.Fatalf("the collector answered %d %s, want %s", answer.StatusCode, body, args[0])
		}
		fmt.Fprint(ts.Stdout(), string(body))
	}
}

// get prints the body of an address, or of the first try within 20 s that holds
// the text: get URL [TEXT]
func get(ts *testscript.TestScript, neg bool, args []string) {
	var body []byte
	for range 200 {
		answer, err := http.Get(args[0])
		ts.Check(err)
		body, err = io.ReadAll(answer.Body)
		ts.Check(err)
		answer.Body.Close()
		if len(args) == 1 && (answer.StatusCode == http.StatusOK) != neg {
			fmt.Fprint(ts.Stdout(), string(body))
			return
		}
		if len(args) > 1 && strings.Contains(string(body), args[1]) {
			fmt.Fprint(ts.Stdout(), string(body))
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	ts.Fatalf("%s never answered as wanted; last:\n%s", args[0], body)
}

// flip changes one byte of each file below a folder in turn, runs verify, and
// fails where the change is accepted: flip DIR KEY
func flip(ts *testscript.TestScript, _ bool, args []string) {
	files := 0
	err := filepath.WalkDir(ts.MkAbs(args[0]), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files++
		whole, err := os.ReadFile(path)
		ts.Check(err)
		changed := bytes.Clone(whole)
		changed[len(changed)/2] ^= 1
		ts.Check(os.WriteFile(path, changed, 0o600))
		if ts.Exec("oboro", "verify", args[0], "--key", args[1]) == nil {
			ts.Fatalf("a changed byte of %s is accepted", path)
		}
		return os.WriteFile(path, whole, 0o600)
	})
	ts.Check(err)
	if files < 20 {
		ts.Fatalf("only %d files to change", files)
	}
}

// tamper changes each byte of a file in turn, runs a command, and fails where it ends
// well: tamper FILE COMMAND ARGS...
func tamper(ts *testscript.TestScript, _ bool, args []string) {
	path := ts.MkAbs(args[0])
	whole, err := os.ReadFile(path)
	ts.Check(err)
	if len(whole) == 0 {
		ts.Fatalf("%s is empty", args[0])
	}
	for i := range whole {
		changed := bytes.Clone(whole)
		changed[i] ^= 1
		ts.Check(os.WriteFile(path, changed, 0o600))
		if ts.Exec(args[1], args[2:]...) == nil {
			ts.Fatalf("%s takes %s with byte %d changed", args[1], args[0], i)
		}
	}
	ts.Check(os.WriteFile(path, whole, 0o600))
}
