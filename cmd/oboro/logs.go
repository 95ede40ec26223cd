package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"

	"oboro/aggregator/statistic"
	"oboro/collector"
)

// longestLine is the longest line of a log that is read; longer ones are passed
// over and counted as not of the format.
const longestLine = 64 << 10

// logs are the files of one import: together one input.
type logs struct {
	files []*logFile
	twice bool // all can be read twice
}

type logFile struct {
	file   io.ReadCloser
	size   int64
	reader *bufio.Reader
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
	line, err := f.reader.ReadSlice('\n')
	bar.add(len(line))
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
	for len(line) > 0 && (line[len(line)-1] == '\n' || line[len(line)-1] == '\r') {
		line = line[:len(line)-1]
	}
	f.line = line[:len(line):len(line)]
	if f.line == nil {
		f.line = []byte{}
	}
	return nil
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
	}
	lines(day, n)
	return true, nil
}

// merged yields the files in the order of their next lines: always the file whose
// next line is the earliest. The lines of each file keep their order; the collector
// sorts what stands within its window. A line is valid until the next.
func (l *logs) merged(lines parser, bar *progress) iter.Seq2[*logFile, error] {
	advance := func(f *logFile) error {
		err := f.next(bar)
		if err == nil && f.line != nil {
			f.fits = lines.Parse(f.line, &f.parsed)
		}
		return err
	}
	return func(yield func(*logFile, error) bool) {
		for _, f := range l.files {
			if err := advance(f); err != nil {
				yield(nil, err)
				return
			}
		}
		for f := l.earliest(); f != nil; f = l.earliest() {
			if !yield(f, nil) {
				return
			}
			if err := advance(f); err != nil {
				yield(nil, err)
				return
			}
		}
	}
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
