package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

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
	name   string
	file   io.ReadCloser
	size   int64
	bar    *progress
	packed *bufio.Reader // of the file, as it lies on the disk
	end    func()        // ends the unpacking
	reader *bufio.Reader // of the lines
	format *collector.Format
	ready  []byte // lines that reader holds, with what it holds of the one behind them
	held   int    // how much reader held when ready began
	line   []byte // the latest line of it, or nil at the end
	block  [16]logLine
	at, n  int  // of block: the line whose turn it is, and how many there are
	live   bool // it is followed: its end is not known
}

// A logLine is a line of a log, and what it says.
type logLine struct {
	text    []byte // nil behind the last one
	parsed  collector.Line
	outcome collector.Outcome // kept where the line is of the format, and parsed says where its fields are
}

func openLogs(names []string, s streams) (*logs, error) {
	l := &logs{twice: true}
	for _, name := range names {
		if name == "-" {
			l.twice = false
			l.files = append(l.files, &logFile{name: "standard input", file: io.NopCloser(s.in), bar: &progress{}})
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
		l.files = append(l.files, &logFile{name: name, file: f, size: info.Size(), bar: &progress{}})
	}
	return l, nil
}

func (l *logs) close() {
	for _, f := range l.files {
		if f.end != nil {
			f.end()
		}
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

// begin opens all files for reading, in the format that text names, or, where that is
// empty, in the one that their first lines are of, which it says aloud.
func (l *logs) begin(log *collector.Log, text string, say io.Writer, bar *progress) error {
	for _, f := range l.files {
		f.bar = bar
		if err := f.begin(); err != nil {
			return fmt.Errorf("read %s: %w", f.name, err)
		}
		if err := f.settle(log, text, say); err != nil {
			return err
		}
	}
	return nil
}

// Read reads the file as it lies on the disk.
func (f *logFile) Read(b []byte) (int, error) {
	n, err := f.file.Read(b)
	f.bar.add(n)
	return n, err
}

// begin reads the file from where it is now as a log's beginning.
func (f *logFile) begin() error {
	if f.end != nil {
		f.end()
		f.end = nil
	}
	if f.packed == nil {
		f.packed = bufio.NewReaderSize(f, longestLine)
	} else {
		f.packed.Reset(f)
	}
	r, end, err := unpacked(f.packed)
	if err != nil {
		return err
	}
	f.end, f.reader = end, f.packed
	if r != io.Reader(f.packed) {
		if f.live {
			return errors.New("a packed file cannot be followed")
		}
		f.reader = bufio.NewReaderSize(r, longestLine)
	}
	f.ready, f.held = nil, 0
	f.format.Begin()
	return nil
}

// settle finds the format of the file.
func (f *logFile) settle(log *collector.Log, text string, say io.Writer) (err error) {
	if text != "" {
		if f.format, err = log.Format(text); err != nil {
			return misuse("--format: %w", err)
		}
		return nil
	}
	head, whole, err := f.head()
	if err != nil {
		return fmt.Errorf("read %s: %w", f.name, err)
	}
	guess := log.Guess(head, whole)
	f.format = guess.Format
	switch {
	case !guess.Sure:
		return misuse("import: the format of %s is not sure: of its first %d lines, %d are like %s. Say it with --format: %s, "+
			"or the text of an Apache LogFormat, of an nginx log_format or of a #Fields line",
			f.name, guess.Of, guess.Fits, guess.Format.Name(), strings.Join(collector.FormatNames(), ", "))
	case guess.Of > 0:
		fmt.Fprintf(say, "note: %s is read as %s, as %d of its first %d lines are; --format says another\n",
			f.name, guess.Format.Name(), guess.Fits, guess.Of)
	}
	return nil
}

// head returns what the file begins with, without taking it, and whether that is all. Of a
// file that is followed it is what there is, and one line at least.
func (f *logFile) head() (head []byte, whole bool, err error) {
	n := longestLine
	if f.live {
		n = 1
	}
	for {
		head, err = f.reader.Peek(n)
		if f.live && err == nil {
			head, _ = f.reader.Peek(f.reader.Buffered())
			if n = len(head) + 1; n <= longestLine && bytes.IndexByte(head, '\n') < 0 {
				continue
			}
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, false, err
		}
		return head, err != nil, nil
	}
}

// next reads the next line. One that is too long comes as an empty line.
func (f *logFile) next() error {
	if f.atHand() {
		return nil
	}
	return f.fetch()
}

// atHand takes the next line if it is ready.
func (f *logFile) atHand() bool {
	n := bytes.IndexByte(f.ready, '\n')
	if n < 0 {
		return false
	}
	f.line, f.ready = unbroken(f.ready[:n:n]), f.ready[n+1:]
	return true
}

// fetch reads a line that the reader does not hold whole, and makes ready what else the
// reader then holds.
func (f *logFile) fetch() error {
	f.reader.Discard(f.held - len(f.ready))
	f.ready, f.held = nil, 0
	line, err := f.reader.ReadSlice('\n')
	long := false
	for errors.Is(err, bufio.ErrBufferFull) {
		long = true
		line, err = f.reader.ReadSlice('\n')
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
func (l *logs) readAhead(log *collector.Log, lines func(statistic.Day, int)) (bool, error) {
	if !l.twice {
		return false, nil
	}
	day, n := statistic.Day(0), 0 // lines of the day under way that are not told yet
	for _, f := range l.files {
		for {
			if err := f.next(); err != nil {
				return false, err
			}
			if f.line == nil {
				break
			}
			of, ok := log.Dated(f.format, f.line)
			if !ok {
				continue
			}
			if of != day {
				lines(day, n)
				day, n = of, 0
			}
			same, taken := log.Run(f.format, f.ready)
			n, f.ready = n+1+same, f.ready[taken:]
		}
		if _, err := f.file.(io.Seeker).Seek(0, io.SeekStart); err != nil {
			return false, fmt.Errorf("read the log again: %w", err)
		}
		if err := f.begin(); err != nil {
			return false, fmt.Errorf("read the log again: %w", err)
		}
	}
	lines(day, n)
	return true, nil
}

// next moves on to the line that comes next of all files, and returns the file that it
// is of, or nil at the end of all: always the file whose next line is the earliest.
// The lines of each file keep their order; the collector sorts what stands within its
// window. A line is valid until the next.
func (l *logs) next(log *collector.Log) (*logFile, error) {
	if l.latest != nil {
		if err := l.latest.turn(log); err != nil {
			return nil, err
		}
	} else {
		for _, f := range l.files {
			if err := f.turn(log); err != nil {
				return nil, err
			}
		}
	}
	l.latest = l.earliest()
	return l.latest, nil
}

// turn moves on to the next line.
func (f *logFile) turn(log *collector.Log) error {
	if f.at++; f.at < f.n {
		return nil
	}
	return f.gather(log)
}

// now returns the line whose turn it is. It is valid until the next turn.
func (f *logFile) now() *logLine { return &f.block[f.at] }

// gather reads the next line, and of those that are at hand behind it as many as make a
// block; and has what they ask of memory under way before their turns.
func (f *logFile) gather(log *collector.Log) error {
	f.at, f.n = 0, 0
	if err := f.next(); err != nil {
		return err
	}
	for more := true; more; more = f.n < len(f.block) && f.line != nil && f.atHand() {
		line := &f.block[f.n]
		if line.text = f.line; line.text == nil {
			break
		}
		if line.outcome = log.Parse(f.format, line.text, &line.parsed); line.outcome == collector.Kept {
			log.Glance(line.text, &line.parsed)
		}
		f.n++
	}
	for i := range f.block[:f.n] {
		log.Near(f.block[i].text, &f.block[i].parsed)
	}
	return nil
}

// earliest returns the file to read from next, or nil at the end of all. A line
// that has no date is taken at once.
func (l *logs) earliest() *logFile {
	var first *logFile
	for _, f := range l.files {
		switch line := f.now(); {
		case line.text == nil:
		case line.outcome != collector.Kept:
			return f
		case first == nil, line.parsed.At < first.now().parsed.At:
			first = f
		}
	}
	return first
}
