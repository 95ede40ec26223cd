package logline

import (
	"encoding/binary"
	"time"
)

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
	if len(b) != stamp || !punctuated(b) {
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

// stamp is how long a time is, as logs write it.
const stamp = len("17/May/2015:10:05:03 +0000")

// A Clock reads the times of lines that follow one another, most of which are of the
// same hour as the line before.
type Clock struct {
	hour  [3]uint64 // what hourOf says of the latest time
	since int64     // when that hour began, in seconds since 1970
}

// hourOf returns the bytes of a time but for its minute and second.
func hourOf(b []byte) [3]uint64 {
	const zone = 0xffffffffffff0000 // without the second's digits
	return [3]uint64{binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[7:]), binary.LittleEndian.Uint64(b[18:]) & zone}
}

// Seconds reads a time as the function [Seconds] does.
func (c *Clock) Seconds(b []byte) (at int64, ok bool) {
	if len(b) != stamp {
		return 0, false
	}
	hour := hourOf(b)
	past, ok := pastHour(b)
	if ok && hour == c.hour && b[2] == '/' {
		return c.since + past, true
	}
	if at, ok = Seconds(b); ok {
		c.hour, c.since = hour, at-past
	}
	return at, ok
}

// pastHour returns the seconds since the hour began, or false where minute and second
// are none. It looks at the five bytes of 05:03 together.
func pastHour(b []byte) (seconds int64, ok bool) {
	const (
		zero  = '0' | '0'<<8 | ':'<<16 | '0'<<24 | '0'<<32
		most  = 5 | 9<<8 | 0<<16 | 5<<24 | 9<<32 // of each byte above zero
		full  = 0x0f0f0f0f0f
		above = 0xf0f0f0f0f0
	)
	x := (binary.LittleEndian.Uint64(b[len("17/May/2015:10:"):]) & 0xffffffffff) ^ zero
	if (x|(x+full-most))&above != 0 {
		return 0, false
	}
	x = x*10 + x>>8 // of both pairs of digits: the number, in the place of the first
	return int64(x&0xff*60 + x>>24&0xff), true
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
