package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"oboro/aggregator/release"
	"oboro/aggregator/seal"
	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
	"oboro/collector/hit"
	"oboro/dashboards/table"
	"oboro/internal/audit"
)

type queryCommand struct {
	Site      string `required:"" placeholder:"ID" help:"Site."`
	Statistic string `required:"" placeholder:"ID" help:"Statistic, such as pages or days; 'oboro config check' lists them."`
	From      string `required:"" placeholder:"DAY" help:"First day, like 2026-04-01."`
	To        string `required:"" placeholder:"DAY" help:"Last day."`
	Format    string `enum:"table,csv,json" default:"table" help:"table, csv or json."`
}

func (c queryCommand) Run(ctx context.Context, p process, o options) error {
	return onData(ctx, p, o, c)
}

func (c queryCommand) entry(a *app) audit.Leaf {
	return audit.Leaf{
		Action: audit.Query, Object: a.object(c.Site, c.Statistic),
		Params: audit.Params{From: dayOf(c.From), To: dayOf(c.To), Format: c.Format},
	}
}

// dayOf returns a day as it is written, or nothing where it is none.
func dayOf(text string) string {
	day, err := hit.ParseDay(text)
	if err != nil {
		return ""
	}
	return day.String()
}

func (c queryCommand) do(ctx context.Context, a *app, s streams) error {
	from, err1 := hit.ParseDay(c.From)
	to, err2 := hit.ParseDay(c.To)
	if err := errors.Join(err1, err2); err != nil {
		return misuse("%w", err)
	}
	if to < from {
		return misuse("--to %s comes before --from %s", c.To, c.From)
	}
	t, err := a.aggregator.Table(ctx, c.Site, c.Statistic, from, to)
	if err != nil {
		return misuse("%w", err)
	}
	switch c.Format {
	case "csv":
		err = table.WriteCSV(s.out, t)
	case "json":
		meters, failed := a.aggregator.Meters(ctx, c.Site, from, to)
		if failed != nil {
			return failed
		}
		err = table.WriteJSON(s.out, t, meters)
	default:
		err = table.WriteText(s.out, t)
	}
	if err != nil {
		return fmt.Errorf("print: %w", err)
	}
	noteForgotten(s.err, t)
	if c.Format != "table" { // which says so itself
		noteLeftOut(s.err, t)
	}
	return nil
}

// noteLeftOut says which weeks the range cuts: they have no rows.
func noteLeftOut(w io.Writer, t release.Table) {
	for _, first := range t.LeftOut() {
		fmt.Fprintf(w, "note: the range cuts the week of %s: it is left out\n", first)
	}
}

// noteForgotten says which periods of the table are no longer kept: a table without
// their rows would read as if nothing had been measured.
func noteForgotten(w io.Writer, t release.Table) {
	st := t.Statistic()
	var gone []statistic.Day
	for _, day := range t.Periods() {
		if t.State(day) == release.Forgotten {
			gone = append(gone, day)
		}
	}
	if len(gone) > 0 {
		fmt.Fprintf(w, "note: what was sealed from %s to %s is no longer kept: tables of %s are kept for %d months\n",
			gone[0], st.Grain.End(gone[len(gone)-1]), st.ID, st.Months)
	}
}

type sealCommand struct {
	Through string `placeholder:"DAY" help:"Last day to seal; by default yesterday. A day or a week that is not over is never sealed."`
	GiveUp  string `placeholder:"DAY" help:"Give up this day of --site, whose seal is refused since its cells are not complete: its counts are deleted, and it stays unmeasured, for good. Needs --reason. Nothing is sealed then."`
	Week    bool   `help:"Give up the week that begins with this day, a Monday, in place of the day: what is counted by the week. Its days stay as they are."`
	Site    string `placeholder:"ID" help:"Site of the day or week to give up."`
	Reason  string `placeholder:"TEXT" help:"Why it is given up, in one line. The ledger keeps it, which is published."`
}

func (c sealCommand) Run(ctx context.Context, p process, o options) error {
	return onData(ctx, p, o, c)
}

func (c sealCommand) entry(a *app) audit.Leaf {
	if c.GiveUp == "" {
		return audit.Leaf{Action: audit.Seal, Params: audit.Params{To: dayOf(c.Through)}}
	}
	leaf := audit.Leaf{Action: audit.GiveUp, Object: a.object(c.Site, "")}
	if day, err := hit.ParseDay(c.GiveUp); err == nil {
		leaf.Params.From, leaf.Params.To = day.String(), day.String()
		if c.Week {
			leaf.Params.To = statistic.Weekly.End(day).String()
		}
	}
	return leaf
}

func (c sealCommand) do(ctx context.Context, a *app, s streams) error {
	if c.GiveUp != "" || c.Week || c.Site != "" || c.Reason != "" {
		return c.giveUp(ctx, a, s)
	}
	through := a.aggregator.Day() - 1
	if c.Through != "" {
		day, err := hit.ParseDay(c.Through)
		if err != nil {
			return misuse("%w", err)
		}
		through = day
	}
	if a.collector == nil { // no process serves
		if err := a.finishDays(); err != nil {
			return err
		}
	}
	sealed, err := a.aggregator.SealThrough(ctx, through)
	for _, d := range sealed {
		if d.Week {
			fmt.Fprintf(s.out, "sealed the week of %s of %s\n", d.Day, d.Site)
			continue
		}
		fmt.Fprintf(s.out, "sealed %s of %s\n", d.Day, d.Site)
	}
	if errors.Is(err, seal.ErrIncomplete) {
		err = fmt.Errorf("%w\nIt waits, and its cells stay. If they cannot be made complete, give the day up for good: "+
			"oboro seal --give-up DAY --site ID --reason TEXT; a week by its Monday: --give-up DAY --week", err)
	}
	// Retention does not wait for a seal that cannot be made.
	if err := errors.Join(err, a.aggregator.Expire(ctx)); err != nil {
		return err
	}
	if len(sealed) == 0 {
		return failure{nothing, errors.New("nothing to seal: no live day or week that is over waits for its seal")}
	}
	return nil
}

// giveUp gives up one day or week of one site, both of which are named: nothing is given up by
// itself.
func (c sealCommand) giveUp(ctx context.Context, a *app, s streams) error {
	if c.GiveUp == "" || c.Site == "" || c.Reason == "" || c.Through != "" {
		return misuse("a day is given up by --give-up DAY --site ID --reason TEXT, all three and nothing else but --week")
	}
	day, err := hit.ParseDay(c.GiveUp)
	if err != nil {
		return misuse("%w", err)
	}
	of, name := store.Table{Site: c.Site, Grain: statistic.Daily, Period: day}, day.String()
	if c.Week {
		of.Grain, name = statistic.Weekly, "the week of "+name
	}
	if first := of.Grain.Period(day); first != day {
		return misuse("no week begins with %s: its Monday is %s", day, first)
	}
	if !slices.Contains(a.config.siteIDs(), c.Site) {
		return misuse("there is no site %q; declared are %q", c.Site, a.config.siteIDs())
	}
	if a.collector == nil { // no process serves
		if err := a.finishDays(); err != nil {
			return err
		}
	}
	if err := a.aggregator.GiveUp(ctx, of, c.Reason); err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.out, "given up, and not measured: %s of %s\n", name, c.Site)
	return err
}
