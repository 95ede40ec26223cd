package release_test

import (
	"testing"

	"oboro/aggregator/release"
	"oboro/collector/hit"
)

func TestParsePeriod(t *testing.T) {
	for _, c := range []struct{ name, text, first, last string }{
		{"a month", "2026-10", "2026-10-01", "2026-10-31"},
		{"February of a leap year", "2028-02", "2028-02-01", "2028-02-29"},
		{"a week", "2026-W46", "2026-11-09", "2026-11-15"},
		{"the first week reaches into the year before", "2026-W01", "2025-12-29", "2026-01-04"},
		{"a year of 53 weeks", "2026-W53", "2026-12-28", "2027-01-03"},
		{"a year of 52 weeks", "2025-W53", "", ""},
		{"week zero", "2026-W00", "", ""},
		{"a day", "2026-10-01", "", ""},
		{"a month that is none", "2026-13", "", ""},
		{"something behind it", "2026-W46x", "", ""},
		{"nothing", "", "", ""},
	} {
		p, err := release.ParsePeriod(c.text)
		if c.first == "" {
			if err == nil {
				t.Errorf("%s: ParsePeriod(%q) = %s, want an error", c.name, c.text, p)
			}
			continue
		}
		if err != nil || p.String() != c.text || p.First().String() != c.first || p.Last().String() != c.last {
			t.Errorf("%s: ParsePeriod(%q) = %s from %s to %s, %v; want %s to %s", c.name, c.text, p, p.First(), p.Last(), err, c.first, c.last)
		}
	}
}

func TestPeriodEndsWithItsLastDay(t *testing.T) {
	day, _ := hit.ParseDay("2026-11-11")
	for _, p := range []release.Period{release.WeekOf(day), release.MonthOf(day)} {
		// Seen to fail when Ended compares with <=.
		if p.Ended(p.Last()) || !p.Ended(p.Last()+1) {
			t.Errorf("%s ends otherwise than after %s", p, p.Last())
		}
	}
	if (release.Period{}).Ended(day) {
		t.Error("the zero period has ended, want never")
	}
}
