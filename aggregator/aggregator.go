// Package aggregator takes hits in and gives disclosable tables out.
//
// It counts hits in cells, writes the cells to the store in batches that cannot
// count twice, seals each day when it is over, and answers with [release.Table]s
// and measurements. Nothing else of a cell leaves it.
package aggregator

import (
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"oboro/aggregator/ledger"
	"oboro/aggregator/seal"
	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
	"oboro/aggregator/tally"
	"oboro/collector/hit"
)

// A Store is what the aggregator needs of a store of cells.
type Store interface {
	store.Adder
	store.Open
	store.Sealer
	store.Dropper
	store.Forgetter
	store.Lives
	store.Periods
}

// A Config is what an aggregator is made of. All fields but Record, Pause, Kin, Sections, Pages,
// SumWeeks, Declared, Collector and Collectors are needed.
type Config struct {
	Catalogue *statistic.Catalogue
	Sites     []string // ids, in the order of hit.Site
	Store     Store
	Ledger    *ledger.Ledger
	Zone      *time.Location
	Now       func() time.Time
	Random    io.Reader
	K         int64
	Sections  func(site string) func(page string) (section string, ok bool) // without it, folders are sections
	Kin       seal.Kin                                                      // without it sources and networks are folded away beside channels and classes
	Log       *slog.Logger
	Config    string // hash of the configuration
	Code      string // version of the program

	// Declared is the path of the file that notes what statistics are counted by, since when. Without
	// it a statistic whose dimensions are swapped within a day is sealed as if all were of the last.
	Declared string

	// Pages returns the pages that a site declares. Without it no figure is summed.
	Pages    func(site string) []string
	SumWeeks bool // what is summed is summed over weeks, else over months

	// Collector names the one of several collectors that this one counts for. It has no ledger,
	// and seals nothing.
	Collector string
	// Collectors are those whose hits this one seals, and takes none of its own. A day waits for
	// the mark of each, and Wait after its end is sealed without those that are missing.
	Collectors []string
	Wait       time.Duration

	// Record appends to the RAM log. Without it a kill loses what was not flushed.
	Record func(record []byte) error
	// Pause runs a function while no hit is under way.
	Pause func(func())
}

// An Aggregator counts the live hits of the day and seals days that are over.
type Aggregator struct {
	config Config
	sealer seal.Sealer
	ids    identities

	mu       sync.RWMutex
	today    *tally.Tally
	queue    []frozen // batches on their way to the store, oldest first
	held     []frozen // in quarantine: never sent again
	begun    []begun
	reading  map[siteDay]int // imports that count the day, and have not sealed it
	since    statistic.Day   // the first that was counted here, or by collectors for this one; or 0
	meanings meanings        // what statistics were counted by; guarded by mu
	lives    time.Time       // since when the state has lived in this process; zero before it does
	marked   statistic.Day   // the store knows that all up to this day is in it; of a collector of several
	missing  []string        // collectors without which the newest day was sealed
	own      store.Instance  // this process, where it counts for one of several collectors and the store knows of it
	id       [16]byte        // of this process

	said    map[statistic.Day][]string // whom this process has said to seal a day without; guarded by flushing
	waiting atomic.Int64               // cells in queue
	failed  atomic.Bool                // the latest flush

	replaced atomic.Bool // a later process counts for the same collector

	flushing sync.Mutex // one flush, one seal at a time
}

// New returns an aggregator, after finishing seals that a crash cut short.
func New(ctx context.Context, config Config) (*Aggregator, error) {
	ids, err := newIdentities(config.Random)
	if err != nil {
		return nil, err
	}
	a := &Aggregator{config: config, ids: ids, reading: map[siteDay]int{}, said: map[statistic.Day][]string{}}
	a.sealer = seal.Sealer{
		Catalogue: config.Catalogue, Ledger: config.Ledger, Store: config.Store,
		Random: config.Random, K: config.K, Kin: config.Kin, Sections: config.Sections, Config: config.Config, Code: config.Code,
	}
	if config.Collector != "" {
		rand.Read(a.id[:]) // never fails
		return a, nil
	}
	if len(config.Collectors) > 0 {
		a.since = a.Day() // theirs: all read one configuration
	}
	if err := a.recall(ctx); err != nil {
		return nil, err
	}
	if a.meanings, err = openMeanings(config.Declared); err != nil {
		return nil, err
	}
	a.sealer.Changed = a.changed
	return a, a.sealer.Recover(ctx)
}

// Day returns the calendar day of the clock.
func (a *Aggregator) Day() statistic.Day {
	return hit.DayOf(a.config.Now().In(a.config.Zone))
}

// Turned begins a day: what is left of the day before is frozen, and begin is given
// the records that the RAM log of the new day begins with. It is called when no hit
// is under way. Where begin fails nothing has changed, and the log of the day before
// holds. What is frozen here stands in the new log alone: that the old one is full
// must not keep the day from ending.
func (a *Aggregator) Turned(day statistic.Day, begin func(records [][]byte) error) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	ids, list := a.cut()
	queue := append(slices.Clip(a.queue), list...)
	if err := a.meanings.declare(a.config.Catalogue.All(), day); err != nil {
		return err
	}
	next := begun{day: day, on: a.goesOn(day)}
	if err := begin(append(kept(ids, queue, a.held, a.begun), next.encodeDay())); err != nil {
		return err
	}
	a.ids, a.begun = ids, append(a.begun, next)
	if !next.on {
		a.lives = a.config.Now()
	}
	a.line(queue)
	a.count(day)
	return nil
}

// changed returns what a statistic was counted by within the days, if that is not what it is
// declared with.
func (a *Aggregator) changed(st *statistic.Statistic, from, to statistic.Day) string {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return a.meanings.changed(st, from, to)
}

// declare notes what is declared on a day whose hits others count.
func (a *Aggregator) declare(day statistic.Day) error {
	if len(a.config.Collectors) == 0 {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.meanings.declare(a.config.Catalogue.All(), day)
}

// count begins to count a day. The caller holds mu.
func (a *Aggregator) count(day statistic.Day) {
	a.today = tally.New(a.config.Catalogue, a.config.Sites, day)
	if a.since == 0 {
		a.since = day
	}
}

// Take counts a live hit.
func (a *Aggregator) Take(h hit.Hit) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	if a.today != nil {
		a.today.Take(h)
	}
}

// Meter adds one to a meter of the day. Site is -1 where it is not known.
func (a *Aggregator) Meter(day statistic.Day, site int, reason string) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	if a.today != nil && a.today.Day() == day {
		a.today.Meter(site, reason)
	}
}
