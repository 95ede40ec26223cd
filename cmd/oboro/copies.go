package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"oboro/aggregator/release"
	"oboro/dashboards/team"
)

// copies are the checkpoints in a second place. Its methods answer for nil, where none is
// configured, as where all is well.
type copies struct {
	release.Copies
	writing sync.Mutex // one writer at a time

	mu     sync.Mutex // guards what follows
	failed error      // why the latest copy does not stand
	kept   sizes      // whose checkpoints were copied last
	tried  time.Time  // when that was tried last
}

// sizes are how many lines the ledger has, and how many entries of the audit trail are under
// its signed head: it is copied as often as it is signed, and not with each entry.
type sizes struct{ ledger, trail int64 }

// retry is how long a copy that fails waits for its next try.
const retry = time.Minute

// openCopies holds the ledger and the log to their newest copies. Where they do not go with
// them the data directory is refused, before anything of it is used. A folder that cannot be
// read keeps nobody from counting: it is told of, and tried again.
func (a *app) openCopies() error {
	dir := absolute(a.config.CheckpointCopy, a.config.dir)
	if dir == "" {
		return nil
	}
	if within(dir, a.options.Data) {
		return errWithin
	}
	signer, key, err := release.LoadOrCreateSigner(a.keyPath(), "oboro")
	if err != nil {
		return err
	}
	c, err := release.NewCopies(dir, signer, key)
	if err != nil {
		return err
	}
	log, err := release.OpenLog(a.logPath())
	if err != nil {
		return err
	}
	a.copies = &copies{Copies: c, kept: sizes{-1, -1}}
	if err = c.Check(release.CopyOfLedger, a.ledger); err == nil {
		err = c.Check(release.CopyOfLog, log)
	}
	if errors.Is(err, release.ErrForked) {
		return fmt.Errorf("checkpoint_copy: %w. Nothing was changed. Put back the newest backup of the whole data directory, "+
			"one that these copies go with. Where there is none, begin a new data directory and name a new folder in "+
			"checkpoint_copy; keep this one: readers see by it what was lost", err)
	}
	return nil
}

var errWithin = misuse("checkpoint_copy is inside of the data directory, and would be put back with it: " +
	"name a folder on another machine or medium")

// checkCopies refuses a second place that is none.
func (c *config) checkCopies(data string) error {
	dir := absolute(c.CheckpointCopy, c.dir)
	if dir == "" {
		return nil
	}
	if within(dir, data) {
		return errWithin
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return misuse("checkpoint_copy: %s is not a folder; make it, or mount it", dir)
	}
	return nil
}

// within reports whether a folder is the other, or lies in it.
func within(folder, other string) bool {
	way, err := filepath.Rel(real(other), real(folder))
	return err == nil && way != ".." && !strings.HasPrefix(way, ".."+string(filepath.Separator))
}

// real returns the path without links, as far as it is there.
func real(path string) string {
	whole, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	if at, err := filepath.EvalSymlinks(whole); err == nil {
		return at
	}
	return whole
}

// keepCopies copies checkpoints that have grown, until ctx ends. It has a goroutine of its own,
// so that a second place which does not answer holds up no seal.
func (a *app) keepCopies(ctx context.Context) error {
	if a.copies == nil {
		return nil
	}
	look := time.NewTicker(time.Second)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-look.C:
			a.copyCheckpoints()
		}
	}
}

// copyCheckpoints copies the checkpoints of the ledger, of the log and of the audit trail, if
// they have grown. What fails is told of once, and stops nothing. While a publication is under
// way nothing is copied: it ends with other checkpoints.
func (a *app) copyCheckpoints() {
	c := a.copies
	if c == nil || !c.writing.TryLock() {
		return
	}
	defer c.writing.Unlock()
	if !a.publishing.TryLock() {
		return
	}
	size, _ := a.ledger.Tree()
	now := sizes{size, a.trail.underHead()}
	due := c.due(now, a.process.now())
	var log *release.Log
	var err error
	if due {
		log, err = release.OpenLog(a.logPath())
	}
	a.publishing.Unlock() // a second place that does not answer holds up no publication
	if !due {
		return
	}
	if err == nil {
		err = c.Keep(release.CopyOfLedger, a.ledger)
	}
	if err == nil {
		err = c.Keep(release.CopyOfLog, log)
	}
	if err == nil && now.trail > 0 {
		err = c.Keep(release.CopyOfAudit, a.trail)
	}
	if c.settle(now, a.process.now(), err) {
		a.log.Error("copy of the checkpoints failed", "error", err.Error())
	}
}

// due reports whether what has these sizes is to be copied now.
func (c *copies) due(have sizes, now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.failed == nil && have != c.kept || c.failed != nil && now.Sub(c.tried) >= retry
}

// settle notes what came of a try, and reports whether that is to be told.
func (c *copies) settle(have sizes, now time.Time, err error) (tell bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	tell = err != nil && (c.failed == nil || c.failed.Error() != err.Error())
	c.failed, c.tried = err, now
	if err == nil {
		c.kept = have
	}
	return tell
}

// standing returns what the quality report says of the copies.
func (c *copies) standing() team.Copies {
	if c == nil {
		return team.NoCopies
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case errors.Is(c.failed, release.ErrForked):
		return team.Forked
	case c.failed != nil:
		return team.NotCopied
	}
	return team.Copied
}

// words returns what operators are told: nothing where all is well.
func (c *copies) words() string {
	switch c.standing() {
	case team.Forked:
		return "but the ledger or the log does not go with its copied checkpoint: the next start will refuse it\n"
	case team.NotCopied:
		return "but the checkpoints cannot be copied to checkpoint_copy\n"
	}
	return ""
}

// refusal keeps from being published what is not the ledger, or the log, that was copied.
func (c *copies) refusal() error {
	if c.standing() != team.Forked {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return fmt.Errorf("checkpoint_copy: %w; nothing is published", c.failed)
}
