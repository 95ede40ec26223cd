package storetest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strings"

	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
)

// sealing holds the cases of seals. Seen to fail, on SQLite, when a batch of a
// sealed period was taken, when batch ids were dropped while a site was open, when
// a seal dropped the cells of all sites or of all periods, when a second seal
// replaced the first or its reservation, when tables without cells were not noted,
// when ids of labels that were dropped, or never kept, were remembered, when grains
// were not told apart, in seals, in open cells, in their batch ids and in what is refused, when a reservation lost its highest bit, when measurements
// were read in the order of their ids, when two of the same keys were taken, when the
// variance of the first of a table was that of all, when cells were packed too narrow,
// read without their sign, or read in the order in which they are packed, and when of many
// labels only those that nobody had, or only those that all had, got their ids. And when DropOpen left
// a seal behind, dropped the cells of every period, dropped those of days alone, or those of a grain
// beside its own.
var sealing = []outcome{
	{"a seal comes back as it was", roundTrip},
	{"a seal drops the open cells of its site, statistics and period alone", dropsItsOwn},
	{"what nothing will seal is dropped of its site, statistics, period and grain alone, and leaves no seal", dropsUnsealed},
	{"cells of a Monday and of its week stay apart", grainsApart},
	{"a seal written again changes nothing", sealedTwice},
	{"a batch of a sealed period is refused and changes nothing", refusedBatch},
	{"a batch sent again after its seal changes nothing", resentAfterSeal},
	{"a batch that another site keeps open still counts once", resentBetweenSeals},
	{"a period without cells is sealed all the same", emptySeal},
	{"seals are read in their range and order", ranges},
	{"without a statistic only the seals are read", headersOnly},
	{"hostile labels come back from a seal as they were", hostileSeal},
	{"cells come back in their order, with keys of each number and counters of every size", manyCells},
	{"tables of many cells come back, whichever of their labels were there before", manyLabels},
	{"measurements come back in their order, with keys of each number", manyMeasured},
	{"a seal that cannot be kept whole is not kept", refusedSeal},
	{"a cancelled seal changes nothing", cancelledSeal},
	{"a label that went with a seal can come again", labelAgain},
}

// seal returns a seal with the given tables.
func seal(site string, grain statistic.Grain, period statistic.Day, tables ...store.Sealed) store.Seal {
	return store.Seal{Site: site, Grain: grain, Period: period, Reservation: 7, Epochs: 1, Tables: tables}
}

// folded returns a sealed cell: visitors, views.
func folded(merged int, visitors, views int64, keys ...string) store.Folded {
	return store.Folded{Keys: keys, Counts: cell("", visitors, views, 0).Counts, Merged: merged}
}

// wantSeals compares the seals of a site with those wanted.
func (b *bench) wantSeals(site, statisticID string, from, to statistic.Day, want ...store.Seal) {
	b.Helper()
	got := b.mustRead(site, statisticID, from, to)
	if !slices.EqualFunc(got, want, sameSeal) {
		b.Errorf("Seals(%s, %q, %s, %s) = %+v, want %+v", site, statisticID, from, to, got, want)
	}
}

func sameSeal(a, c store.Seal) bool {
	return a.Site == c.Site && a.Grain == c.Grain && a.Period == c.Period && a.Reservation == c.Reservation &&
		a.Epochs == c.Epochs && a.Imported == c.Imported && slices.EqualFunc(a.Tables, c.Tables, sameTable)
}

func sameTable(a, c store.Sealed) bool {
	return a.Statistic == c.Statistic && a.Forgotten == c.Forgotten &&
		slices.EqualFunc(a.Cells, c.Cells, func(x, y store.Folded) bool {
			return slices.Equal(x.Keys, y.Keys) && x.Counts == y.Counts && x.Merged == y.Merged
		}) &&
		slices.EqualFunc(a.Measurements, c.Measurements, func(x, y store.Measurement) bool {
			return slices.Equal(x.Keys, y.Keys) && x.Measure == y.Measure && x.Value == y.Value &&
				x.Sigma2 != nil && y.Sigma2 != nil && x.Sigma2.Cmp(y.Sigma2) == 0
		})
}

func roundTrip(b *bench) {
	table := store.Sealed{
		Statistic: "pages",
		Cells: []store.Folded{ // in the order of keys
			folded(31, 0, 400, statistic.Other),
			folded(0, 12, 70, statistic.Unlisted),
			folded(0, 10, 30, "/about"),
			folded(0, 11, 20, "/お知らせ/令和8年"),
		},
		Measurements: []store.Measurement{ // in the order of measures, then keys
			{Measure: statistic.Visitors, Value: 1234, Sigma2: big.NewRat(450, 7)},
			{Keys: []string{"chrome"}, Measure: statistic.Visits, Value: -3, Sigma2: big.NewRat(1, 3)},
			{Keys: []string{"その他"}, Measure: statistic.Visits, Value: math.MinInt64, Sigma2: big.NewRat(math.MaxInt64, 2)},
		},
	}
	other := store.Sealed{Statistic: "browsers", Cells: []store.Folded{folded(0, 10, 10, "chrome", "142", "windows")}}
	whole := store.Seal{
		Site: "a", Grain: statistic.Daily, Period: monday,
		Reservation: math.MaxUint64, Epochs: 3, Imported: true, Tables: []store.Sealed{table, other},
	}
	b.mustSeal(whole)
	for range 2 {
		read := whole
		read.Tables = []store.Sealed{table}
		b.wantSeals("a", "pages", monday, monday, read)
		read.Tables = []store.Sealed{other}
		b.wantSeals("a", "browsers", monday, monday, read)
		b.reopen()
	}
}

func dropsItsOwn(b *bench) {
	b.mustAdd(1, pages(cell("a", 1, 1, 1, "/"), cell("b", 2, 2, 2, "/"), cell("b", 2, 2, 2, "/only-b")))
	b.mustAdd(2, store.Batch{Statistic: "traffic", Period: monday, Cells: []store.Cell{cell("a", 1, 1, 1, "09")}})
	b.mustAdd(3, week(cell("a", 3, 3, 3, "/")))
	b.mustAdd(4, store.Batch{Statistic: "pages", Period: monday + 1, Cells: []store.Cell{cell("a", 4, 4, 4, "/")}})
	// not-found stays open for a week.
	b.mustSeal(seal("a", statistic.Daily, monday, store.Sealed{Statistic: "pages"}, store.Sealed{Statistic: "traffic"}))
	for range 2 {
		b.wantOpen("pages", "a", monday)
		b.wantOpen("traffic", "a", monday)
		b.wantOpen("pages", "b", monday, cell("b", 2, 2, 2, "/"), cell("b", 2, 2, 2, "/only-b"))
		b.wantOpenWeek("not-found", "a", monday, cell("a", 3, 3, 3, "/"))
		b.wantOpen("pages", "a", monday+1, cell("a", 4, 4, 4, "/"))
		b.reopen()
	}
	b.mustSeal(seal("a", statistic.Weekly, monday, store.Sealed{Statistic: "not-found"}))
	b.wantOpenWeek("not-found", "a", monday)
	b.wantOpen("pages", "a", monday+1, cell("a", 4, 4, 4, "/"))
}

func dropsUnsealed(b *bench) {
	b.mustAdd(1, pages(cell("a", 1, 1, 1, "/"), cell("b", 2, 2, 2, "/")))
	b.mustAdd(2, store.Batch{Statistic: "traffic", Period: monday, Cells: []store.Cell{cell("a", 1, 1, 1, "09")}})
	b.mustAdd(3, store.Batch{Statistic: "not-found", Period: monday, Cells: []store.Cell{cell("a", 3, 3, 3, "/")}})
	b.mustAdd(4, store.Batch{Statistic: "pages", Period: monday + 1, Cells: []store.Cell{cell("a", 4, 4, 4, "/")}})
	b.mustAdd(5, week(cell("a", 5, 5, 5, "/week"), cell("b", 6, 6, 6, "/week")))
	ofWeek := store.Batch{Statistic: "pages", Grain: statistic.Weekly, Period: monday, Cells: []store.Cell{cell("a", 7, 7, 7, "/")}}
	b.mustAdd(6, ofWeek)
	for range 2 { // also once they are gone
		if err := b.DropOpen(b.Context(), store.Table{Site: "a", Period: monday}, []string{"pages", "traffic", "never-heard-of"}); err != nil {
			b.Fatal(err)
		}
		b.wantOpenWeek("pages", "a", monday, ofWeek.Cells[0])
		b.wantOpen("pages", "a", monday)
		b.wantOpen("traffic", "a", monday)
		b.wantOpen("pages", "b", monday, cell("b", 2, 2, 2, "/"))
		b.wantOpen("not-found", "a", monday, cell("a", 3, 3, 3, "/"))
		b.wantOpen("pages", "a", monday+1, cell("a", 4, 4, 4, "/"))
		b.wantSeals("a", "", monday, monday+1)
		b.reopen()
	}
	b.mustAdd(6, ofWeek) // known: the day has left the ids of its week
	if err := b.DropOpen(b.Context(), store.Table{Site: "a", Grain: statistic.Weekly, Period: monday}, []string{"not-found"}); err != nil {
		b.Fatal(err)
	}
	b.wantOpenWeek("not-found", "a", monday)
	b.wantOpenWeek("not-found", "b", monday, cell("b", 6, 6, 6, "/week"))
	b.wantOpenWeek("pages", "a", monday, ofWeek.Cells[0])
	b.wantOpen("not-found", "a", monday, cell("a", 3, 3, 3, "/"))
	if err := b.DropOpen(b.Context(), store.Table{Site: "a", Grain: "month", Period: monday}, []string{"pages"}); err == nil {
		b.Error("DropOpen(of no grain) = nil, want an error")
	}
}

// week returns a batch of "not-found" of the week of monday.
func week(cells ...store.Cell) store.Batch {
	return store.Batch{Statistic: "not-found", Grain: statistic.Weekly, Period: monday, Cells: cells}
}

// grainsApart is a statistic whose grain was changed on a Monday: the cells of that day and of
// its week are two tables, each with its batches, and the seal of one leaves the other.
func grainsApart(b *bench) {
	ofDay := store.Batch{Statistic: "not-found", Grain: statistic.Daily, Period: monday, Cells: []store.Cell{cell("a", 1, 1, 1, "/")}}
	b.mustAdd(1, ofDay)
	ofWeek := week(cell("a", 2, 2, 2, "/"), cell("a", 5, 5, 5, "/only-week"))
	b.mustAdd(2, ofWeek)
	b.wantOpen("not-found", "a", monday, cell("a", 1, 1, 1, "/"))
	b.mustSeal(seal("a", statistic.Daily, monday, store.Sealed{Statistic: "not-found"}))
	b.reopen()
	b.wantOpen("not-found", "a", monday)
	b.wantOpenWeek("not-found", "a", monday, cell("a", 2, 2, 2, "/"), cell("a", 5, 5, 5, "/only-week"))
	b.mustAdd(2, ofWeek) // known: the day's seal has kept the ids of the week
	b.mustAdd(3, week(cell("a", 3, 3, 3, "/")))
	b.wantUnchanged(1, ofDay)
	if err := b.Add(b.Context(), id(4), ofDay); !errors.Is(err, store.ErrSealed) {
		b.Errorf("Add(batch of a sealed day whose week is open) = %v, want %v", err, store.ErrSealed)
	}
	b.wantOpenWeek("not-found", "a", monday, cell("a", 5, 5, 5, "/"), cell("a", 5, 5, 5, "/only-week"))
	b.mustSeal(seal("a", statistic.Weekly, monday, store.Sealed{Statistic: "not-found"}))
	b.wantOpenWeek("not-found", "a", monday)
	if err := b.Add(b.Context(), id(5), week(cell("a", 1, 1, 1, "/"))); !errors.Is(err, store.ErrSealed) {
		b.Errorf("Add(batch of a sealed week) = %v, want %v", err, store.ErrSealed)
	}
	if err := b.Add(b.Context(), id(6), store.Batch{Statistic: "x", Grain: "month", Period: monday, Cells: []store.Cell{cell("a", 1, 1, 1, "/")}}); err == nil {
		b.Error("Add(batch of no grain) = nil, want an error")
	}
}

func sealedTwice(b *bench) {
	first := seal("a", statistic.Daily, monday, store.Sealed{Statistic: "pages", Cells: []store.Folded{folded(0, 10, 20, "/")}})
	b.mustSeal(first)
	b.mustSeal(first)
	second := first
	second.Reservation, second.Imported = 8, true
	second.Tables = []store.Sealed{
		{Statistic: "pages", Cells: []store.Folded{folded(0, 99, 99, "/"), folded(0, 99, 99, "/new")}},
		{Statistic: "traffic"},
	}
	b.mustAdd(1, store.Batch{Statistic: "traffic", Period: monday, Cells: []store.Cell{cell("a", 1, 1, 1, "09")}})
	b.mustSeal(second)
	b.wantSeals("a", "pages", monday, monday, first)
	b.wantOpen("traffic", "a", monday, cell("a", 1, 1, 1, "09"))
}

func refusedBatch(b *bench) {
	b.mustSeal(seal("a", statistic.Daily, monday, store.Sealed{Statistic: "pages"}))
	late := pages(cell("b", 1, 1, 1, "/"), cell("a", 1, 1, 1, "/"))
	for range 2 { // a refused id is not kept as added
		if err := b.Add(b.Context(), id(1), late); !errors.Is(err, store.ErrSealed) {
			b.Errorf("Add(batch of a sealed period) = %v, want %v", err, store.ErrSealed)
		}
	}
	b.wantOpen("pages", "a", monday)
	b.wantOpen("pages", "b", monday)
	b.mustAdd(1, pages(cell("b", 1, 1, 1, "/"))) // the other site is open
	b.wantOpen("pages", "b", monday, cell("b", 1, 1, 1, "/"))
	b.mustAdd(2, store.Batch{Statistic: "pages", Period: next, Cells: []store.Cell{cell("a", 1, 1, 1, "/")}})
	b.wantOpen("pages", "a", next, cell("a", 1, 1, 1, "/"))
}

// wantUnchanged sends a batch that must not count: either answer is right, since a
// store may have forgotten the id along with the cells.
func (b *bench) wantUnchanged(n int, batch store.Batch) {
	b.Helper()
	if err := b.Add(b.Context(), id(n), batch); err != nil && !errors.Is(err, store.ErrSealed) {
		b.Errorf("Add(batch %d, known) = %v, want nil or %v", n, err, store.ErrSealed)
	}
}

func resentAfterSeal(b *bench) {
	batch := pages(cell("a", 1, 1, 1, "/"))
	b.mustAdd(1, batch)
	sealed := seal("a", statistic.Daily, monday, store.Sealed{Statistic: "pages", Cells: []store.Folded{folded(0, 10, 20, "/")}})
	b.mustSeal(sealed)
	b.wantUnchanged(1, batch)
	b.reopen()
	b.wantUnchanged(1, batch)
	b.wantOpen("pages", "a", monday)
	b.wantSeals("a", "pages", monday, monday, sealed)
}

func resentBetweenSeals(b *bench) {
	both := pages(cell("a", 1, 1, 1, "/"), cell("b", 2, 2, 2, "/"))
	only := pages(cell("b", 3, 3, 3, "/"))
	b.mustAdd(1, both)
	b.mustAdd(2, only)
	b.mustSeal(seal("a", statistic.Daily, monday, store.Sealed{Statistic: "pages"}))
	b.wantUnchanged(1, both)
	b.mustAdd(2, only)
	b.wantOpen("pages", "a", monday)
	b.wantOpen("pages", "b", monday, cell("b", 5, 5, 5, "/"))
	b.mustSeal(seal("b", statistic.Daily, monday, store.Sealed{Statistic: "pages"}))
	b.wantUnchanged(1, both)
	b.wantUnchanged(2, only)
	b.wantOpen("pages", "a", monday)
	b.wantOpen("pages", "b", monday)
}

func emptySeal(b *bench) {
	b.wantSeals("a", "pages", monday, monday)
	empty := seal("a", statistic.Daily, monday, store.Sealed{Statistic: "pages"})
	b.mustSeal(empty)
	b.reopen()
	b.wantSeals("a", "pages", monday, monday, empty)
	b.wantSeals("a", "traffic", monday, monday, seal("a", statistic.Daily, monday))
	b.wantSeals("b", "pages", monday, monday)
	if err := b.Add(b.Context(), id(1), pages(cell("a", 1, 1, 1, "/"))); !errors.Is(err, store.ErrSealed) {
		b.Errorf("Add(batch of a period sealed empty) = %v, want %v", err, store.ErrSealed)
	}
}

func ranges(b *bench) {
	table := store.Sealed{Statistic: "pages", Cells: []store.Folded{folded(0, 10, 20, "/")}}
	day := func(d statistic.Day) store.Seal { return seal("a", statistic.Daily, d, table) }
	week := seal("a", statistic.Weekly, monday, store.Sealed{Statistic: "not-found"})
	for _, d := range []statistic.Day{monday + 2, monday - 1, monday, monday + 1} { // not in their order
		b.mustSeal(day(d))
	}
	b.mustSeal(week)
	b.mustSeal(seal("b", statistic.Daily, monday, table))
	bare := seal("a", statistic.Weekly, monday)
	b.wantSeals("a", "pages", monday, monday+1, day(monday), bare, day(monday+1))
	b.wantSeals("a", "pages", monday-10, monday+10, day(monday-1), day(monday), bare, day(monday+1), day(monday+2))
	b.wantSeals("a", "pages", monday+2, monday+2, day(monday+2))
	b.wantSeals("a", "pages", monday+3, monday+10)
	b.wantSeals("a", "pages", monday+1, monday)
	b.wantSeals("a", "not-found", monday, monday, seal("a", statistic.Daily, monday), week)
}

func headersOnly(b *bench) {
	b.mustSeal(seal("a", statistic.Daily, monday, store.Sealed{Statistic: "pages", Cells: []store.Folded{folded(0, 10, 20, "/")}}))
	b.mustSeal(seal("a", statistic.Daily, monday+1, store.Sealed{Statistic: "traffic"}))
	b.wantSeals("a", "", monday, monday+1, seal("a", statistic.Daily, monday), seal("a", statistic.Daily, monday+1))
	b.wantSeals("a", "never-heard-of", monday, monday, seal("a", statistic.Daily, monday))
}

func hostileSeal(b *bench) {
	labels := slices.Sorted(slices.Values(hostile))
	table := store.Sealed{Statistic: "pages"}
	for i, label := range labels {
		table.Cells = append(table.Cells, folded(0, int64(10+i), 1, label))
		table.Measurements = append(table.Measurements, store.Measurement{
			Keys: []string{label}, Measure: statistic.Views, Value: int64(i), Sigma2: big.NewRat(1, int64(i+1)),
		})
	}
	whole := seal("it's \"a\"; 朧", statistic.Daily, monday, table)
	b.mustSeal(whole)
	b.reopen()
	b.wantSeals("it's \"a\"; 朧", "pages", monday, monday, whole)
}

// manyCells writes cells in no order, of no key to three, whose counters are of all sizes:
// each in a table of its own, and together.
func manyCells(b *bench) {
	keys := [][]string{nil, {"a"}, {"a", "b"}, {"a", "b", "c"}, {"b", "a"}, {"b", "a", "a"}, {"朧"}} // in their order
	sizes := []int64{0, 1, -1, math.MaxInt64, math.MinInt64}
	for bits := 7; bits < 63; bits += 8 {
		sizes = append(sizes, 1<<bits-1, 1<<bits, -1<<bits, -1<<bits-1)
	}
	shown := 0
	for statistic.Measure(shown).Shown() {
		shown++
	}
	together := store.Sealed{Statistic: "x"}
	for i, key := range keys {
		together.Cells = append(together.Cells, store.Folded{Keys: key, Merged: i * 100})
	}
	var want []store.Seal
	for i, size := range sizes {
		cell := &together.Cells[i%len(keys)]
		for m := range cell.Counts {
			if statistic.Measure(m).Shown() { // others are not sealed
				cell.Counts[m] += size % int64(m+1)
			}
		}
		alone := store.Folded{Keys: keys[i%len(keys)]}
		alone.Counts[i%shown] = size
		want = append(want, seal("a", statistic.Daily, monday+statistic.Day(i), store.Sealed{Statistic: "x", Cells: []store.Folded{alone}}))
		b.mustSeal(want[i])
	}
	mixed := seal("a", statistic.Weekly, monday, store.Sealed{Statistic: "x", Cells: slices.Clone(together.Cells)})
	slices.Reverse(mixed.Tables[0].Cells)
	b.mustSeal(mixed)
	week := seal("a", statistic.Weekly, monday, together)
	b.reopen()
	b.wantSeals("a", "x", monday, monday+100, slices.Insert(want, 1, week)...)
}

// manyLabels seals a table of a thousand cells of one to three keys, hostile ones among them,
// then one of which half the labels are known, and one of which all are.
func manyLabels(b *bench) {
	var days []store.Seal
	for n, from := range []int{0, 500, 500, 0} {
		table := store.Sealed{Statistic: "x"}
		for i := from; i < from+1000; i++ {
			keys := []string{fmt.Sprintf("/page/%04d", i), "second", fmt.Sprint("third-", i/100)}[:1+i%3]
			table.Cells = append(table.Cells, folded(i%2, int64(i), int64(n), keys...))
		}
		for i, label := range hostile[:n] {
			table.Cells = append(table.Cells, folded(0, int64(i), 1, label))
		}
		slices.SortFunc(table.Cells, func(x, y store.Folded) int { return slices.Compare(x.Keys, y.Keys) })
		days = append(days, seal("a", statistic.Daily, monday+statistic.Day(n), table))
		b.mustSeal(days[n])
	}
	b.reopen()
	b.wantSeals("a", "x", monday, next, days...)
	bad := days[0]
	bad.Period, bad.Tables = next, []store.Sealed{{Statistic: "x", Cells: slices.Clone(days[0].Tables[0].Cells)}}
	for name, keys := range map[string][]string{"an empty key": {""}, "four keys": {"a", "b", "c", "d"}, "a long key": {strings.Repeat("x", 257)}, "a key twice": bad.Tables[0].Cells[0].Keys} {
		bad.Tables[0].Cells[700].Keys = keys
		if err := b.WriteSeal(b.Context(), bad); err == nil {
			b.Errorf("WriteSeal of many cells, one with %s = nil, want an error", name)
		}
	}
	b.wantSeals("a", "x", next, next)
}

// manyMeasured writes measurements in no order, of every measure, of no key to three, of
// values to the ends, with variances that change between them, on two days.
func manyMeasured(b *bench) {
	keys := [][]string{nil, {"a"}, {"a", "b"}, {"a", "b", "c"}, {"b", "a"}, {"b", "a", "a"}, {"朧"}}
	var days []store.Seal
	for day := monday; day < monday+2; day++ {
		table := store.Sealed{Statistic: "x"}
		for m := range statistic.Measure(statistic.Measures) {
			for i, key := range keys { // in the order in which they are read
				table.Measurements = append(table.Measurements, store.Measurement{
					Keys: key, Measure: m, Value: []int64{math.MinInt64, math.MaxInt64, -1, 0, 1, 1 << 40, int64(day)}[i],
					Sigma2: big.NewRat(int64(i/2)+1, int64(m)+1),
				})
			}
		}
		days = append(days, seal("a", statistic.Daily, day, table))
	}
	for _, of := range days {
		mixed := of
		mixed.Tables = []store.Sealed{{Statistic: "x", Measurements: slices.Clone(of.Tables[0].Measurements)}}
		list := mixed.Tables[0].Measurements
		for i := range list { // a permutation: 7 times 10 measurements, and 37 has no divisor in common
			list[i] = of.Tables[0].Measurements[i*37%len(list)]
		}
		b.mustSeal(mixed)
	}
	b.reopen()
	b.wantSeals("a", "x", monday, monday+1, days...)
}

// refusedSeal writes seals that no store can give back, and sees that the first
// tables of each are not left behind.
func refusedSeal(b *bench) {
	open := cell("a", 1, 1, 1, "/")
	b.mustAdd(1, pages(open))
	good := store.Sealed{Statistic: "pages", Cells: []store.Folded{folded(0, 10, 20, "/")}}
	huge := new(big.Rat).SetInt(new(big.Int).Lsh(big.NewInt(1), 64))
	for _, bad := range []store.Seal{
		seal("a", "month", monday, good),
		seal("a", statistic.Daily, monday, good, store.Sealed{}),
		seal("a", statistic.Daily, monday, good, good),
		seal("a", statistic.Daily, monday, good, store.Sealed{Statistic: "x",
			Cells: []store.Folded{folded(0, 1, 1, "/"), folded(0, 2, 2, "/")}}),
		seal("a", statistic.Daily, monday, good, store.Sealed{Statistic: "x",
			Measurements: []store.Measurement{{Measure: statistic.Views, Value: 1}}}),
		seal("a", statistic.Daily, monday, good, store.Sealed{Statistic: "x",
			Measurements: []store.Measurement{{Measure: statistic.Views, Value: 1, Sigma2: huge}}}),
		seal("a", statistic.Daily, monday, good, store.Sealed{Statistic: "x", Measurements: []store.Measurement{
			{Keys: []string{"/"}, Measure: statistic.Views, Value: 1, Sigma2: big.NewRat(1, 2)},
			{Keys: []string{"/"}, Measure: statistic.Views, Value: 2, Sigma2: big.NewRat(3, 2)}}}),
	} {
		if err := b.WriteSeal(b.Context(), bad); err == nil {
			b.Errorf("WriteSeal(%+v) = nil, want an error", bad)
		}
		b.wantSeals("a", "pages", monday, monday)
		b.wantOpen("pages", "a", monday, open)
	}
}

func cancelledSeal(b *bench) {
	open := cell("a", 1, 1, 1, "/")
	b.mustAdd(1, pages(open))
	ended, end := context.WithCancel(b.Context())
	end()
	whole := seal("a", statistic.Daily, monday, store.Sealed{Statistic: "pages"})
	if err := b.WriteSeal(ended, whole); !errors.Is(err, context.Canceled) {
		b.Errorf("WriteSeal with an ended context = %v, want %v", err, context.Canceled)
	}
	b.wantOpen("pages", "a", monday, open)
	b.wantSeals("a", "pages", monday, monday)
	if _, err := b.Seals(ended, "a", "pages", monday, monday); !errors.Is(err, context.Canceled) {
		b.Errorf("Seals with an ended context = %v, want %v", err, context.Canceled)
	}
}

func labelAgain(b *bench) {
	b.mustAdd(1, pages(cell("a", 1, 1, 1, "/gone"), cell("a", 1, 1, 1, "/kept")))
	b.mustSeal(seal("a", statistic.Daily, monday, store.Sealed{Statistic: "pages", Cells: []store.Folded{folded(0, 10, 20, "/kept")}}))
	tomorrow := store.Batch{Statistic: "pages", Period: monday + 1, Cells: []store.Cell{
		cell("a", 2, 2, 2, "/gone"), cell("a", 3, 3, 3, "/kept"), cell("a", 4, 4, 4, "/new"),
	}}
	b.mustAdd(2, tomorrow)
	b.reopen()
	b.wantOpen("pages", "a", monday+1, tomorrow.Cells...)
}
