// Cluster starts what several machines would run, on loopback and from Debian's packages: two
// shards of two ClickHouse servers and a ZooKeeper, two collectors behind nginx, the process that seals,
// and simulated visitors; "make cluster" runs it. All that it writes is in two folders, which go with it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"oboro/aggregator/store/clickhouse/clicktest"
	"oboro/internal/loopback"
)

// options are those of the command line.
type options struct {
	program string
	deploy  string
	days    int
	rate    int
	out     io.Writer
}

func main() {
	o := options{out: os.Stdout}
	flag.StringVar(&o.program, "program", "bin/oboro", "the program")
	flag.StringVar(&o.deploy, "deploy", "deploy", "the folder deploy")
	flag.IntVar(&o.days, "days", 3, "past days that are simulated, 0 to 30")
	flag.IntVar(&o.rate, "rate", 20, "simulated hits a second, 0 to 500")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends at once
	if err := o.run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "cluster:", err)
		os.Exit(1)
	}
}

func (o options) run(ctx context.Context) (err error) {
	if o.days < 0 || o.days > 30 || o.rate < 0 || o.rate > 500 {
		return errors.New("--days: between 0 and 30; --rate: between 0 and 500")
	}
	if err := missing(o.program, found); err != nil {
		return err
	}
	c := &cluster{options: o}
	defer func() { err = errors.Join(err, c.stop()) }()
	if err := c.start(ctx); err != nil {
		if ctx.Err() != nil {
			return nil // it was told to stop
		}
		return err
	}
	c.say()
	return c.watch(ctx)
}

// A need is a program or file, and the package of Debian's that has it.
type need struct{ name, of string }

// missing says what is not here, and how to come by it.
func missing(program string, found func(name string) bool) error {
	if !found(program) {
		return fmt.Errorf("there is no program %s: make build makes it", program)
	}
	var names, packages []string
	for _, n := range []need{
		{"clickhouse-server", "clickhouse-server"}, {"java", "default-jre-headless"},
		{"/usr/share/java/zookeeper.jar", "libzookeeper-java"}, {"nginx", "nginx-light"},
	} {
		if !found(n.name) {
			names, packages = append(names, n.name), append(packages, n.of)
		}
	}
	if len(names) == 0 {
		return nil
	}
	return fmt.Errorf("not installed: %s. On Debian, as root: apt-get install %s", strings.Join(names, ", "), strings.Join(packages, " "))
}

// found looks for a program, also where only root looks, or for a file.
func found(name string) bool {
	if _, err := os.Stat(name); err == nil && strings.Contains(name, "/") {
		return true
	}
	for _, path := range []string{name, "/usr/sbin/" + name} {
		if _, err := exec.LookPath(path); err == nil {
			return true
		}
	}
	return false
}

// step does one thing that takes long, and says so while it does.
func (o options) step(what string, do func() error) error {
	began := time.Now()
	fmt.Fprintf(o.out, "%-60s", "  "+what)
	done := make(chan error)
	go func() { done <- do() }()
	tick := time.NewTicker(2 * time.Second)
	defer tick.Stop()
	for {
		select {
		case err := <-done:
			if err != nil {
				fmt.Fprintln(o.out, " failed")
				return fmt.Errorf("%s: %w", what, err)
			}
			fmt.Fprintf(o.out, " %s\n", time.Since(began).Round(100*time.Millisecond))
			return nil
		case <-tick.C:
			fmt.Fprint(o.out, ".")
		}
	}
}

// A cluster is all that runs.
type cluster struct {
	options
	dir, state string
	servers    *clicktest.Cluster
	one, two   *member
	seals      *member
	balancer   *loopback.Balancer
	site       *site
}
