package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"slices"
	"time"

	"oboro/aggregator/statistic"
	"oboro/collector/hit"
)

const (
	// look is how often a followed log is looked after.
	look = 250 * time.Millisecond
	// rest is how long a rotated log must have rested before the new one is read.
	rest = 5 * time.Second
	// grace is how long after its end a day is sealed: servers write a line when the answer
	// is sent, and the collector puts lines in order that stand so far apart.
	grace = 10 * time.Minute
)

// follow imports the files, and goes on with the last of them as it grows, until ctx ends.
// It holds the data as a serving process does, and answers other commands; but what is
// counted of a day stands in this memory alone until the day is sealed, so that a start
// reads the log of the day again.
func (c importCommand) follow(ctx context.Context, p process, o options) (err error) {
	config, err := loadConfig(o.ConfigFile)
	if err != nil {
		return err
	}
	a, err := openApp(ctx, p, o, config)
	if errors.Is(err, errBusy) {
		return failure{busy, fmt.Errorf("another process of oboro holds %s: a log cannot be followed beside it; "+
			"stop it, or import the logs once they are rotated", o.Data)}
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.close()) }()
	end, err := a.answer()
	if err != nil {
		return err
	}
	defer end()
	return a.perform(ctx, followCommand{c}, streams{in: p.stdin, out: p.stdout, err: p.stderr, dir: ".", by: a.trail.by})
}

// answer has the control socket answer other commands until end is called.
func (a *app) answer() (end func(), err error) {
	dir := stateDir(a.options.State, a.process.getenv)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, misuse("state directory: %w", err)
	}
	l, err := listenControl(controlSocket(a.options, a.process.getenv))
	if err != nil {
		return nil, err
	}
	server := &http.Server{
		Handler: &control{app: a}, ErrorLog: httpErrors(a.log), ReadHeaderTimeout: 10 * time.Second, MaxHeaderBytes: 64 << 10,
		ConnContext: withPeer,
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		server.Serve(l) // it ends with end
	}()
	return func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if server.Shutdown(ctx) != nil {
			server.Close()
		}
		<-done
	}, nil
}

// followCommand is an import that goes on.
type followCommand struct{ importCommand }

func (f followCommand) do(ctx context.Context, a *app, s streams) error { return f.goOn(ctx, a, s) }

// goOn reads the files before the last, and then the last for as long as ctx lasts.
func (c importCommand) goOn(ctx context.Context, a *app, s streams) error {
	i, err := c.newImporter(a)
	if err != nil {
		return err
	}
	defer i.log.Close()
	i.live = true
	before, last := c.Files[:len(c.Files)-1], c.Files[len(c.Files)-1]
	if last == "-" {
		return misuse("import: standard input cannot be followed; name a file, or leave --follow out")
	}
	fmt.Fprintf(s.err, "note: %s is followed, and each day sealed 10 minutes after its end; until then it stands in memory alone, "+
		"so name rotated logs that hold lines of today before it, and of this week for what is counted by the week\n", last)
	older, err := openLogs(before, s)
	if err != nil {
		return err
	}
	defer older.close()
	if err := i.begin(ctx, older, s); err != nil && ctx.Err() == nil {
		return err
	}
	w := &watch{ctx: ctx, importer: i, tail: &tail{path: absolute(last, s.dir), old: rest}}
	w.tail.wait = w.wait
	live := &logs{files: []*logFile{{name: last, file: w.tail, live: true}}}
	defer live.close()
	if err := i.begin(ctx, live, s); err != nil && ctx.Err() == nil {
		return err
	}
	i.hold()
	return i.report(s)
}

// begin reads logs from their beginning to their end, which of one that is followed comes
// with ctx's.
func (i *importer) begin(ctx context.Context, files *logs, s streams) error {
	if err := files.begin(i.log, i.command.Format, s.err, &progress{}); err != nil {
		return err
	}
	return i.lines(ctx, files)
}

// A watch seals days while a log is followed.
type watch struct {
	ctx      context.Context // of the command
	importer *importer
	tail     *tail
	looked   time.Time // when the log was looked at last; what was there then is read
	tables   time.Time // when the files of places and networks were
}

// wait seals what is over, and waits until the log is to be looked at again. It is called
// where all lines so far are taken.
func (w *watch) wait() error {
	if !w.looked.IsZero() && !w.tail.turning() {
		if err := w.importer.over(w.ctx, w.looked); err != nil {
			return err
		}
	}
	w.importer.publish(w.ctx)
	w.importer.app.signTrail(false)
	w.lookAtTables()
	timer := time.NewTimer(look)
	defer timer.Stop()
	select {
	case <-w.ctx.Done():
		return io.EOF
	case <-timer.C:
		w.looked = w.importer.app.process.now()
		return nil
	}
}

// lookAtTables reads files of places and networks again that have changed, each minute.
func (w *watch) lookAtTables() {
	now := w.importer.app.process.now()
	if now.Sub(w.tables) < time.Minute {
		return
	}
	w.tables = now
	if err := w.importer.log.Look(); err != nil {
		w.importer.app.log.Error("a table of places or networks is refused, and the one before stays", "error", err.Error())
	}
}

// over seals the days that were over at that time, and no line of which is awaited any
// more, and lets go of what has outlived its retention.
func (i *importer) over(ctx context.Context, at time.Time) error {
	a := i.app
	today := hit.DayOf(at.Add(-grace).In(a.config.zone()))
	sealed := false
	for _, day := range slices.Sorted(maps.Keys(i.days)) {
		d := i.days[day]
		if day >= today || d.status != "" {
			continue
		}
		if err := i.finish(ctx, d); err != nil {
			return err
		}
		if d.status == daySealed {
			a.log.Info("day sealed", "site", i.command.Site, "day", day.String())
			sealed = true
		}
	}
	for _, first := range slices.Sorted(maps.Keys(i.weeks)) {
		w := i.weeks[first]
		if statistic.Weekly.End(first) >= today || w.status != "" {
			continue
		}
		if err := i.finishWeek(ctx, w); err != nil {
			return err
		}
		if w.status == daySealed {
			a.log.Info("week sealed", "site", i.command.Site, "day", first.String())
			sealed = true
		}
	}
	if !sealed {
		return nil
	}
	if err := a.aggregator.Expire(ctx); err != nil {
		a.log.Error("retention failed", "error", err.Error())
	}
	i.unpublished = true
	return nil
}

// publish publishes what was sealed, when the hour of the day has come.
func (i *importer) publish(ctx context.Context) {
	a := i.app
	if !i.unpublished || !a.hourHasCome() {
		return
	}
	i.unpublished = false
	if err := a.publish(ctx, a.published()); err != nil {
		a.log.Error("publish failed", "error", err.Error())
	}
	a.copyCheckpoints()
}

// hold gives up the days and weeks that are not sealed: the next start reads them again.
func (i *importer) hold() {
	for _, d := range i.days {
		if d.status == "" && d.standing != "" {
			i.log.Done(d.day)
			i.counts.Drop(d.day)
			d.status = dayHeld
		}
	}
	for first, w := range i.weeks {
		if w.status == "" && w.standing != "" {
			i.counts.DropWeek(first)
			w.status = dayHeld
		}
	}
}
