package clickhouse_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
	"oboro/aggregator/store/clickhouse"
	"oboro/aggregator/store/clickhouse/clicktest"
)

const monday statistic.Day = 20773 // 2026-11-16

// sites of the tests lie on both shards of a cluster of two.
var sites = []string{"alpha", "beta", "gamma", "delta"}

// numbered names batch n of a statistic.
func numbered(n int, id string) store.BatchID {
	var batch store.BatchID
	binary.LittleEndian.PutUint64(batch[:], uint64(n)*0x9e3779b97f4a7c15)
	copy(batch[8:], id)
	return batch
}

// identical raises the same 10 cells of each site by the same counts, whatever its number:
// a store that knows batches by their content counts too few.
func identical(id string) store.Batch {
	b := store.Batch{Statistic: id, Period: monday}
	for _, site := range sites {
		for i := range 10 {
			c := store.Cell{Site: site, Keys: []string{fmt.Sprint("/page/", i)}}
			c.Counts[statistic.Views], c.Counts[statistic.Exits] = 3, -1
			b.Cells = append(b.Cells, c)
		}
	}
	return b
}

// A writer adds batches, each until it is acknowledged, as the aggregator does. Some it
// sends again although they were acknowledged, some it gives up on the way.
type writer struct {
	*testing.T
	store   *clickhouse.Store
	id      string
	added   atomic.Int64
	tries   atomic.Int64
	unknown atomic.Int64 // tries without an answer
}

func (w *writer) add(n int) bool {
	batch := identical(w.id)
	for {
		ctx, cancel := w.Context(), context.CancelFunc(func() {})
		if rand.IntN(4) == 0 {
			ctx, cancel = context.WithTimeout(ctx, time.Duration(1+rand.IntN(20))*time.Millisecond)
		}
		err := w.store.Add(ctx, numbered(n, w.id), batch)
		cancel()
		w.tries.Add(1)
		switch {
		case w.Context().Err() != nil:
			return false
		case err != nil:
			w.unknown.Add(1)
			time.Sleep(time.Duration(rand.IntN(50)) * time.Millisecond)
		case rand.IntN(4) == 0:
			continue // as if the answer had been lost
		default:
			w.added.Add(1)
			return true
		}
	}
}

// run adds batches until stop is closed.
func (w *writer) run(stop <-chan struct{}) {
	for n := 0; ; n++ {
		select {
		case <-stop:
			return
		default:
		}
		if !w.add(n) {
			return
		}
	}
}

// write has two writers add batches while faults runs, and returns how many each added.
func write(t *testing.T, s *clickhouse.Store, faults func()) map[string]int64 {
	t.Helper()
	stop := make(chan struct{})
	var group sync.WaitGroup
	list := []*writer{{T: t, store: s, id: "pages"}, {T: t, store: s, id: "sources"}}
	for _, w := range list {
		group.Go(func() { w.run(stop) })
	}
	faults()
	close(stop)
	group.Wait()
	added := map[string]int64{}
	for _, w := range list {
		added[w.id] = w.added.Load()
		t.Logf("%s: %d batches added by %d tries, %d of which had no answer", w.id, w.added.Load(), w.tries.Load(), w.unknown.Load())
	}
	return added
}

// wantTotals compares what the store yields with what was added, exactly.
func wantTotals(t *testing.T, s store.Open, added map[string]int64) {
	t.Helper()
	for id, n := range added {
		for _, site := range sites {
			cells := 0
			for c, err := range s.Open(t.Context(), store.Table{Statistic: id, Site: site, Period: monday}) {
				if err != nil {
					t.Fatalf("Open: %v", err)
				}
				cells++
				if views, exits := c.Counts[statistic.Views], c.Counts[statistic.Exits]; views != 3*n || exits != -n {
					t.Errorf("%s of %s counts %d views and %d exits, want %d and %d", id, site, views, exits, 3*n, -n)
				}
			}
			if cells != 10 {
				t.Errorf("%s of %s has %d cells, want 10", id, site, cells)
			}
		}
	}
}

// TestKilledServer kills a server on its own, again and again, while batches are added:
// each counts once.
func TestKilledServer(t *testing.T) {
	needServer(t)
	n, err := clicktest.Single(t.TempDir(), shipped)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Stop)
	s := open(t, "clickhouse://default@"+n.Address()+"/oboro")
	added := write(t, s, func() {
		for range 4 {
			time.Sleep(time.Second)
			n.Kill()
			if err := n.Start(); err != nil {
				t.Error(err)
				return
			}
		}
	})
	wantTotals(t, s, added)
}

// TestSlowServer: of a server that does nothing any more a call returns at its deadline, and
// what it was sent counts once when it goes on.
func TestSlowServer(t *testing.T) {
	needServer(t)
	n, err := clicktest.Single(t.TempDir(), shipped)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Stop)
	s := open(t, "clickhouse://default@"+n.Address()+"/oboro")
	add(t, s, 0, identical("pages"))
	if err := n.Freeze(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if err := s.Add(ctx, numbered(1, "pages"), identical("pages")); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Add to a server that stands still = %v, want %v", err, context.DeadlineExceeded)
	}
	if err := n.Thaw(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		add(t, s, 1, identical("pages"))
	}
	wantTotals(t, s, map[string]int64{"pages": 2})
}

// clusterKilled kills the servers of a cluster and its ZooKeeper in turn while batches are
// added: each counts once, on every replica. Seen to fail when the nonce was left out
// (too few), and when it was drawn anew for each try (too many).
func clusterKilled(t *testing.T, c *clicktest.Cluster) {
	s := open(t, c.DSN("oboro"))
	added := write(t, s, func() {
		for _, i := range []int{1, 0, 2, -1, 3} {
			time.Sleep(time.Second)
			var err error
			if i < 0 {
				c.ZooKeeper.Kill()
				time.Sleep(time.Second)
				err = c.ZooKeeper.Start()
			} else {
				c.Nodes[i].Kill()
				time.Sleep(time.Second)
				err = c.Nodes[i].Start()
			}
			if err != nil {
				t.Error(err)
				return
			}
		}
	})
	wantReplicas(t, c, added)
	var settled store.Open
	eventually(t, func() (err error) {
		settled, err = s.Settled(t.Context())
		return err
	})
	wantTotals(t, settled, added)
}

// eventually does something until it succeeds: servers that were killed find back to each
// other within a minute or so.
func eventually(t *testing.T, do func() error) {
	t.Helper()
	deadline := time.Now().Add(3 * time.Minute)
	for {
		err := do()
		if err == nil {
			return
		}
		if time.Now().After(deadline) || t.Context().Err() != nil {
			t.Fatal(err)
		}
		time.Sleep(200 * time.Millisecond)
	}
}

// wantReplicas asks every replica on its own, once it has caught up.
func wantReplicas(t *testing.T, c *clicktest.Cluster, added map[string]int64) {
	t.Helper()
	ofShard := []int64{0, 0}
	for i := range ofShard {
		known, err := strconv.ParseInt(ask(t, c.Nodes[2*i], "select uniqExact(site) from oboro.open_cells"), 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		ofShard[i] = known
	}
	if ofShard[0] == 0 || ofShard[1] == 0 || ofShard[0]+ofShard[1] != int64(len(sites)) {
		t.Fatalf("the shards have %v sites, want %d on both together", ofShard, len(sites))
	}
	for i, n := range c.Nodes {
		eventually(t, func() error {
			_, err := n.Ask("system sync replica oboro.open_cells")
			return err
		})
		for id, batches := range added {
			got := ask(t, n, fmt.Sprintf("select sum(views) from oboro.open_cells where statistic = '%s'", id))
			if want := strconv.FormatInt(3*10*batches*ofShard[i/2], 10); got != want {
				t.Errorf("replica %d counts %s views of %s, want %s", i+1, got, id, want)
			}
		}
	}
}
