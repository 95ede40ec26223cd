package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"oboro/aggregator/ledger"
	"oboro/aggregator/release"
	"oboro/aggregator/statistic"
	"oboro/dashboards/public"
)

type publishCommand struct {
	Out string `required:"" placeholder:"DIR" help:"Folder to write; any web server can serve it."`
}

func (c publishCommand) Run(ctx context.Context, p process, o options) error {
	return onData(ctx, p, o, c)
}

func (c publishCommand) do(ctx context.Context, a *app, s streams) error {
	dir := absolute(c.Out, s.dir)
	releases, err := a.releases(ctx)
	if err != nil {
		return err
	}
	if len(releases) == 0 {
		return failure{nothing, errors.New("nothing to publish: no month, or week, with measured days is over")}
	}
	if err := a.write(dir, releases); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "published %d data sets to %s\nverifier key: %s (hand it to readers by another way than this folder)\n",
		len(releases), c.Out, a.keyPath()+".pub")
	return nil
}

// published is the folder that the dashboards serve under /stats/.
func (a *app) published() string { return filepath.Join(a.options.Data, "public") }

// archive keeps the releases as they were first published, and their log.
func (a *app) archive() string { return filepath.Join(a.options.Data, "releases") }

func (a *app) archived() string { return filepath.Join(a.archive(), "data") }

func (a *app) keyPath() string { return filepath.Join(a.options.Data, "signing.key") }

// publish writes the published folder, if any period is over.
func (a *app) publish(ctx context.Context, dir string) error {
	releases, err := a.releases(ctx)
	if err != nil || len(releases) == 0 {
		return err
	}
	return a.write(dir, releases)
}

// releases makes the releases of all periods that are over and have measured days.
func (a *app) releases(ctx context.Context) ([]release.Release, error) {
	today := a.aggregator.Day()
	lines, err := a.ledgerLines()
	if err != nil {
		return nil, err
	}
	budget, err := release.ReadBudget(lines)
	if err != nil {
		return nil, fmt.Errorf("ledger: %w", err)
	}
	rule := release.Rule{K: a.config.K, Today: today}
	var list []release.Release
	for _, site := range a.config.siteIDs() {
		cadence, err := a.cadence(site)
		if err != nil {
			return nil, err
		}
		for _, st := range a.catalogue.All() {
			if len(st.Published) == 0 {
				continue
			}
			own, err := a.releasesOf(ctx, table{site, st, cadence}, rule, budget)
			if err != nil {
				return nil, err
			}
			list = append(list, own...)
		}
	}
	return list, nil
}

// A table is what is published as one series of data sets.
type table struct {
	site      string
	statistic *statistic.Statistic
	cadence   release.Cadence
}

func (t table) period(day statistic.Day) release.Period {
	if t.cadence == release.Weekly {
		return release.WeekOf(day)
	}
	return release.MonthOf(day)
}

func (a *app) releasesOf(ctx context.Context, t table, rule release.Rule, budget release.Budget) ([]release.Release, error) {
	days, err := a.aggregator.Measured(ctx, t.site, t.statistic.ID, 0, rule.Today-1)
	if err != nil {
		return nil, err
	}
	var list []release.Release
	for len(days) > 0 {
		period := t.period(days[0].Day)
		n := 0
		for n < len(days) && days[n].Day <= period.Last() {
			n++
		}
		if period.Ended(rule.Today) {
			rule.Total = budget.Most(t.site, period.First(), period.Last())
			r, err := release.New(t.statistic, t.site, period, days[:n], rule)
			if err == nil {
				r, err = public.Versioned(a.archived(), r)
			}
			if err != nil {
				return nil, err
			}
			list = append(list, r)
		}
		days = days[n:]
	}
	return list, nil
}

func (a *app) period(day statistic.Day) release.Period {
	if a.config.Publish.Every == "week" {
		return release.WeekOf(day)
	}
	return release.MonthOf(day)
}

func (a *app) write(dir string, releases []release.Release) error {
	a.publishing.Lock()
	defer a.publishing.Unlock()
	signer, key, err := release.LoadOrCreateSigner(a.keyPath(), "oboro")
	if err != nil {
		return err
	}
	folder := a.archive()
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("releases: %w", err)
	}
	log, err := release.OpenLog(filepath.Join(folder, "log.jsonl"))
	if err != nil {
		return err
	}
	p := public.Publication{
		Agency: a.config.Publish.Agency, Releases: releases, Day: a.aggregator.Day(),
		Timezone: a.config.Timezone, Licences: a.licences(), Archive: a.archived(),
		Log: log, Signer: signer, Key: key, Record: a.recordRelease, Ledger: a.ledgerLines,
	}
	for _, s := range a.config.Sites {
		p.Sites = append(p.Sites, public.Site{ID: s.ID, Title: s.Title})
	}
	return public.Write(dir, p)
}

// licences returns the terms of the published files: those of the configuration,
// or the usual two.
func (a *app) licences() []release.Licence {
	for _, l := range public.DefaultLicences() {
		if l.Name == a.config.Publish.Licence {
			return []release.Licence{l}
		}
	}
	return public.DefaultLicences()
}

// recordRelease writes a release down in the ledger, before it is exposed.
func (a *app) recordRelease(r release.Record, files map[string]string) error {
	_, err := a.ledger.Publish(ledger.Publication{
		Dataset: r.Dataset, Period: r.Period, Version: r.Version, Files: files,
	})
	return err
}

func (a *app) ledgerLines() ([][]byte, error) {
	var lines [][]byte
	for line, err := range a.ledger.Entries() {
		if err != nil {
			return nil, err
		}
		lines = append(lines, line)
	}
	return lines, nil
}

type verifyCommand struct {
	Path string `arg:"" placeholder:"PATH" help:"Published folder."`
	Key  string `placeholder:"FILE" help:"Verifier key, got from the publisher by another way than the folder; by default that of the data directory."`
}

func (c verifyCommand) Run(_ context.Context, p process, o options) error {
	path := c.Key
	if path == "" {
		path = filepath.Join(o.Data, "signing.key.pub")
	}
	key, err := os.ReadFile(path)
	if err != nil {
		return misuse("verifier key: %w; ask the publisher for it and name it with --key", err)
	}
	if info, err := os.Stat(c.Path); err != nil || !info.IsDir() {
		return misuse("%s is not a folder", c.Path)
	}
	report, err := release.Verify(os.DirFS(c.Path), string(key))
	if err != nil {
		return misuse("%w", err)
	}
	for _, f := range report.Findings {
		fmt.Fprintf(p.stdout, "%s: %s\n", f.Path, f.Problem)
	}
	if !report.OK() {
		return failure{unverified, errors.New("verification failed")}
	}
	fmt.Fprintf(p.stdout, "verified: %d files, %d data sets, signed by %s; at most rho %s spent on a visitor-day\n",
		report.Files, report.Releases, report.Signer, report.Spent.RatString())
	return nil
}
