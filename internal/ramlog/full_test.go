package ramlog_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"oboro/internal/ramlog"
)

// TestFullByLimit fills logs of 1 MB and 64 MB: nothing of the record that does not
// fit is written, a smaller one still fits, and the files stay within the limit.
// Seen to fail when a divided record is begun before all its segments are there,
// and when a segment is made beyond the limit.
func TestFullByLimit(t *testing.T) {
	for _, limit := range []int64{1 << 20, 64 << 20} {
		dir := ram(t)
		l, _ := replay(t, ramlog.Layout{}, dir, limit)
		var want [][]byte
		for i := 0; ; i++ {
			record := filled(uint64(i), 30_000+i%7*1000)
			err := l.Append(record)
			if errors.Is(err, ramlog.ErrFull) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			want = append(want, record)
		}
		small := filled(1, 60)
		n := fill(t, l, small)
		if n == 0 {
			t.Errorf("limit %d: nothing fits behind a record that does not", limit)
		}
		for range n {
			want = append(want, small)
		}
		used, most := l.Size()
		if least := limit * 3 / 4; used > most || most > limit*7/8 || used < least {
			t.Errorf("limit %d: %d bytes are used of %d, want at least %d of seven eighths", limit, used, most, least)
		}
		sum := int64(0)
		for name, content := range files(t, dir) {
			if filepath.Base(name) != "key" {
				sum += int64(len(content))
			}
		}
		if sum > limit {
			t.Errorf("limit %d: the segments take %d bytes", limit, sum)
		}
		l.Close()
		_, got := replay(t, ramlog.Layout{}, dir, limit)
		same(t, fmt.Sprintf("limit %d", limit), got, want)
	}
}

// tmpfs mounts a small file system.
func tmpfs(t *testing.T, size int) string {
	t.Helper()
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d", size)); err != nil {
		t.Skipf("SKIPPED: a tmpfs cannot be mounted here, which needs root: %v", err)
	}
	t.Cleanup(func() { unix.Unmount(dir, unix.MNT_DETACH) })
	return dir
}

// stuff fills the file system with one file.
func stuff(t *testing.T, dir string) (file string) {
	t.Helper()
	f, err := os.Create(filepath.Join(dir, "stuffing"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	block := make([]byte, 4096)
	for err == nil {
		_, err = f.Write(block)
	}
	if !errors.Is(err, unix.ENOSPC) {
		t.Fatal(err)
	}
	return f.Name()
}

// TestFullFileSystem has others fill the tmpfs: the log sheds, goes on once there is
// space, can be closed for the day while there is none, and can be opened.
//
// Seen to fail when segments are not allocated (the test dies of SIGBUS), when a
// segment that could not be made is not tried again, when next/ is not made ready at
// Open, and after a Reset, and when Room does not ask the file system.
func TestFullFileSystem(t *testing.T) {
	mount := tmpfs(t, 2<<20)
	dir, limit := filepath.Join(mount, "log"), int64(1536<<10)
	l, _ := replay(t, ramlog.Layout{}, dir, limit)
	record := filled(1, 500)
	appendAll(t, l, record)
	if used, most := l.Size(); l.Room() != most-used {
		t.Errorf("there is room for %d bytes with an empty file system, want %d", l.Room(), most-used)
	}
	stuffing := stuff(t, mount)
	n := 1 + fill(t, l, record)
	if used, most := l.Size(); used > most/2 {
		t.Fatalf("%d of %d bytes are used: it was not the file system that was full", used, most)
	}
	if room := l.Room(); room >= int64(ramlog.FrameSize(len(record))) {
		t.Errorf("there is room for %d bytes in a full file system", room)
	}
	if n += fill(t, l, record); n > 1000 {
		t.Errorf("%d records are taken by a full file system", n)
	}
	l.Close()
	l, got := replay(t, ramlog.Layout{}, dir, limit)
	if len(got) != n {
		t.Fatalf("%d records stand, want %d", len(got), n)
	}
	if err := os.Remove(stuffing); err != nil {
		t.Fatal(err)
	}
	more := fill(t, l, record)
	if used, most := l.Size(); more < n || used < most-most/8 {
		t.Errorf("with space again only %d records more are taken, %d of %d bytes", more, used, most)
	}
	for range 3 {
		stuff(t, mount)
		if err := l.Reset([][]byte{[]byte("kept")}); err != nil {
			t.Errorf("Reset on a full file system: %v", err)
		}
		appendAll(t, l, record)
	}
	l.Close()
	_, got = replay(t, ramlog.Layout{}, dir, limit)
	same(t, "after Reset", got, [][]byte{[]byte("kept"), record})
}

// TestSmallFileSystem: the log says at its start that it cannot keep to its limit.
func TestSmallFileSystem(t *testing.T) {
	mount := tmpfs(t, 64<<20)
	if _, err := ramlog.Open(filepath.Join(mount, "log"), fresh(), 64<<20); !errors.Is(err, ramlog.ErrRoom) {
		t.Errorf("64 MiB for a log in a tmpfs of 64 MiB: %v, want ErrRoom", err)
	}
	l, err := ramlog.Open(filepath.Join(mount, "log"), fresh(), 60<<20)
	if err != nil {
		t.Fatalf("60 MiB for a log in a tmpfs of 64 MiB: %v", err)
	}
	l.Close()
}

// TestLimitMayChange opens a log with a smaller limit and other segments than it was
// written with. Seen to fail when a segment must have the size of the day.
func TestLimitMayChange(t *testing.T) {
	dir := ram(t)
	l, _ := replay(t, small, dir, smallLimit)
	want := texts("before", 5000)
	appendAll(t, l, want...)
	l.Close()
	other := ramlog.Layout{Segment: 16 << 10}
	l, got := replay(t, other, dir, 64<<10)
	same(t, "with a quarter of the limit", got, want)
	n := fill(t, l, filled(1, 60))
	if used, most := l.Size(); used > most {
		t.Errorf("%d of %d bytes are used", used, most)
	}
	l.Close()
	l, got = replay(t, other, dir, smallLimit)
	if len(got) != len(want)+n {
		t.Errorf("%d records stand, want %d", len(got), len(want)+n)
	}
	if more := fill(t, l, filled(1, 60)); more == 0 {
		t.Error("nothing fits with the old limit")
	}
	l.Close()
	l, _ = replay(t, small, dir, 64<<10)
	if err := l.Reset(texts("kept", 10)); err != nil {
		t.Errorf("Reset with a quarter of the limit: %v", err)
	}
	l.Close()
	_, got = replay(t, other, dir, 64<<10)
	same(t, "kept", got, texts("kept", 10))
}

// TestNoFileDescriptors: a flood that takes all of them makes the log shed, and
// does not keep the day from being closed. Seen to fail when Reset lists the files
// that it removes.
func TestNoFileDescriptors(t *testing.T) {
	dir := ram(t)
	l, _ := replay(t, small, dir, smallLimit)
	record := filled(1, 60)
	appendAll(t, l, record)
	var before unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &before); err != nil {
		t.Fatal(err)
	}
	few := before
	few.Cur = 64
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &few); err != nil {
		t.Fatal(err)
	}
	defer unix.Setrlimit(unix.RLIMIT_NOFILE, &before)
	var taken []*os.File
	for {
		f, err := os.Open(os.DevNull)
		if err != nil {
			break
		}
		taken = append(taken, f)
	}
	n := fill(t, l, record)
	if err := l.Reset([][]byte{record}); err != nil {
		t.Errorf("Reset without file descriptors: %v", err)
	}
	appendAll(t, l, record)
	for _, f := range taken {
		f.Close()
	}
	if _, err := os.Stat(filepath.Join(dir, generation1)); !os.IsNotExist(err) {
		t.Errorf("the old generation is still there: %v", err)
	}
	// One record stood before the first filling, two before the second.
	if more := fill(t, l, record); more+2 < n+1 {
		t.Errorf("with file descriptors again only %d records fit, and %d fit without", more+2, n+1)
	}
}

// What the records take is the same to who wrote them and to who reads them again, and
// AppendLeaving stops where as much is left as it was told. Seen to fail when a segment
// that is full is not counted while writing, when it is not while reading, and when
// AppendLeaving leaves half of what it should.
func TestUsedAcrossSegments(t *testing.T) {
	layout, dir, limit := ramlog.Layout{Segment: 8 << 10}, ram(t), int64(256<<10)
	l, _ := replay(t, layout, dir, limit)
	record := filled(1, 100)
	n := 0
	for l.AppendLeaving(record, 4) == nil {
		n++
	}
	used, most := l.Size()
	if step := int64(ramlog.FrameSize(len(record))); used <= most-most/4 || used > most-most/4+step+8<<10 {
		t.Errorf("%d bytes of %d are used, want a quarter left and no more", used, most)
	}
	if least := int64(n * ramlog.FrameSize(len(record))); used < least || used > least+least/16 {
		t.Errorf("%d bytes are used by records of %d", used, least)
	}
	appendAll(t, l, record)
	if used, _ = l.Size(); l.Close() != nil {
		t.Fatal("the log is not closed")
	}
	l, records := replay(t, layout, dir, limit)
	if again, _ := l.Size(); again != used || len(records) != n+1 {
		t.Errorf("read again %d bytes are used by %d records, want %d by %d", again, len(records), used, n+1)
	}
}
