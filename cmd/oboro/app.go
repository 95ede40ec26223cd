package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"oboro/aggregator"
	"oboro/aggregator/ledger"
	"oboro/aggregator/release"
	"oboro/aggregator/seal"
	"oboro/aggregator/statistic"
	"oboro/collector"
	"oboro/internal/audit"
)

// An app is an open data directory and what works on it. One process has it.
type app struct {
	process    process
	options    options
	config     config
	catalogue  *statistic.Catalogue
	store      cellStore
	ledger     *ledger.Ledger
	aggregator *aggregator.Aggregator
	collector  *collector.Collector // of live hits; nil where none are taken
	journal    *journal             // the RAM log; nil where there is none
	name       string               // of the collector, where it is one of several: it has no ledger
	copies     *copies              // of checkpoints; nil where none is configured
	trail      *trail               // of who looked; nil where nothing can be looked at
	log        *slog.Logger
	release    func()
	publishing sync.Mutex      // one writer of releases at a time
	spent      *release.Budget // what was read of the ledger; guarded by publishing
}

// openApp takes the data lock and opens store and ledger. It returns errBusy
// where another process holds the lock.
func openApp(ctx context.Context, p process, o options, c config) (_ *app, err error) {
	catalogue, err := c.catalogue()
	if err != nil {
		return nil, err
	}
	unlock, err := lockData(o.Data)
	if err != nil {
		return nil, err
	}
	a := &app{process: p, options: o, config: c, catalogue: catalogue, release: unlock, log: newLogger(p.stderr, slog.LevelInfo)}
	defer func() {
		if err != nil {
			a.close()
		}
	}()
	if a.store, err = openStore(ctx, p, o, c); err != nil {
		return nil, err
	}
	if a.ledger, err = ledger.Open(filepath.Join(o.Data, "ledger"), p.random); errors.Is(err, ledger.ErrBusy) {
		return nil, failure{busy, err}
	} else if err != nil {
		return nil, err
	}
	if err = a.openCopies(); err != nil {
		return nil, err
	}
	if err = a.store.Claim(ctx, a.ledger.ID()); err != nil {
		return nil, err
	}
	if err = a.openTrail(); err != nil {
		return nil, err
	}
	if err = a.newAggregator(ctx); err != nil {
		return nil, err
	}
	a.copyCheckpoints()
	return a, nil
}

// newAggregator makes the aggregator of the app's configuration and catalogue.
func (a *app) newAggregator(ctx context.Context) error {
	hash, err := a.config.hash(a.catalogue)
	if err != nil {
		return err
	}
	weeks, err := a.sumsWeeks()
	if err != nil {
		return err
	}
	a.aggregator, err = aggregator.New(ctx, aggregator.Config{
		Catalogue: a.catalogue, Sites: a.config.siteIDs(), Store: a.store, Ledger: a.ledger,
		Zone: a.config.zone(), Now: a.process.now, Random: a.process.random, K: a.config.K, Log: a.log,
		Sections: a.config.sectionsOf,
		Kin:      seal.Kin{Channels: collector.ChannelsOf, Classes: collector.ClassesOf},
		Config:   hash, Code: version, Record: a.record, Pause: a.pause, Pages: a.config.pagesOf, SumWeeks: weeks,
		Declared:  filepath.Join(a.options.Data, "declared.json"),
		Collector: a.name, Collectors: a.config.Collectors, Wait: time.Duration(a.config.CollectorsWait),
	})
	return err
}

// record writes a record of the aggregator to the RAM log, where there is one.
func (a *app) record(record []byte) error {
	if a.journal == nil {
		return nil
	}
	return a.journal.log.Append(record)
}

// pause runs f while no hit is under way.
func (a *app) pause(f func()) {
	if a.collector == nil {
		f()
		return
	}
	a.collector.Pause(f)
}

// close closes what is open, last opened first.
func (a *app) close() error {
	var errs []error
	if a.trail != nil {
		a.signTrail(true)
		a.copyCheckpoints()
		errs = append(errs, a.trail.Close())
	}
	if a.journal != nil {
		errs = append(errs, a.journal.log.Close())
	}
	if a.ledger != nil {
		errs = append(errs, a.ledger.Close())
	}
	if a.store != nil {
		errs = append(errs, a.store.Close())
	}
	a.release()
	return errors.Join(errs...)
}

// collectorConfig returns the configuration of a collector that hands its hits to sink.
func (a *app) collectorConfig(sink collector.Sink) collector.Config {
	return collector.Config{
		Sites: a.config.collectorSites(), Plan: a.catalogue.Plan(), Zone: a.config.zone(),
		Trusted: a.config.TrustedProxies, Tables: a.config.tables(),
		Logs: a.config.Import.rules(), Now: a.process.now, Random: a.process.random, Sink: sink,
	}
}

// mostOpen is how many connections of visitors may be open where the system allows it:
// at some 20 KiB of memory each they take 1.3 GiB.
const mostOpen = 65536

// limits returns the bounds of the collector. All connections together leave the process
// descriptors for its store, its log and its other listeners.
func (c *config) limits() (collector.Limits, error) {
	var files unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &files); err != nil {
		return collector.Limits{}, fmt.Errorf("ask how many files may be open: %w", err)
	}
	return collector.Limits{
		Rate: c.Limits.Rate, Connections: c.Limits.Connections, Open: openOf(files.Cur),
	}, nil
}

// openOf returns how many connections may be open where so many files may be.
func openOf(files uint64) int {
	const others = 256
	return int(min(max(files-min(others, files/2), 1), mostOpen))
}

// streams are what a command reads and writes: of the process it was given to, or
// of another one that asks over the control socket.
type streams struct {
	in       io.Reader
	out, err io.Writer
	dir      string // where its paths begin
	by       string // whose they are, in the words of the audit trail
}

// A job is a command that works on an open data directory. It is done by [app.perform], which
// writes down who asked for it.
type job interface {
	// entry says what the command is, for the audit trail: in declared names, days and words.
	entry(a *app) audit.Leaf
	do(ctx context.Context, a *app, s streams) error
}

// onData runs a job here, or, where another process holds the data, has that
// process run it.
func onData(ctx context.Context, p process, o options, j job) error {
	c, err := loadConfig(o.ConfigFile)
	if err != nil {
		return err
	}
	a, err := openApp(ctx, p, o, c)
	if errors.Is(err, errBusy) {
		return askRunning(ctx, p, o)
	}
	if err != nil {
		return err
	}
	err = a.perform(ctx, j, streams{in: p.stdin, out: p.stdout, err: p.stderr, dir: ".", by: a.trail.by})
	return errors.Join(err, a.close())
}
