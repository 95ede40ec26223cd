package collector_test

import (
	"bytes"
	"strings"
	"testing"
)

// No answer asks a browser for more hints than it sends unasked, by a header or within a
// page, nor does a script ask for them. Seen to fail when answers that are written here
// (plain.go), those of fasthttp, and a page ask, and when the script does.
func TestNobodyAsksForHints(t *testing.T) {
	w := newWorld(t, everything)
	requests := []string{visitor.view("/"), visitor.post("{"), visitor.get("/hit.gif?u=https%3A%2F%2Fa.example%2F"), "GET / HTTP/1.1\r\nA\r\n\r\n"}
	for _, target := range []string{
		"/oboro.js", "/oboro.css", "/opt-out", "/opt-out.js", "/transparency", "/transparency?format=json", "/.well-known/oboro.json", "/x", "/hit",
	} {
		requests = append(requests, visitor.get(target))
	}
	listener, ended := make(single), make(chan error)
	go func() { ended <- w.server.Serve(listener) }()
	for _, request := range requests {
		conn := &wire{in: bytes.NewReader([]byte(request)), closed: make(chan struct{})}
		listener <- conn
		<-conn.closed
		answer := strings.ToLower(conn.out.String())
		if !strings.HasPrefix(answer, "http/1.1 ") {
			t.Errorf("%.40q is answered by %.40q", request, answer)
		}
		for _, asks := range []string{"accept-ch", "critical-ch", "delegate-ch", "permissions-policy", "useragentdata", "highentropy"} {
			if strings.Contains(answer, asks) {
				t.Errorf("the answer to %.40q holds %s", request, asks)
			}
		}
	}
	close(listener)
	<-ended
}
