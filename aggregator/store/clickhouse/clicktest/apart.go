package clicktest

import (
	"errors"
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// apart says what a program has for itself. That needs root.
type apart struct {
	disk     string // a folder that is a file system in memory
	diskSize int    // its bytes; 0 is none
	address  string // at the end of a cable; "" is where it is started
}

// flags are those of clone.
func (a apart) flags() (flags uintptr) {
	if a.diskSize > 0 {
		flags |= syscall.CLONE_NEWNS
	}
	if a.address != "" {
		flags |= syscall.CLONE_NEWNET
	}
	return flags
}

// wrap returns the command that makes what the program has, and becomes the program. What is
// made goes with it, and nobody else sees it.
func (a apart) wrap(name string, args []string) (string, []string) {
	var before []string
	if a.diskSize > 0 {
		before = append(before, "mount --make-rprivate /", fmt.Sprintf("mount -t tmpfs -o size=%d tmpfs %q", a.diskSize, a.disk))
	}
	if a.address != "" {
		before = append(before, "ip link set lo up", "until ip link set far up 2>/dev/null; do sleep 0.05; done", "ip address add "+a.address+"/24 dev far")
	}
	if len(before) == 0 {
		return name, args
	}
	return "/bin/sh", append([]string{"-c", strings.Join(append(before, `exec "$0" "$@"`), " && "), name}, args...)
}

// Inside returns the path by which a file of the server is seen from outside.
func (n *Node) Inside(path string) string {
	return filepath.Join("/proc", fmt.Sprint(n.process.ID()), "root", path)
}

// The network of a cluster with a host of its own, which lies in a namespace that only the
// program that made it is in.
const near, far = "10.97.0.1", "10.97.0.2"

// StartApart starts one shard of two replicas, the second of which is on a host of its own. The
// program must be in a network namespace of its own, and root: there it lays the cable. At its
// beginning the other's hardware is known for good, so that nothing tells when nobody is there.
func StartApart(dir, shipped string) (*Cluster, error) {
	all, err := net.Interfaces()
	if err != nil || slices.ContainsFunc(all, func(i net.Interface) bool { return i.Flags&net.FlagUp != 0 }) {
		return nil, errors.New("an interface is up: this is no network namespace of its own")
	}
	for _, line := range []string{
		"ip link set lo up",
		"ip link add near type veth peer name far address 02:00:00:00:00:02",
		"ip address add " + near + "/24 dev near",
		"ip link set near up",
		"ip neighbour replace " + far + " lladdr 02:00:00:00:00:02 dev near nud permanent",
	} {
		if err := run(line); err != nil {
			return nil, err
		}
	}
	return start(dir, shipped, []string{near, far}, 2)
}

// connect has the cable end at the host of the server, which waits for it.
func (n *Node) connect() error {
	return run(fmt.Sprintf("ip link set far netns %d", n.process.ID()))
}

// Unplug takes away the cable at the end of the server: what is sent either way is lost, and
// nobody is told.
func (n *Node) Unplug() error { return n.cable("down") }

// Plug puts it back.
func (n *Node) Plug() error { return n.cable("up") }

func (n *Node) cable(state string) error {
	return run(fmt.Sprintf("nsenter --target %d --net ip link set far %s", n.process.ID(), state))
}

// run runs a command that has no spaces in its words.
func run(line string) error {
	words := strings.Fields(line)
	if said, err := exec.Command(words[0], words[1:]...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", line, err, said)
	}
	return nil
}
