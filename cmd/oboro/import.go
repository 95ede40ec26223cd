package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
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
	app       *app
	command   importCommand
	log       *collector.Log
	counts    *aggregator.Import
	ahead     *readAhead // nil where the input cannot be read twice
	standings map[statistic.Day]aggregator.Standing
	hits      map[statistic.Day]int
	statuses  map[statistic.Day]string
	outcome   outcome
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
		app: a, command: c, counts: a.aggregator.NewImport(c.Site),
		standings: map[statistic.Day]aggregator.Standing{},
		hits:      map[statistic.Day]int{}, statuses: map[statistic.Day]string{},
		outcome: outcome{Refused: map[string]int{}, Days: []dayOutcome{}},
	}
	if i.log, err = collector.NewLog(a.collectorConfig(i.counts), site); err != nil {
		return nil, err
	}
	defer i.log.Close()
	bar := newProgress(s.err, files.size())
	if i.ahead, err = files.readAhead(i.log.Parse, bar); err != nil {
		return nil, err
	}
	if err := i.lines(ctx, files, bar); err != nil {
		return nil, err
	}
	bar.done()
	return i, nil
}

// lines takes all lines in order of time, and seals each day after its last one.
func (i *importer) lines(ctx context.Context, files *logs, bar *progress) error {
	for f, err := range files.merged(i.log.Parse, bar) {
		if err != nil {
			return err
		}
		if ctx.Err() != nil {
			return errors.New("interrupted; what is sealed stays, the rest can be imported again")
		}
		i.outcome.Lines++
		if !f.fits {
			i.outcome.Refused["format"]++
			continue
		}
		if err := i.line(ctx, f.line, f.parsed); err != nil {
			return err
		}
		if i.ahead != nil && i.ahead.last(f.parsed.Day) {
			if err := i.finish(ctx, f.parsed.Day); err != nil {
				return err
			}
		}
	}
	for _, day := range slices.Sorted(maps.Keys(i.standings)) {
		if err := i.finish(ctx, day); err != nil {
			return err
		}
	}
	return nil
}

func (i *importer) line(ctx context.Context, line []byte, parsed collector.Line) error {
	day := parsed.Day
	standing, ok := i.standings[day]
	if !ok {
		var err error
		if standing, err = i.app.aggregator.Standing(ctx, i.command.Site, day); err != nil {
			return err
		}
		i.standings[day] = standing
	}
	if standing != aggregator.Free {
		i.outcome.Refused[string(standing)]++
		return nil
	}
	word, err := i.log.Take(line, parsed)
	if err != nil {
		return err
	}
	if word != "kept" {
		i.outcome.Refused[word]++
		return nil
	}
	i.outcome.Hits++
	i.hits[day]++
	return nil
}

// finish settles a day whose lines are all in.
func (i *importer) finish(ctx context.Context, day statistic.Day) error {
	if _, ok := i.statuses[day]; ok {
		return nil
	}
	if i.standings[day] != aggregator.Free {
		i.statuses[day] = string(i.standings[day])
		return nil
	}
	i.log.Done(day)
	switch {
	case i.command.HoldLast && day == slices.Max(slices.Collect(maps.Keys(i.days()))):
		i.counts.Drop(day)
		i.statuses[day] = dayHeld
	case i.hits[day] == 0:
		// Nothing was counted: a day of nothing but refused lines is no measurement.
		i.counts.Drop(day)
		i.statuses[day] = dayEmpty
	default:
		sealed, err := i.counts.Seal(ctx, day)
		if err != nil {
			return err
		}
		i.statuses[day] = daySealed
		if !sealed {
			i.statuses[day] = string(aggregator.Already)
		}
	}
	return nil
}

// days returns the days of the input, as far as they are known.
func (i *importer) days() map[statistic.Day]int {
	if i.ahead != nil {
		return i.ahead.days
	}
	return i.hits
}

// report prints the outcome. Where nothing was sealed it says so with its status.
func (i *importer) report(s streams) error {
	sealed := 0
	for _, day := range slices.Sorted(maps.Keys(i.statuses)) {
		i.outcome.Days = append(i.outcome.Days, dayOutcome{day.String(), i.statuses[day]})
		if i.statuses[day] == daySealed {
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
	days := slices.Sorted(maps.Keys(i.hits))
	if len(days) == 0 {
		return
	}
	fmt.Fprintf(w, "note: a log may begin and end within a day: %s and %s hold what the input has of them\n",
		days[0], days[len(days)-1])
	if !i.command.HoldLast {
		fmt.Fprintln(w, "note: a sealed day is never opened again; with --hold-last the last day waits for the next import")
	}
}
