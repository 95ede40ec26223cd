package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"oboro/aggregator/store/clickhouse/clicktest"
	"oboro/internal/loopback"
)

// clusterConfig is what the cluster and the single process count by. What differs is where the
// cells are kept, and who takes the hits. The hour of publication never comes: the test publishes.
const clusterConfig = `flush: 1s
limits: {rate: 100000}
publish: {every: week, pages_every: week, hour: 23}
sites:
  - {id: alpha, hosts: [alpha.example], pages: [/, /guide/], campaigns: {mediums: [qr, email], names: ["kill*"]}}
  - {id: gamma, hosts: [gamma.example]}
`

// The clocks begin at noon of the latest Saturday: what was counted longer ago than a cluster knows a
// block again would be held.
var saturday, sunday, week = weekend(time.Now())

// How far the clocks are set forward for the second visits, for the Sunday and for the Monday.
const (
	afternoon = 2 * time.Hour
	dayAfter  = 24 * time.Hour
	mondayAt  = 36*time.Hour + 10*time.Minute
)

// weekend returns the latest Saturday that is over, its Sunday and the Monday before.
func weekend(now time.Time) (saturday, sunday, monday string) {
	at := now.AddDate(0, 0, -1-int(now.Weekday()))
	return at.Format(time.DateOnly), at.AddDate(0, 0, 1).Format(time.DateOnly), at.AddDate(0, 0, -5).Format(time.DateOnly)
}

// A cluster is all that stands behind a balancer: two collectors, and one that seals what they
// wrote to four servers.
type cluster struct {
	t        *testing.T
	servers  *clicktest.Cluster
	one, two *program
	seals    *program
	sender   *sender
	words    []*clicktest.Proxy // between each server and ZooKeeper; only at length
}

// TestCluster writes through a whole cluster and kills its parts in turn: a server, the other one
// of its shard, a collector, ZooKeeper, and the process that seals, in the middle of the seal of
// a day and of a week. Every table of the team is then, to the last byte, that of one process which was
// sent the same hits, and so is the published folder, by the same noise: signatures, ledger and all.
//
// The two have the same epochs, or their noise could not be the same. The cluster's first day has
// one for each collector, and one for the restart; the single process loses its state as
// often on that day, before anybody comes. On the second day nothing that keeps visitors is killed,
// and each has one.
//
// A hit without an answer may have been counted or not, so none is sent to a collector while it
// is down: its visitors wait, and those of the other one do not.
//
// Seen to fail when what is sent again has a new id (too many), when a batch that was frozen is not
// taken back from the RAM log (too few), when a day does not wait for the marks of its collectors, when
// a restart is no epoch, when what is taken back does not go on over midnight (more epochs on the second day), when
// the meters of an outcome stand in the order in which the store yields them (another ledger), when
// nginx does not hash addresses, and, at length, when what one replica alone believes in is counted.
func TestCluster(t *testing.T) {
	c := startCluster(t)
	c.saturday()
	c.turn()
	c.sunday()
	c.week()
	c.compare(c.reference())
}

// startCluster starts all of it.
func startCluster(t *testing.T) *cluster {
	t.Helper()
	if _, err := loopback.Nginx(); err != nil {
		t.Skip("SKIPPED: " + err.Error())
	}
	servers, err := clicktest.Start(t.TempDir(), "../../deploy/clickhouse")
	if errors.Is(err, clicktest.ErrMissing) {
		t.Skip("SKIPPED: " + err.Error())
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // their folders go with them, and an orderly end takes long
		for _, n := range servers.Nodes {
			n.Kill()
		}
		servers.ZooKeeper.Kill()
	})
	c := &cluster{t: t, servers: servers, sender: &sender{t: t}}
	if long() {
		c.words = between(t, servers)
	}
	c.seals = c.member("aggregate") // before anything is counted, or no page is summed
	c.one = c.member("collect", "--name", "one")
	c.two = c.member("collect", "--name", "two")
	balancer, err := loopback.Balance(t.TempDir(), "../../deploy", c.one.addresses["collect"], c.two.addresses["collect"])
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { balancer.End(syscall.SIGKILL) })
	c.sender.address = balancer.Address
	return c
}

// member starts one of the processes of the cluster.
func (c *cluster) member(role ...string) *program {
	c.t.Helper()
	p := clusterProgram(c.t, clusterConfig+"collectors: [one, two]\ncollectors_wait: 20h\nstore: "+strconv.Quote(c.servers.DSN("oboro"))+"\n")
	p.role = role
	if role[0] == "collect" {
		// By the same random bytes both would give their batches the same ids, as no two processes do that
		// are not told what is random; and a batch of one like that of the other would be none.
		p.env = append(p.env, "OBORO_TEST_NOISE="+role[len(role)-1])
	}
	p.start()
	return p
}

// clusterProgram prepares a process whose noise is that of every other one with the same reservations.
func clusterProgram(t *testing.T, config string) *program {
	t.Helper()
	p := newProgram(t, config)
	t.Cleanup(func() {
		if p.cmd == nil {
			return
		}
		p.cmd.Process.Kill()
		p.cmd.Wait()
		if t.Failed() {
			t.Logf("the log of %v is\n%s", p.role, p.logs.String())
		}
	})
	p.now = saturday + "T12:00:00+09:00"
	p.env = []string{"OBORO_TEST_LEDGER=" + filepath.Join(p.data, "ledger", "entries.jsonl"), "OBORO_TEST_NOISE=cluster"}
	return p
}

// eventually does something until it succeeds: servers that were killed find back to each other
// within a minute or so.
func eventually(t *testing.T, what string, do func() error) {
	t.Helper()
	deadline := time.Now().Add(3 * time.Minute)
	for {
		err := do()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("there is no %s after three minutes: %v", what, err)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// clock sets the clocks of all. No hit is under way.
func (c *cluster) clock(by time.Duration) {
	c.t.Helper()
	c.sender.clock(by)
	for _, p := range []*program{c.seals, c.one, c.two} {
		p.setClock(by)
	}
}

// long reports whether the parts are killed at length.
func long() bool { return os.Getenv("OBORO_LONG") != "" }

// rounds returns how often the parts are killed on Saturday.
func rounds() int {
	if long() {
		return 6
	}
	return 1
}

// saturday kills all but the process that seals, while hits come.
func (c *cluster) saturday() {
	c.t.Helper()
	began := time.Now()
	say := func(what string) { c.t.Logf("%s after %s", what, time.Since(began).Round(time.Second)) }
	c.clock(0)
	c.sender.opening()
	say("all have come")
	for round := range rounds() {
		c.killServers(2 - round%2*2)
		say("two servers are back")
		if round == 0 {
			c.clock(afternoon)
		}
		c.loseWords()
		c.killCollector(round)
		say("a collector is back")
		c.killZooKeeper()
		say("ZooKeeper is back, and all is written")
	}
}

// killServers kills one server of a shard, and, once that is back, the other one.
func (c *cluster) killServers(first int) {
	c.t.Helper()
	for _, n := range c.servers.Nodes[first : first+2] {
		c.sender.during(c.sender.those(""), func() {
			n.Kill()
			c.takes() // the other one does
			if err := n.Start(); err != nil {
				c.t.Fatal(err)
			}
		})
	}
}

// killCollector kills one of the collectors while batches of it are on their way. Its visitors wait
// until it is back.
func (c *cluster) killCollector(round int) {
	c.t.Helper()
	one, other := c.two, c.one
	if round%2 == 1 {
		one, other = c.one, c.two
	}
	c.sender.during(c.sender.those(""), func() {
		eventually(c.t, "batch on its way", func() error {
			if one.metric("oboro_aggregator_queue_batches") == 0 {
				return errors.New("none waits")
			}
			return nil
		})
	})
	c.sender.during(c.sender.those(other.addresses["collect"]), func() {
		one.stop(syscall.SIGKILL)
		one.startAgain()
	})
}

// killZooKeeper kills it until no batch is taken, and waits until all is written once it is back.
func (c *cluster) killZooKeeper() {
	c.t.Helper()
	c.sender.during(c.sender.those(""), func() {
		c.servers.ZooKeeper.Kill()
		eventually(c.t, "flush that fails", func() error {
			if c.one.metric("oboro_aggregator_flush_ok") != 0 || c.two.metric("oboro_aggregator_flush_ok") != 0 {
				return errors.New("batches are still taken")
			}
			return nil
		})
		if err := c.servers.ZooKeeper.Start(); err != nil {
			c.t.Fatal(err)
		}
		c.takes()
	})
	c.flushed()
}

// takes waits until the store has acknowledged a batch of each collector.
func (c *cluster) takes() {
	c.t.Helper()
	for _, p := range []*program{c.one, c.two} {
		before := 0.0
		eventually(c.t, "batch acknowledged", func() error {
			waiting := p.metric("oboro_aggregator_queue_batches")
			if waiting < before {
				return nil
			}
			before = waiting
			return fmt.Errorf("%v batches wait", waiting)
		})
	}
}

// flushed waits until the collectors have written all that was counted. Nothing comes meanwhile.
func (c *cluster) flushed() {
	c.t.Helper()
	for _, p := range []*program{c.one, c.two} {
		eventually(c.t, "flush", func() error {
			waiting, ok := p.metric("oboro_aggregator_queue_batches"), p.metric("oboro_aggregator_flush_ok")
			if waiting > 0 || ok != 1 {
				return fmt.Errorf("%v batches wait, and the latest flush is %v", waiting, ok)
			}
			return nil
		})
	}
}

// turn begins the Sunday. One collector stands still with what it has not written: the day waits
// for it. The process that seals is killed in the middle of what comes then.
func (c *cluster) turn() {
	c.t.Helper()
	c.sender.during(c.sender.those(""), func() { time.Sleep(time.Second) })
	if err := c.two.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		c.t.Fatal(err)
	}
	c.clock(dayAfter)
	eventually(c.t, "wait for a collector", func() error {
		if done := c.seals.committed("day", saturday); done > 0 {
			c.t.Fatalf("%d sites are sealed before a collector has written what it counted", done)
		}
		out, err := c.seals.command("seal").CombinedOutput()
		if !strings.HasSuffix(string(out), "a day waits for a collector: "+saturday+", two\n") {
			return fmt.Errorf("oboro seal says %q, %v", out, err)
		}
		return nil
	})
	if err := c.two.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		c.t.Fatal(err)
	}
	c.killMidSeal("day", saturday)
}

// killMidSeal kills the process that seals while the outcome of a seal stands and nothing is committed
// of it; then it has the seals finished.
func (c *cluster) killMidSeal(grain, period string) {
	c.t.Helper()
	deadline := time.Now().Add(3 * time.Minute)
	for !c.seals.sealing(grain, period) {
		if c.seals.committed(grain, period) == len(sites) || time.Now().After(deadline) {
			c.t.Fatalf("the seals of the %s %s were not met in the middle", grain, period)
		}
		time.Sleep(2 * time.Millisecond)
	}
	c.seals.stop(syscall.SIGKILL)
	if done := c.seals.committed(grain, period); done == len(sites) {
		c.t.Fatalf("the process that seals was killed after all seals of the %s %s", grain, period)
	}
	c.seals.startAgain()
	c.seals.sealedAll(grain, period)
}

// sunday has visitors come while nothing is killed.
func (c *cluster) sunday() {
	c.t.Helper()
	c.sender.opening()
	c.sender.during(c.sender.those(""), func() { time.Sleep(3 * time.Second) })
}

// week turns to the Monday. The week is sealed once, though that is cut short.
func (c *cluster) week() {
	c.t.Helper()
	c.clock(mondayAt)
	c.killMidSeal("week", week)
	c.seals.sealedAll("day", sunday)
	if out, err := c.seals.command("seal").CombinedOutput(); !strings.Contains(string(out), "nothing to seal") {
		c.t.Errorf("oboro seal after all is sealed says %q, %v, want that there is nothing to seal", out, err)
	}
	for _, of := range [][2]string{{"day", saturday}, {"day", sunday}, {"week", week}} {
		if r := c.seals.reserved(of[0], of[1]); len(r) != len(sites) {
			c.t.Errorf("the %s %s has %d reservations, want one for each of %d sites", of[0], of[1], len(r), len(sites))
		}
	}
	for _, p := range []*program{c.one, c.two} {
		if held := p.metric("oboro_aggregator_quarantine_batches"); held != 0 {
			c.t.Errorf("%v batches are held, want none", held)
		}
	}
}
