package aggregator_test

import (
	"errors"
	"maps"
	"slices"
	"testing"
	"time"

	"oboro/aggregator"
	"oboro/aggregator/ledger"
	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
	"oboro/collector/hit"
)

// toMonday is how many days after the first day of the tests, a Saturday, a week begins.
const toMonday = 2

// lost is a page that is asked for in vain, by a visitor-day of its own. That of a crowd has no
// name.
func lost(day hit.Day, site hit.Site, path string) hit.Hit {
	page, _ := hit.ParsePage(path)
	h := hit.Hit{Kind: hit.NotFound, Site: site, Day: day, Hour: 10, Page: page, Seen: ^uint32(0), Reach: ^uint32(0)}
	if path != "/crowd" {
		h.Listed = hit.Of(hit.ByPage)
	}
	return h
}

// daysOfLost are the visitor-days of pages by day: one that met, one that did not, and others,
// so that (other) is enough.
var daysOfLost = map[string][]int{"/met": {4, 3, 3}, "/twos": {2, 2, 2, 2, 2}, "/many": {50, 0, 40, 1, 0, 30}, "/rest": {1, 2, 1, 2}, "/crowd": {0, 120}}

// live lives through a day: to its evening, when all is flushed.
func (w *world) live(t *testing.T, day hit.Day, pages map[string][]int, at int) {
	t.Helper()
	w.set(day, time.Minute)
	turn(t, w, day)
	for path, days := range pages {
		if at < len(days) {
			take(w, days[at], lost(day, 0, path))
		}
	}
	take(w, 20, visit(day, 0, hit.Phone))
	w.set(day, 20*time.Hour)
	flush(t, w)
}

// week returns the sealed visitor-days of pages not found of the week, by bucket and page.
func (w *world) week(t *testing.T, first hit.Day) map[string]int64 {
	t.Helper()
	table, err := w.Table(t.Context(), "alpha", "not-found", first, first+6)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]int64{}
	for _, row := range table.Rows() {
		n, shown := row.Count(statistic.Visitors)
		if !shown {
			n = -1
		}
		all[row.Bucket()+" "+row.Keys[0]] = n
	}
	return all
}

// openWeek returns how many open cells of the week the store has.
func (w *world) openWeek(t *testing.T, site string, first hit.Day) (cells int) {
	t.Helper()
	for _, err := range w.store.Open(t.Context(), store.Table{Statistic: "not-found", Site: site, Grain: statistic.Weekly, Period: first}) {
		if err != nil {
			t.Fatal(err)
		}
		cells++
	}
	return cells
}

// TestWeekIsSealedOnItsMonday lives through a week in two lives, and seals each day after it:
// the week is sealed with its Sunday, and not before. Of two pages of 10 visitor-days that is
// shown of which 3 came on one day. Seen to fail when a day's seal drops the week's cells, when a
// week is sealed a day before its end.
func TestWeekIsSealedOnItsMonday(t *testing.T) {
	w := newWorld(t)
	monday := first + toMonday
	for n := range 7 {
		day := monday + hit.Day(n)
		w.live(t, day, daysOfLost, n)
		if n == 3 {
			w.end()
			w.begin(t)
			turn(t, w, day)
		}
		for _, s := range sealThrough(t, w, day+30) {
			if s.Week || s.Day == day {
				t.Fatalf("on %s, %+v is sealed", day, s)
			}
		}
		if today, err := w.Today(t.Context(), "alpha", "not-found"); err != nil || len(today.Rows()) > 0 {
			t.Errorf("on %s, today shows %v of an open week, %v", day, today.Rows(), err)
		}
	}
	if got := w.week(t, monday); len(got) != 0 {
		t.Errorf("the open week shows %v", got)
	}
	next := monday + 7
	w.set(next, time.Second)
	if done, err := w.SealThrough(t.Context(), next-1); err == nil || slices.ContainsFunc(done, func(s aggregator.SealedDay) bool { return s.Week }) {
		t.Errorf("before the collector has turned from Sunday, sealed are %+v, %v", done, err)
	}
	turn(t, w, next)
	want := []aggregator.SealedDay{{Site: "alpha", Day: next - 1}, {Site: "beta", Day: next - 1}, {Site: "alpha", Day: monday, Week: true}, {Site: "beta", Day: monday, Week: true}}
	if got := sealThrough(t, w, next); !slices.Equal(got, want) {
		t.Errorf("on Monday, sealed are %+v, want %+v", got, want)
	}
	bucket := monday.String() + " "
	if got := w.week(t, monday); !maps.Equal(got, map[string]int64{bucket + "/met": 10, bucket + "/many": 121, bucket + "(other)": -1}) {
		t.Errorf("the week is sealed as %v", got)
	}
	if n := w.openWeek(t, "alpha", monday); n != 0 {
		t.Errorf("%d open cells of the week are left", n)
	}
	size, _ := w.ledger.Tree()
	if again := sealThrough(t, w, next); len(again) != 0 {
		t.Errorf("sealing again seals %+v", again)
	}
	if now, _ := w.ledger.Tree(); now != size {
		t.Error("sealing again wrote to the ledger")
	}
}

// TestWeekSealIsFinishedAtTheNextStart stops the seal of a week after its reservation, and in the
// store, before and after that has it: the next life ends with the outcome that stood, once. Seen
// to fail when New does not recover, and when a week that was reserved is taken for sealed.
func TestWeekSealIsFinishedAtTheNextStart(t *testing.T) {
	for name, f := range map[string]fault{"before the store had it": before, "after the store had it": after, "after the reservation": none} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			monday := first + toMonday
			w.live(t, monday+1, map[string][]int{"/met": {40}}, 0)
			next := monday + 7
			w.set(next, time.Hour)
			turn(t, w, next)
			seals := 0
			w.store.seal = func() fault {
				if seals++; seals <= 2 { // of the day
					return none
				}
				return f
			}
			if f == none {
				if _, err := w.ledger.Reserve(ledger.Reservation{
					Site: "alpha", Grain: ledger.Week, Period: monday.String(), Epochs: 1, Config: "config", Code: "code",
				}); err != nil {
					t.Fatal(err)
				}
			} else if _, err := w.SealThrough(t.Context(), next); err == nil {
				t.Fatal("the seal went through")
			}
			w.end()
			w.begin(t)
			turn(t, w, next)
			sealThrough(t, w, next)
			if got := w.week(t, monday); !maps.Equal(got, map[string]int64{monday.String() + " /met": 40}) {
				t.Errorf("the week is sealed as %v, want 40", got)
			}
			r, ok := w.ledger.Find("alpha", ledger.Week, monday.String())
			if n := w.openWeek(t, "alpha", monday); !ok || r.Committed == 0 || n != 0 {
				t.Errorf("the seal is committed: %v, and %d open cells are left", ok && r.Committed != 0, n)
			}
			if again := sealThrough(t, w, next); len(again) != 0 {
				t.Errorf("sealing again seals %+v", again)
			}
		})
	}
}

// setGrain changes the grain of pages not found, as another version or configuration does.
func (w *world) setGrain(g statistic.Grain) {
	st, _ := w.catalogue.Find("not-found")
	st.Grain = g
}

// TestGrainThatIsChanged counts by the day until Wednesday noon, and by the week from then on, or
// the other way round: what was counted by the day is sealed by the day, and the rest with the
// week; nothing is lost, nothing twice, and weeks before that are no empty weeks. Seen to fail
// when the open cells of the other grain are left out of a seal, when a bucket does not say that
// it is of another grain, and when each week without cells is sealed.
func TestGrainThatIsChanged(t *testing.T) {
	for _, grains := range [][2]statistic.Grain{{statistic.Daily, statistic.Weekly}, {statistic.Weekly, statistic.Daily}} {
		t.Run(string(grains[0])+" to "+string(grains[1]), func(t *testing.T) {
			w := newWorld(t)
			w.setGrain(grains[0])
			monday := first + toMonday
			many := map[string][]int{"/a": {30, 31, 32, 33, 34, 35, 36}}
			w.live(t, monday-5, nil, 0)
			for n := range 3 {
				w.live(t, monday+hit.Day(n), many, n)
				sealThrough(t, w, monday+hit.Day(n)-1)
			}
			w.end()
			w.setGrain(grains[1])
			w.begin(t)
			turn(t, w, monday+2)
			take(w, 100, lost(monday+2, 0, "/a"))
			for n := 3; n < 7; n++ {
				w.live(t, monday+hit.Day(n), many, n)
				sealThrough(t, w, monday+hit.Day(n)-1)
			}
			w.set(monday+7, time.Hour)
			turn(t, w, monday+7)
			sealThrough(t, w, monday+6)
			got, sum := w.week(t, monday), int64(0)
			for _, n := range got {
				sum += n
			}
			if want := int64(30 + 31 + 32 + 100 + 33 + 34 + 35 + 36); sum != want {
				t.Errorf("the week and its days are sealed as %v, %d in all, want %d", got, sum, want)
			}
			length := map[statistic.Grain]string{statistic.Daily: "/P7D", statistic.Weekly: ""}[grains[1]]
			whole := map[statistic.Grain]int64{statistic.Daily: 93, statistic.Weekly: 238}[grains[1]]
			if n := got[monday.String()+length+" /a"]; n != whole {
				t.Errorf("the week has %d visitor-days, want %d: %v", n, whole, got)
			}
			seals, err := w.store.Seals(t.Context(), "alpha", "", 0, monday-1)
			if err != nil || slices.ContainsFunc(seals, func(s store.Seal) bool { return s.Grain == statistic.Weekly }) != (grains[0] == statistic.Weekly) {
				t.Errorf("before the week there are the seals %+v, %v", seals, err)
			}
			if n := w.openWeek(t, "alpha", monday) + len(w.open(t, "not-found", "alpha", monday)); n != 0 {
				t.Errorf("%d open cells are left", n)
			}
		})
	}
}

// TestWeekOfASwitchedOffStatistic: what was counted of it goes unseen, with the week. Seen to fail
// when a week is sealed for what is declared alone.
func TestWeekOfASwitchedOffStatistic(t *testing.T) {
	w := newWorld(t)
	monday := first + toMonday
	w.live(t, monday, map[string][]int{"/a": {30}}, 0)
	w.end()
	var err error
	if w.catalogue, err = statistic.Built([]string{"not-found"}); err != nil {
		t.Fatal(err)
	}
	w.begin(t)
	turn(t, w, monday+7)
	w.set(monday+7, time.Hour)
	sealThrough(t, w, monday+6)
	if n := w.openWeek(t, "alpha", monday); n != 0 {
		t.Errorf("%d open cells are left", n)
	}
}

// TestNoEmptyWeekBeforeItsStatistic: a week in which a statistic was not counted, since it was
// switched off, is not measured: it is not sealed as one without broken links. One in which there
// were none is. Seen to fail when each week without cells is sealed, and when none is.
func TestNoEmptyWeekBeforeItsStatistic(t *testing.T) {
	w := newWorld(t)
	w.end()
	on, monday := w.catalogue, first+toMonday
	var err error
	if w.catalogue, err = statistic.Built([]string{"not-found"}); err != nil {
		t.Fatal(err)
	}
	w.begin(t)
	w.live(t, monday, nil, 0)
	w.end()
	w.catalogue = on
	w.begin(t)
	w.live(t, monday+7, nil, 0)
	w.set(monday+14, time.Hour)
	turn(t, w, monday+14)
	var weeks []hit.Day
	for _, s := range sealThrough(t, w, monday+13) {
		if s.Week && s.Site == "alpha" {
			weeks = append(weeks, s.Day)
		}
	}
	if !slices.Equal(weeks, []hit.Day{monday + 7}) {
		t.Errorf("the weeks %v are sealed, want that of %s alone", weeks, monday+7)
	}
}

// TestLostWeekIsAGap: a week that was reserved, and of which the store knows nothing any more, is
// written down as lost. Seen to fail when markLost looks at days alone.
func TestLostWeekIsAGap(t *testing.T) {
	w := newWorld(t)
	monday := first - 5
	if _, err := w.ledger.Reserve(ledger.Reservation{
		Site: "alpha", Grain: ledger.Week, Period: monday.String(), Epochs: 1, Config: "config", Code: "code",
	}); err != nil {
		t.Fatal(err)
	}
	sealThrough(t, w, first-1)
	if _, lost := w.ledger.Lost("alpha", ledger.Week, monday.String()); lost {
		t.Error("a week that is not over is lost")
	}
	w.set(first+2, time.Hour)
	sealThrough(t, w, first+1)
	if _, lost := w.ledger.Lost("alpha", ledger.Week, monday.String()); !lost {
		t.Error("the week is not written down as lost")
	}
}

// TestGivenUpWeekIsFinished: a week is given up where its cells do not go together, and not where
// they do; what a process that was killed before its cells went has left goes with the next seal.
// The days of the week, and the other site's week, are sealed. Seen to fail when a week that is
// complete is given up, when the gap is that of its Monday, when the cells of days go in place of those
// of the week, and when sealWeek passes a lost week over.
func TestGivenUpWeekIsFinished(t *testing.T) {
	w := newWorld(t)
	monday := first + toMonday
	for n := range 2 {
		w.live(t, monday+hit.Day(n), daysOfLost, n)
	}
	take(w, 20, lost(monday+1, 1, "/met"))
	flush(t, w)
	w.set(monday+7, time.Hour)
	turn(t, w, monday+7)
	flush(t, w)
	of := store.Table{Site: "alpha", Grain: statistic.Weekly, Period: monday}
	if err := w.GiveUp(t.Context(), of, "of no use"); !errors.Is(err, aggregator.ErrComplete) {
		t.Errorf("GiveUp of a complete week = %v, want %v", err, aggregator.ErrComplete)
	}
	stray := store.Batch{Statistic: "not-found", Grain: statistic.Weekly, Period: monday, Cells: []store.Cell{{Site: "alpha", Keys: []string{"/a", "b"}}}}
	stray.Cells[0].Counts[statistic.Visitors] = 5
	if err := w.store.Store.Add(t.Context(), store.BatchID{99}, stray); err != nil {
		t.Fatal(err)
	}
	if err := w.GiveUp(t.Context(), of, "of no use"); err != nil {
		t.Fatal(err)
	}
	if n := w.openWeek(t, "alpha", monday); n != 0 {
		t.Errorf("the week has %d open cells, want none", n)
	}
	if weeks := w.LostWeeks("alpha", monday+3, monday+8); len(weeks) != 1 || weeks[0].First != monday {
		t.Errorf("the weeks %v are lost, want that of %s", weeks, monday)
	}
	if err := w.store.Store.Add(t.Context(), store.BatchID{98}, stray); err != nil { // as if they had not gone
		t.Fatal(err)
	}
	var days, weeks int
	for _, s := range sealThrough(t, w, monday+6) {
		switch {
		case s.Week && s.Site == "alpha":
			t.Errorf("the week of %s is sealed, and was given up", s.Day)
		case s.Week:
			weeks++
		case s.Site == "alpha":
			days++
		}
	}
	if days != 2 || weeks != 1 {
		t.Errorf("%d days of the site and %d weeks of the other are sealed, want 2 and 1", days, weeks)
	}
	if n := w.openWeek(t, "alpha", monday); n != 0 {
		t.Errorf("the week has %d open cells behind the seal, want none", n)
	}
}

// TestImportOfAWeek imports the days of a week, is killed before the week is sealed, and begins
// again: the days, which are sealed by then, count for the week alone. Later days of the sealed
// week count for none. Seen to fail when the cells of a week go with its first day, when the days
// met of its days are not added up, and when a sealed week is free.
func TestImportOfAWeek(t *testing.T) {
	w := newWorld(t)
	monday := first - 5 - 7
	days := map[string][]int{"/met": {4, 3, 3}, "/many": {90, 60, 2}, "/rest": {2, 2, 2}, "/more": {95, 3, 1}}
	run := func(whole bool) {
		i := w.NewImport("alpha")
		for n := range 3 {
			day := monday + hit.Day(n)
			for path, of := range days {
				take(i, of[n], lost(day, 0, path))
			}
			take(i, 20, visit(day, 0, hit.Phone))
			if standing, err := w.WeekStanding(t.Context(), "alpha", day); err != nil || standing != aggregator.Free {
				t.Fatalf("%s is %s in its week, %v", day, standing, err)
			}
			i.Keep(day)
			if _, err := i.Seal(t.Context(), day); err != nil {
				t.Fatal(err)
			}
		}
		if !whole {
			return
		}
		if sealed, err := i.SealWeek(t.Context(), monday); err != nil || !sealed {
			t.Fatalf("SealWeek = %v, %v", sealed, err)
		}
	}
	run(false)
	if got := w.week(t, monday); len(got) != 0 {
		t.Errorf("before its seal the week shows %v", got)
	}
	run(true)
	bucket := monday.String() + " "
	want := map[string]int64{bucket + "/many": 152, bucket + "(other)": -1}
	if got := w.week(t, monday); !maps.Equal(got, want) {
		t.Errorf("the week is sealed as %v, want %v", got, want)
	}
	if standing, err := w.WeekStanding(t.Context(), "alpha", monday+4); err != nil || standing != aggregator.Already {
		t.Errorf("a later day is %s in its week, %v", standing, err)
	}
	i := w.NewImport("alpha")
	take(i, 50, lost(monday+4, 0, "/many"))
	i.Keep(monday + 4)
	if sealed, err := i.SealWeek(t.Context(), monday); err != nil || sealed {
		t.Errorf("SealWeek of a sealed week = %v, %v", sealed, err)
	}
	if got := w.week(t, monday); !maps.Equal(got, want) {
		t.Errorf("after it the week is %v, want %v", got, want)
	}
}

// TestWeekStanding. Seen to fail, each at its case, when nobody asks whether a statistic is by the
// week, when what was sealed by the day is not looked for, when each day of a week counts that has
// such a one, when a day counts that was sealed without such tables, when the collector's days do
// not, when a week is taken for over with its first day or at any time, and when an import seals
// what is live, or not over.
func TestWeekStanding(t *testing.T) {
	w := newWorld(t)
	w.setGrain(statistic.Daily)
	old := w.NewImport("alpha")
	take(old, 30, lost(first-22, 0, "/a")) // a Friday
	if _, err := old.Seal(t.Context(), first-22); err != nil {
		t.Fatal(err)
	}
	if standing, err := w.WeekStanding(t.Context(), "alpha", first-22); err != nil || standing != "" {
		t.Errorf("without statistics by the week a day is %q, %v", standing, err)
	}
	w.setGrain(statistic.Weekly)
	take(old, 30, lost(first-15, 0, "/a"))
	if _, err := old.Seal(t.Context(), first-15); err != nil {
		t.Fatal(err)
	}
	w.live(t, first-8, nil, 0)
	w.set(first, time.Hour)
	for _, tt := range []struct {
		name string
		day  hit.Day
		want aggregator.Standing
	}{
		{"a day that was sealed by the day", first - 22, aggregator.Already},
		{"the one before it", first - 23, aggregator.Free},
		{"the one after it", first - 21, aggregator.Free},
		{"a day that was sealed without what is by the week", first - 15, aggregator.Free},
		{"a day of a week in which the collector was up", first - 7, aggregator.Live},
		{"a day of this week", first - 2, aggregator.NotOver},
		{"a day to come", first + 9, aggregator.NotOver},
	} {
		if got, err := w.WeekStanding(t.Context(), "alpha", tt.day); err != nil || got != tt.want {
			t.Errorf("%s is %q, %v, want %q", tt.name, got, err, tt.want)
		}
	}
	i := w.NewImport("alpha")
	for _, day := range []hit.Day{first - 7, first - 2} {
		take(i, 30, lost(day, 0, "/a"))
		i.Keep(day)
		if sealed, err := i.SealWeek(t.Context(), statistic.Weekly.Period(day)); err == nil || sealed {
			t.Errorf("the import sealed the week of %s: %v, %v", day, sealed, err)
		}
	}
}
