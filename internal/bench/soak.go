package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// soakSettings are what the soak's flags say.
type soakSettings struct {
	minutes int
	every   time.Duration // between two looks at memory
	ceiling int           // seconds of measuring it
	program string
}

const soakHelp = `soak measures how many hits a second this computer takes, then sends half as many to
oboro serve, and looks at its memory meanwhile.

It sends to 127.0.0.1 only, from a fixed population of 50,000 made-up visitors, each
with 16 of 20,000 pages, and ends by itself; an interrupt (Ctrl-C) ends it sooner, and in order. The RAM
log of the day grows with each hit, by some 50 bytes: where that does not fit into half
of the free memory, the state goes to a disk, and the first lines say so.

It ends with status 1 where an answer was not 202 or did not come, where the store does
not hold as many views as there were answers 202, where memory is not flat, and where it
was interrupted. Memory is flat where a line through its second half (least squares)
rises by at most 5 % of what there was at half time, and 8 MiB: by then all visitors and
pages are known, and the garbage collector has found its pace. Of a run of less than 10
minutes memory is shown, not judged.

`

// startSoak runs the soak that the arguments ask for.
func startSoak(args []string) error {
	set, err := parseSoak(args)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	b, err := newBench(settings{seconds: set.ceiling, rounds: 1, program: set.program})
	if err != nil {
		return err
	}
	defer b.close()
	s := &soak{bench: b, set: set}
	return s.run(ctx)
}

func parseSoak(args []string) (soakSettings, error) {
	var s soakSettings
	flags := flag.NewFlagSet("soak", flag.ContinueOnError)
	flags.Usage = func() {
		fmt.Fprint(flags.Output(), soakHelp)
		flags.PrintDefaults()
	}
	flags.IntVar(&s.minutes, "minutes", 60, "`minutes` of load")
	flags.IntVar(&s.ceiling, "ceiling", 10, "`seconds` in which the ceiling is measured")
	flags.DurationVar(&s.every, "every", 5*time.Second, "`time` between two looks at memory")
	flags.StringVar(&s.program, "program", "bin/oboro", "the built `program`")
	if err := flags.Parse(args); err != nil {
		return s, err
	}
	if s.minutes < 1 || s.minutes > 20*60 || s.ceiling < 1 || s.ceiling > 60 || s.every < time.Second || flags.NArg() > 0 {
		return s, errors.New("1 to 1200 minutes, a ceiling of 1 to 60 seconds, looks a second or more apart, and no arguments, are meant")
	}
	return s, nil
}

// A soak is one run.
type soak struct {
	bench   *bench
	set     soakSettings
	ceiling float64 // hits a second
	how     string  // the ceiling was measured
	perHit  float64 // bytes of the RAM log
	tally   tally
	samples []look
}

// run measures the ceiling, sends half of it, and prints what came of it.
func (s *soak) run(ctx context.Context) error {
	if err := s.measureCeiling(ctx); err != nil {
		return fmt.Errorf("the ceiling: %w", err)
	}
	state, options, zone, err := s.places()
	if err != nil {
		return err
	}
	// The server outlives an interrupt, so that what it has counted can be read.
	server, err := s.bench.serve(context.WithoutCancel(ctx), nil, options)
	if err != nil {
		return err
	}
	began := time.Now()
	fault := s.load(ctx, server)
	lasted := time.Since(began)
	server.stop() // in order: what is counted goes to the store
	if err := os.RemoveAll(state); err != nil {
		return err
	}
	stored, err := s.stored(context.WithoutCancel(ctx), options, zone, began)
	if err != nil {
		return fmt.Errorf("read the store: %w", err)
	}
	r := s.report(lasted, stored)
	r.print(os.Stdout)
	if ctx.Err() != nil {
		return errors.New("interrupted")
	}
	return errors.Join(fault, r.verdict())
}

// measureCeiling has wrk, or where there is none the soak's own senders, send as fast as
// they are answered, to a server of its own.
func (s *soak) measureCeiling(ctx context.Context) error {
	b := s.bench
	server, err := b.startOboro(ctx)
	if err != nil {
		return err
	}
	defer server.stop()
	hits := 0
	if lacking("wrk") == "" {
		if err := b.writeScripts(ctx, keepAlive); err != nil {
			return err
		}
		got, err := b.load(ctx, server, b.script(keepAlive, "oboro"))
		if err != nil {
			return err
		}
		s.ceiling, s.how, hits = got.rate, "wrk, 64 connections", got.requests
	} else {
		var t tally
		timed, cancel := context.WithTimeout(ctx, time.Duration(s.set.ceiling)*time.Second)
		defer cancel()
		if err := send(timed, server.address, 0, &t); err != nil {
			return err
		}
		hits = int(t.accepted.Load())
		s.ceiling, s.how = float64(hits)/float64(s.set.ceiling), "its own senders, since there is no wrk: it may be too low"
	}
	text, err := server.metrics(ctx)
	if err != nil {
		return err
	}
	used, err := metric(text, "oboro_collector_ramlog_bytes")
	s.perHit = used / float64(hits)
	return err
}

// soakConfig is the shipped default but for the site, the rate of one network, the size
// of the log, and a time zone in which no day ends meanwhile.
const soakConfig = `sites:
  - id: bench
    hosts: [` + host + `]
limits: {rate: 100000}
state_limit: %dMB
timezone: %s
`

// places makes the folders of the run and returns its options. The state may be on a
// disk, since it is made up.
func (s *soak) places() (state string, options []string, zone *time.Location, err error) {
	need := int64(s.ceiling/2*float64(s.set.minutes)*60*s.perHit*1.2) + 256<<20
	where, words := s.bench.memory, "in RAM"
	if free := freeMemory(); need > free/2 {
		where, words = s.bench.disk, "on a disk, since it does not fit into RAM"
	}
	if state, err = os.MkdirTemp(where, "state-"); err != nil {
		return "", nil, nil, err
	}
	if free, err := freeSpace(state); err != nil || free < need+need/10 {
		return "", nil, nil, errors.Join(err, fmt.Errorf("the state may take %d MiB, and there are %d: take fewer --minutes", need>>20, free>>20))
	}
	name, zone := morning(time.Now())
	config := filepath.Join(s.bench.disk, "soak.yaml")
	text := fmt.Appendf(nil, soakConfig, need>>20, name)
	if s.set.minutes < 30 {
		text = append(text, "flush: 10s\n"...)
	}
	fmt.Printf("soak: %.0f hits/s for %d minutes, half of the %.0f that one core of %s took from %s.\n"+
		"The state of up to %d MiB is %s. The configuration is the shipped one but for:\n%s\n",
		s.ceiling/2, s.set.minutes, s.ceiling, processorName(), s.how, need>>20, words, text)
	return state, []string{"--config", config, "--data", filepath.Join(s.bench.disk, "soak"), "--state", state}, zone,
		os.WriteFile(config, text, 0o600)
}

// processorName names the computer's class.
func processorName() string { return strings.Trim(processor(), " ()") }

// morning returns a zone in which it is between one and two in the morning.
func morning(now time.Time) (name string, zone *time.Location) {
	offset := 1 - now.UTC().Hour()
	if offset < -11 {
		offset += 24
	}
	name = "Etc/GMT"
	if offset != 0 {
		name = fmt.Sprintf("Etc/GMT%+d", -offset) // its signs are the other way round
	}
	return name, time.FixedZone(name, offset*60*60)
}

// load sends for the minutes asked for, looks at memory, and tells how far it is.
func (s *soak) load(ctx context.Context, server *server) error {
	timed, cancel := context.WithTimeout(ctx, time.Duration(s.set.minutes)*time.Minute)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- send(timed, server.address, s.ceiling/2, &s.tally) }()
	tick := time.NewTicker(s.set.every)
	defer tick.Stop()
	began := time.Now()
	for told := began; ; {
		select {
		case err := <-ended:
			return errors.Join(err, s.look(server, time.Since(began)))
		case <-tick.C:
			if err := s.look(server, time.Since(began)); err != nil {
				cancel()
				return errors.Join(err, <-ended)
			}
			if time.Since(told) >= 6*s.set.every {
				told = time.Now()
				s.progress(time.Since(began))
			}
		}
	}
}

// look notes the memory of the server.
func (s *soak) look(server *server, at time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), answerWithin)
	defer cancel()
	text, err := server.metrics(ctx)
	if err != nil {
		return fmt.Errorf("ask for metrics: %w", err)
	}
	heap, err1 := metric(text, "go_memstats_heap_inuse_bytes")
	log, err2 := metric(text, "oboro_collector_ramlog_bytes")
	s.samples = append(s.samples, look{at: at, resident: memoryOf(server.cmd.Process.Pid), heap: heap / mib, log: log / mib})
	return errors.Join(err1, err2)
}

func (s *soak) progress(at time.Duration) {
	l := s.samples[len(s.samples)-1]
	left := time.Duration(s.set.minutes)*time.Minute - at
	s.bench.say("%s: %d hits, %.0f/s; %d answers other than 202; %.1f MiB resident, %.1f heap; longest answer %v; %s left",
		at.Round(time.Second), s.tally.sent.Load(), float64(s.tally.sent.Load())/at.Seconds(), s.tally.other.Load(),
		l.resident, l.heap, time.Duration(s.tally.longest.Load()).Round(time.Millisecond), left.Round(time.Second))
}

// stored returns how many views of the day the store holds, as another process reads
// them from it.
func (s *soak) stored(ctx context.Context, options []string, zone *time.Location, day time.Time) (views int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	server, err := s.bench.serve(ctx, nil, options)
	if err != nil {
		return 0, err
	}
	defer server.stop()
	date := day.In(zone).Format(time.DateOnly)
	text, err := get(ctx, "http://"+server.dashboards+"/api/v1/sites/bench/statistics/traffic?from="+date+"&to="+date)
	if err != nil {
		return 0, err
	}
	var table struct{ Data []struct{ Views int64 } }
	if err := json.Unmarshal(text, &table); err != nil {
		return 0, err
	}
	for _, row := range table.Data {
		views += row.Views
	}
	return views, nil
}
