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
	return classified(ctx, op, sh.try(ctx, func(ctx context.Context, h *host) error {
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
	return classified(ctx, op, s.shards[s.place(site)].try(ctx, func(ctx context.Context, h *host) error {
		given, err := h.given(ctx, site, day, share)
		if err != nil || given {
			return err
		}
		return h.addShare(ctx, sharePlace{site: site, day: day, alone: 1, hash: hash}, share)
	}))
}

// A sharePlace says whose a share is.
type sharePlace struct {
	site  string
	day   statistic.Day
	alone uint8
	hash  sealHash
}

func (h *host) addShare(ctx context.Context, of sharePlace, share store.Share) error {
	m := measured(share.Values)
	n := len(share.Values)
	return insert(ctx, h, addSharesQuery, with([]any{repeated(of.site, n), repeated(share.Statistic, n), repeated(int32(share.Period), n),
		repeated(int32(of.day), n), repeated(of.alone, n), m.measures}, &m.keys,
		[]any{m.values, m.numerators, m.denominators}, nil, repeated(string(of.hash[:]), n))...)
}

// addShares writes the shares of a seal that their days have not given before. They count once
// the seal's row is there.
func (sh *shard) addShares(ctx context.Context, seal store.Seal, hash sealHash) error {
	type named struct {
		statistic string
		period    statistic.Day
	}
	written := map[named]bool{}
	for _, share := range seal.Shares {
		name := named{share.Statistic, share.Period}
		if written[name] {
			continue
		}
		written[name] = true
		err := sh.try(ctx, func(ctx context.Context, h *host) error {
			given, err := h.given(ctx, seal.Site, seal.Period, share)
			if err != nil || given {
				return err
			}
			return h.addShare(ctx, sharePlace{site: seal.Site, day: seal.Period, hash: hash}, share)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// checkShares fails if a share of the seal cannot be added.
func (sh *shard) checkShares(ctx context.Context, seal store.Seal) error {
	for _, share := range seal.Shares {
		err := sh.try(ctx, func(ctx context.Context, h *host) error {
			_, err := h.given(ctx, seal.Site, seal.Period, share)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// given reports whether a day has given its share, and fails if it cannot give this one.
func (h *host) given(ctx context.Context, site string, day statistic.Day, share store.Share) (bool, error) {
	p, err := h.period(ctx, site, share.Statistic, share.Period)
	if err != nil {
		return false, err
	}
	if share.Days != p.sum.Days || day < share.Period || day >= share.Period+statistic.Day(share.Days) {
		return false, store.ErrDomain
	}
	values, err := sortedShare(share.Values, p.sum.Keys)
	if err != nil {
		return false, err
	}
	if p.sum.Closed || p.given[day] {
		return true, nil
	}
	_, err = plus(p.sum.Values, values)
	return false, err
}

// ClosePeriod closes a period, and drops the shares that its sum is made of. See
// [store.Periods].
func (s *Store) ClosePeriod(ctx context.Context, site, statisticID string, period statistic.Day) error {
	const op = "close a period"
	sh := s.shards[s.place(site)]
	err := sh.try(ctx, func(ctx context.Context, h *host) error {
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
	return classified(ctx, op, sh.gone(ctx, "shares", dropSharesQuery, func(ctx context.Context, h *host) error {
		partitions, err := h.texts(ctx, sharePartitionsQuery, site, statisticID, int32(period))
		for _, p := range partitions {
			if err == nil {
				err = h.conn.Exec(ctx, dropSharesQuery, p)
			}
		}
		return err
	}))
}
