package clicktest

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"text/template"
	"time"

	"oboro/internal/loopback"
)

// ErrMissing says that a program is not installed.
var ErrMissing = errors.New("clickhouse-server, or ZooKeeper and a Java to run it, is not installed (Debian: clickhouse-server, zookeeper)")

const here = "127.0.0.1"

// A Node is one ClickHouse server.
type Node struct {
	Dir         string // all that it writes
	Host        string // its address
	TCP         int
	HTTP        int
	Interserver int
	Shard       int // 1 and so on; 0 where there is no cluster
	Replica     int
	ZooKeeper   *ZooKeeper
	Shards      [][]*Node
	Shipped     string     // deploy/clickhouse, whose files it runs with
	Authority   *Authority // signs what the server shows at the port Secure; nil where it speaks no TLS
	Secure      int
	DiskSize    int  // bytes of a disk of its own for what it keeps, in memory; 0 is none, and more needs root
	Apart       bool // on a host of its own, as a cable away: see Unplug
	process     *loopback.Process
}

//go:embed config.xml
var configText string

//go:embed users.xml
var usersText []byte

// Address is where its native protocol listens.
func (n *Node) Address() string { return fmt.Sprintf("%s:%d", n.Host, n.TCP) }

// Single starts a server of its own in a folder.
func Single(dir, shipped string) (*Node, error) {
	n, err := Alone(dir, shipped)
	if err != nil {
		return nil, err
	}
	return n, n.Start()
}

// Alone returns a server of its own in a folder, which is not started yet.
func Alone(dir, shipped string) (*Node, error) {
	free, err := ports(4)
	if err != nil {
		return nil, err
	}
	n := &Node{Dir: dir, Host: here, TCP: free[0], HTTP: free[1], Interserver: free[2], Secure: free[3], Shipped: shipped}
	n.Authority, err = NewAuthority()
	return n, err
}

// Start writes the configuration and starts the server, which answers when it returns.
func (n *Node) Start() error {
	path, err := program("clickhouse-server")
	if err != nil {
		return ErrMissing
	}
	if err := n.write(); err != nil {
		return err
	}
	own := apart{diskSize: n.DiskSize, disk: filepath.Join(n.Dir, "data")}
	if n.Apart {
		own.address = n.Host
	}
	if n.process, err = begin(own, filepath.Join(n.Dir, "output"), path, "--config-file="+filepath.Join(n.Dir, "config.xml")); err != nil {
		return err
	}
	if n.Apart {
		if err := n.connect(); err != nil {
			return err
		}
	}
	if err := n.process.Until(n.ready); err != nil {
		return fmt.Errorf("%w: %s", err, n.lastWords())
	}
	return nil
}

// lastWords returns the end of what the server wrote of errors.
func (n *Node) lastWords() []byte {
	var said []byte
	for _, name := range []string{"output", "errors.log"} {
		text, err := os.ReadFile(filepath.Join(n.Dir, name))
		if err == nil {
			said = append(said, text[max(0, len(text)-1000):]...)
		}
	}
	return said
}

// write writes the files that the server reads: a configuration of loopback alone, and
// beside it the one that is shipped.
func (n *Node) write() error {
	for _, folder := range []string{"config.d", "users.d", "data", "tmp"} {
		if err := os.MkdirAll(filepath.Join(n.Dir, folder), 0o700); err != nil {
			return err
		}
	}
	if n.Authority != nil {
		if err := n.writeCertificate(); err != nil {
			return err
		}
	}
	shipped, err := os.ReadFile(filepath.Join(n.Shipped, "oboro.xml"))
	if err != nil {
		return err
	}
	users, err := os.ReadFile(filepath.Join(n.Shipped, "users.xml"))
	if err != nil {
		return err
	}
	// Tests do not wait a minute for what was merged.
	quick := strings.Replace(string(shipped), "<old_parts_lifetime>60<", "<old_parts_lifetime>1<", 1)
	quick = strings.Replace(quick, "<cleanup_delay_period>5<", "<cleanup_delay_period>1<", 1)
	quick = strings.Replace(quick, "<cleanup_delay_period_random_add>1<", "<cleanup_delay_period_random_add>0<", 1)
	var config bytes.Buffer
	if err := template.Must(template.New("config").Parse(configText)).Execute(&config, n); err != nil {
		return err
	}
	for name, text := range map[string][]byte{"config.xml": config.Bytes(), "users.xml": usersText,
		"config.d/oboro.xml": []byte(quick), "users.d/oboro.xml": users} {
		if err := os.WriteFile(filepath.Join(n.Dir, name), text, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// ready asks over HTTP; of a cluster it asks whether ZooKeeper is reached too.
func (n *Node) ready() bool {
	query := "select 1"
	if n.ZooKeeper != nil {
		query = "select count() from system.zookeeper where path = '/'"
	}
	_, err := n.Ask(query)
	return err == nil
}

// Ask returns what the server answers to a statement, past any store.
func (n *Node) Ask(query string) (string, error) {
	client := http.Client{Timeout: 5 * time.Minute, Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Post(fmt.Sprintf("http://%s:%d/", n.Host, n.HTTP), "text/plain", strings.NewReader(query))
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("the server answers %d: %s", answer.StatusCode, text)
	}
	return strings.TrimSpace(string(text)), err
}

// Stop ends the server as a supervisor does, and waits until it has.
func (n *Node) Stop() {
	if n.process != nil {
		n.process.End(syscall.SIGTERM)
	}
}

// Kill ends the server at once, and waits until it has.
func (n *Node) Kill() { n.process.End(syscall.SIGKILL) }

// CPU returns the processor time that the server has taken, to 10 milliseconds: what a
// measurement on a machine with others on it is judged by.
func (n *Node) CPU() (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", n.process.ID()))
	if err != nil {
		return 0, err
	}
	// Behind the name, which may hold anything: the 12th and 13th field are ticks of 10 ms.
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	if len(fields) < 13 {
		return 0, errors.New("the kernel says too little of the server")
	}
	var ticks [2]int64
	for i := range ticks {
		if ticks[i], err = strconv.ParseInt(fields[11+i], 10, 64); err != nil {
			return 0, err
		}
	}
	return time.Duration(ticks[0]+ticks[1]) * 10 * time.Millisecond, nil
}

// Freeze stops the server from doing anything, until Thaw: a host that has gone slow.
func (n *Node) Freeze() error { return n.process.Send(syscall.SIGSTOP) }

// Thaw has a frozen server go on.
func (n *Node) Thaw() error { return n.process.Send(syscall.SIGCONT) }
