package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/signal"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"oboro/aggregator"
	"oboro/collector"
	"oboro/collector/hit"
	"oboro/dashboards"
	"oboro/dashboards/team"
)

type serveCommand struct {
	listen
}

type listen struct {
	Collect     string `placeholder:"ADDR" default:"127.0.0.1:8080" env:"OBORO_COLLECT" help:"Where the collector listens: sites' visitors reach it."`
	Dashboards  string `placeholder:"ADDR" default:"127.0.0.1:8081" env:"OBORO_DASHBOARDS" help:"Where the team's pages listen; loopback only, until there are accounts."`
	Operators   string `placeholder:"ADDR" default:"127.0.0.1:8082" env:"OBORO_OPERATORS" help:"Where /metrics, /healthz and /readyz listen; loopback only."`
	StateOnDisk bool   `help:"Allow a state directory that could reach a disk. Whoever gets the disk may then get what visitors did that day."`

	name string // of the one of several collectors that this is
}

func (c serveCommand) Run(ctx context.Context, p process, o options) error {
	config, err := loadConfig(o.ConfigFile)
	if err != nil {
		return err
	}
	return serve(ctx, p, o, config, c.listen, nil)
}

// A server is a running process: one listener each for visitors, the team and
// operators, and one for commands.
type server struct {
	app       *app
	collector *collector.Collector
	group     *errgroup.Group
	listeners map[string]net.Listener
	ownOnly   bool // a RAM log of another data directory is left alone
	onDisk    bool // the state could reach a disk, and visitors are told

	refusals atomic.Uint64 // of tables of places and networks, since the start
}

// serve runs until ctx ends. Once everything listens, started is called; what it
// does may take long, and its error ends the process.
func serve(ctx context.Context, p process, o options, c config, l listen, started func(context.Context, *server) error) (err error) {
	if err := l.roles(p, c); err != nil {
		return err
	}
	for name, address := range map[string]string{"--dashboards": l.Dashboards, "--operators": l.Operators} {
		if err := loopbackOnly(address); address != "" && err != nil {
			return misuse("%s: %w", name, err)
		}
	}
	if l.StateOnDisk {
		if err := c.Notice.tells("state_on_disk", c.Notice.StateOnDisk); err != nil {
			return err
		}
	}
	if err := harden(); err != nil {
		return fmt.Errorf("keep memory out of core dumps: %w", err)
	}
	if err := openState(stateDir(o.State, p.getenv), l.StateOnDisk); err != nil {
		return err
	}
	a, err := l.openApp(ctx, p, o, c)
	if errors.Is(err, errBusy) {
		return failure{busy, fmt.Errorf("%s is in use by another process of oboro; stop it, or name another --data", o.Data)}
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.close()) }()
	if l.Dashboards != "" {
		if err := a.aggregator.BeginPeriods(ctx); err != nil { // before anything of today is counted
			return err
		}
	}
	s := &server{app: a, listeners: map[string]net.Listener{}, onDisk: l.StateOnDisk}
	if err := s.open(l); err != nil {
		if s.collector != nil {
			s.collector.Close()
		}
		return err
	}
	return s.run(ctx, started)
}

func (l listen) openApp(ctx context.Context, p process, o options, c config) (*app, error) {
	if l.name != "" {
		return openCollecting(ctx, p, o, c, l.name)
	}
	return openApp(ctx, p, o, c)
}

// loopbackOnly refuses an address that others than this machine could reach.
func loopbackOnly(address string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("%q is not an address like 127.0.0.1:8081", address)
	}
	if ip, err := netip.ParseAddr(host); host == "localhost" || err == nil && ip.IsLoopback() {
		return nil
	}
	return fmt.Errorf("%s is not on loopback; without accounts anyone who reaches it could read it, "+
		"so put a proxy with a login in front of 127.0.0.1", address)
}

// open makes the collector and all listeners.
func (s *server) open(l listen) error {
	if l.Collect != "" {
		if err := s.takeBack(); err != nil {
			return err
		}
	}
	var err error
	for name, address := range map[string]string{"collect": l.Collect, "dashboards": l.Dashboards, "operators": l.Operators} {
		if address == "" {
			continue // another process has this role
		}
		if s.listeners[name], err = net.Listen("tcp", address); err != nil {
			return misuse("--%s: %w", name, err)
		}
	}
	if l.Dashboards == "" {
		return nil
	}
	s.listeners["control"], err = listenControl(controlSocket(s.app.options, s.app.process.getenv))
	return err
}

// run serves until ctx ends or something fails, then lets go of everything in
// order: no new hits, what is counted to the store, the key destroyed.
func (s *server) run(ctx context.Context, started func(context.Context, *server) error) error {
	var inner context.Context
	s.group, inner = errgroup.WithContext(ctx)
	if s.collector != nil {
		s.collect(inner)
	}
	if s.listeners["dashboards"] != nil {
		s.http(inner, "dashboards", s.dashboards())
		s.http(inner, "control", &control{app: s.app})
	}
	s.http(inner, "operators", operators(metrics{s.app, s.collector, &s.refusals}))
	s.group.Go(func() error { return s.keepTime(inner) })
	if s.app.ledger != nil {
		s.group.Go(func() error { return s.app.keepCopies(inner) })
	}
	s.app.log.Info("ready", "collect", s.address("collect"), "dashboards", s.address("dashboards"),
		"operators", s.address("operators"))
	if started != nil {
		s.group.Go(func() error { return started(inner, s) })
	}
	err := s.group.Wait()
	if s.collector == nil {
		return err
	}
	s.collector.Close()
	last, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	return errors.Join(err, s.app.aggregator.Flush(last))
}

// collect takes hits.
func (s *server) collect(ctx context.Context) {
	hits := s.collector.NewServer()
	s.group.Go(func() error { return hits.Serve(s.listeners["collect"]) })
	s.group.Go(func() error {
		<-ctx.Done()
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		return hits.Shutdown(ctx)
	})
	s.group.Go(func() error { return s.keepTables(ctx) })
}

// address returns where a listener of the process listens, or nothing.
func (s *server) address(name string) string {
	if s.listeners[name] == nil {
		return ""
	}
	return s.listeners[name].Addr().String()
}

// http serves h on the named listener.
func (s *server) http(ctx context.Context, name string, h http.Handler) {
	server := &http.Server{
		Handler: h, ErrorLog: httpErrors(s.app.log),
		ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 64 << 10, ConnContext: withPeer,
	}
	s.group.Go(func() error {
		if err := server.Serve(s.listeners[name]); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("%s: the listener failed", name)
		}
		return nil
	})
	s.group.Go(func() error {
		<-ctx.Done()
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if server.Shutdown(ctx) != nil {
			return server.Close()
		}
		return nil
	})
}

// keepTime turns the day, flushes, seals what is over and publishes what is due.
func (s *server) keepTime(ctx context.Context) error {
	s.turn()
	s.flush(ctx)
	turn, flush := time.NewTicker(time.Second), time.NewTicker(time.Duration(s.app.config.Flush))
	defer turn.Stop()
	defer flush.Stop()
	sealed := s.today() - 1 // what was open at the last start is sealed at once
	published := sealed     // and published, if the hour has come
	for {
		if s.app.ledger != nil {
			s.seal(ctx, &sealed)
			s.publish(ctx, sealed, &published)
			s.app.signTrail(false)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-turn.C:
			s.turn()
		case <-flush.C:
			s.flush(ctx)
		}
	}
}

// turn turns the day, where it is over.
func (s *server) turn() {
	if s.collector == nil {
		return
	}
	if err := s.collector.Turn(); err != nil {
		s.warn("day change", err) // hits are shed until a later tick succeeds
	}
	s.collector.Settle()
}

func (s *server) flush(ctx context.Context) {
	if s.collector == nil {
		return
	}
	s.collector.Settle()
	if err := s.app.aggregator.Flush(ctx); err != nil && ctx.Err() == nil {
		s.warn("flush", err)
	}
}

// keepTables reads the files of places and networks again when they change, and, when an
// operator asks by a signal (SIGHUP), at once. Reading may take seconds, so it has a
// goroutine of its own.
func (s *server) keepTables(ctx context.Context) error {
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGHUP)
	defer signal.Stop(asked)
	look := time.NewTicker(time.Minute)
	defer look.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return nil
		case <-look.C:
			err = s.collector.Look()
		case <-asked:
			if err = s.collector.Reload(); err == nil {
				s.app.log.Info("tables of places and networks read again")
			}
		}
		if err != nil {
			s.refusals.Add(1)
			s.app.log.Error("a table of places or networks is refused, and the one before stays", "error", err.Error())
		}
	}
}

func (s *server) today() hit.Day { return s.app.aggregator.Day() }

// seal seals the days that are over, once after each change of day, and lets go of
// what has outlived its retention. A seal that fails is tried again with the next
// tick; the rest after the next change of day. The day is looked at once: where midnight passes
// meanwhile, the day that has just ended is the next tick's.
func (s *server) seal(ctx context.Context, next *hit.Day) {
	today := s.today()
	if today <= *next {
		return
	}
	if err := s.app.aggregator.Waits(ctx, today-1); errors.Is(err, aggregator.ErrWaits) {
		return // for a collector, for a while; asked again with the next tick
	}
	if err := s.app.aggregator.BeginPeriods(ctx); err != nil {
		s.warn("begin a period", err)
	}
	done, err := s.app.aggregator.SealThrough(ctx, today-1)
	for _, d := range done {
		if d.Week {
			s.app.log.Info("week sealed", "site", d.Site, "day", d.Day.String())
			continue
		}
		s.app.log.Info("day sealed", "site", d.Site, "day", d.Day.String())
	}
	if err != nil {
		s.warn("seal", err)
		return
	}
	*next = today
	if err := s.app.aggregator.Expire(ctx); err != nil {
		s.warn("retention", err)
	}
}

// publish brings the published folder up to date, once a day: when the hour has come, and
// the days before are sealed. What fails is tried again the next day, or by a command.
func (s *server) publish(ctx context.Context, sealed hit.Day, published *hit.Day) {
	if *published >= sealed || !s.app.hourHasCome() {
		return
	}
	*published = sealed
	if err := s.app.publish(ctx, s.app.published()); err != nil {
		s.warn("publish", err)
	}
}

func (s *server) warn(what string, err error) {
	s.app.log.Log(context.Background(), slog.LevelError, what+" failed", "error", err.Error())
}

// dashboards returns the team's pages and the published folder.
func (s *server) dashboards() http.Handler {
	a := s.app
	return ownHost(dashboards.New(dashboards.Config{
		Published: a.published(),
		Team: team.Config{
			Tables: a.aggregator, Sites: a.config.siteIDs(), Titles: a.config.titles(), Catalogue: a.catalogue.All(), Today: a.aggregator.Day,
			Zone: a.config.Timezone, K: a.config.K, Flush: time.Duration(a.config.Flush),
			Snippet: snippet(s.address("collect")), Meters: a.aggregator.Meters, Quality: s.quality, Audit: a.audit, Log: a.log,
		},
	}))
}

// ownHost refuses requests whose Host is not this machine's: a page of another
// site whose name was made to point here (DNS rebinding) must not read the pages.
func ownHost(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if loopbackOnly(withPort(r.Host)) != nil {
			http.Error(w, "this address answers to localhost and 127.0.0.1 only", http.StatusMisdirectedRequest)
			return
		}
		h.ServeHTTP(w, r)
	})
}

// withPort returns a Host header with a port, as addresses have one.
func withPort(host string) string {
	if _, _, err := net.SplitHostPort(host); err != nil {
		return net.JoinHostPort(strings.Trim(host, "[]"), "80")
	}
	return host
}

// snippet returns the line of HTML that a site embeds.
func snippet(collect string) string {
	return fmt.Sprintf(`<script defer src="http://%s/oboro.js"></script>`, collect)
}
