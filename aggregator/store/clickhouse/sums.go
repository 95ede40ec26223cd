package clickhouse

import (
	"cmp"
	"context"
	"math/big"
	"slices"

	"oboro/aggregator/statistic"
	"oboro/aggregator/store"
)

// errNoPeriod says that a period never began.
var errNoPeriod = refusal("there is no such period")

// A summing is a period as its rows tell it.
type summing struct {
	sum   store.Summed
	given []int32 // days whose shares are in the sum; nothing of a closed period
}

// Sums returns periods with their sums. See [store.Periods].
func (s *Store) Sums(ctx context.Context, site, statisticID string, from, to statistic.Day) ([]store.Summed, error) {
	var sums []store.Summed
	err := s.shards[s.place(site)].try(ctx, func(ctx context.Context, h *host) error {
		list, err := h.periods(ctx, headersOf{site, statisticID, from, to})
		sums = nil
		for _, p := range list {
			sums = append(sums, p.sum)
		}
		return err
	})
	if err != nil {
		return nil, classified(ctx, "read sums", err)
	}
	return sums, nil
}

// period returns one period, or errNoPeriod.
func (h *host) period(ctx context.Context, site, statisticID string, first statistic.Day) (*summing, error) {
	list, err := h.periods(ctx, headersOf{site, statisticID, first, first})
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, errNoPeriod
	}
	return list[0], nil
}

// periods returns the periods that begin in the range. Whether one is closed is read last: its
// sum is written before its shares are dropped, and so a period is never read without both.
func (h *host) periods(ctx context.Context, of headersOf) ([]*summing, error) {
	list, err := h.domains(ctx, of)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	if err := h.readSums(ctx, of, list); err != nil {
		return nil, err
	}
	if err := h.readClosed(ctx, of, list); err != nil {
		return nil, err
	}
	return list, nil
}

// at returns the period that begins on a day, or nil.
func at(list []*summing, first int32) *summing {
	for _, p := range list {
		if p.sum.Period == statistic.Day(first) {
			return p
		}
	}
	return nil
}

// each scans every row of a statement about the periods into places, and calls take after it.
func (h *host) each(ctx context.Context, query string, of headersOf, places []any, take func()) error {
	r := sealReader{host: h, of: of}
	return r.each(ctx, query, places, take)
}

// domains returns the periods with their days and keys.
func (h *host) domains(ctx context.Context, of headersOf) (list []*summing, err error) {
	var period int32
	var days uint32
	var seal, counts string
	var keys keyRow
	err = h.each(ctx, periodsQuery, of, into([]any{&period, &days, &seal}, &keys), func() {
		p := at(list, period)
		if p == nil {
			p = &summing{sum: store.Summed{Period: statistic.Day(period), Days: int(days)}}
			list, counts = append(list, p), seal
		}
		own := keys.keys()
		if last := len(p.sum.Keys) - 1; seal != counts || last >= 0 && slices.Equal(p.sum.Keys[last], own) {
			return
		}
		p.sum.Keys = append(p.sum.Keys, own)
	})
	return list, err
}

// A written is one sum as its rows tell it.
type written struct {
	period, day int32
	done        uint32
	alone       uint8
	seal        string
}

// readSums reads the sums: of each period that of most days, unless the seal of its latest share
// was cut short.
func (h *host) readSums(ctx context.Context, of headersOf, list []*summing) error {
	values, given := map[written][]store.Measurement{}, map[written][]int32{}
	var order []written
	var w written
	var days []int32
	var row measuredRow
	err := h.each(ctx, sumsQuery, of, into([]any{&w.period, &w.done, &days, &w.day, &w.alone, &w.seal, &row.measure}, &row.keys,
		&row.value, &row.numerator, &row.denominator), func() {
		if _, known := values[w]; !known {
			order = append(order, w)
			given[w] = slices.Clone(days)
		}
		values[w] = row.addTo(values[w])
	})
	if err != nil || len(order) == 0 {
		return err
	}
	standing, err := h.standing(ctx, of.site, order)
	if err != nil {
		return err
	}
	for _, w := range order {
		p := at(list, w.period)
		if p == nil || p.sum.Done > 0 || w.alone == 0 && !standing[w.seal] {
			continue
		}
		p.sum.Values, p.sum.Done, p.given = values[w], int(w.done), given[w]
	}
	return nil
}

// standing returns the hashes of the seals of the days that gave the latest shares.
func (h *host) standing(ctx context.Context, site string, order []written) (map[string]bool, error) {
	first, last := order[0].day, order[0].day
	for _, w := range order {
		first, last = min(first, w.day), max(last, w.day)
	}
	list, err := headersOn(ctx, h, headersOf{site: site, from: statistic.Day(first), to: statistic.Day(last)})
	if err != nil {
		return nil, err
	}
	standing := map[string]bool{}
	for _, header := range list {
		standing[string(header.hash[:])] = true
	}
	return standing, nil
}

// readClosed puts the sums of closed periods in the place of those of their shares.
func (h *host) readClosed(ctx context.Context, of headersOf, list []*summing) error {
	var period int32
	var row measuredRow
	return h.each(ctx, closedPeriodsQuery, of, into([]any{&period, &row.measure}, &row.keys, &row.value, &row.numerator, &row.denominator), func() {
		p := at(list, period)
		if p == nil {
			return
		}
		if !p.sum.Closed {
			p.sum.Closed, p.sum.Done, p.sum.Values, p.given = true, p.sum.Days, nil, nil
		}
		p.sum.Values = row.addTo(p.sum.Values)
	})
}

// A measuredRow takes in a measurement.
type measuredRow struct {
	measure                       uint8
	keys                          keyRow
	value, numerator, denominator int64
}

// addTo appends the measurement, unless it came twice and so stands at the end already.
func (r *measuredRow) addTo(list []store.Measurement) []store.Measurement {
	own := store.Measurement{Keys: r.keys.keys(), Measure: statistic.Measure(r.measure), Value: r.value, Sigma2: big.NewRat(r.numerator, r.denominator)}
	if last := len(list) - 1; last >= 0 && byMeasureAndKeys(list[last], own) == 0 {
		return list
	}
	return append(list, own)
}

func byMeasureAndKeys(a, b store.Measurement) int {
	return cmp.Or(cmp.Compare(a.Measure, b.Measure), slices.Compare(a.Keys, b.Keys))
}

// sortedShare returns the values of a share by measure and keys. Each measure must have the
// keys of the period.
func sortedShare(values []store.Measurement, keys [][]string) ([]store.Measurement, error) {
	sorted := slices.SortedStableFunc(slices.Values(values), byMeasureAndKeys)
	if len(sorted) == 0 || len(sorted)%len(keys) != 0 {
		return nil, store.ErrDomain
	}
	for i, m := range sorted {
		if m.Sigma2 == nil || !m.Sigma2.Num().IsInt64() || !m.Sigma2.Denom().IsInt64() {
			return nil, refusal("the variance of a share is missing, or is no fraction of 63-bit numbers")
		}
		if !slices.Equal(m.Keys, keys[i%len(keys)]) || m.Measure != sorted[i-i%len(keys)].Measure {
			return nil, store.ErrDomain
		}
	}
	return sorted, nil
}

// plus returns a sum with one share more, both by measure and keys: of each value, and of the
// variances. Before the first share there is no sum.
func plus(sum, share []store.Measurement) ([]store.Measurement, error) {
	if len(sum) == 0 {
		return share, nil
	}
	if !slices.EqualFunc(sum, share, func(a, b store.Measurement) bool { return byMeasureAndKeys(a, b) == 0 }) {
		return nil, store.ErrDomain
	}
	out := slices.Clone(sum)
	for i, m := range share {
		out[i].Value += m.Value
		out[i].Sigma2 = new(big.Rat).Add(out[i].Sigma2, m.Sigma2)
		if !out[i].Sigma2.Num().IsInt64() || !out[i].Sigma2.Denom().IsInt64() {
			return nil, refusal("the variance of a sum is no fraction of 63-bit numbers")
		}
	}
	return out, nil
}

// A measuredColumns holds measurements by column.
type measuredColumns struct {
	measures                         []uint8
	keys                             keyColumns
	values, numerators, denominators []int64
}

func measured(list []store.Measurement) *measuredColumns {
	c := &measuredColumns{}
	for _, m := range list {
		c.measures = append(c.measures, uint8(m.Measure))
		c.keys.add(m.Keys)
		c.values = append(c.values, m.Value)
		c.numerators = append(c.numerators, m.Sigma2.Num().Int64())
		c.denominators = append(c.denominators, m.Sigma2.Denom().Int64())
	}
	return c
}
