package release

import (
	"fmt"
	"time"

	"oboro/aggregator/statistic"
)

// A Cadence is the kind of calendar period that a table is published by. Each
// table has one.
type Cadence string

// The cadences.
const (
	Monthly Cadence = "month"
	Weekly  Cadence = "week"
)

// A Period is a calendar month or an ISO week. Only [ParsePeriod], [MonthOf] and
// [WeekOf] make one, so that no rolling window can be published.
type Period struct {
	name        string
	cadence     Cadence
	first, last statistic.Day
}

// MonthOf returns the calendar month that day is in.
func MonthOf(day statistic.Day) Period {
	t := day.Date()
	first := time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
	return Period{
		name: t.Format("2006-01"), cadence: Monthly,
		first: dayOf(first), last: dayOf(first.AddDate(0, 1, -1)),
	}
}

// WeekOf returns the ISO week that day is in. Weeks begin on Monday.
func WeekOf(day statistic.Day) Period {
	first := statistic.Weekly.Period(day)
	year, week := first.Date().ISOWeek()
	return Period{
		name: fmt.Sprintf("%04d-W%02d", year, week), cadence: Weekly,
		first: first, last: statistic.Weekly.End(first),
	}
}

// ParsePeriod reads a month like 2026-10 or a week like 2026-W46.
func ParsePeriod(name string) (Period, error) {
	if t, err := time.Parse("2006-01", name); err == nil && t.Year() >= 1970 {
		return MonthOf(dayOf(t)), nil
	}
	var year, week int
	if n, err := fmt.Sscanf(name, "%4d-W%2d", &year, &week); n == 2 && err == nil && year > 1970 {
		// 4 January is always in week 1; the name of the week decides whether
		// the year has that many.
		fourth := dayOf(time.Date(year, time.January, 4, 0, 0, 0, 0, time.UTC))
		if p := WeekOf(fourth + statistic.Day(7*(week-1))); p.name == name {
			return p, nil
		}
	}
	return Period{}, fmt.Errorf("%q is not a period like 2026-10 or 2026-W46", name)
}

func dayOf(t time.Time) statistic.Day { return statistic.Day(t.Unix() / 86400) }

// String returns the period's name, as in paths: 2026-10 or 2026-W46.
func (p Period) String() string { return p.name }

// Cadence returns the kind of the period.
func (p Period) Cadence() Cadence { return p.cadence }

// First returns the first day of the period.
func (p Period) First() statistic.Day { return p.first }

// Last returns the last day of the period.
func (p Period) Last() statistic.Day { return p.last }

// Days returns the number of days of the period.
func (p Period) Days() int { return int(p.last-p.first) + 1 }

// Ended reports whether the whole period lies before today.
func (p Period) Ended(today statistic.Day) bool { return p.name != "" && p.last < today }

// Overlaps reports whether the periods share a day.
func (p Period) Overlaps(other Period) bool { return p.first <= other.last && other.first <= p.last }
