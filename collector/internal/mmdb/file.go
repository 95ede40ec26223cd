package mmdb

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
)

// A File is a file of the operator and what was last made of it. What was made is
// replaced as a whole: a look-up that began with the one ends with it.
type File[T any] struct {
	path    string
	open    func(data []byte) (*T, error)
	current atomic.Pointer[T]
	refused atomic.Bool

	mu     sync.Mutex  // one reads the file at a time; guards what follows
	tried  os.FileInfo // the file as it was last read, well or not
	before os.FileInfo // the file as the last look saw it
	used   os.FileInfo // the file that is in use
}

// most is the largest file that is read. Databases of all cities have some 100 MB.
const most = 1 << 30

// New reads the file at path, of which open makes what is wanted. Its errors quote path.
// The file is read whole and not mapped: cutting a mapped file would end the program
// with a fault whose trace holds the address just asked for.
func New[T any](path string, open func(data []byte) (*T, error)) (*File[T], error) {
	f := &File[T]{path: path, open: open}
	if err := f.Reload(); err != nil {
		return nil, err
	}
	return f, nil
}

// Current returns what is in use. It waits for nothing.
func (f *File[T]) Current() *T { return f.current.Load() }

// Refused reports whether what is at the path now, or is not, could not be put in use.
func (f *File[T]) Refused() bool { return f.refused.Load() }

// Look reads the file again if it has changed since it was read last, and has come to
// rest: this look and the one before have seen the same. So a file that is being written
// between two looks is left alone, and what is new is in use at the second look after
// it came. It reports whether something new is in use. With an error what was in use
// stays so, and the same file is not tried again.
func (f *File[T]) Look() (renewed bool, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	defer func() { f.note(err) }()
	now, err := os.Stat(f.path)
	if err != nil {
		f.before = nil
		return false, err // it quotes the path
	}
	rests := same(f.before, now)
	f.before = now
	if !rests || same(f.tried, now) {
		return false, nil
	}
	return f.read(now)
}

// Reload reads the file again, changed or not. With an error what was in use stays so.
func (f *File[T]) Reload() (err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	defer func() { f.note(err) }()
	now, err := os.Stat(f.path)
	if err != nil {
		return err
	}
	f.before = now
	_, err = f.read(now)
	return err
}

// note notes what came of a look: a fault, or that the file is the one in use.
func (f *File[T]) note(err error) {
	if err != nil {
		f.refused.Store(true)
	} else if same(f.used, f.before) {
		f.refused.Store(false)
	}
}

// same reports whether nothing tells two looks at a file apart.
func same(a, b os.FileInfo) bool {
	return a != nil && b != nil && os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
}

var (
	errNoFile   = errors.New("it is no regular file")
	errTooLarge = errors.New("it has more than 1 GiB")
	errChanging = errors.New("it changed while it was read")
)

func (f *File[T]) read(now os.FileInfo) (renewed bool, err error) {
	switch {
	case !now.Mode().IsRegular(): // reading a pipe would wait for its writer
		err = errNoFile
	case now.Size() > most:
		err = errTooLarge
	}
	if err != nil {
		f.tried = now
		return false, fmt.Errorf("%s: %w", f.path, err)
	}
	data, err := os.ReadFile(f.path)
	if err != nil {
		return false, err
	}
	if after, err := os.Stat(f.path); err != nil || !same(now, after) || int64(len(data)) != now.Size() {
		return false, fmt.Errorf("%s: %w", f.path, errChanging)
	}
	f.tried = now
	made, err := f.open(data)
	if err != nil {
		return false, fmt.Errorf("%s: %w", f.path, err)
	}
	f.current.Store(made)
	f.used = now
	return true, nil
}
