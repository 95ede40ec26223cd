package audit

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"oboro/internal/tree"
)

// format is the number of the form of the files.
const format = 1

// extension is how the files of the months end.
const extension = ".jsonl"

// ErrChanged says that a trail is not as it was written.
var ErrChanged = errors.New("the audit trail is not as it was written")

// A beginning is the first line of a month: what the tree needs to go on.
type beginning struct {
	Format int         `json:"format"`
	Hashes []tlog.Hash `json:"hashes"` // the edge of the tree
	Size   int64       `json:"size"`   // entries of the months before
}

// A Trail is what was read of a trail.
type Trail struct {
	Months []string // that have a file
	Before int64    // entries that were let go
	Torn   bool     // the last line has no end: it is being written, or was never answered

	tree *tree.Tree
	gone Leaf // the last entry that says what was let go
}

// Tree returns how many entries there ever were, and the root of their tree.
func (t *Trail) Tree() (size int64, root tlog.Hash) { return t.tree.Tree() }

// RootOf returns the root that the tree had when there were so many entries.
func (t *Trail) RootOf(size int64) (tlog.Hash, error) { return t.tree.RootOf(size) }

// Read reads the trail in dir, which another process may have open, and holds it to its rules:
// the form of each line, what it may hold, the tree over all months, and that no month is
// missing but those that were let go. Each entry goes to each, if that is not nil, whose error
// ends the reading. Where a rule is broken the error is [ErrChanged] and names the line. That
// the entries are all is for signed heads to show: compare [Trail.RootOf].
func Read(dir string, each func(Leaf) error) (*Trail, error) {
	months, err := monthsOf(dir)
	if err != nil {
		return nil, fmt.Errorf("read audit trail: %w", err)
	}
	t := &Trail{Months: months, tree: new(tree.Tree)}
	for _, month := range months {
		if t.Torn {
			return nil, fmt.Errorf("%w: a month before %s ends within a line", ErrChanged, month)
		}
		if err := t.month(dir, month, each); err != nil {
			return nil, err
		}
	}
	if t.Before > t.gone.Params.Leaves {
		return nil, fmt.Errorf("%w: %s begins with entry %d, and those before it were not let go by the program",
			ErrChanged, months[0]+extension, t.Before+1)
	}
	return t, nil
}

// month reads one month. The first tells where the tree begins, all others must go on from
// the one before.
func (t *Trail) month(dir, month string, each func(Leaf) error) error {
	path := filepath.Join(dir, month+extension)
	begins, err := beginningOf(path)
	if err != nil {
		return err
	}
	if month == t.Months[0] {
		t.Before = begins.Size
		t.tree, err = begins.tree()
	} else if size, _ := t.Tree(); begins.Size != size || !slices.Equal(begins.Hashes, t.tree.Edge()) {
		err = errors.New("it does not go on from the month before")
	}
	if err != nil {
		return fmt.Errorf("%w: %s: %w", ErrChanged, filepath.Base(path), err)
	}
	s, err := readOn(path, month, t.tree, func(leaf Leaf) error {
		if leaf.Action == Expire {
			t.gone = leaf
		}
		if each == nil {
			return nil
		}
		return each(leaf)
	})
	t.Torn = s.torn
	return err
}

func (b beginning) tree() (*tree.Tree, error) { return tree.From(b.Size, b.Hashes) }

// monthsOf returns the months that have a file, in order.
func monthsOf(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var months []string
	for _, e := range entries {
		if m := monthName.FindStringSubmatch(e.Name()); m != nil {
			months = append(months, m[1])
		}
	}
	return months, nil // ReadDir sorts them
}

var monthName = regexp.MustCompile(`^([0-9]{4}-(0[1-9]|1[0-2]))\.jsonl$`)

// beginningOf reads the first line of a month.
func beginningOf(path string) (beginning, error) {
	f, err := os.Open(path)
	if err != nil {
		return beginning{}, err
	}
	defer f.Close()
	line, err := bufio.NewReader(f).ReadBytes('\n')
	if err != nil && err != io.EOF {
		return beginning{}, err
	}
	begins, bad := decode[beginning](line[:max(len(line)-1, 0)])
	if bad == nil && (err == io.EOF || begins.Format != format || begins.Hashes == nil) {
		bad = fmt.Errorf("it is none of format %d", format)
	}
	if bad != nil {
		return beginning{}, fmt.Errorf("%w: %s line 1: %w", ErrChanged, filepath.Base(path), bad)
	}
	return begins, nil
}

// A segment is what was read of one month.
type segment struct {
	tree *tree.Tree
	size int64 // bytes of whole lines
	torn bool  // there is something behind them
}

// readSegment reads a month by itself.
func readSegment(path, month string, each func(Leaf) error) (segment, error) {
	begins, err := beginningOf(path)
	if err != nil {
		return segment{}, err
	}
	t, err := begins.tree()
	if err != nil {
		return segment{}, fmt.Errorf("%w: %s: %w", ErrChanged, filepath.Base(path), err)
	}
	return readOn(path, month, t, each)
}

// readOn reads the entries of a month, by which the tree grows.
func readOn(path, month string, t *tree.Tree, each func(Leaf) error) (segment, error) {
	s := segment{tree: t}
	f, err := os.Open(path)
	if err != nil {
		return s, err
	}
	defer f.Close()
	in := bufio.NewReader(f)
	for number := 1; ; number++ {
		line, err := in.ReadBytes('\n')
		if err == io.EOF {
			s.torn = len(line) > 0
			return s, nil
		}
		if err != nil {
			return s, err
		}
		s.size += int64(len(line))
		if number == 1 {
			continue // the beginning
		}
		leaf, err := nextLeaf(t, line[:len(line)-1], month, number == 2)
		if err != nil {
			return s, fmt.Errorf("%w: %s line %d: %w", ErrChanged, filepath.Base(path), number, err)
		}
		if err := each(leaf); err != nil {
			return s, err
		}
	}
}

// nextLeaf holds one line to the rules, and lets the tree grow by it.
func nextLeaf(t *tree.Tree, line []byte, of string, first bool) (Leaf, error) {
	leaf, err := decode[Leaf](line)
	if err != nil {
		return leaf, err
	}
	if err := leaf.check(); err != nil {
		return leaf, err
	}
	if size, root := t.Tree(); leaf.Seq != size || leaf.Root != root {
		return leaf, errors.New("the entry does not go with the ones before it")
	}
	if at := leaf.At().Format(monthly); at > of || first && at != of {
		return leaf, errors.New("the entry is not of this month")
	}
	return leaf, t.Grow(line)
}
