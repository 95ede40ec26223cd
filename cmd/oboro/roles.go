package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"
)

// aggregateCommand seals, shows and publishes what several collectors count.
type aggregateCommand struct {
	Dashboards string `placeholder:"ADDR" default:"127.0.0.1:8081" env:"OBORO_DASHBOARDS" help:"Where the team's pages listen; loopback only, until there are accounts."`
	Operators  string `placeholder:"ADDR" default:"127.0.0.1:8082" env:"OBORO_OPERATORS" help:"Where /metrics, /healthz and /readyz listen; loopback only."`
}

func (c aggregateCommand) Run(ctx context.Context, p process, o options) error {
	config, err := loadConfig(o.ConfigFile)
	if err != nil {
		return err
	}
	if len(config.Collectors) == 0 {
		return misuse("no collectors are declared: name them under collectors:, or run oboro serve, which does everything")
	}
	return serve(ctx, p, o, config, listen{Dashboards: c.Dashboards, Operators: c.Operators}, nil)
}

// collectCommand takes hits, and writes their counts to the store of several collectors.
type collectCommand struct {
	Name        string `placeholder:"NAME" required:"" env:"OBORO_NAME" help:"Which of the collectors of the configuration this one is."`
	Collect     string `placeholder:"ADDR" default:"127.0.0.1:8080" env:"OBORO_COLLECT" help:"Where the collector listens: sites' visitors reach it."`
	Operators   string `placeholder:"ADDR" default:"127.0.0.1:8082" env:"OBORO_OPERATORS" help:"Where /metrics, /healthz and /readyz listen; loopback only."`
	StateOnDisk bool   `help:"Allow a state directory that could reach a disk. Whoever gets the disk may then get what visitors did that day."`
}

func (c collectCommand) Run(ctx context.Context, p process, o options) error {
	config, err := loadConfig(o.ConfigFile)
	if err != nil {
		return err
	}
	if !slices.Contains(config.Collectors, c.Name) {
		return misuse("there is no collector %q: declared under collectors: are %q", c.Name, config.Collectors)
	}
	l := listen{Collect: c.Collect, Operators: c.Operators, StateOnDisk: c.StateOnDisk, name: c.Name}
	return serve(ctx, p, o, config, l, nil)
}

// checkCollectors refuses collectors that could not be told apart, or have no store together.
func (c *config) checkCollectors() error {
	if wait := time.Duration(c.CollectorsWait); wait < time.Minute || wait > 20*time.Hour {
		return fmt.Errorf("collectors_wait is %v: between 1m and 20h is allowed", wait)
	}
	known := map[string]bool{}
	for _, name := range c.Collectors {
		if !siteID.MatchString(name) || known[name] {
			return fmt.Errorf("collector %q: each needs a name of its own, of lower-case letters, digits and hyphens", name)
		}
		known[name] = true
	}
	return nil
}

// openCollecting opens what one of several collectors works on: the store, and no data directory.
func openCollecting(ctx context.Context, p process, o options, c config, name string) (*app, error) {
	catalogue, err := c.catalogue()
	if err != nil {
		return nil, err
	}
	a := &app{process: p, options: o, config: c, catalogue: catalogue, name: name, release: func() {}, log: newLogger(p.stderr, slog.LevelInfo)}
	if a.store, err = openStore(ctx, p, o, c); err != nil {
		return nil, err
	}
	if err := a.newAggregator(ctx); err != nil {
		return nil, errors.Join(err, a.close())
	}
	return a, nil
}

// roles refuses several collectors beside a process that does everything, or a store that is a file.
func (l listen) roles(p process, c config) error {
	switch {
	case len(c.Collectors) == 0:
		return nil
	case l.Collect != "" && l.Dashboards != "":
		return misuse("collectors are declared: run oboro collect as each of them, and one oboro aggregate")
	case cmp.Or(c.Store, p.store) == "":
		return misuse("collectors are declared, and no store that several can write to: name ClickHouse servers as store")
	}
	return nil
}

// belongs names what a RAM log is of: the ledger of the data directory, or the collector.
func (a *app) belongs() string {
	if a.ledger == nil {
		return "collector " + a.name
	}
	return a.ledger.ID()
}
