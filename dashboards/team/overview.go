package team

import (
	"context"
	"net/http"

	"oboro/aggregator/release"
	"oboro/aggregator/statistic"
	"oboro/dashboards/i18n"
)

// The statistics of the overview by id. One that is switched off is left out.
const (
	days    = "days"
	traffic = "traffic"
)

// inOverview are the figures below today and the last 30 days.
var inOverview = []struct {
	title i18n.Key
	ids   []string
}{
	{i18n.SectionPages, []string{"pages", "channels", "sources", "campaigns"}},
	{i18n.SectionEnvironment, []string{"devices", "browsers", "systems"}},
	{i18n.SectionPlaces, []string{"languages", "countries", "regions", "network-classes", "networks"}},
	{i18n.SectionNotFound, []string{"not-found"}},
}

// nowTables are today's tables with labels that the overview shows.
var nowTables = []string{"pages", "sources"}

// overviewRows is how many values a figure of the overview shows.
const overviewRows = 8

type section struct {
	Title   string
	Figures []figure
}

type overview struct {
	chrome
	Date     string
	TakenIn  string // the name of what was taken in today: hits, or views
	Taken    string // how many
	Views    string // where hits are counted too
	Visitors string
	Hours    *figure
	Now      []figure
	Days     []figure
	Sections []section
	Began    bool   // something has been counted, today or before
	Sealed   bool   // some day is sealed
	Period   string // the last 30 days
}

func (s *server) overview(w http.ResponseWriter, r *http.Request) {
	c := s.chrome(r, "")
	if !s.known(c.Site) {
		s.refuse(w, c, http.StatusNotFound, noSuchSite)
		return
	}
	c.Title = c.Say(i18n.OverviewTitle, c.Named(c.Site))
	view := overview{chrome: c, Date: c.T.Day(c.now)}
	if err := s.today(r.Context(), &view); err != nil {
		s.fail(w, c, err)
		return
	}
	if err := s.lately(r.Context(), &view); err != nil {
		s.fail(w, c, err)
		return
	}
	s.show(w, http.StatusOK, "overview", view)
}

func (s *server) fail(w http.ResponseWriter, c chrome, err error) {
	s.Log.Error("table not read", "error", err)
	s.refuse(w, c, http.StatusInternalServerError, notRead)
}

// today fills in the open day.
func (s *server) today(ctx context.Context, v *overview) error {
	if _, ok := s.declared(traffic); ok {
		t, err := s.Tables.Today(ctx, v.Site, traffic)
		if err != nil {
			return err
		}
		v.took(t)
		if v.Began {
			f := v.byHour(t, statistic.Views)
			v.Hours = &f
		}
	}
	if _, ok := s.declared(days); ok {
		t, err := s.Tables.Today(ctx, v.Site, days)
		if err != nil {
			return err
		}
		if n := total(t.Rows(), statistic.Visitors); n > 0 {
			v.Visitors = v.Say(i18n.AtLeast, n)
		} else {
			v.Visitors = v.Say(i18n.FewerThan, v.K)
		}
	}
	for _, id := range nowTables {
		if _, ok := s.declared(id); !ok || !v.Began {
			continue
		}
		t, err := s.Tables.Today(ctx, v.Site, id)
		if err != nil {
			return err
		}
		f := v.byValue(t, overviewRows, overviewRows)
		f.Title = v.Say(i18n.TodayOf, f.Title)
		v.Now = append(v.Now, f)
	}
	return nil
}

// took fills in what was taken in: hits where the statistic counts them.
func (v *overview) took(t release.Table) {
	st, views := t.Statistic(), total(t.Rows(), statistic.Views)
	v.TakenIn, v.Taken, v.Began = v.Say(i18n.TodayViews), v.T.Number(views), views > 0
	if st.Has(statistic.Hits) {
		hits := total(t.Rows(), statistic.Hits)
		v.Views = v.Taken
		v.TakenIn, v.Taken, v.Began = v.Say(i18n.TodayHits), v.T.Number(hits), hits > 0
	}
}

// lately fills in the last 30 days.
func (s *server) lately(ctx context.Context, v *overview) error {
	p := last(30, v.now)
	v.Period = v.T.Range(p.From, p.To)
	if _, ok := s.declared(days); ok {
		if err := s.daily(ctx, v, p); err != nil {
			return err
		}
	}
	for _, group := range inOverview {
		var figures []figure
		for _, id := range group.ids {
			if _, ok := s.declared(id); !ok {
				continue
			}
			t, err := s.Tables.Table(ctx, v.Site, id, p.From, p.To)
			if err != nil {
				return err
			}
			v.Sealed = v.Sealed || tallyOf(t).measured()
			figures = append(figures, v.byValue(t, overviewRows, overviewRows))
		}
		if len(figures) > 0 {
			v.Sections = append(v.Sections, section{v.Say(group.title), figures})
		}
	}
	v.Began = v.Began || v.Sealed
	return nil
}

// daily draws visitors and visits of the period, compared with the one before.
func (s *server) daily(ctx context.Context, v *overview, p period) error {
	read := func(p period) (release.Table, error) {
		return s.Tables.Table(ctx, v.Site, days, p.From, p.To)
	}
	t, err := read(p)
	if err != nil {
		return err
	}
	before, err := read(p.before())
	if err != nil {
		return err
	}
	v.Sealed = tallyOf(t).measured() || tallyOf(before).measured()
	for _, m := range []statistic.Measure{statistic.Visitors, statistic.Visits} {
		if t.Statistic().Has(m) {
			v.Days = append(v.Days, v.byDay(t, m, &before))
		}
	}
	return nil
}
