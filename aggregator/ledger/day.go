package ledger

import (
	"fmt"
	"strings"
)

// The grains of reservations. A week begins on Monday.
const (
	Day   = "day"
	Week  = "week"
	Month = "month"
)

// A day is a calendar day. The ledger reckons days itself, since the packages
// that could do it also know what time it is.
type day struct{ year, month, day int }

func (d day) String() string { return fmt.Sprintf("%04d-%02d-%02d", d.year, d.month, d.day) }

// parseDay reads a day as "2026-11-21".
func parseDay(s string) (day, error) {
	var d day
	bad := fmt.Errorf("%q is no day such as 2026-11-21", s)
	if len(s) != len("2026-11-21") || s[4] != '-' || s[7] != '-' {
		return d, bad
	}
	for _, part := range []struct {
		text string
		into *int
	}{{s[:4], &d.year}, {s[5:7], &d.month}, {s[8:], &d.day}} {
		for _, c := range part.text {
			if c < '0' || c > '9' {
				return day{}, bad
			}
			*part.into = *part.into*10 + int(c-'0')
		}
	}
	if d.year < 1970 || d.month < 1 || d.month > 12 || d.day < 1 || d.day > d.lastOfMonth() {
		return day{}, bad
	}
	return d, nil
}

func (d day) leap() bool { return d.year%4 == 0 && d.year%100 != 0 || d.year%400 == 0 }

func (d day) lastOfMonth() int {
	switch d.month {
	case 2:
		if d.leap() {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// weekday returns 0 for Monday to 6 for Sunday: day 0001-01-01 of the calendar
// carried backwards was a Monday.
func (d day) weekday() int {
	before := d.year - 1
	days := before*365 + before/4 - before/100 + before/400
	for m := (day{d.year, 1, 1}); m.month < d.month; m.month++ {
		days += m.lastOfMonth()
	}
	return (days + d.day - 1) % 7
}

func (d day) next() day {
	switch {
	case d.day < d.lastOfMonth():
		d.day++
	case d.month < 12:
		d.month, d.day = d.month+1, 1
	default:
		d = day{d.year + 1, 1, 1}
	}
	return d
}

// span returns the days of the period of that grain. The period is named by its
// first day.
func span(grain, period string) ([]day, error) {
	first, err := parseDay(period)
	if err != nil {
		return nil, err
	}
	length := 0
	switch {
	case grain == Day:
		length = 1
	case grain == Week && first.weekday() == 0:
		length = 7
	case grain == Month && first.day == 1:
		length = first.lastOfMonth()
	default:
		return nil, fmt.Errorf("no %q begins on %s; grains are %s", grain, first, strings.Join([]string{Day, Week, Month}, ", "))
	}
	days := make([]day, 0, length)
	for d := first; len(days) < length; d = d.next() {
		days = append(days, d)
	}
	return days, nil
}
