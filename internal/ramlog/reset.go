package ramlog

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Reset ends the log and begins the next, whose first records are those of keep.
// It draws a new key, and overwrites the old one in its file and in memory: what
// the old log held cannot be read any more, wherever it lies. Reset may take the
// place of Replay, and is the way out of a damaged log.
//
// These are its steps. Up to the third, the old log stands whole, and an error
// (such as [ErrFull], when there is no room for keep beside the old log) leaves it
// as it was. From the third on the new log stands whole, and the next Open finishes
// what is not yet done; an error is [ErrLeftover].
//
//  1. next/, made ready before, gets a key and the records of keep
//  2. next/ is renamed to generation-N+1
//  3. current is replaced by a link to generation-N+1, by rename(2)
//  4. the key of generation-N is overwritten
//  5. the files of generation-N are removed
//  6. next/ is made ready for the next time
func (l *Log) Reset(keep [][]byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return os.ErrClosed
	}
	r := &reset{log: l, keep: keep, old: l.standing}
	for _, step := range r.before() {
		if err := step(); err != nil {
			return r.undo(err)
		}
	}
	var errs []error
	for _, step := range r.after() {
		errs = append(errs, step())
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("%w: %w", ErrLeftover, err)
	}
	return nil
}

// A reset is one call of Reset, in steps that tests stop after.
type reset struct {
	log  *Log
	keep [][]byte
	old  *generation
	name string // of the new generation
}

func (r *reset) before() []func() error { return []func() error{r.fill, r.settle, r.turn} }
func (r *reset) after() []func() error  { return []func() error{r.forget, r.remove, r.ready} }

func (r *reset) fill() error {
	l := r.log
	r.old.collect()
	if l.next == nil {
		if err := l.makeReady(); err != nil {
			return fmt.Errorf("begin the next RAM log: %w", err)
		}
	}
	g := l.next
	g.limit = max(l.limit-r.old.allocated, g.allocated)
	if err := g.key.draw(l.random); err != nil {
		return err
	}
	for _, record := range r.keep {
		if err := g.append(record); err != nil {
			return fmt.Errorf("keep records of the old RAM log: %w", err)
		}
	}
	return nil
}

func (r *reset) settle() error {
	r.name = generationName(generationNumber(filepath.Base(r.old.dir)) + 1)
	return r.log.next.move(filepath.Join(r.log.dir, r.name))
}

func (r *reset) turn() error {
	l := r.log
	if err := l.point(r.name); err != nil {
		return err
	}
	l.standing, l.next, l.replayed = l.next, nil, true
	l.standing.limit = l.limit - l.layout.Reserve
	return nil
}

// undo gives up the new log before it stands.
func (r *reset) undo(err error) error {
	if g := r.log.next; g != nil {
		r.log.next = nil
		err = errors.Join(err, g.discard())
		r.log.makeReady()
	}
	return err
}

func (r *reset) forget() error {
	if r.old.key == nil { // its file was found damaged
		return wipeFile(r.old.dir)
	}
	if err := r.old.key.destroy(); err != nil {
		return fmt.Errorf("overwrite a key: %w", err)
	}
	return nil
}

func (r *reset) remove() error {
	r.old.release()
	return r.old.remove()
}

func (r *reset) ready() error {
	r.log.makeReady()
	if g := r.log.standing; g.begun {
		g.lookAhead(nil)
	}
	return nil
}
