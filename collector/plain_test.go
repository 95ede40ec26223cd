package collector_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"oboro/collector"
	"oboro/collector/hit"
)

// A script is a connection of a client on loopback whose reads give one piece each.
type script struct {
	peer
	pieces []string
	before func() // is called before each read
	out    bytes.Buffer
	closed chan struct{}
	ended  bool
}

func (c *script) Read(b []byte) (int, error) {
	if c.before != nil {
		c.before()
	}
	if len(c.pieces) == 0 {
		return 0, io.EOF
	}
	n := copy(b, c.pieces[0])
	c.pieces = c.pieces[1:]
	return n, nil
}

func (c *script) Write(b []byte) (int, error) {
	if c.ended {
		return 0, net.ErrClosed
	}
	return c.out.Write(b)
}

func (c *script) Close() error {
	if !c.ended {
		c.ended = true
		close(c.closed)
	}
	return nil
}

// play serves a connection until it is closed.
func (w *world) play(t *testing.T, c *script) {
	t.Helper()
	c.closed = make(chan struct{})
	l, ended := make(single), make(chan error)
	go func() { ended <- w.server.Serve(l) }()
	l <- c
	<-c.closed
	close(l)
	<-ended
}

// foreign returns a request that is left to fasthttp, and means the same.
func foreign(request string) string { return strings.Replace(request, "\r\n", "\r\nX:\ta\r\n", 1) }

// A plain hit has the answer that fasthttp would write, the same meters, and the same hit.
// Seen to fail when answers lack Retry-After, when X-Moz or X-Purpose is read by one alone, when one that is late is read, and when a
// header of fasthttp's answers is another.
func TestPlainHitsAreAnsweredAsOthers(t *testing.T) {
	body := func(text string) string { return visitor.post(text) }
	objecting := sender{visitor.address, visitor.agent, "Sec-GPC: 1\r\n"}
	asking := sender{visitor.address, visitor.agent, "DNT: 1\r\n"}
	for _, tt := range []struct {
		name, request string
		word          string
		of            func(*collector.Config)
	}{
		{name: "a hit", request: visitor.view("/"), word: "kept"},
		{name: "a hit of a site that honours DNT", request: asking.post(`{"u":"https://dnt.example/"}`), word: "objection"},
		{name: "a hit of one that does not", request: asking.view("/"), word: "kept"},
		{name: "an objection", request: objecting.view("/"), word: "objection"},
		{name: "a bot", request: sender{visitor.address, "curl/8", ""}.view("/"), word: "bot"},
		{name: "loaded ahead", request: sender{visitor.address, firefox, "Purpose: prefetch\r\n"}.view("/"), word: "prefetch"},
		{name: "loaded ahead by Firefox before", request: sender{visitor.address, firefox, "X-Moz: prefetch\r\n"}.view("/"), word: "prefetch"},
		{name: "previewed by Safari", request: sender{visitor.address, firefox, "X-Purpose: preview\r\n"}.view("/"), word: "prefetch"},
		{name: "X-Moz for something else", request: sender{visitor.address, firefox, "X-Moz: microsummary\r\n"}.view("/"), word: "kept"},
		{name: "a scanner's path", request: body(`{"u":"https://a.example/.env"}`), word: "scanner"},
		{name: "a referrer of spam", request: body(`{"u":"https://a.example/","r":"https://1-99seo.com/"}`), word: "referrer-spam"},
		{name: "no JSON", request: body(`{`), word: "body"},
		{name: "no URL", request: body(`{}`), word: "url"},
		{name: "an event nobody knows", request: body(`{"u":"https://a.example/","e":"x"}`), word: "event"},
		{name: "another site", request: body(`{"u":"https://b.example/"}`), word: "unknown-site"},
		{name: "no address", request: sender{"unknown", firefox, ""}.view("/"), word: "address"},
		{name: "a loopback peer behind a list", request: sender{"203.0.113.9, 127.0.0.3", firefox, ""}.view("/"), word: "kept"},
		{name: "too much waits", request: visitor.view("/"), word: "backlog", of: func(c *collector.Config) { c.Backlog = func() bool { return true } }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var outs, counts [2]string
			for i, request := range []string{tt.request, foreign(tt.request)} {
				w := newWorld(t, everything)
				config := w.config(everything)
				if tt.of != nil {
					tt.of(&config)
				}
				var err error
				if w.collector, err = collector.New(config); err != nil {
					t.Fatal(err)
				}
				t.Cleanup(w.collector.Close)
				w.server = w.collector.NewServer()
				known := false
				c := &script{pieces: []string{request}}
				c.before = func() { known = w.server.Known() && len(c.pieces) == 0 }
				w.play(t, c)
				if !known {
					t.Errorf("behind the request it is not known that fasthttp has nothing")
				}
				hits, meters := w.drain()
				outs[i], counts[i] = c.out.String(), fmt.Sprint(hits, meters)
				if !strings.Contains(counts[i], tt.word+":1") {
					t.Errorf("meters %v, want one %s", meters, tt.word)
				}
			}
			if outs[0] != outs[1] || counts[0] != counts[1] {
				t.Errorf("a plain hit is answered %q, another %q; they count %s and %s", outs[0], outs[1], counts[0], counts[1])
			}
		})
	}
}

// What plain hits are is decided by the collector itself: those of the world's visitor
// are. Otherwise the tests above and below compare fasthttp with fasthttp. Seen to fail when none is.
func TestVisitorsHitsArePlain(t *testing.T) {
	w := newWorld(t, everything)
	if !w.collector.Plain(peer{}, []byte(visitor.view("/"))) {
		t.Error("a view of a visitor is left to fasthttp")
	}
	if w.collector.Plain(peer{}, []byte(foreign(visitor.view("/")))) {
		t.Error("a header with a tab is not left to fasthttp")
	}
	if hits, _ := w.drain(); len(hits) != 1 {
		t.Errorf("%d hits, want 1", len(hits))
	}
	w.set(noon.AddDate(0, 0, -1)) // the clock was set back
	if w.collector.Plain(peer{}, []byte(visitor.view("/"))) {
		t.Error("a hit of a day that is closed is not left to fasthttp")
	}
}

// A panic over a plain hit is answered as over any other, and the connection goes on.
// Seen to fail when nothing recovers.
func TestPanicOfPlainHit(t *testing.T) {
	w := newWorld(t, everything)
	w.fault = true
	c := &script{pieces: []string{visitor.view("/"), foreign(visitor.view("/"))}}
	w.play(t, c)
	if n := w.collector.Panics(); n != 2 {
		t.Errorf("%d panics, want 2", n)
	}
	out := c.out.String()
	if half := out[:len(out)/2]; half+half != out || !strings.HasPrefix(out, "HTTP/1.1 500 ") {
		t.Errorf("answers %q, want two that are the same", out)
	}
}

// A read is looked at for a plain hit only where a request begins: within one that
// fasthttp has begun to read, whatever it looks like, it is fasthttp's. Where it is known
// again that a request begins, plain hits are taken again. Seen to fail when the bytes
// behind a request are forgotten, when those handed over are, and when a first line that
// ends in a bare line feed counts as two bytes more.
func TestReadsWithinRequestsAreNotPlain(t *testing.T) {
	inner := visitor.view("/inner")
	post := func(more string) string {
		return "POST /hit HTTP/1.1\r\n" + visitor.head() + more + fmt.Sprintf("Content-Length: %d\r\n\r\n", len(inner))
	}
	hit, other := visitor.view("/"), visitor.get("/nowhere")
	for _, tt := range []struct {
		name   string
		pieces []string
		codes  string
		pages  string
		known  string // before each read: y or n
	}{
		{"hits alone", []string{hit, hit}, "202 202", "/ /", "yyy"},
		{"something else between", []string{hit, other, hit, foreign(hit), hit}, "202 404 202 202 202", "/ / / /", "yyyyyy"},
		{"a hit in pieces between", []string{hit, hit[:30], hit[30:], hit}, "202 202 202", "/ / /", "yynyy"},
		{"a hit in the body of another", []string{post(""), inner, hit}, "400 202", "/", "ynyy"},
		{"behind something else", []string{other + post(""), inner, hit}, "404 400 202", "/", "ynnn"},
		{"behind a whole hit", []string{hit + post(""), inner, hit}, "202 400 202", "/ /", "ynnn"},
		{"where the client waits to go on", []string{post("Expect: 100-continue\r\n"), inner, hit}, "400 202", "/", "ynyy"},
		{"the same behind something else", []string{other + post("Expect: 100-continue\r\n"), inner, hit}, "404 400 202", "/", "ynnn"},
		{"in the body of a GET", []string{strings.Replace(post(""), "POST /hit", "GET /x", 1), inner, hit}, "404 202", "/", "ynyy"},
		{"in a header", []string{"GET /x HTTP/1.1\r\nHost: x\r\nX: ", inner}, "400", "", "yn"},
		{"behind a byte too much", []string{strings.Replace(other, "\r\n", "\n", 1) + "X", inner}, "404 405", "", "ynn"},
		{"behind an empty line", []string{"\r\n" + other, hit}, "404 202", "/", "ynn"},
		{"behind an empty line and a byte too few", []string{"\n" + other, hit}, "404 202", "/", "ynn"},
		{"two in one read", []string{hit + hit, hit}, "202 202 202", "/ / /", "ynn"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, everything)
			c := &script{pieces: tt.pieces}
			known := ""
			c.before = func() { known += map[bool]string{true: "y", false: "n"}[w.server.Known()] }
			w.play(t, c)
			answers, err := read(c.out.Bytes())
			if err != nil {
				t.Fatal(err)
			}
			var codes, pages []string
			for _, a := range answers {
				codes = append(codes, fmt.Sprint(a.code))
			}
			hits, _ := w.drain()
			for _, h := range hits {
				pages = append(pages, h.Page.Path())
			}
			if got := strings.Join(codes, " "); got != tt.codes {
				t.Errorf("answered %s, want %s", got, tt.codes)
			}
			if got := strings.Join(pages, " "); got != tt.pages {
				t.Errorf("hits of %q, want %q", got, tt.pages)
			}
			if known != tt.known {
				t.Errorf("known to begin a request: %s, want %s", known, tt.known)
			}
		})
	}
}

// closing is a sink that calls a function before it takes a hit.
type closing struct {
	*recorder
	before func()
}

func (c closing) Take(h hit.Hit) { c.before(); c.recorder.Take(h) }

// A hit that is under way when its connection is closed as one that is idle, as a server
// does that shuts down, is answered before. Seen to fail when Close closes at once.
func TestHitUnderWayIsAnswered(t *testing.T) {
	w := newWorld(t, everything)
	config := w.config(everything)
	config.Sink = closing{w.recorder, func() { w.server.End(); w.server.CloseAll() }}
	var err error
	if w.collector, err = collector.New(config); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.collector.Close)
	w.server = w.collector.NewServer()
	c := &script{pieces: []string{visitor.view("/"), visitor.view("/late")}}
	w.play(t, c)
	if answers, err := read(c.out.Bytes()); err != nil || len(answers) != 1 || answers[0].code != 202 {
		t.Errorf("answers %+v, %v, want one of 202", answers, err)
	}
	if len(c.pieces) != 1 {
		t.Error("the connection is read from after the server began to shut down")
	}
}

// telling is a listener that tells of each read of its connections.
type telling struct {
	net.Listener
	reads chan struct{}
}

type toldOf struct {
	net.Conn
	reads chan struct{}
}

func (l telling) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	return toldOf{conn, l.reads}, err
}

func (c toldOf) Read(b []byte) (int, error) { c.reads <- struct{}{}; return c.Conn.Read(b) }

// A connection that has sent plain hits and is idle does not keep a server from shutting
// down: fasthttp, which knows of no hit, would wait for its first. It is closed without a word. Seen to fail, by the end of the context, when the watch does not end idle
// connections, and by an answer when the end of a read is not that of the connection.
func TestIdleConnectionsLetServerEnd(t *testing.T) {
	w := newWorld(t, everything)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended, reads := make(chan error), make(chan struct{}, 2)
	go func() { ended <- w.server.Serve(telling{listener, reads}) }()
	conn := dial(t, listener.Addr().String())
	io.WriteString(conn, visitor.view("/"))
	answer := make([]byte, 512)
	n, err := conn.Read(answer)
	if err != nil || !slices.Equal(answer[:12], []byte("HTTP/1.1 202")) {
		t.Fatalf("answer %q, %v", answer[:n], err)
	}
	<-reads
	<-reads // it waits for the next request
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
	defer cancel()
	if err := w.server.Shutdown(ctx); err != nil {
		t.Error(err)
	}
	if rest, err := io.ReadAll(conn); err != nil || len(rest) > 0 {
		t.Errorf("afterwards %q came, %v", rest, err)
	}
	<-ended
}
