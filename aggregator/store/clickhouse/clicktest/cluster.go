package clicktest

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"oboro/internal/loopback"
)

// A ZooKeeper is one server that keeps what replicas agree on.
type ZooKeeper struct {
	Dir     string
	Host    string // its address
	Port    int
	process *loopback.Process
}

// jars are what it needs of Debian's packages.
var jars = []string{
	"zookeeper", "zookeeper-jute", "slf4j-api", "slf4j-simple", "netty-all", "netty-handler", "netty-buffer",
	"netty-common", "netty-transport", "netty-resolver", "netty-codec", "metrics-core", "snappy-java",
	"commons-cli", "jackson-core", "jackson-databind", "jackson-annotations",
}

// Start starts it; it answers when it returns. An open port is not enough: a ClickHouse
// server that meets one too early may crash.
func (z *ZooKeeper) Start() error {
	java, err := exec.LookPath("java")
	if err != nil {
		return ErrMissing
	}
	var path []string
	for _, jar := range jars {
		path = append(path, "/usr/share/java/"+jar+".jar")
	}
	if _, err := os.Stat(path[0]); err != nil {
		return ErrMissing
	}
	if err := os.MkdirAll(filepath.Join(z.Dir, "data"), 0o700); err != nil {
		return err
	}
	config := filepath.Join(z.Dir, "zoo.cfg")
	text := fmt.Sprintf("tickTime=1000\ndataDir=%s/data\nclientPort=%d\nclientPortAddress=%s\nadmin.enableServer=false\n"+
		"4lw.commands.whitelist=ruok\nmaxClientCnxns=0\n", z.Dir, z.Port, z.Host)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return err
	}
	z.process, err = begin(apart{}, filepath.Join(z.Dir, "output"), java, "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
		"-Dzookeeper.jmx.log4j.disable=true", "-cp", strings.Join(path, ":"),
		"org.apache.zookeeper.server.quorum.QuorumPeerMain", config)
	if err != nil {
		return err
	}
	return z.process.Until(z.ready)
}

func (z *ZooKeeper) ready() bool {
	conn, err := net.DialTimeout("tcp", fmt.Sprintf("%s:%d", z.Host, z.Port), time.Second)
	if err != nil {
		return false
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(time.Second)) // a connection of TCP has one
	if _, err := io.WriteString(conn, "ruok"); err != nil {
		return false
	}
	answer, err := io.ReadAll(conn)
	return err == nil && string(answer) == "imok"
}

// Stop ends it, and waits until it has.
func (z *ZooKeeper) Stop() {
	if z.process != nil {
		z.process.End(syscall.SIGTERM)
	}
}

// Kill ends it at once, and waits until it has.
func (z *ZooKeeper) Kill() { z.process.End(syscall.SIGKILL) }

// A Cluster is two shards of two replicas each, and a ZooKeeper. Its name is oboro.
type Cluster struct {
	ZooKeeper *ZooKeeper
	Nodes     []*Node // of shard 1, 1, 2, 2
}

// Start starts a cluster in a folder.
func Start(dir, shipped string) (*Cluster, error) {
	return start(dir, shipped, []string{here, here, here, here}, 2)
}

// start starts servers at addresses, the shards of as many replicas one after another.
func start(dir, shipped string, hosts []string, replicas int) (*Cluster, error) {
	free, err := ports(1 + len(hosts)*3)
	if err != nil {
		return nil, err
	}
	c := &Cluster{ZooKeeper: &ZooKeeper{Dir: filepath.Join(dir, "zookeeper"), Host: hosts[0], Port: free[0]}}
	for i, host := range hosts {
		c.Nodes = append(c.Nodes, &Node{
			Dir: filepath.Join(dir, fmt.Sprintf("node%d", i+1)), Host: host, Apart: host != hosts[0], Shipped: shipped, ZooKeeper: c.ZooKeeper,
			TCP: free[1+3*i], HTTP: free[2+3*i], Interserver: free[3+3*i], Shard: 1 + i/replicas, Replica: 1 + i%replicas,
		})
	}
	for _, n := range c.Nodes {
		n.Shards = slices.Collect(slices.Chunk(c.Nodes, replicas))
	}
	if err := c.begin(); err != nil {
		c.Stop()
		return nil, err
	}
	return c, nil
}

func (c *Cluster) begin() error {
	if err := c.ZooKeeper.Start(); err != nil {
		return err
	}
	for _, n := range c.Nodes {
		if err := n.Start(); err != nil {
			return err
		}
	}
	return c.meet()
}

// meet has the servers run a first statement for the whole cluster. One of 18.16 that gets it
// too soon after its start crashes, and nothing that can be asked tells when it is not too soon:
// after 4 seconds none has. One that ends is started again, as by a supervisor.
func (c *Cluster) meet() error {
	time.Sleep(4 * time.Second)
	deadline := time.Now().Add(starting)
	for {
		met := make(chan error, 1)
		go func() {
			_, err := c.Nodes[0].Ask("create database if not exists met on cluster oboro")
			met <- err
		}()
		err, answered := error(nil), false
		for !answered {
			select {
			case err = <-met:
				answered = true
			case <-time.After(50 * time.Millisecond):
				if err := c.revive(); err != nil {
					return err
				}
			}
		}
		if err == nil || time.Now().After(deadline) {
			return err
		}
	}
}

// revive starts the servers again that have ended.
func (c *Cluster) revive() error {
	for _, n := range c.Nodes {
		select {
		case <-n.process.Ended:
			if err := n.Start(); err != nil {
				return err
			}
		default:
		}
	}
	return nil
}

// DSN names a database of the cluster for a store.
func (c *Cluster) DSN(database string) string {
	var hosts []string
	for _, n := range c.Nodes {
		hosts = append(hosts, n.Address())
	}
	return "clickhouse://default@" + strings.Join(hosts, ",") + "/" + database + "?cluster=oboro"
}

// Stop ends the servers, then ZooKeeper: the other way round they take longer.
func (c *Cluster) Stop() {
	for _, n := range c.Nodes {
		n.Stop()
	}
	c.ZooKeeper.Stop()
}
