package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"oboro/aggregator"
	"oboro/aggregator/statistic"
)

type weekOutcome struct {
	Week   string `json:"week"` // its Monday
	Status string `json:"status"`
}

// An importWeek is what is known of a week of the input, for the statistics that are counted by
// the week. Its days may be sealed before: their lines are then read once more for the week.
type importWeek struct {
	first    statistic.Day
	standing aggregator.Standing // of its days, the best of all
	kept     []statistic.Day     // days that are in it
	left     []statistic.Day     // days that were sealed now, and that it takes no more
	status   string              // once it is finished
}

// week returns what is known of the week that a day is in.
func (i *importer) week(day statistic.Day) *importWeek {
	first := statistic.Weekly.Period(day)
	w := i.weeks[first]
	if w == nil {
		w = &importWeek{first: first}
		i.weeks[first] = w
	}
	return w
}

// saw notes a day of which lines came.
func (w *importWeek) saw(d *importDay) {
	if w.standing != aggregator.Free {
		w.standing = d.inWeek
	}
	if d.inWeek != aggregator.Free && d.standing == aggregator.Free {
		w.left = append(w.left, d.day)
	}
}

// keep adds what a day has counted to the week.
func (w *importWeek) keep(counts *aggregator.Import, day statistic.Day) {
	counts.Keep(day)
	w.kept = append(w.kept, day)
}

// afterDay finishes the week of a day, if no line of its other days is still to come.
func (i *importer) afterDay(ctx context.Context, d *importDay) error {
	if !i.ahead {
		return nil
	}
	w := i.week(d.day)
	for day := w.first; day <= statistic.Weekly.End(w.first); day++ {
		if other := i.days[day]; other != nil && other.status == "" && other.ahead > 0 {
			return nil
		}
	}
	return i.finishWeek(ctx, w)
}

// finishWeeks settles the weeks that are left when all lines are in.
func (i *importer) finishWeeks(ctx context.Context) error {
	for _, first := range slices.Sorted(maps.Keys(i.weeks)) {
		if err := i.finishWeek(ctx, i.weeks[first]); err != nil {
			return err
		}
	}
	return nil
}

// finishWeek seals a week whose days are all in, as what the input holds of it.
func (i *importer) finishWeek(ctx context.Context, w *importWeek) error {
	switch {
	case w.status != "" || w.standing == "":
	case w.standing != aggregator.Free:
		w.status = string(w.standing)
	case i.command.HoldLast && w.first == statistic.Weekly.Period(i.last()):
		i.counts.DropWeek(w.first)
		w.status = dayHeld
	case len(w.kept) == 0:
		w.status = dayEmpty
	default:
		sealed, err := i.counts.SealWeek(ctx, w.first)
		if err != nil {
			return err
		}
		w.status = daySealed
		if !sealed {
			w.status = string(aggregator.Already)
		}
	}
	return nil
}

// reportWeeks puts the weeks into the outcome, and returns how many were sealed.
func (i *importer) reportWeeks() (sealed int) {
	for _, first := range slices.Sorted(maps.Keys(i.weeks)) {
		w := i.weeks[first]
		if w.status == "" {
			continue
		}
		i.outcome.Weeks = append(i.outcome.Weeks, weekOutcome{first.String(), w.status})
		if w.status == daySealed {
			sealed++
		}
	}
	return sealed
}

// warnOfWeeks says what the weeks of the input hold, and what was counted by no week.
func (i *importer) warnOfWeeks(out io.Writer) {
	what := strings.Join(i.app.aggregator.Weekly(), ", ")
	for _, first := range slices.Sorted(maps.Keys(i.weeks)) {
		w := i.weeks[first]
		switch aggregator.Standing(w.status) {
		case daySealed:
			if len(w.kept) < 7 {
				fmt.Fprintf(out, "note: the week of %s is sealed with %s of it, and never opened again (%s)\n", first, days(len(w.kept)), what)
			}
		case dayHeld:
			fmt.Fprintf(out, "note: the week of %s waits: give its logs from its Monday on to the next import, too; days that are sealed "+
				"by then count for the week alone (%s)\n", first, what)
		case aggregator.NotOver:
			fmt.Fprintf(out, "note: the week of %s is not over, so it was not counted; import its logs again, from its Monday on, once it is: "+
				"days that are sealed by then count for the week alone (%s)\n", first, what)
		case aggregator.Already, aggregator.Live:
			if len(w.left) > 0 {
				fmt.Fprintf(out, "note: the week of %s is %s, so that %s of it count for no week (%s)\n", first, w.status, days(len(w.left)), what)
			}
		}
	}
}

func days(n int) string {
	if n == 1 {
		return "1 day"
	}
	return fmt.Sprintf("%d days", n)
}
