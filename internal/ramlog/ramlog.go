// Package ramlog keeps one append-only sequence of records in a directory in RAM.
//
// It serves the collector and the tally, and knows nothing of what the bytes mean.
// What it promises:
//
//   - A record stands when [Log.Append] returns, however the process ends after
//     that. All space is allocated before it is written to, so a full file system
//     is [ErrFull] with nothing written, never a SIGBUS.
//   - [Log.Replay] yields the records that stand, in order, each once. What was
//     being written when the process ended is cut. Anything else that is not as
//     this package wrote it is refused with [ErrDamaged], never guessed.
//   - [Log.Reset] ends the log and begins the next. Whenever the process ends
//     within it, either the old log stands whole or the new one does. It needs no
//     free space as long as little is kept, so that a full log can be ended too.
//
// # Format
//
//	DIR/lock                           held by flock(2) while the log is open
//	DIR/current                        symbolic link to the generation that stands
//	DIR/generation-00000007/key        32 random bytes; the life, a uint32; zeros
//	DIR/generation-00000007/segment-00000001 and so on
//	DIR/next/                          the next generation, made ready for Reset
//
// A generation that current does not name is rubbish: its key is overwritten at
// the next Open. So is a file that ends in ".new". A life is one opening of the
// log. A segment is a header of 32 bytes, frames, and zeros to its end; integers
// are little-endian:
//
//	header   magic "oboroRAM", version uint32, number uint32, size uint64, 8 zeros
//	frame    word uint32     kind (upper 4 bits) and length of the payload (28 bits)
//	         commit uint32   ^word; the frame stands from this one store on
//	         payload         sealed with AES-256-GCM
//	         tag             16 bytes
//	         zeros           to a multiple of 8
//
// The word is stored before the payload and the commit after the tag, so a frame
// without its commit was being written, and it can only be the last. The nonce is
// the life and the number of the frame in its generation: it cannot repeat under
// one key, even where a torn frame is cut and its place written again. Word and
// version are the associated data. Kinds:
//
//	1 whole  a record
//	2 part   of a record that does not fit where the log is, or in one segment
//	3 last   part of that record, which stands from here on
//	4 life   the payload is in clear: the life of the frames that follow. It is
//	         the first frame of each life, and ends a chain of parts that the life
//	         before did not finish.
//
// # Why it is sealed
//
// The records hold what a day must not leave behind. Pages of RAM that were given
// back keep their bytes until someone else is given them, and nothing here could
// overwrite a thousand segments at once. With AES-GCM all of them end with 32
// bytes: Reset overwrites the key, and what lies about is noise. The same cipher
// tells damage from data, so no other checksum is needed.
package ramlog

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"

	"golang.org/x/sys/unix"
)

// What a caller may branch on.
var (
	// ErrBusy says that another process, or this one, has the log open.
	ErrBusy = errors.New("the RAM log is in use")
	// ErrFull says that there is no room for a record. Nothing of it was written;
	// a smaller one may fit, and so may this one once there is space again.
	ErrFull = errors.New("the RAM log is full")
	// ErrRoom says that the file system has less space than the log may take.
	ErrRoom = errors.New("the file system has no room for the RAM log")
	// ErrDamaged says that the log is not as this package wrote it. A [Damage]
	// tells where. The way out is Reset, which gives up the log. (A log that is
	// on a disk after all is damaged when the power fails: nothing here waits for
	// a disk.)
	ErrDamaged = errors.New("the RAM log is damaged")
	// ErrNewer says that a newer version of this package wrote the log.
	ErrNewer = errors.New("the RAM log was written by a newer version")
	// ErrLeftover says that Reset has begun the new log, but could not remove all
	// of the old one. The next Open tries again.
	ErrLeftover = errors.New("the new RAM log stands, but files of the old one are left")

	errOrder = errors.New("the RAM log must be replayed once, before it is appended to")
)

// Damage tells where a log is damaged: in which segment, and at which byte of its
// file. Segment 0 stands for the generation as a whole: its key, or a file missing.
type Damage struct {
	Segment uint32
	Offset  int64
}

func (d Damage) Error() string {
	if d.Segment == 0 {
		return ErrDamaged.Error() + ": its key or one of its files is missing or not whole"
	}
	return fmt.Sprintf("%v: segment %d, offset %d", ErrDamaged, d.Segment, d.Offset)
}

// Unwrap returns [ErrDamaged].
func (d Damage) Unwrap() error { return ErrDamaged }

// A Log is an open log. Its methods may be called by several goroutines.
type Log struct {
	dir    string
	random io.Reader
	layout Layout
	limit  int64 // of all segments together, those of next included
	lock   *os.File

	mu       sync.Mutex  // guards the following
	standing *generation // the one that current names
	next     *generation // made ready for Reset; nil where there was no room
	replayed bool        // it may be appended to
	closed   bool
}

// Open opens the log in dir with the default [Layout]. See [Layout.Open].
func Open(dir string, random io.Reader, limit int64) (*Log, error) {
	return Layout{}.Open(dir, random, limit)
}

// Open opens the log in dir, or begins one there. The caller has made sure that
// dir is in RAM. Keys are read from random. All segments together take at most
// limit bytes; where a new log begins, the file system must have that much space,
// or the error is [ErrRoom]. (A log that stands is opened without it: it sheds
// when it must.) The error is [ErrBusy] while the log is open elsewhere.
func (y Layout) Open(dir string, random io.Reader, limit int64) (*Log, error) {
	y, err := y.fit(limit)
	if err != nil {
		return nil, err
	}
	if err := own(dir); err != nil {
		return nil, err
	}
	lock, err := lockIn(dir)
	if err != nil {
		return nil, err
	}
	l := &Log{dir: dir, random: random, layout: y, limit: limit, lock: lock}
	if err := l.load(); err != nil {
		l.Close()
		return nil, err
	}
	l.makeReady()
	return l, nil
}

// own makes dir, and refuses one in which others could put or rename files.
func own(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the directory of the RAM log: %w", err)
	}
	var stat unix.Stat_t
	if err := unix.Stat(dir, &stat); err != nil {
		return fmt.Errorf("look at the directory of the RAM log: %w", err)
	}
	if int(stat.Uid) != os.Geteuid() || stat.Mode&0o022 != 0 {
		return errors.New("the directory of the RAM log must belong to the user of this process, who alone may write in it")
	}
	return nil
}

func lockIn(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the RAM log: %w", err)
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		f.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, ErrBusy
		}
		return nil, fmt.Errorf("lock the RAM log: %w", err)
	}
	return f, nil
}

// Size returns how many bytes the records take, their frames included, and how
// many they may take before Append has to return [ErrFull]: the limit less what is
// left to Reset.
func (l *Log) Size() (used, limit int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return 0, 0
	}
	return l.standing.used(), l.standing.capacity()
}

// Room returns how many bytes more the records may take as the file system is now: less
// than what Size leaves where others have filled it. It asks the kernel.
func (l *Log) Room() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return 0
	}
	return l.standing.room()
}

// Close lets go of the log, which stays as it is for the next Open. The key is
// wiped from this process's memory.
func (l *Log) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil
	}
	l.closed = true
	for _, g := range []*generation{l.standing, l.next} {
		if g != nil {
			g.release()
		}
	}
	return l.lock.Close()
}
