package ramlog

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

const (
	magic      = "oboroRAM"
	headerSize = 32
)

// A segment is one file of frames. It has its right name only once it is allocated
// and has its header.
type segment struct {
	number uint32
	size   int
	mem    []byte // nil while it is not mapped
}

func segmentName(number uint32) string { return fmt.Sprintf("segment-%08d", number) }

// makeSegment makes a segment, with all its pages allocated and mapped.
func makeSegment(dir string, number uint32, size int) (*segment, error) {
	name := filepath.Join(dir, segmentName(number))
	f, err := os.OpenFile(name+".new", os.O_CREATE|os.O_TRUNC|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("make a segment: %w", roomless(err))
	}
	defer f.Close()
	mem, err := allocate(f, size)
	if err != nil {
		os.Remove(name + ".new")
		return nil, err
	}
	copy(mem, header(number, size))
	if err := os.Rename(name+".new", name); err != nil {
		unix.Munmap(mem)
		os.Remove(name + ".new")
		return nil, fmt.Errorf("make a segment: %w", err)
	}
	return &segment{number: number, size: size, mem: mem}, nil
}

func header(number uint32, size int) []byte {
	h := make([]byte, headerSize)
	copy(h, magic)
	binary.LittleEndian.PutUint32(h[8:], version)
	binary.LittleEndian.PutUint32(h[12:], number)
	binary.LittleEndian.PutUint64(h[16:], uint64(size))
	return h
}

// allocate gives an empty file its pages and maps them, so that no write to them
// can fail, or wait for one to be found.
func allocate(f *os.File, size int) ([]byte, error) {
	for {
		err := unix.Fallocate(int(f.Fd()), 0, 0, int64(size))
		if err == nil {
			break
		}
		if !errors.Is(err, unix.EINTR) {
			return nil, fmt.Errorf("allocate a file of the RAM log: %w", roomless(err))
		}
	}
	return mapped(f, size)
}

// roomless makes an error that tells of a lack of space [ErrFull].
func roomless(err error) error {
	for _, lack := range []error{unix.ENOSPC, unix.EDQUOT, unix.ENOMEM, unix.EAGAIN, unix.EMFILE, unix.ENFILE} {
		if errors.Is(err, lack) {
			return fmt.Errorf("%w: %w", ErrFull, err)
		}
	}
	return err
}

// attach maps a segment that stands, and looks at its header.
func (s *segment) attach(dir string) error {
	if s.size < headerSize {
		return Damage{Segment: s.number, Offset: int64(s.size)}
	}
	if s.mem == nil {
		f, err := os.OpenFile(filepath.Join(dir, segmentName(s.number)), os.O_RDWR, 0)
		if err != nil {
			return fmt.Errorf("open a segment: %w", err)
		}
		defer f.Close()
		if s.mem, err = mapped(f, s.size); err != nil {
			return err
		}
	}
	return s.check()
}

func mapped(f *os.File, size int) ([]byte, error) {
	mem, err := unix.Mmap(int(f.Fd()), 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_POPULATE)
	if err != nil {
		return nil, fmt.Errorf("map a file of the RAM log: %w", roomless(err))
	}
	return mem, nil
}

// check compares the header with what it must be.
func (s *segment) check() error {
	want := header(s.number, s.size)
	for i := range want {
		if i == 8 && string(s.mem[:8]) == magic && binary.LittleEndian.Uint32(s.mem[8:]) > version {
			return ErrNewer
		}
		if s.mem[i] != want[i] {
			return Damage{Segment: s.number, Offset: int64(i)}
		}
	}
	if s.size < leastSegment || s.size > mostSegment || s.size%frameAlign != 0 {
		return Damage{Segment: s.number, Offset: 16}
	}
	return nil
}

// detach gives up the mapping; the file stays.
func (s *segment) detach() {
	if s.mem != nil {
		unix.Munmap(s.mem)
		s.mem = nil
	}
}
