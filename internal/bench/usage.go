package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// cpuOf returns the CPU time of a process and its descendants so far, of living
// threads, to the nanosecond: /proc/PID/stat counts in steps of 10 ms.
func cpuOf(pid int) (time.Duration, error) {
	sum := time.Duration(0)
	for _, p := range family(pid) {
		files, err := filepath.Glob("/proc/" + strconv.Itoa(p) + "/task/*/schedstat")
		if err != nil || len(files) == 0 {
			return 0, errors.New("the server's CPU time cannot be read: it has ended, or /proc has no schedstat")
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				continue // a thread that has just ended
			}
			first, _, _ := bytes.Cut(text, []byte(" "))
			n, err := strconv.ParseInt(string(first), 10, 64)
			if err != nil {
				return 0, err
			}
			sum += time.Duration(n)
		}
	}
	return sum, nil
}

// family returns a process and its descendants.
func family(pid int) []int {
	list := []int{pid}
	files, _ := filepath.Glob("/proc/" + strconv.Itoa(pid) + "/task/*/children") // the pattern is well formed
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // a thread that has just ended
		}
		for _, child := range strings.Fields(string(text)) {
			if n, err := strconv.Atoi(child); err == nil {
				list = append(list, family(n)...)
			}
		}
	}
	return list
}

// memoryOf returns the resident memory of a process and its descendants, in MiB.
// Pages that they share count for each.
func memoryOf(pid int) float64 {
	sum := 0.0
	for _, p := range family(pid) {
		status, err := os.ReadFile("/proc/" + strconv.Itoa(p) + "/status")
		if err != nil {
			continue
		}
		_, rest, _ := strings.Cut(string(status), "VmRSS:")
		if fields := strings.Fields(rest); len(fields) > 0 {
			kib, _ := strconv.ParseFloat(fields[0], 64) // 0 where the kernel wrote none
			sum += kib / 1024
		}
	}
	return sum
}

// busy returns the time that all cores of the computer together have worked, or
// were withheld by its host.
func busy() (time.Duration, error) {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, err
	}
	first, _, _ := strings.Cut(string(text), "\n")
	return parseBusy(first)
}

// parseBusy reads the first line of /proc/stat: user, nice, system, idle, iowait,
// irq, softirq, steal, in ticks of 10 ms; then guests, who are in user already.
func parseBusy(text string) (time.Duration, error) {
	fields := strings.Fields(text)
	if len(fields) < 9 || fields[0] != "cpu" {
		return 0, errors.New("/proc/stat has another form than is known")
	}
	ticks := int64(0)
	for _, i := range []int{1, 2, 3, 6, 7, 8} {
		n, err := strconv.ParseInt(fields[i], 10, 64)
		if err != nil {
			return 0, err
		}
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond, nil
}

// A watch measures how many cores others use.
type watch struct {
	began time.Time
	busy  time.Duration
}

func newWatch() (watch, error) {
	b, err := busy()
	return watch{time.Now(), b}, err
}

// foreign returns how many cores were used since the watch began, but for the
// CPU time of our own.
func (w watch) foreign(own time.Duration) (float64, error) {
	b, err := busy()
	return max(0, (b-w.busy-own).Seconds()/time.Since(w.began).Seconds()), err
}

// A cost is what a program that has ended took.
type cost struct {
	cpu     time.Duration
	memory  float64 // most resident memory, in MiB
	foreign float64
}

// run runs a command to its end.
func run(cmd *exec.Cmd) (cost, error) {
	w, err := newWatch()
	if err != nil {
		return cost{}, err
	}
	if err := cmd.Run(); err != nil {
		return cost{}, err
	}
	state := cmd.ProcessState
	c := cost{cpu: state.UserTime() + state.SystemTime()}
	if usage, ok := state.SysUsage().(*syscall.Rusage); ok {
		c.memory = float64(usage.Maxrss) / 1024
	}
	c.foreign, err = w.foreign(c.cpu)
	return c, err
}
