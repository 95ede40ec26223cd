package logline_test

import (
	"testing"
	"time"

	"oboro/collector/internal/logline"
)

// Seen to fail when the offset's sign is turned, when its minutes are dropped,
// and when days are not checked against their month.
func TestTime(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"17/May/2015:10:05:03 +0000", "2015-05-17T10:05:03Z"},
		{"01/Apr/2026:00:00:00 +0900", "2026-03-31T15:00:00Z"},
		{"31/Dec/2026:23:59:59 -0500", "2027-01-01T04:59:59Z"},
		{"01/Jan/2026:00:00:00 +0545", "2025-12-31T18:15:00Z"},
		{"01/Jan/2026:00:00:00 -0330", "2026-01-01T03:30:00Z"},
		{"01/Jul/2026:12:00:00 +1400", "2026-06-30T22:00:00Z"},
		{"29/Feb/2024:12:00:00 +0000", "2024-02-29T12:00:00Z"},
	} {
		got, ok := logline.Time([]byte(tt.text))
		if !ok || got.Format(time.RFC3339) != tt.want || got.Location() != time.UTC {
			t.Errorf("Time(%q) = %v, %v, want %s", tt.text, got, ok, tt.want)
		}
	}
}

// Every day of a leap year and its neighbours, against package time.
func TestTimeAgreesWithPackageTime(t *testing.T) {
	const layout = "02/Jan/2006:15:04:05 -0700"
	zone := time.FixedZone("", -(9*3600 + 30*60))
	for at := time.Date(2023, 12, 31, 1, 2, 3, 0, zone); at.Year() < 2026; at = at.Add(17 * time.Hour) {
		if got, ok := logline.Time([]byte(at.Format(layout))); !ok || !got.Equal(at) {
			t.Fatalf("Time(%q) = %v, %v, want %v", at.Format(layout), got, ok, at)
		}
	}
}

func TestTimeRefuses(t *testing.T) {
	for _, text := range []string{
		"", "-", "17/May/2015:10:05:03", "17/May/2015:10:05:03 +000", "17/May/2015:10:05:03 +00000", "17/05/2015:10:05:03 +00000",
		"17/may/2015:10:05:03 +0000", "17/Mai/2015:10:05:03 +0000", "17/ayJ/2015:10:05:03 +0000",
		"00/May/2015:10:05:03 +0000", "32/May/2015:10:05:03 +0000", "31/Apr/2015:10:05:03 +0000", "29/Feb/2015:10:05:03 +0000",
		"17/May/1969:10:05:03 +0000", "17/May/2015:24:05:03 +0000", "17/May/2015:10:60:03 +0000", "17/May/2015:10:05:60 +0000",
		"17/May/2015:10:05:03 +2400", "17/May/2015:10:05:03 +0060", "17/May/2015:10:05:03 *0000", "17/May/2015 10:05:03 +0000",
		"1x/May/2015:10:05:03 +0000", "-1/May/2015:10:05:03 +0000", "17/May/+015:10:05:03 +0000", "17/May/2015:10:05:03 +00 0",
		"１7/May/2015:10:05:3 +0000",
	} {
		if got, ok := logline.Time([]byte(text)); ok {
			t.Errorf("Time(%q) = %v, want it refused", text, got)
		}
	}
}

// A clock that has read other times reads the next one as Seconds does. Seen to fail
// when the zone is left out of the hour, when seconds over 59 are taken, and when the
// hour is kept of a time that was refused.
func TestClockAgreesWithSeconds(t *testing.T) {
	texts := []string{
		"17/May/2015:10:05:03 +0000", "17/May/2015:10:59:59 +0000", "17/May/2015:10:00:00 +0900", "17/May/2015:10:05:03 +0000",
		"17/May/2015:11:05:03 +0000", "17/May/2015:11:60:03 +0000", "17/May/2015:11:05:60 +0000", "17/May/2015:11:05:03 -0000",
		"18/May/2015:11:05:03 +0000", "18/Jun/2015:11:05:03 +0000", "18/Jun/2016:11:05:03 +0000", "18/Jun/2016:11:0x:03 +0000",
		"31/Jun/2016:11:00:00 +0000", "31/Jun/2016:11:00:01 +0000", "18/Jun/2016:11:05 03 +0000", "01/Jan/1970:00:00:00 +0000", "",
		"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x0000:00\x00\x00\x00\x00\x00\x00",
	}
	for _, first := range texts {
		for _, second := range texts {
			var c logline.Clock
			c.Seconds([]byte(first))
			got, ok := c.Seconds([]byte(second))
			if want, fine := logline.Seconds([]byte(second)); got != want || ok != fine {
				t.Errorf("after %q a clock reads %q as %d, %v, want %d, %v", first, second, got, ok, want, fine)
			}
		}
	}
}

func FuzzTime(f *testing.F) {
	f.Add([]byte("17/May/2015:10:05:03 +0000"))
	f.Add([]byte("29/Feb/2024:23:59:59 -1159"))
	f.Fuzz(func(t *testing.T, text []byte) {
		got, ok := logline.Time(text)
		want, err := time.Parse("02/Jan/2006:15:04:05 -0700", string(text))
		if ok && (err != nil || !got.Equal(want)) {
			t.Errorf("Time(%q) = %v, package time reads %v, %v", text, got, want, err)
		}
	})
}
