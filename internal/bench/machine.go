package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// introduce prints what the figures are of.
func (b *bench) introduce(ctx context.Context) {
	fmt.Printf("%s, %d cores%s, %s, %s\n", time.Now().Format("2006-01-02"), runtime.NumCPU(), processor(), kernel(), runtime.Version())
	for _, tool := range [][]string{
		{b.program, "version"}, {"nginx", "-v"}, {"wrk", "-v"}, {"goaccess", "--version"}, {"perl", awstats},
	} {
		fmt.Println(" ", firstLine(ctx, tool[0], tool[1:]...))
	}
	fmt.Printf("%d rounds; server on core %s, load on core %s\n\n", b.set.rounds, b.cores.server, b.cores.load)
}

// firstLine returns the first line that a command prints, whatever its status.
func firstLine(ctx context.Context, name string, args ...string) string {
	if missing := lacking(name); missing != "" {
		return missing + ": NOT INSTALLED"
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	out, _ := exec.CommandContext(ctx, name, args...).CombinedOutput() // wrk -v ends with status 1
	line, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	if name == "perl" && !strings.Contains(line, "AWStats") && !strings.Contains(line, "awstats") {
		return "awstats: NOT INSTALLED"
	}
	return line
}

// lacking returns the first of the programs that this computer does not have, or "".
func lacking(names ...string) string {
	for _, name := range names {
		if _, err := exec.LookPath(name); err != nil {
			return name
		}
	}
	return ""
}

// cores are those that the runs are pinned to, as taskset names them.
type cores struct{ server, load string }

// ownCores returns the first two cores that this process may run on.
func ownCores() (cores, error) {
	if lacking("taskset") != "" {
		return cores{}, errors.New("taskset (Debian's util-linux) is missing")
	}
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return cores{}, err
	}
	_, list, _ := strings.Cut(string(status), "Cpus_allowed_list:")
	list, _, _ = strings.Cut(list, "\n")
	allowed := parseCores(strings.TrimSpace(list))
	switch len(allowed) {
	case 0:
		return cores{}, errors.New("the cores that may be used are not known")
	case 1:
		return cores{allowed[0], allowed[0]}, nil
	}
	return cores{allowed[0], allowed[1]}, nil
}

// parseCores returns the first two cores or fewer of a list such as 0-3,8.
func parseCores(list string) []string {
	var all []string
	for part := range strings.SplitSeq(list, ",") {
		var from, to int
		if n, _ := fmt.Sscanf(part, "%d-%d", &from, &to); n == 0 {
			continue
		} else if n == 1 {
			to = from
		}
		for core := from; core <= to && len(all) < 2; core++ {
			all = append(all, fmt.Sprint(core))
		}
	}
	return all
}

// pinned returns a command that runs on one core. A cancelled context asks it to
// end, and kills it 10 seconds later.
func pinned(ctx context.Context, core, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "taskset", append([]string{"-c", core, name}, args...)...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	return cmd
}

// processor and kernel name the computer's class.
func processor() string {
	info, _ := os.ReadFile("/proc/cpuinfo") // without it the class is not named
	_, name, ok := strings.Cut(string(info), "model name")
	if !ok {
		return ""
	}
	name, _, _ = strings.Cut(name, "\n")
	return " (" + strings.TrimLeft(name, "\t :") + ")"
}

func kernel() string {
	release, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	return "Linux " + strings.TrimSpace(string(release))
}
