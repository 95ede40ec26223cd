package team

import (
	"context"
	"net/http"
	"slices"

	"oboro/aggregator/release"
	"oboro/aggregator/statistic"
	"oboro/dashboards/i18n"
)

// Rows of a statistic's own page: in the chart, and in the table.
const (
	chartRows = 15
	tableRows = 500
)

type onePage struct {
	chrome
	Action   string // address of the page
	Purpose  string
	Period   string
	From, To string
	Presets  []link
	Figure   figure
	Totals   []totalRow
	Before   string // the period before, in words
	States   string
	Compared bool
	Meters   []gridRow
}

// A totalRow is the sum of a measure, beside that of the period before.
type totalRow struct{ Name, Now, Before, Change string }

func (s *server) statistic(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	c := s.chrome(r, id)
	st, declared := s.declared(id)
	p, ok := periodOf(r.URL.Query(), c.now)
	switch {
	case !s.known(c.Site):
		s.refuse(w, c, http.StatusNotFound, noSuchSite)
		return
	case !declared:
		s.refuse(w, c, http.StatusNotFound, noSuchStatistic)
		return
	case !ok:
		s.refuse(w, c, http.StatusBadRequest, badPeriod)
		return
	}
	c.Title = st.Title.In(c.Lang())
	v := onePage{
		chrome: c, Purpose: st.Purpose.In(c.Lang()),
		Period: c.T.Range(p.From, p.To), From: p.From.String(), To: p.To.String(),
		Action: "/statistics/" + id, Presets: c.presets("/statistics/"+id, p),
	}
	if err := s.fill(r.Context(), &v, st, p); err != nil {
		s.fail(w, c, err)
		return
	}
	s.show(w, http.StatusOK, "statistic", v)
}

// fill reads the table, and the one before it, and draws them.
func (s *server) fill(ctx context.Context, v *onePage, st *statistic.Statistic, p period) error {
	t, err := s.read(ctx, v.Site, st.ID, p)
	if err != nil {
		return err
	}
	v.Figure = v.drawn(t)
	v.Figure.Open, v.Figure.More, v.Figure.Headless = true, "", true
	if t.Rounded() && weekly(t) {
		return nil // the figure says why there is nothing
	}
	if t.Rounded() {
		v.States = v.Say(i18n.RoundedNote, v.K)
		return nil
	}
	v.States = tallyOf(t).say(v.T, v.K)
	earlier := p.before()
	before, err := s.Tables.Table(ctx, v.Site, st.ID, earlier.From, earlier.To)
	if err != nil {
		return err
	}
	v.Before = v.T.Range(earlier.From, earlier.To)
	v.totals(t, before)
	return s.meters(ctx, v, p)
}

// read returns the sealed days, or the open one where it alone is asked for.
func (s *server) read(ctx context.Context, site, id string, p period) (release.Table, error) {
	if today := s.Today(); p.From == today && p.To == today {
		return s.Tables.Today(ctx, site, id)
	}
	return s.Tables.Table(ctx, site, id, p.From, p.To)
}

// drawn returns the figure that suits the statistic's dimensions.
func (c chrome) drawn(t release.Table) figure {
	switch dims := t.Statistic().Dimensions; {
	case len(dims) == 0:
		return c.byDay(t, leading(t), nil)
	case len(dims) == 1 && dims[0] == statistic.ByHour:
		return c.byHour(t, leading(t))
	}
	return c.byValue(t, chartRows, tableRows)
}

// totals adds up what adds up, beside the period before where both are whole.
func (v *onePage) totals(t, before release.Table) {
	if !tallyOf(t).measured() {
		return
	}
	v.Compared = tallyOf(t).whole() && tallyOf(before).whole()
	for _, m := range columns(t) {
		if !adds(t.Statistic(), m) {
			continue
		}
		now, then := total(t.Rows(), m), total(before.Rows(), m)
		row := totalRow{Name: v.T.Measure(m), Now: v.T.Number(now)}
		if v.Compared {
			row.Before, row.Change = v.T.Number(then), change(v.T, now, then)
		}
		v.Totals = append(v.Totals, row)
	}
}

// meters shows what was not counted, rounded to multiples of k.
func (s *server) meters(ctx context.Context, v *onePage, p period) error {
	if s.Meters == nil {
		return nil
	}
	meters, err := s.Meters(ctx, v.Site, p.From, p.To)
	if err != nil {
		return err
	}
	v.Meters = v.meterRows(meters)
	return nil
}

func (c chrome) meterRows(meters map[string]int64) []gridRow {
	var rows []gridRow
	for reason, count := range meters {
		cell := gridCell{Text: c.Say(i18n.AboutNumber, c.T.Number(count-count%max(c.K, 1)))}
		if count < c.K {
			cell = gridCell{Text: c.Say(i18n.FewerThan, c.K), Words: true}
		}
		rows = append(rows, gridRow{Label: c.T.Reason(reason), Cells: []gridCell{cell}})
	}
	slices.SortFunc(rows, func(a, b gridRow) int {
		if a.Label < b.Label {
			return -1
		}
		return 1
	})
	return rows
}
