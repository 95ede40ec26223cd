package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"
)

const mib = 1 << 20

// A look is the server's memory at one moment, in MiB.
type look struct {
	at                  time.Duration
	resident, heap, log float64
}

// What memory may grow by in the second half: this part of what there was at half time,
// and this much.
const (
	flatShare = 0.05
	flatMiB   = 8
	judged    = 10 * time.Minute // the shortest run whose memory is judged
)

// A soakReport is what a run has found.
type soakReport struct {
	lasted                      time.Duration
	sent, accepted, other, lost int64
	slow                        int64
	stored                      int64
	longest                     time.Duration
	samples                     []look
}

func (s *soak) report(lasted time.Duration, stored int64) soakReport {
	return soakReport{
		lasted: lasted, stored: stored, samples: s.samples, sent: s.tally.sent.Load(), accepted: s.tally.accepted.Load(),
		other: s.tally.other.Load(), lost: s.tally.lost.Load(), slow: s.tally.slow.Load(), longest: time.Duration(s.tally.longest.Load()),
	}
}

// at returns the median of a figure around a part of the time that the run lasted.
func (r soakReport) at(part float64, of func(look) float64) float64 {
	const width = 0.05
	middle := min(max(part, width/2), 1-width/2)
	var near []float64
	for _, l := range r.samples {
		if p := l.at.Seconds() / r.lasted.Seconds(); p >= middle-width/2 && p <= middle+width/2 {
			near = append(near, of(l))
		}
	}
	if len(near) == 0 {
		near = []float64{of(r.samples[int(part*float64(len(r.samples)-1))])}
	}
	return median(near)
}

// slope returns by how much a figure rises an hour in the second half of the run, by
// least squares.
func (r soakReport) slope(of func(look) float64) float64 {
	var n, x, y, xx, xy float64
	for _, l := range r.samples {
		if 2*l.at < r.lasted {
			continue
		}
		h := l.at.Hours()
		n, x, y, xx, xy = n+1, x+h, y+of(l), xx+h*h, xy+h*of(l)
	}
	if below := n*xx - x*x; below > 0 {
		return (n*xy - x*y) / below
	}
	return 0
}

func resident(l look) float64 { return l.resident }
func heap(l look) float64     { return l.heap }

// growth returns by how much resident memory grew in the second half, and how much it
// may.
func (r soakReport) growth() (grew, may float64) {
	return r.slope(resident) * r.lasted.Hours() / 2, flatShare*r.at(0.5, resident) + flatMiB
}

// verdict says what is wrong with the run, or nil.
func (r soakReport) verdict() error {
	var faults []error
	fault := func(is bool, format string, args ...any) {
		if is {
			faults = append(faults, fmt.Errorf(format, args...))
		}
	}
	fault(r.sent == 0 || len(r.samples) < 2, "nothing was measured")
	fault(r.other > 0, "%d answers were not 202", r.other)
	fault(r.lost > 0, "%d requests were not answered", r.lost)
	fault(r.stored != r.accepted, "the store holds %d views, and %d hits were answered 202", r.stored, r.accepted)
	if len(r.samples) >= 2 && r.lasted >= judged {
		grew, may := r.growth()
		fault(grew > may, "memory grew by %.1f MiB in the second half, more than %.1f", grew, may)
	}
	return errors.Join(faults...)
}

// print writes the table.
func (r soakReport) print(w io.Writer) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	row := func(name, format string, args ...any) { fmt.Fprintf(t, "%s\t%s\n", name, fmt.Sprintf(format, args...)) }
	row("lasted", "%v", r.lasted.Round(time.Second))
	row("hits sent", "%d (%.0f/s)", r.sent, float64(r.sent)/r.lasted.Seconds())
	row("answered 202", "%d", r.accepted)
	row("other answers, none", "%d, %d", r.other, r.lost)
	row("views in the store", "%d", r.stored)
	row("longest answer", "%v; %d of more than 100 ms", r.longest.Round(time.Millisecond), r.slow)
	if len(r.samples) >= 2 {
		r.memory(row)
	}
	t.Flush()
	if err := r.verdict(); err != nil {
		fmt.Fprintf(w, "\nNOT as it should be: %s\n", strings.ReplaceAll(err.Error(), "\n", "; "))
	} else {
		fmt.Fprintln(w, "\nAs it should be.")
	}
}

// memory writes the rows about memory.
func (r soakReport) memory(row func(name, format string, args ...any)) {
	for _, part := range []float64{0.1, 0.5, 1} {
		row(fmt.Sprintf("MiB at %3.0f %%", part*100), "%.1f resident, %.1f Go heap", r.at(part, resident), r.at(part, heap))
	}
	row("MiB an hour, second half", "%+.2f resident, %+.2f Go heap", r.slope(resident), r.slope(heap))
	grew, may := r.growth()
	words := fmt.Sprintf("%.1f, of %.1f that it may", grew, may)
	if r.lasted < judged {
		words += " (too short a run to be judged by it)"
	}
	row("MiB grown in the second half", "%s", words)
	row("MiB of the RAM log", "%.0f", r.samples[len(r.samples)-1].log)
}

// freeMemory returns how much memory the system could give, in bytes.
func freeMemory() int64 {
	text, _ := os.ReadFile("/proc/meminfo") // without it there is none
	_, rest, _ := strings.Cut(string(text), "MemAvailable:")
	var kib int64
	fmt.Sscan(rest, &kib)
	return kib << 10
}

func freeSpace(dir string) (int64, error) {
	var fs syscall.Statfs_t
	err := syscall.Statfs(dir, &fs)
	return int64(fs.Bavail) * fs.Bsize, err
}
