// Package storetest holds the cases that every store must pass. They use no more
// than the contract of package store, so that stores without common SQL behave
// alike.
package storetest

import (
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
)

// A Store is all that a store can do.
type Store interface {
	store.Adder
	store.Open
	store.Sealer
	store.Dropper
	store.Forgetter
	store.Lives
	store.Owner
	store.Periods
	Close() error
}

// Run runs all cases. open opens the store that dir stands for, an empty folder at
// first; what was written before it was closed must be there again. A case opens
// one store at a time.
func Run(t *testing.T, open func(t *testing.T, dir string) Store) {
	for _, group := range [][]outcome{adding, sealing, summing, forgetting, living, owning, lagging} {
		for _, c := range group {
			t.Run(c.name, func(t *testing.T) {
				b := &bench{T: t, dir: t.TempDir(), open: open}
				b.Store = open(t, b.dir)
				t.Cleanup(func() { b.Close() })
				c.run(b)
			})
		}
	}
}

// An outcome is one case, named by what comes of it.
type outcome struct {
	name string
	run  func(*bench)
}

// A bench is a case at work on a store.
type bench struct {
	*testing.T
	Store
	dir  string
	open func(t *testing.T, dir string) Store
}

// reopen closes the store and opens it again.
func (b *bench) reopen() {
	b.Helper()
	if err := b.Close(); err != nil {
		b.Fatalf("Close: %v", err)
	}
	b.Store = b.open(b.T, b.dir)
}

// The period that most cases use, and the one after. Both are Mondays, so that
// they are periods of either grain.
const (
	monday statistic.Day = 20773 // 2026-11-16
	next   statistic.Day = monday + 7
)

// id returns a batch id that looks like those of a running deployment.
func id(n int) store.BatchID {
	var id store.BatchID
	binary.BigEndian.PutUint64(id[:], uint64(n)*0x9e3779b97f4a7c15)
	binary.LittleEndian.PutUint64(id[8:], ^uint64(n))
	return id
}

// cell returns increments of a cell: visitors, views, exits.
func cell(site string, visitors, views, exits int64, keys ...string) store.Cell {
	c := store.Cell{Site: site, Keys: keys}
	c.Counts[statistic.Visitors] = visitors
	c.Counts[statistic.Views] = views
	c.Counts[statistic.Exits] = exits
	return c
}

// pages returns a batch of the statistic "pages" of monday.
func pages(cells ...store.Cell) store.Batch {
	return store.Batch{Statistic: "pages", Period: monday, Cells: cells}
}

// mustAdd adds the batch.
func (b *bench) mustAdd(n int, batch store.Batch) {
	b.Helper()
	if err := b.Add(b.Context(), id(n), batch); err != nil {
		b.Fatalf("Add(batch %d of %s) = %v, want nil", n, batch.Statistic, err)
	}
}

// mustSeal writes the seal.
func (b *bench) mustSeal(seal store.Seal) {
	b.Helper()
	if err := b.WriteSeal(b.Context(), seal); err != nil {
		b.Fatalf("WriteSeal(%s %s %s) = %v, want nil", seal.Site, seal.Grain, seal.Period, err)
	}
}

// wantOpen compares the open cells of a table with those wanted.
func (b *bench) wantOpen(statisticID, site string, period statistic.Day, want ...store.Cell) {
	b.Helper()
	b.wantOpenOf(store.Table{Statistic: statisticID, Site: site, Period: period}, want)
}

// wantOpenWeek compares the open cells of a week.
func (b *bench) wantOpenWeek(statisticID, site string, period statistic.Day, want ...store.Cell) {
	b.Helper()
	b.wantOpenOf(store.Table{Statistic: statisticID, Site: site, Grain: statistic.Weekly, Period: period}, want)
}

func (b *bench) wantOpenOf(table store.Table, want []store.Cell) {
	b.Helper()
	got := b.readTable(table)
	byKeys := func(a, c store.Cell) int { return slices.Compare(a.Keys, c.Keys) }
	slices.SortFunc(got, byKeys)
	slices.SortFunc(want, byKeys)
	if !slices.EqualFunc(got, want, sameCell) {
		b.Errorf("open cells of %+v = %v, want %v", table, got, want)
	}
}

func sameCell(a, c store.Cell) bool {
	return a.Site == c.Site && slices.Equal(a.Keys, c.Keys) && a.Counts == c.Counts
}

// read returns the open cells of a day.
func (b *bench) read(statisticID, site string, period statistic.Day) []store.Cell {
	b.Helper()
	return b.readTable(store.Table{Statistic: statisticID, Site: site, Period: period})
}

func (b *bench) readTable(table store.Table) []store.Cell {
	b.Helper()
	var cells []store.Cell
	for c, err := range b.Store.Open(b.Context(), table) {
		if err != nil {
			b.Fatalf("Open(%v) = %v, want no error", table, err)
		}
		cells = append(cells, c)
	}
	return cells
}

// mustRead returns the seals of a site.
func (b *bench) mustRead(site, statisticID string, from, to statistic.Day) []store.Seal {
	b.Helper()
	seals, err := b.Seals(b.Context(), site, statisticID, from, to)
	if err != nil {
		b.Fatalf("Seals(%s, %q, %s, %s) = %v, want no error", site, statisticID, from, to, err)
	}
	return seals
}

// hostile are labels that would break a store which built its statements as text.
var hostile = []string{
	"/it's", `/"quoted"`, "/`tick`", `/back\slash\'`, "/percent%s%d%00", "/;--", "/?1:name@x$1",
	"'); drop table open_cells; --", "/tab\tnew\nline\r", "/朧・おぼろ", "/が", "/か\u3099", "/😀",
	"/\u202egnp.exe", "/\u0001", " /spaces ", "/A", "/a", "null", "0", "\\N",
	"/" + strings.Repeat("長", 85), // 256 bytes
	statistic.Unlisted, statistic.Other, statistic.None,
}
