package ramlog_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"

	"oboro/internal/ramlog"
)

// small is the layout of most tests: records reach many segments quickly.
var small = ramlog.Layout{Segment: 8 << 10}

const smallLimit = 256 << 10

var seed atomic.Uint32

// fresh returns a source of keys that no other has.
func fresh() io.Reader {
	return rand.NewChaCha8([32]byte{byte(seed.Add(1)), byte(seed.Load() >> 8), byte(seed.Load() >> 16)})
}

// ram returns a directory for a log, in RAM where there is some, since many tests
// open a log a thousand times.
func ram(t testing.TB) string {
	t.Helper()
	var shm unix.Statfs_t
	err := unix.Statfs("/dev/shm", &shm)
	dir := ""
	if err == nil && shm.Bavail*uint64(shm.Bsize) > 512<<20 {
		dir, err = os.MkdirTemp("/dev/shm", "ramlog")
	}
	if err != nil || dir == "" {
		dir = t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return filepath.Join(dir, "log")
}

func open(t testing.TB, layout ramlog.Layout, dir string, limit int64) *ramlog.Log {
	t.Helper()
	l, err := layout.Open(dir, fresh(), limit)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// replay opens the log in dir and returns it with the records it holds.
func replay(t testing.TB, layout ramlog.Layout, dir string, limit int64) (*ramlog.Log, [][]byte) {
	t.Helper()
	l := open(t, layout, dir, limit)
	records, err := all(l)
	if err != nil {
		t.Fatal(err)
	}
	return l, records
}

func all(l *ramlog.Log) (records [][]byte, err error) {
	err = l.Replay(func(record []byte) error {
		records = append(records, bytes.Clone(record))
		return nil
	})
	return records, err
}

func appendAll(t testing.TB, l *ramlog.Log, records ...[]byte) {
	t.Helper()
	for i, r := range records {
		if err := l.Append(r); err != nil {
			t.Fatalf("Append of record %d, %d bytes: %v", i, len(r), err)
		}
	}
}

func same(t testing.TB, what string, got, want [][]byte) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d records stand, want %d", what, len(got), len(want))
	}
	for i := range got {
		if !bytes.Equal(got[i], want[i]) {
			t.Fatalf("%s: record %d is another one", what, i)
		}
	}
}

// texts returns n short records.
func texts(word string, n int) (records [][]byte) {
	for i := range n {
		records = append(records, fmt.Appendf(nil, "%s %d", word, i))
	}
	return records
}

// filled returns a record of n bytes that no other number has.
func filled(number uint64, n int) []byte {
	seed := [32]byte{}
	binary.LittleEndian.PutUint64(seed[:], number)
	record := make([]byte, n)
	rand.NewChaCha8(seed).Read(record)
	return record
}

// TestRecordsStandInOrder appends records of all sizes, in three lives of the log.
// Seen to fail when a roll leaves the offset of the segment before, and when the
// reader takes the parts of a record as records.
func TestRecordsStandInOrder(t *testing.T) {
	var want [][]byte
	for i, n := range []int{0, 1, 60, ramlog.Smallest, ramlog.Smallest + 1, 8 << 10, 64 << 10, 0, 20 << 20, 1, 4<<20 - 56, 4<<20 - 55, 7} {
		want = append(want, filled(uint64(i), n))
	}
	dir, limit := ram(t), int64(128<<20)
	for life := range 3 {
		l, got := replay(t, ramlog.Layout{}, dir, limit)
		var before [][]byte
		for range life {
			before = append(before, want...)
		}
		same(t, fmt.Sprintf("life %d", life), got, before)
		appendAll(t, l, want...)
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
	_, got := replay(t, ramlog.Layout{}, dir, limit)
	same(t, "at the end", got, append(append(append([][]byte{}, want...), want...), want...))
}

// TestEverySizeAroundTheEndOfASegment lays a record against the end of a segment
// at every distance. Seen to fail when share forgets the tag.
func TestEverySizeAroundTheEndOfASegment(t *testing.T) {
	dir := ram(t)
	l, _ := replay(t, small, dir, smallLimit)
	var want [][]byte
	for left := range 200 {
		if err := l.Reset(nil); err != nil {
			t.Fatal(err)
		}
		// Two records fill the segment but for a few bytes.
		first := filled(1, ramlog.Smallest)
		taken := ramlog.HeaderSize + ramlog.FrameSize(8) + 2*ramlog.FrameSize(0) + ramlog.Smallest
		second := filled(2, int(small.Segment)-taken-left)
		want = [][]byte{first, second, filled(3, 60), filled(4, 5000)}
		appendAll(t, l, want...)
		l.Close()
		var got [][]byte
		l, got = replay(t, small, dir, smallLimit)
		same(t, fmt.Sprintf("%d bytes before the end", left), got, want)
	}
}

// TestConcurrentAppends has eight goroutines append: each finds its own records in
// its own order. It is for the race detector.
func TestConcurrentAppends(t *testing.T) {
	const writers, each = 8, 500
	dir := ram(t)
	l, _ := replay(t, small, dir, 4<<20)
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				if err := l.Append(fmt.Appendf(nil, "%d %d", w, i)); err != nil {
					t.Errorf("writer %d: %v", w, err)
					return
				}
				l.Size()
			}
		})
	}
	wg.Wait()
	l.Close()
	_, got := replay(t, small, dir, 4<<20)
	next := [writers]int{}
	for _, r := range got {
		var w, i int
		if _, err := fmt.Sscanf(string(r), "%d %d", &w, &i); err != nil || i != next[w] {
			t.Fatalf("writer %d has record %d where %d belongs", w, i, next[w])
		}
		next[w]++
	}
	if len(got) != writers*each {
		t.Errorf("%d records stand, want %d", len(got), writers*each)
	}
}

// TestOnlyOneHoldsTheLog. Seen to fail when Open does not lock, and when Close does
// not unlock.
func TestOnlyOneHoldsTheLog(t *testing.T) {
	dir := ram(t)
	l := open(t, small, dir, smallLimit)
	if _, err := small.Open(dir, fresh(), smallLimit); !errors.Is(err, ramlog.ErrBusy) {
		t.Errorf("a second Open: %v, want ErrBusy", err)
	}
	l.Close()
	if l, err := small.Open(dir, fresh(), smallLimit); err != nil {
		t.Errorf("Open after Close: %v", err)
	} else {
		l.Close()
	}
}

// TestOrderOfCalls holds what may be called when. Seen to fail when Append does not
// wait for Replay.
func TestOrderOfCalls(t *testing.T) {
	dir := ram(t)
	l := open(t, small, dir, smallLimit)
	if err := l.Append([]byte("early")); err == nil {
		t.Error("Append before Replay is taken")
	}
	if _, err := all(l); err != nil {
		t.Fatal(err)
	}
	if _, err := all(l); err == nil {
		t.Error("a second Replay is taken")
	}
	appendAll(t, l, []byte("a"), []byte("b"))
	l.Close()
	if err := l.Close(); err != nil {
		t.Errorf("a second Close: %v", err)
	}
	for name, err := range map[string]error{
		"Append": l.Append(nil), "Reset": l.Reset(nil), "Replay": l.Replay(func([]byte) error { return nil }),
	} {
		if !errors.Is(err, os.ErrClosed) {
			t.Errorf("%s after Close: %v, want os.ErrClosed", name, err)
		}
	}
	l = open(t, small, dir, smallLimit)
	stop := errors.New("stop")
	if err := l.Replay(func([]byte) error { return stop }); err != stop {
		t.Errorf("Replay with an error of yield: %v, want that error", err)
	}
	if err := l.Append(nil); err == nil {
		t.Error("Append after a Replay that was stopped is taken")
	}
	got, err := all(l)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "replayed again", got, [][]byte{[]byte("a"), []byte("b")})
}

// TestOpenRefuses what cannot work. Seen to fail when the limit is not compared
// with the space, and when the mode of the directory is not looked at.
func TestOpenRefuses(t *testing.T) {
	shared := ram(t)
	if err := os.Mkdir(shared, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(shared, 0o777); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		dir    string
		layout ramlog.Layout
		limit  int64
		want   error
	}{
		{"more than the file system has", ram(t), ramlog.Layout{}, 1 << 50, ramlog.ErrRoom},
		{"too little for three segments", ram(t), small, 20 << 10, nil},
		{"too little by default", ram(t), ramlog.Layout{}, 100 << 10, nil},
		{"segments too small", ram(t), ramlog.Layout{Segment: 4096}, 1 << 20, nil},
		{"segments too large", ram(t), ramlog.Layout{Segment: 16 << 20}, 1 << 30, nil},
		{"a directory that others write in", shared, small, smallLimit, nil},
	} {
		l, err := tt.layout.Open(tt.dir, fresh(), tt.limit)
		if err == nil {
			l.Close()
			t.Errorf("%s: Open takes it", tt.name)
		}
		if tt.want != nil && !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
	}
}

// TestNoRandomNoLog: without a key there is no log, and the next Open begins one.
func TestNoRandomNoLog(t *testing.T) {
	dir := ram(t)
	if _, err := small.Open(dir, bytes.NewReader(make([]byte, 31)), smallLimit); err == nil {
		t.Fatal("Open takes 31 random bytes")
	}
	l, got := replay(t, small, dir, smallLimit)
	same(t, "begun later", got, nil)
	appendAll(t, l, []byte("a"))
}

// TestNothingIsInClear searches the files for a record. Seen to fail when a frame
// is not sealed.
func TestNothingIsInClear(t *testing.T) {
	dir := ram(t)
	l, _ := replay(t, small, dir, smallLimit)
	canary := []byte("a record that nobody may read")
	appendAll(t, l, canary, bytes.Repeat(canary, 1000))
	for name, content := range files(t, dir) {
		if bytes.Contains(content, canary[:8]) {
			t.Errorf("%s holds the record in clear", name)
		}
	}
}

// files returns the content of all files in dir.
func files(t testing.TB, dir string) map[string][]byte {
	t.Helper()
	contents := map[string][]byte{}
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if os.IsNotExist(err) || strings.HasSuffix(path, ".new") {
			return nil // a segment that just got its name
		}
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		contents[name], err = os.ReadFile(path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(contents) == 0 {
		t.Fatal("there are no files")
	}
	return contents
}
