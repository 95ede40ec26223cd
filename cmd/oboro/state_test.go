package main

import (
	"errors"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// TestControlGroup holds that the line of version 2 is read wherever it stands. Seen
// to fail when the first line is read.
func TestControlGroup(t *testing.T) {
	for _, tt := range []struct {
		name, text, want string
		ok               bool
	}{
		{"version 2 alone", "0::/system.slice/oboro.service\n", "/system.slice/oboro.service", true},
		{"version 2 behind version 1", "12:memory:/old\n1:name=systemd:/init.scope\n0::/system.slice/oboro.service\n", "/system.slice/oboro.service", true},
		{"version 2 before version 1", "0::/new\n3:memory:/old\n", "/new", true},
		{"a number that ends with 0", "10::/not-this\n0::/this\n", "/this", true},
		{"a name with colons", "0::/user.slice/a::b\n", "/user.slice/a::b", true},
		{"the root", "0::/\n", "/", true},
		{"no end of line", "0::/this", "/this", true},
		{"version 1 alone", "4:memory:/old\n1:name=systemd:/init.scope\n", "", false},
		{"nothing", "", "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got, ok := cgroup(tt.text); got != tt.want || ok != tt.ok {
				t.Errorf("cgroup(%q) = %q, %v, want %q, %v", tt.text, got, ok, tt.want, tt.ok)
			}
		})
	}
}

// TestSwapIsRefused holds that no state directory is taken where swap could write it to
// a disk, nor where that cannot be told; the operator's word that it may is taken.
//
// Seen to fail when the table of swap areas is taken to have no header, when a table
// that cannot be read is taken as empty, when any limit of the group will do, and when
// openState does not look at swap.
func TestSwapIsRefused(t *testing.T) {
	const (
		header = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"
		area   = "/dev/sda2                               partition\t8388604\t\t0\t\t-2\n"
		groups = "0::/system.slice/oboro.service\n"
		limit  = "/sys/fs/cgroup/system.slice/oboro.service/memory.swap.max"
	)
	for _, tt := range []struct {
		name  string
		files map[string]string
		taken bool
	}{
		{"no swap", map[string]string{"/proc/swaps": header}, true},
		{"swap", map[string]string{"/proc/swaps": header + area}, false},
		{"two areas", map[string]string{"/proc/swaps": header + area + area, "/proc/self/cgroup": groups, limit: "max\n"}, false},
		{"swap, forbidden for the group", map[string]string{"/proc/swaps": header + area, "/proc/self/cgroup": groups, limit: "0\n"}, true},
		{"swap, a little for the group", map[string]string{"/proc/swaps": header + area, "/proc/self/cgroup": groups, limit: "4096\n"}, false},
		{"swap, groups of version 1", map[string]string{"/proc/swaps": header + area, "/proc/self/cgroup": "4:memory:/x\n", limit: "0\n"}, false},
		{"swap, a group without a limit", map[string]string{"/proc/swaps": header + area, "/proc/self/cgroup": groups}, false},
		{"nothing can be read", nil, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			read := func(name string) ([]byte, error) {
				if text, ok := tt.files[name]; ok {
					return []byte(text), nil
				}
				return nil, os.ErrNotExist
			}
			dir, err := os.MkdirTemp("/dev/shm", "oboro-state-")
			if err != nil {
				t.Fatal(err)
			}
			defer os.RemoveAll(dir)
			err = openStateBy(read, dir, false)
			if f, ok := errors.AsType[failure](err); (err == nil) != tt.taken || err != nil && (!ok || f.status != misused || !strings.Contains(err.Error(), "swap")) {
				t.Errorf("the state directory is taken: %v, want %v", err, tt.taken)
			}
			if err := openStateBy(read, dir, true); err != nil {
				t.Errorf("with --state-on-disk: %v", err)
			}
		})
	}
}

// tellDumpable has the program write, at each SIGUSR1, whether it may be dumped to the
// file that OBORO_TEST_DUMPABLE names. From outside that cannot be seen of a process of
// root. What it returns ends that.
func tellDumpable() (end func()) {
	file := os.Getenv("OBORO_TEST_DUMPABLE")
	if file == "" {
		return func() {}
	}
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGUSR1)
	go func() {
		for range asked {
			dumpable, err := unix.PrctlRetInt(unix.PR_GET_DUMPABLE, 0, 0, 0, 0)
			if err == nil {
				os.WriteFile(file, []byte(strconv.Itoa(dumpable)+"\n"), 0o600)
			}
		}
	}()
	return func() {
		signal.Stop(asked)
		close(asked)
	}
}

// TestNoCoreDumps holds that what a running program has in memory is in no core dump,
// and not for other processes of its user: its limit on core dumps is 0, hard and soft,
// and it is not dumpable, so that the kernel writes none to a pipe either, and lets
// nobody but root look. So it is with an import, which has addresses in memory too.
//
// Seen to fail when harden sets the limit alone, when it does not set it, when serve
// does not call it, and when import does not.
func TestNoCoreDumps(t *testing.T) {
	p := newProgram(t, "flush: 15m\n")
	allowCores(t)
	told := filepath.Join(p.work, "dumpable")
	t.Setenv("OBORO_TEST_DUMPABLE", told)
	p.start()
	p.undumpable("serve", p.cmd.Process, told)
	p.stop(syscall.SIGTERM)

	pipe := filepath.Join(p.work, "pipe")
	if err := unix.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := p.command("import", "--site", "demo", pipe)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	log, err := os.OpenFile(pipe, os.O_WRONLY, 0) // waits until the import reads
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	p.undumpable("import", cmd.Process, told)
}

// allowCores lets processes that a test starts dump their memory, as far as this one may.
func allowCores(t *testing.T) {
	t.Helper()
	var before unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_CORE, &before); err != nil {
		t.Fatal(err)
	}
	if before.Max == 0 {
		t.Log("core dumps are off here for all, so that their limit tells nothing")
	}
	allowed := unix.Rlimit{Cur: before.Max, Max: before.Max}
	if err := unix.Setrlimit(unix.RLIMIT_CORE, &allowed); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Setrlimit(unix.RLIMIT_CORE, &before) })
}

// undumpable asks a process of the program.
func (p *program) undumpable(name string, process *os.Process, told string) {
	p.t.Helper()
	os.Remove(told)
	if err := process.Signal(syscall.SIGUSR1); err != nil {
		p.t.Fatal(err)
	}
	var dumpable string
	p.await("word of whether it may be dumped", func() bool {
		text, err := os.ReadFile(told)
		dumpable = string(text)
		return err == nil && strings.HasSuffix(dumpable, "\n")
	})
	if dumpable != "0\n" {
		p.t.Errorf("PR_GET_DUMPABLE of %s is %q, want 0", name, dumpable)
	}
	limits, err := os.ReadFile("/proc/" + strconv.Itoa(process.Pid) + "/limits")
	if err != nil {
		p.t.Fatal(err)
	}
	_, line, _ := strings.Cut(string(limits), "Max core file size")
	line, _, _ = strings.Cut(line, "\n")
	if fields := strings.Fields(line); len(fields) < 2 || fields[0] != "0" || fields[1] != "0" {
		p.t.Errorf("the limit on core dumps of %s is %q, want 0 and 0", name, fields)
	}
}
