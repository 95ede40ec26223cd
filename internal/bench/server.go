package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// A server is a running process that load is sent to.
type server struct {
	cmd        *exec.Cmd
	address    string
	operators  string // of oboro
	dashboards string // of oboro
	files      []string
}

// settle is the pause between the start of a server and its load.
const settle = 200 * time.Millisecond

// nginxConfig is that of the base: one worker, a picture, a buffered access log.
const nginxConfig = `
daemon off;
worker_processes 1;
pid %[1]s/nginx.pid;
error_log %[1]s/error.log warn;
events { worker_connections 4096; }
http {
  access_log %[1]s/access.log combined buffer=64k flush=5s;
  client_body_temp_path %[1]s/body;
  proxy_temp_path %[1]s/proxy;
  fastcgi_temp_path %[1]s/fastcgi;
  uwsgi_temp_path %[1]s/uwsgi;
  scgi_temp_path %[1]s/scgi;
  keepalive_requests 100000000;
  tcp_nodelay on;
  server {
    listen %[2]s;
    location = /px.gif { empty_gif; }
    location = /post { return 202; }
  }
}
`

// startNginx starts the base on a port that is free.
func (b *bench) startNginx(ctx context.Context) (*server, error) {
	dir, err := os.MkdirTemp(b.disk, "nginx-")
	if err != nil {
		return nil, err
	}
	s := &server{files: []string{dir}}
	if s.address, err = freeAddress(); err != nil {
		return nil, err
	}
	config := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(config, fmt.Appendf(nil, nginxConfig, dir, s.address), 0o644); err != nil {
		return nil, err
	}
	s.cmd = pinned(ctx, b.cores.server, "nginx", "-e", dir+"/start.log", "-p", dir, "-c", config)
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	if err := s.answers(ctx); err != nil {
		s.stop()
		return nil, fmt.Errorf("nginx: %w", err)
	}
	time.Sleep(settle)
	return s, nil
}

// freeAddress returns an address on loopback that nobody listens on.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

func (s *server) answers(ctx context.Context) error {
	for range 100 {
		if conn, err := net.Dial("tcp", s.address); err == nil {
			return conn.Close()
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
	return errors.New("it does not listen after 5 seconds")
}

// oboroConfig is the shipped default but for the flush, which falls within a run
// in place of after it, the site, and the rate: the load is hundreds of times that of a
// site, and a single visitor of it sends thousands of hits a second.
const oboroConfig = `sites:
  - id: bench
    hosts: [` + host + `]
flush: 1s
limits: {rate: 100000}
trusted_proxies: [127.0.0.0/8, "::1/128"]
`

// places makes the folders of one run of oboro and returns its options.
func (b *bench) places() (dirs, options []string, err error) {
	disk, err := os.MkdirTemp(b.disk, "oboro-")
	if err != nil {
		return nil, nil, err
	}
	memory, err := os.MkdirTemp(b.memory, "state-")
	if err != nil {
		return nil, nil, err
	}
	config := filepath.Join(disk, "oboro.yaml")
	return []string{disk, memory}, []string{"--config", config, "--data", filepath.Join(disk, "data"), "--state", memory},
		os.WriteFile(config, []byte(oboroConfig), 0o600)
}

// startOboro starts oboro serve with fresh state and data. Its state is made up,
// so it may also run where swap is on.
func (b *bench) startOboro(ctx context.Context) (*server, error) {
	dirs, options, err := b.places()
	if err != nil {
		return nil, err
	}
	return b.serve(ctx, dirs, options)
}

// serve starts oboro serve with these options, and removes dirs when it is stopped.
func (b *bench) serve(ctx context.Context, dirs, options []string) (*server, error) {
	args := append([]string{"serve", "--collect", "127.0.0.1:0", "--dashboards", "127.0.0.1:0",
		"--operators", "127.0.0.1:0", "--state-on-disk"}, options...)
	s := &server{files: dirs, cmd: pinned(ctx, b.cores.server, b.program, args...)}
	// An interrupt of the terminal is for this program, which then stops it.
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	s.cmd.Cancel = func() error { return s.cmd.Process.Signal(syscall.SIGTERM) }
	stderr, err := s.cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	if err := s.ready(stderr); err != nil {
		s.stop()
		return nil, fmt.Errorf("oboro serve: %w", err)
	}
	time.Sleep(settle)
	return s, nil
}

// ready reads the log up to the line that tells the addresses, and lets what
// follows go.
func (s *server) ready(log io.Reader) error {
	lines, last := bufio.NewScanner(log), ""
	for lines.Scan() {
		var entry struct{ Msg, Collect, Dashboards, Operators string }
		last = lines.Text()
		if json.Unmarshal(lines.Bytes(), &entry) == nil && entry.Msg == "ready" {
			s.address, s.dashboards, s.operators = entry.Collect, entry.Dashboards, entry.Operators
			go io.Copy(io.Discard, log)
			return nil
		}
	}
	return fmt.Errorf("it ended before it was ready: %s", last)
}

// metrics returns what oboro tells its operators.
func (s *server) metrics(ctx context.Context) ([]byte, error) {
	return get(ctx, "http://"+s.operators+"/metrics")
}

func get(ctx context.Context, address string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	return io.ReadAll(answer.Body)
}

// The metrics that tell whether a run counts.
const (
	kept    = `oboro_collector_hits_total{outcome="kept"}`
	waiting = `oboro_aggregator_queue_batches`
)

// metric returns the value of a metric.
func metric(text []byte, name string) (float64, error) {
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(line, name+" "); ok {
			return strconv.ParseFloat(strings.TrimSpace(value), 64)
		}
	}
	return 0, fmt.Errorf("/metrics does not tell %s", name)
}

// stop ends the process and removes its files.
func (s *server) stop() {
	s.cmd.Process.Signal(syscall.SIGTERM) // an error says that it has ended
	late := time.AfterFunc(20*time.Second, func() { s.cmd.Process.Kill() })
	s.cmd.Wait() // its status tells nothing once it was measured
	late.Stop()
	for _, file := range s.files {
		os.RemoveAll(file)
	}
}
