package ramlog

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

// A generation is one key and the segments sealed with it, in a directory. It is
// guarded by the mutex of its log.
type generation struct {
	dir       string
	size      int   // of segments yet to be made
	limit     int64 // of all segments together
	allocated int64 // by all segments together
	key       *key
	broken    error // why it cannot be replayed

	segments []*segment // in order; those before at are full and not mapped
	at       int        // the segment that is written to,
	offset   int        // and where
	full     int64      // bytes of the segments before it
	sequence uint64     // of the next frame
	begun    bool       // the life frame of this life stands

	making chan made // delivers the segment being made ahead; nil when none is
	behind sync.WaitGroup
}

type made struct {
	segment *segment
	err     error
}

// makeGeneration makes a generation in dir, ready to be given a secret: from there
// on, the records that fit its first segment need no more space.
func makeGeneration(dir string, size int, limit int64) (*generation, error) {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make a generation of the RAM log: %w", roomless(err))
	}
	g := &generation{dir: dir, size: size, limit: limit, offset: headerSize}
	var err error
	if g.key, err = makeKey(dir); err == nil {
		err = g.extend()
	}
	if err != nil {
		return nil, errors.Join(err, g.discard())
	}
	return g, nil
}

// openGeneration opens the generation in dir. That it is damaged is no error yet:
// it can still be reset.
func openGeneration(dir string, size int, limit int64) (*generation, error) {
	g := &generation{dir: dir, size: size, limit: limit, offset: headerSize}
	if err := g.list(); err != nil {
		return nil, err
	}
	var err error
	if g.key, err = openKey(dir); errors.Is(err, ErrDamaged) {
		g.broken, err = err, nil
	}
	return g, err
}

// list finds the segments, which must be numbered from 1 without a gap.
func (g *generation) list() error {
	entries, err := os.ReadDir(g.dir) // sorted by name, which is by number
	if err != nil {
		return fmt.Errorf("list the RAM log: %w", err)
	}
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".new") {
			os.Remove(filepath.Join(g.dir, e.Name()))
		}
		number := uint32(len(g.segments) + 1)
		if !strings.HasPrefix(e.Name(), "segment-") || strings.HasSuffix(e.Name(), ".new") {
			continue
		}
		stat, err := e.Info()
		if err != nil {
			return fmt.Errorf("list the RAM log: %w", err)
		}
		if e.Name() != segmentName(number) || !stat.Mode().IsRegular() || stat.Size() > math.MaxInt32 {
			g.broken = Damage{}
			continue
		}
		g.add(&segment{number: number, size: int(stat.Size())})
	}
	if len(g.segments) == 0 {
		g.broken = Damage{}
	}
	return nil
}

func (g *generation) add(s *segment) {
	g.segments = append(g.segments, s)
	g.allocated += int64(s.size)
}

// used is asked for with each record, so it does not go through the segments.
func (g *generation) used() int64 { return g.full + int64(g.offset) }

func (g *generation) capacity() int64 {
	n := g.allocated
	if more := g.limit - g.allocated; more > 0 {
		n += more / int64(g.size) * int64(g.size) // one in the making is not counted yet
	}
	return n
}

// room is what capacity leaves, as far as the file system has it.
func (g *generation) room() int64 {
	n, size := g.capacity()-g.allocated, int64(g.size)
	if free, err := free(g.dir); err == nil {
		n = min(n, free/size*size)
	}
	return g.allocated - g.used() + n
}

// mayGrow reports whether one more segment is within the limit.
func (g *generation) mayGrow() bool { return g.allocated+int64(g.size) <= g.limit }

// extend makes one more segment, and waits for it. That there is no space is found
// out cheaply: a full log is asked for every hit.
func (g *generation) extend() error {
	if !g.mayGrow() {
		return ErrFull
	}
	if free, err := free(g.dir); err == nil && free < int64(g.size) {
		return ErrFull
	}
	s, err := makeSegment(g.dir, uint32(len(g.segments)+1), g.size)
	if err != nil {
		return err
	}
	g.add(s)
	return nil
}

// lookAhead has the next segment made in the background, so that an Append finds
// it ready, and gives up the mapping of one that is full.
func (g *generation) lookAhead(full []byte) {
	makes := g.making == nil && g.at+1 == len(g.segments) && g.mayGrow()
	if !makes && full == nil {
		return
	}
	dir, number, size := g.dir, uint32(len(g.segments)+1), g.size
	ready := make(chan made, 1)
	if makes {
		g.making = ready
	}
	g.behind.Go(func() {
		if makes {
			s, err := makeSegment(dir, number, size)
			ready <- made{s, err}
		}
		if full != nil {
			unix.Munmap(full)
		}
	})
}

// collect waits for the segment being made, if any. That it could not be made is
// forgotten: who needs it tries again.
func (g *generation) collect() {
	if g.making == nil {
		return
	}
	m := <-g.making
	g.making = nil
	if m.err == nil {
		g.add(m.segment)
	}
}

// release gives up all that is mapped, and the key in memory.
func (g *generation) release() {
	g.collect()
	g.behind.Wait()
	for _, s := range g.segments {
		s.detach()
	}
	g.key.release()
}

// discard overwrites the key, and then removes the generation.
func (g *generation) discard() error {
	err := g.key.destroy()
	g.release()
	if err != nil {
		return fmt.Errorf("overwrite a key: %w", err)
	}
	return g.remove()
}

// remove removes the files of the generation. As a rule it opens none, so that it
// works where no more can be opened.
func (g *generation) remove() error {
	for _, s := range g.segments {
		os.Remove(filepath.Join(g.dir, segmentName(s.number)))
	}
	os.Remove(filepath.Join(g.dir, "key"))
	return os.RemoveAll(g.dir)
}

// free returns how many bytes of space the file system has left.
func free(dir string) (int64, error) {
	var stat unix.Statfs_t
	if err := unix.Statfs(dir, &stat); err != nil {
		return 0, fmt.Errorf("look at the file system of the RAM log: %w", err)
	}
	if stat.Blocks == 0 { // a tmpfs without a bound
		return math.MaxInt64, nil
	}
	return int64(min(stat.Bavail, math.MaxInt64/uint64(stat.Bsize))) * int64(stat.Bsize), nil
}
