package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"
)

// helpers are what the program starts itself for. Each has a process of its own:
// the floor so that it can be measured, the others so that their memory does not
// count for programs started later, who inherit the peak of their parent.
var helpers = map[string]func(args []string) error{
	"floor":    floor,
	"log":      writeLog,
	"requests": writeRequests,
}

// floor splits the lines of a log and counts them by path: what a program in Go
// cannot do without.
func floor(args []string) error {
	if len(args) != 1 {
		return errors.New("floor FILE is meant")
	}
	f, err := os.Open(args[0])
	if err != nil {
		return err
	}
	defer f.Close()
	counts, err := countPaths(f)
	fmt.Println(len(counts), "paths")
	return err
}

func countPaths(log io.Reader) (map[string]*int, error) {
	counts := map[string]*int{}
	lines := bufio.NewReaderSize(log, 64<<10)
	for {
		line, err := lines.ReadSlice('\n')
		if errors.Is(err, io.EOF) {
			return counts, nil
		}
		if err != nil {
			return counts, err
		}
		path := pathOf(line)
		count := counts[string(path)]
		if count == nil {
			count = new(int)
			counts[string(path)] = count
		}
		*count++
	}
}

// pathOf splits a line at its quotation marks, the request at its spaces, and
// returns the path without query.
func pathOf(line []byte) []byte {
	var fields [7][]byte
	for i := range fields {
		fields[i], line, _ = bytes.Cut(line, []byte{'"'})
	}
	_, target, _ := bytes.Cut(fields[1], []byte{' '})
	target, _, _ = bytes.Cut(target, []byte{' '})
	path, _, _ := bytes.Cut(target, []byte{'?'})
	return path
}

// writeLog writes the first lines of a log of so many.
func writeLog(args []string) error {
	if len(args) != 3 {
		return errors.New("log ALL FIRST FILE is meant")
	}
	all, err1 := strconv.Atoi(args[0])
	first, err2 := strconv.Atoi(args[1])
	f, err3 := os.Create(args[2])
	if err := errors.Join(err1, err2, err3); err != nil {
		return err
	}
	return errors.Join(writeLines(f, newGenerator(all, firstDay(time.Now())), first), f.Close())
}

func writeLines(to io.Writer, g *generator, n int) error {
	w := bufio.NewWriterSize(to, 64<<10)
	var b []byte
	for range n {
		b = g.next().append(b[:0])
		w.Write(b)
	}
	return w.Flush()
}
