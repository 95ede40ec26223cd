package ledger

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
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

// Forget removes the result file of a committed reservation, since what it holds
// stands elsewhere: the folded cells of its period, which are not to outlive their
// retention here, and a day's shares, which are to be read in sums alone. All else of
// the reservation stays, its hash too. Forgetting again changes nothing. What is not committed, and a file that is not the committed one,
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
	path := l.resultPath(seq)
	r, ok := l.Reservation(seq)
	if !ok {
		return errors.New("there is no such reservation")
	}
	if r.Committed == 0 {
		return fmt.Errorf("it is not committed: %w", ErrResult)
	}
	is, err := sumOf(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return err
	case is != r.Result:
		return fmt.Errorf("the file is not the committed one: %w", ErrResult)
	}
	// Under its new name it is what the next start removes, should this one be killed.
	if err := os.Rename(path, path+unfinished); err != nil {
		return err
	}
	if err := erase(path + unfinished); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// sumOf returns the SHA-256 of a file, of which there may be a hundred megabytes.
func sumOf(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// erase removes a file after it has overwritten what it held.
func erase(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err == nil {
		_, err = io.CopyN(f, zeros{}, info.Size())
	}
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close(), os.Remove(path))
}

// zeros is read as zeros without end.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}
