// Package collector takes requests and log lines in and gives hits out. Its tree
// is the only one that ever sees a person.
//
// What a request or a line tells of a person is read in one place,
// collector/internal/intake, and is gone when that returns: no error, log, metric
// or file carries it. What comes out is a [hit.Hit], handed to the [Sink].
//
// # Answers
//
// An answer holds one word of ours, or nothing, and no byte of the request; that to
// GET /transparency alone shows the request to who sent it. What came of a hit:
//
//	202  counted
//	204  not counted: an objection, a bot, a page loaded ahead, a kind of hit that
//	     nobody counts, beyond the day's cap, of a day that is closed, or engagement
//	     of a visitor-day that has viewed nothing
//	400  address, page, body, url, event, unknown-site: what was wrong with it
//	413  too-large: a body of more than 8 KiB
//	429  rate: more hits a second than one network may send; try again
//	503  shed: no room, or no key for the day; try again
//	503  backlog: the store takes nothing, and too much waits for it; try again
//
// The pixel is a picture in place of 202 and 204. Of any request:
//
//	400  request: not one of HTTP, or cut short
//	403  origin: an objection that another host's page sent
//	404  path
//	405  method
//	431  headers: too large
//	500  error: a bug of ours
package collector

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"oboro/collector/hit"
	"oboro/collector/internal/bounds"
	"oboro/collector/internal/intake"
	"oboro/collector/internal/network"
	"oboro/collector/internal/visitors"
)

// A Site is a declared web site.
type Site struct {
	ID    string
	Hosts []string // in lower case, without port
	Pages []string // declared pages: see [Rules.Entry]
	DNT   bool     // "DNT: 1" counts as an objection, as "Sec-GPC: 1" always does
	Addresses
	Campaigns Campaigns
}

// A Sink takes what the collector lets out. Its methods are called from many
// goroutines at once.
type Sink interface {
	// Take takes a hit, and adds one to the meter "kept" of its day and site.
	Take(h hit.Hit)
	// Meter adds one to the meter of the reason. Site is -1 where it is not known.
	Meter(day hit.Day, site int, reason string)
}

// A Together is a Sink that takes hits of a log together, each as Take does.
type Together interface{ TakeAll([]hit.Hit) }

// A Config is what a collector is made of. Sites, Zone, Now, Random and Sink are
// needed; a zero Plan computes nothing.
type Config struct {
	Sites   []Site
	Plan    hit.Plan
	Zone    *time.Location
	Trusted []netip.Prefix // proxies whose word on the client's address is taken
	Tables  Tables         // of places and networks
	// Reverse is a DNS server on this computer, as ADDRESS:PORT, that is asked for the
	// networks of addresses that no table knows. Empty asks nobody.
	Reverse string
	Limits  Limits
	// Declaration is what visitors are told. It changes nothing of what is counted.
	Declaration Declaration
	Logs        LogRules // for [NewLog]
	Now         func() time.Time
	Random      io.Reader
	Sink        Sink
	// Backlog reports whether no more hits are to be taken: so much waits for the store, or
	// another process takes them. It is asked for each hit. It may be nil.
	Backlog func() bool
	// Journal is the RAM log, from which [Collector.Replay] makes the state again
	// after a kill. It may be nil.
	Journal Journal
	// Turned is told of each new day before its first hit, once no hit of the day
	// before is under way and its key and state are destroyed. The RAM log of the day
	// must hold the opening record, and nothing of the day before; the record is
	// overwritten afterwards. While it fails, hits are shed.
	Turned func(day hit.Day, opening []byte) error
	// Replays says that the collector takes back a RAM log and no new hit: it opens no
	// table.
	Replays bool
}

// A Collector takes live hits.
type Collector struct {
	config  Config
	intake  *intake.Intake
	tables  tables
	reverse *network.Resolver // nil where nobody is asked
	pages   pages
	counts  [intake.Outcomes]atomic.Uint64
	panics  atomic.Uint64
	days    atomic.Pointer[stretch] // the latest

	// mu is held for reading from the reading of the clock until the hit is taken,
	// and for writing while the day changes: so no hit falls between two days.
	mu     sync.RWMutex
	table  *visitors.Table
	day    hit.Day // under way, or, without a table, closed
	closed bool
}

// errClosed says that there is no day to take hits of: the collector is closed,
// or its clock stands before a day that is.
var errClosed = errors.New("the collector takes no hits of a day that is closed")

// Limits bound what one network, an address truncated to /24 or /48, and all together
// may take. 0 bounds nothing. What is counted for it stands under keyed hashes, in
// memory alone.
type Limits struct {
	// Rate is how many hits a second the clients of one network may send in the long
	// run, up to 100,000, with those of a minute at once.
	Rate int
	// Connections is how many connections the peers of one network may have open, and
	// Open how many all together may. They go together.
	Connections, Open int
}

// New returns a collector with the visitor state of no day yet; the first hit, or
// [Collector.Turn], begins one.
func New(config Config) (*Collector, error) {
	in, tables, err := newIntake(config)
	if err != nil {
		return nil, err
	}
	if config.Limits.Rate > 0 {
		in.Rate = bounds.NewRate(config.Limits.Rate)
	}
	if config.Limits.Open > 0 {
		in.Connections = bounds.NewConnections(config.Limits.Connections, config.Limits.Open)
	}
	pages, err := newPages(config.Declaration)
	if err != nil {
		return nil, err
	}
	c := &Collector{config: config, intake: in, tables: tables, pages: pages}
	if config.Reverse != "" && config.Plan.Computes&intake.OfNetwork != 0 && !config.Replays {
		if c.reverse, err = network.NewResolver(network.Reverse{Server: config.Reverse}); err != nil {
			return nil, fmt.Errorf("reverse DNS: %w", err)
		}
		in.Resolver = c.reverse
	}
	return c, nil
}

func newIntake(config Config) (*intake.Intake, tables, error) {
	if len(config.Sites) == 0 || len(config.Sites) >= int(intake.NoSite) {
		return nil, tables{}, errors.New("the number of sites is not between 1 and 65534")
	}
	var sites []intake.Site
	for _, s := range config.Sites {
		rules, err := s.Addresses.Rules()
		if err != nil {
			return nil, tables{}, fmt.Errorf("site %s: %w", s.ID, err)
		}
		pages, bad, why := intake.NewRegistry(s.Pages, &rules.rules)
		if why != "" {
			return nil, tables{}, fmt.Errorf("site %s: %q is no page: %s", s.ID, bad, why)
		}
		campaigns, err := s.Campaigns.read()
		if err != nil {
			return nil, tables{}, fmt.Errorf("site %s: %w", s.ID, err)
		}
		sites = append(sites, intake.Site{Hosts: s.Hosts, Rules: rules.rules, Pages: pages, DNT: s.DNT, Campaigns: campaigns})
	}
	in := intake.New(sites)
	in.Plan, in.Zone, in.Trusted = config.Plan, config.Zone, config.Trusted
	if config.Replays {
		return in, tables{}, nil
	}
	t, err := openTables(config.Tables, config.Plan)
	if err != nil {
		return nil, tables{}, err
	}
	t.give(in, config.Tables)
	return in, t, nil
}

// Turn begins the day of the clock, if it is not under way: it destroys the key
// and the state of the day before. A clock set back does not reopen a day.
func (c *Collector) Turn() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	day := c.dayOf(c.config.Now())
	switch {
	case c.closed:
		return errClosed
	case c.table != nil && day <= c.day:
		return nil
	case c.day != 0 && day < c.day: // the key of that day is destroyed
		return errClosed
	}
	if err := c.endWaits(); err != nil {
		return err
	}
	c.destroy()
	c.day = day
	table, err := visitors.New(day, c.config.Plan, c.config.Random)
	if err != nil {
		return err
	}
	if c.config.Turned != nil {
		opening := table.Opening()
		err := c.config.Turned(day, opening)
		clear(opening) // it holds the key
		if err != nil {
			table.Destroy()
			return err
		}
	}
	c.open(table)
	return nil
}

func (c *Collector) open(table *visitors.Table) {
	if c.config.Journal != nil {
		table.Journal = c.config.Journal
	}
	table.Late = c.config.Sink.Take
	c.table, c.day = table, table.Day()
}

// Pause runs f while no hit is under way.
func (c *Collector) Pause(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f()
}

func (c *Collector) dayOf(at time.Time) hit.Day {
	s := c.days.Load()
	if !s.holds(at.Unix()) {
		s = stretchOf(at.In(c.config.Zone))
		c.days.Store(s)
	}
	return s.day
}

// destroy ends what is known of the day. It needs mu.
func (c *Collector) destroy() {
	c.intake.Forget()
	if c.reverse != nil {
		c.reverse.Forget()
	}
	if c.table != nil {
		c.table.Destroy()
		c.table = nil
	}
}

// Close destroys the visitor state. Hits that come later are shed.
func (c *Collector) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	_ = c.endWaits() // where there is no room for it, the next start does it
	c.destroy()
	c.closed = true
	if c.reverse != nil {
		c.reverse.Close()
	}
}

// reader reads one report into a sighting.
type reader func(at time.Time, key *visitors.Key) (visitors.Sighting, hit.Site, intake.Outcome)

// take runs read under the day's key and hands on what comes of it.
func (c *Collector) take(read reader) intake.Outcome {
	at, ok := c.enter()
	if !ok {
		return c.count(intake.Shed)
	}
	defer c.mu.RUnlock()
	if c.dayOf(at) < c.day { // the clock was set back
		c.meter(intake.NoSite, intake.Late)
		return c.count(intake.Late)
	}
	return c.settle(read(at, c.table.Key))
}

// settle hands on what came of a report. It needs mu.
func (c *Collector) settle(sighting visitors.Sighting, site hit.Site, outcome intake.Outcome) intake.Outcome {
	switch {
	case outcome == intake.Kept && c.config.Backlog != nil && c.config.Backlog():
		outcome = intake.Backlog
	case outcome == intake.Kept:
		outcome = c.add(sighting)
	}
	if outcome != intake.Kept { // a hit's own record stands for its meter, which the sink keeps
		c.write(site, outcome)
		c.meter(site, outcome)
	} else if sighting.Centre {
		c.write(site, intake.DataCentre)
		c.meter(site, intake.DataCentre)
	}
	return c.count(outcome)
}

// add takes a sighting into the table and hands on its hit.
func (c *Collector) add(s visitors.Sighting) intake.Outcome {
	h, err := c.table.Add(&s)
	switch err {
	case nil:
		c.config.Sink.Take(h)
		return intake.Kept
	case visitors.ErrCap:
		return intake.OverCap
	case visitors.ErrNoView:
		return intake.NoView
	}
	return intake.Shed
}

// enter returns the time of receipt with mu held for reading, once its day is
// under way; or false, and mu free, where there is none. The clock is read anew
// after a change of day, so that a hit's hour and day are of one moment.
func (c *Collector) enter() (at time.Time, ok bool) {
	for {
		c.mu.RLock()
		at = c.config.Now()
		if c.table != nil && c.dayOf(at) <= c.day {
			return at, true
		}
		c.mu.RUnlock()
		if c.Turn() != nil {
			return time.Time{}, false
		}
	}
}

func (c *Collector) count(o intake.Outcome) intake.Outcome {
	o = o.Whole()
	c.counts[o].Add(1)
	return o
}

func (c *Collector) meter(site hit.Site, o intake.Outcome) {
	index := int(site)
	if site == intake.NoSite {
		index = -1
	}
	meter(c.config.Sink, c.day, index, o)
}

// meter adds one to the meter of an outcome, and to that of its kind where it has one,
// which is a part of the first.
func meter(sink Sink, day hit.Day, index int, o intake.Outcome) {
	whole := o.Whole()
	sink.Meter(day, index, whole.Word())
	if o != whole {
		sink.Meter(day, index, o.Word())
	}
}

// Counts calls yield with each outcome's word and how many requests have had it
// since the start, for the operators' metrics. They tell nothing of a site.
func (c *Collector) Counts(yield func(word string, n uint64)) {
	for o := range c.counts {
		yield(intake.Outcome(o).Word(), c.counts[o].Load())
	}
}

// Visitors returns the number of visitor-days in the table of today.
func (c *Collector) Visitors() int {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.table == nil {
		return 0
	}
	return c.table.Len()
}
