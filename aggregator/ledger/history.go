package ledger

import (
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"
	"sync"

	"golang.org/x/mod/sumdb/tlog"
)

// A History is what the lines of a ledger say: its own, or those of a published
// copy (see [Replay]). Its methods may be called by several goroutines.
type History struct {
	mu        sync.RWMutex // guards all below
	id        string
	hashes    []tlog.Hash // as package tlog stores them
	size      int64       // records
	root      tlog.Hash   // of the tree of all records
	reserved  map[uint64]*Reservation
	order     []uint64 // of the reservations
	periods   map[period]uint64
	lost      map[period]Gap
	days      map[siteDay]*spending
	published map[edition][]Publication
	summings  map[subject][]*summing // in the order of their records
	withdrawn map[edition]withdrawn
}

// A period names what can be reserved once.
type period struct{ site, grain, first string }

// A siteDay is what has one budget.
type siteDay struct {
	site string
	day  day
}

// A spending is what was taken of one budget. It only grows: ratios are not
// negative, and nothing is ever taken out.
type spending struct {
	rho   *big.Rat
	drawn map[query]uint64 // the reservation that drew it
}

// A query is what is drawn at most once for each visitor-day.
type query struct{ statistic, measure string }

// An edition is what versions are counted in.
type edition struct{ dataset, period string }

func newHistory() *History {
	h := &History{
		reserved:  map[uint64]*Reservation{},
		periods:   map[period]uint64{},
		lost:      map[period]Gap{},
		days:      map[siteDay]*spending{},
		published: map[edition][]Publication{},
		summings:  map[subject][]*summing{},
		withdrawn: map[edition]withdrawn{},
	}
	h.root, _ = tlog.TreeHash(0, h) // reads no hash, so it cannot fail
	return h
}

// Replay reads the lines of a ledger, without newlines, and holds them to every
// rule that the ledger itself obeys: the form of each line, the tree, one
// reservation for a site and period, one draw of a query for a visitor-day, the
// budget of each visitor-day, one commit for a reservation, one share of each day
// for the period it is in, versions without holes. An error names the line, counted from 1.
func Replay(lines [][]byte) (*History, error) {
	h := newHistory()
	for i, line := range lines {
		if err := h.add(line); err != nil {
			return nil, fmt.Errorf("ledger line %d: %w", i+1, err)
		}
	}
	if len(lines) == 0 {
		return nil, fmt.Errorf("ledger line 1: missing")
	}
	return h, nil
}

// Verify reports whether the lines are those of a ledger that kept its rules.
// That they are all, and the ones that others saw, is for checkpoints to show:
// compare [History.Tree].
func Verify(lines [][]byte) error {
	_, err := Replay(lines)
	return err
}

// add holds one line to the rules and lets it count.
func (h *History) add(line []byte) error {
	r, err := decode(line)
	if err != nil {
		return err
	}
	if err := h.check(r); err != nil {
		return err
	}
	h.accept(r, line)
	return nil
}

// accept lets a record count that check had nothing against.
func (h *History) accept(r record, line []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case r.Ledger != nil:
		h.id = r.Ledger.ID
	case r.Reserve != nil:
		h.reserve(r.Seq, r.Reserve.clone())
	case r.Commit != nil:
		own := h.reserved[r.Commit.Reserve]
		own.Committed, own.Result = r.Seq, r.Commit.SHA256
	case r.Gap != nil:
		h.lost[period{r.Gap.Site, r.Gap.Grain, r.Gap.Period}] = *r.Gap
	case r.Period != nil:
		h.begin(*r.Period)
	case r.Close != nil:
		s, _ := h.begun(*r.Close) // check has been here
		s.closed = true
	case r.Publish != nil:
		p := *r.Publish
		p.Seq, p.Files = r.Seq, maps.Clone(p.Files)
		e := edition{p.Dataset, p.Period}
		h.published[e] = append(h.published[e], p)
	case r.Withdraw != nil:
		e := edition{r.Withdraw.Dataset, r.Withdraw.Period}
		h.withdrawn[e] = withdrawn{*r.Withdraw, len(h.published[e])}
	}
	// Neither of these fails: every hash they ask for is in h.hashes.
	more, _ := tlog.StoredHashes(h.size, line, tlog.HashReaderFunc(h.readHashes))
	h.hashes = append(h.hashes, more...)
	h.size++
	h.root, _ = tlog.TreeHash(h.size, tlog.HashReaderFunc(h.readHashes))
}

func (h *History) reserve(seq uint64, r Reservation) {
	r.Seq = seq
	h.reserved[seq] = &r
	h.order = append(h.order, seq)
	days, _ := span(r.Grain, r.Period) // check has been here
	for _, draw := range r.Draws {
		if draw.Share > 0 {
			h.summingOf(subject{r.Site, draw.Statistic}, days[0]).shares[days[0]] = seq
		}
	}
	if r.Fill {
		return // it takes nothing of a budget, and what its day holds else may still come
	}
	h.periods[period{r.Site, r.Grain, r.Period}] = seq
	if r.Grain != Day && len(r.Draws) == 0 {
		return // nothing is published of its days by it, and their periods may still begin
	}
	for _, d := range days {
		s := h.days[siteDay{r.Site, d}]
		if s == nil {
			s = &spending{rho: new(big.Rat), drawn: map[query]uint64{}}
			h.days[siteDay{r.Site, d}] = s
		}
		s.rho.Add(s.rho, r.Rho())
		for _, draw := range r.Draws {
			s.drawn[query{draw.Statistic, draw.Measure}] = seq
		}
	}
}

// ID returns what tells this ledger from another.
func (h *History) ID() string {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.id
}

// Reservation returns the reservation of that number.
func (h *History) Reservation(seq uint64) (Reservation, bool) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	if r, ok := h.reserved[seq]; ok {
		return r.clone(), true
	}
	return Reservation{}, false
}

// Find returns the reservation of a site's period. What fills in for its days is none: see
// [History.Share].
func (h *History) Find(site, grain, first string) (Reservation, bool) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	if seq, ok := h.periods[period{site, grain, first}]; ok {
		return h.reserved[seq].clone(), true
	}
	return Reservation{}, false
}

// Pending returns the reservations that are neither committed nor lost, oldest
// first: what a killed seal left to be finished.
func (h *History) Pending() []Reservation {
	h.mu.RLock()
	defer h.mu.RUnlock()
	var pending []Reservation
	for _, seq := range h.order {
		r := h.reserved[seq]
		if r.Committed == 0 && !h.lostFor(*r) {
			pending = append(pending, r.clone())
		}
	}
	return pending
}

// Lost returns the gap of a site's period.
func (h *History) Lost(site, grain, first string) (Gap, bool) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	g, ok := h.lost[period{site, grain, first}]
	return g, ok
}

// Spent returns what was taken of the budget of a visitor-day of the site, by all
// reservations of all grains. A day that nothing was reserved for, or that is no
// day, has 0.
func (h *History) Spent(site, date string) *big.Rat {
	h.mu.RLock()
	defer h.mu.RUnlock()
	d, err := parseDay(date)
	if s := h.days[siteDay{site, d}]; err == nil && s != nil {
		return new(big.Rat).Set(s.rho)
	}
	return new(big.Rat)
}

// Reserved reports whether anything was reserved for a day of the site: the day itself, or a
// draw under any grain.
func (h *History) Reserved(site, date string) bool {
	h.mu.RLock()
	defer h.mu.RUnlock()
	d, err := parseDay(date)
	return err == nil && h.days[siteDay{site, d}] != nil
}

// Published returns the versions of a data set and period, oldest first.
func (h *History) Published(dataset, period string) []Publication {
	h.mu.RLock()
	defer h.mu.RUnlock()
	versions := slices.Clone(h.published[edition{dataset, period}])
	for i := range versions {
		versions[i].Files = maps.Clone(versions[i].Files)
	}
	return versions
}

// PublishedPeriods returns the periods of which each data set of the site was published, by
// its statistic, in no particular order. Data sets are named site/statistic.
func (h *History) PublishedPeriods(site string) map[string][]string {
	h.mu.RLock()
	defer h.mu.RUnlock()
	periods := map[string][]string{}
	for e := range h.published {
		if statistic, ok := strings.CutPrefix(e.dataset, site+"/"); ok {
			periods[statistic] = append(periods[statistic], e.period)
		}
	}
	return periods
}

// Tree returns the number of records and the root of their tree: what a
// checkpoint signs.
func (h *History) Tree() (size int64, root tlog.Hash) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.size, h.root
}

// RootOf returns the root that the tree had when it had so many records.
func (h *History) RootOf(size int64) (tlog.Hash, error) {
	if have, _ := h.Tree(); size < 0 || size > have {
		return tlog.Hash{}, fmt.Errorf("the tree has %d records, not %d", have, size)
	}
	return tlog.TreeHash(size, h)
}

// ReadHashes returns hashes as package tlog numbers them, so that tiles and
// proofs can be made of a History.
func (h *History) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.readHashes(indexes)
}

func (h *History) readHashes(indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		if index < 0 || index >= int64(len(h.hashes)) {
			return nil, fmt.Errorf("the tree has no hash %d", index)
		}
		hashes[i] = h.hashes[index]
	}
	return hashes, nil
}

// ProveRecord proves that the record of that number is in the tree of that size.
func (h *History) ProveRecord(size int64, seq uint64) (tlog.RecordProof, error) {
	if err := h.holds(size); err != nil {
		return nil, err
	}
	return tlog.ProveRecord(size, int64(seq), h)
}

// ProveTree proves that the tree of the older size is the beginning of the other.
func (h *History) ProveTree(size, older int64) (tlog.TreeProof, error) {
	if err := h.holds(size); err != nil {
		return nil, err
	}
	return tlog.ProveTree(size, older, h)
}

// holds refuses a tree that is not there yet: package tlog would answer for it
// where it needs no hash of the records to come.
func (h *History) holds(size int64) error {
	if have, _ := h.Tree(); size > have {
		return fmt.Errorf("prove: the tree has %d records, not %d", have, size)
	}
	return nil
}
