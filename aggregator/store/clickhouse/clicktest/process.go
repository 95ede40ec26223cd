// Package clicktest starts ClickHouse servers and a ZooKeeper on loopback, each in a folder
// of its own, for tests and for "make cluster". Nothing but that uses it.
package clicktest

import (
	"net"
	"os/exec"
	"strconv"
	"syscall"
	"time"

	"oboro/internal/loopback"
)

// starting bounds how long a program may take until it answers. A server that was killed waits
// for its ZooKeeper, which has been seen to take 75 seconds.
const starting = 3 * time.Minute

// begin starts a program that has something for itself, or nothing. Its output goes to a file.
func begin(own apart, output, name string, args ...string) (*loopback.Process, error) {
	name, args = own.wrap(name, args)
	command := exec.Command(name, args...)
	command.SysProcAttr = &syscall.SysProcAttr{Cloneflags: own.flags()}
	p, err := loopback.Begin(command, output)
	if err != nil {
		return nil, err
	}
	p.Patience = starting
	return p, nil
}

// ports returns n ports of loopback that are free at the moment.
func ports(n int) ([]int, error) {
	addresses, err := loopback.Addresses(n)
	if err != nil {
		return nil, err
	}
	var list []int
	for _, address := range addresses {
		_, port, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		number, err := strconv.Atoi(port)
		if err != nil {
			return nil, err
		}
		list = append(list, number)
	}
	return list, nil
}

// program finds a program, also where only root looks.
func program(name string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	return exec.LookPath("/usr/sbin/" + name)
}
