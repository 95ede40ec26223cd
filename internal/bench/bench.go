// Command bench measures Oboro beside programs that Debian packages, on one
// computer and in one stretch of time, and prints ratios. It is run by make bench.
//
// Times of a shared computer mean little; so every figure is a ratio of two runs
// made one after the other, in CPU seconds where it can be, as a median over
// rounds with its range. A pair during which other programs used a quarter of a
// core or more is kept, but not called clean. The goals are printed beside the
// figures. No figure makes the program fail: it ends with status 1 only where it
// could not measure.
//
// It promises to send load to 127.0.0.1 only, to end in bounded time, and to
// leave nothing behind: neither a process nor a file.
//
// What it measures, and what --only takes:
//
//	ingest   oboro serve, hits over connections that stay open, against nginx
//	         that writes a buffered access log; server on one core, wrk on another
//	connect  the same with a new connection for each hit
//	import   oboro import, store included, against GoAccess, AWStats and a Go
//	         program that only splits lines and counts
//	process  the Go benchmarks beside the code
//
// With the argument soak it does something else: it sends half of what the computer can
// take for an hour, and looks whether memory stays flat and every hit is in the store.
// make soak runs it; bench soak --help tells more.
//
// What the figures do not say is in docs/performance.md.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// longest bounds a whole run.
const longest = 40 * time.Minute

// parts are what can be measured, in this order.
var parts = []string{"ingest", "connect", "import", "process"}

// settings are what the flags say.
type settings struct {
	rounds  int
	seconds int
	only    []string
	lines   int
	program string // the built oboro
	profile string // where to write a profile, in place of a measurement
}

func main() {
	if err := start(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// start runs one of the program's own helpers, or the measurement.
func start(args []string) error {
	if len(args) > 0 {
		if helper, ok := helpers[args[0]]; ok {
			return helper(args[1:])
		}
		if args[0] == "soak" {
			return startSoak(args[1:])
		}
	}
	set, err := parse(args)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	return measure(ctx, set)
}

func parse(args []string) (settings, error) {
	var s settings
	var only string
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.IntVar(&s.rounds, "rounds", 5, "`rounds` of each pair; five are the fewest to go by")
	flags.IntVar(&s.seconds, "seconds", 1, "`seconds` of load in each run")
	flags.StringVar(&only, "only", strings.Join(parts, ","), "`parts` to measure")
	flags.IntVar(&s.lines, "lines", 1_000_000, "`lines` of the imported log")
	flags.StringVar(&s.program, "program", "bin/oboro", "the built `program`")
	flags.StringVar(&s.profile, "profile", "", "`file` to write a profile for the compiler to, of a program built with the tag profile; nothing is measured then")
	if err := flags.Parse(args); err != nil {
		return s, err
	}
	s.only = strings.Split(only, ",")
	for _, part := range s.only {
		if !slices.Contains(parts, part) {
			return s, fmt.Errorf("--only %q: one or more of %s, with commas, is meant", part, strings.Join(parts, ","))
		}
	}
	if s.rounds < 1 || s.seconds < 1 || s.lines < 1000 || flags.NArg() > 0 {
		return s, errors.New("at least 1 round, 1 second and 1000 lines, and no arguments, are meant")
	}
	return s, nil
}

// A bench is one run of the program: where it works and what it found.
type bench struct {
	set     settings
	self    string // this program
	program string // oboro
	disk    string // a new folder for logs, stores and configurations
	memory  string // a new folder on tmpfs for oboro's state
	cores   cores
	report  report
}

func newBench(set settings) (*bench, error) {
	program, err := filepath.Abs(set.program)
	if err != nil {
		return nil, err
	}
	if _, err := exec.LookPath(program); err != nil {
		return nil, fmt.Errorf("%s is not there: run make build first", set.program)
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	b := &bench{set: set, self: self, program: program}
	if b.cores, err = ownCores(); err != nil {
		return nil, err
	}
	if b.memory, err = os.MkdirTemp("/dev/shm", "oboro-bench-"); err != nil {
		return nil, fmt.Errorf("a folder in RAM for the state: %w", err)
	}
	if b.disk, err = os.MkdirTemp("", "oboro-bench-"); err != nil {
		os.RemoveAll(b.memory)
		return nil, err
	}
	return b, nil
}

// close removes all files. The processes have ended: each run waits for its own.
func (b *bench) close() {
	os.RemoveAll(b.disk)
	os.RemoveAll(b.memory)
}

// measure measures the chosen parts and prints the table.
func measure(ctx context.Context, set settings) error {
	b, err := newBench(set)
	if err != nil {
		return err
	}
	defer b.close()
	b.introduce(ctx)
	if set.profile != "" {
		return b.profiles(ctx, set.profile)
	}
	for _, part := range parts {
		if !slices.Contains(set.only, part) {
			continue
		}
		if err := b.part(ctx, part); err != nil {
			return fmt.Errorf("%s: %w", part, err)
		}
		if ctx.Err() != nil {
			return errors.New("interrupted")
		}
	}
	b.report.print(os.Stdout)
	return nil
}

func (b *bench) part(ctx context.Context, name string) error {
	switch name {
	case "ingest":
		return b.ingest(ctx, keepAlive)
	case "connect":
		return b.ingest(ctx, newConnection)
	case "import":
		return b.imports(ctx)
	}
	return b.process(ctx)
}
