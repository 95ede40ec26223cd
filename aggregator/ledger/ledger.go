// Package ledger keeps the privacy budget: what was reserved for noise, what came
// of it, and what was published.
//
// It follows section 8 of the project's reference on disclosure control. Before
// noise is drawn for a site and a period, [Ledger.Reserve] writes down every query
// with its sensitivity and variance, and refuses what would take a visitor-day
// over [Budget]. What was drawn goes to one result file ([Ledger.WriteResult]) and
// leaves the process from there alone; [Ledger.Commit] writes down its hash. A
// reservation is spent once, whether it was committed or not, and nothing is ever
// taken back: a killed seal draws again only while no result file stands. Once it
// is committed, and so stands in the store, the file goes ([Ledger.Forget]).
//
// The records are lines of canonical JSON (RFC 8785), fsync'd before a call
// returns, and leaves of an RFC 6962 tree: the leaf is the line without its
// newline. Each record holds the root of the tree before it, so a line changed
// later does not go with its successors; against a rewritten end or a second
// ledger, only checkpoints kept elsewhere help. [Replay] and [Verify] hold a copy
// of the lines to the same rules.
//
// All arithmetic is exact, in integers and ratios. There is no clock: no record
// tells a time finer than the day it is about. A test refuses anything else.
package ledger

import (
	"bufio"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"sync"

	"golang.org/x/sys/unix"

	"oboro/aggregator/noise"
)

// Names within the directory of a ledger.
const (
	entriesName = "entries.jsonl"
	resultsName = "results"
	lockName    = "lock"
)

// ErrBusy says that another process, or this one, has the ledger open.
var ErrBusy = errors.New("the ledger is in use")

// A Ledger is an open ledger. Its methods may be called by several goroutines.
// When a write fails it is not known whether the record stands, so every later
// write is refused until the ledger is opened again and its lines are read.
type Ledger struct {
	*History
	dir string

	writing sync.Mutex // held from the check of a record until it is accepted
	lock    *os.File
	entries *os.File
	size    int64 // of the entries, all of them whole lines
	broken  error // the first failed write
}

// Open opens the ledger in dir, and makes it where there is none; its id is then
// read from random. Every record is held to the rules again. A last line without
// its newline was never acknowledged and is cut off; anything else that is not as
// it was written is refused, and left as it is.
func Open(dir string, random io.Reader) (*Ledger, error) {
	if err := os.MkdirAll(filepath.Join(dir, resultsName), 0o700); err != nil {
		return nil, fmt.Errorf("open ledger: %w", err)
	}
	lock, err := take(filepath.Join(dir, lockName))
	if err != nil {
		return nil, fmt.Errorf("open ledger in %s: %w", dir, err)
	}
	l := &Ledger{History: newHistory(), dir: dir, lock: lock}
	if err := l.load(random); err != nil {
		return nil, errors.Join(fmt.Errorf("open ledger: %w", err), l.Close())
	}
	return l, nil
}

// take opens the lock file and locks it for this process alone. The lock goes
// with the process, however it ends.
func take(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		err = ErrBusy
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

func (l *Ledger) load(random io.Reader) error {
	path := filepath.Join(l.dir, entriesName)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	l.entries = f
	if err := l.replay(path); err != nil {
		return err
	}
	if err := l.sweep(); err != nil {
		return err
	}
	if err := l.settle(); err != nil {
		return err
	}
	if size, _ := l.Tree(); size > 0 {
		return nil
	}
	var id [16]byte
	if _, err := io.ReadFull(random, id[:]); err != nil {
		return fmt.Errorf("draw the ledger's id: %w", err)
	}
	_, err = l.append(record{Ledger: &Origin{Format: format, ID: hex.EncodeToString(id[:])}})
	return err
}

// replay reads the lines and cuts a torn one off the end.
func (l *Ledger) replay(path string) error {
	in := bufio.NewReader(l.entries)
	for number := 1; ; number++ {
		line, err := in.ReadBytes('\n')
		if err == io.EOF {
			if len(line) == 0 {
				return nil
			}
			return l.entries.Truncate(l.size)
		}
		if err != nil {
			return err
		}
		if err := l.add(line[:len(line)-1]); err != nil {
			return fmt.Errorf("%s line %d: %w; nothing was changed: restore the whole ledger folder "+
				"from a backup, and go on only if its last checkpoint is in it", path, number, err)
		}
		l.size += int64(len(line))
	}
}

// settle makes what was read durable: a killed process may have left records and
// result files that the disk does not hold yet, and from now on they count.
func (l *Ledger) settle() error {
	if err := l.entries.Sync(); err != nil {
		return err
	}
	for _, dir := range []string{filepath.Join(l.dir, resultsName), l.dir, filepath.Dir(l.dir)} {
		if err := syncFolder(dir); err != nil {
			return err
		}
	}
	return nil
}

func syncFolder(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// Close gives the ledger free for others.
func (l *Ledger) Close() error {
	l.writing.Lock()
	defer l.writing.Unlock()
	if l.broken == nil {
		l.broken = os.ErrClosed
	}
	var err error
	if l.entries != nil {
		err = l.entries.Close()
	}
	return errors.Join(err, l.lock.Close())
}

// Reserve writes the reservation down and returns it with its number and what the
// ledger worked out: the variances to draw with. It stands on the disk when
// Reserve returns. A period that was reserved before is refused with ErrReserved,
// one that is lost with ErrGap, and one that would take a visitor-day of it over
// the budget with ErrBudget. Variances that cannot be drawn are refused as well,
// before anything is spent on them.
func (l *Ledger) Reserve(r Reservation) (Reservation, error) {
	r, err := r.completed()
	if err != nil {
		return Reservation{}, fmt.Errorf("reserve %s: %w", r.name(), err)
	}
	for _, d := range r.Draws {
		if _, err := noise.New(d.Drawn.Num, d.Drawn.Den); err != nil {
			return Reservation{}, fmt.Errorf("reserve %s: %s of %s: %w", r.name(), d.Measure, d.Statistic, err)
		}
	}
	l.writing.Lock()
	defer l.writing.Unlock()
	seq, err := l.append(record{Reserve: &r})
	if err != nil {
		return Reservation{}, fmt.Errorf("reserve %s: %w", r.name(), err)
	}
	r, _ = l.Reservation(seq)
	return r, nil
}

// Gap writes down that the open cells of a period are lost, and why. The period
// is then not measured, for good: it takes no reservation, result or commit.
// Saying so again changes nothing.
func (l *Ledger) Gap(site, grain, period, reason string) error {
	l.writing.Lock()
	defer l.writing.Unlock()
	g := Gap{Site: site, Grain: grain, Period: period, Reason: reason}
	if _, ok := l.Lost(site, grain, period); ok {
		return nil
	}
	if r, ok := l.Find(site, grain, period); ok && r.Committed == 0 {
		if _, err := os.Lstat(l.resultPath(r.Seq)); !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("gap of %s: result file %d stands and can be sent: %w", r.name(), r.Seq, ErrResult)
		}
	}
	if _, err := l.append(record{Gap: &g}); err != nil {
		return fmt.Errorf("gap: %w", err)
	}
	return nil
}

// Publish writes down what is about to be published. Versions of a data set and
// period begin with 1 and leave none out. The same version with the same files is
// written once; with other files it is refused with ErrPublished.
func (l *Ledger) Publish(p Publication) (Publication, error) {
	l.writing.Lock()
	defer l.writing.Unlock()
	for _, old := range l.Published(p.Dataset, p.Period) {
		if old.same(p) {
			return old, nil
		}
	}
	seq, err := l.append(record{Publish: &p})
	if err != nil {
		return Publication{}, fmt.Errorf("publish: %w", err)
	}
	p.Seq = seq
	return p, nil
}

// append checks the record, writes it, waits for the disk and only then lets it
// count. The caller holds writing.
func (l *Ledger) append(r record) (uint64, error) {
	if l.broken != nil {
		return 0, fmt.Errorf("the ledger takes no more records until it is opened again: %w", l.broken)
	}
	size, root := l.Tree()
	r.Seq, r.Root = uint64(size), root
	line, err := r.encode()
	if err != nil {
		return 0, err
	}
	if err := l.check(r); err != nil {
		return 0, err
	}
	if err := l.write(line); err != nil {
		l.broken = err
		return 0, err
	}
	l.size += int64(len(line)) + 1
	l.accept(r, line)
	return r.Seq, nil
}

func (l *Ledger) write(line []byte) error {
	if err := l.stands(); err != nil {
		return err
	}
	if _, err := l.entries.Write(append(line[:len(line):len(line)], '\n')); err != nil {
		return err
	}
	return l.entries.Sync()
}

// stands makes sure that the file which is written to is the one that the next
// start will read, and that nobody else wrote to it.
func (l *Ledger) stands() error {
	path := filepath.Join(l.dir, entriesName)
	there, err := os.Lstat(path)
	if err != nil {
		return err
	}
	own, err := l.entries.Stat()
	if err != nil {
		return err
	}
	if !os.SameFile(there, own) || own.Size() != l.size {
		return fmt.Errorf("%s was changed by another hand", path)
	}
	return nil
}

// Entries yields the lines of the ledger as they stand, without newlines. What is
// appended meanwhile is left out.
func (l *Ledger) Entries() iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		l.writing.Lock()
		size := l.size
		l.writing.Unlock()
		f, err := os.Open(filepath.Join(l.dir, entriesName))
		if err != nil {
			yield(nil, fmt.Errorf("read ledger: %w", err))
			return
		}
		defer f.Close()
		in := bufio.NewReader(io.LimitReader(f, size))
		for {
			line, err := in.ReadBytes('\n')
			if err == io.EOF && len(line) == 0 {
				return
			}
			if err != nil {
				yield(nil, fmt.Errorf("read ledger: %w", err))
				return
			}
			if !yield(line[:len(line)-1], nil) {
				return
			}
		}
	}
}
