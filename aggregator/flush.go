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

	"oboro/aggregator/statistic"
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
}

// freeze moves what was counted since the last flush to the queue. Statistics
// stand in random order in it, and so in the store.
func (a *Aggregator) freeze() {
	if a.today == nil {
		return
	}
	batches := a.today.Cut()
	rand.Shuffle(len(batches), func(i, j int) { batches[i], batches[j] = batches[j], batches[i] })
	for _, b := range batches {
		a.queue = append(a.queue, frozen{a.ids.id(b.Statistic), b})
	}
}

// Flush writes what was counted since the last flush to the store. What cannot be
// written is kept and sent again by the next flush.
func (a *Aggregator) Flush(ctx context.Context) error {
	a.flushing.Lock()
	defer a.flushing.Unlock()
	a.mu.Lock()
	a.freeze()
	begun := a.begun
	a.mu.Unlock()
	err := a.send(ctx, begun)
	a.mu.Lock()
	a.failed = err != nil
	a.mu.Unlock()
	return err
}

// send writes the epochs that began, then the queue, oldest first.
func (a *Aggregator) send(ctx context.Context, begun []statistic.Day) error {
	for _, day := range begun {
		if _, err := a.config.Store.BeginEpoch(ctx, day); err != nil {
			return fmt.Errorf("begin an epoch: %w", err)
		}
		a.mu.Lock()
		a.begun = a.begun[1:]
		a.mu.Unlock()
	}
	for {
		a.mu.RLock()
		if len(a.queue) == 0 {
			a.mu.RUnlock()
			return nil
		}
		next := a.queue[0]
		a.mu.RUnlock()
		err := a.config.Store.Add(ctx, next.id, next.batch)
		if err != nil && !errors.Is(err, store.ErrSealed) {
			return fmt.Errorf("flush: %w", err)
		}
		if err != nil {
			a.config.Log.Error("a batch came after the seal of its day", "statistic", next.batch.Statistic)
		}
		a.mu.Lock()
		a.queue = a.queue[1:]
		a.mu.Unlock()
	}
}

// Queue returns the number of batches that wait for the store, and whether the
// latest flush failed.
func (a *Aggregator) Queue() (waiting int, failed bool) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return len(a.queue), a.failed
}
