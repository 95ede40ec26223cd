package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
)

// The process that holds the data answers other commands over a socket in the
// state directory. A request is the command's arguments and its folder in headers
// and its standard input as body; the answer is what the command prints, in
// frames, and its exit status.

const (
	argsHeader = "Oboro-Args"
	dirHeader  = "Oboro-Dir"
)

// The streams of a frame. A frame is "<stream> <length>\n" and so many bytes.
const (
	frameOut  = 1
	frameErr  = 2
	frameExit = 0
)

func controlSocket(o options, getenv func(string) string) string {
	return filepath.Join(stateDir(o.State, getenv), "control.sock")
}

// askRunning has the process that holds the data run this command.
func askRunning(ctx context.Context, p process, o options) error {
	socket := controlSocket(o, p.getenv)
	client := http.Client{Transport: &http.Transport{
		DisableKeepAlives: true, // one command is one connection
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", socket)
		},
	}}
	args, err := json.Marshal(p.args)
	if err != nil {
		return err
	}
	dir, err := os.Getwd()
	if err != nil {
		return err
	}
	var in io.Reader
	if slices.Contains(p.args, "-") {
		in = io.NopCloser(p.stdin)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://oboro/", in)
	if err != nil {
		return err
	}
	request.Header.Set(argsHeader, strconv.QuoteToASCII(string(args)))
	request.Header.Set(dirHeader, strconv.QuoteToASCII(dir))
	answer, err := client.Do(request)
	if err != nil {
		return failure{busy, fmt.Errorf("another process holds %s and does not answer on %s; "+
			"give the same --state as that process has, or stop it", o.Data, socket)}
	}
	defer answer.Body.Close()
	return readFrames(answer.Body, p)
}

func readFrames(body io.Reader, p process) error {
	for {
		var stream, length int
		if _, err := fmt.Fscanf(body, "%d %d\n", &stream, &length); err != nil {
			return errors.New("the process that holds the data ended before the command did")
		}
		switch stream {
		case frameOut, frameErr:
			to := p.stdout
			if stream == frameErr {
				to = p.stderr
			}
			if _, err := io.CopyN(to, body, int64(length)); err != nil {
				return fmt.Errorf("print: %w", err)
			}
		case frameExit:
			if length == done {
				return nil
			}
			return failure{length, errors.New("")} // it has been printed
		}
	}
}

// A framer writes one stream of an answer.
type framer struct {
	mu     *sync.Mutex
	to     http.ResponseWriter
	stream int
}

func (f framer) Write(b []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	frame := append(fmt.Appendf(nil, "%d %d\n", f.stream, len(b)), b...)
	if _, err := f.to.Write(frame); err != nil {
		return 0, err
	}
	return len(b), http.NewResponseController(f.to).Flush()
}

// control answers commands of other processes on the app, one at a time.
type control struct {
	app *app
	mu  sync.Mutex
}

func (c *control) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var args []string
	text, err1 := strconv.Unquote(r.Header.Get(argsHeader))
	dir, err2 := strconv.Unquote(r.Header.Get(dirHeader))
	if errors.Join(err1, err2, json.Unmarshal([]byte(text), &args)) != nil {
		http.Error(w, "arguments", http.StatusBadRequest)
		return
	}
	if err := http.NewResponseController(w).EnableFullDuplex(); err != nil {
		http.Error(w, "duplex", http.StatusInternalServerError)
		return
	}
	by, ok := r.Context().Value(peer{}).(string)
	if !ok {
		http.Error(w, "it is not known who asks", http.StatusForbidden)
		return
	}
	var mu sync.Mutex
	out, errs := framer{&mu, w, frameOut}, framer{&mu, w, frameErr}
	s := streams{in: r.Body, out: out, err: errs, dir: dir, by: by}
	c.mu.Lock()
	defer c.mu.Unlock()
	p := process{args: args, getenv: func(string) string { return "" }, stdout: out, stderr: errs}
	status := p.report(c.run(r.Context(), p, s))
	fmt.Fprintf(w, "%d %d\n", frameExit, status)
}

// run parses the arguments as the command did and does its job here.
func (c *control) run(ctx context.Context, p process, s streams) error {
	var g grammar
	parser, err := newParser(&g, p)
	if err != nil {
		return err
	}
	chosen, err := parser.Parse(p.args)
	if err != nil {
		return misuse("%w", err)
	}
	j, ok := chosen.Selected().Target.Addr().Interface().(job)
	if !ok {
		return failure{busy, errors.New("another process of oboro is running on this data directory")}
	}
	err = c.app.perform(ctx, j, s)
	c.app.copyCheckpoints()
	return err
}

// listenControl opens the control socket, in place of one that a killed process
// left behind.
func listenControl(path string) (net.Listener, error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("control socket: %w", err)
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("control socket: %w", err)
	}
	return l, os.Chmod(path, 0o600)
}
