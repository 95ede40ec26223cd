package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"runtime/debug"
	"slices"

	"oboro/aggregator"
	"oboro/aggregator/statistic"
	"oboro/collector"
)

type importCommand struct {
	Site     string   `required:"" placeholder:"ID" help:"Site that the logs are of."`
	Format   string   `enum:"combined" default:"combined" help:"Format of the lines: combined (also common and vhost_combined)."`
	HoldLast bool     `help:"Leave the last day of the logs unwritten: it may go on in the next log."`
	JSON     bool     `name:"json" help:"Print the outcome as JSON."`
	Files    []string `arg:"" name:"file" help:"Access logs, together one input; - is standard input."`
}

func (c importCommand) Run(ctx context.Context, p process, o options) error {
	if err := harden(); err != nil {
		return fmt.Errorf("keep memory out of core dumps: %w", err)
	}
	return onData(ctx, p, o, c)
}

// garbage is how much may gather during an import before it is collected, in percent of
// what is in use.
const garbage = 400

// outcome is what an import says it did.
type outcome struct {
	Lines   int            `json:"lines"`
	Hits    int            `json:"hits"`
	Refused map[string]int `json:"refused"`
	Days    []dayOutcome   `json:"days"`
}

type dayOutcome struct {
	Day    string `json:"day"`
	Status string `json:"status"`
}

// The statuses of a day, beside the standings that keep it out.
const (
	daySealed = "sealed"
	dayHeld   = "held"
	dayEmpty  = "empty"
)

// An importer is one run of the command.
type importer struct {
	app     *app
	command importCommand
	log     *collector.Log
	counts  *aggregator.Import
	ahead   bool // the lines of each day are known
	days    map[statistic.Day]*importDay
	latest  *importDay // of the latest line
	refused [collector.Outcomes]int
	outcome outcome
}

// An importDay is what is known of a day of the input.
type importDay struct {
	day      statistic.Day
	ahead    int                 // dated lines that are still to come, where that is known
	standing aggregator.Standing // "" before the first line
	hits     int
	status   string // once it is finished
}

// of returns what is known of a day.
func (i *importer) of(day statistic.Day) *importDay {
	if i.latest != nil && i.latest.day == day {
		return i.latest
	}
	d := i.days[day]
	if d == nil {
		d = &importDay{day: day}
		i.days[day] = d
	}
	i.latest = d
	return d
}

func (c importCommand) do(ctx context.Context, a *app, s streams) error {
	i, err := c.take(ctx, a, s)
	if err != nil {
		return err
	}
	return i.report(s)
}

// take imports the files and returns what was done.
func (c importCommand) take(ctx context.Context, a *app, s streams) (*importer, error) {
	site, err := a.config.site(c.Site)
	if err != nil {
		return nil, err
	}
	files, err := openLogs(c.Files, s)
	if err != nil {
		return nil, err
	}
	defer files.close()
	i := &importer{
		app: a, command: c, counts: a.aggregator.NewImport(c.Site), days: map[statistic.Day]*importDay{},
		outcome: outcome{Refused: map[string]int{}, Days: []dayOutcome{}},
	}
	if i.log, err = collector.NewLog(a.collectorConfig(i.counts), site); err != nil {
		return nil, err
	}
	defer i.log.Close()
	// What an import holds is small beside what it goes through: collect garbage less often.
	defer debug.SetGCPercent(debug.SetGCPercent(garbage))
	bar := newProgress(s.err, files.size())
	if i.ahead, err = files.readAhead(i.log, bar, i.expect); err != nil {
		return nil, err
	}
	if err := i.lines(ctx, files, bar); err != nil {
		return nil, err
	}
	bar.done()
	return i, nil
}

// expect notes that so many dated lines of the day will come.
func (i *importer) expect(day statistic.Day, lines int) {
	if lines > 0 {
		i.of(day).ahead += lines
	}
}

// lines takes all lines in order of time, and seals each day after its last one.
func (i *importer) lines(ctx context.Context, files *logs, bar *progress) error {
	for {
		f, err := files.next(i.log, bar)
		if err != nil {
			return err
		}
		if f == nil {
			break
		}
		if ctx.Err() != nil {
			return errors.New("interrupted; what is sealed stays, the rest can be imported again")
		}
		i.outcome.Lines++
		day, dated := f.parsed.Day, f.fits
		if !f.fits {
			i.refused[collector.BadLine]++
			day, dated = i.log.Dated(f.line)
		} else if err := i.line(ctx, f.line, &f.parsed); err != nil {
			return err
		}
		if !i.ahead || !dated {
			continue
		}
		if d := i.of(day); d.came() {
			if err := i.finish(ctx, d); err != nil {
				return err
			}
		}
	}
	for _, day := range slices.Sorted(maps.Keys(i.days)) {
		if err := i.finish(ctx, i.days[day]); err != nil {
			return err
		}
	}
	return nil
}

// came takes one line off those to come, and reports whether it was the last.
func (d *importDay) came() bool {
	d.ahead--
	return d.ahead == 0
}

func (i *importer) line(ctx context.Context, line []byte, parsed *collector.Line) error {
	d := i.of(parsed.Day)
	if d.standing == "" {
		standing, err := i.app.aggregator.Standing(ctx, i.command.Site, d.day)
		if err != nil {
			return err
		}
		d.standing = standing
	}
	if d.standing != aggregator.Free {
		i.outcome.Refused[string(d.standing)]++
		return nil
	}
	outcome, err := i.log.Take(line, parsed)
	if err != nil {
		return err
	}
	if outcome != collector.Kept {
		i.refused[outcome]++
		return nil
	}
	i.outcome.Hits++
	d.hits++
	return nil
}

// finish settles a day whose lines are all in. A day of dated lines none of which is
// of a log's format is no day of the input.
func (i *importer) finish(ctx context.Context, d *importDay) error {
	if d.status != "" || d.standing == "" {
		return nil
	}
	if d.standing != aggregator.Free {
		d.status = string(d.standing)
		return nil
	}
	i.log.Done(d.day)
	switch {
	case i.command.HoldLast && d.day == i.last():
		i.counts.Drop(d.day)
		d.status = dayHeld
	case d.hits == 0:
		// Nothing was counted: a day of nothing but refused lines is no measurement.
		i.counts.Drop(d.day)
		d.status = dayEmpty
	default:
		sealed, err := i.counts.Seal(ctx, d.day)
		if err != nil {
			return err
		}
		d.status = daySealed
		if !sealed {
			d.status = string(aggregator.Already)
		}
	}
	return nil
}

// last returns the last day of the input, as far as it is known.
func (i *importer) last() statistic.Day { return slices.Max(slices.Collect(maps.Keys(i.days))) }

// report prints the outcome. Where nothing was sealed it says so with its status.
func (i *importer) report(s streams) error {
	for reason, lines := range i.refused {
		if lines > 0 {
			i.outcome.Refused[collector.Outcome(reason).Word()] += lines
		}
	}
	sealed := 0
	for _, day := range slices.Sorted(maps.Keys(i.days)) {
		status := i.days[day].status
		if status != "" {
			i.outcome.Days = append(i.outcome.Days, dayOutcome{day.String(), status})
		}
		if status == daySealed {
			sealed++
		}
	}
	if i.command.JSON {
		if err := json.NewEncoder(s.out).Encode(i.outcome); err != nil {
			return fmt.Errorf("print: %w", err)
		}
	} else {
		i.print(s.out)
	}
	i.warn(s.err)
	if sealed == 0 {
		return failure{nothing, errors.New("nothing was imported: no day of the input is free to be sealed")}
	}
	return nil
}

func (i *importer) print(w io.Writer) {
	fmt.Fprintf(w, "%d lines, %d hits\n", i.outcome.Lines, i.outcome.Hits)
	for _, reason := range slices.Sorted(maps.Keys(i.outcome.Refused)) {
		fmt.Fprintf(w, "  not counted: %-14s %d\n", reason, i.outcome.Refused[reason])
	}
	for _, d := range i.outcome.Days {
		fmt.Fprintf(w, "  %s  %s\n", d.Day, d.Status)
	}
}

// warn says that the ends of the input may be cut.
func (i *importer) warn(w io.Writer) {
	var days []statistic.Day
	for _, day := range slices.Sorted(maps.Keys(i.days)) {
		if i.days[day].hits > 0 {
			days = append(days, day)
		}
	}
	if len(days) == 0 {
		return
	}
	fmt.Fprintf(w, "note: a log may begin and end within a day: %s and %s hold what the input has of them\n",
		days[0], days[len(days)-1])
	if !i.command.HoldLast {
		fmt.Fprintln(w, "note: a sealed day is never opened again; with --hold-last the last day waits for the next import")
	}
}
