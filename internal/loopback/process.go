// Package loopback starts programs on this machine that end with the one which started them,
// nginx before several collectors among them: for tests, and for "make cluster". Nothing else uses it.
package loopback

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"syscall"
	"time"
)

// A Process is a program that runs. It ends with the program that started it, also where that
// is killed.
type Process struct {
	Ended    chan struct{} // closed once it has
	Patience time.Duration // how long it may take to be ready; a minute where nobody says otherwise
	command  *exec.Cmd
}

// Begin starts a program, and writes what it says to a file. It is in a process group of its own, so
// that Ctrl-C reaches it by us alone. Of its attributes the flags of clone are kept.
func Begin(command *exec.Cmd, output string) (*Process, error) {
	file, err := os.OpenFile(output, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	command.Stdout, command.Stderr = file, file
	if command.SysProcAttr == nil {
		command.SysProcAttr = &syscall.SysProcAttr{}
	}
	command.SysProcAttr.Setpgid, command.SysProcAttr.Pdeathsig = true, syscall.SIGKILL
	p := &Process{Ended: make(chan struct{}), Patience: time.Minute, command: command}
	begun := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the system ends the program with the thread that started it
		err := command.Start()
		begun <- err
		if err == nil {
			_ = command.Wait() // how it ended is its own business
		}
		close(p.Ended)
	}()
	return p, <-begun
}

// End sends a signal and waits until the program has ended; where it takes more than a minute, it is
// killed. A second End does nothing.
func (p *Process) End(signal syscall.Signal) {
	_ = p.command.Process.Signal(signal) // it may have ended
	select {
	case <-p.Ended:
	case <-time.After(time.Minute):
		_ = p.command.Process.Kill()
		<-p.Ended
	}
}

// ID returns the number by which the system knows it.
func (p *Process) ID() int { return p.command.Process.Pid }

// Send sends a signal.
func (p *Process) Send(signal syscall.Signal) error { return p.command.Process.Signal(signal) }

// Until waits until ready says so. It fails once the program has ended, or takes longer than Patience.
func (p *Process) Until(ready func() bool) error {
	deadline := time.Now().Add(p.Patience)
	for !ready() {
		select {
		case <-p.Ended:
			return fmt.Errorf("%s ended before it was ready", filepath.Base(p.command.Path))
		case <-time.After(20 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			p.End(syscall.SIGKILL)
			return fmt.Errorf("%s did not answer within %s", filepath.Base(p.command.Path), p.Patience)
		}
	}
	return nil
}

// The ports that Addresses chooses among lie below those that Linux gives to whoever connects: so no
// connection takes one before its server listens, or while that is started again.
const (
	firstPort = 20_000
	manyPorts = 12_000
)

// chosen counts the ports that were looked at.
var chosen atomic.Int64

// Addresses returns n addresses of loopback where nobody listens at the moment. Processes that run at
// once look elsewhere.
func Addresses(n int) ([]string, error) {
	var list []string
	for taken := 0; len(list) < n; {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", firstPort+(int64(os.Getpid())*97+chosen.Add(1))%manyPorts))
		if err != nil {
			if taken++; taken > 100 {
				return nil, err
			}
			continue
		}
		defer l.Close() // after the last one is found, so that none is found twice
		list = append(list, l.Addr().String())
	}
	return list, nil
}

// Listens reports whether somebody listens at an address.
func Listens(address string) bool {
	conn, err := net.DialTimeout("tcp", address, time.Second)
	if err == nil {
		conn.Close()
	}
	return err == nil
}
