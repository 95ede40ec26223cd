package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// awstats is where Debian puts it.
const awstats = "/usr/lib/cgi-bin/awstats.pl"

// sampled is how many of the first lines AWStats reads: it takes over a minute for
// a million.
const sampled = 50_000

// A reader is a program that reads the log to its end.
type reader struct {
	name  string
	lines int
	run   func(ctx context.Context, log string) (cost, error)
	log   string
}

// A finding is what a reader took in one round.
type finding struct {
	perLine reading // CPU, in microseconds
	memory  reading // in MiB
}

// imports measures reading logs against other programs.
func (b *bench) imports(ctx context.Context) error {
	readers, err := b.readers(ctx)
	if err != nil {
		return err
	}
	rounds := map[string][]finding{}
	for round := range b.set.rounds {
		if round%2 == 1 {
			slices.Reverse(readers)
		}
		for _, r := range readers {
			c, err := r.run(ctx, r.log)
			if err != nil {
				return fmt.Errorf("%s: %w", r.name, err)
			}
			per := float64(c.cpu.Nanoseconds()) / 1000 / float64(r.lines)
			rounds[r.name] = append(rounds[r.name], finding{reading{per, c.foreign}, reading{c.memory, c.foreign}})
			b.say("import, round %d: %s %.2f us a line, %.0f MiB, others %.2f cores", round+1, r.name, per, c.memory, c.foreign)
		}
	}
	b.compare(rounds)
	return nil
}

// readers returns the programs that are there, with their logs written.
func (b *bench) readers(ctx context.Context) ([]reader, error) {
	log, head := filepath.Join(b.disk, "access.log"), filepath.Join(b.disk, "head.log")
	few := min(sampled, b.set.lines)
	for _, file := range []struct {
		path  string
		lines int
	}{{log, b.set.lines}, {head, few}} {
		write := exec.CommandContext(ctx, b.self, "log", strconv.Itoa(b.set.lines), strconv.Itoa(file.lines), file.path)
		if err := write.Run(); err != nil {
			return nil, fmt.Errorf("write the log: %w", err)
		}
	}
	list := []reader{{"floor", b.set.lines, b.runFloor, log}, {"oboro", b.set.lines, b.runImport, log}}
	if missing := lacking("goaccess"); missing != "" {
		b.report.skip("GoAccess", "it is not installed")
	} else {
		list = append(list, reader{"goaccess", b.set.lines, b.runGoAccess, log})
	}
	if _, err := os.Stat(awstats); err != nil || lacking("perl") != "" {
		b.report.skip("AWStats", "it is not installed")
	} else {
		list = append(list, reader{"awstats", few, b.runAWStats, head})
		b.report.note("AWStats read the first %d lines, the others %d: on longer logs it takes up to a fifth less a line.", few, b.set.lines)
	}
	return list, nil
}

// compare writes the rows of the table.
func (b *bench) compare(rounds map[string][]finding) {
	ours := rounds["oboro"]
	ratios := func(a, b []finding, of func(finding) reading) (s series) {
		for i := range min(len(a), len(b)) {
			s = append(s, ratio(of(a[i]), of(b[i])))
		}
		return s
	}
	cpu := func(f finding) reading { return f.perLine }
	memory := func(f finding) reading { return f.memory }
	r := &b.report
	r.add(row{measure: "G8 import: CPU per line of GoAccess over ours", required: atLeast(7), aim: atLeast(12), found: ratios(rounds["goaccess"], ours, cpu)})
	r.add(row{measure: "G8 import: CPU per line of AWStats over ours", required: atLeast(45), aim: atLeast(80), found: ratios(rounds["awstats"], ours, cpu)})
	r.add(row{measure: "G9 import: CPU per line, against split and count", required: atMost(7), aim: atMost(5), found: ratios(ours, rounds["floor"], cpu)})
	r.add(row{measure: "G10 import: memory, against GoAccess", required: atMost(0.5), aim: atMost(0.5), found: ratios(ours, rounds["goaccess"], memory)})
	for _, name := range []string{"oboro", "floor", "goaccess", "awstats"} {
		var lines, sizes series
		for _, f := range rounds[name] {
			lines, sizes = append(lines, f.perLine), append(sizes, f.memory)
		}
		r.add(row{measure: "   import: CPU per line, " + name, unit: "us", found: lines})
		r.add(row{measure: "   import: most memory, " + name, unit: "MiB", found: sizes})
	}
}

func (b *bench) runFloor(ctx context.Context, log string) (cost, error) {
	return run(pinned(ctx, b.cores.server, b.self, "floor", log))
}

// runImport imports into a fresh store, and sees to it that all was read.
func (b *bench) runImport(ctx context.Context, log string) (cost, error) {
	dirs, options, err := b.places()
	if err != nil {
		return cost{}, err
	}
	for _, dir := range dirs {
		defer os.RemoveAll(dir)
	}
	var out, complaint strings.Builder
	cmd := pinned(ctx, b.cores.server, b.program, append(options, "import", "--site", "bench", "--json", log)...)
	cmd.Stdout, cmd.Stderr = &out, &complaint
	c, err := run(cmd)
	if err != nil {
		return c, fmt.Errorf("%w: %s", err, complaint.String())
	}
	var outcome struct {
		Lines, Hits int
		Days        []struct{ Status string }
	}
	if err := json.Unmarshal([]byte(out.String()), &outcome); err != nil {
		return c, fmt.Errorf("its outcome: %w", err)
	}
	if outcome.Lines != b.set.lines || outcome.Hits < b.set.lines/2 || len(outcome.Days) != days {
		return c, fmt.Errorf("it read %d lines of %d days with %d hits, of %d lines of %d days",
			outcome.Lines, len(outcome.Days), outcome.Hits, b.set.lines, days)
	}
	return c, nil
}

func (b *bench) runGoAccess(ctx context.Context, log string) (cost, error) {
	out := filepath.Join(b.disk, "goaccess.json")
	defer os.Remove(out)
	c, err := run(pinned(ctx, b.cores.server, "goaccess", log, "--log-format=COMBINED", "-o", out, "--no-progress", "--no-global-config"))
	if err != nil {
		return c, err
	}
	text, err := os.ReadFile(out)
	if err != nil {
		return c, err
	}
	var found struct {
		General struct {
			Valid int `json:"valid_requests"`
		} `json:"general"`
	}
	if err := json.Unmarshal(text, &found); err != nil || found.General.Valid != b.set.lines {
		return c, fmt.Errorf("it took %d of %d lines", found.General.Valid, b.set.lines)
	}
	return c, nil
}

const awstatsConfig = `LogFile="%s"
LogType=W
LogFormat=1
DNSLookup=0
SiteDomain="%s"
DirData="%s"
AllowFullYearView=3
`

func (b *bench) runAWStats(ctx context.Context, log string) (cost, error) {
	dir, err := os.MkdirTemp(b.disk, "awstats-")
	if err != nil {
		return cost{}, err
	}
	defer os.RemoveAll(dir)
	config := fmt.Appendf(nil, awstatsConfig, log, host, dir)
	if err := os.WriteFile(filepath.Join(dir, "awstats.bench.conf"), config, 0o600); err != nil {
		return cost{}, err
	}
	var out strings.Builder
	cmd := pinned(ctx, b.cores.server, "perl", awstats, "-config=bench", "-configdir="+dir, "-update")
	cmd.Stdout = &out
	c, err := run(cmd)
	if err == nil && !strings.Contains(out.String(), fmt.Sprintf("Parsed lines in file: %d\n", min(sampled, b.set.lines))) {
		err = fmt.Errorf("it did not read all lines: %s", out.String())
	}
	return c, err
}

// firstDay is when the log begins: its 30 days are over, whatever the time zone.
func firstDay(now time.Time) time.Time {
	tokyo := time.FixedZone("JST", 9*60*60)
	y, m, d := now.In(tokyo).Date()
	return time.Date(y, m, d-days-2, 0, 0, 0, 0, tokyo)
}
