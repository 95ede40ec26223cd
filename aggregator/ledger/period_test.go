package ledger

import (
	"errors"
	"math/big"
	"slices"
	"strings"
	"testing"
)

var sha = strings.Repeat("ab", 32)

// november is the period over which pages of the site are summed in the tests.
func november() *Period {
	return &Period{Cells: 2, Days: 30, Domain: sha, First: "2026-11-01", Measure: "reach", Site: "demo", Statistic: "pages"}
}

// giving returns the reservation of a day that gives a share, before the ledger works out
// the rest of it.
func giving(day string) Reservation {
	r := *reservation(Day, day, "visitors", 100)
	r.Draws = append(r.Draws, Draw{Statistic: "pages", Measure: "reach", Cells: 2, Share: 30, Delta2: Ratio{1, 10}, Sigma2: Ratio{3, 1000}})
	return r
}

// filling returns the reservation that fills in for a day.
func filling(day string) Reservation {
	r := giving(day)
	r.Fill, r.Draws = true, r.Draws[1:]
	return r
}

// TestPeriods holds published copies to the rules of periods. Seen to fail, each at its case, for
// each condition of the checks of period.go that is taken out, and each part of one; and for those of
// span.
func TestPeriods(t *testing.T) {
	done := func(r Reservation) record {
		whole, err := r.completed()
		if err != nil {
			t.Fatal(err)
		}
		return record{Reserve: &whole}
	}
	begins := func(change func(p *Period)) record {
		p := november()
		change(p)
		return record{Period: p}
	}
	november := record{Period: november()}
	share := func(day string) record { return done(giving(day)) }
	fill := func(day string) record { return done(filling(day)) }
	commit := func(seq uint64) record { return record{Commit: &Commit{Reserve: seq, SHA256: sha}} }
	closing := record{Close: &Closing{First: "2026-11-01", Site: "demo", Statistic: "pages"}}
	gap := record{Gap: &Gap{Site: "demo", Grain: Day, Period: "2026-11-18", Reason: "lost"}}
	changed := func(change func(r *Reservation)) record {
		r := giving("2026-11-18")
		change(&r)
		return done(r)
	}
	sealed := []record{origin(), november} // every day of it
	for _, d := range mustSpan(t, Month, "2026-11-01") {
		sealed = append(sealed, share(d.String()), commit(uint64(len(sealed))))
	}
	uncommitted := append(append([]record{}, sealed[:len(sealed)-1]...), closing)
	filled := append(append([]record{}, sealed[:len(sealed)-2]...), fill("2026-11-30"), commit(60), closing)
	closed := append(append([]record{}, sealed...), closing)
	plain := done(*reservation(Day, "2026-11-30", "visitors", 100))
	for _, tt := range []struct {
		name    string
		records []record
		want    string // part of the error; nothing where there is none
	}{
		{"a share of a day", []record{origin(), november, share("2026-11-18")}, ""},
		{"a ledger of the first format", []record{{Ledger: &Origin{Format: 1, ID: strings.Repeat("0f", 16)}}, november, share("2026-11-18")}, ""},
		{"a share before its period", []record{origin(), share("2026-11-18"), november}, "before its period"},
		{"a period whose days are reserved", []record{origin(), plain, november}, "was reserved before"},
		{"a period in a week of which nothing is drawn", []record{origin(), changed(func(r *Reservation) { r.Grain, r.Period, r.Draws = Week, "2026-11-16", []Draw{} }), november, share("2026-11-18")}, ""},
		{"a share of a day after it", []record{origin(), november, share("2026-12-01")}, "before its period"},
		{"a period again", []record{origin(), november, november}, "is in the period"},
		{"a week within it", []record{origin(), november, begins(func(p *Period) { p.First, p.Days = "2026-11-30", 7 })}, "is in the period"},
		{"the month after it", []record{origin(), november, begins(func(p *Period) { p.First, p.Days = "2026-12-01", 31 })}, ""},
		{"a month of another length", []record{origin(), begins(func(p *Period) { p.Days = 31 })}, "has 30 days"},
		{"a month from its second day", []record{origin(), begins(func(p *Period) { p.First = "2026-11-02" })}, "begins on"},
		{"a week from a Tuesday", []record{origin(), begins(func(p *Period) { p.First, p.Days = "2026-11-03", 7 })}, "begins on"},
		{"a period without cells", []record{origin(), begins(func(p *Period) { p.Cells = 0 })}, "no period"},
		{"a period without keys", []record{origin(), begins(func(p *Period) { p.Domain = "" })}, "no period"},
		{"a period of no site", []record{origin(), begins(func(p *Period) { p.Site = "" })}, "no period"},
		{"a period of no statistic", []record{origin(), begins(func(p *Period) { p.Statistic = "" })}, "no period"},
		{"a period of more cells than are counted", []record{origin(), begins(func(p *Period) { p.Cells = 1 << 62 })}, "no period"},
		{"a period of no measure", []record{origin(), begins(func(p *Period) { p.Measure = "" })}, "no period"},
		{"a share of another length", []record{origin(), november, changed(func(r *Reservation) { r.Draws[1].Share = 7 })}, "not the share"},
		{"a share of fewer cells", []record{origin(), november, changed(func(r *Reservation) { r.Draws[1].Cells = 1 })}, "not the share"},
		{"a share of another measure", []record{origin(), november, changed(func(r *Reservation) { r.Draws[1].Measure = "visitors" })}, "not the share"},
		{"the whole of what is summed", []record{origin(), november, changed(func(r *Reservation) { r.Draws[1].Share = 0 })}, "not the share"},
		{"another measure beside it", []record{origin(), november, changed(func(r *Reservation) { r.Draws[1].Share, r.Draws[1].Measure = 0, "visitors" })}, ""},
		{"a share of a week", []record{origin(), november, changed(func(r *Reservation) { r.Grain, r.Period = Week, "2026-11-16" })}, "not the share"},
		{"a share told smaller", []record{origin(), november, func() record {
			r := share("2026-11-18")
			r.Reserve.Draws[1].Drawn = Ratio{9, 99}
			return r
		}()}, "declared numbers"},
		{"a share twice", []record{origin(), november, share("2026-11-18"), share("2026-11-18")}, "has its share"},
		{"a share and what fills in for it", []record{origin(), november, share("2026-11-18"), fill("2026-11-18")}, "has its share"},
		{"what fills in, and the share", []record{origin(), november, fill("2026-11-18"), share("2026-11-18")}, "has its share"},
		{"what fills in twice", []record{origin(), november, fill("2026-11-18"), fill("2026-11-18")}, "has its share"},
		{"what fills in, and the day without a share", []record{origin(), november, fill("2026-11-30"), plain}, ""},
		{"what fills in for a gap", []record{origin(), november, gap, fill("2026-11-18"), commit(3)}, ""},
		{"what fills in for a share that is lost", []record{origin(), november, share("2026-11-18"), gap, fill("2026-11-18"), commit(4)}, ""},
		{"a share of a gap", []record{origin(), november, gap, share("2026-11-18")}, "gap"},
		{"what fills in, of several", []record{origin(), november, changed(func(r *Reservation) { r.Fill = true; slices.Reverse(r.Draws) })}, "one share of the noise"},
		{"what fills in, of epochs", []record{origin(), november, changed(func(r *Reservation) { r.Fill, r.Epochs, r.Draws = true, 2, r.Draws[1:] })}, "one share of the noise"},
		{"what fills in, of no share", []record{origin(), november, changed(func(r *Reservation) { r.Fill, r.Draws = true, r.Draws[:1] })}, "one share of the noise"},
		{"what fills in, of a marked day", []record{origin(), november, changed(func(r *Reservation) { r.Fill, r.Marked, r.Draws = true, true, r.Draws[1:] })}, "one share of the noise"},
		{"what fills in, of an import", []record{origin(), november, changed(func(r *Reservation) { r.Fill, r.Imported, r.Draws = true, true, r.Draws[1:] })}, "one share of the noise"},
		{"a period closed", closed, ""},
		{"closed again", append(append([]record{}, closed...), closing), "closed"},
		{"a day left out", []record{origin(), november, closing}, "has given no share"},
		{"a day not committed", uncommitted, "has given no share"},
		{"a day filled in", filled, ""},
		{"a day late, with a share", append(append([]record{}, filled...), share("2026-11-30")), "closed"},
		{"a day late, without", append(append([]record{}, filled...), plain), ""},
		{"a closing of no period", []record{origin(), closing}, "no period"},
		{"a closing from within", []record{origin(), november, {Close: &Closing{First: "2026-11-02", Site: "demo", Statistic: "pages"}}}, "no period"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := &copied{t: t, h: newHistory()}
			for _, r := range tt.records {
				c.add(r)
			}
			err := Verify(c.lines)
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("Verify = %v, want %q", err, tt.want)
			}
		})
	}
}

func mustSpan(t *testing.T, grain, first string) []day {
	t.Helper()
	days, err := span(grain, first)
	if err != nil {
		t.Fatal(err)
	}
	return days
}

// TestSharesLeaveNoDayShort adds up the variances of a period of which one day is of several
// epochs, or marked: the sum must have what a visitor-day of that day needs, which is the
// variance of the period times its factor; and all the days' budget is that of one table.
// Without such a day it is exactly that of the period. Seen to fail when the day's share
// alone grew (1/n times the factor), and when it grew by the factor beside the whole
// (1/n + factor).
func TestSharesLeaveNoDayShort(t *testing.T) {
	for _, tt := range []struct {
		days   int
		epochs int
		marked bool
		factor int64
	}{
		{7, 1, false, 1}, {28, 1, false, 1}, {29, 1, false, 1}, {30, 1, false, 1}, {31, 1, false, 1},
		{7, 2, false, 4}, {30, 2, false, 4}, {31, 3, false, 9}, {7, 1, true, 2}, {30, 1, true, 2}, {30, 2, true, 8},
	} {
		sum := new(big.Rat)
		for n := range tt.days {
			r := giving("2026-11-18")
			r.Draws[1].Share = tt.days
			if n == 0 {
				r.Epochs, r.Marked = tt.epochs, tt.marked
			}
			whole, err := r.completed()
			if err != nil {
				t.Fatal(err)
			}
			if rho := whole.Draws[1].Rho; rho != (Ratio{200, 3}) {
				t.Errorf("a share spends %s, want 3/200", rho)
			}
			sum.Add(sum, whole.Draws[1].Drawn.Rat())
		}
		if want := big.NewRat(1000*tt.factor, 3); sum.Cmp(want) != 0 {
			t.Errorf("%d days, one of %d epochs, marked %v: the variances add up to %s, want %s", tt.days, tt.epochs, tt.marked, sum, want)
		}
	}
}

// TestPeriodIsBegunOnce holds that a period stands over restarts with the keys that it began
// with, that what fills in spends nothing, and how a share is found. Seen to fail when Begin
// took other keys, when what fills in spent budget, and when the share of a lost day was
// found.
func TestPeriodIsBegunOnce(t *testing.T) {
	dir := t.TempDir()
	var l *Ledger
	open := func() {
		if l != nil {
			l.Close()
		}
		var err error
		if l, err = Open(dir, strings.NewReader(strings.Repeat("x", 16))); err != nil {
			t.Fatal(err)
		}
	}
	open()
	defer func() { l.Close() }()
	other := *november()
	other.Domain = strings.Repeat("cd", 32)
	for range 2 {
		if err := errors.Join(l.Begin(*november()), l.Begin(*november())); err != nil {
			t.Fatal(err)
		}
		if err := l.Begin(other); !errors.Is(err, ErrDomain) {
			t.Errorf("Begin with other keys = %v, want ErrDomain", err)
		}
		open()
	}
	if p, closed, ok := l.Summing("demo", "pages", "2026-11-30"); p != *november() || closed || !ok {
		t.Errorf("Summing = %+v, %v, %v, want November", p, closed, ok)
	}
	if _, _, ok := l.Summing("demo", "pages", "2026-12-01"); ok {
		t.Error("a day after the period is summed")
	}
	if err := l.ClosePeriod("demo", "pages", "2026-11-01"); !errors.Is(err, ErrShort) {
		t.Errorf("ClosePeriod = %v, want ErrShort", err)
	}
	lost, err := l.Reserve(giving("2026-11-18"))
	if err != nil {
		t.Fatal(err)
	}
	if r, ok := l.Share("demo", "pages", "2026-11-18"); !ok || r.Seq != lost.Seq {
		t.Errorf("Share = %+v, %v, want reservation %d", r, ok, lost.Seq)
	}
	spent := l.Spent("demo", "2026-11-18")
	if err := l.Gap("demo", Day, "2026-11-18", "the store was lost"); err != nil {
		t.Fatal(err)
	}
	if r, ok := l.Share("demo", "pages", "2026-11-18"); ok {
		t.Errorf("Share of a lost day = %+v", r)
	}
	fill, err := l.Reserve(filling("2026-11-18"))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(l.WriteResult(fill.Seq, []byte("{}")), l.Commit(fill.Seq)); err != nil {
		t.Errorf("fill in for a lost day: %v", err)
	}
	open()
	if r, ok := l.Share("demo", "pages", "2026-11-18"); !ok || r.Seq != fill.Seq || r.Committed == 0 {
		t.Errorf("Share of a day filled in = %+v, %v, want reservation %d", r, ok, fill.Seq)
	}
	if fill.Rho().Sign() != 0 || l.Spent("demo", "2026-11-18").Cmp(spent) != 0 || l.Spent("demo", "2026-11-19").Sign() != 0 {
		t.Errorf("what fills in spends: %s after %s", l.Spent("demo", "2026-11-18"), spent)
	}
	if len(l.Pending()) != 0 {
		t.Errorf("%+v is pending", l.Pending())
	}
}
