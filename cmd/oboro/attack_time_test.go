package main

import (
	"database/sql"
	"encoding/csv"
	"errors"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"oboro/aggregator/ledger"
	"oboro/aggregator/seal"
	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
	"oboro/collector/hit"
)

// come has n visitors look at a page once, and returns how they are answered.
func (r *rig) come(n int) map[int]int {
	r.t.Helper()
	var requests []byte
	for visitor := range n {
		requests = report{"133.200." + strconv.Itoa(visitor) + ".9", browsers[0], "ja", map[string]any{"u": "http://localhost/page/"}}.write(requests)
	}
	return r.send(requests, n)
}

// answered fails unless n visitors are all answered so.
func (r *rig) answered(status, n int) {
	r.t.Helper()
	if statuses := r.come(n); statuses[status] != n {
		r.t.Errorf("at %s, %d visitors are answered %v, want %d", r.now().In(tokyo), n, statuses, status)
	}
}

// daysPublished returns the rows of visitors in the published table of days: status and
// measured, by day.
func (r *rig) daysPublished(month string) map[string][2]string {
	r.t.Helper()
	r.printed(publishCommand{Out: "public"})
	var path string
	for version := 1; ; version++ {
		next := filepath.Join("data/v1/demo/days", month, strconv.Itoa(version), "table.csv")
		if _, ok := filesOf(r.t, filepath.Join(r.app.config.dir, "public"))[next]; !ok {
			break
		}
		path = next
	}
	rows, err := csv.NewReader(strings.NewReader(string(filesOf(r.t, filepath.Join(r.app.config.dir, "public"))[path]))).ReadAll()
	if err != nil {
		r.t.Fatal(err)
	}
	days := map[string][2]string{}
	for _, row := range rows[1:] {
		if row[2] == "visitors" {
			days[row[0]] = [2]string{row[7], row[6]}
		}
	}
	return days
}

// near fails unless a day is published with about so many visitor-days.
func near(t *testing.T, days map[string][2]string, day string, n int) {
	t.Helper()
	measured, err := strconv.Atoi(days[day][1])
	if days[day][0] != "F" || err != nil || measured < n-150 || measured > n+150 {
		t.Errorf("%s is published as %q, want about %d", day, days[day], n)
	}
}

// TestAttackClock turns the clock as clocks turn: a leap second, which a clock shows twice, and a jump
// of some seconds back, both over midnight; hits of a day that is sealed; a day without hits, and one without the program.
// What is over stays over, the day without hits is measured as any other, and the day without the program is not.
// Jumps of a whole day are those of TestClockJumps.
//
// Seen to fail when a clock set back reopens the day before, when a day without hits is not sealed, and
// when a day without the program is.
func TestAttackClock(t *testing.T) {
	r := newRig(t, may(2, 23, 59), map[string]string{"oboro.yaml": "state_limit: 64MB\nlimits: {rate: 100000}\n"})
	r.serve()
	midnight := may(3, 0, 0)
	r.set(midnight.Add(-time.Second)) // 23:59:59
	r.answered(202, 60)
	r.set(midnight.Add(-time.Millisecond))
	r.answered(202, 40) // the same visitors
	r.set(midnight.Add(-time.Second))
	r.answered(202, 60) // the leap second: 23:59:59 again
	r.set(midnight.Add(time.Millisecond))
	r.close() // the program turns the day every second
	r.answered(202, 50)
	for _, back := range []time.Duration{-time.Millisecond, -time.Second, -5 * time.Second} { // NTP sets it back
		r.set(midnight.Add(back))
		r.close()
		r.answered(204, 30)
	}
	r.set(midnight.Add(time.Minute))
	r.close()
	r.answered(202, 50)
	for day := 3; day <= 5; day++ { // nobody comes on the 4th
		r.set(may(day+1, 0, 0).Add(time.Second))
		r.close()
	}
	r.answered(202, 40) // on the 6th, after which the program is down for a day
	r.set(may(8, 9, 0))
	r.close()
	r.answered(202, 30)
	r.set(may(33, 12, 0))
	r.close()
	days := r.daysPublished("2026-05")
	near(t, days, "2026-05-02", 60)
	near(t, days, "2026-05-03", 50)
	near(t, days, "2026-05-04", 0)
	near(t, days, "2026-05-06", 40)
	if days["2026-05-07"] != [2]string{"N", ""} || days["2026-05-01"] != [2]string{"N", ""} {
		t.Errorf("days without the program are published as %q and %q, want N", days["2026-05-07"], days["2026-05-01"])
	}
	for day, want := range map[int]int64{2: 60, 3: 50, 6: 40, 8: 30} {
		if got := r.exactly(day); got != want {
			t.Errorf("%d May is sealed with %d visitor-days, want %d", day, got, want)
		}
	}
}

// exactly returns the visitor-days that a day of May is sealed with.
func (r *rig) exactly(day int) int64 {
	r.t.Helper()
	of := hit.DayOf(may(day, 12, 0))
	seals, err := r.app.store.Seals(r.t.Context(), "demo", "days", of, of)
	if err != nil || len(seals) != 1 || len(seals[0].Tables) != 1 || len(seals[0].Tables[0].Cells) != 1 {
		r.t.Errorf("%d May is sealed as %v: %v", day, seals, err)
		return 0
	}
	return seals[0].Tables[0].Cells[0].Counts[statistic.Visitors]
}

// change runs a statement on the store behind the program's back, as a fault would, and returns how
// many rows it changed.
func (r *rig) change(statement string) int64 {
	r.t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(r.app.options.Data, "oboro.db"))
	if err != nil {
		r.t.Fatal(err)
	}
	defer db.Close()
	done, err := db.Exec(statement)
	if err != nil {
		r.t.Fatal(err)
	}
	n, err := done.RowsAffected()
	if err != nil {
		r.t.Fatal(err)
	}
	return n
}

const (
	// mislabel gives Japan another code in the open cells, and relabel takes it back.
	mislabel = "update open_labels set text = 'JPN' where text = 'JP'"
	relabel  = "update open_labels set text = 'JP' where text = 'JPN'"
)

// TestAttackMismatchedLabels replays two weeks. On the eighth day a country has another code in the store than
// in the catalogue, which is how the rows of a country were lost for months elsewhere; on the eleventh the cells of
// a table are not all there. Each is told before anything of that day is reserved or drawn; all other days are sealed and
// published, and these two are not measured, until the label is right again.
//
// Seen to fail when cells outside the declared keys are passed over, and when tables of
// different visitor-days are sealed.
func TestAttackMismatchedLabels(t *testing.T) {
	r := newRig(t, may(1, 9, 0), map[string]string{"oboro.yaml": "state_limit: 64MB\nlimits: {rate: 100000}\n"})
	r.serve()
	alarms := map[int]error{}
	for day := 1; day <= 14; day++ {
		r.set(may(day, 9, 0))
		r.answered(202, 60)
		r.flush()
		switch day {
		case 8:
			if r.change(mislabel) != 1 {
				t.Fatal("no country has another code now")
			}
		case 11:
			r.lose("devices", may(day, 0, 0))
		}
		r.set(may(day+1, 0, 0).Add(time.Second))
		if err := r.app.collector.Turn(); err != nil {
			t.Fatal(err)
		}
		_, alarms[day] = r.app.aggregator.SealThrough(t.Context(), hit.DayOf(may(day, 0, 0)))
		if day == 8 && r.reserved(8) {
			t.Error("the day with the wrong label is in the ledger")
		}
	}
	for day, err := range alarms { // each is told again with every later seal
		if (day >= 8) != errors.Is(err, seal.ErrIncomplete) {
			t.Errorf("%d May: the alarm is %v", day, err)
		}
	}
	if told := alarms[8]; told == nil || !strings.Contains(told.Error(), "countries") || strings.Contains(told.Error(), "JPN") {
		t.Errorf("the alarm does not name the table, or names a label: %v", told)
	}
	r.set(may(33, 12, 0))
	days := r.daysPublished("2026-05")
	for day := 1; day <= 14; day++ {
		name := may(day, 0, 0).Format(time.DateOnly)
		if day == 8 || day == 11 {
			if days[name] != [2]string{"N", ""} || r.reserved(day) {
				t.Errorf("%s is published as %q, and in the ledger: %v", name, days[name], r.reserved(day))
			}
			continue
		}
		near(t, days, name, 60)
	}
	if r.change(relabel) != 1 {
		t.Fatal("the cell of 8 May is not there any more")
	}
	if _, err := r.app.aggregator.SealThrough(t.Context(), hit.DayOf(may(14, 0, 0))); !errors.Is(err, seal.ErrIncomplete) {
		t.Errorf("with 11 May still short, the seal says %v", err)
	}
	near(t, r.daysPublished("2026-05"), "2026-05-08", 60)
}

// reserved reports whether the ledger has a reservation of a day of May.
func (r *rig) reserved(day int) bool {
	_, ok := r.app.ledger.Find("demo", ledger.Day, may(day, 0, 0).Format(time.DateOnly))
	return ok
}

// lose takes the largest open cell of a table of a day out of the store.
func (r *rig) lose(id string, day time.Time) {
	r.t.Helper()
	var most store.Cell
	for c, err := range r.app.store.Open(r.t.Context(), store.Table{Statistic: id, Site: "demo", Period: hit.DayOf(day)}) {
		if err != nil {
			r.t.Fatal(err)
		}
		if c.Counts[statistic.Visitors] > most.Counts[statistic.Visitors] {
			most = c
		}
	}
	for m := range most.Counts {
		most.Counts[m] = -most.Counts[m]
	}
	batch := store.Batch{Statistic: id, Period: hit.DayOf(day), Cells: []store.Cell{most}}
	if err := r.app.store.Add(r.t.Context(), store.BatchID{1}, batch); err != nil {
		r.t.Fatal(err)
	}
}
