package hit

import (
	"fmt"
	"time"
)

// A Day is a calendar day of the deployment's time zone, counted from 1970-01-01.
type Day int32

// An Hour is the hour that a clock on the wall shows, 0 to 23. Where a clock is
// set back, two hours share one label.
type Hour uint8

// DayOf returns the calendar day of t in t's own location.
func DayOf(t time.Time) Day {
	y, m, d := t.Date()
	return Day(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// HourOf returns the hour label of t in t's own location.
func HourOf(t time.Time) Hour { return Hour(t.Hour()) }

// Date returns noon UTC of the day, for formatting; it is not an instant.
func (d Day) Date() time.Time { return time.Unix(int64(d)*86400+43200, 0).UTC() }

// Start returns the instant at which the day begins in zone.
func (d Day) Start(zone *time.Location) time.Time {
	y, m, n := d.Date().Date()
	return time.Date(y, m, n, 0, 0, 0, 0, zone)
}

// String returns the day as 2006-01-02.
func (d Day) String() string { return d.Date().Format(time.DateOnly) }

// ParseDay reads a day written as 2006-01-02. The error quotes s, which must
// come from the operator, never from a visitor.
func ParseDay(s string) (Day, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return 0, fmt.Errorf("%q is not a day like 2026-04-01", s)
	}
	return DayOf(t), nil
}
