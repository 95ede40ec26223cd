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
	"strings"

	"oboro/aggregator"
	"oboro/aggregator/statistic"
	"oboro/collector"
	"oboro/internal/audit"
)

type importCommand struct {
	Site     string   `required:"" placeholder:"ID" help:"Site that the logs are of."`
	Format   string   `placeholder:"FORMAT" help:"Format of the lines: a name, or a text as above. Default: guessed from the first lines, and said aloud."`
	Follow   bool     `help:"Go on with the last file as a server writes it, through its rotations, and seal each day 10 minutes after it is over."`
	HoldLast bool     `help:"Leave the last day of the logs unwritten, and its week: they may go on in the next log."`
	AnyHost  bool     `help:"Count lines that name a host which is not one of the site's."`
	JSON     bool     `name:"json" help:"Print the outcome as JSON."`
	Files    []string `arg:"" name:"file" help:"Access logs, together one input; - is standard input. gzip, bzip2 and zstd are unpacked."`
}

// Help teaches the formats with examples. It stands in the help of the command.
func (importCommand) Help() string {
	return `Formats by name: combined (also common, vhost_combined, and Traefik's lines), json (of nginx,
Apache, Caddy, Traefik), w3c (IIS), cloudfront, s3, alb, elb, haproxy. Another is written out as the server has it,
or as a #Fields line. A line needs a time, a client address, a request and a status.

  oboro import --site www access.log access.log.1 access.log.2.gz
  zcat old/*.gz | oboro import --site www -
  oboro import --site www --format w3c u_ex2604*.log
  oboro import --site www --format '$remote_addr [$time_local] "$request" $status "$http_referer" "$http_user_agent"' access.log
  oboro import --site www --format '%v %a %t "%r" %>s "%{Referer}i" "%{User-Agent}i"' access.log
  oboro import --site www --format '#Fields: date time c-ip cs-method cs-uri-stem sc-status cs(User-Agent)' part.log
  oboro import --site www --follow access.log.1 access.log

What was not counted is told by its reason, and no line is ever shown. Where a format names a host, lines of other
hosts than the site's are "other-site".`
}

func (c importCommand) Run(ctx context.Context, p process, o options) error {
	// What an import holds is small beside what it goes through: collect garbage less often.
	defer debug.SetGCPercent(debug.SetGCPercent(garbage))
	if err := harden(); err != nil {
		return fmt.Errorf("keep memory out of core dumps: %w", err)
	}
	switch {
	case c.Follow && c.HoldLast:
		return misuse("import: --follow holds the day under way by itself; leave --hold-last out")
	case c.Follow:
		return c.follow(ctx, p, o)
	}
	return onData(ctx, p, o, c)
}

// garbage is how much may gather during an import before it is collected, in percent of
// what is in use.
const garbage = 1000

// outcome is what an import says it did.
type outcome struct {
	Lines   int            `json:"lines"`
	Hits    int            `json:"hits"`
	Refused map[string]int `json:"refused"`
	Days    []dayOutcome   `json:"days"`
	Weeks   []weekOutcome  `json:"weeks,omitempty"`
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
	unpublished bool // whether days were sealed since the last publication
	app         *app
	command     importCommand
	log         *collector.Log
	counts      *aggregator.Import
	ahead       bool // the lines of each day are known
	live        bool // the log is followed: the day under way is counted too
	days        map[statistic.Day]*importDay
	weeks       map[statistic.Day]*importWeek // by their Mondays
	latest      *importDay                    // of the latest line
	refused     [collector.Outcomes]int
	outcome     outcome
}

// An importDay is what is known of a day of the input.
type importDay struct {
	day      statistic.Day
	ahead    int                 // dated lines that are still to come, where that is known
	standing aggregator.Standing // "" before the first line
	inWeek   aggregator.Standing // what may be done with it in its week; "" too where nothing is counted by the week
	hits     int
	inWeeks  int    // hits that count in its week
	status   string // once it is finished
	late     bool   // it is in no figure of a page: that was closed before
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

func (c importCommand) entry(a *app) audit.Leaf {
	return audit.Leaf{Action: audit.Import, Object: a.object(c.Site, "")}
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
	i, err := c.newImporter(a)
	if err != nil {
		return nil, err
	}
	defer i.log.Close()
	files, err := openLogs(c.Files, s)
	if err != nil {
		return nil, err
	}
	defer files.close()
	bar := newProgress(s.err, files.size())
	if err = files.begin(i.log, c.Format, s.err, bar); err != nil {
		return nil, err
	}
	if i.ahead, err = files.readAhead(i.log, i.expect); err != nil {
		return nil, err
	}
	if err := i.lines(ctx, files); err != nil {
		return nil, err
	}
	for _, day := range slices.Sorted(maps.Keys(i.days)) {
		if err := i.finish(ctx, i.days[day]); err != nil {
			return nil, err
		}
	}
	if err := i.finishWeeks(ctx); err != nil {
		return nil, err
	}
	bar.done()
	return i, nil
}

// newImporter returns an importer that has read nothing.
func (c importCommand) newImporter(a *app) (*importer, error) {
	site, err := a.config.site(c.Site)
	if err != nil {
		return nil, err
	}
	if err := a.config.Notice.tells("logs", a.config.tellsLogs()); err != nil {
		return nil, err
	}
	i := &importer{
		app: a, command: c, counts: a.aggregator.NewImport(c.Site), days: map[statistic.Day]*importDay{},
		weeks: map[statistic.Day]*importWeek{}, outcome: outcome{Refused: map[string]int{}, Days: []dayOutcome{}},
	}
	config := a.collectorConfig(i.counts)
	config.Logs.AnyHost = c.AnyHost
	if i.log, err = collector.NewLog(config, site); err != nil {
		return nil, err
	}
	return i, nil
}

// expect notes that so many dated lines of the day will come.
func (i *importer) expect(day statistic.Day, lines int) {
	if lines > 0 {
		i.of(day).ahead += lines
	}
}

// lines takes all lines in order of time, and seals each day after its last one, where
// that is known.
func (i *importer) lines(ctx context.Context, files *logs) error {
	for {
		f, err := files.next(i.log)
		if err != nil {
			return err
		}
		if f == nil {
			return nil
		}
		if ctx.Err() != nil {
			return errors.New("interrupted; what is sealed stays, the rest can be imported again")
		}
		i.outcome.Lines++
		line := f.now()
		day, dated := line.parsed.Day, line.outcome == collector.Kept
		if !dated {
			i.refused[line.outcome]++
			day, dated = i.log.Dated(f.format, line.text)
		} else if err := i.line(ctx, line); err != nil {
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
}

// came takes one line off those to come, and reports whether it was the last.
func (d *importDay) came() bool {
	d.ahead--
	return d.ahead == 0
}

func (i *importer) line(ctx context.Context, line *logLine) error {
	d := i.of(line.parsed.Day)
	if d.standing == "" {
		if err := i.stand(ctx, d); err != nil {
			return err
		}
	}
	if d.standing != aggregator.Free {
		i.outcome.Refused[string(d.standing)]++
	}
	if !d.counts() {
		return nil
	}
	outcome, err := i.log.Take(line.text, &line.parsed)
	if err != nil {
		return err
	}
	if outcome == collector.Kept && d.inWeek == aggregator.Free {
		d.inWeeks++
	}
	if d.standing != aggregator.Free { // its lines were counted before, whatever they are
		return nil
	}
	if outcome != collector.Kept {
		i.refused[outcome]++
		return nil
	}
	i.outcome.Hits++
	d.hits++
	return nil
}

// stand finds out what may be done with a day.
func (i *importer) stand(ctx context.Context, d *importDay) (err error) {
	a := i.app.aggregator
	if d.standing, err = a.Standing(ctx, i.command.Site, d.day); err != nil {
		return err
	}
	if d.inWeek, err = a.WeekStanding(ctx, i.command.Site, d.day); err != nil {
		return err
	}
	if i.live && d.day <= a.Day()+1 {
		// It is sealed once it is over; the server's clock may be ahead of ours.
		d.standing, d.inWeek = freed(d.standing), freed(d.inWeek)
	}
	if d.inWeek != "" {
		i.week(d.day).saw(d)
	}
	return nil
}

// freed returns what may be done with a day of a log that is followed: it is waited for.
func freed(s aggregator.Standing) aggregator.Standing {
	if s == aggregator.NotOver {
		return aggregator.Free
	}
	return s
}

// counts reports whether lines of the day count, in it or in its week alone.
func (d *importDay) counts() bool {
	return d.standing == aggregator.Free || d.inWeek == aggregator.Free
}

// finish settles a day whose lines are all in. A day of dated lines none of which is
// of a log's format is no day of the input.
func (i *importer) finish(ctx context.Context, d *importDay) error {
	if d.status != "" || d.standing == "" {
		return nil
	}
	if !d.counts() {
		d.status = string(d.standing)
		return nil
	}
	i.log.Done(d.day)
	if err := i.settle(ctx, d); err != nil {
		return err
	}
	return i.afterDay(ctx, d)
}

// settle keeps what a day counts for its week, and seals the day.
func (i *importer) settle(ctx context.Context, d *importDay) error {
	held := i.command.HoldLast && d.day == i.last()
	if d.inWeeks > 0 && !held {
		i.week(d.day).keep(i.counts, d.day)
	}
	switch {
	case d.standing != aggregator.Free:
		i.counts.Drop(d.day)
		d.status = string(d.standing)
	case held:
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
		d.status, d.late = daySealed, i.app.aggregator.Late(i.command.Site, d.day)
		if !sealed {
			d.status = string(aggregator.Already)
		}
		i.app.copyCheckpoints()
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
	sealed += i.reportWeeks()
	if i.command.JSON {
		if err := json.NewEncoder(s.out).Encode(i.outcome); err != nil {
			return fmt.Errorf("print: %w", err)
		}
	} else {
		i.print(s.out)
	}
	i.warn(s.err)
	if sealed == 0 && !i.live {
		return failure{nothing, errors.New("nothing was imported: no day or week of the input is free to be sealed")}
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
	for _, of := range i.outcome.Weeks {
		fmt.Fprintf(w, "  week of %s  %s\n", of.Week, of.Status)
	}
}

// warn says that the ends of the input may be cut.
func (i *importer) warn(w io.Writer) {
	if n := i.refused[collector.Other]; n > 0 {
		fmt.Fprintf(w, "note: %d lines name a host that is not one of the site's (sites[].hosts); with --any-host they count too\n", n)
	}
	var days []statistic.Day
	var late []string
	for _, day := range slices.Sorted(maps.Keys(i.days)) {
		if i.days[day].hits > 0 {
			days = append(days, day)
		}
		if i.days[day].late {
			late = append(late, day.String())
		}
	}
	if len(days) == 0 {
		return
	}
	if len(late) > 0 {
		fmt.Fprintf(w, "note: figures of pages are closed for %s: these days enter the other tables alone\n", strings.Join(late, ", "))
	}
	fmt.Fprintf(w, "note: a log may begin and end within a day: %s and %s hold what the input has of them\n",
		days[0], days[len(days)-1])
	if !i.command.HoldLast && !i.live {
		fmt.Fprintln(w, "note: a sealed day is never opened again; with --hold-last the last day waits for the next import")
	}
	i.warnOfWeeks(w)
}
