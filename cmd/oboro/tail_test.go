package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// A server writes a log that a test follows.
type logServer struct {
	t    *testing.T
	path string
	file *os.File
}

func (s *logServer) open() {
	s.t.Helper()
	var err error
	if s.file, err = os.OpenFile(s.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { s.file.Close() })
}

func (s *logServer) write(text string) {
	s.t.Helper()
	if _, err := s.file.WriteString(text); err != nil {
		s.t.Fatal(err)
	}
}

// following returns the tail of a log and what reads its next line. While the tail waits,
// what a test has put into meanwhile happens, one after another; with nothing left to
// happen for long, the tail ends.
func following(t *testing.T, path string, meanwhile ...func()) (lines *bufio.Reader, log *tail) {
	idle := 0
	log = &tail{path: path, old: 20 * time.Millisecond, wait: func() error {
		switch {
		case len(meanwhile) > 0:
			meanwhile[0]()
			meanwhile = meanwhile[1:]
		case idle > 100:
			return io.EOF
		default:
			idle++
			time.Sleep(time.Millisecond)
		}
		return nil
	}}
	t.Cleanup(func() { log.Close() })
	return bufio.NewReader(log), log
}

func wantLines(t *testing.T, lines *bufio.Reader, want ...string) {
	t.Helper()
	for _, w := range want {
		got, err := lines.ReadString('\n')
		if got != w+"\n" || err != nil {
			t.Fatalf("next line is %q, %v, want %q", got, err, w)
		}
	}
	if rest, err := lines.ReadString('\n'); rest != "" || !errors.Is(err, io.EOF) {
		t.Fatalf("then comes %q, %v, want the end", rest, err)
	}
}

// A log goes on through a rotation by another name: also what the server writes to the old
// file after the new one is there, and the rest of a line that it writes in two parts.
// Seen to fail when the new file is read as soon as it is there, and when it is not looked
// for.
func TestTailThroughRenaming(t *testing.T) {
	s := &logServer{t: t, path: filepath.Join(t.TempDir(), "access.log")}
	var lines *bufio.Reader
	var log *tail
	lines, log = following(t, s.path,
		s.open,
		func() { log.old = time.Hour; s.write("one\ntw") },
		func() { s.write("o\n") },
		func() { os.Rename(s.path, s.path+".1") },
		func() { s.write("three\n") },
		func() { os.WriteFile(s.path, nil, 0o600) },
		func() {}, // the server was not told yet
		func() {},
		func() { s.write("four\n") },
		func() { s.open(); s.write("five\nsix\n") },
		func() { log.old = 0 },
	)
	wantLines(t, lines, "one", "two", "three", "four", "five", "six")
}

// A line that the old file leaves without an end ends with it. Seen to fail when it is
// put before the first line of the new file.
func TestTailEndsTheLastLine(t *testing.T) {
	s := &logServer{t: t, path: filepath.Join(t.TempDir(), "access.log")}
	s.open()
	s.write("cut sho")
	lines, _ := following(t, s.path,
		func() { os.Rename(s.path, s.path+".1"); s.open(); s.write("whole\n") })
	wantLines(t, lines, "cut sho", "whole")
}

// A log goes on through a rotation that copies it and cuts it to nothing. Seen to fail when
// the size is not looked at: the tail then waits behind the end.
func TestTailThroughCutting(t *testing.T) {
	s := &logServer{t: t, path: filepath.Join(t.TempDir(), "access.log")}
	s.open()
	s.write("one of some length\ntwo of some length\n")
	cut := func() {
		if err := os.Truncate(s.path, 0); err != nil {
			t.Fatal(err)
		}
	}
	lines, _ := following(t, s.path,
		cut,
		func() { s.write("three\n") },
		func() { s.write("four\n") },
		func() { cut(); s.write("five\n") },
	)
	wantLines(t, lines, "one of some length", "two of some length", "three", "four", "five")
}

// What is waited with ends the log, in order or not.
func TestTailEnds(t *testing.T) {
	fault := errors.New("a fault planted by the test")
	log := &tail{path: filepath.Join(t.TempDir(), "never made"), wait: func() error { return fault }}
	if _, err := log.Read(make([]byte, 9)); !errors.Is(err, fault) {
		t.Errorf("Read = %v, want what waiting returned", err)
	}
	if err := log.Close(); err != nil {
		t.Error(err)
	}
}

// Many rotations under a server that writes on: no line is lost or comes twice. Seen to
// fail where the log is rotated again before its new file is seen, which nobody can follow.
func TestTailUnderLoad(t *testing.T) {
	const all = 20_000
	s := &logServer{t: t, path: filepath.Join(t.TempDir(), "access.log")}
	s.open()
	end, read := make(chan error, 1), make(chan bool, all)
	go func() {
		file := s.file
		for i := range all {
			if i%1000 == 999 { // as logrotate and a server do that is told to open its log anew
				if err := os.Rename(s.path, fmt.Sprintf("%s.%d", s.path, i)); err != nil {
					end <- err
					return
				}
				fmt.Fprintf(file, "%d\n", i)
				file.Close()
				var err error
				if file, err = os.OpenFile(s.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600); err != nil {
					end <- err
					return
				}
				continue
			}
			if _, err := fmt.Fprintf(file, "%d\n", i); err != nil {
				end <- err
				return
			}
			if i%1000 == 0 {
				<-read // a log is not rotated again before its new file is seen
			}
		}
		end <- file.Close()
	}()
	lines, log := following(t, s.path)
	log.old = 0
	stop := time.Now().Add(time.Minute) // of a test that fails
	log.wait = func() error {
		if time.Now().After(stop) {
			return io.EOF
		}
		time.Sleep(100 * time.Microsecond)
		return nil
	}
	for i := range all {
		got, err := lines.ReadString('\n')
		if err != nil || got != fmt.Sprintf("%d\n", i) {
			t.Fatalf("line %d is %q, %v", i, got, err)
		}
		if i%1000 == 0 {
			read <- true
		}
	}
	if err := <-end; err != nil {
		t.Fatal(err)
	}
}
