package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"oboro/collector/hit"
)

// A rig is the program within the test's own process, whole but for its pages: it
// takes hits over a connection, has a RAM log, store and ledger, seals and publishes.
// Its clock stands where the test sets it, and its noise is that of every other rig.
type rig struct {
	t       *testing.T
	app     *app
	clock   atomic.Int64 // nanoseconds since 1970
	look    func()       // at the clock, before its time is told; or nil
	conn    net.Conn
	answers *bufio.Reader
}

// newRig begins a rig in a folder of its own, into which the files go: oboro.yaml is
// the configuration.
func newRig(t *testing.T, at time.Time, files map[string]string) *rig {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c, err := loadConfig(filepath.Join(dir, "oboro.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t}
	r.set(at)
	p := process{
		getenv: func(string) string { return "" }, stdout: io.Discard, stderr: io.Discard,
		now: r.now, random: &sources{noise: &stream{seed: "noise"}, rest: &stream{seed: "keys"}},
	}
	o := options{Data: filepath.Join(dir, "data"), State: filepath.Join(dir, "state")} // no secret of anybody's is in it
	if err := os.Mkdir(o.State, 0o700); err != nil {
		t.Fatal(err)
	}
	if r.app, err = openApp(t.Context(), p, o, c); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.app.close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// sources are the random bytes of a rig. Noise is drawn by words of eight bytes, and
// nothing else is: so it is the same whatever keys were drawn before.
type sources struct{ noise, rest io.Reader }

func (s *sources) Read(p []byte) (int, error) {
	if len(p) == 8 {
		return s.noise.Read(p)
	}
	return s.rest.Read(p)
}

func (r *rig) now() time.Time {
	if r.look != nil {
		r.look()
	}
	return time.Unix(0, r.clock.Load())
}

func (r *rig) set(at time.Time) { r.clock.Store(at.UnixNano()) }

// serve has the rig take hits.
func (r *rig) serve() {
	r.t.Helper()
	s := &server{app: r.app}
	if err := s.takeBack(); err != nil {
		r.t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		r.t.Fatal(err)
	}
	server := s.collector.NewServer()
	var serving sync.WaitGroup
	serving.Go(func() { server.Serve(l) })
	if r.conn, err = net.Dial("tcp", l.Addr().String()); err != nil {
		r.t.Fatal(err)
	}
	r.answers = bufio.NewReaderSize(r.conn, 64<<10)
	r.t.Cleanup(func() {
		r.conn.Close()
		server.Shutdown(r.t.Context())
		l.Close()
		serving.Wait()
		s.collector.Close()
	})
}

// report is one hit as a page reports it.
type report struct {
	address  string // of the visitor; empty for that of the connection
	agent    string
	language string
	body     map[string]any
}

// write appends the request of a report.
func (h report) write(to []byte) []byte {
	body, err := json.Marshal(h.body)
	if err != nil {
		panic(err)
	}
	to = append(to, "POST /hit HTTP/1.1\r\nHost: stats.example\r\n"...)
	for _, header := range [][2]string{{"X-Forwarded-For", h.address}, {"User-Agent", h.agent}, {"Accept-Language", h.language}} {
		if header[1] != "" {
			to = append(append(append(append(to, header[0]...), ": "...), header[1]...), "\r\n"...)
		}
	}
	to = fmt.Appendf(to, "Content-Length: %d\r\n\r\n", len(body))
	return append(to, body...)
}

// send sends requests and waits for n answers, which it returns by their status. The
// clock stands still meanwhile.
func (r *rig) send(requests []byte, n int) (statuses map[int]int) {
	r.t.Helper()
	var writing sync.WaitGroup
	defer writing.Wait()
	writing.Go(func() {
		if _, err := r.conn.Write(requests); err != nil {
			r.t.Error(err)
		}
	})
	statuses = map[int]int{}
	for range n {
		statuses[r.answer()]++
	}
	return statuses
}

// answer reads one answer and returns its status.
func (r *rig) answer() (status int) {
	r.t.Helper()
	line := func() []byte {
		text, err := r.answers.ReadSlice('\n')
		if err != nil {
			r.t.Fatalf("the collector does not answer: %v", err)
		}
		return bytes.TrimRight(text, "\r\n")
	}
	first := line()
	status, err := strconv.Atoi(string(first[len("HTTP/1.1 "):][:3]))
	if err != nil {
		r.t.Fatalf("the collector answers %q", first)
	}
	length := 0
	for header := line(); len(header) > 0; header = line() {
		if value, ok := bytes.CutPrefix(header, []byte("Content-Length: ")); ok {
			if length, err = strconv.Atoi(string(value)); err != nil {
				r.t.Fatal(err)
			}
		}
	}
	if _, err := r.answers.Discard(length); err != nil {
		r.t.Fatal(err)
	}
	return status
}

// flush writes what is counted to the store.
func (r *rig) flush() {
	r.t.Helper()
	if err := r.app.aggregator.Flush(r.t.Context()); err != nil {
		r.t.Fatal(err)
	}
}

// close turns to the day of the clock and seals all days before it.
func (r *rig) close() {
	r.t.Helper()
	if err := r.app.collector.Turn(); err != nil {
		r.t.Fatal(err)
	}
	if _, err := r.app.aggregator.SealThrough(r.t.Context(), hit.DayOf(r.now().In(r.app.config.zone()))-1); err != nil {
		r.t.Fatal(err)
	}
}

// printed returns what a command prints.
func (r *rig) printed(j job) string {
	r.t.Helper()
	var out strings.Builder
	if err := j.do(r.t.Context(), r.app, streams{out: &out, err: io.Discard, dir: r.app.config.dir}); err != nil {
		r.t.Fatal(err)
	}
	return out.String()
}
