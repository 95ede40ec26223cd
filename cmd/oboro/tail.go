package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"
)

// A tail is a log that a server goes on writing, read by its name. It goes with the log
// through its rotations: where the file is renamed and another made in its place, and where
// it is copied and cut to nothing. Nothing new makes it wait.
type tail struct {
	path string
	// wait returns nil once it is time to look again; what else it returns ends the
	// log, io.EOF in order.
	wait func() error
	// old is how long a renamed file must have rested before the new one is read, since a
	// server writes on to it until it is told to open its log anew.
	old time.Duration

	file   *os.File
	at     int64     // how much of file is read
	last   byte      // of what was read
	rested time.Time // since when nothing more came of file, once it has another name
}

// Read reads what comes next. See [io.Reader].
func (t *tail) Read(b []byte) (int, error) {
	for {
		n, err := t.read(b)
		if n > 0 || err != nil {
			return n, err
		}
		if err := t.wait(); err != nil {
			return 0, err
		}
	}
}

// read returns what there is, or 0 and nil.
func (t *tail) read(b []byte) (int, error) {
	if t.file == nil {
		f, err := os.Open(t.path)
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
			return 0, nil // it is being made
		}
		if err != nil {
			return 0, err
		}
		t.file, t.at = f, 0
	}
	n, err := t.file.Read(b)
	if n > 0 {
		t.at, t.last, t.rested = t.at+int64(n), b[n-1], time.Time{}
		return n, nil
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, err
	}
	return t.turn(b)
}

// turn looks, at the end of the file, whether the log goes on in another way.
func (t *tail) turn(b []byte) (int, error) {
	own, err := t.file.Stat()
	if err != nil {
		return 0, fmt.Errorf("look after the log: %w", err)
	}
	if own.Size() < t.at { // copied and cut
		if _, err := t.file.Seek(0, io.SeekStart); err != nil {
			return 0, fmt.Errorf("read the log from its beginning: %w", err)
		}
		t.at = 0
		return t.breakOff(b), nil
	}
	named, err := os.Stat(t.path)
	if err != nil || os.SameFile(own, named) {
		return 0, nil
	}
	if t.rested.IsZero() { // it is read once more at least: something may have come since
		t.rested = time.Now()
		return 0, nil
	}
	if time.Since(t.rested) < t.old {
		return 0, nil
	}
	t.file.Close()
	t.file, t.rested = nil, time.Time{}
	if n := t.breakOff(b); n > 0 {
		return n, nil
	}
	return t.read(b)
}

// turning reports whether the log goes on in another file, which is not read yet.
func (t *tail) turning() bool { return !t.rested.IsZero() }

// breakOff ends a line that the old file leaves without an end.
func (t *tail) breakOff(b []byte) int {
	if t.last == 0 || t.last == '\n' || len(b) == 0 {
		return 0
	}
	b[0], t.last = '\n', '\n'
	return 1
}

// Close closes the file. See [io.Closer].
func (t *tail) Close() error {
	if t.file == nil {
		return nil
	}
	return t.file.Close()
}
