package collector

import (
	"time"

	"oboro/collector/hit"
)

// A stretch is a time within one calendar day in which the zone's clocks are not
// changed. It spares the calendar to all moments but the first of it.
type stretch struct {
	from, until int64 // in seconds since 1970; until is not within
	midnight    int64 // where the wall's clock would show 0:00, had it never been changed
	day         hit.Day
}

func (s *stretch) holds(at int64) bool { return s != nil && s.from <= at && at < s.until }

// hourOf returns the hour that the wall's clock shows at a moment that s holds.
func (s *stretch) hourOf(at int64) hit.Hour { return hit.Hour(uint32(at-s.midnight) / 3600) }

// stretchOf returns the stretch that at is in.
func stretchOf(at time.Time) *stretch {
	const day = 24 * 60 * 60
	_, offset := at.Zone()
	clock := (at.Unix() + int64(offset)) % day // since midnight, as the wall shows it
	if clock < 0 {
		clock += day
	}
	midnight := at.Unix() - clock
	s := &stretch{from: midnight, until: midnight + day, midnight: midnight, day: hit.DayOf(at)}
	begins, ends := at.ZoneBounds()
	if !begins.IsZero() {
		s.from = max(s.from, begins.Unix())
	}
	if !ends.IsZero() {
		s.until = min(s.until, ends.Unix())
	}
	return s
}
