// Package audit keeps the trail of who looked at what: one entry for each look at counts,
// export of them and change to them, on the disk before the answer is sent.
//
// An entry ([Leaf]) says who, when, what was done to which site and statistic, and whether it
// was answered. It holds declared names, days and words of closed vocabularies: no field takes
// free text, and the package is handed no table, so that no figure can get here. Its times are
// to the second, in UTC: they are of the people who run the program, not of visitors, and an
// audit has to tell an hour in which nobody was at work from the next.
//
// Entries are lines of canonical JSON and leaves of one RFC 6962 tree, whose head is signed
// elsewhere. Each holds the root of the tree before it, so a line that was changed does not go
// with its successors; against a shortened trail only signed heads help, and against one that
// was shortened with them only their copies in a second place.
//
// Each month has a file of its own, which begins with what the tree needs to go on. So whole
// months can be let go, after two years, and a start reads the newest file alone. What is let
// go is an entry itself, by which a month that somebody took away is told from it.
package audit

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"oboro/internal/tree"
)

// A Log is an open trail. One process has it, and its methods may be called by several
// goroutines. After a failed write it takes entries again once the disk does.
type Log struct {
	dir string

	mu     sync.Mutex // guards what follows
	tree   *tree.Tree
	file   *os.File // of the newest month; nil before the first entry
	month  string   // its month
	size   int64    // of the file, all of it whole lines
	torn   bool     // something may stand behind them, which is to be cut off
	config string   // of the month's last entry that names a configuration
}

// Open opens the trail in dir, and makes it where there is none. The newest month is held to
// the rules again; the months before it are not read. A last line without its newline was
// never answered and is cut off; what else is not as it was written is refused, and left as
// it is.
func Open(dir string) (*Log, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open audit trail: %w", err)
	}
	l := &Log{dir: dir, tree: new(tree.Tree)}
	if err := errors.Join(l.load(), syncFolder(filepath.Dir(dir))); err != nil {
		return nil, errors.Join(fmt.Errorf("open audit trail: %w", err), l.Close())
	}
	return l, nil
}

// load reads the newest month, and makes durable what was read: a killed process may have left
// entries that the disk does not hold yet, and months that it said it had let go.
func (l *Log) load() error {
	months, err := monthsOf(l.dir)
	if err != nil || len(months) == 0 {
		return err
	}
	l.month = months[len(months)-1]
	path, gone := l.path(l.month), ""
	s, err := readSegment(path, l.month, func(leaf Leaf) error {
		switch leaf.Action {
		case Config:
			l.config = leaf.Params.Config
		case Expire:
			gone = leaf.Params.Period
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("%w; nothing was changed: restore the folder %s from a backup, or move it away and keep it, "+
			"which begins another trail", err, l.dir)
	}
	if l.file, err = openAppend(path); err != nil {
		return err
	}
	l.tree, l.size, l.torn = s.tree, s.size, s.torn
	return errors.Join(l.mend(), l.file.Sync(), l.drop(months, gone), syncFolder(l.dir))
}

func openAppend(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDWR|os.O_APPEND, 0o600)
}

func (l *Log) path(month string) string { return filepath.Join(l.dir, month+extension) }

// Close closes the trail. It takes no more entries then.
func (l *Log) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		return nil
	}
	return l.file.Close()
}

// Append writes an entry down; it is on the disk when Append returns nil, and does not count
// where it returns an error. Root, Seq and Time are the trail's to fill in.
func (l *Log) Append(leaf Leaf, at time.Time) error {
	leaf.Time = at.UTC().Format(stamp)
	if err := leaf.check(); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	err := l.mend()
	if err == nil {
		err = l.turn(at.UTC())
	}
	if err == nil {
		err = l.write(leaf)
	}
	if err != nil {
		return fmt.Errorf("audit trail: %w", err)
	}
	return nil
}

// turn begins the file of the month, if it is a new one. A clock that was set back begins
// none: what is written then stands in the newest.
func (l *Log) turn(at time.Time) error {
	now := at.Format(monthly)
	if now <= l.month {
		return nil
	}
	size, _ := l.tree.Tree()
	begins := beginning{Format: format, Hashes: append([]tlog.Hash{}, l.tree.Edge()...), Size: size}
	line, err := encode(begins)
	if err != nil {
		return err
	}
	line = append(line, '\n')
	if err := l.begin(now, line); err != nil {
		return err
	}
	file, err := openAppend(l.path(now))
	if err != nil {
		return err
	}
	if l.file != nil {
		_ = l.file.Close() // all of it is on the disk
	}
	l.file, l.month, l.size, l.torn, l.config = file, now, int64(len(line)), false, ""
	return l.expire(at)
}

// begin writes the file of a month with its first line, whole or not at all.
func (l *Log) begin(month string, line []byte) error {
	temp, err := os.CreateTemp(l.dir, ".new-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name()) // does nothing after the rename
	_, err = temp.Write(line)
	if err = errors.Join(err, temp.Sync(), temp.Close()); err != nil {
		return err
	}
	if err := os.Rename(temp.Name(), l.path(month)); err != nil {
		return err
	}
	return syncFolder(l.dir)
}

// expire lets go of the months that are not kept any more: first an entry that says so, then
// the files.
func (l *Log) expire(at time.Time) error {
	months, err := monthsOf(l.dir)
	if err != nil {
		return err
	}
	old := 0
	for old < len(months) && months[old] < kept(at) {
		old++
	}
	if old == 0 {
		return nil
	}
	first, err := beginningOf(l.path(months[old])) // there is one: this month
	if err != nil {
		return err
	}
	if first.Size > 0 {
		leaf := Leaf{
			Action: Expire, Actor: Own, Role: Program, Result: Done, Time: at.Format(stamp),
			Params: Params{Leaves: first.Size, Period: months[old-1]},
		}
		if err := l.write(leaf); err != nil {
			return err
		}
	}
	return l.drop(months, months[old-1])
}

// drop deletes the files of the months up to the last that is let go.
func (l *Log) drop(months []string, last string) error {
	var errs []error
	for _, month := range months {
		if month <= last {
			errs = append(errs, os.Remove(l.path(month)))
		}
	}
	return errors.Join(errs...)
}

// write puts an entry on the disk, and only then lets it count. The caller holds mu.
func (l *Log) write(leaf Leaf) error {
	leaf.Seq, leaf.Root = l.tree.Tree()
	line, err := encode(leaf)
	if err != nil {
		return err
	}
	if err := l.stands(); err != nil {
		return err
	}
	l.torn = true
	_, err = l.file.Write(append(line[:len(line):len(line)], '\n'))
	if err = errors.Join(err, l.file.Sync()); err != nil {
		return errors.Join(err, l.mend())
	}
	if err := l.tree.Grow(line); err != nil {
		return errors.Join(err, l.mend())
	}
	l.size, l.torn = l.size+int64(len(line))+1, false
	if leaf.Action == Config {
		l.config = leaf.Params.Config
	}
	return nil
}

// mend cuts off what a failed write may have left.
func (l *Log) mend() error {
	if !l.torn {
		return nil
	}
	if err := l.file.Truncate(l.size); err != nil {
		return err
	}
	l.torn = false
	return nil
}

// stands makes sure that the file which is written to is the one that a reader will find, and
// that nobody else wrote to it.
func (l *Log) stands() error {
	there, err := os.Lstat(l.path(l.month))
	if err != nil {
		return err
	}
	own, err := l.file.Stat()
	if err != nil {
		return err
	}
	if !os.SameFile(there, own) || own.Size() != l.size {
		return fmt.Errorf("%s was changed by another hand", l.path(l.month))
	}
	return nil
}

// Config returns the hash of the configuration that the newest month says is in force, or
// nothing.
func (l *Log) Config() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.config
}

// Month returns the month of the newest file, or nothing.
func (l *Log) Month() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.month
}

// Tree returns how many entries there ever were, and the root of their tree.
func (l *Log) Tree() (size int64, root tlog.Hash) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.tree.Tree()
}

// RootOf returns the root that the tree had when there were so many entries. One of a month
// before the newest is worked out from the files.
func (l *Log) RootOf(size int64) (tlog.Hash, error) {
	l.mu.Lock()
	root, err := l.tree.RootOf(size)
	l.mu.Unlock()
	if err == nil {
		return root, nil
	}
	t, err := Read(l.dir, nil)
	if err != nil {
		return tlog.Hash{}, err
	}
	return t.RootOf(size)
}

func syncFolder(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
