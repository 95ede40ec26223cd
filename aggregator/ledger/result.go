package ledger

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// unfinished ends the names of result files that are still being written.
const unfinished = ".tmp"

func (l *Ledger) resultPath(seq uint64) string {
	return filepath.Join(l.dir, resultsName, strconv.FormatUint(seq, 10)+".json")
}

// WriteResult writes the result file of a reservation: all that was drawn under
// it. It stands on the disk, whole, when WriteResult returns; what is sent
// elsewhere is read back with Result. Writing the same bytes again changes
// nothing, other bytes are refused with ErrResult: a second draw.
func (l *Ledger) WriteResult(seq uint64, data []byte) error {
	l.writing.Lock()
	defer l.writing.Unlock()
	if err := l.writeResult(seq, data); err != nil {
		return fmt.Errorf("write result %d: %w", seq, err)
	}
	return nil
}

func (l *Ledger) writeResult(seq uint64, data []byte) error {
	if l.broken != nil {
		return l.broken
	}
	r, ok := l.Reservation(seq)
	if !ok {
		return errors.New("there is no such reservation")
	}
	if _, lost := l.Lost(r.Site, r.Grain, r.Period); lost && !r.Fill {
		return ErrGap
	}
	if r.Committed != 0 && r.Result != sum(data) {
		return fmt.Errorf("other bytes are committed: %w", ErrResult)
	}
	path := l.resultPath(seq)
	old, err := os.ReadFile(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return replace(path, data)
	case err != nil:
		return err
	case !bytes.Equal(old, data):
		return fmt.Errorf("other bytes stand there: %w", ErrResult)
	}
	return syncFolder(filepath.Dir(path)) // the first writer may have been killed before it did
}

// replace puts data where path says, so that path is either all there or not.
func replace(path string, data []byte) error {
	f, err := os.OpenFile(path+unfinished, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, os.Remove(path+unfinished))
	}
	if err := os.Rename(path+unfinished, path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// Result returns the result file of a reservation, and whether there is one. A
// committed result that is missing was forgotten (ErrForgotten); one that is not
// what was committed is an error too (ErrResult).
func (l *Ledger) Result(seq uint64) ([]byte, bool, error) {
	l.writing.Lock()
	defer l.writing.Unlock()
	data, ok, err := l.result(seq)
	if err != nil {
		return nil, false, fmt.Errorf("read result %d: %w", seq, err)
	}
	return data, ok, nil
}

func (l *Ledger) result(seq uint64) ([]byte, bool, error) {
	r, ok := l.Reservation(seq)
	if !ok {
		return nil, false, errors.New("there is no such reservation")
	}
	data, err := os.ReadFile(l.resultPath(seq))
	switch {
	case errors.Is(err, os.ErrNotExist) && r.Committed == 0:
		return nil, false, nil
	case errors.Is(err, os.ErrNotExist):
		return nil, false, ErrForgotten
	case err != nil:
		return nil, false, err
	}
	if r.Committed != 0 && r.Result != sum(data) {
		return nil, false, fmt.Errorf("the file is not the committed one: %w", ErrResult)
	}
	return data, true, nil
}

// Commit writes down the hash of the reservation's result file: what it says is
// where it belongs. Committing again changes nothing, as long as the file is
// still the one that was committed.
func (l *Ledger) Commit(seq uint64) error {
	l.writing.Lock()
	defer l.writing.Unlock()
	data, ok, err := l.result(seq)
	if err != nil {
		return fmt.Errorf("commit reservation %d: %w", seq, err)
	}
	if !ok {
		return fmt.Errorf("commit reservation %d without a result file: %w", seq, ErrResult)
	}
	if r, _ := l.Reservation(seq); r.Committed != 0 {
		return nil
	}
	if _, err := l.append(record{Commit: &Commit{Reserve: seq, SHA256: sum(data)}}); err != nil {
		return fmt.Errorf("commit reservation %d: %w", seq, err)
	}
	return nil
}

// sweep removes result files that were never finished, or whose removal was not,
// and refuses any that no
// reservation knows: then records are missing, and with them spent budget.
func (l *Ledger) sweep() error {
	folder := filepath.Join(l.dir, resultsName)
	files, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, file := range files {
		path := filepath.Join(folder, file.Name())
		if strings.HasSuffix(file.Name(), unfinished) {
			if err := erase(path); err != nil {
				return err
			}
			continue
		}
		name, _ := strings.CutSuffix(file.Name(), ".json")
		seq, err := strconv.ParseUint(name, 10, 64)
		if _, ok := l.Reservation(seq); err != nil || !ok || path != l.resultPath(seq) {
			return fmt.Errorf("%s belongs to no reservation: %w; records are missing, so restore the whole "+
				"ledger folder from a backup", path, ErrResult)
		}
	}
	return nil
}

func sum(data []byte) string {
	s := sha256.Sum256(data)
	return hex.EncodeToString(s[:])
}
