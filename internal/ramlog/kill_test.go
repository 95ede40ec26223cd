package ramlog_test

import (
	"bufio"
	"bytes"
	crand "crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"oboro/internal/ramlog"
)

// The child process is this test binary with these variables in its environment.
const (
	childDir   = "RAMLOG_TEST_CHILD"
	childReset = "RAMLOG_TEST_RESET_EVERY"
)

const (
	killLimit = 32 << 20
	kept      = 3 // records that the child's Reset keeps
)

var killLayout = ramlog.Layout{Segment: 64 << 10}

// numbered returns the record with that number: mostly short, some divided.
func numbered(n uint64) []byte {
	size := 60
	switch {
	case n%500 == 499:
		size = 1 << 20
	case n%20 == 19:
		size = 30_000
	}
	record := binary.LittleEndian.AppendUint64(nil, n)
	return append(record, bytes.Repeat([]byte{byte(n), byte(n >> 8), 0xa5}, size/3)...)
}

// TestMain is the child where it is asked to be.
func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		every, _ := strconv.Atoi(os.Getenv(childReset))
		fmt.Fprintln(os.Stderr, child(dir, uint64(every)))
		os.Exit(1)
	}
	goleak.VerifyTestMain(m) // seen to fail when Close does not wait for what works behind
}

// child goes on with the log in dir until it is killed. It says "n" once the
// record n stands, and "r n" once Reset has begun a log whose first record is n.
func child(dir string, every uint64) error {
	l, err := killLayout.Open(dir, crand.Reader, killLimit)
	if err != nil {
		return err
	}
	next := uint64(0)
	if err := l.Replay(func(record []byte) error {
		next = binary.LittleEndian.Uint64(record) + 1
		return nil
	}); err != nil {
		return err
	}
	for ; ; next++ {
		if err := l.Append(numbered(next)); errors.Is(err, ramlog.ErrFull) {
			time.Sleep(time.Hour)
		} else if err != nil {
			return err
		}
		fmt.Println(next)
		if every == 0 || next%every != every-1 {
			continue
		}
		var keep [][]byte
		for n := next - kept + 1; n <= next; n++ {
			keep = append(keep, numbered(n))
		}
		if err := l.Reset(keep); err != nil {
			return err
		}
		fmt.Println("r", next-kept+1)
	}
}

// said is what a child said before it was killed.
type said struct {
	last, first uint64 // the last record that stands, the first since the last Reset
	any, reset  bool
}

// run starts a child, kills it at a random moment and returns what it said.
func run(t *testing.T, dir string, every int) (s said) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childDir+"="+dir, childReset+"="+strconv.Itoa(every))
	var complaint strings.Builder
	cmd.Stderr = &complaint
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	kill := time.AfterFunc(10*time.Second, func() { cmd.Process.Kill() }) // a child that says nothing
	for {
		line, err := lines.ReadString('\n')
		if err == io.EOF {
			break
		}
		if !s.any && !s.reset {
			kill.Reset(rand.N(25 * time.Millisecond))
		}
		if n, found := strings.CutPrefix(strings.TrimSpace(line), "r "); found {
			s.reset = true
			s.first, err = strconv.ParseUint(n, 10, 64)
		} else {
			s.any = true
			s.last, err = strconv.ParseUint(n, 10, 64)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	cmd.Wait()
	if complaint.Len() > 0 {
		t.Fatalf("the child failed: %s", complaint.String())
	}
	return s
}

// TestKilled kills a process that appends, 30 times: every record that it said
// stands does, in order and once, and at most one that it had not said yet.
//
// Seen to fail when Append stores the commit before the payload is sealed, and when
// it writes each record only with the next.
func TestKilled(t *testing.T) {
	dir := ram(t)
	last, total := int64(-1), 0
	for round := range 30 {
		s := run(t, dir, 0)
		if s.any {
			last = int64(s.last)
		}
		l, records := replay(t, killLayout, dir, killLimit)
		n := stand(t, round, records)
		if n < last || n > last+1 {
			t.Fatalf("round %d: the last record is %d, and %d was said to stand", round, n, last)
		}
		last, total = n, total+len(records)
		if err := l.Reset(records[len(records)-1:]); err != nil {
			t.Fatal(err)
		}
		l.Close()
	}
	t.Logf("%d records in 30 rounds", total)
}

// TestKilledWithResets does the same to a process that also resets its log: what
// stands is one log or the other, from its first record to its last.
//
// Seen to fail when current is switched before the kept records are written.
func TestKilledWithResets(t *testing.T) {
	const every = 7
	dir := ram(t)
	last, resets := int64(-1), 0
	for round := range 30 {
		s := run(t, dir, every)
		if s.any {
			last = int64(s.last)
		}
		if s.reset {
			resets++
		}
		l, records := replay(t, killLayout, dir, killLimit)
		l.Close()
		if len(records) == 0 {
			t.Fatalf("round %d: no record stands", round)
		}
		n := stand(t, round, records)
		if n < last || n > last+1 {
			t.Fatalf("round %d: the last record is %d, and %d was said to stand", round, n, last)
		}
		last = n
		first := binary.LittleEndian.Uint64(records[0])
		if s.reset && first != s.first && first != s.first+every {
			t.Fatalf("round %d: the first record is %d, and a log beginning with %d was said to stand", round, first, s.first)
		}
		if first != 0 && first%every != every-kept {
			t.Fatalf("round %d: a log begins with record %d, which no Reset was given as the first", round, first)
		}
	}
	if resets == 0 {
		t.Error("no child got as far as a Reset")
	}
}

// stand checks that the records have numbers one after the other, and returns the
// last, or -1.
func stand(t *testing.T, round int, records [][]byte) int64 {
	t.Helper()
	n := int64(-1)
	for i, r := range records {
		number := int64(binary.LittleEndian.Uint64(r))
		if i > 0 && number != n+1 {
			t.Fatalf("round %d: record %d comes after %d", round, number, n)
		}
		if !bytes.Equal(r, numbered(uint64(number))) {
			t.Fatalf("round %d: record %d is not as it was written", round, number)
		}
		n = number
	}
	return n
}
