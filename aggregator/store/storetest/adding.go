package storetest

import (
	"context"
	"errors"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"time"

	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
)

// adding holds the cases of open cells. Seen to fail, on SQLite, when the id of a
// batch was not looked at, was written in a transaction of its own before or after
// the cells, or when a batch took two transactions; when cells of zero were shown,
// two counters or two keys were swapped, or half of the cells was left out.
var adding = []outcome{
	{"a batch added twice counts once", addedTwice},
	{"a batch added again after reopening counts once", addedAfterReopening},
	{"the same cells under different ids add up", differentIDs},
	{"the same cell twice in one batch adds up", twiceInOneBatch},
	{"negative increments take away", negative},
	{"a cell that sums to zero vanishes", zero},
	{"every measure is kept apart", everyMeasure},
	{"sites in one batch stay apart", severalSites},
	{"statistics and periods stay apart", severalTables},
	{"no key to three keys are kept in order", severalKeys},
	{"hostile labels come back as they were", hostileLabels},
	{"a batch with a key that no store takes is refused and changes nothing", badKeys},
	{"an empty batch changes nothing", emptyBatch},
	{"a table never heard of is empty", unknownTable},
	{"a reader never sees half a batch", concurrentReaders},
	{"a cancelled batch is there as a whole or not at all", cancelled},
	{"ranging over open cells may stop early and may write", rangeAndWrite},
}

func addedTwice(b *bench) {
	batch := pages(cell("a", 1, 3, 1, "/"), cell("a", 2, 2, 0, "/about"))
	b.mustAdd(1, batch)
	b.mustAdd(1, batch)
	b.wantOpen("pages", "a", monday, batch.Cells...)
}

func addedAfterReopening(b *bench) {
	batch := pages(cell("a", 1, 3, 1, "/"))
	b.mustAdd(1, batch)
	b.reopen()
	b.mustAdd(1, batch)
	b.wantOpen("pages", "a", monday, batch.Cells...)
	b.mustAdd(2, batch)
	b.reopen()
	b.wantOpen("pages", "a", monday, cell("a", 2, 6, 2, "/"))
}

func differentIDs(b *bench) {
	for n := range 5 {
		b.mustAdd(n, pages(cell("a", 1, 3, 1, "/"), cell("a", 0, 1, 0, "/about")))
	}
	b.wantOpen("pages", "a", monday, cell("a", 5, 15, 5, "/"), cell("a", 0, 5, 0, "/about"))
}

func twiceInOneBatch(b *bench) {
	b.mustAdd(1, pages(cell("a", 1, 3, 1, "/"), cell("a", 1, 1, 0, "/")))
	b.wantOpen("pages", "a", monday, cell("a", 2, 4, 1, "/"))
}

func negative(b *bench) {
	b.mustAdd(1, pages(cell("a", 1, 1, 1, "/")))
	b.mustAdd(2, pages(cell("a", 0, 0, -1, "/"), cell("a", 1, 1, 1, "/about")))
	b.mustAdd(3, pages(cell("a", 0, 0, -2, "/contact")))
	b.wantOpen("pages", "a", monday,
		cell("a", 1, 1, 0, "/"), cell("a", 1, 1, 1, "/about"), cell("a", 0, 0, -2, "/contact"))
}

func zero(b *bench) {
	b.mustAdd(1, pages(cell("a", 1, 2, 1, statistic.Unlisted), cell("a", 0, 0, 0, "/nothing")))
	b.mustAdd(2, pages(cell("a", -1, -2, -1, statistic.Unlisted), cell("a", 1, 2, 1, "/shared")))
	b.wantOpen("pages", "a", monday, cell("a", 1, 2, 1, "/shared"))
	b.mustAdd(3, pages(cell("a", 0, 1, 0, statistic.Unlisted)))
	b.wantOpen("pages", "a", monday, cell("a", 1, 2, 1, "/shared"), cell("a", 0, 1, 0, statistic.Unlisted))
}

func everyMeasure(b *bench) {
	c := store.Cell{Site: "a", Keys: []string{"/"}}
	for m := range c.Counts {
		c.Counts[m] = int64(m+1) << (4 * m)
	}
	b.mustAdd(1, pages(c))
	b.mustAdd(2, pages(c))
	doubled := c
	doubled.Counts.Add(c.Counts)
	b.wantOpen("pages", "a", monday, doubled)
	for m := range c.Counts {
		only := store.Cell{Site: "a", Keys: []string{statistic.Measure(m).String()}}
		only.Counts[m] = -1
		batch := store.Batch{Statistic: "lone", Period: statistic.Day(m), Cells: []store.Cell{only}}
		b.mustAdd(10+m, batch)
		b.wantOpen("lone", "a", statistic.Day(m), only)
	}
}

func severalSites(b *bench) {
	b.mustAdd(1, pages(cell("a", 1, 3, 1, "/"), cell("b", 2, 5, 2, "/"), cell("", 0, 7, 0, "/")))
	b.wantOpen("pages", "a", monday, cell("a", 1, 3, 1, "/"))
	b.wantOpen("pages", "b", monday, cell("b", 2, 5, 2, "/"))
	b.wantOpen("pages", "", monday, cell("", 0, 7, 0, "/"))
}

func severalTables(b *bench) {
	b.mustAdd(1, pages(cell("a", 1, 3, 1, "/")))
	b.mustAdd(2, store.Batch{Statistic: "not-found", Period: monday, Cells: []store.Cell{cell("a", 1, 9, 1, "/")}})
	b.mustAdd(3, store.Batch{Statistic: "pages", Period: next, Cells: []store.Cell{cell("a", 1, 8, 1, "/")}})
	b.mustAdd(4, store.Batch{Statistic: "pages", Period: -1, Cells: []store.Cell{cell("a", 1, 7, 1, "/")}})
	b.wantOpen("pages", "a", monday, cell("a", 1, 3, 1, "/"))
	b.wantOpen("not-found", "a", monday, cell("a", 1, 9, 1, "/"))
	b.wantOpen("pages", "a", next, cell("a", 1, 8, 1, "/"))
	b.wantOpen("pages", "a", -1, cell("a", 1, 7, 1, "/"))
}

func severalKeys(b *bench) {
	cells := []store.Cell{
		cell("a", 1, 1, 1), cell("a", 2, 2, 2, "x"), cell("a", 3, 3, 3, "x", "y"),
		cell("a", 4, 4, 4, "y", "x"), cell("a", 5, 5, 5, "x", "y", "z"), cell("a", 6, 6, 6, "z", "y", "x"),
		cell("a", 7, 7, 7, "x", "x", "x"),
	}
	b.mustAdd(1, pages(cells...))
	b.wantOpen("pages", "a", monday, cells...)
}

func hostileLabels(b *bench) {
	var cells []store.Cell
	for i, label := range hostile {
		cells = append(cells, cell("it's \"a\"; 朧", int64(i+1), 1, 0, label))
	}
	b.mustAdd(1, pages(cells...))
	b.reopen()
	b.mustAdd(2, pages(cell("a", 1, 1, 1, "/")))
	b.wantOpen("pages", "it's \"a\"; 朧", monday, cells...)
}

func badKeys(b *bench) {
	good := cell("a", 1, 1, 1, "/")
	for i, keys := range [][]string{{""}, {"x", "", "z"}, {"1", "2", "3", "4"}, {strings.Repeat("x", 257)}} {
		if err := b.Add(b.Context(), id(i), pages(good, cell("a", 1, 1, 1, keys...))); err == nil {
			b.Errorf("Add(batch with %d keys of which one is of no use) = nil, want an error", len(keys))
		}
		b.wantOpen("pages", "a", monday)
	}
}

func emptyBatch(b *bench) {
	b.mustAdd(1, pages())
	b.mustAdd(2, pages(cell("a", 0, 0, 0, "/")))
	b.wantOpen("pages", "a", monday)
}

func unknownTable(b *bench) {
	b.wantOpen("pages", "a", monday)
	b.mustAdd(1, pages(cell("a", 1, 1, 1, "/")))
	b.wantOpen("pages", "b", monday)
	b.wantOpen("sources", "a", monday)
	b.wantOpen("pages", "a", next)
}

// concurrentReaders adds batches that raise all cells by one: a reader who saw two
// different counts saw half a batch.
func concurrentReaders(b *bench) {
	var cells []store.Cell
	for i := range 30 {
		cells = append(cells, cell("a", 1, 1, 1, "/"+strconv.Itoa(i)))
	}
	done := make(chan struct{})
	var readers sync.WaitGroup
	for range 2 {
		readers.Go(func() {
			for ; !closed(done); time.Sleep(time.Millisecond) {
				b.wantWhole(len(cells))
			}
		})
	}
	for n := range 30 {
		b.mustAdd(n, pages(cells...))
	}
	close(done)
	readers.Wait()
	if got := b.read("pages", "a", monday); len(got) != 30 || got[0].Counts[statistic.Views] != 30 {
		b.Errorf("after 30 batches: %v, want 30 cells of 30", got)
	}
}

func closed(done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	default:
		return false
	}
}

// wantWhole reads a table whose every batch raises all of its cells by one.
func (b *bench) wantWhole(number int) {
	var cells []store.Cell
	for c, err := range b.Store.Open(b.Context(), store.Table{Statistic: "pages", Site: "a", Period: monday}) {
		if err != nil {
			b.Errorf("Open while batches are added = %v, want no error", err)
			return
		}
		cells = append(cells, c)
	}
	if len(cells) != 0 && len(cells) != number {
		b.Errorf("read %d cells while batches are added, want 0 or %d", len(cells), number)
	}
	for _, c := range cells {
		if c.Counts != cells[0].Counts {
			b.Errorf("read counts %v and %v while batches are added, want equal ones", c.Counts, cells[0].Counts)
			return
		}
	}
}

// cancelled cancels batches at moments that lie before, within and after their
// writing, and sends each again.
func cancelled(b *bench) {
	var cells []store.Cell
	for i := range 100 {
		cells = append(cells, cell("a", 1, 1, 1, "/"+strconv.Itoa(i)))
	}
	ended, end := context.WithCancel(b.Context())
	end()
	if err := b.Add(ended, id(0), pages(cells...)); !errors.Is(err, context.Canceled) {
		b.Fatalf("Add with an ended context = %v, want %v", err, context.Canceled)
	}
	b.wantOpen("pages", "a", monday)
	const rounds = 20
	for n := range rounds {
		ctx, end := context.WithTimeout(b.Context(), rand.N(8*time.Millisecond))
		_ = b.Add(ctx, id(n), pages(cells...)) // its outcome is what the next lines find out
		end()
		b.wantWhole(len(cells))
		b.mustAdd(n, pages(cells...))
	}
	for _, c := range b.read("pages", "a", monday) {
		if got := c.Counts[statistic.Views]; got != rounds {
			b.Fatalf("after %d batches, each cancelled once and sent again, a cell counts %d", rounds, got)
		}
	}
}

func rangeAndWrite(b *bench) {
	b.mustAdd(1, pages(cell("a", 1, 1, 1, "/"), cell("a", 1, 1, 1, "/about")))
	for _, err := range b.Store.Open(b.Context(), store.Table{Statistic: "pages", Site: "a", Period: monday}) {
		if err != nil {
			b.Fatalf("Open = %v, want no error", err)
		}
		b.mustAdd(2, pages(cell("a", 1, 1, 1, "/")))
		b.mustSeal(seal("a", statistic.Daily, monday, store.Sealed{Statistic: "pages"}))
		break
	}
	b.wantOpen("pages", "a", monday)
}
