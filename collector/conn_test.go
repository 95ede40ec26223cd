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

// A timed connection counts how often its timers are moved.
type timed struct {
	net.Conn
	moved atomic.Int64
}

func (c *timed) SetReadDeadline(t time.Time) error {
	c.moved.Add(1)
	return c.Conn.SetReadDeadline(t)
}

func (c *timed) SetWriteDeadline(t time.Time) error {
	c.moved.Add(1)
	return c.Conn.SetWriteDeadline(t)
}

func newPatient(t *testing.T) (conn net.Conn, below *timed, other net.Conn) {
	here, there := net.Pipe()
	t.Cleanup(func() { here.Close(); there.Close() })
	below = &timed{Conn: here}
	return collector.Patient(below), below, there
}

// Waiting ends when the deadline says, whatever deadlines there were before. The
// clock is the test's, so the times are exact. Seen to fail when an earlier deadline
// does not move the timer, when the timer's ringing is taken for the deadline, and when
// a deadline that is taken back stays.
func TestDeadlinesAreKept(t *testing.T) {
	const first, idle = 10 * time.Second, 75 * time.Second
	for _, tt := range []struct {
		name string
		set  []time.Duration // one after the other, a second apart
		want time.Duration   // from the last one on
	}{
		{"one", []time.Duration{first}, first},
		{"a later one", []time.Duration{first, idle}, idle},
		{"an earlier one", []time.Duration{idle, first}, first},
		{"by turns", []time.Duration{first, idle, first, idle, first}, first},
		{"by turns, idle last", []time.Duration{first, idle, first, idle}, idle},
		{"past the timer", []time.Duration{first, first, first, first, first, first, first, first, first, first, first, first}, first},
		{"one that has passed", []time.Duration{first, -time.Second}, 0},
	} {
		for _, read := range []bool{true, false} {
			t.Run(tt.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					conn, _, _ := newPatient(t)
					set, wait := conn.SetWriteDeadline, conn.Write
					if read {
						set, wait = conn.SetReadDeadline, conn.Read
					}
					for i, d := range tt.set {
						if i > 0 {
							time.Sleep(time.Second)
						}
						set(time.Now().Add(d))
					}
					from := time.Now()
					n, err := wait(make([]byte, 8))
					if got := time.Since(from); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) || got != tt.want {
						t.Errorf("waiting ended after %v with %d bytes and %v, want after %v", got, n, err, tt.want)
					}
				})
			})
		}
	}
}

// What comes after the timer has rung, but before the deadline, is read, and what
// is written meanwhile is written whole. Seen to fail when a write begins anew after
// the timer has rung.
func TestNothingIsLostWhenTheTimerRings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn, _, other := newPatient(t)
		conn.SetReadDeadline(time.Now().Add(time.Second))
		conn.SetWriteDeadline(time.Now().Add(20 * time.Second))
		conn.SetDeadline(time.Now().Add(time.Minute))
		var got [10]byte
		go func() {
			time.Sleep(5 * time.Second)
			io.WriteString(other, "late")
			time.Sleep(5 * time.Second)
			for i := range got {
				time.Sleep(3 * time.Second)
				io.ReadFull(other, got[i:i+1])
			}
		}()
		b := make([]byte, 8)
		if n, err := conn.Read(b); string(b[:n]) != "late" || err != nil {
			t.Errorf("read %q, %v, want what came late", b[:n], err)
		}
		if n, err := conn.Write([]byte("0123456789")); n != 10 || err != nil {
			t.Errorf("%d bytes written, %v, want all 10", n, err)
		}
		if synctest.Wait(); string(got[:]) != "0123456789" {
			t.Errorf("%q arrived, want what was written, once", got)
		}
	})
}

func TestNoDeadlineIsNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn, below, other := newPatient(t)
		conn.SetDeadline(time.Time{})
		if n := below.moved.Load(); n != 0 {
			t.Errorf("%d timers moved for no deadline", n)
		}
		conn.SetReadDeadline(time.Now().Add(time.Second))
		conn.SetReadDeadline(time.Time{})
		go func() { time.Sleep(time.Hour); other.Close() }()
		if _, err := conn.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("Read = %v, want the end, an hour later", err)
		}
	})
}

// single is a listener with one connection.
type single chan net.Conn

func (l single) Accept() (net.Conn, error) {
	if conn, ok := <-l; ok {
		return conn, nil
	}
	return nil, io.EOF
}
func (single) Close() error   { return nil }
func (single) Addr() net.Addr { return loopback }

// A connection in use does not move a timer for each request. Seen to fail when
// Serve takes connections as the listener gives them: 3 times a request.
func TestRequestsMoveNoTimers(t *testing.T) {
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
	if n := below.moved.Load(); n > 4 {
		t.Errorf("%d timers moved for %d requests, want those of the first", n, requests)
	}
}
