package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// stateDir returns the RAM state directory: the one named, or the first of the
// usual places.
func stateDir(named string, getenv func(string) string) string {
	switch {
	case named != "":
		return named
	case getenv("RUNTIME_DIRECTORY") != "":
		return getenv("RUNTIME_DIRECTORY")
	case getenv("XDG_RUNTIME_DIR") != "":
		return filepath.Join(getenv("XDG_RUNTIME_DIR"), "oboro")
	}
	return filepath.Join("/dev/shm", "oboro-"+strconv.Itoa(os.Getuid()))
}

// openState makes the state directory, and refuses one that could reach a disk.
func openState(dir string, onDisk bool) error { return openStateBy(os.ReadFile, dir, onDisk) }

// A reading is os.ReadFile, or a test's stand-in for what the kernel says.
type reading func(name string) ([]byte, error)

func openStateBy(read reading, dir string, onDisk bool) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return misuse("state directory: %w", err)
	}
	if onDisk {
		return nil
	}
	var fs unix.Statfs_t
	if err := unix.Statfs(dir, &fs); err != nil {
		return fmt.Errorf("state directory: %w", err)
	}
	if fs.Type != unix.TMPFS_MAGIC && fs.Type != unix.RAMFS_MAGIC {
		return misuse("the state directory %s is on a disk; name one on tmpfs with --state, such as /dev/shm/oboro, "+
			"or say --state-on-disk", dir)
	}
	if fs.Type == unix.TMPFS_MAGIC && swaps(read) {
		return misuse("the state directory %s is on tmpfs, but swap is on and could write it to a disk; switch swap off, "+
			"set MemorySwapMax=0 for the service, or say --state-on-disk", dir)
	}
	return nil
}

// swaps reports whether memory of this process may be written to swap. What
// cannot be read counts as a yes.
func swaps(read reading) bool {
	table, err := read("/proc/swaps")
	if err == nil && bytes.Count(bytes.TrimSpace(table), []byte("\n")) == 0 {
		return false
	}
	groups, err := read("/proc/self/cgroup")
	group, ok := cgroup(string(groups))
	if err != nil || !ok {
		return true
	}
	limit, err := read("/sys/fs/cgroup" + group + "/memory.swap.max")
	return err != nil || string(bytes.TrimSpace(limit)) != "0"
}

// cgroup returns the path of the control group of version 2 in the text of
// /proc/self/cgroup. Lines of version 1 may stand around it.
func cgroup(text string) (path string, ok bool) {
	for line := range strings.Lines(text) {
		if path, ok = strings.CutPrefix(strings.TrimSuffix(line, "\n"), "0::"); ok {
			return path, true
		}
	}
	return "", false
}

// harden keeps what is in memory out of core dumps and away from other processes
// of the same user.
func harden() error {
	return errors.Join(
		unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}),
		unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0),
	)
}

// usualLimit is what the RAM log may take where nothing is configured.
const usualLimit = 256 << 20

// stateLimit returns the most that the RAM log may take of the state directory: half of
// what is free. A log that stands may take half of the file system, whatever is free at
// this start: else each start would leave it less, and one while others have filled the
// file system next to nothing, also once they have gone.
func (c *config) stateLimit(dir string) (int64, error) {
	if c.StateLimit > 0 {
		return int64(c.StateLimit), nil
	}
	var fs unix.Statfs_t
	if err := unix.Statfs(dir, &fs); err != nil {
		return 0, fmt.Errorf("state directory: %w", err)
	}
	if fs.Blocks == 0 { // a tmpfs without a bound
		return usualLimit, nil
	}
	blocks := fs.Bavail
	if _, err := os.Lstat(filepath.Join(dir, "log", "current")); err == nil {
		blocks = fs.Blocks
	}
	return min(usualLimit, int64(blocks)*fs.Bsize/2), nil
}

// errBusy says that another process holds the data.
var errBusy = errors.New("another process holds the data directory")

// lockData takes the lock of the data directory, or returns errBusy.
func lockData(dir string) (release func(), err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, misuse("data directory: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, misuse("data directory: %w", err)
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		f.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, errBusy
		}
		return nil, fmt.Errorf("lock the data directory: %w", err)
	}
	return func() { f.Close() }, nil
}
