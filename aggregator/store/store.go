// Package store says what a store of cells keeps and how it is written.
//
// A store learns no more than counts: a [Cell] is codes, counters and admitted
// labels. It never sees a hit, an address or a time finer than a day; the hour of
// a statistic by hour is a key. sqlite and clickhouse are the stores; they share
// no SQL, and storetest holds the cases that both must pass.
package store

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"iter"
	"math/big"

	"oboro/aggregator/statistic"
)

// Meters is the statistic id under which meters are kept: one key, the reason,
// and the count in Hits.
const Meters = "meters"

// A Cell is one combination of a statistic's dimension values in one period, with
// its counters. Keys stand in the order of the statistic's dimensions: at most
// three, none of them empty, each of at most 256 bytes.
type Cell struct {
	Site   string
	Keys   []string
	Counts statistic.Counts
}

// A BatchID names one batch for ever: HMAC-SHA-256 of sequence number and
// statistic under the random secret of the epoch, cut to 16 bytes. Under one id
// the same batch is sent again, never another.
type BatchID [16]byte

// A Batch holds merged increments of one statistic in one period.
type Batch struct {
	Statistic string
	Grain     statistic.Grain // of the period; a day where none is said
	Period    statistic.Day   // first day of the grain
	Cells     []Cell
	Again     bool // it may have been sent before, by this process or one before it
}

// An Adder takes increments of open cells.
type Adder interface {
	// Add adds the batch, as a whole or not at all. Adding it again under the same
	// id adds nothing, also after a crash. A batch is refused with ErrSealed if its
	// period, of its grain, is sealed for its statistic and the site of any of its cells; one that
	// was added before its period was sealed may be answered either way when it is
	// sent again. It is refused with ErrDoubt if it is sent again and the store cannot tell any
	// more whether it has it, and with ErrAddress if a key reads as an address. After any other error the outcome is not known: send it again.
	Add(ctx context.Context, id BatchID, batch Batch) error
}

// A Settler is a store whose Open may lag behind Add, its Epochs behind BeginEpoch, and its Seals and Sums
// behind what writes them: one that is spread over machines.
type Settler interface {
	// Settled returns a reader of open cells that yields, of every batch that Add has
	// acknowledged by then, all cells. It fails rather than to leave some out.
	Settled(ctx context.Context) (Open, error)
	// SettledEpochs is Epochs with every epoch that was begun by then. It fails rather than to leave one
	// out: noise that went by too few would be too small.
	SettledEpochs(ctx context.Context, from, to statistic.Day) (map[statistic.Day]int, error)
	// SettledSeals returns once what Seals and Sums yield leaves out nothing that was acknowledged by then.
	// After what is to stand was read, stay says whether that held all the while: where it fails, read again.
	SettledSeals(ctx context.Context) (stay func() error, err error)
}

// A Table names the open cells of one statistic, site and period. Those of a Monday and those
// of the week that begins with it are two tables: a statistic whose grain was changed may have
// both.
type Table struct {
	Statistic string
	Site      string
	Grain     statistic.Grain // a day where none is said
	Period    statistic.Day
}

// Open reads open cells.
type Open interface {
	// Open yields the open cells of the table, sums of all batches, in no
	// particular order. Cells whose counters are all zero are left out. It never
	// yields part of a batch.
	Open(ctx context.Context, t Table) iter.Seq2[Cell, error]
}

// A Measurement is one noisy count. It was drawn once.
type Measurement struct {
	Keys    []string
	Measure statistic.Measure
	Value   int64
	Sigma2  *big.Rat // the variance actually drawn, a fraction of two int64; several may share it
}

// Sealed is what remains of a table at the end of its grain. No two cells have the
// same keys, and no two measurements the same measure and keys.
type Sealed struct {
	Statistic    string
	Cells        []Folded // nothing where the table stands on fewer than k visitor-days
	Measurements []Measurement
	Forgotten    bool // its retention is over: whatever cells it had are gone. Only Seals says so
}

// Folded is a sealed cell. Where it stands for several cells, Merged says how
// many, and its keys are [statistic.Other]; of a crossed statistic the second one at
// least.
type Folded struct {
	Keys   []string
	Counts statistic.Counts
	Merged int
}

// A Seal is the outcome of sealing all tables of one grain of a site. Tables names
// every statistic of that grain once, [Meters] among the daily ones, also those
// without a cell: the store does not know the declaration, and what a seal does not
// name stays open.
type Seal struct {
	Site        string
	Grain       statistic.Grain
	Period      statistic.Day
	Reservation uint64 // the ledger's number
	Epochs      int    // most states that one visitor-day could have met
	Imported    bool   // from a log, not from live hits
	Tables      []Sealed
	Shares      []Share // of a day, of each period that it gives one to; kept in sums alone
}

// A Share is what a day adds to a period over which a figure is summed: noisy counts of
// each key of the period, with the day's part of the noise.
type Share struct {
	Statistic string
	Period    statistic.Day // first day
	Days      int           // of the period
	Values    []Measurement // of all keys of the period, zeros included
}

// Summed is a period with the sum of the shares that it was given.
type Summed struct {
	Period statistic.Day // first day
	Days   int           // of the period
	Done   int           // days that have given their share
	Closed bool          // each day has, and the period is as it will stay
	Keys   [][]string    // of the period, as they were at its beginning, sorted
	Values []Measurement // of each key, ordered by measure and keys; nothing before the first share
}

// Periods sums figures over periods, a share a day. One share cannot be read any more once
// it is in its sum.
type Periods interface {
	// BeginPeriod begins a period of so many days with the keys for ever. Beginning it again
	// changes nothing; with other keys or days it is refused with ErrDomain.
	BeginPeriod(ctx context.Context, site, statisticID string, period statistic.Day, days int, keys [][]string) error
	// AddShare adds the share of a day that has none by its seal: it leaves the day open
	// where it is. Added again, also with other values, it changes nothing. It is refused, as
	// a seal with it is, with ErrDomain where it has not the days and the keys of its period.
	AddShare(ctx context.Context, site string, day statistic.Day, share Share) error
	// ClosePeriod ends a period of whose days each has given its share; with fewer it is
	// refused with ErrShort. Closing again changes nothing.
	ClosePeriod(ctx context.Context, site, statisticID string, period statistic.Day) error
	// Sums returns the periods of the statistic that begin in [from, to], in their order.
	Sums(ctx context.Context, site, statisticID string, from, to statistic.Day) ([]Summed, error)
}

// A Sealer writes and reads seals.
type Sealer interface {
	// WriteSeal writes the seal and drops the open cells of its tables in its site,
	// period and grain, and the batch ids of every statistic, period and grain that no site
	// keeps open any more. What was deleted is gone from the disk when it returns nil. The
	// seal of a sealed period stands: written again, also with other content, it
	// changes nothing. After an error write it again: either nothing was kept, or
	// that completes what is missing.
	WriteSeal(ctx context.Context, s Seal) error
	// Seals returns the seals of the site whose periods lie in [from, to], ordered
	// by period, a day before the week that begins with it. Of their tables only the
	// named statistic's is read, its cells ordered by keys, its measurements by
	// measure and keys; seals that have none are returned without. An empty id
	// returns all seals without tables.
	Seals(ctx context.Context, site, statisticID string, from, to statistic.Day) ([]Seal, error)
}

// A Dropper lets open cells go that nothing will seal.
type Dropper interface {
	// DropOpen deletes the open cells of the statistics in the site, grain and period of the table, and
	// the batch ids of those that no site keeps open any more, without a seal. Which statistic the
	// table names is of no account. What was deleted is gone from the disk when it returns nil.
	// After an error do it again.
	DropOpen(ctx context.Context, of Table, statisticIDs []string) error
}

// A Forgetter lets sealed cells go when their retention is over.
type Forgetter interface {
	// Forget deletes the sealed cells of the statistic, of all sites, in the periods
	// that begin before the day, and the sealed labels that nothing of the statistic
	// uses any more; an empty id means every statistic that the store knows. What was
	// deleted is gone from the disk when it returns nil. All else stays: open cells,
	// measurements, and the seals, which keep their periods sealed and say of these
	// tables that they are forgotten. Forgetting again changes nothing. After an error
	// do it again: either nothing was forgotten, or that completes what is missing.
	Forget(ctx context.Context, statisticID string, before statistic.Day) error
}

// Lives counts the lives (epochs) of the visitor state within a day.
type Lives interface {
	// BeginEpoch adds one to the epochs of the day and returns their number.
	BeginEpoch(ctx context.Context, day statistic.Day) (int, error)
	// Epochs returns the number of epochs of each day in [from, to] that had any.
	Epochs(ctx context.Context, from, to statistic.Day) (map[statistic.Day]int, error)
}

// Marks say how far each of several collectors has written.
type Marks interface {
	// Mark says that the collector has in the store all that it counted on the days up to day:
	// Add has acknowledged the last of it. A mark of an earlier day changes nothing.
	Mark(ctx context.Context, collector string, day statistic.Day) error
	// Marks returns the latest day of each collector. A mark may be seen late: what Settled
	// makes after it is seen yields all that it stands for.
	Marks(ctx context.Context) (map[string]statistic.Day, error)
}

// An Instance is a process that takes hits as one of several collectors. The zero one is none.
type Instance struct {
	Number uint64
	ID     [16]byte // random
}

// Compare orders the processes of a collector, the earlier one first: by number, and where two
// began at once by id, which is the same for everybody who looks.
func (i Instance) Compare(other Instance) int {
	return cmp.Or(cmp.Compare(i.Number, other.Number), bytes.Compare(i.ID[:], other.ID[:]))
}

// Instances tell processes apart that take hits under the name of one collector.
type Instances interface {
	// Enter says that a process takes hits as the collector from now on. Its number is greater
	// than that of each that was seen before it. Entered again, after an error, it is the same one.
	Enter(ctx context.Context, collector string, id [16]byte) (Instance, error)
	// Latest returns the latest process of the collector. One may be seen late.
	Latest(ctx context.Context, collector string) (Instance, error)
}

// Absences remember the collectors without which days were sealed.
type Absences interface {
	// SealWithout says of a day, before it is sealed, which collectors have not written what they
	// counted on it; where all have, that as well. Said again, it adds to what was said of the day.
	SealWithout(ctx context.Context, day statistic.Day, collectors []string) error
	// Closed reports whether a collector was named of the day: what comes of the day from then on is
	// late. Once SealWithout has returned, Closed knows it, whoever asks.
	Closed(ctx context.Context, day statistic.Day) (bool, error)
	// Absent returns those of the newest day, sorted.
	Absent(ctx context.Context) ([]string, error)
}

// Joint counts the lives of the states of several collectors.
type Joint interface {
	// GoOn says that a collector whose state lived until the day began goes on in it: all
	// that do are one epoch of the day together, since no address changes between them.
	GoOn(ctx context.Context, day statistic.Day) error
}

// An Owner belongs to one ledger.
type Owner interface {
	// Claim makes the store that of the ledger with the id, of 1 to 64 bytes, where it
	// is nobody's yet. It returns ErrOwner where it is another's: what was drawn for it
	// is written down elsewhere, and would be drawn a second time.
	Claim(ctx context.Context, ledger string) error
}

// ErrOwner says that a store belongs to another ledger.
var ErrOwner = errors.New("the store belongs to another ledger: stop, and put back the ledger folder that was beside it " +
	"(never begin a new one for it), or begin with an empty data directory")

// What callers may have to tell apart.
var (
	// ErrSealed says that a period is sealed and takes no more batches.
	ErrSealed = errors.New("the period is sealed")
	// ErrDomain says that days or keys are not those with which a period began.
	ErrDomain = errors.New("not the keys or days with which the period began")
	// ErrShort says that some days of a period have not given their share.
	ErrShort = errors.New("days of the period have not given their share")
	// ErrDoubt says that a batch may be in the store or not, and that nobody can tell any more:
	// sent again it could count twice.
	ErrDoubt = errors.New("nobody can tell any more whether the batch is in the store")
	// ErrAddress says that a key of a batch reads as an address, which no column takes.
	ErrAddress = errors.New("a key reads as an address")
)
