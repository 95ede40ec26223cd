package collector_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"oboro/collector"
)

// A timed connection counts how often its deadlines are set.
type timed struct {
	net.Conn
	set atomic.Int64
}

func (c *timed) SetDeadline(t time.Time) error      { c.set.Add(1); return c.Conn.SetDeadline(t) }
func (c *timed) SetReadDeadline(t time.Time) error  { c.set.Add(1); return c.Conn.SetReadDeadline(t) }
func (c *timed) SetWriteDeadline(t time.Time) error { c.set.Add(1); return c.Conn.SetWriteDeadline(t) }

// single is a listener with the connections that are put in.
type single chan net.Conn

func (l single) Accept() (net.Conn, error) {
	if conn, ok := <-l; ok {
		return conn, nil
	}
	return nil, io.EOF
}
func (single) Close() error   { return nil }
func (single) Addr() net.Addr { return loopback }

// watching returns a connection as the server sees it, and the client's end of it, while
// the watch looks.
func watching(t *testing.T) (conn, client net.Conn, watched func() int) {
	here, there := net.Pipe()
	l := make(single, 1)
	l <- here
	w, run, watched := collector.Watch(l)
	conn, err := w.Accept()
	if err != nil {
		t.Fatal(err)
	}
	end := make(chan struct{})
	ended := make(chan struct{})
	go func() { defer close(ended); run(end) }()
	t.Cleanup(func() { close(end); conn.Close(); there.Close(); <-ended })
	return conn, there, watched
}

// Waiting ends when it has lasted for as long as it may, and not before; the clock is the
// test's. Seen to fail when an answer does not end the time of its request, when a byte
// begins it anew, when what waits to be taken has no end, when an idle connection has the
// time of a request, and when the times are those of the looks of another pause.
func TestWaitingEnds(t *testing.T) {
	const request, idle, slack = 10 * time.Second, 75 * time.Second, 2 * time.Second
	read := func(conn net.Conn) error {
		_, err := io.Copy(io.Discard, conn)
		return err
	}
	answer := func(conn net.Conn) {
		conn.Read(make([]byte, 8))
		io.WriteString(conn, "answer")
	}
	for _, tt := range []struct {
		name   string
		client func(net.Conn)
		server func(net.Conn) error
		want   time.Duration
	}{
		{"nothing comes", func(net.Conn) {}, read, request},
		{"it comes byte by byte", func(c net.Conn) {
			for range 100 {
				if _, err := io.WriteString(c, "x"); err != nil {
					return
				}
				time.Sleep(time.Second)
			}
		}, read, request},
		{"no other follows an answer", func(c net.Conn) {
			io.WriteString(c, "request")
			c.Read(make([]byte, 8))
		}, func(conn net.Conn) error { answer(conn); return read(conn) }, idle},
		{"the next one stays in pieces", func(c net.Conn) {
			io.WriteString(c, "request")
			c.Read(make([]byte, 8))
			time.Sleep(idle - 5*time.Second)
			io.WriteString(c, "requ")
		}, func(conn net.Conn) error { answer(conn); return read(conn) }, idle - 5*time.Second + request},
		{"the answer is not taken", func(c net.Conn) { io.WriteString(c, "request") }, func(conn net.Conn) error {
			conn.Read(make([]byte, 8))
			_, err := io.WriteString(conn, "answer")
			return err
		}, 2 * request},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				conn, client, _ := watching(t)
				done := make(chan struct{})
				go func() { defer close(done); tt.client(client) }()
				from := time.Now()
				err := tt.server(conn)
				if took := time.Since(from); !errors.Is(err, os.ErrDeadlineExceeded) || took < tt.want || took > tt.want+slack {
					t.Errorf("waiting ends after %v, %v, want it to after %v", took, err, tt.want)
				}
				conn.Close()
				client.Close()
				<-done
			})
		})
	}
}

// A connection in use is left alone, however long it is, and one that is closed is not
// looked at any more. Seen to fail when a request does not end the idle time before it,
// and when Close leaves the connection to the watch.
func TestConnectionInUseGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn, client, watched := watching(t)
		done := make(chan struct{})
		defer func() { conn.Close(); client.Close(); <-done }()
		go func() {
			defer close(done)
			for range 30 {
				io.WriteString(client, "requ")
				time.Sleep(8 * time.Second)
				io.WriteString(client, "est!")
				io.ReadFull(client, make([]byte, 6))
				time.Sleep(70 * time.Second)
			}
			client.Close()
		}()
		from := time.Now()
		for b := make([]byte, 8); ; {
			if _, err := io.ReadFull(conn, b); err == io.EOF {
				break
			} else if err != nil {
				t.Fatalf("after %v a request is not read: %v", time.Since(from), err)
			}
			if _, err := io.WriteString(conn, "answer"); err != nil {
				t.Fatalf("after %v an answer is not taken: %v", time.Since(from), err)
			}
		}
		if n := watched(); n != 1 {
			t.Errorf("%d connections are watched, want 1", n)
		}
		conn.Close()
		if n := watched(); n != 0 {
			t.Errorf("%d connections are watched after the last was closed", n)
		}
	})
}

// A connection in use sets no deadline, since that costs each request a look at the clock
// and a timer. Seen to fail with fasthttp's own deadlines: 3 times a request.
func TestRequestsSetNoDeadlines(t *testing.T) {
	w := newWorld(t, everything)
	here, there := net.Pipe()
	below := &timed{Conn: here}
	l := make(single, 1)
	l <- below
	close(l)
	ended := make(chan error)
	go func() { ended <- w.server.Serve(l) }()
	const requests = 50
	answers := make(chan int)
	go func() {
		text, _ := io.ReadAll(there)
		answers <- bytes.Count(text, []byte("HTTP/1.1 202"))
	}()
	for range requests {
		io.WriteString(there, strings.Replace(visitor.view("/guide/x"), "Host: ", "Connection: keep-alive\r\nHost: ", 1))
	}
	here.Close()
	if n := <-answers; n < requests-1 {
		t.Errorf("%d answers, want %d", n, requests)
	}
	there.Close()
	<-ended
	if n := below.set.Load(); n > 0 {
		t.Errorf("%d deadlines were set for %d requests", n, requests)
	}
}
