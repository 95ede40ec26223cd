package audit_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"
	"golang.org/x/sys/unix"

	"oboro/internal/audit"
)

// begun is the time of the first entry of these trails.
var begun = time.Date(2026, 5, 30, 14, 0, 7, 0, time.UTC)

// look is an entry as the team's pages write it.
func look() audit.Leaf {
	return audit.Leaf{
		Action: audit.Look, Actor: audit.Dashboards, Role: audit.Team, Result: audit.Answered,
		Object: audit.Object{Site: "demo", Statistic: "pages"},
		Params: audit.Params{From: "2026-05-01", To: "2026-05-07", Format: audit.Page},
	}
}

func open(t *testing.T, dir string) *audit.Log {
	t.Helper()
	l, err := audit.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func write(t *testing.T, l *audit.Log, at time.Time, leaves ...audit.Leaf) {
	t.Helper()
	for _, leaf := range leaves {
		if err := l.Append(leaf, at); err != nil {
			t.Fatal(err)
		}
	}
}

func read(t *testing.T, dir string) (*audit.Trail, []audit.Leaf) {
	t.Helper()
	var leaves []audit.Leaf
	trail, err := audit.Read(dir, func(l audit.Leaf) error { leaves = append(leaves, l); return nil })
	if err != nil {
		t.Fatal(err)
	}
	return trail, leaves
}

// TestTrail writes entries over three months and starts in between, and reads them: each is
// there once, in its order, as it was written, and the tree is that of the log. Seen to fail
// when a start does not read the newest month, when a clock that was set back begins a month,
// and when a month begins with another edge.
func TestTrail(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "audit")
	l := open(t, dir)
	if size, _ := l.Tree(); size != 0 || l.Month() != "" {
		t.Errorf("a new trail has %d entries in %q", size, l.Month())
	}
	config := audit.Leaf{
		Action: audit.Config, Actor: audit.UID(0), Role: audit.Operator, Result: audit.Done,
		Params: audit.Params{Config: strings.Repeat("0f", 32)},
	}
	var times []string
	roots := map[int64]tlog.Hash{}
	for i, at := range []time.Time{begun, begun.Add(48 * time.Hour), begun.Add(24 * time.Hour), begun.AddDate(0, 2, 0)} {
		write(t, l, at, look(), config)
		times = append(times, at.Format(time.RFC3339), at.Format(time.RFC3339))
		size, root := l.Tree()
		roots[size] = root
		if l.Config() != config.Params.Config {
			t.Errorf("after entry %d the configuration in force is %q", size, l.Config())
		}
		l.Close()
		l = open(t, dir)
		if again, _ := l.Tree(); again != size || size != int64(2*i+2) {
			t.Errorf("%d entries, and %d after a start, want %d", size, again, 2*i+2)
		}
	}
	trail, leaves := read(t, dir)
	if !slices.Equal(trail.Months, []string{"2026-05", "2026-06", "2026-07"}) || trail.Before != 0 || trail.Torn {
		t.Errorf("the trail is read as %+v", trail)
	}
	for i, leaf := range leaves {
		want := []audit.Leaf{look(), config}[i%2]
		want.Seq, want.Root, want.Time = int64(i), leaf.Root, times[i]
		if leaf != want {
			t.Errorf("entry %d is %+v, want %+v", i, leaf, want)
		}
	}
	for size, root := range roots {
		ofLog, err1 := l.RootOf(size)
		ofTrail, err2 := trail.RootOf(size)
		if err := errors.Join(err1, err2); err != nil || ofLog != root || ofTrail != root {
			t.Errorf("at %d entries the root was %v, and is told as %v and %v (%v)", size, root, ofLog, ofTrail, err)
		}
	}
}

// small writes a trail of three months into dir, and returns its head.
func small(t *testing.T, dir string) (size int64, root tlog.Hash) {
	t.Helper()
	l := open(t, dir)
	for i := range 3 {
		write(t, l, begun.AddDate(0, i, 0), look(), look())
	}
	defer l.Close()
	return l.Tree()
}

// TestChangesAreFound changes each byte of each file, takes lines out, puts them in another
// order, cuts the end off and takes months away. Reading alone finds all but what was done to
// the last entry, which has no successor: that is found by the signed head. Seen to fail when
// roots are not compared, when the lines' form is not held, when a month need not go on from
// the one before, and when the first of the months may begin anywhere.
func TestChangesAreFound(t *testing.T) {
	dir := t.TempDir()
	size, root := small(t, dir)
	found := func(alone bool, what string) {
		t.Helper()
		trail, err := audit.Read(dir, nil)
		switch {
		case errors.Is(err, audit.ErrChanged):
		case err != nil:
			t.Errorf("%s: reading fails: %v", what, err)
		case alone:
			t.Errorf("%s: reading finds nothing", what)
		default:
			if now, err := trail.RootOf(size); err == nil && now == root {
				t.Errorf("%s: nothing is found", what)
			}
		}
	}
	for _, month := range []string{"2026-05", "2026-06", "2026-07"} {
		path := filepath.Join(dir, month+".jsonl")
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		put := func(text []byte) {
			t.Helper()
			if err := os.WriteFile(path, text, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		lines := bytes.SplitAfter(whole, []byte("\n"))
		older := month < "2026-07" // it has a successor
		for i := range whole {
			changed := bytes.Clone(whole)
			changed[i] ^= 1 << (i % 8)
			put(changed)
			found(older || i < len(whole)-len(lines[2]), fmt.Sprintf("%s with byte %d changed", month, i))
		}
		for _, with := range []struct {
			what  string
			alone bool
			lines [][]byte
		}{
			{"in another order", true, [][]byte{lines[0], lines[2], lines[1]}},
			{"without an entry", true, [][]byte{lines[0], lines[2]}},
			{"without its last entry", older, lines[:2]},
			{"with an entry twice", true, [][]byte{lines[0], lines[1], lines[2], lines[2]}},
			{"without its end", older, [][]byte{lines[0], lines[1], lines[2][:9]}},
			{"empty", true, nil},
		} {
			put(bytes.Join(with.lines, nil))
			found(with.alone, month+" "+with.what)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		found(older, month+" taken away")
		put(whole)
	}
	if trail, err := audit.Read(dir, nil); err != nil {
		t.Errorf("put back as it was: %v", err)
	} else if now, err := trail.RootOf(size); err != nil || now != root {
		t.Errorf("put back as it was it has the root %v, %v, want %v", now, err, root)
	}
}

// TestTornLine ends the newest month after each byte of its last entry, as a kill may: the
// next start cuts that off, and goes on with the entries before it. Seen to fail when what is
// torn stays, and when it is taken for an entry.
func TestTornLine(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "2026-05.jsonl")
	l := open(t, dir)
	write(t, l, begun, look())
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	write(t, l, begun, look())
	l.Close()
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for end := len(before) + 1; end < len(whole); end++ {
		if err := os.WriteFile(path, whole[:end], 0o600); err != nil {
			t.Fatal(err)
		}
		if trail, err := audit.Read(dir, nil); err != nil || !trail.Torn {
			t.Fatalf("torn after byte %d it is read as %+v, %v", end, trail, err)
		}
		l := open(t, dir)
		if size, _ := l.Tree(); size != 1 {
			t.Fatalf("torn after byte %d the trail has %d entries, want 1", end, size)
		}
		if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, before) {
			t.Fatalf("torn after byte %d a start leaves %q, %v", end, now, err)
		}
		write(t, l, begun, look())
		l.Close()
		if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, whole) {
			t.Fatalf("torn after byte %d the file goes on as %q, %v", end, now, err)
		}
	}
}

// TestStartRefusesAChangedTrail holds that a trail which is not as it was written is left as it
// is. Seen to fail when a start takes any line, and when it cuts a whole line off.
func TestStartRefusesAChangedTrail(t *testing.T) {
	dir := t.TempDir()
	small(t, dir)
	path := filepath.Join(dir, "2026-07.jsonl")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := range whole[:len(whole)-1] { // without the last newline it is torn
		changed := bytes.Clone(whole)
		changed[i] ^= 1
		if err := os.WriteFile(path, changed, 0o600); err != nil {
			t.Fatal(err)
		}
		l, err := audit.Open(dir)
		if err == nil {
			l.Close()
			// The last entry has no successor whose root would not go with it.
			if i < bytes.LastIndexByte(whole[:len(whole)-1], '\n') {
				t.Errorf("a start takes a trail with byte %d changed", i)
			}
		} else if !errors.Is(err, audit.ErrChanged) {
			t.Errorf("with byte %d changed: %v", i, err)
		}
		if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, changed) {
			t.Fatalf("with byte %d changed a start writes to it", i)
		}
	}
}

// TestDiskFull fills the disk: entries are refused and leave nothing behind; once there is
// room they are taken again, in the same process. Seen to fail when a failed write is taken
// for done, when what it left is not cut off, and when the trail stays closed after one.
func TestDiskFull(t *testing.T) {
	disk := t.TempDir()
	if err := unix.Mount("tmpfs", disk, "tmpfs", 0, "size=65536,mode=0700"); err != nil {
		t.Skipf("SKIPPED: a tmpfs cannot be mounted here, which needs root: %v", err)
	}
	t.Cleanup(func() { unix.Unmount(disk, unix.MNT_DETACH) })
	dir := filepath.Join(disk, "audit")
	l := open(t, dir)
	write(t, l, begun, look())
	stuffing := filepath.Join(disk, "stuffing")
	if err := os.WriteFile(stuffing, make([]byte, 1<<20), 0o600); !errors.Is(err, unix.ENOSPC) {
		t.Fatalf("the disk takes a mebibyte: %v", err)
	}
	taken, refused := int64(1), 0
	for range 40 { // some go where the last page of the file has room
		switch err := l.Append(look(), begun); {
		case err == nil:
			taken++
		case errors.Is(err, unix.ENOSPC):
			refused++
		default:
			t.Fatal(err)
		}
	}
	if refused < 20 {
		t.Errorf("with a full disk %d of 40 entries are refused", refused)
	}
	if err := l.Append(look(), begun.AddDate(0, 1, 0)); !errors.Is(err, unix.ENOSPC) {
		t.Errorf("with a full disk a month begins: %v", err)
	}
	if trail, leaves := read(t, dir); trail.Torn || int64(len(leaves)) != taken {
		t.Errorf("%d entries stand, torn: %v; %d were taken", len(leaves), trail.Torn, taken)
	}
	if err := os.Remove(stuffing); err != nil {
		t.Fatal(err)
	}
	write(t, l, begun, look())
	write(t, l, begun.AddDate(0, 1, 0), look())
	if trail, leaves := read(t, dir); trail.Torn || int64(len(leaves)) != taken+2 {
		t.Errorf("with room again %d entries stand, torn: %v; want %d", len(leaves), trail.Torn, taken+2)
	}
}

// TestOtherHand changes the file under an open trail: nothing is taken then. Seen to fail when
// write does not look.
func TestOtherHand(t *testing.T) {
	for name, change := range map[string]func(path string) error{
		"taken away": os.Remove,
		"shortened":  func(path string) error { return os.Truncate(path, 200) },
		"longer": func(path string) error {
			f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
			if err != nil {
				return err
			}
			_, err = f.WriteString("x")
			return errors.Join(err, f.Close())
		},
		"another file": func(path string) error {
			whole, err := os.ReadFile(path)
			return errors.Join(err, os.Remove(path), os.WriteFile(path, whole, 0o600))
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			l := open(t, dir)
			write(t, l, begun, look())
			if err := change(filepath.Join(dir, "2026-05.jsonl")); err != nil {
				t.Fatal(err)
			}
			if err := l.Append(look(), begun); err == nil {
				t.Error("an entry is taken")
			}
		})
	}
}

// TestManyAtOnce has many goroutines write: each entry stands once, in one order. With -race.
// Seen to fail when Append does not lock.
func TestManyAtOnce(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir)
	var group sync.WaitGroup
	const writers, each = 8, 20
	for w := range writers {
		group.Go(func() {
			for i := range each {
				leaf := look()
				leaf.Actor = audit.UID(uint32(w))
				if err := l.Append(leaf, begun.Add(time.Duration(i)*time.Minute)); err != nil {
					t.Error(err)
				}
				l.Tree()
				l.Config()
			}
		})
	}
	group.Wait()
	_, leaves := read(t, dir)
	by := map[string]int{}
	for _, leaf := range leaves {
		by[leaf.Actor]++
	}
	if len(leaves) != writers*each || len(by) != writers {
		t.Errorf("%d entries of %d actors stand, want %d of %d", len(leaves), len(by), writers*each, writers)
	}
}

// TestRetention writes two entries a month for thirty: those of the last two years and of the
// month under way stand, an entry says what went, and the tree is that of all. A month that
// somebody takes away is told from those, and what a kill left is let go at the next start.
// Seen to fail when nothing is let go, when no entry says so, when a month too many goes, when
// Read takes any beginning, and when a start lets what is left be.
func TestRetention(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir)
	var before []byte // the file that goes last
	for i := range 30 {
		write(t, l, time.Date(2026, 5, 15, 0, 0, 0, 0, time.UTC).AddDate(0, i, 0), look(), look())
		if text, err := os.ReadFile(filepath.Join(dir, "2026-09.jsonl")); err == nil {
			before = text
		}
	}
	size, root := l.Tree()
	l.Close()
	trail, leaves := read(t, dir)
	if n := len(trail.Months); n != 25 || trail.Months[0] != "2026-10" || trail.Months[n-1] != "2028-10" {
		t.Errorf("kept are %v, want two years and the month under way", trail.Months)
	}
	if got, r := trail.Tree(); got != size || r != root || trail.Before != 10 || trail.Before+int64(len(leaves)) != size {
		t.Errorf("%d entries were let go and %d stand, of %d; the roots are %v and %v", trail.Before, len(leaves), size, r, root)
	}
	var expired []audit.Params
	for _, leaf := range leaves {
		if leaf.Action == audit.Expire {
			expired = append(expired, leaf.Params)
		}
	}
	if len(expired) != 5 || expired[4] != (audit.Params{Leaves: 10, Period: "2026-09"}) {
		t.Errorf("what was let go is told as %+v", expired)
	}
	// A kill between the entry and the deletion leaves the month.
	gone := filepath.Join(dir, "2026-09.jsonl")
	if err := os.WriteFile(gone, before, 0o600); err != nil {
		t.Fatal(err)
	}
	read(t, dir)
	open(t, dir).Close()
	if _, err := os.Stat(gone); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a month that was let go stands after a start: %v", err)
	}
	read(t, dir)
	if err := os.Remove(filepath.Join(dir, "2026-10.jsonl")); err != nil {
		t.Fatal(err)
	}
	if _, err := audit.Read(dir, nil); !errors.Is(err, audit.ErrChanged) {
		t.Errorf("a month is taken away, and reading says %v", err)
	}
}

// TestNothingElse holds that an entry takes no free text: what is not of a vocabulary, a name
// or a day is refused, and quoted nowhere. Seen to fail for each field when check leaves it out.
func TestNothingElse(t *testing.T) {
	const text = "Zqx search words"
	for field, set := range map[string]func(*audit.Leaf){
		"action":    func(l *audit.Leaf) { l.Action = text },
		"actor":     func(l *audit.Leaf) { l.Actor = text },
		"role":      func(l *audit.Leaf) { l.Role = text },
		"result":    func(l *audit.Leaf) { l.Result = text },
		"site":      func(l *audit.Leaf) { l.Object.Site = text },
		"statistic": func(l *audit.Leaf) { l.Object.Statistic = text },
		"report":    func(l *audit.Leaf) { l.Object.Report = text },
		"format":    func(l *audit.Leaf) { l.Params.Format = text },
		"from":      func(l *audit.Leaf) { l.Params.From = text },
		"to":        func(l *audit.Leaf) { l.Params.To = "2026-02-30" },
		"period":    func(l *audit.Leaf) { l.Params.Period = "2026" },
		"config":    func(l *audit.Leaf) { l.Action, l.Params.Config = audit.Config, text },
		"no config": func(l *audit.Leaf) { l.Action = audit.Config },
		"a config":  func(l *audit.Leaf) { l.Params.Config = strings.Repeat("0", 64) },
		"leaves":    func(l *audit.Leaf) { l.Params.Leaves = 372 },
		"expire":    func(l *audit.Leaf) { l.Action, l.Params.Leaves, l.Params.Period = audit.Expire, 2, "2026-04" },
	} {
		t.Run(field, func(t *testing.T) {
			dir := t.TempDir()
			l := open(t, dir)
			leaf := look()
			set(&leaf)
			err := l.Append(leaf, begun)
			if err == nil || strings.Contains(err.Error(), text) {
				t.Errorf("it is taken, or quoted: %v", err)
			}
			if files, err := os.ReadDir(dir); err != nil || len(files) > 0 {
				t.Errorf("it leaves %v, %v", files, err)
			}
		})
	}
}

// BenchmarkAppend is what a look waits for: one entry on the disk of the temporary directory.
func BenchmarkAppend(b *testing.B) {
	l, err := audit.Open(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	for b.Loop() {
		if err := l.Append(look(), begun); err != nil {
			b.Fatal(err)
		}
	}
}
