package clickhouse

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"

	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
)

func siteSet(site string) clickhouse.GroupSet { return clickhouse.GroupSet{Value: []any{site}} }

// leaving bounds how long a seal waits for dropped parts to leave the disks. Servers delete
// what they merged after old_parts_lifetime, which is 8 minutes where nobody has set it.
const leaving = 15 * time.Minute

// letGo drops the open cells of all sealed tables of a site, and returns once no replica
// has them on its disk.
func (sh *shard) letGo(ctx context.Context, site string) error {
	return sh.gone(ctx, "open_cells", dropOpenCellsQuery, func(ctx context.Context, h *host) error { return h.drop(ctx, site) })
}

// DropOpen drops the open cells of the statistics in a day or week of a site. See [store.Dropper].
func (s *Store) DropOpen(ctx context.Context, of store.Table, statisticIDs []string) error {
	grain, err := grainOf(of.Grain)
	if err != nil {
		return classified(ctx, "drop open cells", err)
	}
	sh := s.shards[s.place(of.Site)]
	meant := func(p partition) bool {
		return p.grain == grain && p.period == of.Period && slices.Contains(statisticIDs, p.statistic)
	}
	return classified(ctx, "drop open cells", sh.gone(ctx, "open_cells", dropOpenCellsQuery, func(ctx context.Context, h *host) error {
		if err := sh.sync(ctx, h, "open_cells"); err != nil {
			return err
		}
		return h.dropOf(ctx, of.Site, meant)
	}))
}

// dropOf drops those of the partitions of a site that are meant.
func (h *host) dropOf(ctx context.Context, site string, meant func(partition) bool) error {
	open, err := h.partitions(ctx, site)
	if err != nil {
		return err
	}
	for _, p := range open {
		if !meant(p) {
			continue
		}
		if err := h.conn.Exec(ctx, dropOpenCellsQuery, p.id); err != nil {
			return err
		}
	}
	return nil
}

// gone runs drop again and again, until no replica has anything on its disk of a partition of
// the table that is not in use where it was dropped. A server on its own deletes when it next comes to merge,
// or when a partition is dropped, also one that is not there: so it is asked to.
func (sh *shard) gone(ctx context.Context, table, dropQuery string, drop func(context.Context, *host) error) error {
	deadline := time.Now().Add(leaving)
	for wait := 10 * time.Millisecond; ; wait = min(2*wait, time.Second) {
		var by *host
		err := sh.try(ctx, func(ctx context.Context, h *host) error {
			by = h
			return drop(ctx, h)
		})
		if err != nil {
			return err
		}
		left, err := sh.left(ctx, table, by)
		if err != nil || left == nil {
			return err
		}
		if time.Now().After(deadline) {
			return refusal(fmt.Sprintf("what was dropped is still on the disk of %s: see old_parts_lifetime in deploy/clickhouse", left.address))
		}
		if err := sleep(ctx, wait); err != nil {
			return err
		}
		if len(sh.hosts) == 1 {
			if err := left.conn.Exec(ctx, dropQuery, "none"); err != nil {
				return err
			}
		}
	}
}

// A partition is one table of open cells as the server names it.
type partition struct {
	id, statistic string
	grain         uint8
	period        statistic.Day
}

// drop drops the partitions of a site that are sealed, as one host sees them.
func (h *host) drop(ctx context.Context, site string) error {
	open, err := h.partitions(ctx, site)
	if err != nil || len(open) == 0 {
		return err
	}
	sealed, err := h.sealedTables(ctx, site, open)
	if err != nil {
		return err
	}
	for _, p := range open {
		if !sealed[partition{statistic: p.statistic, grain: p.grain, period: p.period}] {
			continue
		}
		if err := h.conn.Exec(ctx, dropOpenCellsQuery, p.id); err != nil {
			return err
		}
	}
	return nil
}

func (h *host) partitions(ctx context.Context, site string) ([]partition, error) {
	rows, err := h.conn.Query(ctx, openPartitionsQuery, site)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []partition
	for rows.Next() {
		var p partition
		var period int32
		if err := rows.Scan(&p.id, &p.statistic, &p.grain, &period); err != nil {
			return nil, err
		}
		p.period = statistic.Day(period)
		list = append(list, p)
	}
	return list, rows.Err()
}

// sealedTables returns which tables of the site are sealed, in the periods of the partitions.
func (h *host) sealedTables(ctx context.Context, site string, open []partition) (map[partition]bool, error) {
	first, last := open[0].period, open[0].period
	for _, p := range open {
		first, last = min(first, p.period), max(last, p.period)
	}
	rows, err := h.conn.Query(ctx, sealedPartitionsQuery, site, int32(first), int32(last))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	sealed := map[partition]bool{}
	for rows.Next() {
		var grain uint8
		var period int32
		var statistics []string
		if err := rows.Scan(&grain, &period, &statistics); err != nil {
			return nil, err
		}
		for _, id := range statistics {
			sealed[partition{statistic: id, grain: grain, period: statistic.Day(period)}] = true
		}
	}
	return sealed, rows.Err()
}

// left returns a replica that still has parts on its disk of a partition that is not in use by the
// one that dropped, or nil: one that lags uses still what was dropped. A replica that does not answer is an
// error: nobody knows what it has.
func (sh *shard) left(ctx context.Context, table string, by *host) (*host, error) {
	inUse, _, err := by.parts(ctx, table)
	if err != nil {
		return nil, err
	}
	for _, h := range sh.hosts {
		active, idle, err := h.parts(ctx, table)
		if err != nil && ctx.Err() == nil && again(err) {
			return nil, refusal(fmt.Sprintf("%s does not answer, and may have on its disk what was dropped: start it", h.address))
		}
		if err != nil {
			return nil, err
		}
		for _, id := range append(active, idle...) {
			if !slices.Contains(inUse, id) {
				return h, nil
			}
		}
	}
	for _, h := range sh.hosts {
		if err := h.refuseDetached(ctx, table, inUse); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// refuseDetached fails if a host has detached parts of a partition that is in use nowhere: no
// statement that drops the partition reaches them.
func (h *host) refuseDetached(ctx context.Context, table string, inUse []string) error {
	version, err := h.conn.ServerVersion()
	if err != nil {
		return err
	}
	known := uint64(1) // from 20 on, also where the user may not see it
	if version.Version.Major < 20 {
		if err := h.conn.QueryRow(ctx, hasDetachedPartsQuery).Scan(&known); err != nil || known == 0 {
			return err
		}
	}
	detached, err := h.texts(ctx, detachedPartsQuery, table)
	if err != nil {
		return err
	}
	for _, id := range detached {
		if !slices.Contains(inUse, id) {
			return refusal(fmt.Sprintf("%s keeps detached parts of the table %s with what was dropped: "+
				"remove them, see system.detached_parts and alter table … drop detached part", h.address, table))
		}
	}
	return nil
}

// parts returns the partitions of the parts that a host holds: those in use, and those that
// it has let go of and not deleted yet.
func (h *host) parts(ctx context.Context, table string) (active, idle []string, err error) {
	rows, err := h.conn.Query(ctx, partsQuery, table)
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		var inUse uint8
		if err := rows.Scan(&id, &inUse); err != nil {
			return nil, nil, err
		}
		if inUse == 1 {
			active = append(active, id)
		} else {
			idle = append(idle, id)
		}
	}
	return active, idle, rows.Err()
}

// texts returns the one column of a statement.
func (h *host) texts(ctx context.Context, query string, args ...any) ([]string, error) {
	rows, err := h.conn.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []string
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, err
		}
		list = append(list, text)
	}
	return list, rows.Err()
}

// sweep drops what a seal that was cut short, or a batch that came while its table was being
// sealed, has left.
func (sh *shard) sweep(ctx context.Context) error {
	return sh.try(ctx, func(ctx context.Context, h *host) error {
		sites, err := h.texts(ctx, openSitesQuery)
		if err != nil {
			return err
		}
		for _, site := range sites {
			if err := h.drop(ctx, site); err != nil {
				return err
			}
		}
		return nil
	})
}
