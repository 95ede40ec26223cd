package ledger

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Settled returns the committed reservations whose result files stand, oldest
// first: those that can be forgotten.
func (l *Ledger) Settled() ([]Reservation, error) {
	files, err := os.ReadDir(filepath.Join(l.dir, resultsName))
	if err != nil {
		return nil, fmt.Errorf("list results: %w", err)
	}
	var settled []Reservation
	for _, file := range files {
		name, ok := strings.CutSuffix(file.Name(), ".json")
		seq, err := strconv.ParseUint(name, 10, 64)
		if r, known := l.Reservation(seq); ok && err == nil && known && r.Committed != 0 {
			settled = append(settled, r)
		}
	}
	slices.SortFunc(settled, func(a, b Reservation) int { return cmp.Compare(a.Seq, b.Seq) })
	return settled, nil
}

// Forget removes the result file of a committed reservation, once what it holds
// stands elsewhere: it holds the folded cells of its period, which are not to
// outlive their retention here. All else of the reservation stays. Forgetting again
// changes nothing. What is not committed, and a file that is not the committed one,
// are refused with ErrResult.
func (l *Ledger) Forget(seq uint64) error {
	l.writing.Lock()
	defer l.writing.Unlock()
	if err := l.forget(seq); err != nil {
		return fmt.Errorf("forget result %d: %w", seq, err)
	}
	return nil
}

func (l *Ledger) forget(seq uint64) error {
	if l.broken != nil {
		return l.broken
	}
	if r, ok := l.Reservation(seq); ok && r.Committed == 0 {
		return fmt.Errorf("it is not committed: %w", ErrResult)
	}
	if _, _, err := l.result(seq); err != nil {
		if errors.Is(err, ErrForgotten) {
			return nil
		}
		return err
	}
	// Under its new name it is what the next start removes, should this one be killed.
	path := l.resultPath(seq)
	if err := os.Rename(path, path+unfinished); err != nil {
		return err
	}
	if err := erase(path + unfinished); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// erase removes a file after it has overwritten what it held.
func erase(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err == nil {
		_, err = f.Write(make([]byte, info.Size()))
	}
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close(), os.Remove(path))
}
