package logline

import "time"

// Time reads a time as logs write it, 17/May/2015:10:05:03 +0000, and returns it
// in UTC.
func Time(b []byte) (time.Time, bool) {
	at, ok := Seconds(b)
	if !ok {
		return time.Time{}, false
	}
	return time.Unix(at, 0).UTC(), true
}

// Seconds reads a time as [Time] does, and returns it in seconds since 1970. It is
// read by hand because an error of package time quotes its input.
func Seconds(b []byte) (at int64, ok bool) {
	if len(b) != len("17/May/2015:10:05:03 +0000") || !punctuated(b) {
		return 0, false
	}
	day, year := number(b[:2]), number(b[7:11])
	hour, minute, second := number(b[12:14]), number(b[15:17]), number(b[18:20])
	east, past := number(b[22:24]), number(b[24:26])
	month := monthOf(b[3:6])
	if min(day, year, hour, minute, second, east, past) < 0 || month == 0 || year < 1970 ||
		hour > 23 || minute > 59 || second > 59 || east > 23 || past > 59 ||
		day < 1 || day > daysOf(month, year) {
		return 0, false
	}
	offset := east*3600 + past*60
	if b[21] == '-' {
		offset = -offset
	}
	return int64(dayNumber(year, month, day))*86400 + int64(hour*3600+minute*60+second-offset), true
}

// A Clock reads the times of lines that follow one another, most of which are of the
// same hour as the line before.
type Clock struct {
	hour  [15]byte // "17/May/2015:10:" of the latest time
	zone  [6]byte  // " +0000"
	since int64    // when that hour began, in seconds since 1970
}

// Seconds reads a time as the function [Seconds] does.
func (c *Clock) Seconds(b []byte) (at int64, ok bool) {
	if len(b) == len("17/May/2015:10:05:03 +0000") && b[2] == '/' && [15]byte(b) == c.hour && [6]byte(b[20:]) == c.zone && b[17] == ':' {
		minute, second := number(b[15:17]), number(b[18:20])
		if min(minute, second) < 0 || max(minute, second) > 59 {
			return 0, false
		}
		return c.since + int64(minute*60+second), true
	}
	if at, ok = Seconds(b); ok {
		c.hour, c.zone = [15]byte(b), [6]byte(b[20:])
		c.since = at - int64(number(b[15:17])*60+number(b[18:20]))
	}
	return at, ok
}

// dayNumber counts the days since 1970-01-01. A year begins in March, so that the
// leap day is its last.
func dayNumber(year, month, day int) int {
	if month -= 2; month <= 0 {
		month += 12
		year--
	}
	const before = 719468 // from March of the year 0 to 1970
	return year*365 + year/4 - year/100 + year/400 + (153*(month-1)+2)/5 + day - 1 - before
}

func daysOf(month, year int) int {
	switch month {
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

func punctuated(b []byte) bool {
	return b[2] == '/' && b[6] == '/' && b[11] == ':' && b[14] == ':' && b[17] == ':' &&
		b[20] == ' ' && (b[21] == '+' || b[21] == '-')
}

// number returns the value of digits, or -1.
func number(digits []byte) int {
	n := 0
	for _, d := range digits {
		if !isDigit(d) {
			return -1
		}
		n = n*10 + int(d-'0')
	}
	return n
}

// monthOf returns the number of the month of that name, or 0.
func monthOf(name []byte) int {
	switch string(name) {
	case "Jan":
		return 1
	case "Feb":
		return 2
	case "Mar":
		return 3
	case "Apr":
		return 4
	case "May":
		return 5
	case "Jun":
		return 6
	case "Jul":
		return 7
	case "Aug":
		return 8
	case "Sep":
		return 9
	case "Oct":
		return 10
	case "Nov":
		return 11
	case "Dec":
		return 12
	}
	return 0
}
