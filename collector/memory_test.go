package collector_test

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"fmt"
	"io"
	"iter"
	"os"
	"strings"
	"testing"
	"time"
	"unsafe"

	"oboro/collector"
	"oboro/collector/hit"
)

// veil hides what a test looks for from its own search.
const veil = 0x5a

// A drawer gives random bytes, and keeps them veiled.
type drawer struct{ veiled []byte }

func (d *drawer) Read(b []byte) (int, error) {
	n, err := rand.Read(b)
	d.veiled = d.veiled[:0]
	for _, c := range b[:n] {
		d.veiled = append(d.veiled, c^veil)
	}
	return n, err
}

// A searcher looks through the memory of this process, but for desk, where it puts
// what it reads. It never has what it looks for in one piece, not even in a register:
// an interrupt would write that to a stack.
type searcher struct {
	t      *testing.T
	memory *os.File
	desk   []byte
}

func newSearcher(t *testing.T) *searcher {
	t.Helper()
	memory, err := os.Open("/proc/self/mem")
	if err != nil {
		t.Skipf("SKIPPED: this process cannot read its own memory: %v", err)
	}
	t.Cleanup(func() { memory.Close() })
	return &searcher{t, memory, make([]byte, 1<<20)}
}

// find returns how often what is veiled is found, and in how many bytes.
func (s *searcher) find(veiled []byte) (found, looked int) {
	s.t.Helper()
	defer clear(s.desk)
	desk := uint64(uintptr(unsafe.Pointer(&s.desk[0])))
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		s.t.Fatal(err)
	}
	for lines := bufio.NewScanner(bytes.NewReader(maps)); lines.Scan(); {
		var from, to uint64
		var mode string
		fmt.Sscanf(lines.Text(), "%x-%x %s", &from, &to, &mode)
		if !strings.HasPrefix(mode, "rw") || to-from > 1<<32 { // the race detector's shadow is no copy
			continue
		}
		for at := from; at < to; at += uint64(len(s.desk) - len(veiled)) {
			n, err := s.memory.ReadAt(s.desk[:min(uint64(len(s.desk)), to-at)], int64(at))
			if err != nil && err != io.EOF {
				break
			}
			looked += n
			for i := range places(s.desk[:n], veiled) {
				if where := at + uint64(i); where < desk || where >= desk+uint64(len(s.desk)) {
					found++
				}
			}
		}
	}
	return found, looked
}

// places yields where in memory the bytes are that are veiled.
func places(memory, veiled []byte) iter.Seq[int] {
	return func(yield func(int) bool) {
		for at := 0; ; at++ {
			next := bytes.IndexByte(memory[at:], veiled[0]^veil)
			if at += next; next < 0 || at+len(veiled) > len(memory) {
				return
			}
			same := 1
			for same < len(veiled) && memory[at+same]^veil == veiled[same] {
				same++
			}
			if same == len(veiled) && !yield(at) {
				return
			}
		}
	}
}

// TestKeyIsGoneFromMemory looks for the key of a day in the process's own memory:
// while the day is under way it is there, which shows that the search finds it, and
// once the day is closed it is nowhere. So it is with a key that came back from the
// RAM log after a kill. Not looked for is the key as SipHash mixes it, of which a stack
// that grows at that moment may leave a copy.
//
// Seen to fail when Destroy leaves the key, when Turn leaves the opening record, and
// when Reopen takes the key by way of another copy.
func TestKeyIsGoneFromMemory(t *testing.T) {
	s := newSearcher(t)
	for _, killed := range []bool{false, true} {
		t.Run(fmt.Sprintf("killed in between %v", killed), func(t *testing.T) {
			w, d := newWorld(t, everything), &drawer{}
			w.random = d
			veiledDay := w.veiling(t)
			use := func() {
				for range 50 {
					w.one(t, visitor.view("/"))
				}
			}
			use()
			veiled := bytes.Clone(d.veiled)
			if killed {
				w.collector.Close()
				w.veiling(t)
				opening := make([]byte, len(*veiledDay))
				for i, c := range *veiledDay {
					opening[i] = c ^ veil
				}
				if err := w.collector.Replay(opening); err != nil {
					t.Fatal(err)
				}
				clear(opening) // as the RAM log does
				use()
			}
			if n, looked := s.find(veiled); n == 0 {
				t.Fatalf("the key is not found while it is in use, in %d bytes: the search sees nothing", looked)
			}
			w.set(midnight.Add(time.Second))
			if err := w.collector.Turn(); err != nil {
				t.Fatal(err)
			}
			if n, _ := s.find(veiled); n != 0 {
				t.Errorf("the key of a closed day is in memory %d times", n)
			}
			if w.collector.Visitors() != 0 || hit.DayOf(w.now()) != hit.DayOf(noon)+1 {
				t.Error("the day has not changed")
			}
		})
	}
}

// veiling gives the world another collector, and returns the opening record of the
// latest day, veiled.
func (w *world) veiling(t *testing.T) *[]byte {
	t.Helper()
	veiled := new([]byte)
	config := w.config(everything)
	config.Turned = func(_ hit.Day, opening []byte) error {
		*veiled = nil
		for _, c := range opening {
			*veiled = append(*veiled, c^veil)
		}
		return nil
	}
	var err error
	if w.collector, err = collector.New(config); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.collector.Close)
	w.server = w.collector.NewServer()
	return veiled
}
