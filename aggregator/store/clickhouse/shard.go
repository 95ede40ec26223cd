package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"sync/atomic"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// A host is one server.
type host struct {
	address string // host:port
	conn    driver.Conn
	quorum  int // replicas that must have what is inserted; 0 is this one
}

// A shard is the replicas that hold the same sites.
type shard struct {
	hosts      []*host
	first      atomic.Uint32 // the host that answered last
	moves      atomic.Uint32 // how often that was another one than before
	replicated bool
	patience   time.Duration // with a replica that is catching up
}

// rounds is how often each replica is asked before a call gives up; pause is the time
// between the first two rounds, and doubles.
const (
	rounds = 3
	pause  = 100 * time.Millisecond
)

// catchingUp bounds how long a replica may take to fetch what others have.
const catchingUp = time.Minute

// try runs do on a replica, and where that fails in a way that passes on the next one. do
// must be such that running it twice does what running it once does.
func (sh *shard) try(ctx context.Context, do func(context.Context, *host) error) error {
	first := int(sh.first.Load())
	for n := range rounds * len(sh.hosts) {
		if n > 0 && n%len(sh.hosts) == 0 {
			if err := sleep(ctx, pause<<(n/len(sh.hosts)-1)); err != nil {
				return err
			}
		}
		at := (first + n) % len(sh.hosts)
		err := do(ctx, sh.hosts[at])
		if err == nil {
			sh.move(at)
			return nil
		}
		if ctx.Err() != nil || !again(err) || n == rounds*len(sh.hosts)-1 {
			return err
		}
	}
	return nil
}

// move has the next call ask this host first.
func (sh *shard) move(to int) {
	if sh.first.Swap(uint32(to)) != uint32(to) {
		sh.moves.Add(1)
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// place returns the shard of a site. It depends on the name and on the number of shards
// alone, so that what is sent again goes where it went.
func (s *Store) place(site string) int {
	h := fnv.New64a()
	h.Write([]byte(site)) // never fails
	return int(h.Sum64() % uint64(len(s.shards)))
}

// connect returns the shards of the cluster, or the one server.
func (d *DSN) connect(ctx context.Context) ([]*shard, error) {
	if d.cluster == "" {
		h, err := d.host(d.hosts[0], d.database)
		if err != nil {
			return nil, err
		}
		return []*shard{{hosts: []*host{h}}}, nil
	}
	var err error
	for _, address := range d.hosts {
		var shards []*shard
		if shards, err = d.replicas(ctx, address); err == nil {
			return shards, nil
		}
	}
	return nil, err
}

func (d *DSN) host(address, database string) (*host, error) {
	conn, err := d.open(address, database)
	if err != nil {
		return nil, err
	}
	return &host{address, conn, d.quorum}, nil
}

// replicas asks one host for the shards and replicas of the cluster.
func (d *DSN) replicas(ctx context.Context, address string) ([]*shard, error) {
	h, err := d.host(address, everywhere)
	if err != nil {
		return nil, err
	}
	defer h.conn.Close()
	return d.shards(ctx, h, d.database)
}

// shards returns the shards that a host knows, to be asked in a database.
func (d *DSN) shards(ctx context.Context, h *host, database string) ([]*shard, error) {
	rows, err := h.conn.Query(ctx, clusterQuery, d.cluster)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var shards []*shard
	for rows.Next() {
		var number uint32
		var name string
		var port uint16
		if err := rows.Scan(&number, &name, &port); err != nil {
			return nil, err
		}
		replica, err := d.host(fmt.Sprintf("%s:%d", name, port), database)
		if err != nil {
			return nil, err
		}
		if int(number) > len(shards) {
			shards = append(shards, &shard{replicated: true, patience: catchingUp})
		}
		last := shards[len(shards)-1]
		last.hosts = append(last.hosts, replica)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	if len(shards) == 0 {
		return nil, refusal("the servers know no cluster of that name: see remote_servers in their configuration")
	}
	return shards, nil
}

// closeAll closes the connections to all replicas.
func closeAll(shards []*shard) error {
	var errs []error
	for _, sh := range shards {
		for _, h := range sh.hosts {
			errs = append(errs, h.conn.Close())
		}
	}
	return errors.Join(errs...)
}
