package seal_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"testing"

	"oboro/aggregator/ledger"
	"oboro/aggregator/seal"
	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
)

// october is the period of the tests: day is its fourth day.
var october = seal.Span{Site: "s", First: day - 3, Days: 31}

// declared are the pages of the tests' site.
var declared = []string{"/b", "/a", "/none"}

// sumPages makes the pages of a catalogue a figure that is summed.
func sumPages(t *testing.T, c *statistic.Catalogue) {
	t.Helper()
	st, ok := c.Find("pages")
	if !ok {
		t.Fatal("there is no statistic of pages")
	}
	st.Published = []statistic.Published{{
		Measure: statistic.Reach, Delta2: big.NewRat(10, 1), Sigma2: big.NewRat(1000, 3), Summed: true, Calibration: 4,
	}}
}

// newSums returns a bench whose pages are summed, with the period begun.
func newSums(t *testing.T) *bench {
	t.Helper()
	b := newBench(t)
	b.summing = true
	b.open(t, 1)
	b.begin(t, declared)
	return b
}

func (b *bench) pages(t *testing.T) *statistic.Statistic {
	t.Helper()
	st, ok := b.Catalogue.Find("pages")
	if !ok {
		t.Fatal("there is no statistic of pages")
	}
	return st
}

func (b *bench) begin(t *testing.T, pages []string) {
	t.Helper()
	if err := b.Begin(t.Context(), october, b.pages(t), pages); err != nil {
		t.Fatalf("Begin: %v", err)
	}
}

func (b *bench) fill(ctx context.Context, t *testing.T, of statistic.Day) error {
	return b.Fill(ctx, october, b.pages(t), of)
}

// pagesDay is a day with pages: 30 visitor-days reach /a, 7 /b, and 50 one that is not declared.
func pagesDay(of statistic.Day) seal.Day {
	d := openDay(40, 12)
	d.Day = of
	d.Cells["pages"] = []store.Cell{reached("/a", 30), reached("/b", 7), reached("/elsewhere", 50), reached(statistic.Unlisted, 2)}
	return d
}

func reached(page string, n int64) store.Cell {
	c := store.Cell{Site: "s", Keys: []string{page}}
	c.Counts[statistic.Visitors], c.Counts[statistic.Reach], c.Counts[statistic.Views] = n+5, n, 3*n
	return c
}

// TestShareIsDrawnForEveryKey: each key that the period began with has a value, calibration
// and zeros included, with the variance of the day's share; on neighbouring days with the same
// random bytes the values differ as reach does. What else was viewed has no key. Seen to fail when
// the keys are those declared at the seal, when a key of no cell is left out, when the whole
// variance is drawn, when visitors are taken for reach, and when the ledger's hash of the keys
// is not compared.
func TestShareIsDrawnForEveryKey(t *testing.T) {
	b := newSums(t)
	b.begin(t, []string{"/later"}) // begun already
	if _, err := b.Seal(t.Context(), pagesDay(day)); err != nil {
		t.Fatal(err)
	}
	share := b.shelf.seals[day].Shares[0]
	drawn := big.NewRat(1000, 93)
	counts := map[string]int64{"/a": 30, "/b": 7}
	want := []string{"(calibration 01)", "(calibration 02)", "(calibration 03)", "(calibration 04)", "/a", "/b", "/none"}
	if len(share.Values) != len(want) || share.Statistic != "pages" || share.Period != october.First || share.Days != 31 {
		t.Fatalf("the share is %+v, want one of %d keys", share, len(want))
	}
	noised := 0
	for i, m := range share.Values {
		if !slices.Equal(m.Keys, want[i:i+1]) || m.Measure != statistic.Reach || m.Sigma2.Cmp(drawn) != 0 {
			t.Errorf("value %d is %+v, want reach of %s with the variance %s", i, m, want[i], drawn)
		}
		if m.Value != counts[m.Keys[0]] {
			noised++
		}
	}
	alone := func(n int64) []store.Measurement { // the same bytes, another day's counts
		b := newSums(t)
		d := pagesDay(day)
		d.Cells["pages"][0].Counts[statistic.Reach] = n
		if _, err := b.Seal(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		return b.shelf.seals[day].Shares[0].Values
	}
	for i, m := range alone(31) {
		if got := m.Value - share.Values[i].Value; m.Keys[0] == "/a" && got != 1 || m.Keys[0] != "/a" && got != 0 {
			t.Errorf("%s: one visitor-day more at /a changes the share by %d", m.Keys[0], got)
		}
	}
	if noised < 3 { // each value is its count with a probability of an eighth
		t.Errorf("the share holds the counts as they are: %+v", share.Values)
	}
	b.shelf.period.Keys = b.shelf.period.Keys[1:]
	b.open(t, 2)
	next := pagesDay(day + 1)
	if _, err := b.Seal(t.Context(), next); !errors.Is(err, ledger.ErrDomain) {
		t.Errorf("Seal with other keys in the store than in the ledger = %v, want ErrDomain", err)
	}
}

// TestPeriodAddsUp seals a month of which one day counted nothing and is filled in, one is of
// two epochs, and one is filled in and sealed late: the sum has the counts of the others, and
// the variance that a visitor-day of the day of two epochs needs; the late day enters no
// figure of pages, but all others. Seen to fail when a late day gives a share, when Fill draws
// nothing, when the variance of the day's share alone grows, and when the period closes short.
func TestPeriodAddsUp(t *testing.T) {
	b := newSums(t)
	const idle, late, torn = 5, 9, 12
	for n := range statistic.Day(october.Days) {
		d := pagesDay(october.First + n)
		switch n {
		case idle, late:
			if err := b.fill(t.Context(), t, d.Day); err != nil {
				t.Fatal(err)
			}
			continue
		case torn:
			d.Epochs = 2
		}
		if n == 30 {
			if err := b.Close(t.Context(), october, b.pages(t)); !errors.Is(err, ledger.ErrShort) {
				t.Errorf("Close a day short = %v, want ErrShort", err)
			}
		}
		if _, err := b.Seal(t.Context(), d); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if err := b.Close(t.Context(), october, b.pages(t)); err != nil {
			t.Fatal(err)
		}
	}
	sum := *b.shelf.period
	if !sum.Closed || sum.Done != 31 {
		t.Errorf("the period has %d shares, closed %v", sum.Done, sum.Closed)
	}
	for _, m := range sum.Values {
		if m.Sigma2.Cmp(big.NewRat(4000, 3)) != 0 {
			t.Errorf("%s is summed with the variance %s, want 4 times 1000/3", m.Keys, m.Sigma2)
		}
		if want := map[string]int64{"/a": 29 * 30, "/b": 29 * 7}[m.Keys[0]]; m.Value < want-220 || m.Value > want+220 {
			t.Errorf("%s is summed to %d, want %d and six deviations at most", m.Keys, m.Value, want)
		}
	}
	before := slices.Clone(sum.Values)
	if _, err := b.Seal(t.Context(), pagesDay(october.First+late)); err != nil {
		t.Fatalf("Seal of a late day: %v", err)
	}
	of := b.shelf.seals[october.First+late]
	if len(of.Shares) != 0 || len(table(t, of, "devices").Measurements) == 0 {
		t.Errorf("the late day gives %d shares, %d measurements of devices", len(of.Shares), len(table(t, of, "devices").Measurements))
	}
	if after := *b.shelf.period; after.Done != 31 || fmt.Sprint(after.Values) != fmt.Sprint(before) {
		t.Error("the late day changed the sum")
	}
}

// TestFillCrashMatrix stops what fills in for a day after each step, as TestCrashMatrix does
// with a seal: the day has one share, the first that stood in the ledger, and another day's
// seal goes on as before. Seen to fail when Fill draws again where a result stands, and when
// it does so under another reservation.
func TestFillCrashMatrix(t *testing.T) {
	for _, tt := range crashes {
		for _, recovers := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, recovered %v", tt.name, recovers), func(t *testing.T) {
				b := newSums(t)
				b.reads = 20
				tt.arm(b)
				through := completes(func() error { return b.fill(t.Context(), t, day) })
				if through != tt.through {
					t.Fatalf("the day was filled in: %v", through)
				}
				b.stopped(t)
				b.open(t, 2)
				first := b.shareResult(t)
				if (first != nil) != tt.stands {
					t.Fatalf("after the stop the share stands in the ledger: %v, want %v", first != nil, tt.stands)
				}
				if recovers {
					if err := b.Recover(t.Context()); err != nil || b.random.read > 0 {
						t.Fatalf("Recover = %v, and drew %d bytes", err, b.random.read)
					}
				}
				for n := range 20 {
					if n%5 == 4 {
						b.open(t, byte(n))
					}
					if err := b.fill(t.Context(), t, day); err != nil {
						t.Fatal(err)
					}
				}
				b.forgotten(t)
				last := b.shareResult(t)
				if last == nil || first != nil && !bytes.Equal(last, first) {
					t.Error("the share is not the one that stood first")
				}
				var outcome store.Seal
				if err := json.Unmarshal(last, &outcome); err != nil {
					t.Fatal(err)
				}
				if sum := b.shelf.period; sum.Done != 1 || fmt.Sprint(sum.Values) != fmt.Sprint(outcome.Shares[0].Values) {
					t.Errorf("the sum is %+v of %d shares, want %+v", sum.Values, sum.Done, outcome.Shares[0].Values)
				}
				if size, _ := b.ledger.Tree(); size != 4 || b.shelf.seals[day].Site != "" {
					t.Errorf("the ledger has %d records, want origin, period, reservation and commit; the day is sealed: %v", size, b.shelf.seals[day].Site != "")
				}
			})
		}
	}
}

// shareResult returns what the ledger has of the share of the day, as bytes.
func (b *bench) shareResult(t *testing.T) []byte {
	t.Helper()
	r, ok := b.ledger.Share("s", "pages", day.String())
	if !ok {
		return nil
	}
	text, err := json.Marshal(store.Seal{
		Site: "s", Grain: statistic.Daily, Period: day, Reservation: r.Seq, Epochs: r.Epochs, Shares: []store.Share{b.shelf.shares[day]},
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.outcome(t, r, text)
}

// TestBeginCrashMatrix stops the beginning of a period between store and ledger: it has the
// keys that the store has, whatever is declared later, and no share is drawn before the
// ledger has the period. Seen to fail when the ledger is written first, with keys that nobody
// has after the stop.
func TestBeginCrashMatrix(t *testing.T) {
	for name, arm := range map[string]func(b *bench){
		"killed before the store has it": func(b *bench) { b.shelf.before = func() error { panic(errCrash) } },
		"killed after the store has it":  func(b *bench) { b.shelf.after = func() error { panic(errCrash) } },
		"ledger fails":                   func(b *bench) { b.shelf.after = func() error { return b.ledger.Close() } },
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.summing = true
			b.open(t, 1)
			arm(b)
			if completes(func() error { return b.Begin(t.Context(), october, b.pages(t), declared) }) {
				t.Fatal("the period began")
			}
			b.open(t, 2)
			want := []string{"/later"}
			if b.shelf.period != nil {
				want = declared
			}
			b.begin(t, []string{"/later"})
			if _, err := b.Seal(t.Context(), pagesDay(day)); err != nil {
				t.Fatal(err)
			}
			var pages []string
			for _, m := range b.shelf.seals[day].Shares[0].Values[4:] {
				pages = append(pages, m.Keys[0])
			}
			slices.Sort(pages)
			if want := slices.Sorted(slices.Values(want)); !slices.Equal(pages, want) {
				t.Errorf("the pages of the period are %q, want %q", pages, want)
			}
		})
	}
}

// TestNoShareWithoutItsPeriod: where a period did not begin in time, days give none to it,
// and it cannot begin any more. Seen to fail when Begin does not ask the ledger.
func TestNoShareWithoutItsPeriod(t *testing.T) {
	b := newBench(t)
	b.summing = true
	b.open(t, 1)
	if _, err := b.Seal(t.Context(), pagesDay(day)); err != nil {
		t.Fatal(err)
	}
	if n := len(b.shelf.seals[day].Shares); n != 0 {
		t.Errorf("a day before the period gives %d shares", n)
	}
	if err := b.Begin(t.Context(), october, b.pages(t), declared); !errors.Is(err, ledger.ErrPeriod) {
		t.Errorf("Begin after a day of it is sealed = %v, want ErrPeriod", err)
	}
	if err := b.fill(t.Context(), t, day+1); !errors.Is(err, ledger.ErrPeriod) {
		t.Errorf("Fill without a period = %v, want ErrPeriod", err)
	}
	if err := b.Begin(t.Context(), seal.Span{Site: "s", First: day + 28, Days: 30}, b.pages(t), nil); err != nil {
		t.Errorf("Begin without a declared page = %v, want nothing done", err)
	}
	if size, _ := b.ledger.Tree(); size != 3 {
		t.Errorf("the ledger has %d records, want origin, reservation and commit", size)
	}
}
