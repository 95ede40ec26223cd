package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"

	"oboro/aggregator"
	"oboro/aggregator/statistic"
	"oboro/collector"
	"oboro/internal/ramlog"
)

// recordDeclaration is the kind of the first record of a RAM log: what the day is
// counted by. The records behind it are the aggregator's, upper-case, and the
// collector's, lower-case.
const recordDeclaration = 'C'

// format is that of the records of a log, the collector's and the aggregator's. It is
// raised with each change of one: those of another format are refused, not guessed.
const format = 7

// A declaration says how the hits of a log were counted. The log of another one is
// finished under its own, before counting begins anew.
type declaration struct {
	Format    int              `json:"format"`
	Ledger    string           `json:"ledger"` // id of the ledger, and so of the data directory; or the collector
	Sites     []string         `json:"sites"`
	Timezone  string           `json:"timezone"`
	Catalogue statistic.Source `json:"catalogue"`
}

// A journal is the RAM log of a serving process. Hits may fill it up to a reserve,
// which is left to what is frozen.
type journal struct {
	log         *ramlog.Log
	declaration []byte       // the record
	notes       atomic.Int64 // bytes of notes since the log began, or this process did
}

const (
	// reserve is the share of the log that hits leave free: one part in reserve.
	reserve = 8
	// notesShare is the share that notes of what was not counted may take, so that a flood of
	// what is refused leaves the log to hits. Beyond it a kill loses such notes.
	notesShare = 4
	// noteSize is at least what a note takes of the log, its frame included.
	noteSize = 32
	// perCell is how much of the log there must be for each cell that waits for the
	// store: all of them stand in the log of each new day, beside its hits.
	perCell = 512
)

// size returns how many bytes the log has, and from how many on it takes no hits.
func (j *journal) size() (used, limit int64) {
	used, limit = j.log.Size()
	return used, limit - limit/reserve
}

// roomOfHits is more than the record of any hit takes.
const roomOfHits = 4 << 10

// full reports whether hits may find no room: the log has reached its limit, or others
// have filled the file system before.
func (j *journal) full() bool {
	used, limit := j.size()
	return used > limit || j.log.Room() < roomOfHits
}

// Append writes a record of the collector.
func (j *journal) Append(record []byte) error {
	if collector.IsNote(record) && !j.noted() {
		return ramlog.ErrFull
	}
	if collector.IsLate(record) {
		return j.log.Append(record)
	}
	return j.log.AppendLeaving(record, reserve)
}

// noted counts one more note, and reports whether there may be as many.
func (j *journal) noted() bool {
	used, limit := j.size()
	return used <= limit && j.notes.Add(noteSize) <= limit/notesShare
}

// refuses reports whether no hits are taken: another process takes them, or too much waits.
func (a *app) refuses() bool { return a.aggregator.Replaced() || a.backlogged() }

// backlogged reports whether more waits for a store that takes nothing than the RAM log
// should have to carry on. Hits are then refused.
func (a *app) backlogged() bool {
	cells, failed := a.aggregator.Waiting()
	return failed && cells > a.journal.most()
}

// most returns how many cells may wait for the store.
func (j *journal) most() int64 {
	_, limit := j.log.Size()
	return limit / perCell
}

// journalOf is the journal of an app as its collector writes it: it is opened after
// the collector that its records go to is made.
type journalOf struct{ app *app }

func (j journalOf) Append(record []byte) error { return j.app.journal.Append(record) }

// begin ends the log of the day before, key and all, and begins the next with the
// given records.
func (j *journal) begin(records [][]byte) error {
	err := j.log.Reset(append([][]byte{j.declaration}, records...))
	if err != nil && !errors.Is(err, ramlog.ErrLeftover) {
		return err
	}
	j.notes.Store(0)
	return nil // the new log stands; the old key is gone or goes with the next start
}

func (a *app) declared() ([]byte, error) {
	text, err := json.Marshal(declaration{
		Format: format, Ledger: a.belongs(), Sites: a.config.siteIDs(), Timezone: a.config.Timezone,
		Catalogue: a.catalogue.Source(),
	})
	return append([]byte{recordDeclaration}, text...), err
}

// takeBack makes the collector, and the state of the day again from the RAM log.
func (s *server) takeBack() (err error) {
	config := s.app.collectorConfig(s.app.aggregator)
	config.Turned = s.turned
	config.Journal = journalOf{s.app}
	config.Backlog = s.app.refuses
	config.Declaration = s.app.told(s.onDisk)
	if !s.ownOnly { // a command that only ends a day asks nobody
		config.Reverse = s.app.config.ReverseDNS
	}
	if config.Limits, err = s.app.config.limits(); err != nil {
		return err
	}
	if s.collector, err = collector.New(config); err != nil {
		return misuse("configuration: %w", err)
	}
	s.app.collector = s.collector
	return s.openJournal(stateDir(s.app.options.State, s.app.process.getenv))
}

// errForeign says that the log is of another data directory.
var errForeign = errors.New("the RAM log is of another data directory")

// finishDays takes back what a killed process left in the RAM log, where it is of
// this data, and ends the day in it if that is over: a seal without it would lack
// hits that were answered 202. It is for a command that finds no process running.
func (a *app) finishDays() error {
	dir := stateDir(a.options.State, a.process.getenv)
	if _, err := os.Lstat(filepath.Join(dir, "log", "current")); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err := harden(); err != nil {
		return fmt.Errorf("keep memory out of core dumps: %w", err)
	}
	s := &server{app: a, ownOnly: true}
	err := s.takeBack()
	if f, ok := errors.AsType[failure](err); ok && f.status == busy || errors.Is(err, errForeign) {
		return nil // it is not of this data, which no other process has
	}
	if err != nil {
		return err
	}
	return s.collector.Turn()
}

// openJournal opens the RAM log and takes back in what it holds: the day goes on
// where it was left. What was counted under another declaration is frozen under
// that one, and waits for the store; the visitor state then begins anew.
func (s *server) openJournal(dir string) (err error) {
	limit, err := s.app.config.stateLimit(dir)
	if err != nil {
		return err
	}
	j := &journal{}
	if j.declaration, err = s.app.declared(); err != nil {
		return err
	}
	j.log, err = ramlog.Open(filepath.Join(dir, "log"), s.app.process.random, limit)
	switch {
	case errors.Is(err, ramlog.ErrBusy):
		return failure{busy, fmt.Errorf("state directory %s: another process of oboro uses it; stop that one, or name another --state", dir)}
	case errors.Is(err, ramlog.ErrDamaged):
		return unread(dir, err)
	case err != nil:
		return misuse("state directory %s: %w", dir, err)
	}
	s.app.journal = j
	r := &replay{server: s, aggregator: s.app.aggregator, collector: s.collector}
	if err := j.log.Replay(r.record); err != nil {
		return unread(dir, err)
	}
	if r.old == nil {
		return s.rejoin()
	}
	defer r.collector.Close()
	return r.adopt(j, dir)
}

// rejoin counts the time in which one of several collectors was down: others had its addresses.
func (s *server) rejoin() error {
	if s.app.name == "" {
		return nil
	}
	return s.app.aggregator.Rejoin()
}

// unread says that a log cannot be read, and what to do.
func unread(dir string, err error) error {
	return fmt.Errorf("state directory %s: %w; the hits since the last flush are in it, so it is left as it is: "+
		"start the version that wrote it, or remove %s to give them up", dir, err, filepath.Join(dir, "log"))
}

// A replay takes the records of a log back in.
type replay struct {
	server     *server
	aggregator *aggregator.Aggregator // of the declaration that the log was written under
	collector  *collector.Collector
	old        *declaration // where that is not the one in force
}

func (r *replay) record(record []byte) error {
	switch {
	case len(record) == 0:
		return errors.New("an empty record")
	case record[0] == recordDeclaration:
		return r.declare(record)
	case record[0] < 'a':
		return r.aggregator.Replay(record)
	}
	return r.collector.Replay(record)
}

// declare prepares for the records of another declaration.
func (r *replay) declare(record []byte) error {
	if bytes.Equal(record, r.server.app.journal.declaration) {
		return nil
	}
	r.old = &declaration{}
	if err := json.Unmarshal(record[1:], r.old); err != nil {
		return errors.New("its declaration cannot be read")
	}
	if r.server.ownOnly && r.old.Ledger != r.server.app.belongs() {
		return errForeign
	}
	if r.old.Format != format {
		return fmt.Errorf("its records have format %d, and this version reads format %d", r.old.Format, format)
	}
	a, err := r.server.app.under(*r.old)
	if err != nil {
		return err
	}
	r.aggregator = a.aggregator
	config := a.collectorConfig(a.aggregator)
	config.Replays = true
	r.collector, err = collector.New(config)
	return err
}

// under returns an app that counts by another declaration, without a journal.
func (a *app) under(d declaration) (*app, error) {
	catalogue, err := d.Catalogue.Read()
	if err != nil {
		return nil, fmt.Errorf("its catalogue cannot be read: %w", err)
	}
	old := &app{
		process: a.process, options: a.options, config: a.config, catalogue: catalogue,
		store: a.store, ledger: a.ledger, name: a.name, log: a.log,
	}
	old.config.Timezone, old.config.Sites = d.Timezone, nil
	for _, id := range d.Sites {
		old.config.Sites = append(old.config.Sites, siteConfig{ID: id})
	}
	return old, old.newAggregator(context.Background())
}

// adopt freezes what was counted under the old declaration and hands it on.
func (r *replay) adopt(j *journal, dir string) error {
	if err := r.collector.EndWaits(); err != nil {
		return err
	}
	if err := r.aggregator.Freeze(); err != nil {
		return err
	}
	waiting, _ := r.aggregator.Queue()
	if r.old.Ledger != r.server.app.belongs() {
		if waiting > 0 {
			return misuse("the state directory %s holds hits of another data directory that are not flushed; "+
				"name another --state, start with that --data to flush them, or remove %s to give them up",
				dir, filepath.Join(dir, "log"))
		}
		return nil // it was left in order; the first turn of the day wipes it
	}
	kept := r.aggregator.Kept()
	for _, record := range kept {
		if err := r.server.app.aggregator.Replay(record); err != nil {
			return err
		}
	}
	return j.begin(kept)
}

// turned ends the log of the day before and begins the next.
func (s *server) turned(day statistic.Day, opening []byte) error {
	return s.app.aggregator.Turned(day, func(records [][]byte) error {
		return s.app.journal.begin(append(records, opening))
	})
}
