package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"math/big"

	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
)

// BeginPeriod begins a period. See [store.Periods].
func (s *Store) BeginPeriod(ctx context.Context, site, statisticID string, period statistic.Day, days int, keys [][]string) error {
	return s.write(ctx, "begin a period", func(t *transaction) (bool, error) {
		at, err := t.periodOf(site, statisticID, period)
		if err != nil {
			return false, err
		}
		domain, err := t.packKeys(at.statistic, keys)
		if err != nil {
			return false, err
		}
		added, err := t.exec(beginPeriodQuery, at.statistic, at.site, at.first, days, domain)
		if err != nil || added > 0 {
			return true, err
		}
		old, err := t.openPeriod(at)
		if err == nil && (old.days != days || !bytes.Equal(old.domain, domain)) {
			err = store.ErrDomain
		}
		return false, err
	})
}

// AddShare adds a share. See [store.Periods].
func (s *Store) AddShare(ctx context.Context, site string, day statistic.Day, share store.Share) error {
	err := s.write(ctx, "add a share", func(t *transaction) (bool, error) {
		siteID, err := t.id(siteScope, site)
		if err != nil {
			return false, err
		}
		err = t.addShare(siteID, day, share)
		if t.deleted > 0 {
			s.unclean.Store(true)
		}
		return true, err
	})
	if err != nil {
		return err
	}
	return s.clean(ctx, "add a share")
}

// ClosePeriod closes a period. See [store.Periods].
func (s *Store) ClosePeriod(ctx context.Context, site, statisticID string, period statistic.Day) error {
	return s.write(ctx, "close a period", func(t *transaction) (bool, error) {
		at, err := t.periodOf(site, statisticID, period)
		if err != nil {
			return false, err
		}
		closed, err := t.exec(closePeriodQuery, at.statistic, at.site, at.first)
		if err != nil || closed > 0 {
			return true, err
		}
		if _, err = t.openPeriod(at); err == nil {
			err = store.ErrShort
		}
		return false, err
	})
}

// A periodKey is the key of a period.
type periodKey struct {
	statistic, site int64
	first           statistic.Day
}

func (t *transaction) periodOf(site, statisticID string, first statistic.Day) (at periodKey, err error) {
	at.first = first
	if at.site, err = t.id(siteScope, site); err == nil {
		at.statistic, err = t.id(statisticScope, statisticID)
	}
	return at, err
}

// packKeys returns keys in the form of measurements of nothing.
func (t *transaction) packKeys(statisticID int64, keys [][]string) ([]byte, error) {
	var list []store.Measurement
	for _, key := range keys {
		list = append(list, store.Measurement{Keys: key, Sigma2: new(big.Rat)})
	}
	return t.pack(measuredScope(statisticID), list)
}

// An openPeriod is the row of a period.
type openPeriod struct {
	days           int
	domain, packed []byte
}

func (t *transaction) openPeriod(at periodKey) (p openPeriod, err error) {
	st, err := t.prepare(openPeriodQuery)
	if err != nil {
		return p, err
	}
	err = st.QueryRowContext(t.ctx, at.statistic, at.site, at.first).Scan(&p.days, &p.domain, &p.packed)
	if err == sql.ErrNoRows {
		err = refusal("there is no such period")
	}
	return p, err
}

// addShare adds the share of a day of a site to the sum of its period, unless the day has
// given it before.
func (t *transaction) addShare(site int64, day statistic.Day, share store.Share) error {
	statisticID, err := t.id(statisticScope, share.Statistic)
	if err != nil {
		return err
	}
	at := periodKey{statisticID, site, share.Period}
	p, err := t.openPeriod(at)
	if err != nil {
		return err
	}
	packed, err := t.pack(measuredScope(statisticID), share.Values)
	switch {
	case err != nil:
		return err
	case share.Days != p.days, day < at.first, day >= at.first+statistic.Day(p.days):
		return store.ErrDomain
	}
	sum, err := addPacked(p, packed)
	if err != nil {
		return err
	}
	added, err := t.exec(addShareQuery, at.statistic, at.site, at.first, day)
	if err != nil || added == 0 {
		return err
	}
	if len(p.packed) > 0 {
		t.deleted++ // the sum before: beside the new one, in the log, it would tell the share
	}
	_, err = t.exec(setSumQuery, at.statistic, at.site, at.first, sum)
	return err
}

// Sums returns periods with their sums. See [store.Periods].
func (s *Store) Sums(ctx context.Context, site, statisticID string, from, to statistic.Day) ([]store.Summed, error) {
	var sums []store.Summed
	err := s.read(ctx, "read sums", func(t *transaction) error {
		siteID, known, err := t.find(siteScope, site)
		if err != nil || !known {
			return err
		}
		id, known, err := t.find(statisticScope, statisticID)
		if err != nil || !known {
			return err
		}
		texts, err := t.texts(measuredScope(id))
		if err != nil {
			return err
		}
		return t.each(sumsQuery, func(rows *sql.Rows) error {
			sum, err := scanSum(rows, texts)
			sums = append(sums, sum)
			return err
		}, id, siteID, from, to)
	})
	if err != nil {
		return nil, err
	}
	return sums, nil
}

func scanSum(rows *sql.Rows, texts map[int64]string) (sum store.Summed, err error) {
	var domain, packed sql.RawBytes
	if err := rows.Scan(&sum.Period, &sum.Days, &sum.Closed, &domain, &packed, &sum.Done); err != nil {
		return sum, err
	}
	keys, err := unpack(domain, texts)
	if err != nil {
		return sum, err
	}
	for _, m := range keys {
		sum.Keys = append(sum.Keys, m.Keys)
	}
	if len(packed) > 0 {
		sum.Values, err = unpack(packed, texts)
	}
	return sum, err
}
