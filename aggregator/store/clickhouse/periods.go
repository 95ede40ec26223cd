package clickhouse

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"slices"

	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
)

// BeginPeriod begins a period. See [store.Periods].
func (s *Store) BeginPeriod(ctx context.Context, site, statisticID string, period statistic.Day, days int, keys [][]string) error {
	const op = "begin a period"
	sorted, err := domainOf(keys)
	if err != nil {
		return classified(ctx, op, err)
	}
	sh := s.shards[s.place(site)]
	return classified(ctx, op, sh.caughtUp(ctx, func(ctx context.Context, h *host) error {
		p, err := h.period(ctx, site, statisticID, period)
		switch {
		case err != nil && !errors.Is(err, errNoPeriod):
			return err
		case err == nil && (p.sum.Days != days || !sameKeys(p.sum.Keys, sorted)):
			return store.ErrDomain
		case err == nil:
			return nil
		}
		text, err := json.Marshal(struct {
			Days int
			Keys [][]string
		}{days, sorted})
		if err != nil {
			return refusal("the keys of a period cannot be written out")
		}
		hash := sha256.Sum256(text)
		var columns keyColumns
		for _, key := range sorted {
			columns.add(key)
		}
		n := len(sorted)
		return insert(ctx, h, addPeriodQuery, with([]any{repeated(site, n), repeated(statisticID, n), repeated(int32(period), n),
			repeated(uint32(days), n)}, &columns, nil, nil, repeated(string(hash[:len(sealHash{})]), n))...)
	}))
}

// domainOf returns the keys of a period, sorted.
func domainOf(keys [][]string) ([][]string, error) {
	if len(keys) == 0 {
		return nil, refusal("a period has no keys")
	}
	sorted := slices.SortedFunc(slices.Values(keys), slices.Compare[[]string])
	for i, key := range sorted {
		if err := checkKeys(key); err != nil {
			return nil, err
		}
		if i > 0 && slices.Equal(key, sorted[i-1]) {
			return nil, refusal("two keys of a period are the same")
		}
	}
	return sorted, nil
}

func sameKeys(a, b [][]string) bool { return slices.EqualFunc(a, b, slices.Equal[[]string]) }

// AddShare adds a share. See [store.Periods].
func (s *Store) AddShare(ctx context.Context, site string, day statistic.Day, share store.Share) error {
	const op = "add a share"
	hash, err := hashOf(store.Seal{Site: site, Period: day, Shares: []store.Share{share}})
	if err != nil {
		return classified(ctx, op, err)
	}
	sh := s.shards[s.place(site)]
	err = sh.caughtUp(ctx, func(ctx context.Context, h *host) error {
		return h.addShare(ctx, sharePlace{site: site, day: day, alone: 1, hash: hash}, share)
	})
	if err != nil {
		return classified(ctx, op, err)
	}
	return classified(ctx, op, sh.tidy(ctx, site, []store.Share{share}))
}

// A sharePlace says whose a share is.
type sharePlace struct {
	site  string
	day   statistic.Day
	alone uint8
	hash  sealHash
}

// addShare writes the sum of a period with a share more, unless its day has given one. What was
// left of a seal that was cut short goes first: it would lie in the same partition.
func (h *host) addShare(ctx context.Context, of sharePlace, share store.Share) error {
	p, err := h.check(ctx, of, share)
	if err != nil || p.has(of.day) {
		return err
	}
	if err := h.dropSums(ctx, of.site, share); err != nil {
		return err
	}
	sorted, err := sortedShare(share.Values, p.sum.Keys)
	if err != nil {
		return err
	}
	values, err := plus(p.sum.Values, sorted)
	if err != nil {
		return err
	}
	given := slices.Sorted(slices.Values(append(slices.Clone(p.given), int32(of.day))))
	m, n := measured(values), len(values)
	return insert(ctx, h, addSumQuery, with([]any{repeated(of.site, n), repeated(share.Statistic, n), repeated(int32(share.Period), n),
		repeated(uint32(len(given)), n), repeated(given, n), repeated(int32(of.day), n), repeated(of.alone, n), m.measures}, &m.keys,
		[]any{m.values, m.numerators, m.denominators}, nil, repeated(string(of.hash[:]), n))...)
}

// addShares writes the shares of a seal that their days have not given before. They count once
// the seal's row is there. Of two of one period the first is added.
func (h *host) addShares(ctx context.Context, seal store.Seal, hash sealHash) error {
	type named struct {
		statistic string
		period    statistic.Day
	}
	known := map[named]bool{}
	for _, share := range seal.Shares {
		name := named{share.Statistic, share.Period}
		if known[name] {
			continue
		}
		known[name] = true
		if err := h.addShare(ctx, sharePlace{site: seal.Site, day: seal.Period, hash: hash}, share); err != nil {
			return err
		}
	}
	return nil
}

// checkShares fails if a share of the seal cannot be added.
func (h *host) checkShares(ctx context.Context, seal store.Seal) error {
	for _, share := range seal.Shares {
		if _, err := h.check(ctx, sharePlace{site: seal.Site, day: seal.Period}, share); err != nil {
			return err
		}
	}
	return nil
}

// check returns the period of a share, and fails if the day cannot give it.
func (h *host) check(ctx context.Context, of sharePlace, share store.Share) (*summing, error) {
	p, err := h.period(ctx, of.site, share.Statistic, share.Period)
	if err != nil {
		return nil, err
	}
	if share.Days != p.sum.Days || of.day < share.Period || of.day >= share.Period+statistic.Day(share.Days) {
		return nil, store.ErrDomain
	}
	values, err := sortedShare(share.Values, p.sum.Keys)
	if err == nil && !p.has(of.day) {
		_, err = plus(p.sum.Values, values)
	}
	return p, err
}

// has reports whether a day has given its share.
func (p *summing) has(day statistic.Day) bool {
	return p.sum.Closed || slices.Contains(p.given, int32(day))
}

// tidy drops the sums before the latest shares, and returns once they are on no disk.
func (sh *shard) tidy(ctx context.Context, site string, shares []store.Share) error {
	if len(shares) == 0 {
		return nil
	}
	return sh.gone(ctx, "sums", dropSumsQuery, func(ctx context.Context, h *host) error {
		if err := sh.catchUpAll(ctx, h); err != nil {
			return err
		}
		for _, share := range shares {
			if err := h.dropSums(ctx, site, share); err != nil {
				return err
			}
		}
		return nil
	})
}

// dropSums drops the sums of the period of a share but the one that counts. The host must have
// caught up.
func (h *host) dropSums(ctx context.Context, site string, of store.Share) error {
	p, err := h.period(ctx, site, of.Statistic, of.Period)
	if errors.Is(err, errNoPeriod) {
		return nil // it is the share of a seal that came second, and changes nothing
	}
	if err != nil {
		return err
	}
	rows, err := h.conn.Query(ctx, sumPartitionsQuery, site, of.Statistic, int32(of.Period))
	if err != nil {
		return err
	}
	defer rows.Close()
	var old []string
	for rows.Next() {
		var id string
		var done uint32
		if err := rows.Scan(&id, &done); err != nil {
			return err
		}
		if p.sum.Closed || int(done) != p.sum.Done {
			old = append(old, id)
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	for _, id := range old {
		if err := h.conn.Exec(ctx, dropSumsQuery, id); err != nil {
			return err
		}
	}
	return nil
}

// ClosePeriod closes a period, and drops the sum that it was until then. See [store.Periods].
func (s *Store) ClosePeriod(ctx context.Context, site, statisticID string, period statistic.Day) error {
	const op = "close a period"
	sh := s.shards[s.place(site)]
	err := sh.caughtUp(ctx, func(ctx context.Context, h *host) error {
		p, err := h.period(ctx, site, statisticID, period)
		if err != nil || p.sum.Closed {
			return err
		}
		if p.sum.Done < p.sum.Days {
			return store.ErrShort
		}
		m := measured(p.sum.Values)
		n := len(p.sum.Values)
		return insert(ctx, h, closePeriodQuery, with([]any{repeated(site, n), repeated(statisticID, n), repeated(int32(period), n),
			m.measures}, &m.keys, []any{m.values, m.numerators, m.denominators}, nil)...)
	})
	if err != nil {
		return classified(ctx, op, err)
	}
	return classified(ctx, op, sh.tidy(ctx, site, []store.Share{{Statistic: statisticID, Period: period}}))
}
