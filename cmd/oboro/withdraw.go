package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"oboro/aggregator/ledger"
	"oboro/aggregator/release"
	"oboro/dashboards/public"
	"oboro/internal/audit"
)

type withdrawCommand struct {
	Site      string `required:"" placeholder:"ID" help:"Site."`
	Statistic string `required:"" placeholder:"ID" help:"Statistic."`
	Period    string `required:"" placeholder:"PERIOD" help:"Month or week, such as 2026-04 or 2026-W15."`
	Reason    string `required:"" placeholder:"TEXT" help:"Why, in one line. It is published, in place of the figures."`
	ReasonEn  string `placeholder:"TEXT" help:"The same in English; by default the same text."`
}

func (c withdrawCommand) Run(ctx context.Context, p process, o options) error {
	return onData(ctx, p, o, c)
}

func (c withdrawCommand) entry(a *app) audit.Leaf {
	object, period := a.dataset(c.Site, c.Statistic, c.Period)
	return audit.Leaf{Action: audit.Withdraw, Object: object, Params: audit.Params{Period: period}}
}

// do writes the withdrawal down first: from then on no figure of the period is published
// again, also where the program is killed before the version that says so stands.
func (c withdrawCommand) do(ctx context.Context, a *app, s streams) error {
	period, err := release.ParsePeriod(c.Period)
	if err != nil {
		return misuse("%w", err)
	}
	dataset := c.Site + "/" + c.Statistic
	if len(a.ledger.Published(dataset, period.String())) == 0 {
		return misuse("%s was not published of %s", dataset, period)
	}
	if _, ok := a.ledger.Withdrawn(dataset, period.String()); ok {
		return failure{nothing, fmt.Errorf("%s %s was withdrawn before, for good", dataset, period)}
	}
	reason := ledger.Reason{JA: c.Reason, EN: c.ReasonEn}
	if reason.EN == "" {
		reason.EN = c.Reason
	}
	if err := a.ledger.Withdraw(ledger.Withdrawal{Dataset: dataset, Period: period.String(), Reason: reason}); err != nil {
		return err
	}
	if a.process.at != nil {
		a.process.at("withdrawn")
	}
	fmt.Fprintf(s.out, "withdrawn: %s %s\nbring each published folder up to date: oboro publish --out DIR\n", dataset, period)
	own := a.published()
	if _, err := os.Stat(filepath.Join(own, release.SumsFile)); err != nil {
		return nil // this installation has no folder of its own
	}
	return a.publish(ctx, own)
}

// errSame says that a correction would change nothing.
var errSame = failure{nothing, errors.New("nothing to correct: the texts are those of the newest version")}

// correct adds the next version of a data set: the same figures, with the texts and terms
// of today.
func (a *app) correct(name string) func(p *public.Publication) error {
	return func(p *public.Publication) error {
		parts := strings.Split(name, "/")
		if len(parts) != 3 {
			return misuse("--correct: %q names no data set like www/devices/2026-04", name)
		}
		for _, r := range p.Releases {
			if r.Site() == parts[0] && r.Statistic().ID == parts[1] && r.Period().String() == parts[2] {
				return nil // its next version is due anyway, with the texts of today
			}
		}
		for _, st := range p.Statistics {
			if st.ID != parts[1] {
				continue
			}
			r, err := p.Corrected(parts[0], st, parts[2])
			switch {
			case errors.Is(err, public.ErrSame):
				return errSame
			case err != nil:
				return misuse("--correct: %w", err)
			}
			p.Releases = append(p.Releases, r)
			return nil
		}
		return misuse("--correct: no statistic %q is published", parts[1])
	}
}
