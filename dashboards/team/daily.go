package team

import (
	"fmt"
	"html/template"
	"slices"
	"strings"

	"oboro/aggregator/statistic"
	"oboro/dashboards/chart"
	"oboro/dashboards/i18n"
)

// signs stand for the states of days, so that none is told by its colour alone.
var signs = []struct {
	state DayState
	sign  string
}{
	{Sealed, "●"}, {Imported, "▼"}, {Below, "<"}, {Forgotten, "–"}, {Open, "…"}, {Waiting, "!"},
	{Unmeasured, "×"}, {Lost, "?"}, {Ahead, "·"},
}

// A daysView is the days as a strip, a legend and a table.
type daysView struct {
	Finding string
	Months  []month
	Legend  []sign
	Rows    []dayLine
	Note    string
}

// A month is the part of the strip that lies in one month.
type month struct {
	Name  string
	Signs []sign
}

// A sign is the state of a day, or what its sign means.
type sign struct {
	State DayState
	Sign  string
	Words string
}

// A dayLine is one row of the table of days.
type dayLine struct{ Day, State, Epochs, Bounds, Rho string }

func (c chrome) daysView(days []QualityDay) daysView {
	v := daysView{Note: c.Say(i18n.DaysNote)}
	counted := map[DayState]int{}
	for i, d := range days {
		state := d.shown()
		counted[state]++
		if date := d.Day.Date(); i == 0 || date.Day() == 1 {
			v.Months = append(v.Months, month{Name: c.stretch(d.Day, lastOf(days, i))})
		}
		m := &v.Months[len(v.Months)-1]
		m.Signs = append(m.Signs, sign{State: state, Sign: signOf(state), Words: c.T.Short(d.Day) + ": " + c.T.DayState(string(state), c.K)})
		v.Rows = append(v.Rows, c.dayLine(d))
	}
	slices.Reverse(v.Rows)
	v.Finding = c.Say(i18n.DaysFinding, len(days), counted[Sealed]+counted[Imported])
	for _, s := range signs {
		if n := counted[s.state]; n > 0 {
			v.Legend = append(v.Legend, sign{s.state, s.sign, fmt.Sprintf("%s: %s", c.T.DayState(string(s.state), c.K), c.T.Number(int64(n)))})
		}
	}
	return v
}

func signOf(state DayState) string {
	for _, s := range signs {
		if s.state == state {
			return s.sign
		}
	}
	return ""
}

// lastOf returns the last day of the month of days[i] that is there.
func lastOf(days []QualityDay, i int) statistic.Day {
	last := days[i].Day
	for _, d := range days[i:] {
		if d.Day.Date().Month() != days[i].Day.Date().Month() {
			break
		}
		last = d.Day
	}
	return last
}

// stretch names the days from and to without their year.
func (c chrome) stretch(from, to statistic.Day) string {
	if from == to {
		return c.T.Short(from)
	}
	return c.Say(i18n.RangeOfDays, c.T.Short(from), c.T.Short(to))
}

func (c chrome) dayLine(d QualityDay) dayLine {
	none := c.Say(i18n.DaysNone)
	line := dayLine{Day: c.T.Day(d.Day), State: c.T.DayState(string(d.shown()), c.K), Epochs: none, Bounds: none, Rho: none}
	if d.Reason != "" {
		line.State = c.Say(i18n.DaysBecause, line.State, d.Reason)
	}
	if d.Epochs > 0 {
		line.Epochs = c.T.Number(int64(d.Epochs))
	}
	if d.sealed() {
		line.Bounds = c.Say(i18n.DaysQuiet)
	}
	if d.Marked {
		line.Bounds = c.Say(i18n.DaysActed)
	}
	if d.Rho > 0 {
		line.Rho = d.Rho.String()
	}
	return line
}

func (d QualityDay) sealed() bool {
	return d.State == Sealed || d.State == Below || d.State == Forgotten
}

// mostStretches is how many stretches of days one sentence names.
const mostStretches = 6

// stretches returns how many days are of a kind, and which, in words.
func (c chrome) stretches(days []QualityDay, of func(QualityDay) bool) (n int, words string) {
	var parts []string
	for i := 0; i < len(days); i++ {
		from := i
		for i < len(days) && of(days[i]) {
			i++
		}
		if n += i - from; i > from {
			parts = append(parts, c.T.Range(days[from].Day, days[i-1].Day))
		}
	}
	if more := len(parts) - mostStretches; more > 0 {
		parts = append(parts[:mostStretches], c.Say(i18n.QualityMore, more))
	}
	return n, strings.Join(parts, c.T.Comma())
}

// A budgetView is what was reserved of the privacy budget.
type budgetView struct {
	Finding string
	SVG     template.HTML
	Days    string
	Note, K string
}

func (c chrome) budget(q Quality) budgetView {
	var most Rho
	reserved := 0
	for _, d := range q.Days {
		if most = max(most, d.Rho); d.Rho > 0 {
			reserved++
		}
	}
	v := budgetView{Note: c.Say(i18n.BudgetNote), K: c.Say(i18n.BudgetK, c.K), Finding: c.Say(i18n.BudgetNone, q.Limit.String())}
	if reserved == 0 {
		return v
	}
	v.Finding = c.Say(i18n.BudgetFinding, most.String(), q.Limit.String(), percent(c.T, int64(most), int64(q.Limit)))
	v.Days = c.Say(i18n.BudgetDays, reserved, len(q.Days)-reserved)
	v.SVG = chart.Bars{ID: "budget-chart", Title: c.Say(i18n.QualityBudget), Desc: v.Finding, Rows: []chart.Bar{
		{Label: c.Say(i18n.BudgetMost), Value: int64(most), Text: "ρ " + most.String()},
		{Label: c.Say(i18n.BudgetLimit), Value: int64(q.Limit), Text: "ρ " + q.Limit.String()},
	}}.SVG()
	return v
}

// String returns the number, without the noughts at its end but for two decimals.
func (r Rho) String() string {
	text := fmt.Sprintf("%d.%06d", int64(r)/1e6, int64(r)%1e6)
	for strings.HasSuffix(text, "0") && len(text) > len("0.00") {
		text = text[:len(text)-1]
	}
	return text
}
