package storetest

import (
	"context"
	"errors"
	"math/big"

	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
)

// forgetting holds the cases of retention. Seen to fail, on SQLite, when the cells
// of all statistics were deleted, or those of the border day, of one site alone or
// of one grain alone; when measurements were deleted too, or the labels that they
// use; when the seals or their tables were deleted with the cells, so that the
// period was open again; when the labels were left behind or all were deleted; when
// open cells went; when an empty id was looked up as a name; and when the tables
// were not marked.
var forgetting = []outcome{
	{"cells before the day are gone, those of the day and later stay", forgetsBefore},
	{"cells of every site and grain are gone", forgetsEverywhere},
	{"measurements and seals stay, whatever their labels", keepsMeasurements},
	{"other statistics stay", keepsOthers},
	{"without a statistic every one is forgotten", forgetsAll},
	{"forgetting again changes nothing", forgottenTwice},
	{"a forgotten period stays sealed", staysSealed},
	{"open cells stay", keepsOpen},
	{"a label that is still used stays, one that went can come again", keepsUsedLabels},
	{"what is sealed late is forgotten the next time", forgetsLateSeal},
	{"forgetting what was never heard of changes nothing", forgetsUnknown},
	{"a cancelled forgetting changes nothing", cancelledForgetting},
}

func (b *bench) mustForget(statisticID string, before statistic.Day) {
	b.Helper()
	if err := b.Forget(b.Context(), statisticID, before); err != nil {
		b.Fatalf("Forget(%q, %s) = %v, want nil", statisticID, before, err)
	}
}

// table returns a sealed table of one cell.
func table(statisticID, label string) store.Sealed {
	return store.Sealed{Statistic: statisticID, Cells: []store.Folded{folded(0, 10, 20, label)}}
}

// without returns the seal as it is read once its one table is forgotten.
func without(s store.Seal) store.Seal {
	t := s.Tables[0]
	t.Cells, t.Forgotten = nil, true
	s.Tables = []store.Sealed{t}
	return s
}

func forgetsBefore(b *bench) {
	var days []store.Seal
	for day := monday - 2; day <= monday+1; day++ {
		days = append(days, seal("a", statistic.Daily, day, table("pages", "/")))
		b.mustSeal(days[len(days)-1])
	}
	b.mustForget("pages", monday)
	for range 2 {
		b.wantSeals("a", "pages", monday-2, monday+1, without(days[0]), without(days[1]), days[2], days[3])
		b.reopen()
	}
}

func forgetsEverywhere(b *bench) {
	first := seal("a", statistic.Daily, monday, table("pages", "/"))
	second := seal("", statistic.Daily, monday, table("pages", "/"))
	week := seal("b", statistic.Weekly, monday, table("pages", "/"))
	b.mustSeal(first)
	b.mustSeal(second)
	b.mustSeal(week)
	b.mustForget("pages", monday+1)
	b.wantSeals("a", "pages", monday, monday, without(first))
	b.wantSeals("", "pages", monday, monday, without(second))
	b.wantSeals("b", "pages", monday, monday, without(week))
}

func keepsMeasurements(b *bench) {
	whole := table("devices", "desktop")
	for _, key := range []string{"desktop", "mobile"} { // of a cell that goes, and of no cell
		whole.Measurements = append(whole.Measurements, store.Measurement{
			Keys: []string{key}, Measure: statistic.Visitors, Value: -7, Sigma2: big.NewRat(495, 1),
		})
	}
	old := seal("a", statistic.Daily, monday, whole)
	old.Epochs, old.Imported = 2, true
	b.mustSeal(old)
	b.mustForget("devices", next)
	b.reopen()
	b.wantSeals("a", "devices", monday, monday, without(old))
	old.Tables = nil
	b.wantSeals("a", "", monday, monday, old)
}

func keepsOthers(b *bench) {
	both := seal("a", statistic.Daily, monday, table("pages", "/"), table("sources", "/"))
	b.mustSeal(both)
	b.mustForget("pages", next)
	other := both
	other.Tables = both.Tables[1:]
	b.wantSeals("a", "sources", monday, monday, other)
	both.Tables = both.Tables[:1]
	b.wantSeals("a", "pages", monday, monday, without(both))
}

func forgetsAll(b *bench) {
	both := seal("a", statistic.Daily, monday, table("pages", "/"), table("sources", "/"))
	b.mustSeal(both)
	later := seal("a", statistic.Daily, next, table("pages", "/"))
	b.mustSeal(later)
	b.mustForget("", next)
	b.wantSeals("a", "pages", next, next, later)
	for i, id := range []string{"pages", "sources"} {
		one := both
		one.Tables = both.Tables[i : i+1]
		b.wantSeals("a", id, monday, monday, without(one))
	}
}

func forgottenTwice(b *bench) {
	old, later := seal("a", statistic.Daily, monday, table("pages", "/old")), seal("a", statistic.Daily, next, table("pages", "/new"))
	b.mustSeal(old)
	b.mustSeal(later)
	for range 2 {
		b.mustForget("pages", next)
		b.mustForget("pages", monday) // a day that lies before
		b.wantSeals("a", "pages", monday, next, without(old), later)
	}
}

func staysSealed(b *bench) {
	old := seal("a", statistic.Daily, monday, table("pages", "/"))
	b.mustSeal(old)
	b.mustForget("pages", next)
	for range 2 {
		if err := b.Add(b.Context(), id(1), pages(cell("a", 1, 1, 1, "/"))); !errors.Is(err, store.ErrSealed) {
			b.Errorf("Add(batch of a forgotten period) = %v, want %v", err, store.ErrSealed)
		}
		b.mustSeal(old)
		b.mustSeal(seal("a", statistic.Daily, monday, table("pages", "/again")))
		b.wantOpen("pages", "a", monday)
		b.wantSeals("a", "pages", monday, monday, without(old))
		b.reopen()
	}
}

func keepsOpen(b *bench) {
	b.mustAdd(1, pages(cell("a", 1, 1, 1, "/"), cell("b", 2, 2, 2, "/b")))
	b.mustSeal(seal("a", statistic.Daily, monday, table("pages", "/")))
	b.mustForget("", next)
	b.wantOpen("pages", "b", monday, cell("b", 2, 2, 2, "/b"))
	b.mustAdd(2, pages(cell("b", 1, 1, 1, "/b")))
	b.wantOpen("pages", "b", monday, cell("b", 3, 3, 3, "/b"))
}

func keepsUsedLabels(b *bench) {
	b.mustSeal(seal("a", statistic.Daily, monday, store.Sealed{Statistic: "pages", Cells: []store.Folded{
		folded(0, 10, 20, "/both"), folded(0, 10, 20, "/both-too"), folded(0, 10, 20, "/gone"), folded(0, 10, 20, "1", "2", "3"),
	}}))
	later := seal("a", statistic.Daily, next, store.Sealed{Statistic: "pages", Cells: []store.Folded{
		folded(0, 10, 20, "/both"), folded(0, 10, 20, "/both-too"), folded(0, 10, 20, "3", "1", "2"),
	}})
	b.mustSeal(later)
	b.mustForget("pages", next)
	b.wantSeals("a", "pages", next, next, later)
	again := seal("a", statistic.Daily, next+1, table("pages", "/gone"))
	b.mustSeal(again)
	b.reopen()
	b.wantSeals("a", "pages", next, next+1, later, again)
}

func forgetsLateSeal(b *bench) {
	b.mustForget("pages", next)
	late := seal("a", statistic.Daily, monday, table("pages", "/"))
	b.mustSeal(late)
	b.wantSeals("a", "pages", monday, monday, late)
	b.mustForget("pages", next)
	b.wantSeals("a", "pages", monday, monday, without(late))
}

func forgetsUnknown(b *bench) {
	b.mustForget("pages", next)
	b.mustForget("", next)
	whole := seal("a", statistic.Daily, monday, table("pages", "/"))
	b.mustSeal(whole)
	b.mustForget("never-heard-of", next)
	b.wantSeals("a", "pages", monday, monday, whole)
}

func cancelledForgetting(b *bench) {
	whole := seal("a", statistic.Daily, monday, table("pages", "/"))
	b.mustSeal(whole)
	ended, end := context.WithCancel(b.Context())
	end()
	if err := b.Forget(ended, "pages", next); !errors.Is(err, context.Canceled) {
		b.Errorf("Forget with an ended context = %v, want %v", err, context.Canceled)
	}
	b.wantSeals("a", "pages", monday, monday, whole)
}
