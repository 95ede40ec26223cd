package collector

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"oboro/collector/hit"
	"oboro/collector/internal/visitors"
)

// The queue gives what a list that is sorted after each line would give: with jumps
// in time, lines that come later than the window, many of one second, and days that
// are settled on the way. Seen to fail when a list is passed on in reverse, when the
// ring is shorter than the window, and when settling loses the lines of other days.
func TestQueueIsASortedList(t *testing.T) {
	type handed struct {
		at     int64
		number uint32
		day    hit.Day
	}
	for seed := range uint64(30) {
		r := rand.New(rand.NewPCG(seed, 1))
		var q queue
		var got, want, waiting []handed
		take := func(list []*entry) {
			for _, e := range list {
				got = append(got, handed{e.sighting.At, uint32(e.sighting.Env.Unpack().Version), e.table.Day()})
			}
		}
		tables := map[hit.Day]*visitors.Table{}
		table := func(day hit.Day) *visitors.Table {
			if tables[day] == nil {
				var err error
				if tables[day], err = visitors.New(day, hit.Plan{}, bytes.NewReader(make([]byte, 64))); err != nil {
					t.Fatal(err)
				}
			}
			return tables[day]
		}
		latest, clock := int64(0), int64(1_770_000_000)
		for n := range 3000 {
			switch r.IntN(200) {
			case 0:
				clock += int64(r.IntN(5000))
			case 1:
				clock -= int64(r.IntN(1500))
			default:
				clock += int64(r.IntN(3))
			}
			at := clock - int64(r.IntN(2)*r.IntN(500))
			h := handed{at, uint32(n), hit.Day(at / 1000)}
			*q.blank() = visitors.Sighting{At: at, Env: hit.Pack(hit.Environment{Version: uint16(n)})}
			q.push(table(h.day), take)
			latest = max(latest, at)
			waiting = append(waiting, h)
			slices.SortStableFunc(waiting, func(a, b handed) int { return int(a.at - b.at) })
			for len(waiting) > 0 && waiting[0].at < latest-back {
				want, waiting = append(want, waiting[0]), waiting[1:]
			}
			if r.IntN(300) == 0 {
				q.settle(h.day, take)
				waiting = slices.DeleteFunc(waiting, func(w handed) bool {
					if w.day == h.day {
						want = append(want, w)
					}
					return w.day == h.day
				})
			}
		}
		q.flush(take)
		if !slices.Equal(got, want) || q.waiting != len(waiting) {
			t.Fatalf("seed %d: %d handed on and %d waiting, want %d and %d in the order of time", seed, len(got), q.waiting, len(want), len(waiting))
		}
	}
}

// A stretch says of each moment the day and the hour that the calendar says, also in
// zones that change their clocks at midnight or by half an hour, or left a day out. Seen
// to fail when the zone's bounds are not looked at, and when hours are counted from the
// beginning of the stretch.
func TestStretchIsTheCalendarsDay(t *testing.T) {
	for _, tt := range []struct{ zone, around string }{
		{"Asia/Tokyo", "2026-04-01"}, {"Europe/Berlin", "2026-10-25"}, {"America/New_York", "2026-03-08"},
		{"America/Sao_Paulo", "2018-11-04"}, {"America/Sao_Paulo", "2018-02-18"}, {"America/Havana", "2026-11-01"},
		{"Pacific/Apia", "2011-12-30"}, {"Asia/Kathmandu", "2026-01-01"}, {"Australia/Lord_Howe", "2026-04-05"},
	} {
		zone, err := time.LoadLocation(tt.zone)
		if err != nil {
			t.Skipf("no time zones here: %v", err)
		}
		day, _ := time.Parse(time.DateOnly, tt.around)
		r := rand.New(rand.NewPCG(1, 2))
		var s *stretch
		met := map[hit.Day]bool{}
		for range 4000 {
			at := day.Add(time.Duration(r.IntN(72*3600)-36*3600) * time.Second).In(zone)
			if !s.holds(at.Unix()) {
				s = stretchOf(at)
			}
			if hour := s.hourOf(at.Unix()); s.day != hit.DayOf(at) || hour != hit.HourOf(at) || !s.holds(at.Unix()) {
				t.Fatalf("%s: %v is said to be of %v, hour %d", tt.zone, at, s.day, hour)
			}
			met[s.day] = true
		}
		if len(met) < 3 {
			t.Errorf("%s: %d days met, want 3", tt.zone, len(met))
		}
	}
}

// Before 1970 there are days too.
func TestStretchBefore1970(t *testing.T) {
	at := time.Date(1969, 12, 31, 23, 0, 0, 0, time.UTC)
	if s := stretchOf(at); s.day != hit.DayOf(at) || s.hourOf(at.Unix()) != 23 || !s.holds(at.Unix()) || s.holds(0) {
		t.Errorf("the stretch of %v is %+v", at, s)
	}
}
