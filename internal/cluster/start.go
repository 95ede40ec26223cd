package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"oboro/aggregator/store/clickhouse/clicktest"
	"oboro/cmd/oboro/demo"
	"oboro/internal/loopback"
)

// siteID is the one site of the cluster.
const siteID = "demo"

// tokyo is the zone in which its days begin, as nothing else is configured.
var tokyo = time.FixedZone("Asia/Tokyo", 9*3600)

// A member is one of the processes of oboro.
type member struct {
	*loopback.Process
	name      string
	addresses map[string]string
	log       string
}

// A part is one that takes long to start.
type part struct {
	what string
	do   func() error
}

// start starts all parts, one after the other.
func (c *cluster) start(ctx context.Context) error {
	fmt.Fprintln(c.out, "Starting a cluster on loopback; Ctrl-C stops it.")
	var err error
	if c.dir, err = os.MkdirTemp("", "oboro-cluster-"); err != nil {
		return err
	}
	if c.state, err = os.MkdirTemp("/dev/shm", "oboro-cluster-"); err != nil {
		return err
	}
	if c.program, err = filepath.Abs(c.program); err != nil {
		return err
	}
	parts := []part{
		{"ZooKeeper and 2 shards of 2 ClickHouse servers", c.startServers},
		{"oboro aggregate", func() error { c.seals, err = c.member("aggregate"); return err }},
		{"oboro collect --name one", func() error { c.one, err = c.member("one"); return err }},
		{"oboro collect --name two", func() error { c.two, err = c.member("two"); return err }},
		{"nginx before both", c.startBalancer},
	}
	if c.days > 0 {
		parts = append(parts, part{fmt.Sprintf("the %d days before today, simulated and sealed", c.days), func() error { return c.past(ctx) }})
	}
	for _, of := range parts {
		if err := c.step(of.what, of.do); err != nil {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return nil
}

func (c *cluster) startServers() (err error) {
	if c.servers, err = clicktest.Start(c.dir, filepath.Join(c.deploy, "clickhouse")); err != nil {
		return err
	}
	return c.configure()
}

// configure writes the one configuration that all of oboro's processes read.
func (c *cluster) configure() error {
	sources, mediums, names := demo.Campaigns()
	text, err := json.MarshalIndent(map[string]any{ // which is YAML, too
		"store": c.servers.DSN("oboro"), "collectors": []string{"one", "two"}, "flush": "2s",
		"sites": []any{map[string]any{
			"id": siteID, "hosts": []string{"localhost", "127.0.0.1"}, "pages": demo.Pages(),
			"campaigns": map[string]any{"sources": sources, "mediums": mediums, "names": names},
		}},
	}, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(c.config(), append(text, '\n'), 0o600)
}

func (c *cluster) config() string { return filepath.Join(c.dir, "oboro.yaml") }

// member starts a process of that name, and waits until it answers.
func (c *cluster) member(name string) (*member, error) {
	args, listeners := []string{"aggregate"}, []string{"dashboards", "operators"}
	if name != "aggregate" {
		args, listeners = []string{"collect", "--name", name}, []string{"collect", "operators"}
	}
	free, err := loopback.Addresses(len(listeners))
	if err != nil {
		return nil, err
	}
	m := &member{name: "oboro " + strings.Join(args, " "), addresses: map[string]string{}, log: filepath.Join(c.dir, name+".log")}
	for i, listener := range listeners {
		m.addresses[listener] = free[i]
		args = append(args, "--"+listener, free[i])
	}
	if m.Process, err = loopback.Begin(c.command(name, args...), m.log); err != nil {
		return nil, err
	}
	err = m.Until(func() bool { return loopback.Listens(m.addresses["operators"]) })
	if err != nil {
		err = fmt.Errorf("%w: %s", err, m.last())
	}
	return m, err
}

// command returns a command of oboro for the state of that name.
func (c *cluster) command(state string, args ...string) *exec.Cmd {
	return exec.Command(c.program, append(args, "--config", c.config(), "--data", filepath.Join(c.dir, "data"),
		"--state", filepath.Join(c.state, state))...)
}

// last returns the last line that a member has said.
func (m *member) last() string {
	text, err := os.ReadFile(m.log)
	if err != nil {
		return "it has said nothing"
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return lines[len(lines)-1]
}

func (c *cluster) startBalancer() (err error) {
	if c.balancer, err = loopback.Balance(filepath.Join(c.dir, "nginx"), c.deploy, c.one.addresses["collect"], c.two.addresses["collect"]); err != nil {
		return err
	}
	c.site, err = serve(demo.Site("http://" + c.balancer.Address))
	return err
}

// past imports the simulated logs of days before today.
func (c *cluster) past(ctx context.Context) error {
	y, m, d := time.Now().In(tokyo).Date()
	var days []time.Time
	for n := c.days; n > 0; n-- {
		days = append(days, time.Date(y, m, d-n, 0, 0, 0, 0, tokyo))
	}
	command := c.command("aggregate", "import", "--site", siteID, "-")
	command.Stdin = demo.Log(1, c.site.origin(), days...)
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	said, failed := make(chan error, 1), new(strings.Builder)
	command.Stderr = failed
	if err := command.Start(); err != nil {
		return err
	}
	go func() { said <- command.Wait() }()
	select {
	case <-ctx.Done():
		_ = command.Process.Kill()
		<-said
		return ctx.Err()
	case err := <-said:
		if err != nil {
			err = fmt.Errorf("%w: %s", err, strings.TrimSpace(failed.String()))
		}
		return err
	}
}

// stop ends all that has started, in the order in which each lets go of what it has: visitors, collectors,
// what seals, servers. It waits until all have ended, and removes the folders.
func (c *cluster) stop() error {
	fmt.Fprintln(c.out, "\nStopping.")
	if c.site != nil {
		c.site.stop()
	}
	if c.balancer != nil {
		c.balancer.End(syscall.SIGTERM)
	}
	for _, m := range []*member{c.one, c.two, c.seals} {
		if m != nil && m.Process != nil {
			m.End(syscall.SIGTERM)
		}
	}
	if c.servers != nil {
		for _, n := range c.servers.Nodes {
			n.Kill() // their folders go with them, and an orderly end takes half a minute
		}
		c.servers.ZooKeeper.Kill()
	}
	err := errors.Join(os.RemoveAll(c.dir), os.RemoveAll(c.state))
	if err == nil {
		fmt.Fprintln(c.out, "All of it has ended, and nothing is left.")
	}
	return err
}

// A site is the demo site as it is served.
type site struct {
	server  *http.Server
	address string
	done    chan struct{}
}

func serve(h http.Handler) (*site, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &site{&http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}, l.Addr().String(), make(chan struct{})}
	go func() {
		_ = s.server.Serve(l) // until it is closed
		close(s.done)
	}()
	return s, nil
}

func (s *site) origin() string { return "http://" + s.address }

func (s *site) stop() {
	_ = s.server.Close() // nobody waits for an answer
	<-s.done
}
