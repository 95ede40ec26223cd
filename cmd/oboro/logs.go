package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"oboro/aggregator/statistic"
	"oboro/collector"
)

// longestLine is the longest line of a log that is read; longer ones are passed
// over and counted as not of the format.
const longestLine = 64 << 10

// logs are the files of one import: together one input.
type logs struct {
	files  []*logFile
	twice  bool     // all can be read twice
	latest *logFile // of the line that next gave; nil before the first
}

type logFile struct {
	file   io.ReadCloser
	size   int64
	reader *bufio.Reader
	ready  []byte // lines that reader holds, with what it holds of the one behind them
	held   int    // how much reader held when ready began
	line   []byte // the next line, or nil at the end
	parsed collector.Line
	fits   bool // the line is of the format, and parsed says where its fields are
}

// A parser reads the lines of a log.
type parser interface {
	Parse(line []byte, into *collector.Line) bool
	Dated(line []byte) (statistic.Day, bool)
}

func openLogs(names []string, s streams) (*logs, error) {
	l := &logs{twice: true}
	for _, name := range names {
		if name == "-" {
			l.twice = false
			l.files = append(l.files, &logFile{file: io.NopCloser(s.in)})
			continue
		}
		f, err := os.Open(absolute(name, s.dir))
		if err != nil {
			l.close()
			return nil, misuse("import: %w", err)
		}
		info, err := f.Stat()
		if err != nil || info.IsDir() {
			l.close()
			f.Close()
			return nil, misuse("import: %s is not a file that can be read", name)
		}
		l.twice = l.twice && info.Mode().IsRegular()
		l.files = append(l.files, &logFile{file: f, size: info.Size()})
	}
	for _, f := range l.files {
		f.reader = bufio.NewReaderSize(f.file, longestLine)
	}
	return l, nil
}

func (l *logs) close() {
	for _, f := range l.files {
		f.file.Close()
	}
}

// size returns how many bytes will be read, or 0 where that is not known.
func (l *logs) size() int64 {
	if !l.twice {
		return 0
	}
	sum := int64(0)
	for _, f := range l.files {
		sum += 2 * f.size
	}
	return sum
}

// next reads the next line. One that is too long comes as an empty line.
func (f *logFile) next(bar *progress) error {
	if n := bytes.IndexByte(f.ready, '\n'); n >= 0 {
		f.line, f.ready = unbroken(f.ready[:n:n]), f.ready[n+1:]
		return nil
	}
	return f.fetch(bar)
}

// fetch reads a line that the reader does not hold whole, and makes ready what else the
// reader then holds.
func (f *logFile) fetch(bar *progress) error {
	used, _ := f.reader.Discard(f.held - len(f.ready))
	f.ready, f.held = nil, 0
	line, err := f.reader.ReadSlice('\n')
	bar.add(used + len(line))
	long := false
	for errors.Is(err, bufio.ErrBufferFull) {
		long = true
		line, err = f.reader.ReadSlice('\n')
		bar.add(len(line))
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read the log: %w", err)
	}
	if len(line) == 0 && err != nil {
		f.line = nil
		return nil
	}
	if long {
		line = line[:0]
	}
	f.line = unbroken(line[:len(line):len(line)])
	f.ready, _ = f.reader.Peek(f.reader.Buffered())
	f.held = len(f.ready)
	return nil
}

// unbroken returns line without the line break at its end.
func unbroken(line []byte) []byte {
	n := len(line)
	for n > 0 && (line[n-1] == '\n' || line[n-1] == '\r') {
		n--
	}
	return line[:n:n]
}

// readAhead reads the whole input once for its days, so that each can be sealed,
// and its memory freed, as soon as its last line is in. It tells lines of the number
// of dated lines of a day, in parts. Where the input cannot be read twice it tells
// nothing, and returns false.
func (l *logs) readAhead(dates parser, bar *progress, lines func(statistic.Day, int)) (bool, error) {
	if !l.twice {
		return false, nil
	}
	day, n := statistic.Day(0), 0 // lines of the day under way that are not told yet
	for _, f := range l.files {
		for {
			if err := f.next(bar); err != nil {
				return false, err
			}
			if f.line == nil {
				break
			}
			of, ok := dates.Dated(f.line)
			if !ok {
				continue
			}
			if of != day {
				lines(day, n)
				day, n = of, 0
			}
			n++
		}
		if _, err := f.file.(io.Seeker).Seek(0, io.SeekStart); err != nil {
			return false, fmt.Errorf("read the log again: %w", err)
		}
		f.reader.Reset(f.file)
		f.ready, f.held = nil, 0
	}
	lines(day, n)
	return true, nil
}

// next moves on to the line that comes next of all files, and returns the file that it
// is of, or nil at the end of all: always the file whose next line is the earliest.
// The lines of each file keep their order; the collector sorts what stands within its
// window. A line is valid until the next.
func (l *logs) next(lines parser, bar *progress) (*logFile, error) {
	if l.latest != nil {
		if err := l.latest.parse(lines, bar); err != nil {
			return nil, err
		}
	} else {
		for _, f := range l.files {
			if err := f.parse(lines, bar); err != nil {
				return nil, err
			}
		}
	}
	l.latest = l.earliest()
	return l.latest, nil
}

// parse reads the next line and what it says.
func (f *logFile) parse(lines parser, bar *progress) error {
	err := f.next(bar)
	if err == nil && f.line != nil {
		f.fits = lines.Parse(f.line, &f.parsed)
	}
	return err
}

// earliest returns the file to read from next, or nil at the end of all. A line
// that has no date is taken at once.
func (l *logs) earliest() *logFile {
	var first *logFile
	for _, f := range l.files {
		switch {
		case f.line == nil:
		case !f.fits:
			return f
		case first == nil, f.parsed.At < first.parsed.At:
			first = f
		}
	}
	return first
}
