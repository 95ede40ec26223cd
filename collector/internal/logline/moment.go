package logline

import (
	"bytes"
	"time"
)

// moment reads a time in any of the forms that logs write, in seconds since 1970:
//
//	17/May/2015:10:05:03 +0000      also with a fraction, without a zone, in brackets
//	2015-05-17T10:05:03.123+09:00   also with a space, with Z, without a zone
//	1431857103.123                  seconds, or milli-, micro- or nanoseconds
//
// One without a zone is of zone. It is read by hand since an error of package time quotes
// its input.
func moment(b []byte, zone *time.Location) (at int64, ok bool) {
	if len(b) > 2 && b[0] == '[' && b[len(b)-1] == ']' {
		b = b[1 : len(b)-1]
	}
	if len(b) == stamp {
		if at, ok = Seconds(b); ok {
			return at, ok
		}
	}
	const clf, iso = len("17/May/2015:10:05:03"), len("2015-05-17T10:05:03")
	var w wall
	switch {
	case len(b) >= clf && b[2] == '/' && b[6] == '/' && b[11] == ':':
		w = wall{number(b[7:11]), monthOf(b[3:6]), number(b[:2]), clockOf(b[12:clf])}
		b = b[clf:]
	case len(b) >= iso && b[4] == '-' && b[7] == '-' && (b[10] == 'T' || b[10] == ' ' || b[10] == 't'):
		w = wall{number(b[:4]), number(b[5:7]), number(b[8:10]), clockOf(b[11:iso])}
		b = b[iso:]
	default:
		return epoch(b)
	}
	offset, zoned, ok := offsetOf(fraction(b))
	if !ok || !w.valid() {
		return 0, false
	}
	if !zoned {
		return w.in(zone), true
	}
	return w.in(time.UTC) - offset, true
}

// A wall is what calendar and clock on a wall show.
type wall struct {
	year, month, day int
	clock            int // seconds since midnight
}

func (w wall) valid() bool {
	return w.year >= 1970 && 1 <= w.month && w.month <= 12 && w.clock >= 0 && 1 <= w.day && w.day <= daysOf(w.month, w.year)
}

// in returns the moment in seconds since 1970. Where the clocks of the zone are put back,
// it is one of two.
func (w wall) in(zone *time.Location) int64 {
	if zone == nil || zone == time.UTC {
		return int64(dayNumber(w.year, w.month, w.day))*86400 + int64(w.clock)
	}
	return time.Date(w.year, time.Month(w.month), w.day, 0, 0, w.clock, 0, zone).Unix()
}

// clockOf reads 10:05:03 as seconds since midnight; -1 is no time of day.
func clockOf(b []byte) int {
	if b[2] != ':' || b[5] != ':' {
		return -1
	}
	hour, minute, second := number(b[:2]), number(b[3:5]), number(b[6:8])
	if min(hour, minute, second) < 0 || hour > 23 || minute > 59 || second > 59 {
		return -1
	}
	return hour*3600 + minute*60 + second
}

// fraction returns b without the fraction of a second that it may begin with.
func fraction(b []byte) []byte {
	if len(b) < 2 || b[0] != '.' && b[0] != ',' {
		return b
	}
	i := 1
	for i < len(b) && isDigit(b[i]) {
		i++
	}
	return b[i:]
}

// offsetOf reads what is left of a time behind its seconds: nothing, Z, or a distance
// from UTC such as +09:00, which it returns in seconds.
func offsetOf(b []byte) (offset int64, zoned, ok bool) {
	if len(b) > 1 && b[0] == ' ' {
		b = b[1:]
	}
	switch {
	case len(b) == 0:
		return 0, false, true
	case len(b) == 1:
		return 0, true, b[0] == 'Z' || b[0] == 'z'
	case len(b) == len("+09:00") && b[3] == ':':
		b = []byte{b[0], b[1], b[2], b[4], b[5]}
	}
	if len(b) != len("+0900") || b[0] != '+' && b[0] != '-' {
		return 0, true, false
	}
	hour, minute := number(b[1:3]), number(b[3:])
	if min(hour, minute) < 0 || hour > 23 || minute > 59 {
		return 0, true, false
	}
	if offset = int64(hour*3600 + minute*60); b[0] == '-' {
		offset = -offset
	}
	return offset, true, true
}

// epoch reads a number of seconds, milliseconds, microseconds or nanoseconds since 1970;
// which, its size tells. Seconds, and milliseconds, may have a fraction.
func epoch(b []byte) (at int64, ok bool) {
	whole, _, _ := bytes.Cut(b, []byte{'.'})
	if len(whole) == 0 || len(whole) > 19 || len(whole) < len(b) && len(fraction(b[len(whole):])) > 0 {
		return 0, false
	}
	for _, d := range whole {
		if !isDigit(d) {
			return 0, false
		}
		at = at*10 + int64(d-'0')
	}
	for _, unit := range [...]struct{ from, of int64 }{{1e17, 1e9}, {1e14, 1e6}, {1e11, 1e3}} {
		if at >= unit.from {
			return at / unit.of, true
		}
	}
	return at, at >= 0
}
