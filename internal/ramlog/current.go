package ramlog

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Names in the directory of a log, beside the generations.
const (
	currentName = "current"
	nextName    = "next"
)

func generationName(number uint64) string { return fmt.Sprintf("generation-%08d", number) }

// generationNumber returns the number in the name of a generation, or 0.
func generationNumber(name string) (number uint64) {
	if _, err := fmt.Sscanf(name, "generation-%d", &number); err != nil || generationName(number) != name {
		return 0
	}
	return number
}

// load opens the generation that stands, or makes the first. All others go.
func (l *Log) load() error {
	entries, err := os.ReadDir(l.dir)
	if err != nil {
		return fmt.Errorf("list the RAM log: %w", err)
	}
	name, err := l.current(entries)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Name() == nextName || e.Name() != name && generationNumber(e.Name()) > 0 {
			dir := filepath.Join(l.dir, e.Name())
			if err := errors.Join(wipeFile(dir), os.RemoveAll(dir)); err != nil {
				return fmt.Errorf("remove the leftovers of a RAM log: %w", err)
			}
		}
	}
	if name == "" {
		return l.found()
	}
	l.standing, err = openGeneration(filepath.Join(l.dir, name), int(l.layout.Segment), l.limit-l.layout.Reserve)
	return err
}

// current returns the name of the generation that stands, or "" where there is
// none yet. A link to nothing among other generations, or none, is neither.
func (l *Log) current(entries []os.DirEntry) (string, error) {
	name, err := os.Readlink(filepath.Join(l.dir, currentName))
	if err != nil {
		name = ""
	}
	others := false
	for _, e := range entries {
		if generationNumber(e.Name()) == 0 {
			continue
		}
		if e.Name() == name {
			return name, nil
		}
		others = true
	}
	if others {
		return "", Damage{}
	}
	return "", nil
}

// found makes the first generation. It is named before it is there, so that a
// generation that nothing names is never the first.
func (l *Log) found() error {
	space, err := free(l.dir)
	if err != nil {
		return err
	}
	if need := l.limit + leastSegment; space < need { // beside segments there are keys and folders
		const mib = 1 << 20
		return fmt.Errorf("%w: it may take %.1f MiB, and %.1f MiB are free; give the log a smaller limit, "+
			"or the file system more space (mount -o remount,size=…)", ErrRoom, float64(need)/mib, float64(space)/mib)
	}
	if err := l.makeReady(); err != nil {
		return err
	}
	g := l.next
	l.standing, l.next = g, nil
	if err := g.key.draw(l.random); err != nil {
		return err
	}
	name := generationName(1)
	if err := l.point(name); err != nil {
		return err
	}
	return g.move(filepath.Join(l.dir, name))
}

// point makes current name a generation, in one step.
func (l *Log) point(name string) error {
	link := filepath.Join(l.dir, currentName)
	os.Remove(link + ".new")
	if err := errors.Join(os.Symlink(name, link+".new"), os.Rename(link+".new", link)); err != nil {
		return fmt.Errorf("switch the RAM log: %w", err)
	}
	return nil
}

// move gives the directory of a generation its name.
func (g *generation) move(dir string) error {
	g.collect()
	if err := os.Rename(g.dir, dir); err != nil {
		return fmt.Errorf("name a generation of the RAM log: %w", err)
	}
	g.dir = dir
	return nil
}

// makeReady makes the next generation, so that Reset needs no space. Where there
// is none now, Reset tries again.
func (l *Log) makeReady() error {
	var err error
	l.next, err = makeGeneration(filepath.Join(l.dir, nextName), int(l.layout.Segment), l.limit-l.layout.Reserve)
	return err
}
