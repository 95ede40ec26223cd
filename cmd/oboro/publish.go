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
	fmt.Fprintf(s.out, "published %d data sets to %s\nverifier keys: %s, and for minisign %s (hand them to readers by another way than this folder)\n",
		len(releases), c.Out, a.keyPath()+".pub", a.secondKeyPath()+".pub")
	return nil
}

// published is the folder that the dashboards serve under /stats/.
func (a *app) published() string { return filepath.Join(a.options.Data, "public") }

// archive keeps the releases as they were first published, and their log.
func (a *app) archive() string { return filepath.Join(a.options.Data, "releases") }

func (a *app) archived() string { return filepath.Join(a.archive(), "data") }

func (a *app) keyPath() string { return filepath.Join(a.options.Data, "signing.key") }

// secondKeyPath is the key of the signatures that minisign confirms.
func (a *app) secondKeyPath() string { return filepath.Join(a.options.Data, "minisign.key") }

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
	if err := a.aggregator.ClosePeriods(ctx); err != nil {
		return nil, err
	}
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
			own, err := a.releasesOf(ctx, series{site, st, cadence}, rule, budget)
			if err != nil {
				return nil, err
			}
			list = append(list, own...)
		}
	}
	return list, nil
}

// A series is a table of a site, published period by period.
type series struct {
	site      string
	statistic *statistic.Statistic
	cadence   release.Cadence
}

func (s series) period(day statistic.Day) release.Period {
	if s.cadence == release.Weekly {
		return release.WeekOf(day)
	}
	return release.MonthOf(day)
}

func (a *app) releasesOf(ctx context.Context, of series, rule release.Rule, budget release.Budget) ([]release.Release, error) {
	days, err := a.aggregator.Measured(ctx, of.site, of.statistic.ID, 0, rule.Today-1)
	if err != nil {
		return nil, err
	}
	var list []release.Release
	for len(days) > 0 {
		period := of.period(days[0].Day)
		n := 0
		for n < len(days) && days[n].Day <= period.Last() {
			n++
		}
		if period.Ended(rule.Today) {
			rule.Total = budget.Most(of.site, period.First(), period.Last())
			r, err := release.New(of.statistic, of.site, period, days[:n], rule)
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

func (a *app) write(dir string, releases []release.Release) error {
	a.publishing.Lock()
	defer a.publishing.Unlock()
	signer, key, err := release.LoadOrCreateSigner(a.keyPath(), "oboro")
	if err != nil {
		return err
	}
	second, err := release.LoadOrCreateMinisigner(a.secondKeyPath())
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
	licences, _ := public.Licences(a.config.Publish.Licence) // checked when it was read
	p := public.Publication{
		Agency: a.config.Publish.Agency, Releases: releases, Day: a.aggregator.Day(),
		Timezone: a.config.Timezone, Licences: licences, Archive: a.archived(),
		Log: log, Signer: signer, Key: key, Second: second, Record: a.recordRelease, Ledger: a.ledgerLines,
	}
	for _, s := range a.config.Sites {
		p.Sites = append(p.Sites, public.Site{ID: s.ID, Title: s.Title})
	}
	return public.Write(dir, p)
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
