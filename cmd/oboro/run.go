package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/alecthomas/kong"

	"oboro/collector"
)

// version is set at build time with -ldflags "-X main.version=…".
var version = "dev"

// A process is what the program reads and writes. The clock, the noise source and the store
// are here, and not behind a switch: the shipped main hands over the real ones,
// the tests' main others.
type process struct {
	args           []string
	getenv         func(string) string
	stdin          io.Reader
	stdout, stderr io.Writer
	now            func() time.Time
	random         io.Reader
	store          string            // where the configuration names none; the shipped main has none either
	at             func(step string) // told of the steps of a publication; nil but in tests
}

// The exit statuses.
const (
	done       = 0
	failed     = 1
	misused    = 2 // usage or configuration
	nothing    = 3 // nothing to do: all skipped, grain not ended
	busy       = 4
	unverified = 5
)

// A failure is an error with an exit status other than failed.
type failure struct {
	status int
	err    error
}

func (f failure) Error() string { return f.err.Error() }
func (f failure) Unwrap() error { return f.err }

// misuse says that the command line or the configuration is wrong.
func misuse(format string, args ...any) error {
	return failure{misused, fmt.Errorf(format, args...)}
}

type grammar struct {
	options
	Serve     serveCommand     `cmd:"" help:"Run everything in one process: collector, aggregator, dashboards."`
	Aggregate aggregateCommand `cmd:"" help:"Seal, show and publish what several collectors count, on ClickHouse."`
	Collect   collectCommand   `cmd:"" help:"Take hits, as one of several collectors."`
	Demo      demoCommand      `cmd:"" help:"Serve, with a demo site and a seeded simulation of its visitors."`
	Import    importCommand    `cmd:"" help:"Read access logs through the same truncation and seal their days."`
	Query     queryCommand     `cmd:"" help:"Show a table as the team may see it."`
	Seal      sealCommand      `cmd:"" help:"Seal the days that are over, now."`
	Publish   publishCommand   `cmd:"" help:"Write the published folder of the periods that are over, now."`
	Withdraw  withdrawCommand  `cmd:"" help:"Take a published table of a period back, for good, and say why in its place."`
	Verify    verifyCommand    `cmd:"" help:"Check a published folder: signatures, log, budget, files against metadata."`
	Pages     pagesCommand     `cmd:"" help:"Read a sitemap, and print the list of pages that it declares."`
	Notice    noticeCommand    `cmd:"" help:"Write the privacy notice of the configuration."`
	Audit     auditCommand     `cmd:"" help:"Check the audit trail, or report who looked at what."`
	Config    configCommand    `cmd:"" help:"Check the configuration."`
	Version   versionCommand   `cmd:"" help:"Print the version."`
}

// options are those of every command.
type options struct {
	ConfigFile string `name:"config" placeholder:"FILE" env:"OBORO_CONFIG" help:"Configuration (YAML). Without one, safe defaults."`
	Data       string `placeholder:"DIR" default:"./data" env:"OBORO_DATA" help:"Store, ledger, releases, audit trail."`
	State      string `placeholder:"DIR" env:"OBORO_STATE" help:"RAM state; by default under $$RUNTIME_DIRECTORY, $$XDG_RUNTIME_DIR or /dev/shm."`
}

const about = `Oboro counts visits without knowing visitors. 

Addresses, User-Agents, cookies and undeclared query parameters never leave the collector's memory; only declared statistics are counted, and what is published carries noise and its range.

Exit status: 0 done, 1 failed, 2 usage or configuration, 3 nothing to do, 4 busy, 5 verification failed.`

// run runs the command that the arguments name and returns the exit status.
func (p process) run(ctx context.Context) int {
	var g grammar
	exited := -1
	parser, err := newParser(&g, p, kong.Exit(func(status int) { exited = status }))
	if err != nil {
		fmt.Fprintln(p.stderr, "oboro:", err)
		return failed
	}
	chosen, err := parser.Parse(p.args)
	if exited >= 0 {
		return exited // --help was asked for, and given
	}
	if err != nil {
		fmt.Fprintf(p.stderr, "oboro: %v\nTry: oboro --help\n", err)
		return misused
	}
	chosen.BindTo(ctx, (*context.Context)(nil))
	return p.report(chosen.Run(p, g.options))
}

func newParser(g *grammar, p process, more ...kong.Option) (*kong.Kong, error) {
	return kong.New(g, append(more,
		kong.Name("oboro"), kong.Description(about), kong.Writers(p.stdout, p.stderr),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.Resolvers(p.environment()))...)
}

// environment resolves the variables named in the grammar through getenv.
func (p process) environment() kong.Resolver {
	return kong.ResolverFunc(func(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
		for _, name := range flag.Envs {
			if value := p.getenv(name); value != "" {
				return value, nil
			}
		}
		return nil, nil
	})
}

// report prints what went wrong, once, and returns the exit status.
func (p process) report(err error) int {
	if err == nil {
		return done
	}
	status := failed
	if f, ok := errors.AsType[failure](err); ok {
		status = f.status
	}
	if err.Error() != "" {
		fmt.Fprintln(p.stderr, "oboro:", err)
	}
	return status
}

type versionCommand struct{}

func (versionCommand) Run(_ context.Context, p process, _ options) error {
	_, err := fmt.Fprintln(p.stdout, "oboro", version)
	return err
}

type configCommand struct {
	Check configCheckCommand `cmd:"" help:"Read the configuration and say what it declares."`
}

type configCheckCommand struct{}

func (configCheckCommand) Run(_ context.Context, p process, o options) error {
	c, err := loadConfig(o.ConfigFile)
	if err != nil {
		return err
	}
	catalogue, err := c.catalogue()
	if err != nil {
		return err
	}
	if err := collector.CheckTables(c.tables(), catalogue.Plan()); err != nil {
		return misuse("configuration: %w", err)
	}
	if err := c.checkCopies(o.Data); err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "configuration: %d sites, %d statistics, k = %d, time zone %s\n",
		len(c.Sites), len(catalogue.All()), c.K, c.Timezone)
	for _, site := range c.Sites {
		site.sayPages(p.stdout)
	}
	for _, st := range catalogue.All() {
		fmt.Fprintf(p.stdout, "  %-12s %s\n", st.ID, st.Purpose.EN)
	}
	spent, most := catalogue.Rho()
	fmt.Fprintf(p.stdout, "published figures spend rho %s of the %s that one visitor-day allows\n", spent.FloatString(6), most.FloatString(2))
	return c.checkNotice(p.stdout, o.ConfigFile, catalogue)
}

// absolute returns path from the folder that the command was given in.
func absolute(path, from string) string {
	if path == "" || path[0] == os.PathSeparator {
		return path
	}
	return from + string(os.PathSeparator) + path
}
