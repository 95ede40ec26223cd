package logline

import "time"

// Time reads a time as logs write it, 17/May/2015:10:05:03 +0000, and returns it
// in UTC. It is read by hand because an error of package time quotes its input.
func Time(b []byte) (time.Time, bool) {
	if len(b) != len("17/May/2015:10:05:03 +0000") || !punctuated(b) {
		return time.Time{}, false
	}
	day, year := number(b[:2]), number(b[7:11])
	hour, minute, second := number(b[12:14]), number(b[15:17]), number(b[18:20])
	east, past := number(b[22:24]), number(b[24:26])
	month := monthOf(b[3:6])
	if min(day, year, hour, minute, second, east, past) < 0 || month == 0 || year < 1970 ||
		hour > 23 || minute > 59 || second > 59 || east > 23 || past > 59 {
		return time.Time{}, false
	}
	t := time.Date(year, month, day, hour, minute, second, 0, time.UTC)
	if t.Day() != day { // 31/Feb, or 00/Feb
		return time.Time{}, false
	}
	offset := time.Duration(east)*time.Hour + time.Duration(past)*time.Minute
	if b[21] == '-' {
		offset = -offset
	}
	return t.Add(-offset), true
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

const months = "JanFebMarAprMayJunJulAugSepOctNovDec"

// monthOf returns the month of that name, or 0.
func monthOf(name []byte) time.Month {
	for m := range 12 {
		if months[3*m:3*m+3] == string(name) {
			return time.Month(m + 1)
		}
	}
	return 0
}
