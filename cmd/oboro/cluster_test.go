package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"oboro/aggregator/release"
	"oboro/aggregator/store/clickhouse/clicktest"
	"oboro/internal/loopback"
)

// clusterConfig is what the cluster and the single process count by. What differs is where the
// cells are kept, and who takes the hits.
const clusterConfig = `flush: 1s
limits: {rate: 100000}
publish: {every: week, pages_every: week}
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
// the meters of an outcome stand in the order in which the store yields them (another ledger), and when
// nginx does not hash addresses.
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

// saturday kills all but the process that seals, while hits come.
func (c *cluster) saturday() {
	c.t.Helper()
	began := time.Now()
	say := func(what string) { c.t.Logf("%s after %s", what, time.Since(began).Round(time.Second)) }
	c.clock(0)
	c.sender.opening()
	say("all have come")
	for _, n := range c.servers.Nodes[2:] { // of the shard of alpha
		c.sender.during(c.sender.those(""), func() {
			n.Kill()
			c.takes() // the other one does
			if err := n.Start(); err != nil {
				c.t.Fatal(err)
			}
		})
		say("a server is back")
	}

	c.clock(afternoon)
	c.sender.during(c.sender.those(""), func() {
		eventually(c.t, "batch on its way", func() error {
			if c.two.metric("oboro_aggregator_queue_batches") == 0 {
				return errors.New("none waits")
			}
			return nil
		})
	})
	c.sender.during(c.sender.those(c.one.addresses["collect"]), func() {
		c.two.stop(syscall.SIGKILL)
		c.two.startAgain()
	})
	say("a collector is back")
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
		say("ZooKeeper is back")
		c.takes()
	})
	c.flushed()
	say("all is written")
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

// killMidSeal kills the process that seals once the outcome of a seal stands, and nothing is
// committed of it; then it has the seals finished.
func (c *cluster) killMidSeal(grain, period string) {
	c.t.Helper()
	eventually(c.t, "seal of the "+grain+" "+period, func() error {
		if r := c.seals.reserved(grain, period); len(r) > 0 && c.seals.stands(r[0].Seq) {
			return nil
		}
		return errors.New("no outcome stands")
	})
	c.seals.stop(syscall.SIGKILL)
	if done := c.seals.committed(grain, period); done >= len(sites) {
		c.t.Fatalf("the process that seals was killed after %d seals of the %s %s, want it killed before all", done, grain, period)
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

// reference sends one process what the cluster was sent, and has it seal the same days.
func (c *cluster) reference() *program {
	c.t.Helper()
	if first, second := c.epochs(saturday), c.epochs(sunday); first != 3 || second != 1 {
		c.t.Errorf("the days have %d and %d epochs, want 3, of two collectors and one start more, and 1", first, second)
	}
	p := clusterProgram(c.t, clusterConfig)
	p.start()
	for _, of := range c.sender.stretches {
		p.setClock(of.clock)
		switch of.clock {
		case 0:
			p.lose(c.epochs(saturday) - 1)
		case dayAfter:
			p.sealedAll("day", saturday)
			p.lose(c.epochs(sunday) - 1)
		case mondayAt:
			p.sealedAll("week", week)
		}
		p.replay(of)
	}
	return p
}

// epochs returns how many a day has, of which the ledger says the same for each site.
func (c *cluster) epochs(day string) int {
	c.t.Helper()
	n := 0
	for _, r := range c.seals.reserved("day", day) {
		if n != 0 && r.Epochs != n {
			c.t.Errorf("%s has %d epochs at one site, and %d at another", day, n, r.Epochs)
		}
		n = r.Epochs
	}
	return n
}

// lose has a process lose its state, which is that of nobody yet: each time is one more epoch.
func (p *program) lose(times int) {
	p.t.Helper()
	for range times {
		p.stop(syscall.SIGTERM)
		if err := os.RemoveAll(filepath.Join(p.state, "log")); err != nil {
			p.t.Fatal(err)
		}
		p.startAgain()
	}
}

// compare compares what both show and publish.
func (c *cluster) compare(r *program) {
	c.t.Helper()
	config, err := loadConfig(filepath.Join(r.work, "oboro.yaml"))
	if err != nil {
		c.t.Fatal(err)
	}
	catalogue, err := config.catalogue()
	if err != nil {
		c.t.Fatal(err)
	}
	rows := 0
	for _, site := range []string{"alpha", "gamma"} {
		for _, st := range catalogue.All() {
			want := r.queried(site, st.ID)
			rows += strings.Count(want, "\n") - 1
			if got := c.seals.queried(site, st.ID); got != want {
				c.t.Errorf("%s of %s: the cluster has\n%s\none process has\n%s", st.ID, site, difference(got, want), difference(want, got))
			}
		}
		c.expect(site)
	}
	if rows < 120 {
		c.t.Errorf("only %d rows are compared", rows)
	}
	c.compareFolders(r)
}

// queried returns what the team sees of a statistic from Saturday on.
func (p *program) queried(site, id string) string {
	p.t.Helper()
	from := saturday
	if id == "not-found" {
		from = week
	}
	out, err := p.command("query", "--site", site, "--statistic", id, "--from", from, "--to", sunday, "--format", "csv").CombinedOutput()
	if err != nil {
		p.t.Fatalf("query: %v\n%s", err, out)
	}
	return string(out)
}

// expect holds what is shown of the days to what the sender knows.
func (c *cluster) expect(site string) {
	c.t.Helper()
	table := c.seals.queried(site, "days")
	for i, day := range []string{saturday, sunday} {
		visitors, views := c.sender.count("http://"+site+".example", i)
		if row := fmt.Sprintf("\n%s,%d,", day, visitors); !strings.Contains(table, row) || !strings.Contains(table, fmt.Sprintf(",%d,", views)) {
			c.t.Errorf("%s on %s: %d views of %d visitors were answered, and the table says\n%s", site, day, views, visitors, table)
		}
	}
}

// compareFolders publishes of both, with the same keys, and compares each byte.
func (c *cluster) compareFolders(r *program) {
	c.t.Helper()
	if _, _, err := release.LoadOrCreateSigner(filepath.Join(r.data, "signing.key"), "oboro"); err != nil {
		c.t.Fatal(err)
	}
	var folders []map[string][]byte
	for _, p := range []*program{r, c.seals} {
		for _, name := range []string{"signing.key", "minisign.key"} {
			key, err := os.ReadFile(filepath.Join(r.data, name))
			if err == nil {
				err = os.WriteFile(filepath.Join(p.data, name), key, 0o600)
			}
			if err != nil {
				c.t.Fatal(err)
			}
		}
		folder := filepath.Join(p.work, "folder")
		if out, err := p.command("publish", "--out", folder).CombinedOutput(); err != nil {
			c.t.Fatalf("publish: %v\n%s", err, out)
		}
		if out, err := p.command("verify", folder).CombinedOutput(); err != nil {
			c.t.Errorf("verify: %v\n%s", err, out)
		}
		folders = append(folders, filesBelow(c.t, folder))
	}
	want, got := folders[0], folders[1]
	var other []string
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if !bytes.Equal(got[name], want[name]) {
			other = append(other, name)
		}
	}
	for name := range got {
		if _, ok := want[name]; !ok {
			other = append(other, name)
		}
	}
	if len(other) > 0 {
		name := "ledger/entries.jsonl" // where the first difference is
		c.t.Errorf("of %d published files %d are other than those of one process: %q\nthe cluster's ledger has\n%.4000s\nthat of one process\n%.4000s", len(want), len(other), other,
			difference(string(got[name]), string(want[name])), difference(string(want[name]), string(got[name])))
	}
	if len(want) < 100 {
		c.t.Errorf("only %d files are compared", len(want))
	}
}

func filesBelow(t *testing.T, root string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err == nil {
			files[name], err = os.ReadFile(path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// An entry is what the test reads of a line of the ledger.
type entry struct {
	Seq     uint64
	Reserve *reservation
	Commit  *struct{ Reserve uint64 }
}

type reservation struct {
	Seq                 uint64 `json:"-"`
	Site, Grain, Period string
	Epochs              int
	Fill                bool
}

// entriesOf reads the whole lines of a ledger that may be in use.
func entriesOf(path string) ([]entry, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var list []entry
	for line := range bytes.Lines(text) {
		var e entry
		if !bytes.HasSuffix(line, []byte("\n")) {
			break // it is being written
		}
		if err := json.Unmarshal(line, &e); err != nil {
			return nil, err
		}
		if e.Reserve != nil {
			e.Reserve.Seq = e.Seq
		}
		list = append(list, e)
	}
	return list, nil
}

func (p *program) ledger() []entry {
	p.t.Helper()
	list, err := entriesOf(filepath.Join(p.data, "ledger", "entries.jsonl"))
	if err != nil {
		p.t.Fatal(err)
	}
	return list
}

// reserved returns the reservations of the seals of a day, or week, of all sites.
func (p *program) reserved(grain, period string) (list []reservation) {
	p.t.Helper()
	for _, e := range p.ledger() {
		if e.Reserve != nil && e.Reserve.Grain == grain && e.Reserve.Period == period && !e.Reserve.Fill {
			list = append(list, *e.Reserve)
		}
	}
	return list
}

// committed returns how many of them are committed.
func (p *program) committed(grain, period string) (done int) {
	p.t.Helper()
	of := p.reserved(grain, period)
	for _, e := range p.ledger() {
		if e.Commit != nil && slices.ContainsFunc(of, func(r reservation) bool { return r.Seq == e.Commit.Reserve }) {
			done++
		}
	}
	return done
}

// stands reports whether the outcome of a reservation stands.
func (p *program) stands(seq uint64) bool {
	_, err := os.Stat(filepath.Join(p.data, "ledger", "results", strconv.FormatUint(seq, 10)+".json"))
	return err == nil
}

// sealedAll waits until a day, or week, of all sites is sealed.
func (p *program) sealedAll(grain, period string) {
	p.t.Helper()
	eventually(p.t, "seal of the "+grain+" "+period, func() error {
		if done := p.committed(grain, period); done < len(sites) {
			return fmt.Errorf("%d sites are sealed", done)
		}
		return nil
	})
}

// reservedNoise gives noise that is the same for the same reservation, in whichever life of a
// process it is drawn: each reservation of the ledger begins the stream anew. Noise is drawn by words of eight
// bytes, and nothing else is.
type reservedNoise struct {
	ledger string
	rest   io.Reader
	size   int64
	noise  *stream
}

func (r *reservedNoise) Read(p []byte) (int, error) {
	if len(p) != 8 {
		return r.rest.Read(p)
	}
	info, err := os.Stat(r.ledger)
	if err != nil {
		return 0, err
	}
	if info.Size() != r.size {
		list, err := entriesOf(r.ledger)
		if err != nil {
			return 0, err
		}
		for _, e := range list {
			if e.Reserve != nil {
				r.noise = &stream{seed: fmt.Sprint("noise of", *e.Reserve)}
			}
		}
		r.size = info.Size()
	}
	return r.noise.Read(p)
}
