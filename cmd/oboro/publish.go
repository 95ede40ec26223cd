package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"oboro/aggregator"
	"oboro/aggregator/ledger"
	"oboro/aggregator/release"
	"oboro/aggregator/statistic"
	"oboro/dashboards/public"
	"oboro/internal/audit"
)

type publishCommand struct {
	Out     string `required:"" placeholder:"DIR" help:"Folder to write; any web server can serve it."`
	Correct string `placeholder:"SITE/STATISTIC/PERIOD" help:"Publish the next version of this table, with the same figures and the texts and terms of today."`
}

func (c publishCommand) Run(ctx context.Context, p process, o options) error {
	return onData(ctx, p, o, c)
}

func (c publishCommand) entry(a *app) audit.Leaf {
	if c.Correct == "" {
		return audit.Leaf{Action: audit.Publish}
	}
	leaf := audit.Leaf{Action: audit.Correct}
	if parts := strings.Split(c.Correct, "/"); len(parts) == 3 {
		leaf.Object, leaf.Params.Period = a.dataset(parts[0], parts[1], parts[2])
	}
	return leaf
}

// dataset names a published table and its period; one that was never published is left out.
func (a *app) dataset(site, statistic, period string) (audit.Object, string) {
	if len(a.ledger.Published(site+"/"+statistic, period)) == 0 {
		return audit.Object{}, ""
	}
	return audit.Object{Site: site, Statistic: statistic}, period
}

func (c publishCommand) do(ctx context.Context, a *app, s streams) error {
	var more []func(*public.Publication) error
	if c.Correct != "" {
		more = append(more, a.correct(c.Correct))
	}
	n, err := a.publishTo(ctx, absolute(c.Out, s.dir), more...)
	if err != nil {
		return err
	}
	if n == 0 {
		return failure{nothing, errors.New("nothing to publish: no month, or week, with measured days is over")}
	}
	fmt.Fprintf(s.out, "published %d data sets to %s\nverifier keys: %s, and for minisign %s (hand them to readers by another way than this folder)\n",
		n, c.Out, a.keyPath()+".pub", a.secondKeyPath()+".pub")
	return nil
}

// published is the folder that the dashboards serve under /stats/.
func (a *app) published() string { return filepath.Join(a.options.Data, "public") }

// archive keeps the releases as they were first published, and their log.
func (a *app) archive() string { return filepath.Join(a.options.Data, "releases") }

func (a *app) archived() string { return filepath.Join(a.archive(), "data") }

// logPath is the log of releases.
func (a *app) logPath() string { return filepath.Join(a.archive(), "log.jsonl") }

func (a *app) keyPath() string { return filepath.Join(a.options.Data, "signing.key") }

// secondKeyPath is the key of the signatures that minisign confirms.
func (a *app) secondKeyPath() string { return filepath.Join(a.options.Data, "minisign.key") }

// hourHasCome reports whether it is late enough in the day to publish.
func (a *app) hourHasCome() bool {
	return a.process.now().In(a.config.zone()).Hour() >= a.config.Publish.Hour
}

// publish writes the published folder, if anything is or was due.
func (a *app) publish(ctx context.Context, dir string) error {
	_, err := a.publishTo(ctx, dir)
	return err
}

// publishTo brings the folder up to date, and returns how many data sets it has then. None
// means that nothing was ever due, and nothing is written.
func (a *app) publishTo(ctx context.Context, dir string, more ...func(*public.Publication) error) (int, error) {
	a.publishing.Lock()
	defer a.publishing.Unlock()
	if err := a.copies.refusal(); err != nil {
		return 0, err
	}
	p, err := a.publication()
	if err != nil {
		return 0, err
	}
	if p.Releases, err = a.settledReleases(ctx, &p); err != nil {
		return 0, err
	}
	for _, add := range more {
		if err := add(&p); err != nil {
			return 0, err
		}
	}
	if len(p.Releases)+p.Shelf.Len() == 0 {
		return 0, nil
	}
	err = public.Write(dir, p)
	return p.Shelf.Len(), err
}

// publication opens the archive with its log and the keys, and reads the budget.
func (a *app) publication() (p public.Publication, err error) {
	signer, key, err := release.LoadOrCreateSigner(a.keyPath(), "oboro")
	if err != nil {
		return p, err
	}
	second, err := release.LoadOrCreateMinisigner(a.secondKeyPath())
	if err != nil {
		return p, err
	}
	folder := a.archive()
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return p, fmt.Errorf("releases: %w", err)
	}
	log, err := release.OpenLog(a.logPath())
	if err != nil {
		return p, err
	}
	shelf, err := public.OpenShelf(a.archived(), key)
	if err != nil {
		return p, err
	}
	budget, err := a.budget()
	if err != nil {
		return p, err
	}
	licences, _ := public.Licences(a.config.Publish.Licence) // checked when it was read
	p = public.Publication{
		Agency: a.config.Publish.Agency, Day: a.aggregator.Day(), Timezone: a.config.Timezone, Licences: licences,
		Archive: a.archived(), Shelf: shelf, Log: log, Signer: signer, Key: key, Second: second,
		Record: a.recordReleases, Ledger: a.ledgerLines, Budget: budget, At: a.process.at,
	}
	for _, s := range a.config.Sites {
		p.Sites = append(p.Sites, public.Site{ID: s.ID, Title: s.Title})
	}
	for _, st := range a.catalogue.All() {
		if len(st.Published) > 0 {
			p.Statistics = append(p.Statistics, st)
		}
	}
	return p, nil
}

// budget returns what the ledger says was spent, reading what it got since the last time.
func (a *app) budget() (*release.Budget, error) {
	lines, err := a.ledgerLines()
	if err != nil {
		return nil, err
	}
	if a.spent == nil {
		a.spent = new(release.Budget)
		*a.spent, err = release.ReadBudget(nil)
	}
	if err == nil {
		err = a.spent.Read(lines[min(a.spent.Lines(), int64(len(lines))):])
	}
	if err != nil {
		return nil, fmt.Errorf("ledger: %w", err)
	}
	return a.spent, nil
}

// settledReleases makes the releases of what every replica of the store will have: what is published stands.
// Where another one was asked meanwhile, they are made again.
func (a *app) settledReleases(ctx context.Context, p *public.Publication) (list []release.Release, err error) {
	const tries = 3
	for range tries {
		var stay func() error
		if stay, err = a.aggregator.SettledSeals(ctx); err != nil {
			return nil, err
		}
		if list, err = a.releases(ctx, p); err != nil {
			return nil, err
		}
		if err = stay(); err == nil {
			return list, nil
		}
	}
	return nil, err
}

// releases makes the releases of all periods that are over and have measured days which
// are not published yet.
func (a *app) releases(ctx context.Context, p *public.Publication) ([]release.Release, error) {
	if err := a.aggregator.ClosePeriods(ctx); err != nil {
		return nil, err
	}
	committed := a.ledger.Committed(ledger.Day)
	var err error
	if p.Budget, err = a.budget(); err != nil { // days may have been sealed since it was read
		return nil, err
	}
	var list []release.Release
	for _, site := range a.config.siteIDs() {
		cadence, err := a.cadence(site, p.Shelf)
		if err != nil {
			return nil, err
		}
		for _, st := range p.Statistics {
			of := series{site, st, cadence}
			var own []release.Release
			if release.IsSummed(st) {
				own, err = a.sumsOf(ctx, of, p)
			} else {
				own, err = a.releasesOf(ctx, of, p, measuredDays(committed[site], st.ID))
			}
			if err != nil {
				return nil, err
			}
			list = append(list, own...)
		}
	}
	return list, nil
}

// measuredDays returns the days on which a statistic was measured.
func measuredDays(committed []ledger.Reservation, id string) []release.DayReserved {
	var days []release.DayReserved
	for _, r := range committed {
		drawn := slices.ContainsFunc(r.Draws, func(d ledger.Draw) bool { return d.Statistic == id })
		if day, err := statistic.ParseDay(r.Period); err == nil && drawn {
			days = append(days, release.DayReserved{Day: day, Reservation: r.Seq})
		}
	}
	slices.SortFunc(days, func(a, b release.DayReserved) int { return int(a.Day - b.Day) })
	return days
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

// releasesOf makes the releases of a series whose days are not those that stand published.
func (a *app) releasesOf(ctx context.Context, of series, p *public.Publication, days []release.DayReserved) ([]release.Release, error) {
	var list []release.Release
	for len(days) > 0 {
		period := of.period(days[0].Day)
		n := 0
		for n < len(days) && days[n].Day <= period.Last() {
			n++
		}
		own := days[:n]
		days = days[n:]
		if !period.Ended(p.Day) {
			continue
		}
		newest, ok := p.Shelf.Newest(of.site, of.statistic.ID, period.String())
		_, back := a.ledger.Withdrawn(of.site+"/"+of.statistic.ID, period.String())
		if ok && (newest.Withdrawn || !back && newest.Days == release.DaysHash(own)) {
			continue // it stands
		}
		r, err := a.due(ctx, of, p, period)
		if err != nil {
			return nil, err
		}
		list = append(list, r...)
	}
	return list, nil
}

// due makes the release of one period: of what was measured, or, where the ledger says
// that it was withdrawn, of that.
func (a *app) due(ctx context.Context, of series, p *public.Publication, period release.Period) ([]release.Release, error) {
	if w, back := a.ledger.Withdrawn(of.site+"/"+of.statistic.ID, period.String()); back {
		r, err := p.Shelf.TakeBack(of.site, of.statistic, period, statistic.Text{JA: w.Reason.JA, EN: w.Reason.EN})
		return []release.Release{r}, err
	}
	days, err := a.aggregator.Measured(ctx, of.site, of.statistic.ID, period.First(), period.Last())
	if err != nil || len(days) == 0 {
		return nil, err
	}
	rule := release.Rule{K: a.config.K, Today: p.Day, Total: p.Budget.Most(of.site, period.First(), period.Last())}
	r, err := release.New(of.statistic, of.site, period, days, rule)
	if err == nil {
		r, err = p.Shelf.Versioned(r)
	}
	return []release.Release{r}, err
}

// sumsOf makes the releases of the closed periods of a statistic that is summed. One that was
// published stands: no day is ever added to it.
func (a *app) sumsOf(ctx context.Context, of series, p *public.Publication) ([]release.Release, error) {
	var list []release.Release
	for _, begun := range a.ledger.Periods(of.site, of.statistic.ID) {
		first, err := statistic.ParseDay(begun.First)
		if err != nil || !begun.Closed {
			continue
		}
		period := release.MonthOf(first)
		if begun.Days == 7 {
			period = release.WeekOf(first)
		}
		newest, ok := p.Shelf.Newest(of.site, of.statistic.ID, period.String())
		_, back := a.ledger.Withdrawn(of.site+"/"+of.statistic.ID, period.String())
		if ok && (newest.Withdrawn || !back) {
			continue
		}
		r, err := a.dueSum(ctx, of, p, period)
		if err != nil {
			return nil, err
		}
		list = append(list, r...)
	}
	return list, nil
}

// dueSum makes the release of the sums of one period, unless no day of it was measured.
func (a *app) dueSum(ctx context.Context, of series, p *public.Publication, period release.Period) ([]release.Release, error) {
	if _, back := a.ledger.Withdrawn(of.site+"/"+of.statistic.ID, period.String()); back {
		return a.due(ctx, of, p, period)
	}
	sum, err := a.aggregator.Summed(ctx, of.site, of.statistic.ID, period.First())
	if errors.Is(err, aggregator.ErrPutBack) {
		a.log.Warn("not published", "site", of.site, "statistic", of.statistic.ID, "error", err.Error())
		return nil, nil
	}
	if err != nil || !slices.ContainsFunc(sum.Shares, func(s release.Share) bool { return !s.Filled }) {
		return nil, err
	}
	rule := release.Rule{K: a.config.K, Today: p.Day, Total: p.Budget.Most(of.site, period.First(), period.Last())}
	r, err := release.NewSummed(of.statistic, of.site, period, sum, rule)
	if err == nil {
		r, err = p.Shelf.Versioned(r)
	}
	return []release.Release{r}, err
}

// recordReleases writes releases down in the ledger, before they are exposed.
func (a *app) recordReleases(records []public.Recorded) error {
	var list []ledger.Publication
	for _, r := range records {
		list = append(list, ledger.Publication{Dataset: r.Dataset, Period: r.Period, Version: r.Version, Files: r.Files})
	}
	return a.ledger.PublishAll(list)
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
