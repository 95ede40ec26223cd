// Package clicktest starts ClickHouse servers and a ZooKeeper on loopback, each in a folder
// of its own, for tests and for "make cluster". Nothing but that uses it.
package clicktest

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"time"
)

// starting bounds how long a program may take until it answers. A server that was killed waits
// for its ZooKeeper, which has been seen to take 75 seconds.
const starting = 3 * time.Minute

// A process is a program that runs. It ends with the program that started it, also where
// that is killed.
type process struct {
	command *exec.Cmd
	ended   chan struct{}
}

// begin starts a program whose output goes to a file. The thread that starts it lives as
// long as it does: the system ends the program with that thread. It has a process group of its
// own: Ctrl-C is for who started it.
func begin(output string, name string, args ...string) (*process, error) {
	return beginIn(new(apart), output, name, args...)
}

// beginIn starts a program that has something for itself.
func beginIn(own *apart, output string, name string, args ...string) (*process, error) {
	name, args = own.wrap(name, args)
	file, err := os.OpenFile(output, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	p := &process{command: exec.Command(name, args...), ended: make(chan struct{})}
	p.command.Stdout, p.command.Stderr = file, file
	p.command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true, Cloneflags: own.flags()}
	begun := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked
		err := p.command.Start()
		begun <- err
		if err == nil {
			_ = p.command.Wait() // how it ended is its own business
		}
		close(p.ended)
	}()
	return p, <-begun
}

// end sends a signal and waits until the program has ended. A second end does nothing.
func (p *process) end(signal syscall.Signal) {
	_ = p.command.Process.Signal(signal) // it may have ended
	select {
	case <-p.ended:
	case <-time.After(30 * time.Second):
		_ = p.command.Process.Kill()
		<-p.ended
	}
}

// until waits until ready says so. It fails once the program has ended, or takes too long.
func (p *process) until(ready func() bool) error {
	deadline := time.Now().Add(starting)
	for !ready() {
		select {
		case <-p.ended:
			return fmt.Errorf("%s ended before it was ready", filepath.Base(p.command.Path))
		case <-time.After(20 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			p.end(syscall.SIGKILL)
			return fmt.Errorf("%s did not answer within %s", filepath.Base(p.command.Path), starting)
		}
	}
	return nil
}

// ports returns n ports of loopback that are free at the moment.
func ports(n int) ([]int, error) {
	var list []int
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer l.Close() // after the last one is found, so that none is found twice
		list = append(list, l.Addr().(*net.TCPAddr).Port)
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
