package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"oboro/cmd/oboro/demo"
	"oboro/collector/hit"
)

type demoCommand struct {
	listen
	Site string `placeholder:"ADDR" default:"127.0.0.1:8083" env:"OBORO_DEMO_SITE" help:"Where the demo site listens; loopback only."`
	Days int    `default:"30" help:"Past days to simulate."`
	Seed uint64 `default:"1" help:"Seed of the simulation."`
}

func (c demoCommand) Run(ctx context.Context, p process, o options) error {
	if err := loopbackOnly(c.Site); err != nil {
		return misuse("--site: %w", err)
	}
	if c.Days < 0 || c.Days > 400 {
		return misuse("--days: between 0 and 400")
	}
	config, err := demoConfig(o.ConfigFile)
	if err != nil {
		return err
	}
	return serve(ctx, p, o, config, c.listen, c.start)
}

// demoConfig returns the configuration of the demo: that of the file, or one with
// the demo site's pages declared, short flushes and weekly releases, so that there
// is something to see at once.
func demoConfig(file string) (config, error) {
	c, err := loadConfig(file)
	if err != nil || file != "" {
		return c, err
	}
	site := demoSite
	site.Campaigns.Sources, site.Campaigns.Mediums, site.Campaigns.Names = demo.Campaigns()
	site.Title.JA, site.Title.EN = "朧県庁（デモ）", "Oboro Prefecture (demo)"
	site.Pages = demo.Pages()
	c.Sites = []siteConfig{site}
	c.Flush = duration(2 * time.Second)
	c.Publish.Every = "week"
	c.Publish.Agency.JA, c.Publish.Agency.EN = "朧県（デモ）", "Oboro Prefecture (demo)"
	return c, nil
}

// start serves the demo site, makes its past and then lives through its today.
func (c demoCommand) start(ctx context.Context, s *server) error {
	l, err := net.Listen("tcp", c.Site)
	if err != nil {
		return misuse("--site: %w", err)
	}
	s.listeners["demo"] = l
	s.http(ctx, "demo", demo.Site("http://"+s.address("collect")))
	c.say(s)
	if err := c.past(ctx, s); err != nil {
		return err
	}
	if err := s.app.publish(ctx, s.app.published()); err != nil {
		s.warn("publish", err)
	}
	fmt.Fprintf(s.app.process.stdout, "The last %d days are simulated and sealed. Today goes on; stop with Ctrl-C.\n", c.Days)
	return c.live(ctx, s)
}

func (c demoCommand) say(s *server) {
	fmt.Fprintf(s.app.process.stdout, `
朧 Oboro demo

  Team page        http://%s/
  Published folder http://%[1]s/stats/
  Demo site        http://%s/   (your own visits count: look at "taken in")
  Operators        http://%s/metrics

A site embeds one line:

  %s

`, s.address("dashboards"), s.address("demo"), s.address("operators"), snippet(s.address("collect")))
}

func (c demoCommand) origin(s *server) string { return "http://" + s.address("demo") }

// past imports the simulated logs of the days before today. Days that are sealed
// already are left as they are.
func (c demoCommand) past(ctx context.Context, s *server) error {
	zone, today := s.app.config.zone(), s.today()
	var days []time.Time
	for day := today - hit.Day(c.Days); day < today; day++ {
		days = append(days, day.Start(zone))
	}
	job := importCommand{Site: demoSite.ID, Format: "combined", Files: []string{"-"}}
	_, err := job.take(ctx, s.app, streams{in: demo.Log(c.Seed, c.origin(s), days...), out: io.Discard, err: io.Discard})
	return err
}

// live sends today's simulated hits to the collector at their time of day. Those
// whose time has passed come at once, unless an earlier run sent them.
func (c demoCommand) live(ctx context.Context, s *server) error {
	traffic, err := s.app.aggregator.Today(ctx, demoSite.ID, "traffic")
	if err != nil {
		return err
	}
	late := len(traffic.Rows()) == 0
	zone := s.app.config.zone()
	for day := s.today(); ctx.Err() == nil; day++ {
		for _, r := range demo.Live(c.Seed, day.Start(zone), c.origin(s)) {
			wait := r.At.Sub(s.app.process.now())
			if wait < 0 && !late {
				continue
			}
			if !sleep(ctx, wait) {
				return nil
			}
			if err := demo.Post(ctx, http.DefaultClient, "http://"+s.address("collect"), r); err != nil && ctx.Err() == nil {
				return fmt.Errorf("demo: %w", err)
			}
		}
		late = true
		if !sleep(ctx, (day + 1).Start(zone).Sub(s.app.process.now())) {
			return nil
		}
	}
	return nil
}

// sleep waits, and reports whether it was not interrupted.
func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
