package aggregator

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"

	"oboro/aggregator/store"
)

// identities makes batch ids: HMAC of sequence number and statistic under the
// random secret of this epoch. Without the secret, ids of different statistics
// cannot be matched.
type identities struct {
	secret [32]byte
	next   uint64
}

func newIdentities(random io.Reader) (identities, error) {
	var ids identities
	if _, err := io.ReadFull(random, ids.secret[:]); err != nil {
		return ids, errors.New("no random bytes for the batch ids")
	}
	return ids, nil
}

func (ids *identities) id(statistic string) store.BatchID {
	mac := hmac.New(sha256.New, ids.secret[:])
	var sequence [8]byte
	binary.BigEndian.PutUint64(sequence[:], ids.next)
	ids.next++
	mac.Write(sequence[:])
	io.WriteString(mac, statistic)
	return store.BatchID(mac.Sum(nil)[:len(store.BatchID{})])
}

// A frozen batch keeps its id and its cells until the store has it, so that
// sending it again adds nothing.
type frozen struct {
	id    store.BatchID
	batch store.Batch
	again bool // it may have been sent; not in the record, since a restart cannot know
}

// cut makes batches of what was counted since the last flush, with their ids, and
// changes nothing. Statistics stand in random order in it, and so in the store. The
// caller holds mu, and no hit is under way.
func (a *Aggregator) cut() (ids identities, list []frozen) {
	ids = a.ids
	if a.today == nil {
		return ids, nil
	}
	batches := a.today.Changes()
	rand.Shuffle(len(batches), func(i, j int) { batches[i], batches[j] = batches[j], batches[i] })
	for _, b := range batches {
		list = append(list, frozen{id: ids.id(b.Statistic), batch: b})
	}
	return ids, list
}

// freeze moves what was counted since the last flush to the queue, once it stands
// in the RAM log: nothing is sent that a restart would not send again under the
// same ids. The caller holds mu, and no hit is under way.
func (a *Aggregator) freeze() error {
	ids, list := a.cut()
	if len(list) == 0 {
		return nil
	}
	if err := a.record(encodeFrozen(ids.next, list)); err != nil {
		return fmt.Errorf("freeze: %w", err)
	}
	a.today.Settle()
	a.ids = ids
	a.line(append(a.queue, list...))
	return nil
}

// line sets the queue. The caller holds mu.
func (a *Aggregator) line(queue []frozen) {
	cells := 0
	for _, f := range queue {
		cells += len(f.batch.Cells)
	}
	a.queue = queue
	a.waiting.Store(int64(cells))
}

func (a *Aggregator) record(record []byte) error {
	if a.config.Record == nil {
		return nil
	}
	return a.config.Record(record)
}

// Flush writes what was counted since the last flush to the store. What cannot be
// written is kept and sent again by the next flush; until then what is counted
// stays merged, so that memory is bounded by the number of cells.
func (a *Aggregator) Flush(ctx context.Context) error {
	a.flushing.Lock()
	defer a.flushing.Unlock()
	err := a.lookAround(ctx)
	if err == nil {
		err = a.send(ctx)
	}
	if err == nil {
		a.pause(func() {
			a.mu.Lock()
			defer a.mu.Unlock()
			err = a.freeze()
		})
	}
	if err == nil {
		err = a.send(ctx)
	}
	a.failed.Store(err != nil)
	return err
}

// pause runs f while no hit is under way.
func (a *Aggregator) pause(f func()) {
	if a.config.Pause == nil {
		f()
		return
	}
	a.config.Pause(f)
}

// send writes the epochs that began, then the queue, oldest first.
func (a *Aggregator) send(ctx context.Context) error {
	for {
		next, ok := a.nextEpoch()
		if !ok {
			break
		}
		if err := a.beginEpoch(ctx, next); err != nil {
			return fmt.Errorf("begin an epoch: %w", err)
		}
		a.done(recordEpoch, func() { a.begun = a.begun[1:] })
	}
	for {
		next, ok := a.nextBatch()
		if !ok {
			return a.mark(ctx)
		}
		next.batch.Again = next.again
		switch err := a.add(ctx, next); {
		case errors.Is(err, store.ErrSealed), errors.Is(err, store.ErrDoubt), errors.Is(err, store.ErrAddress):
			a.hold(err)
		case err != nil:
			a.unsure()
			return fmt.Errorf("flush: %w", err)
		default:
			a.done(recordDelivered, func() { a.line(a.queue[1:]) })
		}
	}
}

func (a *Aggregator) nextEpoch() (begun, bool) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	if len(a.begun) == 0 {
		return begun{}, false
	}
	return a.begun[0], true
}

func (a *Aggregator) nextBatch() (frozen, bool) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	if len(a.queue) == 0 {
		return frozen{}, false
	}
	return a.queue[0], true
}

// done notes that the store has what was sent. Should the note not stand, a
// restart sends it again: a batch is then ignored, and an epoch too many makes
// the noise larger, never smaller.
func (a *Aggregator) done(kind byte, forget func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	forget()
	if err := a.record([]byte{kind}); err != nil {
		a.config.Log.Warn("the RAM log is full")
	}
}

// Queue returns the number of batches that wait for the store, and whether the
// latest flush failed.
func (a *Aggregator) Queue() (waiting int, failed bool) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return len(a.queue), a.failed.Load()
}

// Waiting returns the number of cells in the batches that wait for the store, and
// whether the latest flush failed. It takes no lock: it is asked for each hit. While the
// store takes nothing a day adds the cells of one day, whenever it ends; what the hits of
// today come to is merged meanwhile.
func (a *Aggregator) Waiting() (cells int64, failed bool) {
	return a.waiting.Load(), a.failed.Load()
}
