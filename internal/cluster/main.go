// Cluster starts a ClickHouse cluster on loopback from Debian's packages, two shards of two
// replicas and a ZooKeeper, and the demo on it; "make cluster" runs it. All that it writes is
// in one folder, which goes with it.
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
	"syscall"
	"time"

	"oboro/aggregator/store/clickhouse/clicktest"
)

func main() {
	program := flag.String("program", "bin/oboro", "the program")
	days := flag.Int("days", 3, "past days that the demo simulates")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *program, *days); err != nil {
		fmt.Fprintln(os.Stderr, "cluster:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, program string, days int) error {
	dir, err := os.MkdirTemp("", "oboro-cluster-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	c, err := clicktest.Start(dir, "deploy/clickhouse")
	if err != nil {
		return err
	}
	defer c.Stop()
	config := filepath.Join(dir, "oboro.yaml")
	text := fmt.Sprintf("store: %q\nflush: 2s\nsites:\n  - {id: demo, hosts: [localhost, 127.0.0.1], pages: [\"/*\"]}\n", c.DSN("oboro"))
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return err
	}
	say(c)
	return demo(ctx, program, dir, config, days)
}

// say prints where to look.
func say(c *clicktest.Cluster) {
	fmt.Printf("ClickHouse cluster on loopback, in %s\n  ZooKeeper         127.0.0.1:%d\n",
		filepath.Dir(c.ZooKeeper.Dir), c.ZooKeeper.Port)
	for _, n := range c.Nodes {
		fmt.Printf("  shard %d replica %d  clickhouse-client --port %d   http://127.0.0.1:%d/\n", n.Shard, n.Replica, n.TCP, n.HTTP)
	}
	fmt.Printf("  store: %s\nStop with Ctrl-C.\n", c.DSN("oboro"))
}

// demo runs the demo until ctx ends, and waits until it has flushed and ended: the servers
// go after it.
func demo(ctx context.Context, program, dir, config string, days int) error {
	command := exec.CommandContext(ctx, program, "demo", "--config", config, "--data", filepath.Join(dir, "data"),
		"--days", fmt.Sprint(days))
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C is ours to hand on
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGTERM) }
	command.WaitDelay = time.Minute
	err := command.Run()
	if _, ended := errors.AsType[*exec.ExitError](err); ctx.Err() != nil && !ended {
		return nil // as it was told
	}
	return err
}
