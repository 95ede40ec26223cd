package public_test

import (
	"errors"
	"testing"

	"oboro/aggregator/release"
	"oboro/aggregator/statistic"
	"oboro/dashboards/public"
)

func TestVersioned(t *testing.T) {
	w := newWorld(t)
	archive := w.publication().Archive
	check := func(when string, r release.Release, want int) release.Release {
		t.Helper()
		got, err := public.Versioned(archive, w.key, r)
		if err != nil || got.Version() != want {
			t.Fatalf("%s: version %d, %v; want %d", when, got.Version(), err, want)
		}
		return got
	}
	// The last day is measured later: an import.
	late := w.period.Last()
	w.missed[late] = true
	for _, st := range []*statistic.Statistic{days, devices} {
		build(t, w.publication(check("nothing archived", w.release(st), 1)))
		check("archived as it is", w.release(st), 1)
	}
	delete(w.missed, late)
	for _, st := range []*statistic.Statistic{days, devices} {
		build(t, w.publication(check("a day more", w.release(st), 2)))
		check("a day more, archived", w.release(st), 2)
	}
}

func TestVersionedRefusesAnotherDraw(t *testing.T) {
	for _, c := range []struct {
		name string
		st   *statistic.Statistic
		more bool // whether a day is measured besides
	}{
		{"a day drawn again", days, false},
		{"a day drawn again while another is new", days, true},
		{"a sum of days that were drawn again", devices, false},
	} {
		w := newWorld(t)
		w.missed[w.period.Last()] = true
		build(t, w.publication(w.release(c.st)))
		if c.more {
			delete(w.missed, w.period.Last())
		}
		measured := w.measured(c.st)
		for i := range measured[0].Values {
			measured[0].Values[i].Value += 2000
		}
		r, err := release.New(c.st, w.site, w.period, measured, release.Rule{K: 10, Today: w.period.Last() + 10, Total: total})
		if err != nil {
			t.Fatal(err)
		}
		// Seen to fail when grown returns true, or looks at the days alone.
		if _, err := public.Versioned(w.publication().Archive, w.key, r); !errors.Is(err, public.ErrChanged) {
			t.Errorf("%s: error %v, want ErrChanged", c.name, err)
		}
	}
}
