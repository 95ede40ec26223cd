package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// The load: so many prepared requests, sent over so many connections.
const (
	prepared    = 8192
	connections = 64
	bodyLength  = 313
)

// A manner is how the client treats its connections.
type manner struct{ name, header string }

var (
	keepAlive     = manner{"keep-alive", "keep-alive"}
	newConnection = manner{"new connection", "close"}
)

// script returns the file of prepared requests to one of the servers.
func (b *bench) script(m manner, to string) string {
	return filepath.Join(b.disk, to+"-"+m.header+".lua")
}

// writeScripts writes the requests for both servers, in a process of its own that
// takes its memory along.
func (b *bench) writeScripts(ctx context.Context, m manner) error {
	return exec.CommandContext(ctx, b.self, "requests", m.header, b.script(m, "nginx"), b.script(m, "oboro")).Run()
}

// writeRequests is the helper behind writeScripts.
func writeRequests(args []string) error {
	if len(args) != 3 {
		return errors.New("requests CONNECTION NGINX-FILE OBORO-FILE is meant")
	}
	var pictures, posts []string
	g := newGenerator(1_000_000, time.Unix(0, 0))
	for len(posts) < prepared {
		l := g.next()
		if l.asset || l.visitor.agent.robot || l.status != 200 { // each request is to be a hit that counts
			continue
		}
		body, ok := l.body()
		if !ok {
			continue
		}
		pictures = append(pictures, "GET /px.gif?u="+escape(l.url())+"&r="+escape(l.referrer)+" HTTP/1.1\r\n"+l.head("image/avif,image/webp,*/*;q=0.8", args[0])+"\r\n")
		posts = append(posts, "POST /hit HTTP/1.1\r\n"+l.head("*/*", args[0])+
			fmt.Sprintf("Content-Type: text/plain;charset=UTF-8\r\nContent-Length: %d\r\n\r\n", len(body))+body)
	}
	return errors.Join(writeScript(args[1], pictures), writeScript(args[2], posts))
}

func (l line) url() string { return "https://" + host + l.target }

// head returns the headers that a browser sends, and the address as a proxy adds it.
func (l line) head(accept, connection string) string {
	return "Host: stats." + host + "\r\nConnection: " + connection + "\r\nUser-Agent: " + l.visitor.agent.name +
		"\r\nAccept: " + accept + "\r\nAccept-Language: ja,en-US;q=0.9,en;q=0.8\r\nAccept-Encoding: gzip, deflate, br, zstd" +
		"\r\nOrigin: https://" + host + "\r\nReferer: https://" + host + "/\r\nSec-Fetch-Site: same-site" +
		"\r\nSec-Fetch-Mode: no-cors\r\nX-Forwarded-For: " + l.visitor.address + "\r\n"
}

// body returns the beacon's JSON of ten fields, filled up with a title that nobody
// reads; or false where the line is too long for it.
func (l line) body() (string, bool) {
	form := `{"u":"` + l.url() + `","r":"` + l.referrer + `","e":"view","w":1440,"h":900,"l":"ja","s":0,"d":0,"st":200,"t":"%s"}`
	room := bodyLength - len(form) + len("%s")
	if room < 0 {
		return "", false
	}
	return strings.Replace(form, "%s", strings.Repeat("t", room), 1), true
}

var escape = strings.NewReplacer(":", "%3A", "/", "%2F", "?", "%3F", "&", "%26", "=", "%3D", "+", "%2B").Replace

// program is what wrk does with the requests: it sends them in turn, and prints
// one line at the end.
const program = `
local count, at = #requests, 0
request = function() at = at % count + 1 return requests[at] end
done = function(summary)
  local e = summary.errors
  print(string.format("bench %d %d %d", summary.requests, summary.duration,
    e.connect + e.read + e.write + e.status + e.timeout))
end
`

// writeScript writes the requests as a Lua script. They are ASCII without control
// characters but line breaks, so that Go's quoting is Lua's.
func writeScript(path string, requests []string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	w.WriteString("local requests = {\n")
	for _, r := range requests {
		w.WriteString(strconv.Quote(r) + ",\n")
	}
	w.WriteString("}\n" + program)
	return errors.Join(w.Flush(), f.Close())
}

// A sample is what one run of load against one server showed.
type sample struct {
	requests int
	rate     float64       // requests a second
	cpu      time.Duration // of the server, during the load
	stored   time.Duration // of the server, until all was written to the store
	memory   float64       // of the server at the end, in MiB
	client   float64       // cores that wrk used
	foreign  float64
	fault    string // why the run does not count
}

// perHit returns a CPU time of the run as a reading, in microseconds a request.
func (s sample) perHit(cpu time.Duration) reading {
	return reading{float64(cpu.Nanoseconds()) / 1000 / float64(s.requests), s.foreign}
}

// load sends requests to the server for the seconds that were asked for.
func (b *bench) load(ctx context.Context, to *server, script string) (sample, error) {
	var out strings.Builder
	wrk := pinned(ctx, b.cores.load, "wrk", "-t1", fmt.Sprintf("-c%d", connections),
		fmt.Sprintf("-d%ds", b.set.seconds), "-s", script, "http://"+to.address)
	wrk.Stdout = &out
	before, err := cpuOf(to.cmd.Process.Pid)
	if err != nil {
		return sample{}, err
	}
	w, err := newWatch()
	if err != nil {
		return sample{}, err
	}
	if err := wrk.Run(); err != nil {
		return sample{}, fmt.Errorf("wrk: %w", err)
	}
	after, err := cpuOf(to.cmd.Process.Pid)
	if err != nil {
		return sample{}, err
	}
	client := wrk.ProcessState.UserTime() + wrk.ProcessState.SystemTime()
	s, err := readSample(out.String())
	if err != nil {
		return sample{}, err
	}
	s.cpu, s.memory = after-before, memoryOf(to.cmd.Process.Pid)
	s.client = client.Seconds() / time.Since(w.began).Seconds()
	s.foreign, err = w.foreign(s.cpu + client)
	return s, err
}

// readSample reads the line that the script prints.
func readSample(out string) (sample, error) {
	_, line, _ := strings.Cut(out, "bench ")
	var s sample
	var micros, faults int
	if _, err := fmt.Sscanf(line, "%d %d %d", &s.requests, &micros, &faults); err != nil || s.requests == 0 || micros == 0 {
		return sample{}, errors.New("wrk sent nothing, or said nothing")
	}
	s.rate = float64(s.requests) / (time.Duration(micros) * time.Microsecond).Seconds()
	if faults > 0 {
		s.fault = fmt.Sprintf("%d answers or connections failed", faults)
	}
	return s, nil
}
