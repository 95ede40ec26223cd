package aggregator_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"math/big"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"oboro/aggregator"
	"oboro/aggregator/ledger"
	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
	"oboro/aggregator/store/sqlite"
	"oboro/collector/hit"
)

// A world is an aggregator on the real store and ledger, with a clock and a store
// that a test can stop.
type world struct {
	*aggregator.Aggregator
	dir       string
	catalogue *statistic.Catalogue
	store     *faulty
	ledger    *ledger.Ledger
	log       *bytes.Buffer
	lives     byte
	random    io.Reader
	record    func([]byte) error // of the RAM log; may be nil
	pages     []string           // declared by each site, and summed; may be nil
	weeks     bool               // over weeks

	mu  sync.Mutex
	now time.Time
}

var tokyo = time.FixedZone("Asia/Tokyo", 9*60*60)

// first is the first day of each test.
var first = hit.DayOf(time.Date(2026, 11, 21, 0, 0, 0, 0, tokyo))

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{dir: t.TempDir(), log: &bytes.Buffer{}}
	var err error
	if w.catalogue, err = statistic.Built(nil); err != nil {
		t.Fatal(err)
	}
	w.set(first, 10*time.Hour)
	w.begin(t)
	t.Cleanup(w.end)
	return w
}

// begin begins a life of the process, with random bytes of its own.
func (w *world) begin(t *testing.T) {
	t.Helper()
	files, err := sqlite.Open(t.Context(), filepath.Join(w.dir, "cells.db"))
	if err != nil {
		t.Fatal(err)
	}
	w.lives++
	w.store = &faulty{Store: files}
	random := rand.NewChaCha8([32]byte{w.lives})
	if w.ledger, err = ledger.Open(filepath.Join(w.dir, "ledger"), random); err != nil {
		t.Fatal(err)
	}
	w.random = random
	if w.pages != nil {
		st, _ := w.catalogue.Find("pages")
		st.Published = []statistic.Published{{
			Measure: statistic.Reach, Delta2: big.NewRat(10, 1), Sigma2: big.NewRat(1000, 3), Summed: true, Calibration: 2,
		}}
	}
	w.Aggregator, err = aggregator.New(t.Context(), w.config(nil))
	if err != nil {
		t.Fatal(err)
	}
}

// config returns what the aggregator is made of, and what a test sets in its place.
func (w *world) config(set func(*aggregator.Config)) aggregator.Config {
	c := aggregator.Config{
		SumWeeks: w.weeks, Catalogue: w.catalogue, Sites: []string{"alpha", "beta"}, Store: w.store, Ledger: w.ledger, Zone: tokyo,
		Now: w.clock, Random: w.random, K: 10, Config: "config", Code: "code", Record: w.record,
		Log: slog.New(slog.NewJSONHandler(w.log, nil)), Declared: filepath.Join(w.dir, "declared.json"),
	}
	if w.pages != nil {
		c.Pages = func(string) []string { return w.pages }
	}
	if set != nil {
		set(&c)
	}
	return c
}

// end ends the life of the process as a kill does: what is in memory is lost.
func (w *world) end() {
	w.store.Close()
	w.ledger.Close()
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

// set sets the clock to a time of a day.
func (w *world) set(day hit.Day, at time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = day.Start(tokyo).Add(at).UTC()
}

// A faulty store fails when it is told to: before it does anything, or after it has
// done all of it. It remembers what it was sent.
type faulty struct {
	*sqlite.Store
	add, seal, epoch func() fault
	closing          func() fault // of periods

	mu       sync.Mutex
	sent     []sent
	repeated []store.BatchID
}

type sent struct {
	id    store.BatchID
	batch store.Batch
}

// again returns which of the batches were sent as ones that may have been sent before. What is
// kept of a batch does not say so.
func (s *faulty) again() []store.BatchID {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.repeated)
}

type fault int

const (
	none fault = iota
	before
	after
	refused // as of a sealed day
)

var errStore = errors.New("the store failed for the test")

// failing does the work unless the fault comes first, and fails if there is one.
func failing(next func() fault, work func() error) error {
	f := none
	if next != nil {
		f = next()
	}
	switch f {
	case before:
		return errStore
	case refused:
		return store.ErrSealed
	}
	if err := work(); err != nil || f == none {
		return err
	}
	return errStore
}

func (s *faulty) Add(ctx context.Context, id store.BatchID, b store.Batch) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if b.Again {
		s.repeated = append(s.repeated, id)
	}
	b.Again = false
	s.sent = append(s.sent, sent{id, b})
	return failing(s.add, func() error { return s.Store.Add(ctx, id, b) })
}

func (s *faulty) WriteSeal(ctx context.Context, of store.Seal) error {
	return failing(s.seal, func() error { return s.Store.WriteSeal(ctx, of) })
}

func (s *faulty) ClosePeriod(ctx context.Context, site, id string, period statistic.Day) error {
	return failing(s.closing, func() error { return s.Store.ClosePeriod(ctx, site, id, period) })
}

func (s *faulty) BeginEpoch(ctx context.Context, day statistic.Day) (n int, err error) {
	err = failing(s.epoch, func() error {
		n, err = s.Store.BeginEpoch(ctx, day)
		return err
	})
	return n, err
}

// always fails each time.
func always(f fault) func() fault { return func() fault { return f } }

// visit is the only view of a visitor-day, with that device.
func visit(day hit.Day, site hit.Site, device hit.Device) hit.Hit {
	page, _ := hit.ParsePage("/a")
	return hit.Hit{
		Site: site, Day: day, Hour: 10, Env: hit.Pack(hit.Environment{Device: device}), Page: page,
		Moves: hit.Begins | hit.Capped, Listed: hit.Of(hit.ByPage, hit.BySource), Seen: ^uint32(0), Reach: ^uint32(0),
	}
}

// take takes n visits.
func take(sink interface{ Take(hit.Hit) }, n int, of hit.Hit) {
	for range n {
		sink.Take(of)
	}
}

// open returns what the store holds open of a statistic, by key.
func (w *world) open(t *testing.T, id, site string, day hit.Day) map[string]statistic.Counts {
	t.Helper()
	all := map[string]statistic.Counts{}
	for c, err := range w.store.Open(t.Context(), store.Table{Statistic: id, Site: site, Period: day}) {
		if err != nil {
			t.Fatal(err)
		}
		key := ""
		if len(c.Keys) > 0 {
			key = c.Keys[0]
		}
		all[key] = c.Counts
	}
	return all
}

// visitors returns the sealed visitor-days of a statistic of one day, by key.
func (w *world) visitors(t *testing.T, id, site string, day hit.Day) map[string]int64 {
	t.Helper()
	table, err := w.Table(t.Context(), site, id, day, day)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]int64{}
	for _, row := range table.Rows() {
		key := ""
		if len(row.Keys) > 0 {
			key = row.Keys[0]
		}
		all[key], _ = row.Count(statistic.Visitors)
	}
	return all
}

// turn begins a day, as the collector does.
func turn(t *testing.T, w *world, day hit.Day) {
	t.Helper()
	if err := w.Turned(day, func([][]byte) error { return nil }); err != nil {
		t.Fatalf("turn to %s: %v", day, err)
	}
}

func flush(t *testing.T, w *world) {
	t.Helper()
	if err := w.Flush(t.Context()); err != nil {
		t.Fatalf("flush: %v", err)
	}
}

func sealThrough(t *testing.T, w *world, day hit.Day) []aggregator.SealedDay {
	t.Helper()
	done, err := w.SealThrough(t.Context(), day)
	if err != nil {
		t.Fatalf("seal through %s: %v", day, err)
	}
	return done
}
